//! What theory predicts, and whether measured errors agree.
//!
//! | method | prediction for e = ‖x - x*‖ | conditions |
//! |---|---|---|
//! | gradient descent, step 2 / (L + m) | ρ = (κ - 1) / (κ + 1) | quadratic with eigenvalues in [m, L], κ = L / m |
//! | heavy ball, optimal | k ρᵏ, ρ = (√κ - 1) / (√κ + 1) | the same; m is a double root |
//! | Nesterov, step 1 / L, momentum (√κ - 1) / (√κ + 1) | k ρᵏ, ρ = 1 - 1 / √κ | the same; m is a double root |
//! | conjugate gradient | f - f* ≤ 4 ρ²ᵏ (f(x₀) - f*), ρ = (√κ - 1) / (√κ + 1); d steps | quadratic; d distinct eigenvalues |
//! | gradient descent, exact search | f - f* ≤ ρ²ᵏ (f(x₀) - f*), ρ = (κ - 1) / (κ + 1) | quadratic |
//! | gradient descent, step 1 / L | f - f* ≤ L r² / (2 k), r = ‖x₀ - x*‖ | convex, gradient L-Lipschitz |
//! | Nesterov, step 1 / L | f - f* ≤ 2 L r² / (k + 1)² | the same |
//! | Newton; secant; Halley | p = 2; (1 + √5) / 2; 3 | near a simple root or a nondegenerate minimum |
//! | bisection; golden section | ρ = 1/2; (√5 - 1) / 2 | the width of the bracket |
//! | BFGS; L-BFGS | superlinear; linear | near a nondegenerate minimum |
//! | Newton, root of multiplicity q | ρ = (q - 1) / q | a minimum of order q is a root of f' of multiplicity q - 1 |
//! | gradient descent on \|x\|^q | k^(-1/(q - 2)) | q > 2 |
//!
//! Rates are asymptotic: they are compared with the [`Rate`] of the errors. Bounds hold at every k, and are compared with every
//! error.
//!
//! References: B. T. Polyak, *USSR Computational Mathematics and Mathematical Physics* 4(5), 1964, pp. 1-17; Y. Nesterov,
//! *Introductory Lectures on Convex Optimization*, Kluwer 2004, section 2.2; A. Beck and M. Teboulle, *SIAM Journal on Imaging
//! Sciences* 2(1), 2009, theorems 3.1 and 4.4; J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Springer 2006,
//! theorems 3.3, 3.5, 5.4 and 6.6, eq. 5.36; J. Stoer and R. Bulirsch, *Introduction to Numerical Analysis*, 3rd ed., Springer
//! 2002, sections 5.2 and 5.9.

mod verdict;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use verdict::Verdict;

use crate::Error;
use crate::error::check;

/// A prediction of how errors decrease.
///
/// The constructors name the method. They predict the distance e = ‖x - x*‖, except for those whose name says `gap`, which
/// predict f - f*. [`raised`](Self::raised) converts.
///
/// ```
/// use extremum::convergence::{Theory, Verdict};
///
/// // Gradient descent with the step 2 / (L + m) on a quadratic with eigenvalues 1 and 10.
/// let theory = Theory::gradient_descent(1.0, 10.0)?;
/// let errors: Vec<f64> = (0..120).map(|k| 3.0 * (9.0_f64 / 11.0).powi(k)).collect();
/// assert_eq!(theory.check(&[errors.clone()]), Verdict::Consistent);
///
/// // The same errors are not those of the heavy ball: it needs 0.31 times the iterations.
/// let faster = Theory::heavy_ball(1.0, 10.0)?;
/// assert!(matches!(faster.check(&[errors]), Verdict::Slower { .. }));
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Theory {
    label: String,
    law: Law,
}

/// The shape of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Law {
    /// e_k ~ C k^power factorᵏ.
    Linear { factor: f64, power: f64 },
    /// e_k ~ C factorᵏ with a factor that theory does not know.
    SomeLinear,
    /// e_k ~ C k^(-power).
    Sublinear { power: f64 },
    /// e_{k+1} ~ C e_k^order.
    Order { order: f64 },
    /// e_{k+1} / e_k → 0.
    Superlinear,
    /// e_k ≤ constant factorᵏ / (k + shift)^power, times e₀ where it is relative.
    Bound { constant: f64, factor: f64, power: f64, shift: f64, is_relative: bool },
    /// e_k is rounding from k = steps on.
    Steps { steps: usize },
}

impl Theory {
    fn new(label: impl Into<String>, law: Law) -> Self {
        Self { label: label.into(), law }
    }

    /// Gradient descent with the step 2 / (L + m) on a quadratic with eigenvalues from m to L: (κ - 1) / (κ + 1).
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 0 < m ≤ L < ∞; so for the others that take m and L.
    pub fn gradient_descent(m: f64, l: f64) -> Result<Self, Error> {
        let kappa = condition(m, l)?;
        Ok(Self::linear("(κ - 1) / (κ + 1)", (kappa - 1.0) / (kappa + 1.0), 0.0))
    }

