//! A test whether a stationary point is near x, and whether its Hessian has the signs of that at x.

use nalgebra::{DMatrix, DVector};

use super::Reason;
use super::face::Face;
use super::hessian_estimate::HessianEstimate;
use super::noise::GradientNoise;
use super::spectrum::Spectrum;

/// The longest Newton step, relative to max(1, |xᵢ|) or the width of the bounds, from a point that counts as
/// stationary.
const NEAR: f64 = 1e-2;
/// The largest relative change of the Hessian over the Newton step. Newton's method converges for less than 1/2
/// (Kantorovich). It is 0.44 for x⁴ and 1/2 for x³, at every x, and 1 - 1/e for e⁻ˣ, which has no stationary point.
const CONTRACTION: f64 = 0.25;
/// The ratio of successive lengths in the search for one over which the gradient shows its slope.
const GROWTH: f64 = 4.0;
/// The most lengths in that search: from the least number to the largest.
const LENGTHS: usize = 1060;

/// The location of the stationary point relative to x.
pub(super) struct Location {
    /// A bound for the distance, in the maximum norm: the Newton step lengthened by the effect of the gradient's
    /// errors. Infinite if unknown.
    pub distance: f64,
    /// The Newton step D; 0 where some eigenvalue without a sign has a slope.
    pub newton: DVector<f64>,
    /// Twice the change of the Hessian on the way there, by entries.
    pub change: DMatrix<f64>,
    /// The same relative to |A|, in the Frobenius norm.
    pub relative_change: f64,
    /// Why there may be no stationary point.
    pub doubt: Option<Reason>,
}

impl Location {
    /// Takes the Newton step D = -H⁻¹g in the eigenvectors whose eigenvalues have a sign, and requires that
    ///
    /// - the gradient has no more than rounding errors in the other eigenvectors;
    /// - D is short: |Dᵢ| ≤ 0.01 max(1, |xᵢ|), or 0.01 times the width of narrower bounds;
    /// - the gradient at x + D is less than half of that at x, up to rounding errors;
    /// - over some P, parallel to D and no shorter, the gradient changes by H P, and not by rounding errors;
    /// - ‖|A|^(-1/2) (A(x + P) - A(x)) |A|^(-1/2)‖_F ≤ 1/4 with the balanced Hessian A = S H S.
    ///
    /// The last is the condition of Newton and Kantorovich, M ‖D‖ / λ ≤ 1/2, measured independently of the scales of f
    /// and of the variables (Deuflhard, "Newton Methods for Nonlinear Problems", 2004, theorem 2.1). It is an estimate
    /// at one point, not a proof over a ball.
    pub fn of(
        face: &mut Face,
        x: &DVector<f64>,
        gradient: &DVector<f64>,
        noise: &GradientNoise,
        measured: &HessianEstimate,
        spectrum: &Spectrum,
    ) -> Self {
        let n = x.len();
        let mut found = Self {
            distance: f64::INFINITY,
            newton: DVector::zeros(n),
            change: DMatrix::zeros(n, n),
            relative_change: 0.0,
            doubt: None,
        };
        let outcome = Search { face, x, gradient, measured, spectrum }.run(noise, &mut found);
        found.doubt = outcome.err();
        found
    }
}

struct Search<'s, 'f, 'o, 'p> {
    face: &'s mut Face<'f, 'o>,
    x: &'p DVector<f64>,
    gradient: &'p DVector<f64>,
    measured: &'p HessianEstimate,
    spectrum: &'p Spectrum,
}

impl Search<'_, '_, '_, '_> {
    fn run(&mut self, noise: &GradientNoise, found: &mut Location) -> Result<(), Reason> {
        let Self { x, spectrum, .. } = *self;
        let n = x.len();
        let slopes = spectrum.coordinates(self.gradient);
        let errors = spectrum.coordinate_bounds(&noise.beyond(&self.measured.hessian));
        if (0..n).any(|k| !self.decided(k) && slopes[k].abs() > 2.0 * errors[k]) {
            return Err(Reason::NotStationary);
        }
        found.newton = self.solve(&-&slopes);
        let reach = self.solve(&slopes.zip_map(&errors, |c, e| -c - e.copysign(c)));
        found.distance = reach.amax();
        if !self.is_near(&reach) {
            return Err(Reason::NotStationary);
        }
        let mut there = DVector::zeros(n);
        let nearest = self.face.clamp(x + &found.newton);
        self.face.gradient(&nearest, &mut there);
        // x + D is rounded.
        let rounding = self.measured.hessian.abs() * x.abs() * f64::EPSILON;
        let floor = self.energy(&errors) + self.energy(&spectrum.coordinate_bounds(&rounding));
        let after = self.energy(&spectrum.coordinates(&there));
        let contracts = after <= 0.5 * self.energy(&slopes) + 2.0 * floor;
        if !contracts {
            return Err(Reason::NoContraction);
        }
        let Some((probe, times)) = self.visible(reach)? else { return Ok(()) };
        let relative = self.relative_change(&probe, &mut found.change)?;
        // M ‖P‖ is known, and D is shorter.
        found.relative_change = 2.0 * relative / times;
        found.change *= 2.0 / times;
        if relative <= CONTRACTION { Ok(()) } else { Err(Reason::NoContraction) }
    }

