//! The global minimum of the model in the ball, or with a cubic term, by factorizations of the
//! [shifted](super::shifted) matrix.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::dense::{Dense, largest};
use super::shifted::{Length, Sample, Shifted, Work, minimise};
use super::triangular::Triangular;
use super::{Quadratic, Region, Subproblem};
use crate::linalg::Lanczos;
use crate::linalg::cholesky::Workspace;
use crate::linalg::row_qr::{solve_upper, solve_upper_transposed, unit_of_upper};
use crate::random::Random;

/// Units of length beyond these change no bit of the solution, and their squares are numbers.
const UNITS: [f64; 2] = [1e-75, 1e75];
const SEED: u64 = 1983;

/// The global minimum of the model in the ball by Cholesky's factorizations: [`Exact`](super::Exact) for many
/// variables.
///
/// **Method** that of Moré and Sorensen: (B + λ I) p = −g with |p| = r to 4 digits, or the Newton step, if B is
/// positive definite and it is inside; or a vector of low curvature makes up the length, where that gives 4 digits of
/// the decrease. **Needs** B as a matrix; n² numbers of memory; n³/6 multiply-adds for a Newton step, at most four
/// times that for another where B is positive definite, otherwise five to six times on average.
///
/// The feature `faer` makes factorizations from n = 64 on faster, 2.6 times at n = 2000.
///
/// **Guarantee** as for [`Exact`](super::Exact), to these digits. Where λ₁ < 0 beyond the errors in B, a factorization
/// of B fails and shows a direction of negative curvature, which Lanczos' method improves.
///
/// ```
/// # #[cfg(feature = "autodiff")] {
/// use extremum::solver::trust_region::{MoreSorensen, NewtonModel};
/// use extremum::{TrustRegion, minimize, problem};
/// let saddle = problem!(2, |x| x[0].powi(2) - x[1].powi(2) + 0.25 * x[1].powi(4));
/// let found = minimize(&saddle, TrustRegion::new(NewtonModel, MoreSorensen), [0.0, 0.0])?;
/// assert!((found.cost + 1.0).abs() < 1e-12);
/// # }
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Moré & Sorensen, SIAM J. Sci. Stat. Comput. 4 (1983) 553-572; Gould, Robinson & Thorne, Math. Prog.
/// Comp. 2 (2010) 21-57.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoreSorensen;

/// The memory of [`MoreSorensen`]: the last multiplier and a direction of low curvature, and room for the factors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoreSorensenMemory {
    /// The last multiplier, in units of B / unit, and whether B and g are still the same.
    last: Option<(Sample, bool)>,
    unit: f64,
    low: DVector<f64>,
    #[serde(skip)]
    room: Room,
}

/// What holds nothing from one call to the next.
#[derive(Clone, Debug, Default, PartialEq)]
struct Room {
    factor: DMatrix<f64>,
    blocks: Workspace,
    work: DVector<f64>,
    lanczos: Lanczos,
    /// For a model with a factor, empty without one.
    image: DVector<f64>,
    rows: Vec<f64>,
}

impl Room {
    fn new(n: usize) -> Self {
        Self {
            factor: DMatrix::zeros(n, n),
            blocks: Workspace::new(n),
            work: DVector::zeros(n),
            lanczos: Lanczos::new(n),
            image: DVector::zeros(0),
            rows: Vec::new(),
        }
    }
}

impl MoreSorensenMemory {
    pub(super) fn new(n: usize) -> Self {
        let mut random = Random::new(SEED);
        let mut low = DVector::from_fn(n, |_, _| random.normal());
        low.normalize_mut();
        Self { last: None, unit: 1.0, low, room: Room::new(n) }
    }

    pub(super) fn restore(&mut self, n: usize) -> bool {
        self.room = Room::new(n);
        self.low.len() == n
    }

