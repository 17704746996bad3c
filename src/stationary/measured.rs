//! A Hessian and how wrong each of its entries may be.

use nalgebra::{DMatrix, DVector};

use super::differences::{CostDifferences, GradientDifferences, best_step, nudged};
use crate::Oracle;
use crate::oracle::{difference_step, symmetrize};

/// (3ε)^(1/3): balances the truncation h²/3 of a central difference of gradients against their rounding ε/h.
const GRADIENT_STEP: f64 = 8.733_458_090_808_6e-6;
/// ε^(1/4): the same for second differences of costs.
const COST_STEP: f64 = 1.220_703_125e-4;
/// Relative errors that a difference of gradients, or of costs, is content with.
const ACCURATE: [f64; 2] = [1e-7, 1e-5];

/// ∇²f(x) made symmetric, with bounds for the errors of its entries by where they come from.
pub(super) struct Measured {
    pub hessian: DMatrix<f64>,
    /// |H_h - H_2h|: about three times the truncation error of H_h.
    pub truncation: DMatrix<f64>,
    /// |H - H'| / 2.
    pub asymmetry: DMatrix<f64>,
    /// Rounding, that of the problem's functions included.
    pub noise: DMatrix<f64>,
    source: Source,
}

/// Where a Hessian comes from; differences with the step of every variable.
enum Source {
    Given,
    Gradients(Vec<f64>),
    Costs(Vec<f64>),
}

impl Measured {
    /// The problem's own Hessian, or else differences. `noise` bounds the rounding errors of the gradient.
    pub fn at(oracle: &mut Oracle<'_>, x: &DVector<f64>, cost: f64, noise: &DVector<f64>) -> Self {
        match oracle.given_hessian(x) {
            Some(given) => Self::given(oracle, x, given),
            None => Self::differenced(oracle, x, cost, noise),
        }
    }

    /// Differences, whether or not the problem gives a Hessian: 4n gradients, or 4n² costs when there is no gradient,
    /// and more where the first step turns out badly.
    pub fn differenced(
        oracle: &mut Oracle<'_>,
        x: &DVector<f64>,
        cost: f64,
        noise: &DVector<f64>,
    ) -> Self {
        if oracle.problem().has_gradient() {
            Self::from_gradients(oracle, x, noise)
        } else {
            Self::from_costs(oracle, x, cost)
        }
    }

    /// The bounds of all errors added up.
    pub fn error(&self) -> DMatrix<f64> {
        &self.truncation + &self.asymmetry + &self.noise
    }

    /// ∇²f(y), obtained in the same way and with the same steps.
    pub fn again(&self, oracle: &mut Oracle<'_>, y: &DVector<f64>) -> Option<DMatrix<f64>> {
        let n = y.len();
        let mut hessian = DMatrix::zeros(n, n);
        match &self.source {
            Source::Given => hessian = oracle.given_hessian(y)?,
            Source::Gradients(steps) => {
                let mut differences = GradientDifferences::new(y);
                for (j, &h) in steps.iter().enumerate() {
                    hessian.set_column(j, &differences.column(oracle, j, h).0);
                }
            }
            Source::Costs(steps) => {
                let mut differences = CostDifferences::new(y, oracle.cost(y));
                for j in 0..n {
                    for i in 0..=j {
                        let (entry, _) = differences.second(oracle, [i, j], [steps[i], steps[j]]);
                        hessian[(i, j)] = entry;
                        hessian[(j, i)] = entry;
                    }
                }
            }
        }
        symmetrize(&mut hessian);
        Some(hessian)
    }

    fn given(oracle: &mut Oracle<'_>, x: &DVector<f64>, hessian: DMatrix<f64>) -> Self {
        let n = x.len();
        // Entries that are a difference of large terms show it in a second difference over points next to x.
        let mut sides =
            || Some([oracle.given_hessian(&nudged(x, -1))?, oracle.given_hessian(&nudged(x, 1))?]);
        let mut noise = match sides() {
            Some([below, above]) => ((above - &hessian) + (below - &hessian)).abs(),
            None => DMatrix::from_element(n, n, f64::NAN),
        };
        let root = hessian.diagonal().map(|h| h.abs().sqrt());
        for j in 0..n {
            for i in 0..n {
                let size = hessian[(i, j)].abs() + root[i] * root[j];
                noise[(i, j)] += n as f64 * f64::EPSILON * size;
            }
        }
        Self::symmetric(hessian, DMatrix::zeros(n, n), noise, Source::Given)
    }