    fn decided(&self, k: usize) -> bool {
        self.spectrum.values[k].abs() > self.spectrum.radius
    }

    /// Coordinates divided by the decided eigenvalues, as a vector in the variables of f.
    fn solve(&self, coordinates: &DVector<f64>) -> DVector<f64> {
        let coordinate = |k, _| match self.decided(k) {
            true => coordinates[k] / self.spectrum.values[k],
            false => 0.0,
        };
        self.spectrum.vector(&DVector::from_fn(coordinates.len(), coordinate))
    }

    /// √(g'|H|⁻¹g) of a gradient with these coordinates, over the decided eigenvectors: a norm that no scaling changes.
    fn energy(&self, coordinates: &DVector<f64>) -> f64 {
        let decided = (0..coordinates.len()).filter(|&k| self.decided(k));
        decided.map(|k| coordinates[k].powi(2) / self.spectrum.values[k].abs()).sum::<f64>().sqrt()
    }

    fn is_near(&self, step: &DVector<f64>) -> bool {
        (0..step.len()).all(|j| step[j].abs() <= NEAR * self.face.length(j, self.x[j]))
    }

    /// The shortest multiple P of `reach` over which the gradient changes as the Hessian predicts, in both directions
    /// and also over 4P, and the ratio of P to `reach`. `None` if no eigenvalue is decided.
    ///
    /// Where rounding makes the gradient a staircase, a point on a flat step seems stationary to the last bit. Only
    /// lengths over which the stairs follow their slope are informative: (x - 1)³, written out, has g = 0 and H =
    /// 6·10⁻⁹ at 1 + 10⁻⁹, but g does not change until x has moved so far that H changes as well.
    fn visible(&mut self, reach: DVector<f64>) -> Result<Option<(DVector<f64>, f64)>, Reason> {
        let Some(weakest) = (0..self.x.len()).filter(|&k| self.decided(k)).min_by(|&a, &b| {
            self.spectrum.values[a].abs().total_cmp(&self.spectrum.values[b].abs())
        }) else {
            return Ok(None);
        };
        // No shorter than the least possible move of x, along the eigenvector in which the gradient says least.
        let mut least = self.spectrum.vectors.column(weakest).component_mul(&self.spectrum.scale);
        least /= least.amax();
        let room = least.iter().zip(self.x).enumerate().map(|(j, (d, x))| {
            let size = if *x == 0.0 { self.face.length(j, 0.0) } else { x.abs() };
            size / d.abs()
        });
        let shortest = 16.0 * f64::EPSILON * room.fold(f64::INFINITY, f64::min);
        let mut probe = reach + least * shortest.max(f64::MIN_POSITIVE);
        let mut times = 1.0;
        let mut in_sequence = 0;
        for _ in 0..LENGTHS {
            if !self.is_near(&probe) {
                break;
            }
            in_sequence = if self.shows_slope(&probe) { in_sequence + 1 } else { 0 };
            if in_sequence == 2 {
                return Ok(Some((probe, times)));
            }
            probe *= GROWTH;
            times *= GROWTH;
        }
        Err(Reason::NoContraction)
    }

    /// True when ∇f(x ± P) = ∇f(x) ± H P to within one half, as far as the bounds let x move.
    fn shows_slope(&mut self, probe: &DVector<f64>) -> bool {
        let x = self.x;
        let sides = [1.0, -1.0].map(|sign| self.face.clamp(x + probe * sign));
        let mut moved = sides.into_iter().filter(|there| there != x).peekable();
        moved.peek().is_some()
            && moved.all(|there| {
                let mut gradient = DVector::zeros(there.len());
                self.face.gradient(&there, &mut gradient);
                // The step actually taken, after rounding.
                let predicted = &self.measured.hessian * (there - x);
                let missed = gradient - self.gradient - &predicted;
                let [missed, predicted] =
                    [missed, predicted].map(|g| self.energy(&self.spectrum.coordinates(&g)));
                missed <= 0.5 * predicted && predicted > 0.0
            })
    }

    /// The change of the Hessian over `probe`, without the errors that both Hessians have anyway, and its norm relative
    /// to |A| over the decided eigenvectors.
    fn relative_change(
        &mut self,
        probe: &DVector<f64>,
        change: &mut DMatrix<f64>,
    ) -> Result<f64, Reason> {
        let [there, back] = [1.0, -1.0].map(|sign| self.face.clamp(self.x + probe * sign));
        let there = if there == *self.x { back } else { there };
        let moved = self.measured.again(self.face, &there).ok_or(Reason::NotFinite)?;
        let mut signed = moved - &self.measured.hessian;
        signed.zip_apply(&self.measured.error(), |change, error| {
            *change = (change.abs() - error).max(0.0).copysign(*change);
        });
        if !signed.iter().all(|c| c.is_finite()) {
            return Err(Reason::NotFinite);
        }
        let mut relative = self.spectrum.project(&signed);
        let root = self.spectrum.values.map(|v| v.abs().sqrt());
        for j in 0..root.len() {
            for i in 0..root.len() {
                let decided = self.decided(i) && self.decided(j);
                relative[(i, j)] = if decided { relative[(i, j)] / root[i] / root[j] } else { 0.0 };
            }
        }
        *change = signed.abs();
        Ok(relative.norm())
    }
}