    /// Writes the minimum in the ball, or with the cubic term that has this radius, and returns the decrease.
    pub(super) fn solve(
        &mut self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        is_cubic: bool,
        u: &mut DVector<f64>,
    ) -> f64 {
        if gradient.is_empty() {
            return f64::NAN;
        }
        let (g, p) = (gradient.as_slice(), u.as_mut_slice());
        let (scale, decrease);
        if let Some(known) = b.factor() {
            let n = gradient.len();
            if self.room.image.len() != n {
                self.room.image = DVector::zeros(n);
                self.room.rows = vec![0.0; n * (n + 1)];
            }
            let root = unit_of_upper(known.r);
            let length;
            (scale, length) = self.length(root * root, gradient, region, is_cubic);
            let Room { factor, work, image, rows, .. } = &mut self.room;
            let units = [root, region.unit / root];
            let mut b = Triangular { factor: known, units, shifted: factor, image, rows };
            let work = Work { y: work.as_mut_slice(), z: self.low.as_mut_slice() };
            decrease = minimise(&mut b, g, length, &mut self.last, p, work);
        } else if let Some(matrix) = b.matrix() {
            let length;
            (scale, length) = self.length(largest(matrix), gradient, region, is_cubic);
            let Room { factor, blocks, work, .. } = &mut self.room;
            let mut b = Dense { matrix, unit: self.unit, factor, blocks, end: 0 };
            let work = Work { y: work.as_mut_slice(), z: self.low.as_mut_slice() };
            decrease = minimise(&mut b, g, length, &mut self.last, p, work);
        } else {
            return f64::NAN;
        }
        *u /= scale;
        decrease / scale
    }

    /// Writes −(κ B + μ I)⁻¹ f with the factor of the last solution; false when it is not that of a factor.
    pub(super) fn solve_again(
        &mut self,
        b: &mut dyn Quadratic,
        force: &DVector<f64>,
        region: Region<'_>,
        out: &mut DVector<f64>,
    ) -> bool {
        if b.factor().is_none() || !matches!(self.last, Some((_, true))) {
            return false;
        }
        out.copy_from(force);
        solve_upper_transposed(&self.room.factor, out.as_mut_slice());
        solve_upper(&self.room.factor, out.as_mut_slice());
        *out /= -self.scale(region);
        true
    }

    fn scale(&self, region: Region<'_>) -> f64 {
        let [shortest, longest] = UNITS;
        (self.unit * region.scale).clamp(shortest, longest)
    }

    /// The scale s = κ · unit, and the length of w = s u, for which (B / unit + λ I) w = −g.
    fn length(
        &mut self,
        unit: f64,
        gradient: &DVector<f64>,
        region: Region<'_>,
        is_cubic: bool,
    ) -> (f64, Length) {
        if !matches!(self.last, Some((_, true))) {
            if let Some((sample, _)) = &mut self.last {
                sample.lambda *= self.unit / unit;
            }
            self.unit = unit;
        }
        let scale = self.scale(region);
        let radius = scale * region.radius;
        let length = if is_cubic {
            Length::Cubic(radius * radius / gradient.norm())
        } else {
            Length::Ball(radius)
        };
        (scale, length)
    }

    /// Writes a unit vector of negative curvature, and returns that, when a factorization shows that there is one
    /// beyond the errors in B.
    pub(super) fn negative_curvature(
        &mut self,
        b: &mut dyn Quadratic,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        let accuracy = b.accuracy();
        let matrix = b.matrix().filter(|_| !v.is_empty())?;
        let Room { factor, blocks, lanczos, .. } = &mut self.room;
        let mut dense = Dense { matrix, unit: largest(matrix), factor, blocks, end: 0 };
        let errors = accuracy.max(v.len() as f64 * f64::EPSILON);
        if dense.factorize(errors * dense.squares().sqrt()) {
            return None;
        }
        dense.failure(v.as_mut_slice());
        lanczos.from(&mut |v, product| b.times(v, product), accuracy, v)
    }

    pub(super) fn moved(&mut self) {
        if let Some((_, is_same)) = &mut self.last {
            *is_same = false;
        }
    }
}

impl Subproblem for MoreSorensen {
    type Memory = MoreSorensenMemory;

    const NEEDS_MATRIX: bool = true;