    fn from_gradients(oracle: &mut Oracle<'_>, x: &DVector<f64>, noise: &DVector<f64>) -> Self {
        let n = x.len();
        let rounding = (4.0 + n as f64) * f64::EPSILON;
        let mut differences = GradientDifferences::new(x);
        let mut parts = [DMatrix::zeros(n, n), DMatrix::zeros(n, n), DMatrix::zeros(n, n)];
        let mut steps = Vec::with_capacity(n);
        for j in 0..n {
            let (h, columns) = best_step(x[j], GRADIENT_STEP, ACCURATE[0], |h| {
                let (near, largest) = differences.column(oracle, j, h);
                let (far, _) = differences.column(oracle, j, 2.0 * h);
                let truncation = (&near - far).abs();
                let noise = (noise + largest * rounding) / h;
                let error = truncation.sum() + noise.sum();
                ([error, near.abs().sum()], [near, truncation, noise])
            });
            steps.push(h);
            for (part, column) in parts.iter_mut().zip(&columns) {
                part.set_column(j, column);
            }
        }
        let [hessian, truncation, noise] = parts;
        Self::symmetric(hessian, truncation, noise, Source::Gradients(steps))
    }

    fn from_costs(oracle: &mut Oracle<'_>, x: &DVector<f64>, cost: f64) -> Self {
        let n = x.len();
        let noise = 16.0 * f64::EPSILON * cost.abs() + cost_noise(oracle, x, cost);
        let mut differences = CostDifferences::new(x, cost);
        let mut entry = |ij: [usize; 2], h: [f64; 2]| {
            let (near, largest) = differences.second(oracle, ij, h);
            let (far, _) = differences.second(oracle, ij, h.map(|h| 2.0 * h));
            let noise = (noise + 16.0 * f64::EPSILON * largest) / (h[0] * h[1]);
            [near, (near - far).abs(), noise]
        };
        let mut parts = [DMatrix::zeros(n, n), DMatrix::zeros(n, n), DMatrix::zeros(n, n)];
        let mut steps = Vec::with_capacity(n);
        for j in 0..n {
            let (h, diagonal) = best_step(x[j], COST_STEP, ACCURATE[1], |h| {
                let [near, truncation, noise] = entry([j, j], [h, h]);
                ([truncation + noise, near.abs()], [near, truncation, noise])
            });
            steps.push(h);
            for i in 0..=j {
                let entry = if i == j { diagonal } else { entry([i, j], [steps[i], h]) };
                for (part, value) in parts.iter_mut().zip(entry) {
                    part[(i, j)] = value;
                    part[(j, i)] = value;
                }
            }
        }
        let [hessian, truncation, noise] = parts;
        Self::symmetric(hessian, truncation, noise, Source::Costs(steps))
    }

    fn symmetric(
        mut hessian: DMatrix<f64>,
        mut truncation: DMatrix<f64>,
        mut noise: DMatrix<f64>,
        source: Source,
    ) -> Self {
        let asymmetry = (&hessian - hessian.transpose()).abs() * 0.5;
        for part in [&mut hessian, &mut truncation, &mut noise] {
            symmetrize(part);
        }
        Self { hessian, truncation, asymmetry, noise, source }
    }
}

/// The size of the rounding errors in f(x), from second differences over [`nudged`] points.
pub(super) fn cost_noise(oracle: &mut Oracle<'_>, x: &DVector<f64>, cost: f64) -> f64 {
    let mut at = |k| if k == 0 { cost } else { oracle.cost(&nudged(x, k)) };
    largest_second_difference((-3..=3).map(|k| DVector::from_element(1, at(k))))[0]
}

/// The same for every entry of the gradient. A differenced gradient has truncation errors beside, |g_h - g_2h|.
pub(super) fn gradient_noise(
    oracle: &mut Oracle<'_>,
    x: &DVector<f64>,
    cost: f64,
    gradient: &DVector<f64>,
) -> DVector<f64> {
    let mut noise = largest_second_difference((-3..=3).map(|k| {
        let mut there = gradient.clone();
        if k != 0 {
            oracle.gradient(&nudged(x, k), &mut there);
        }
        there
    }));
    noise.zip_apply(gradient, |noise, g| *noise += 4.0 * f64::EPSILON * g.abs());
    if !oracle.problem().has_gradient() {
        let mut differences = CostDifferences::new(x, cost);
        for j in 0..x.len() {
            let h = difference_step::CENTRAL * x[j].abs().max(1.0);
            let (far, largest) = differences.first(oracle, j, 2.0 * h);
            noise[j] += (far - gradient[j]).abs() + 2.0 * f64::EPSILON * largest / h;
        }
    }
    noise
}

/// max |sₖ₋₁ - 2 sₖ + sₖ₊₁| by entries: about 3 or 4 standard deviations of the errors in s.
fn largest_second_difference(samples: impl Iterator<Item = DVector<f64>>) -> DVector<f64> {
    let samples: Vec<_> = samples.collect();
    let differences = samples.windows(3).map(|s| ((&s[0] - &s[1]) + (&s[2] - &s[1])).abs());
    differences.reduce(|a, b| a.zip_map(&b, f64::max)).unwrap_or_default()
}
