//! Rounding errors of the problem's functions, estimated from what they do over points next to x (Moré and Wild,
//! "Estimating computational noise", SIAM J. Sci. Comput. 33 (2011)).

use nalgebra::{DMatrix, DVector};

use super::differences::CostDifferences;
use crate::Oracle;
use crate::oracle::difference_step;

/// The size of the rounding errors in a gradient.
pub(super) struct GradientNoise {
    /// By entries, with what the rounding of x makes of them: the errors of differences.
    pub entries: DVector<f64>,
    /// Those that no point next to x would show: of differenced gradients.
    own: DVector<f64>,
    /// Steps to points next to x, and the changes of the gradient.
    samples: Vec<[DVector<f64>; 2]>,
}

impl GradientNoise {
    /// Six gradients, and 2n costs when the gradient is differenced: its truncation errors are |g_h - g_2h|.
    pub fn at(
        oracle: &mut Oracle<'_>,
        x: &DVector<f64>,
        cost: f64,
        gradient: &DVector<f64>,
    ) -> Self {
        let mut own = gradient.map(|g| 4.0 * f64::EPSILON * g.abs());
        if !oracle.problem().has_gradient() {
            let mut differences = CostDifferences::new(x, cost);
            for j in 0..x.len() {
                let h = difference_step::CENTRAL * x[j].abs().max(1.0);
                let (far, largest) = differences.first(oracle, j, 2.0 * h);
                own[j] += (far - gradient[j]).abs() + 2.0 * f64::EPSILON * largest / h;
            }
        }
        let samples: Vec<[DVector<f64>; 2]> = (-3..=3)
            .map(|k| {
                let there = nudged(x, k);
                let mut change = gradient.clone();
                if k != 0 {
                    oracle.gradient(&there, &mut change);
                }
                [there - x, change - gradient]
            })
            .collect();
        let entries = &own + largest_second_difference(samples.iter().map(|[_, change]| change));
        Self { entries, own, samples }
    }

    /// By entries, beyond what the rounding of x makes of them: how far the gradient is from ∇f(x) + H d.
    pub fn beyond(&self, hessian: &DMatrix<f64>) -> DVector<f64> {
        let missed =
            self.samples.iter().map(|[step, change]| (change - hessian * step).abs() * 2.0);
        missed.fold(self.own.clone(), |noise, missed| noise.zip_map(&missed, f64::max))
    }
}

/// The size of the rounding errors in f(x).
pub(super) fn cost_noise(oracle: &mut Oracle<'_>, x: &DVector<f64>, cost: f64) -> f64 {
    let mut at = |k| if k == 0 { cost } else { oracle.cost(&nudged(x, k)) };
    let samples: Vec<_> = (-3..=3).map(|k| DVector::from_element(1, at(k))).collect();
    largest_second_difference(samples.iter())[0]
}

/// x with every coordinate moved by about k 10⁻¹² of itself, up and down in turn: so little that a smooth function is
/// linear over it, and what is not linear is rounding.
pub(super) fn nudged(x: &DVector<f64>, k: i32) -> DVector<f64> {
    // No power of two: the last bits are to be others.
    let nudge = f64::from(k) * 0.618_033_988_749_894_9e-12;
    DVector::from_fn(x.len(), |i, _| x[i] * if i % 2 == 0 { 1.0 + nudge } else { 1.0 - nudge })
}

/// max |sₖ₋₁ - 2 sₖ + sₖ₊₁| by entries: about 3 or 4 standard deviations of the errors in s.
fn largest_second_difference<'s>(samples: impl Iterator<Item = &'s DVector<f64>>) -> DVector<f64> {
    let samples: Vec<_> = samples.collect();
    let differences = samples.windows(3).map(|s| ((s[0] - s[1]) + (s[2] - s[1])).abs());
    differences.reduce(|a, b| a.zip_map(&b, f64::max)).unwrap_or_default()
}
