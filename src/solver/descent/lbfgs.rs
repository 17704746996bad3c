//! L-BFGS: d = −H g, with H made of the last m pairs s, y.
//!
//! The two-loop recursion (Nocedal 1980; Nocedal & Wright 2006, algorithm 7.4) runs on coefficients. Its vectors stay
//! in the span of g, s₁..s_m, y₁..y_m:
//!
//! q = g − Σ αⱼ yⱼ,  r = γ q + Σ cⱼ sⱼ,  d = −r,
//!
//! and its scalars need only the inner products sᵢ'yⱼ, yᵢ'yⱼ, sᵢ'g and yᵢ'g, kept in two m × m Gram matrices (as the
//! compact form of Byrd, Nocedal & Schnabel 1994 does). So each stored vector is read twice an iteration, once for its
//! products with the new y and g and once for d, where the loops over vectors read it four times.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::steepest::descend;
use super::{Accepted, Descent, Direction, Point, Proposal};
use crate::error::check;
use crate::linalg::{self, Pairs};
use crate::line_search::{HagerZhang, LineSearch};
use crate::{Error, Oracle};

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno.
///
/// **Method** d = −H g, where H comes from the last m pairs s = x⁺ − x, y = g⁺ − g by the BFGS formula, starting
/// from γ I with γ = s'y/y'y of the newest pair.
///
/// **Needs** a gradient; 2m + 10 vectors of memory, 4mn operations an iteration. **Parameters**
/// [`memory`](Lbfgs::memory) m (default 10), the line search (default [`HagerZhang`]),
/// [`typical_x`](Descent::typical_x).
///
/// **Guarantee** R-linear convergence for strongly convex costs. The method of choice for many variables.
///
/// ```
/// use extremum::{Lbfgs, from_fn, minimize};
/// let rosenbrock = from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2))
///     .with_gradient(|x, g| {
///         let t = x[1] - x[0] * x[0];
///         g[0] = -2.0 * (1.0 - x[0]) - 400.0 * t * x[0];
///         g[1] = 200.0 * t;
///     });
/// let found = minimize(&rosenbrock, Lbfgs::default().memory(20), [-1.2, 1.0])?;
/// assert!((found.x[0] - 1.0).abs() < 1e-6 && found.evaluations.gradient <= 70);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Nocedal, Math. Comp. 35 (1980) 773-782; Liu & Nocedal, Math. Prog. 45 (1989) 503-528; Byrd, Nocedal &
/// Schnabel, Math. Prog. 63 (1994) 129-156.
pub type Lbfgs<L = HagerZhang> = Descent<LimitedMemory, L>;

/// The direction of [`Lbfgs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitedMemory {
    memory: usize,
}

impl Default for LimitedMemory {
    fn default() -> Self {
        Self { memory: 10 }
    }
}

impl Default for Lbfgs {
    fn default() -> Self {
        Descent::new(LimitedMemory::default(), HagerZhang::default())
    }
}

impl<L: LineSearch> Lbfgs<L> {
    /// The number m of pairs to keep. Range: 1 to 1000. Default: 10.
    pub fn memory(self, pairs: usize) -> Self {
        self.map_direction(|d| d.memory = pairs)
    }
}

/// What [`LimitedMemory`] remembers: the pairs and their inner products.
///
/// Products are kept in the order of age, index 0 the oldest pair's; the vectors stay where they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LbfgsMemory {
    pairs: Pairs,
    /// Column i has ρᵢ sⱼ'yᵢ for j < i and ρᵢ sᵢ'yⱼ for j > i: what the two loops read when they come to pair i.
    rho_sy: Square,
    /// yᵢ'yⱼ.
    yy: Square,
    /// ρᵢ = 1 / sᵢ'yᵢ.
    rho: Vec<f64>,
    /// γ = s'y/y'y of the newest pair.
    gamma: f64,
    /// sᵢ'g and yᵢ'g at the current point.
    sg: Vec<f64>,
    yg: Vec<f64>,
    /// The coefficients of d on sᵢ and yᵢ.
    on_s: Vec<f64>,
    on_y: Vec<f64>,
    /// sᵢ'y, sᵢ'g, yᵢ'y and yᵢ'g with the newest y and g, of the pairs before it.
    products: Vec<[f64; 4]>,
    length: usize,
}

/// An m × m matrix, column after column, with room in each for an even number of entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Square {
    entries: Vec<f64>,
}

impl Square {
    fn zeros(m: usize) -> Self {
        Self { entries: vec![0.0; padded(m) * padded(m)] }
    }

    /// Column j of a matrix with columns of `stride` entries.
    fn column(&self, j: usize, stride: usize) -> &[f64] {
        &self.entries[j * stride..(j + 1) * stride]
    }

    /// Moves every entry one row and one column up.
    fn forget_first(&mut self, stride: usize) {
        self.entries.copy_within(stride + 1.., 0);
    }
}

/// The length of vectors with m entries.
fn padded(m: usize) -> usize {
    m.next_multiple_of(2)
}

