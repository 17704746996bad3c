//! L-BFGS: d = −H g, with H made of the last m pairs s, y, by the two-loop recursion (Nocedal 1980; Nocedal & Wright
//! 2006, algorithm 7.4).
//!
//! As published, its loops run on vectors and read each stored vector four times. Vectors of more than eight components
//! use the same loops on coefficients instead ([`gram`]), which read each stored vector twice.

mod gram;

use std::array::from_fn;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use self::gram::Gram;
use super::steepest::descend;
use super::{Accepted, Descent, Direction, Point, Proposal};
use crate::error::check;
use crate::linalg::{self, LANES, Pairs};
use crate::line_search::HagerZhang;
use crate::{Error, Oracle};

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno.
///
/// **Method** d = −H g, where H comes from the last m pairs s = x⁺ − x, y = g⁺ − g by the BFGS formula, starting
/// from γ I with γ = s'y/y'y of the newest pair.
///
/// **Needs** a gradient; 2m + 10 vectors of memory, 6mn multiply-adds an iteration. **Parameters**
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
pub type Lbfgs = Descent<LimitedMemory>;

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

impl Lbfgs {
    /// The number m of pairs to keep. Range: 1 to 1000. Default: 10.
    pub fn memory(self, pairs: usize) -> Self {
        self.map_direction(|d| d.memory = pairs)
    }
}

/// The memory of [`LimitedMemory`]: the pairs, and numbers for each, the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LbfgsMemory {
    pub(super) pairs: Pairs,
    pub(super) length: usize,
    /// ρᵢ = 1 / sᵢ'yᵢ.
    rho: Vec<f64>,
    /// αᵢ of the first loop, from which the coefficients of y follow.
    alpha: Vec<f64>,
    /// γ = s'y/y'y of the newest pair.
    gamma: f64,
    /// The inner products of long vectors.
    gram: Option<Gram>,
}

/// True for vectors whose passes through memory cost more than the coefficients that save them.
fn is_long(n: usize) -> bool {
    n > LANES
}

/// d = −H g by the two loops, on vectors of at most L components, with room for αᵢ.
fn recur<const L: usize>(
    pairs: &Pairs,
    (rho, alpha): (&[f64], &mut [f64]),
    gamma: f64,
    g: &[f64],
    d: &mut [f64],
) {
    let mut q = [0.0; L];
    q[..g.len()].copy_from_slice(g);
    let (newest_first, numbers) = (pairs.short(rho.len()).rev(), rho.iter().zip(&mut *alpha).rev());
    for ((s, y), (rho, alpha)) in newest_first.zip(numbers) {
        *alpha = rho * dot(s, &q);
        add(-*alpha, y, &mut q);
    }
    let mut r = q.map(|q| gamma * q);
    for ((s, y), (rho, alpha)) in pairs.short(rho.len()).zip(rho.iter().zip(alpha)) {
        let beta = rho * dot(y, &r);
        add(*alpha - beta, s, &mut r);
    }
    for (d, r) in d.iter_mut().zip(r) {
        *d = -r;
    }
}

/// a'b, summed pairwise by halves.
fn dot<const L: usize>(a: &[f64], b: &[f64; L]) -> f64 {
    let mut products: [f64; L] = from_fn(|l| a[l] * b[l]);
    let mut half = L / 2;
    while half > 0 {
        for l in 0..half {
            products[l] += products[half + l];
        }
        half /= 2;
    }
    products[0]
}

/// b += c a.
fn add<const L: usize>(c: f64, a: &[f64], b: &mut [f64; L]) {
    for (b, a) in b.iter_mut().zip(a) {
        *b += c * a;
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
        LbfgsMemory::new(n, self.memory, is_long(n))
    }

    fn is_valid(&self, memory: &LbfgsMemory, n: usize) -> bool {
        memory.is_valid(n, self.memory, is_long(n))
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
        memory.multiply(at.gradient, d)
    }

    fn update(&self, memory: &mut LbfgsMemory, step: Accepted<'_>) {
        memory.take(step);
    }

    fn reset(&self, memory: &mut LbfgsMemory, _moved: bool) -> bool {
        std::mem::take(&mut memory.length) > 0
    }
}

