//! Exact derivatives of a cost that is written once, as a formula.
//!
//! A [`Formula`] is generic over its numbers. On `f64` it gives the cost; on dual numbers x + Σ εₖ vₖ with εₖ² = 0
//! (crate num-dual) the same arithmetic carries derivatives along the directions vₖ with the value. This is
//! differentiation in forward mode: no step size, no truncation error, and no record of the computation.
//! J. Fike and J. Alonso, "The development of hyper-dual numbers for exact second-derivative calculations",
//! AIAA 2011-886, introduces the numbers with two families ε₁, ε₂ that give second derivatives.

mod constraints_macro;
mod limited;
mod num;
mod operators;
mod problem_macro;
mod real;
mod scratch;
mod sweep;

use nalgebra::DVector;

pub use constraints_macro::Formulas;
pub use limited::Limited;
pub use num::Num;
pub use real::Real;

use super::{LeastSquares, Matrix, Problem};

/// A cost f: ℝⁿ → ℝ written once for every kind of number. [`AutoDiff`] makes it a [`Problem`];
/// [`problem!`](crate::problem!) writes the struct for a single expression.
///
/// ```
/// use extremum::{AutoDiff, DVector, Formula, Num, Problem, Real};
///
/// struct Decay<'a> {
///     t: &'a [f64],
///     y: &'a [f64],
/// }
///
/// impl Formula for Decay<'_> {
///     fn dimension(&self) -> usize {
///         2
///     }
///     fn cost<R: Real>(&self, b: &[Num<R>]) -> Num<R> {
///         self.t.iter().zip(self.y).map(|(&t, &y)| (y - b[0] * (-b[1] * t).exp()).powi(2)).sum()
///     }
/// }
///
/// let problem = AutoDiff(Decay { t: &[0.0, 1.0], y: &[2.0, 0.0] });
/// let mut gradient = DVector::zeros(2);
/// let cost = problem.cost_and_gradient(&DVector::from_vec(vec![3.0, 0.0]), &mut gradient);
/// // The residuals are r = y - 3 = (-1, -3), and ∂r/∂b₀ = -1, ∂r/∂b₁ = 3 t.
/// assert_eq!(cost, 10.0);
/// assert_eq!(gradient.as_slice(), [8.0, -18.0]);
/// ```
pub trait Formula: Sync {
    /// The number n of variables.
    fn dimension(&self) -> usize;

    /// f(x), n variables.
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R>;
}

impl<F: Formula> Formula for &F {
    fn dimension(&self) -> usize {
        (**self).dimension()
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        (**self).cost(x)
    }
}

/// A function r: ℝⁿ → ℝᵐ written once for every kind of number, such as the residuals of a fit. [`AutoDiff`] makes it a
/// [`LeastSquares`] with exact first and second derivatives.
///
/// ```
/// use extremum::{AutoDiff, Lbfgs, Num, Real, SumOfSquares, VectorFormula, minimize};
///
/// /// y = b₀ e^(−b₁ t)
/// struct Decay<'a> {
///     t: &'a [f64],
///     y: &'a [f64],
/// }
///
/// impl VectorFormula for Decay<'_> {
///     fn dimension(&self) -> usize {
///         2
///     }
///     fn length(&self) -> usize {
///         self.t.len()
///     }
///     fn values<R: Real>(&self, b: &[Num<R>], r: &mut [Num<R>]) {
///         for i in 0..r.len() {
///             r[i] = b[0] * (-b[1] * self.t[i]).exp() - self.y[i];
///         }
///     }
/// }
///
/// let y = [0.0_f64, 1.0, 2.0].map(|t| 3.0 * (-0.5 * t).exp());
/// let problem = SumOfSquares::new(AutoDiff(Decay { t: &[0.0, 1.0, 2.0], y: &y }));
/// let found = minimize(&problem, Lbfgs::default(), [1.0, 1.0])?;
/// assert!((found.x[0] - 3.0).abs() < 1e-5 && (found.x[1] - 0.5).abs() < 1e-5);
/// # Ok::<(), extremum::Error>(())
/// ```
pub trait VectorFormula: Sync {
    /// The number n of variables.
    fn dimension(&self) -> usize;

    /// The number m of components of r.
    fn length(&self) -> usize;

    /// Writes r(x): `x` has n components, and `values` has m.
    fn values<R: Real>(&self, x: &[Num<R>], values: &mut [Num<R>]);
}

impl<F: VectorFormula> VectorFormula for &F {
    fn dimension(&self) -> usize {
        (**self).dimension()
    }
    fn length(&self) -> usize {
        (**self).length()
    }
    fn values<R: Real>(&self, x: &[Num<R>], values: &mut [Num<R>]) {
        (**self).values(x, values);
    }
}

/// Several formulas of the same variables are one: cᵢ(x) is the i-th of them. The dimension is that of the first; it is
/// 0 when there is none.
impl<F: Formula> VectorFormula for Vec<F> {
    fn dimension(&self) -> usize {
        self.first().map_or(0, Formula::dimension)
    }
    fn length(&self) -> usize {
        self.len()
    }
    fn values<R: Real>(&self, x: &[Num<R>], values: &mut [Num<R>]) {
        for (value, formula) in values.iter_mut().zip(self) {
            *value = formula.cost(x);
        }
    }
}