    /// The heavy ball with its optimal step 4 / (√L + √m)² and momentum ((√κ - 1) / (√κ + 1))²: k ((√κ - 1) / (√κ + 1))ᵏ.
    ///
    /// # Errors
    /// As [`gradient_descent`](Self::gradient_descent).
    pub fn heavy_ball(m: f64, l: f64) -> Result<Self, Error> {
        let root = condition(m, l)?.sqrt();
        Ok(Self::linear("k ((√κ - 1) / (√κ + 1))ᵏ", (root - 1.0) / (root + 1.0), 1.0))
    }

    /// Nesterov's method with the step 1 / L and the momentum (√κ - 1) / (√κ + 1): k (1 - 1 / √κ)ᵏ.
    ///
    /// # Errors
    /// As [`gradient_descent`](Self::gradient_descent).
    pub fn nesterov(m: f64, l: f64) -> Result<Self, Error> {
        let root = condition(m, l)?.sqrt();
        Ok(Self::linear("k (1 - 1 / √κ)ᵏ", 1.0 - 1.0 / root, 1.0))
    }

    /// Gradient descent with exact line searches on a quadratic, for f - f*: at most ((κ - 1) / (κ + 1))²ᵏ (f(x₀) - f*).
    ///
    /// # Errors
    /// As [`gradient_descent`](Self::gradient_descent).
    pub fn exact_gradient_descent_gap(m: f64, l: f64) -> Result<Self, Error> {
        let kappa = condition(m, l)?;
        let factor = ((kappa - 1.0) / (kappa + 1.0)).powi(2);
        Ok(Self::bound("≤ ((κ - 1) / (κ + 1))²ᵏ e₀", (1.0, factor), (0.0, 0.0), true))
    }

    /// Conjugate gradients on a quadratic, for f - f*: at most 4 ((√κ - 1) / (√κ + 1))²ᵏ (f(x₀) - f*).
    ///
    /// # Errors
    /// As [`gradient_descent`](Self::gradient_descent).
    pub fn conjugate_gradient_gap(m: f64, l: f64) -> Result<Self, Error> {
        let root = condition(m, l)?.sqrt();
        let factor = ((root - 1.0) / (root + 1.0)).powi(2);
        Ok(Self::bound("≤ 4 ((√κ - 1) / (√κ + 1))²ᵏ e₀", (4.0, factor), (0.0, 0.0), true))
    }

    /// Conjugate gradients on a quadratic with that many distinct eigenvalues: as many steps.
    pub fn conjugate_gradient_steps(distinct: usize) -> Self {
        Self::new(format!("{distinct} steps"), Law::Steps { steps: distinct })
    }

    /// Gradient descent with the step 1 / L on a convex f from the distance r, for f - f*: at most L r² / (2 k).
    ///
    /// # Errors
    /// [`Error::Parameter`] unless L and r are positive and finite.
    pub fn convex_gradient_descent_gap(l: f64, r: f64) -> Result<Self, Error> {
        positive(&[("L", l), ("r", r)])?;
        Ok(Self::bound("≤ L r² / (2 k)", (0.5 * l * r * r, 1.0), (1.0, 0.0), false))
    }

    /// Nesterov's method with the step 1 / L on a convex f from the distance r, for f - f*: at most 2 L r² / (k + 1)².
    ///
    /// # Errors
    /// [`Error::Parameter`] unless L and r are positive and finite.
    pub fn convex_nesterov_gap(l: f64, r: f64) -> Result<Self, Error> {
        positive(&[("L", l), ("r", r)])?;
        Ok(Self::bound("≤ 2 L r² / (k + 1)²", (2.0 * l * r * r, 1.0), (2.0, 1.0), false))
    }

    /// Newton's method near a simple root or a nondegenerate minimum: order 2.
    pub fn newton() -> Self {
        Self::new("order 2", Law::Order { order: 2.0 })
    }

    /// The secant method near a simple root: order (1 + √5) / 2.
    pub fn secant() -> Self {
        Self::new("order (1 + √5) / 2", Law::Order { order: 0.5 * (1.0 + 5.0_f64.sqrt()) })
    }

    /// Halley's method near a simple root: order 3.
    pub fn halley() -> Self {
        Self::new("order 3", Law::Order { order: 3.0 })
    }

    /// The width of the bracket of bisection: 1/2.
    pub fn bisection() -> Self {
        Self::linear("1/2", 0.5, 0.0)
    }

    /// The width of the bracket of golden section: (√5 - 1) / 2.
    pub fn golden_section() -> Self {
        Self::linear("(√5 - 1) / 2", 0.5 * (5.0_f64.sqrt() - 1.0), 0.0)
    }

    /// BFGS near a nondegenerate minimum: superlinear, without an order.
    pub fn bfgs() -> Self {
        Self::new("superlinear", Law::Superlinear)
    }