    fn name(&self) -> &'static str {
        "MoreSorensen"
    }

    fn start(&self, n: usize) -> MoreSorensenMemory {
        MoreSorensenMemory::new(n)
    }

    fn restore(&self, memory: &mut MoreSorensenMemory, n: usize) -> bool {
        memory.restore(n)
    }

    fn solve(
        &self,
        b: &mut dyn Quadratic,
        gradient: &DVector<f64>,
        region: Region<'_>,
        memory: &mut MoreSorensenMemory,
        u: &mut DVector<f64>,
    ) -> f64 {
        memory.solve(b, gradient, region, false, u)
    }

    fn negative_curvature(
        &self,
        b: &mut dyn Quadratic,
        memory: &mut MoreSorensenMemory,
        v: &mut DVector<f64>,
    ) -> Option<f64> {
        memory.negative_curvature(b, v)
    }

    fn moved(&self, memory: &mut MoreSorensenMemory) {
        memory.moved();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts factorizations.
    struct Counting<'a>(Dense<'a>, u32);

    impl Shifted for Counting<'_> {
        fn least_diagonal(&self) -> f64 {
            self.0.least_diagonal()
        }
        fn bounds(&mut self) -> [f64; 2] {
            self.0.bounds()
        }
        fn factorize(&mut self, lambda: f64) -> bool {
            self.1 += 1;
            self.0.factorize(lambda)
        }
        fn solve(&self, x: &mut [f64]) {
            self.0.solve(x);
        }
        fn failure(&self, v: &mut [f64]) -> f64 {
            self.0.failure(v)
        }
    }

    /// The mean and the most for random matrices of 50 rows with these eigenvalues; with a cubic term, too.
    fn factorizations(
        is_cubic: bool,
        radius: f64,
        share: f64,
        value: impl Fn(&mut Random) -> f64,
    ) -> [f64; 2] {
        let n = 50;
        let mut random = Random::new(7);
        let (mut sum, mut most) = (0, 0);
        for _ in 0..40 {
            let q = DMatrix::from_fn(n, n, |_, _| random.normal()).qr().q();
            let values = DVector::from_fn(n, |_, _| value(&mut random));
            let matrix = &q * DMatrix::from_diagonal(&values) * q.transpose();
            let mut slope = DVector::from_fn(n, |_, _| random.normal()).normalize();
            slope[values.imin()] *= share;
            let g = &q * slope;
            let mut memory = MoreSorensenMemory::new(n);
            let Room { factor, blocks, work, .. } = &mut memory.room;
            let dense = Dense { matrix: &matrix, unit: largest(&matrix), factor, blocks, end: 0 };
            let radius = dense.unit * radius;
            let length = if is_cubic {
                Length::Cubic(radius * radius / g.norm())
            } else {
                Length::Ball(radius)
            };
            let mut counting = Counting(dense, 0);
            let mut p = DVector::zeros(n);
            let work = Work { y: work.as_mut_slice(), z: memory.low.as_mut_slice() };
            let decrease =
                minimise(&mut counting, g.as_slice(), length, &mut None, p.as_mut_slice(), work);
            assert!(decrease > 0.0);
            sum += counting.1;
            most = most.max(counting.1);
        }
        [f64::from(sum) / 40.0, f64::from(most)]
    }

    #[test]
    fn few_factorizations_suffice() {
        for is_cubic in [false, true] {
            for radius in [1e-2, 1.0, 1e2, 1e6] {
                let definite = factorizations(is_cubic, radius, 1.0, |r| r.between(0.01, 1.0));
                let spread =
                    factorizations(is_cubic, radius, 1.0, |r| 10_f64.powf(r.between(-6.0, 0.0)));
                let indefinite = factorizations(is_cubic, radius, 1.0, Random::normal);
                let hard = factorizations(is_cubic, radius, 0.0, Random::normal);
                let label = format!(
                    "{is_cubic} {radius:e}: {definite:?} {spread:?} {indefinite:?} {hard:?}"
                );
                println!("{label}");
                assert!(definite[1].max(spread[1]) <= 4.0, "{label}");
                assert!(
                    indefinite[0].max(hard[0]) <= 6.5 && indefinite[1].max(hard[1]) <= 10.0,
                    "{label}"
                );
            }
        }
    }
}
