//! The minimum of a quadratic in a ball, or with a cubic term, in the coordinates of the eigenvectors: the secular
//! equation.
//!
//! ```text
//! u_i = −a_i / (λ_i + μ),   μ ≥ max(0, −λ₁)
//! ball    |u(μ)| = r,  or |u(0)| ≤ r with μ = 0
//! cubic   |u(μ)| = μ / σ
//! ```
//!
//! With the distances dᵢ = λᵢ − λ₁ ≥ 0 and the unknown t = λ₁ + μ there is no cancellation, however near μ is to −λ₁.
//! 1/|u| and −1/μ are concave and increase with t, so Newton's iteration on 1/|u| = 1/r or 1/|u| = σ/μ from the left of
//! the solution rises to it without passing it. In the hard case, aᵢ = 0 wherever dᵢ = 0 and |u| is too short even as t
//! → 0, the vector of λ₁ makes up the length.
//!
//! J. Moré, D. Sorensen, *Computing a trust region step*, SIAM J. Sci. Stat. Comput. 4 (1983) 553-572, sections 2 and
//! 3; A. Conn, N. Gould, P. Toint, *Trust-region methods* (2000), section 7.3; C. Cartis, N. Gould, P. Toint, *Adaptive
//! cubic regularisation methods*, Math. Prog. 127 (2011) 245-295, section 6.1.

/// Newton's iteration doubles the digits; from afar it takes a few steps more.
const ITERATIONS: usize = 100;
/// The relative error of |u|.
const TOLERANCE: f64 = 1e-12;

/// The eigenvalues λ and the gradient's coordinates a along the eigenvectors; `least` is the index of λ₁.
pub(super) struct Secular<'a> {
    pub values: &'a [f64],
    pub along: &'a [f64],
    pub least: usize,
}

impl Secular<'_> {
    /// Writes the minimum in the ball and returns −q(u).
    pub fn in_ball(&self, radius: f64, out: &mut [f64]) -> f64 {
        // |uᵢ| ≤ r for each i alone.
        let bounds = self.components().map(|(d, a)| a.abs() / radius - d);
        let mut t = bounds.fold(self.lowest().max(0.0), f64::max);
        for _ in 0..ITERATIONS {
            let (norm, cubes) = self.norms(t);
            if norm <= radius * (1.0 + TOLERANCE) {
                break;
            }
            t += (norm / radius - 1.0) * (norm * norm / cubes);
        }
        self.finish(t, radius, out)
    }

    /// Writes the minimum of q(u) + σ |u|³ / 3 for σ > 0 and returns −q(u).
    pub fn with_cubic_term(&self, sigma: f64, out: &mut [f64]) -> f64 {
        // |uᵢ| ≤ μ / σ for each i alone: μ (λᵢ + μ) ≥ σ |aᵢ|.
        let alone = |(d, a): (f64, &f64)| {
            let (value, force) = (d + self.lowest(), sigma * a.abs());
            let root = (value * value + 4.0 * force).sqrt();
            let mu = if value > 0.0 { 2.0 * force / (value + root) } else { 0.5 * (root - value) };
            if force == 0.0 { 0.0 } else { force / mu - d }
        };
        let mut t = self.components().map(alone).fold(self.lowest().max(0.0), f64::max);
        for _ in 0..ITERATIONS {
            let (norm, cubes) = self.norms(t);
            let length = (t - self.lowest()) / sigma;
            if norm <= length * (1.0 + TOLERANCE) {
                break;
            }
            let slope = cubes / (norm * norm * norm) + 1.0 / (sigma * length * length);
            t += (length.recip() - norm.recip()) / slope;
        }
        self.finish(t, (t - self.lowest()) / sigma, out)
    }

    fn lowest(&self) -> f64 {
        self.values[self.least]
    }

    /// dᵢ and aᵢ.
    fn components(&self) -> impl Iterator<Item = (f64, &f64)> {
        self.values.iter().map(|value| value - self.lowest()).zip(self.along)
    }

    /// |u|, and the derivative of ½ |u|² without its sign.
    fn norms(&self, t: f64) -> (f64, f64) {
        let (mut squares, mut cubes) = (0.0, 0.0);
        for (d, a) in self.components().filter(|(_, a)| **a != 0.0) {
            let u = a / (d + t);
            squares += u * u;
            cubes += u * u / (d + t);
        }
        (squares.sqrt(), cubes)
    }

    /// Writes u, of the given length in the hard case, and returns −q(u).
    fn finish(&self, t: f64, length: f64, out: &mut [f64]) -> f64 {
        let (mut slope, mut squares) = (0.0, 0.0);
        for ((d, a), u) in self.components().zip(out.iter_mut()) {
            *u = if *a == 0.0 { 0.0 } else { -a / (d + t) };
            slope += a * *u;
            squares += *u * *u;
        }
        if t == 0.0 && self.lowest() < 0.0 {
            let rest = (length * length - squares).max(0.0);
            out[self.least] = rest.sqrt();
            squares += rest;
        }
        0.5 * ((t - self.lowest()) * squares - slope)
    }
}