    /// L-BFGS near a nondegenerate minimum: linear, with a factor that theory does not know.
    pub fn lbfgs() -> Self {
        Self::new("linear", Law::SomeLinear)
    }

    /// Newton's method near a root of multiplicity q: (q - 1) / q. Minimising, a minimum like that of |x|^q is a root of the
    /// derivative of multiplicity q - 1.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless q > 1 and finite.
    pub fn newton_on_multiple_root(q: f64) -> Result<Self, Error> {
        check(q > 1.0 && q.is_finite(), "q", q, "above 1 and finite")?;
        Ok(Self::linear("(q - 1) / q", (q - 1.0) / q, 0.0))
    }

    /// Gradient descent near a minimum like that of |x|^q: k^(-1/(q - 2)).
    ///
    /// # Errors
    /// [`Error::Parameter`] unless q > 2 and finite.
    pub fn gradient_descent_on_power(q: f64) -> Result<Self, Error> {
        check(q > 2.0 && q.is_finite(), "q", q, "above 2 and finite")?;
        Ok(Self::new("k^(-1/(q - 2))", Law::Sublinear { power: 1.0 / (q - 2.0) }))
    }

    /// C k^power factorᵏ.
    pub(super) fn linear(label: &str, factor: f64, power: f64) -> Self {
        Self::new(label, Law::Linear { factor, power })
    }

    fn bound(
        label: &str,
        (constant, factor): (f64, f64),
        (power, shift): (f64, f64),
        is_relative: bool,
    ) -> Self {
        Self::new(label, Law::Bound { constant, factor, power, shift, is_relative })
    }

    /// The same prediction for e^exponent: `raised(2.0)` turns a distance into f - f* near a nondegenerate minimum, and
    /// `raised(q)` near a minimum like that of |x|^q. Range: above 0; others leave no prediction, so that every verdict is
    /// [`Insufficient`](Verdict::Insufficient).
    pub fn raised(mut self, exponent: f64) -> Self {
        let to = |x: f64| x.powf(exponent);
        self.law = match self.law {
            Law::Linear { factor, power } => {
                Law::Linear { factor: to(factor), power: power * exponent }
            }
            Law::Sublinear { power } => Law::Sublinear { power: power * exponent },
            Law::Bound { constant, factor, power, shift, is_relative } => Law::Bound {
                constant: to(constant),
                factor: to(factor),
                power: power * exponent,
                shift,
                is_relative,
            },
            same @ (Law::Order { .. } | Law::SomeLinear | Law::Superlinear | Law::Steps { .. }) => {
                same
            }
        };
        self.label = format!("({})^{exponent}", self.label);
        self
    }

    fn bound_at(&self, k: f64, first: f64) -> f64 {
        let Law::Bound { constant, factor, power, shift, is_relative } = self.law else {
            return f64::INFINITY;
        };
        let scale = if is_relative { first } else { 1.0 };
        scale * constant * factor.powf(k) / (k + shift).powf(power)
    }

    /// The predicted error at k, when it is `error` at `from`: a line to draw beside the measured errors. Bounds do not depend
    /// on `from`; `error` is then the first one. `None` where theory predicts no values.
    pub fn predicted(&self, k: f64, (from, error): (f64, f64)) -> Option<f64> {
        match self.law {
            Law::Linear { factor, power } => {
                let growth = (k.max(1.0) / from.max(1.0)).powf(power);
                Some(error * growth * factor.powf(k - from))
            }
            Law::Sublinear { power } => Some(error * (k.max(1.0) / from.max(1.0)).powf(-power)),
            Law::Bound { .. } => Some(self.bound_at(k, error)).filter(|bound| bound.is_finite()),
            Law::SomeLinear | Law::Order { .. } | Law::Superlinear | Law::Steps { .. } => None,
        }
    }

    /// The predicted factor, order or power, where it is a number.
    pub fn value(&self) -> Option<f64> {
        match self.law {
            Law::Linear { factor, .. } => Some(factor),
            Law::Sublinear { power } => Some(power),
            Law::Order { order } => Some(order),
            Law::Steps { steps } => Some(steps as f64),
            Law::SomeLinear | Law::Superlinear | Law::Bound { .. } => None,
        }
    }
}

impl fmt::Display for Theory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.law {
            Law::Linear { factor, .. } => write!(f, "{}, ρ = {factor:.5}", self.label),
            Law::Sublinear { power } => write!(f, "{}, power {power:.4}", self.label),
            _ => write!(f, "{}", self.label),
        }
    }
}

/// κ = L / m.
fn condition(m: f64, l: f64) -> Result<f64, Error> {
    positive(&[("m", m), ("L", l)])?;
    check(l >= m, "L", l, "at least m")?;
    check((l / m).is_finite(), "L", l, "at most m times the largest number")?;
    Ok(l / m)
}

fn positive(numbers: &[(&'static str, f64)]) -> Result<(), Error> {
    numbers
        .iter()
        .try_for_each(|&(name, x)| check(x > 0.0 && x.is_finite(), name, x, "positive and finite"))
}
