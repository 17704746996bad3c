//! Central differences, on the oracle's count.

use nalgebra::DVector;

use crate::Oracle;

/// The length that steps are relative to, first max(1, |x|). Where the function changes over a shorter one the errors
/// show it, and the others are tried.
fn scales(x: f64) -> impl Iterator<Item = f64> {
    let first = x.abs().max(1.0);
    let own = (x != 0.0 && x.abs() < 1.0).then_some(x.abs());
    [first].into_iter().chain(own).chain((1..=4).map(move |k| first * 0.5_f64.powi(8 * k)))
}

/// The step for one variable with the smallest relative error, and what was found with it. `attempt` returns an error,
/// the size that it is relative to, and its findings; the first error of at most `accurate` is good enough.
pub(super) fn best_step<T>(
    x: f64,
    unit: f64,
    accurate: f64,
    mut attempt: impl FnMut(f64) -> ([f64; 2], T),
) -> (f64, T) {
    let mut scales = scales(x).map(|scale| unit * scale);
    let relative = |[error, size]: [f64; 2]| match error / size {
        _ if error == 0.0 => 0.0,
        ratio if ratio.is_nan() => f64::INFINITY,
        ratio => ratio,
    };
    let first = scales.next().unwrap_or(unit);
    let (error, found) = attempt(first);
    let mut best = (relative(error), first, found);
    for h in scales {
        if best.0 <= accurate {
            break;
        }
        let (error, found) = attempt(h);
        if relative(error) < best.0 {
            best = (relative(error), h, found);
        }
    }
    (best.1, best.2)
}

/// x with every coordinate moved by about k 10⁻⁹ of itself, up and down in turn.
///
/// So little that a smooth function is linear over it: second differences of what is evaluated there are rounding
/// errors, that of x included (Moré and Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33 (2011)).
pub(super) fn nudged(x: &DVector<f64>, k: i32) -> DVector<f64> {
    // No power of two: the last bits are to be others.
    let nudge = f64::from(k) * 0.618_033_988_749_894_9e-9;
    DVector::from_fn(x.len(), |i, _| x[i] * if i % 2 == 0 { 1.0 + nudge } else { 1.0 - nudge })
}

/// Differences of the gradient around x.
pub(super) struct GradientDifferences {
    probe: DVector<f64>,
    above: DVector<f64>,
    below: DVector<f64>,
}

impl GradientDifferences {
    pub fn new(x: &DVector<f64>) -> Self {
        let zeros = DVector::zeros(x.len());
        Self { probe: x.clone(), above: zeros.clone(), below: zeros }
    }

    /// (∇f(x + h eⱼ) - ∇f(x - h eⱼ)) / 2h, and the larger of |∇f| at the two points by entries.
    pub fn column(
        &mut self,
        oracle: &mut Oracle<'_>,
        j: usize,
        h: f64,
    ) -> (DVector<f64>, DVector<f64>) {
        let x = self.probe[j];
        let (above, below) = (x + h, x - h);
        self.probe[j] = above;
        oracle.gradient(&self.probe, &mut self.above);
        self.probe[j] = below;
        oracle.gradient(&self.probe, &mut self.below);
        self.probe[j] = x;
        // The points that were evaluated, not the ones that were meant: x ± h is rounded.
        let difference = (&self.above - &self.below) / (above - below);
        (difference, self.above.zip_map(&self.below, |a, b| a.abs().max(b.abs())))
    }
}

/// Differences of the cost around x.
pub(super) struct CostDifferences {
    probe: DVector<f64>,
    cost: f64,
}

impl CostDifferences {
    pub fn new(x: &DVector<f64>, cost: f64) -> Self {
        Self { probe: x.clone(), cost }
    }

    /// (f(x + h eⱼ) - f(x - h eⱼ)) / 2h, and the larger of |f| at the two points.
    pub fn first(&mut self, oracle: &mut Oracle<'_>, j: usize, h: f64) -> (f64, f64) {
        let x = self.probe[j];
        let (above, below) = (x + h, x - h);
        let (up, down) = (self.at(oracle, [j, j], [h, 0.0]), self.at(oracle, [j, j], [-h, 0.0]));
        ((up - down) / (above - below), up.abs().max(down.abs()))
    }

    /// ∂²f/∂xᵢ∂xⱼ by the central second difference, or by the four corners of a rectangle when i ≠ j; and the largest
    /// |f| that it is made of.
    pub fn second(
        &mut self,
        oracle: &mut Oracle<'_>,
        [i, j]: [usize; 2],
        [h, k]: [f64; 2],
    ) -> (f64, f64) {
        // Steps that x can be moved by.
        let h = (self.probe[i] + h) - self.probe[i];
        let k = (self.probe[j] + k) - self.probe[j];
        if i == j {
            let up = self.at(oracle, [i, i], [h, 0.0]);
            let down = self.at(oracle, [i, i], [-h, 0.0]);
            let difference = (up - self.cost) + (down - self.cost);
            return (difference / (h * h), up.abs().max(down.abs()));
        }
        let corners = [[h, k], [h, -k], [-h, k], [-h, -k]];
        let [a, b, c, d] = corners.map(|corner| self.at(oracle, [i, j], corner));
        let largest = [a, b, c, d].into_iter().fold(0.0, |m: f64, f| m.max(f.abs()));
        (((a - b) - (c - d)) / (4.0 * h * k), largest)
    }

    /// f(x + h eᵢ + k eⱼ).
    fn at(&mut self, oracle: &mut Oracle<'_>, [i, j]: [usize; 2], [h, k]: [f64; 2]) -> f64 {
        let (x_i, x_j) = (self.probe[i], self.probe[j]);
        self.probe[i] += h;
        self.probe[j] += k;
        let cost = oracle.cost(&self.probe);
        self.probe[i] = x_i;
        self.probe[j] = x_j;
        cost
    }
}
