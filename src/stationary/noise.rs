//! Rounding errors of the problem's functions, estimated from their values at points next to x (Moré and Wild,
//! "Estimating computational noise", SIAM J. Sci. Comput. 33 (2011)).

use nalgebra::{DMatrix, DVector};

use super::differences::CostDifferences;
use super::face::Face;

/// 2 ε^(1/3): twice the relative step of the best central difference of the cost, so that the two differ by three times the
/// truncation error of the latter.
const FARTHER_STEP: f64 = 12.110_908_904_786_686e-6;

/// The size of the rounding errors in a gradient.
pub(super) struct GradientNoise {
    /// By components, including the effect of rounding x: the errors of differences.
    pub entries: DVector<f64>,
    /// The errors that points next to x do not show: those of differenced gradients.
    own: DVector<f64>,
    /// Steps to points next to x, and the changes of the gradient.
    samples: Vec<[DVector<f64>; 2]>,
}

impl GradientNoise {
    /// Estimates the errors from six gradients.
    pub fn at(face: &mut Face, x: &DVector<f64>, gradient: &DVector<f64>) -> Self {
        let own = gradient.map(|g| 4.0 * f64::EPSILON * g.abs());
        let samples: Vec<[DVector<f64>; 2]> = (-3..=3)
            .map(|k| {
                let there = face.clamp(nudged(x, k));
                let mut change = gradient.clone();
                if k != 0 {
                    face.gradient(&there, &mut change);
                }
                [there - x, change - gradient]
            })
            .collect();
        let entries = &own + largest_second_difference(samples.iter().map(|[_, change]| change));
        Self { entries, own, samples }
    }

    /// Adds the truncation errors of a differenced gradient: its distance from other differences, with steps relative
    /// to the length that suits each variable best; 2n costs, or twice that.
    pub fn differenced(
        mut self,
        face: &mut Face,
        x: &DVector<f64>,
        (cost, gradient): (f64, &DVector<f64>),
        length: impl Fn(usize) -> Option<f64>,
    ) -> Self {
        let mut differences = CostDifferences::new(x, cost);
        for j in 0..x.len() {
            let longest = face.length(j, x[j]);
            let own = if x[j] == 0.0 { longest } else { x[j].abs().min(longest) };
            let lengths = length(j).map_or([own, longest], |length| [length; 2]);
            let count = if lengths[0] == lengths[1] { 1 } else { 2 };
            let errors = lengths[..count].iter().map(|length| {
                let (other, costs, reach) = differences.first(face, j, FARTHER_STEP * length);
                let largest = costs[0].abs().max(costs[1].abs());
                (other - gradient[j]).abs() + 4.0 * f64::EPSILON * largest / reach
            });
            let error = errors.reduce(f64::min).unwrap_or(f64::NAN);
            self.own[j] += error;
            self.entries[j] += error;
        }
        self
    }

    /// By components, without the effect of rounding x: the distance of the gradient from ∇f(x) + H d.
    pub fn beyond(&self, hessian: &DMatrix<f64>) -> DVector<f64> {
        let missed =
            self.samples.iter().map(|[step, change]| (change - hessian * step).abs() * 2.0);
        missed.fold(self.own.clone(), |noise, missed| noise.zip_map(&missed, f64::max))
    }
}

/// The size of the rounding errors in f(x).
pub(super) fn cost_noise(face: &mut Face, x: &DVector<f64>, cost: f64) -> f64 {
    let mut at = |k| if k == 0 { cost } else { face.cost(&face.clamp(nudged(x, k))) };
    let samples: Vec<_> = (-3..=3).map(|k| DVector::from_element(1, at(k))).collect();
    largest_second_difference(samples.iter())[0]
}

/// x with its coordinates moved alternately up and down by k times about 28 units in the last place, or six units in
/// the last place of 1 where x is smaller and that is small compared with x. A smooth function is linear over so short
/// a distance, and what is not linear is rounding.
pub(super) fn nudged(x: &DVector<f64>, k: i32) -> DVector<f64> {
    // Not a power of two, so that the last bits change.
    const SHARE: f64 = 0.618_033_988_749_894_9e-14;
    DVector::from_fn(x.len(), |i, _| {
        let size = x[i].abs();
        let length = (SHARE * size).max((0.1 * SHARE).min(1e6 * SHARE * size));
        let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
        x[i] + sign * f64::from(k) * length
    })
}

/// max |sₖ₋₁ - 2 sₖ + sₖ₊₁| by components: about 3 or 4 standard deviations of the errors in s.
fn largest_second_difference<'s>(samples: impl Iterator<Item = &'s DVector<f64>>) -> DVector<f64> {
    let samples: Vec<_> = samples.collect();
    let differences = samples.windows(3).map(|s| ((s[0] - s[1]) + (s[2] - s[1])).abs());
    differences.reduce(|a, b| a.zip_map(&b, f64::max)).unwrap_or_default()
}