/// The problem of minimising a [`Formula`], with its gradient, Hessian and Hessian-vector products, exact to rounding.
///
/// **Cost.** Derivatives are computed for a chunk of variables at a time, N = n up to 4 and N = 8 beyond, and each
/// chunk evaluates the formula once, with N + 1 times the arithmetic. A gradient takes ⌈n / N⌉ evaluations, so its
/// work grows as n times that of the cost; a Hessian-vector product takes about twice as much. A Hessian takes
/// k (k + 1) / 2 evaluations, k = ⌈n / B⌉, in blocks of B = n up to 4, 4 up to n = 16 and 8 beyond. With hundreds
/// of variables, a hand-written gradient is worth the work. Nothing is allocated after the first call on a thread,
/// except the Hessian itself.
///
/// Of a [`VectorFormula`] it makes a [`LeastSquares`]: the Jacobian takes ⌈n / N⌉ evaluations, as a gradient does, the
/// weighted Hessian k (k + 1) / 2 in blocks of at most 4, and the second derivative along a vector one.
///
/// **Values.** [`cost_and_gradient`](Problem::cost_and_gradient) returns the bits of [`cost`](Problem::cost).
///
/// **Where there is no derivative.** A formula that branches has the derivatives of the branch that was taken, so
/// `abs`, `min` and `max` have those of one side at a kink. Where the derivative is infinite (`sqrt` at 0) the
/// derivatives are NaN or infinite, those of the other variables included. Where the cost is not finite all
/// derivatives are NaN.
///
/// ```
/// use extremum::{DVector, Matrix, Problem, problem};
///
/// let rosenbrock = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2));
/// let x = DVector::from_vec(vec![1.0, 1.0]);
/// let Some(Matrix::Dense(hessian)) = rosenbrock.hessian(&x) else { unreachable!() };
/// assert_eq!(hessian.as_slice(), [802.0, -400.0, -400.0, 200.0]);
///
/// let mut product = DVector::zeros(2);
/// assert!(rosenbrock.hessian_product(&x, &DVector::from_vec(vec![1.0, 2.0]), &mut product));
/// assert_eq!(product.as_slice(), [2.0, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AutoDiff<F>(pub F);

impl<F: Formula> Problem for AutoDiff<F> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn cost(&self, x: &DVector<f64>) -> f64 {
        sweep::value(&|x| self.0.cost(x), x)
    }

    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.cost_and_gradient(x, gradient);
    }

    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let mut hessian = Matrix::default();
        self.write_hessian(x, &mut hessian).then_some(hessian)
    }

    fn write_hessian(&self, x: &DVector<f64>, hessian: &mut Matrix) -> bool {
        let hessian = hessian.dense(x.len(), x.len());
        match x.len() {
            0 | 1 => sweep::hessian::<1>(&|x| self.0.cost(x), x, hessian),
            2 => sweep::hessian::<2>(&|x| self.0.cost(x), x, hessian),
            3 => sweep::hessian::<3>(&|x| self.0.cost(x), x, hessian),
            4..=16 => sweep::hessian::<4>(&|x| self.0.cost(x), x, hessian),
            _ => sweep::hessian::<8>(&|x| self.0.cost(x), x, hessian),
        }
        true
    }

    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        match gradient.len() {
            0 => self.cost(x),
            1 => sweep::gradient::<1>(&|x| self.0.cost(x), x, gradient),
            2 => sweep::gradient::<2>(&|x| self.0.cost(x), x, gradient),
            3 => sweep::gradient::<3>(&|x| self.0.cost(x), x, gradient),
            4 => sweep::gradient::<4>(&|x| self.0.cost(x), x, gradient),
            _ => sweep::gradient::<8>(&|x| self.0.cost(x), x, gradient),
        }
    }

    fn hessian_product(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        match product.len() {
            0..=4 => sweep::hessian_product::<4>(&|x| self.0.cost(x), x, v, product),
            _ => sweep::hessian_product::<8>(&|x| self.0.cost(x), x, v, product),
        }
        true
    }
}

impl<F: VectorFormula> LeastSquares for AutoDiff<F> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn residuals(&self) -> usize {
        self.0.length()
    }

    fn residual(&self, x: &DVector<f64>, residual: &mut DVector<f64>) {
        sweep::values(&|x, values| self.0.values(x, values), x, residual);
    }

    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        let jacobian = jacobian.dense(self.0.length(), x.len());
        match x.len() {
            0 | 1 => sweep::jacobian::<1>(&|x, values| self.0.values(x, values), x, jacobian),
            2 => sweep::jacobian::<2>(&|x, values| self.0.values(x, values), x, jacobian),
            3 => sweep::jacobian::<3>(&|x, values| self.0.values(x, values), x, jacobian),
            4 => sweep::jacobian::<4>(&|x, values| self.0.values(x, values), x, jacobian),
            _ => sweep::jacobian::<8>(&|x, values| self.0.values(x, values), x, jacobian),
        }
        true
    }

    fn has_jacobian(&self) -> bool {
        true
    }

    fn hessian(&self, x: &DVector<f64>, weights: &DVector<f64>) -> Option<Matrix> {
        let mut hessian = Matrix::default();
        LeastSquares::write_hessian(self, x, weights, &mut hessian).then_some(hessian)
    }

    fn write_hessian(
        &self,
        x: &DVector<f64>,
        weights: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        let hessian = hessian.dense(x.len(), x.len());
        let (formula, y) = (&self.0, weights);
        match x.len() {
            0 | 1 => sweep::weighted_hessian::<1>(&|x, r| formula.values(x, r), x, y, hessian),
            2 => sweep::weighted_hessian::<2>(&|x, r| formula.values(x, r), x, y, hessian),
            _ => sweep::weighted_hessian::<4>(&|x, r| formula.values(x, r), x, y, hessian),
        }
        true
    }

    fn second_derivative(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        second: &mut DVector<f64>,
    ) -> bool {
        sweep::second_derivative(&|x, values| self.0.values(x, values), x, v, second);
        true
    }
}