impl LbfgsMemory {
    /// The two-loop recursion on coefficients.
    fn recur(&mut self) {
        let (stride, length) = (self.sg.len(), self.length);
        let Self { rho_sy, yy, rho, gamma, sg, yg, on_s, on_y, .. } = self;
        let [rho, sg] = [rho, sg].map(|v| &v[..length]);
        let on_y = &mut on_y[..length];
        let (on_s, yg) = (&mut on_s[..padded(length)], &yg[..padded(length)]);
        // First loop, newest to oldest: αᵢ = ρᵢ sᵢ'q, then q ← q − αᵢ yᵢ. Here `on_y` has αᵢ, `on_s` yᵢ'q.
        on_s.copy_from_slice(yg);
        for i in (0..length).rev() {
            let column = &rho_sy.column(i, stride)[..length];
            let mut alpha = rho[i] * sg[i];
            for j in (i + 1..length).rev() {
                alpha -= on_y[j] * column[j];
            }
            on_y[i] = alpha;
            let (column, _) = yy.column(i, stride).as_chunks::<2>();
            for (q, yy) in on_s.as_chunks_mut::<2>().0.iter_mut().zip(column) {
                for l in 0..2 {
                    q[l] -= alpha * yy[l];
                }
            }
        }
        // Second loop, oldest to newest, with r = γ q: βᵢ = ρᵢ yᵢ'r, then r ← r + sᵢ (αᵢ − βᵢ); d = −r.
        for i in 0..length {
            let column = &rho_sy.column(i, stride)[..length];
            let mut beta_alpha = *gamma * rho[i] * on_s[i] - on_y[i];
            for j in 0..i {
                beta_alpha -= on_s[j] * column[j];
            }
            on_s[i] = beta_alpha;
            on_y[i] *= *gamma;
        }
    }
}

impl Direction for LimitedMemory {
    type Memory = LbfgsMemory;

    fn name(&self) -> &'static str {
        "Lbfgs"
    }

    fn check(&self, _n: usize) -> Result<(), Error> {
        check((1..=1000).contains(&self.memory), "memory", self.memory as f64, "from 1 to 1000")
    }

    fn start(
        &self,
        _problem: &mut Oracle<'_>,
        n: usize,
        _scale: Option<&DVector<f64>>,
    ) -> LbfgsMemory {
        let m = self.memory;
        let zeros = || vec![0.0; padded(m)];
        LbfgsMemory {
            pairs: Pairs::new(n, m),
            rho_sy: Square::zeros(m),
            yy: Square::zeros(m),
            rho: zeros(),
            gamma: 0.0,
            sg: zeros(),
            yg: zeros(),
            on_s: zeros(),
            on_y: zeros(),
            products: vec![[0.0; 4]; padded(m)],
            length: 0,
        }
    }

    fn is_valid(&self, memory: &LbfgsMemory, n: usize) -> bool {
        let size = padded(self.memory);
        let LbfgsMemory { pairs, rho_sy, yy, rho, sg, yg, on_s, on_y, products, length, .. } =
            memory;
        pairs.is_valid(n, self.memory)
            && [rho_sy, yy].iter().all(|a| a.entries.len() == size * size)
            && [rho, sg, yg, on_s, on_y].iter().all(|v| v.len() == size)
            && products.len() == size
            && *length <= self.memory
    }

    fn propose(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut LbfgsMemory,
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal {
        if memory.length == 0 {
            return descend(at.gradient, d);
        }
        memory.recur();
        let LbfgsMemory { pairs, gamma, on_s, on_y, length, .. } = memory;
        let (mut slope, mut max) = (0.0, 0.0_f64);
        let of_gradient = (-*gamma, at.gradient.as_slice());
        let of_pairs = [&on_s[..*length], &on_y[..*length]];
        pairs.combine(of_pairs, of_gradient, d.as_mut_slice(), |d, g| {
            let (dg, d_max) = linalg::dot_and_max(d, g);
            slope += dg;
            max = max.max(d_max);
        });
        Proposal { slope, max, scaled: true, curvature: None }
    }

    fn update(&self, memory: &mut LbfgsMemory, step: Accepted<'_>) {
        let Accepted { alpha, d, old, new } = step;
        let stride = padded(self.memory);
        let LbfgsMemory { pairs, rho_sy, yy, rho, gamma, sg, yg, length, products, .. } = memory;
        // The oldest pair gives its place to the new one, k.
        if *length == self.memory {
            rho_sy.forget_first(stride);
            yy.forget_first(stride);
            rho.copy_within(1.., 0);
            *length -= 1;
        }
        let k = *length;
        let [s_y, ss, y_y, s_g, y_g] = pairs.replace(
            (alpha, d.as_slice()),
            [old.as_slice(), new.as_slice()],
            &mut products[..k],
        );
        for ((&[_, s_g, _, y_g], sg), yg) in products[..k].iter().zip(&mut *sg).zip(&mut *yg) {
            (*sg, *yg) = (s_g, y_g);
        }
        // A step along which the slope did not rise (beyond rounding) has no curvature to learn. The oldest pair,
        // whose place it took, is gone all the same.
        if s_y <= f64::EPSILON * (ss * y_y).sqrt() {
            return;
        }
        let rho_new = s_y.recip();
        for (i, &[s_y, _, y_y, _]) in products[..k].iter().enumerate() {
            rho_sy.entries[k * stride + i] = rho_new * s_y;
            rho_sy.entries[i * stride + k] = rho[i] * s_y;
            yy.entries[k * stride + i] = y_y;
            yy.entries[i * stride + k] = y_y;
        }
        yy.entries[k * stride + k] = y_y;
        (rho[k], sg[k], yg[k], *gamma) = (rho_new, s_g, y_g, s_y / y_y);
        pairs.advance();
        *length += 1;
    }

    fn reset(&self, memory: &mut LbfgsMemory, _moved: bool) -> bool {
        std::mem::take(&mut memory.length) > 0
    }
}
