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

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::steepest::descend;
use super::{Accepted, Descent, Direction, Point, Proposal};
use crate::error::check;
use crate::line_search::{HagerZhang, LineSearch};
use crate::{Error, Oracle, linalg};

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno.
///
/// **Method** d = −H g, where H comes from the last m pairs s = x⁺ − x, y = g⁺ − g by the BFGS formula, starting
/// from γ I with γ = s'y/y'y of the newest pair.
///
/// **Needs** a gradient; 2m + 7 vectors of memory, 4mn operations an iteration. **Parameters**
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LbfgsMemory {
    /// The steps, n × m, a ring: column `newest` is the newest, the one after it the oldest.
    #[serde(with = "linalg::matrix_bytes")]
    s: DMatrix<f64>,
    /// The gradients' changes, n × m.
    #[serde(with = "linalg::matrix_bytes")]
    y: DMatrix<f64>,
    /// (i, j): sᵢ'yⱼ with j the newer. m × m.
    #[serde(with = "linalg::matrix_bytes")]
    sy: DMatrix<f64>,
    /// (i, j): yᵢ'yⱼ. m × m.
    #[serde(with = "linalg::matrix_bytes")]
    yy: DMatrix<f64>,
    /// sᵢ'g and yᵢ'g at the current point. m.
    sg: DVector<f64>,
    yg: DVector<f64>,
    /// The recursion's coefficients of −d on yᵢ and sᵢ. m.
    on_y: DVector<f64>,
    on_s: DVector<f64>,
    newest: usize,
    length: usize,
}

impl LbfgsMemory {
    /// The column of the pair that is `age` steps old; 0 is the newest.
    fn column(&self, age: usize) -> usize {
        let m = self.sg.len();
        let back = self.newest + m - age;
        if back >= m { back - m } else { back }
    }

    /// The two-loop recursion on coefficients; returns γ.
    fn recur(&mut self) -> f64 {
        let newest = self.newest;
        let gamma = self.sy[(newest, newest)] / self.yy[(newest, newest)];
        // First loop, newest to oldest: αᵢ = ρᵢ sᵢ'q, then q ← q − αᵢ yᵢ. `on_s` holds sᵢ'q until αᵢ is known.
        self.on_s.copy_from(&self.sg);
        for age in 0..self.length {
            let i = self.column(age);
            let alpha = self.on_s[i] / self.sy[(i, i)];
            self.on_y[i] = alpha;
            for older in age + 1..self.length {
                let j = self.column(older);
                self.on_s[j] -= alpha * self.sy[(j, i)];
            }
        }
        // yᵢ'r with r = γ q.
        for age in 0..self.length {
            let i = self.column(age);
            self.on_s[i] = self.yg[i];
        }
        for age in 0..self.length {
            let j = self.column(age);
            let alpha = self.on_y[j];
            for (r, yy) in self.on_s.iter_mut().zip(self.yy.column(j).iter()) {
                *r -= alpha * yy;
            }
        }
        // Second loop, oldest to newest: βᵢ = ρᵢ yᵢ'r, then r ← r + sᵢ (αᵢ − βᵢ).
        for age in (0..self.length).rev() {
            let i = self.column(age);
            let mut y_r = gamma * self.on_s[i];
            for older in age + 1..self.length {
                let j = self.column(older);
                y_r += self.on_s[j] * self.sy[(j, i)];
            }
            self.on_s[i] = self.on_y[i] - y_r / self.sy[(i, i)];
            self.on_y[i] *= -gamma;
        }
        gamma
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
        LbfgsMemory {
            s: DMatrix::zeros(n, m),
            y: DMatrix::zeros(n, m),
            sy: DMatrix::zeros(m, m),
            yy: DMatrix::zeros(m, m),
            sg: DVector::zeros(m),
            yg: DVector::zeros(m),
            on_y: DVector::zeros(m),
            on_s: DVector::zeros(m),
            newest: 0,
            length: 0,
        }
    }

