//! Derivatives that a problem does not give, from differences of what it does.

use nalgebra::{DMatrix, DVector};

use super::Oracle;

/// Steps of finite differences relative to max(1, |xᵢ|): the powers of the rounding unit that balance truncation
/// against rounding.
pub(crate) mod difference_step {
    /// ε^(1/3): central differences of the cost.
    pub const CENTRAL: f64 = 6.055454452393343e-6;
    /// ε^(1/2): forward differences of the gradient.
    pub const FORWARD: f64 = 1.4901161193847656e-8;
    /// ε^(1/4): second differences of the cost.
    pub const SECOND: f64 = 1.220703125e-4;
}

impl Oracle<'_> {
    /// ∂f/∂xᵢ ≈ (f(x + h eᵢ) - f(x - h eᵢ)) / 2h; one-sided where the other side is outside the domain and f(x) is
    /// known, and up to the bounds where those are nearer.
    pub(super) fn difference_cost(
        &mut self,
        x: &DVector<f64>,
        cost: Option<f64>,
        gradient: &mut DVector<f64>,
    ) {
        self.probe.copy_from(x);
        let bounds = self.problem.bounds().filter(|bounds| bounds.contain(x));
        for i in 0..x.len() {
            let h = difference_step::CENTRAL * x[i].abs().max(1.0);
            let (mut above, mut below) = (x[i] + h, x[i] - h);
            if let Some(bounds) = bounds {
                (above, below) = (above.min(bounds.upper()[i]), below.max(bounds.lower()[i]));
            }
            let up = self.cost_at_probe(i, above);
            let down = self.cost_at_probe(i, below);
            self.probe[i] = x[i];
            // The points that were evaluated, not the ones that were meant: x ± h is rounded.
            gradient[i] = match (up.is_finite(), down.is_finite(), cost) {
                (true, true, _) => (up - down) / (above - below),
                (true, false, Some(cost)) => (up - cost) / (above - x[i]),
                (false, true, Some(cost)) => (cost - down) / (x[i] - below),
                _ => f64::NAN,
            };
        }
    }

    fn cost_at_probe(&mut self, i: usize, x_i: f64) -> f64 {
        self.probe[i] = x_i;
        if !self.may_evaluate(self.evaluations.cost) {
            return f64::NAN;
        }
        self.evaluations.cost += 1;
        self.count_all_terms();
        self.problem.cost(&self.probe)
    }

    /// Column j of ∇²f ≈ (∇f(x + h eⱼ) - ∇f(x)) / h, made symmetric; backward where forward leaves the domain.
    pub(super) fn difference_gradient(
        &mut self,
        x: &DVector<f64>,
        gradient: &DVector<f64>,
        hessian: &mut DMatrix<f64>,
    ) {
        self.probe.copy_from(x);
        for j in 0..x.len() {
            let mut h = difference_step::FORWARD * x[j].abs().max(1.0);
            for _ in 0..2 {
                self.probe[j] = x[j] + h;
                let (probe, mut there) =
                    (std::mem::take(&mut self.probe), std::mem::take(&mut self.probed[0]));
                self.gradient(&probe, &mut there);
                (self.probe, self.probed[0]) = (probe, there);
                if self.probed[0].iter().all(|g| g.is_finite()) {
                    break;
                }
                h = -h;
            }
            let moved = self.probe[j] - x[j];
            self.probe[j] = x[j];
            let differences = self.probed[0].iter().zip(gradient).map(|(there, here)| there - here);
            for (entry, difference) in hessian.column_mut(j).iter_mut().zip(differences) {
                *entry = difference / moved;
            }
        }
        symmetrize(hessian);
    }

    /// ∂²f/∂xᵢ∂xⱼ ≈ (f(x + hᵢ + hⱼ) - f(x + hᵢ) - f(x + hⱼ) + f(x)) / hᵢhⱼ off the diagonal, and the central second
    /// difference on it.
    pub(super) fn difference_cost_twice(
        &mut self,
        x: &DVector<f64>,
        cost: f64,
        hessian: &mut DMatrix<f64>,
    ) {
        let n = x.len();
        self.probe.copy_from(x);
        for i in 0..n {
            let h = difference_step::SECOND * x[i].abs().max(1.0);
            let above = x[i] + h;
            let h = above - x[i];
            let up = self.cost_at_probe(i, above);
            let down = self.cost_at_probe(i, x[i] - h);
            self.probe[i] = x[i];
            self.probed[0][i] = up;
            self.probed[1][i] = h;
            hessian[(i, i)] = ((up - cost) + (down - cost)) / (h * h);
        }
        for i in 0..n {
            let h_i = self.probed[1][i];
            for j in 0..i {
                let h_j = self.probed[1][j];
                self.probe[j] = x[j] + h_j;
                let both = self.cost_at_probe(i, x[i] + h_i);
                self.probe[j] = x[j];
                self.probe[i] = x[i];
                let entry = ((both - self.probed[0][i]) - (self.probed[0][j] - cost)) / (h_i * h_j);
                hessian[(i, j)] = entry;
                hessian[(j, i)] = entry;
            }
        }
    }
}

/// A ← (A + A') / 2.
pub(crate) fn symmetrize(a: &mut DMatrix<f64>) {
    for j in 0..a.ncols() {
        for i in 0..j {
            let mean = 0.5 * (a[(i, j)] + a[(j, i)]);
            a[(i, j)] = mean;
            a[(j, i)] = mean;
        }
    }
}