impl LbfgsMemory {
    /// Room for m pairs of n components, and for their inner products with each other if `keeps_products`.
    pub(super) fn new(n: usize, m: usize, keeps_products: bool) -> Self {
        Self {
            pairs: Pairs::new(n, m),
            length: 0,
            rho: vec![0.0; m],
            alpha: vec![0.0; m],
            gamma: 0.0,
            gram: keeps_products.then(|| Gram::new(m)),
        }
    }

    /// True when this has the sizes of [`new`](Self::new).
    pub(super) fn is_valid(&self, n: usize, m: usize, keeps_products: bool) -> bool {
        let Self { pairs, length, rho, alpha, gram, .. } = self;
        pairs.is_valid(n, m)
            && *length <= m
            && [rho, alpha].iter().all(|v| v.len() == m)
            && gram.is_some() == keeps_products
            && gram.as_ref().is_none_or(|gram| gram.is_valid(m))
    }

    /// d ← −H g, of at least one pair.
    pub(super) fn multiply(&mut self, g: &DVector<f64>, d: &mut DVector<f64>) -> Proposal {
        let (g, d) = (g.as_slice(), d.as_mut_slice());
        let Self { pairs, length, rho, alpha, gamma, gram } = self;
        let (rho, alpha) = (&rho[..*length], &mut alpha[..*length]);
        let (mut slope, mut max) = (0.0, 0.0_f64);
        let mut visit = |d: &[f64], g: &[f64]| {
            let (dg, d_max) = linalg::dot_and_max(d, g);
            slope += dg;
            max = max.max(d_max);
        };
        match gram {
            Some(gram) if is_long(g.len()) => {
                let on_s = gram.recur(rho, *gamma, alpha);
                pairs.combine([on_s, alpha], (-*gamma, g), d, visit);
            }
            _ => {
                // Loops no longer than necessary, because each result depends on the one before.
                match g.len() {
                    ..=2 => recur::<2>(pairs, (rho, alpha), *gamma, g, d),
                    3..=4 => recur::<4>(pairs, (rho, alpha), *gamma, g, d),
                    _ => recur::<LANES>(pairs, (rho, alpha), *gamma, g, d),
                }
                visit(d, g);
            }
        }
        Proposal { slope, max, scaled: true, curvature: None }
    }

    /// Takes the pair of a step.
    fn take(&mut self, step: Accepted<'_>) {
        self.make_room();
        let Self { pairs, length, gram, .. } = self;
        let products = gram.as_mut().map_or(&mut [][..], |gram| &mut gram.products[..*length]);
        let gradients = [step.old.as_slice(), step.new.as_slice()];
        let own = pairs.replace((step.alpha, step.d.as_slice()), gradients, products);
        self.keep(own);
    }

    /// The oldest pair makes room for a new one, if there is none; true when there was not.
    pub(super) fn make_room(&mut self) -> bool {
        let Self { length, rho, gram, .. } = self;
        let is_full = *length == rho.len();
        if is_full {
            rho.copy_within(1.., 0);
            *length -= 1;
            if let Some(gram) = gram {
                gram.forget_first();
            }
        }
        is_full
    }

    /// Takes the pair that was written, from [s'y, s's, y'y, s'g, y'g] and its `products` with those before it. False for a
    /// pair that is not kept.
    pub(super) fn keep(&mut self, [s_y, ss, y_y, s_g, y_g]: [f64; 5]) -> bool {
        let Self { pairs, length, rho, gamma, gram, .. } = self;
        let k = *length;
        if let Some(gram) = gram {
            gram.take_gradient(k);
        }
        // A step along which the slope did not rise (beyond rounding) gives no curvature. The oldest pair, whose place
        // it took, is lost nevertheless.
        if s_y <= f64::EPSILON * (ss * y_y).sqrt() {
            return false;
        }
        (rho[k], *gamma) = (s_y.recip(), s_y / y_y);
        pairs.advance();
        *length += 1;
        if let Some(gram) = gram {
            gram.take_pair(&rho[..=k], [y_y, s_g, y_g]);
        }
        true
    }

    /// [`keep`](Self::keep) with the products sᵢ'y, sᵢ'g, yᵢ'y and yᵢ'g at the front of others.
    pub(super) fn keep_with(&mut self, own: [f64; 5], products: &[[f64; 6]]) -> bool {
        if let Some(gram) = &mut self.gram {
            for (to, [s_y, s_g, y_y, y_g, ..]) in gram.products.iter_mut().zip(products) {
                *to = [*s_y, *s_g, *y_y, *y_g];
            }
        }
        self.keep(own)
    }
}
