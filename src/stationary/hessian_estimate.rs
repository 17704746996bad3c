//! A Hessian and how wrong each of its entries may be.

use nalgebra::{DMatrix, DVector};

use super::differences::{CostDifferences, FARTHER, GradientDifferences, best_step};
use super::face::Face;
use super::noise::{cost_noise, nudged};
use crate::oracle::symmetrize;

/// (3ε)^(1/3): balances the truncation h²/3 of a central difference of gradients against their rounding ε/h.
const GRADIENT_STEP: f64 = 8.733_458_090_808_6e-6;
/// ε^(1/4): the same for second differences of costs.
const COST_STEP: f64 = 1.220_703_125e-4;
/// Relative errors that are good enough for a difference of gradients, or of costs.
const ACCURATE: [f64; 2] = [1e-7, 1e-5];

/// ∇²f(x) made symmetric, with bounds for the errors of its entries by source.
pub(super) struct HessianEstimate {
    pub hessian: DMatrix<f64>,
    /// |H_h - H_√5h|: about four times the truncation error of H_h, and more than that error for one-sided differences.
    pub truncation: DMatrix<f64>,
    /// |H - H'| / 2.
    pub asymmetry: DMatrix<f64>,
    /// Rounding, including that of the problem's functions.
    pub noise: DMatrix<f64>,
    source: Source,
}

/// The source of a Hessian; for differences, with the step of every variable.
enum Source {
    Given,
    Gradients(Vec<f64>),
    Costs(Vec<f64>),
}

impl HessianEstimate {
    /// The problem's own Hessian, or else differences. `noise` bounds the rounding errors of the gradient.
    pub fn at(face: &mut Face, x: &DVector<f64>, cost: f64, noise: &DVector<f64>) -> Self {
        match face.given_hessian(x) {
            Some(given) => Self::given(face, x, given),
            None => Self::differenced(face, x, cost, noise),
        }
    }

    /// Differences, whether or not the problem gives a Hessian: 4n gradients, or 4n² costs when there is no gradient,
    /// and more where the first step is inaccurate.
    pub fn differenced(face: &mut Face, x: &DVector<f64>, cost: f64, noise: &DVector<f64>) -> Self {
        if face.has_gradient() {
            Self::from_gradients(face, x, noise)
        } else {
            Self::from_costs(face, x, cost)
        }
    }

    /// The bounds of all errors added up.
    pub fn error(&self) -> DMatrix<f64> {
        &self.truncation + &self.asymmetry + &self.noise
    }

    /// A length over which f changes with variable j as its second derivative predicts, if that was differenced.
    pub fn length(&self, j: usize) -> Option<f64> {
        match &self.source {
            Source::Given => None,
            Source::Gradients(steps) => Some(steps[j] / GRADIENT_STEP),
            Source::Costs(steps) => Some(steps[j] / COST_STEP),
        }
    }

    /// ∇²f(y), obtained in the same way and with the same steps.
    pub fn again(&self, face: &mut Face, y: &DVector<f64>) -> Option<DMatrix<f64>> {
        let n = y.len();
        let mut hessian = DMatrix::zeros(n, n);
        match &self.source {
            Source::Given => hessian = face.given_hessian(y)?,
            Source::Gradients(steps) => {
                let mut differences = GradientDifferences::new(y);
                for (j, &h) in steps.iter().enumerate() {
                    hessian.set_column(j, &differences.column(face, j, h).0);
                }
            }
            Source::Costs(steps) => {
                let mut differences = CostDifferences::new(y, face.cost(y));
                for j in 0..n {
                    for i in 0..=j {
                        let (entry, ..) = differences.second(face, [i, j], [steps[i], steps[j]]);
                        hessian[(i, j)] = entry;
                        hessian[(j, i)] = entry;
                    }
                }
            }
        }
        symmetrize(&mut hessian);
        Some(hessian)
    }

    fn given(face: &mut Face, x: &DVector<f64>, hessian: DMatrix<f64>) -> Self {
        let n = x.len();
        // Cancellation in an entry shows in a second difference over points next to x.
        let sides = [-1, 1].map(|k| face.clamp(nudged(x, k)));
        let mut sides = || Some([face.given_hessian(&sides[0])?, face.given_hessian(&sides[1])?]);
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

    fn from_gradients(face: &mut Face, x: &DVector<f64>, noise: &DVector<f64>) -> Self {
        let n = x.len();
        let rounding = (4.0 + n as f64) * f64::EPSILON;
        let mut differences = GradientDifferences::new(x);
        let mut parts = [DMatrix::zeros(n, n), DMatrix::zeros(n, n), DMatrix::zeros(n, n)];
        let mut steps = Vec::with_capacity(n);
        for j in 0..n {
            let length = face.length(j, x[j]);
            let (h, columns) = best_step([x[j], length], GRADIENT_STEP, ACCURATE[0], |h| {
                let h = face.fitting(j, x[j], h);
                let (near, largest, reach) = differences.column(face, j, h);
                let (far, ..) = differences.column(face, j, FARTHER * h);
                let truncation = (&near - far).abs();
                let noise = (noise + largest * rounding) / reach;
                let error = truncation.sum() + noise.sum();
                ([error, near.abs().sum()], [near, truncation, noise])
            });
            steps.push(face.fitting(j, x[j], h));
            for (part, column) in parts.iter_mut().zip(&columns) {
                part.set_column(j, column);
            }
        }
        let [hessian, truncation, noise] = parts;
        Self::symmetric(hessian, truncation, noise, Source::Gradients(steps))
    }

    fn from_costs(face: &mut Face, x: &DVector<f64>, cost: f64) -> Self {
        let n = x.len();
        let noise = 16.0 * f64::EPSILON * cost.abs() + cost_noise(face, x, cost);
        let mut differences = CostDifferences::new(x, cost);
        let mut entry = |face: &mut Face, ij: [usize; 2], h: [f64; 2]| {
            let (near, largest, area) = differences.second(face, ij, h);
            let (far, ..) = differences.second(face, ij, h.map(|h| FARTHER * h));
            let noise = (noise + 16.0 * f64::EPSILON * largest) / area;
            [near, (near - far).abs(), noise]
        };
        let mut parts = [DMatrix::zeros(n, n), DMatrix::zeros(n, n), DMatrix::zeros(n, n)];
        let mut steps = Vec::with_capacity(n);
        for j in 0..n {
            let length = face.length(j, x[j]);
            let (h, diagonal) = best_step([x[j], length], COST_STEP, ACCURATE[1], |h| {
                let h = face.fitting(j, x[j], h);
                let [near, truncation, noise] = entry(face, [j, j], [h, h]);
                ([truncation + noise, near.abs()], [near, truncation, noise])
            });
            let h = face.fitting(j, x[j], h);
            steps.push(h);
            for i in 0..=j {
                let entry = if i == j { diagonal } else { entry(face, [i, j], [steps[i], h]) };
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