    fn is_valid(&self, memory: &LbfgsMemory, n: usize) -> bool {
        let m = self.memory;
        let vectors = [&memory.sg, &memory.yg, &memory.on_y, &memory.on_s];
        [&memory.s, &memory.y].iter().all(|a| a.shape() == (n, m))
            && [&memory.sy, &memory.yy].iter().all(|a| a.shape() == (m, m))
            && vectors.iter().all(|v| v.len() == m)
            && memory.newest < m
            && memory.length <= m
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
        let gamma = memory.recur();
        let n = d.len();
        let (mut slope, mut max) = (0.0, 0.0_f64);
        let (s, y) = (memory.s.as_slice(), memory.y.as_slice());
        let blocks = d.as_mut_slice().chunks_mut(linalg::BLOCK);
        for (block, (d, g)) in blocks.zip(at.gradient.as_slice().chunks(linalg::BLOCK)).enumerate()
        {
            for (d, g) in d.iter_mut().zip(g) {
                *d = -gamma * g;
            }
            let first = block * linalg::BLOCK;
            for age in 0..memory.length {
                let i = memory.column(age);
                let rows = i * n + first..i * n + first + d.len();
                linalg::axpy2([-memory.on_s[i], -memory.on_y[i]], [&s[rows.clone()], &y[rows]], d);
            }
            let (dg, d_max) = linalg::dot_and_max(d, g);
            slope += dg;
            max = max.max(d_max);
        }
        Proposal { slope, max, scaled: true, curvature: None }
    }

    fn update(&self, memory: &mut LbfgsMemory, step: Accepted<'_>) {
        let Accepted { alpha, d, old, new } = step;
        let (n, m) = (d.len(), self.memory);
        // The newest pair takes the place of the oldest.
        let k = if memory.length == 0 { 0 } else { (memory.newest + 1) % m };
        let kept = memory.length.min(m - 1);
        let (s, y) = (memory.s.as_mut_slice(), memory.y.as_mut_slice());
        let (mut sy, mut ss, mut yy, mut sg, mut yg) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for i in 0..m {
            if i != k {
                memory.sg[i] = 0.0;
                memory.yg[i] = 0.0;
                memory.sy[(i, k)] = 0.0;
                memory.yy[(i, k)] = 0.0;
            }
        }
        let blocks = d.as_slice().chunks(linalg::BLOCK).zip(old.as_slice().chunks(linalg::BLOCK));
        for (block, ((d, old), new)) in blocks.zip(new.as_slice().chunks(linalg::BLOCK)).enumerate()
        {
            let first = block * linalg::BLOCK;
            let rows = |i: usize| i * n + first..i * n + first + d.len();
            for (s, d) in s[rows(k)].iter_mut().zip(d) {
                *s = alpha * d;
            }
            for ((y, new), old) in y[rows(k)].iter_mut().zip(new).zip(old) {
                *y = new - old;
            }
            let (s_new, y_new) = (&s[rows(k)], &y[rows(k)]);
            let parts =
                linalg::sums([s_new, y_new, new], |[s, y, g]| [s * y, s * s, y * y, s * g, y * g]);
            sy += parts[0];
            ss += parts[1];
            yy += parts[2];
            sg += parts[3];
            yg += parts[4];
            for age in 0..kept {
                let i = (k + m - 1 - age) % m;
                let [s_y, s_g] = linalg::dot2(&s[rows(i)], y_new, new);
                let [y_y, y_g] = linalg::dot2(&y[rows(i)], y_new, new);
                memory.sy[(i, k)] += s_y;
                memory.sg[i] += s_g;
                memory.yy[(i, k)] += y_y;
                memory.yg[i] += y_g;
            }
        }
        // A step along which the slope did not rise (beyond rounding) has no curvature to learn. The oldest pair,
        // whose place it took, is gone all the same.
        if sy <= f64::EPSILON * (ss * yy).sqrt() {
            memory.length = kept;
            return;
        }
        memory.sy[(k, k)] = sy;
        memory.yy[(k, k)] = yy;
        memory.sg[k] = sg;
        memory.yg[k] = yg;
        for i in 0..m {
            memory.yy[(k, i)] = memory.yy[(i, k)];
        }
        memory.newest = k;
        memory.length = kept + 1;
    }

    fn reset(&self, memory: &mut LbfgsMemory, _moved: bool) -> bool {
        std::mem::take(&mut memory.length) > 0
    }
}
