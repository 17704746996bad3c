//! Sums of squares.
//!
//! ```text
//! f(x) = ½ Σ rᵢ(x)²,    ∇f(x) = J(x)' r(x),    ∇²f(x) = J(x)' J(x) + Σ rᵢ(x) ∇²rᵢ(x),    Jᵢⱼ = ∂rᵢ/∂xⱼ
//! ```
//!
//! The factor ½ is that of J. Nocedal and S. Wright, Numerical Optimization, 2nd ed., Springer (2006), eqs. (10.1) to
//! (10.5).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use nalgebra::DVector;

use super::{Matrix, Problem, Structure};

/// The residuals r: ℝⁿ → ℝᵐ of a fit, and their Jacobian if it is known. [`SumOfSquares`] makes a [`Problem`] of them
/// with the cost ½ Σ rᵢ(x)². Solvers that work with residuals evaluate them through the [`Oracle`](crate::Oracle).
///
/// ```
/// use extremum::{DVector, LeastSquares, Lbfgs, Matrix, SumOfSquares, minimize};
///
/// /// rᵢ = b₀ tᵢ + b₁ − yᵢ
/// struct Line {
///     t: [f64; 3],
///     y: [f64; 3],
/// }
///
/// impl LeastSquares for Line {
///     fn dimension(&self) -> usize {
///         2
///     }
///     fn residuals(&self) -> usize {
///         3
///     }
///     fn residual(&self, b: &DVector<f64>, r: &mut DVector<f64>) {
///         for i in 0..3 {
///             r[i] = b[0] * self.t[i] + b[1] - self.y[i];
///         }
///     }
///     fn jacobian(&self, _: &DVector<f64>, j: &mut Matrix) -> bool {
///         let j = j.dense(3, 2);
///         for i in 0..3 {
///             (j[(i, 0)], j[(i, 1)]) = (self.t[i], 1.0);
///         }
///         true
///     }
/// }
///
/// let problem = SumOfSquares::new(Line { t: [0.0, 1.0, 2.0], y: [1.0, 3.0, 5.0] });
/// let found = minimize(&problem, Lbfgs::default(), [0.0, 0.0])?;
/// assert!((found.x[0] - 2.0).abs() < 1e-6 && (found.x[1] - 1.0).abs() < 1e-6);
/// # Ok::<(), extremum::Error>(())
/// ```
pub trait LeastSquares: Sync {
    /// The number n of variables.
    fn dimension(&self) -> usize;

    /// The number m of residuals.
    fn residuals(&self) -> usize;

    /// Writes r(x), m components. NaN or infinity: x is outside the domain.
    fn residual(&self, x: &DVector<f64>, residual: &mut DVector<f64>);

    /// Writes the Jacobian ∂rᵢ/∂xⱼ, m × n, and returns true, when it can be given; otherwise returns false. `jacobian`
    /// holds what the last call wrote, so that its memory can be reused: see [`Matrix::dense`]. Default: false.
    fn jacobian(&self, _x: &DVector<f64>, _jacobian: &mut Matrix) -> bool {
        false
    }

    /// True when there is a [`jacobian`](Self::jacobian). Default: calls it once, at x = 0, also when 0 is outside the
    /// bounds or the domain, and returns what it returns.
    fn has_jacobian(&self) -> bool {
        self.jacobian(&DVector::zeros(self.dimension()), &mut Matrix::default())
    }

    /// Σ wᵢ ∇²rᵢ(x) with the weights w, m components; n × n and symmetric, when it can be given. With w = r(x) it is
    /// what the Hessian of ½ Σ rᵢ² has beside J'J. Default: `None`.
    ///
    /// ```
    /// use extremum::{DMatrix, DVector, LeastSquares, Matrix, Problem, SumOfSquares};
    ///
    /// /// r = (x₀², 3 x₁)
    /// struct Pair;
    ///
    /// impl LeastSquares for Pair {
    ///     fn dimension(&self) -> usize {
    ///         2
    ///     }
    ///     fn residuals(&self) -> usize {
    ///         2
    ///     }
    ///     fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
    ///         (r[0], r[1]) = (x[0] * x[0], 3.0 * x[1]);
    ///     }
    ///     fn jacobian(&self, x: &DVector<f64>, j: &mut Matrix) -> bool {
    ///         let j = j.dense(2, 2);
    ///         (j[(0, 0)], j[(1, 1)]) = (2.0 * x[0], 3.0);
    ///         true
    ///     }
    ///     fn hessian(&self, _: &DVector<f64>, w: &DVector<f64>) -> Option<Matrix> {
    ///         Some(DMatrix::from_diagonal(&DVector::from_vec(vec![2.0 * w[0], 0.0])).into())
    ///     }
    /// }
    ///
    /// // ½ (x₀⁴ + 9 x₁²) has the Hessian diag(6 x₀², 9).
    /// let hessian = SumOfSquares::new(Pair).hessian(&DVector::from_vec(vec![2.0, 1.0])).unwrap();
    /// assert_eq!(hessian.to_dense().as_slice(), [24.0, 0.0, 0.0, 9.0]);
    /// ```
    fn hessian(&self, _x: &DVector<f64>, _weights: &DVector<f64>) -> Option<Matrix> {
        None
    }

    /// Writes the [weighted Hessian](Self::hessian) over that of an earlier call and returns true, when it can be
    /// given; otherwise returns false. Default: writes what [`hessian`](Self::hessian) returns.
    fn write_hessian(
        &self,
        x: &DVector<f64>,
        weights: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        self.hessian(x, weights).map(|given| *hessian = given).is_some()
    }

    /// Writes the second derivative of the residuals along v, m components, and returns true, when it can be given;
    /// otherwise returns false:
    ///
    /// ```text
    /// r''(x)[v, v]ᵢ = v' ∇²rᵢ(x) v = d²rᵢ(x + t v) / dt²  at t = 0
    /// ```
    ///
    /// It costs about as much as the residuals. Default: false.
    fn second_derivative(
        &self,
        _x: &DVector<f64>,
        _v: &DVector<f64>,
        _second: &mut DVector<f64>,
    ) -> bool {
        false
    }

    /// Why the residuals can no longer be evaluated, if that is so; see [`Problem::failure`]. Default: `None`.
    fn failure(&self) -> Option<String> {
        None
    }
}

macro_rules! forward {
    ($pointer:ty, $($sync:tt)*) => {
        impl<L: LeastSquares + $($sync)* ?Sized> LeastSquares for $pointer {
            fn dimension(&self) -> usize {
                (**self).dimension()
            }
            fn residuals(&self) -> usize {
                (**self).residuals()
            }
            fn residual(&self, x: &DVector<f64>, residual: &mut DVector<f64>) {
                (**self).residual(x, residual);
            }
            fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
                (**self).jacobian(x, jacobian)
            }
            fn has_jacobian(&self) -> bool {
                (**self).has_jacobian()
            }
            fn hessian(&self, x: &DVector<f64>, weights: &DVector<f64>) -> Option<Matrix> {
                (**self).hessian(x, weights)
            }
            fn write_hessian(
                &self,
                x: &DVector<f64>,
                weights: &DVector<f64>,
                hessian: &mut Matrix,
            ) -> bool {
                (**self).write_hessian(x, weights, hessian)
            }
            fn second_derivative(
                &self,
                x: &DVector<f64>,
                v: &DVector<f64>,
                second: &mut DVector<f64>,
            ) -> bool {
                (**self).second_derivative(x, v, second)
            }
            fn failure(&self) -> Option<String> {
                (**self).failure()
            }
        }
    };
}

forward!(&L,);
forward!(Box<L>,);
forward!(Arc<L>, Send+);

/// The [`Problem`] of minimising f(x) = ½ Σ rᵢ(x)² for the residuals of a [`LeastSquares`], with the gradient J(x)'
/// r(x) (Nocedal and Wright, eqs. (10.1) and (10.4)). Without a Jacobian the problem has no gradient, and the cost is
/// differenced. Where the residuals give their weighted [Hessian](LeastSquares::hessian) as well, the problem has the
/// Hessian J'J + Σ rᵢ ∇²rᵢ (10.5), sparse if both parts are. The cost is NaN where the residuals do not have m
/// components, the gradient where the Jacobian is not m × n, and the Hessian where a part of it has another size.
///
/// An example is at [`LeastSquares`].
pub struct SumOfSquares<L> {
    residuals: L,
    has_jacobian: bool,
    noise: f64,
    /// Workspaces not in use. The lock is held only while they are taken and returned.
    scratch: Mutex<Vec<Workspace>>,
}

/// The residuals at x, a Jacobian, and a weighted Hessian of the residuals.
#[derive(Default)]
struct Workspace {
    x: DVector<f64>,
    residual: DVector<f64>,
    jacobian: Matrix,
    curvature: Matrix,
}

impl<L: LeastSquares> SumOfSquares<L> {
    /// The problem of minimising half the sum of the squares of these residuals. Asks them once whether they have a
    /// [Jacobian](LeastSquares::has_jacobian).
    pub fn new(residuals: L) -> Self {
        let has_jacobian = residuals.has_jacobian();
        Self { residuals, has_jacobian, noise: f64::EPSILON, scratch: Mutex::new(Vec::new()) }
    }

    /// Sets the relative accuracy of the cost, which determines the steps of differences, those of residuals as well:
    /// see [`FromFn::with_noise`](crate::FromFn::with_noise), and for the range [`Problem::noise`]. Default: that of
    /// `f64`, 2.2e-16.
    ///
    /// ```
    /// use extremum::{Bfgs, DVector, LeastSquares, SumOfSquares, minimize};
    ///
    /// /// r = (x₀ − 3, x₁ − x₀, 1), printed with seven digits, as by another program.
    /// struct Printed;
    ///
    /// impl LeastSquares for Printed {
    ///     fn dimension(&self) -> usize {
    ///         2
    ///     }
    ///     fn residuals(&self) -> usize {
    ///         3
    ///     }
    ///     fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
    ///         let printed = |value: f64| format!("{value:.6e}").parse().unwrap_or(f64::NAN);
    ///         r.copy_from_slice(&[printed(x[0] - 3.0), printed(x[1] - x[0]), 1.0]);
    ///     }
    /// }
    ///
    /// let problem = SumOfSquares::new(Printed).with_noise(1e-6);
    /// let found = minimize(&problem, Bfgs::default(), [1.0, 2.0])?;
    /// assert!((found.x[0] - 3.0).abs() < 0.01 && (found.x[1] - 3.0).abs() < 0.01);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn with_noise(mut self, noise: f64) -> Self {
        self.noise = noise;
        self
    }

    /// The residuals.
    pub fn residuals(&self) -> &L {
        &self.residuals
    }

    fn with_workspace<T>(&self, work: impl FnOnce(&mut Workspace) -> T) -> T {
        let lock = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut workspace = lock().pop().unwrap_or_default();
        let made = work(&mut workspace);
        lock().push(workspace);
        made
    }

    /// Evaluates the residuals at x, unless they are known there. They are NaN if they do not have m components.
    fn evaluate(&self, x: &DVector<f64>, workspace: &mut Workspace) {
        let Workspace { x: at, residual, .. } = workspace;
        if at == x {
            return;
        }
        let m = self.residuals.residuals();
        if residual.len() != m {
            *residual = DVector::zeros(m);
        }
        self.residuals.residual(x, residual);
        if residual.len() != m {
            *residual = DVector::repeat(m, f64::NAN);
        }
        at.clone_from(x);
    }
}

impl<L: LeastSquares> Problem for SumOfSquares<L> {
    fn dimension(&self) -> usize {
        self.residuals.dimension()
    }
    fn noise(&self) -> f64 {
        self.noise
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.with_workspace(|workspace| {
            self.evaluate(x, workspace);
            0.5 * workspace.residual.norm_squared()
        })
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.cost_and_gradient(x, gradient);
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        self.with_workspace(|workspace| {
            self.evaluate(x, workspace);
            let Workspace { residual, jacobian, .. } = workspace;
            let is_given = self.residuals.jacobian(x, jacobian);
            if is_given && jacobian.shape() == (residual.len(), x.len()) {
                jacobian.transpose_times(residual, gradient);
            } else {
                gradient.fill(f64::NAN);
            }
            0.5 * residual.norm_squared()
        })
    }
    fn has_gradient(&self) -> bool {
        self.has_jacobian
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let mut hessian = Matrix::default();
        self.write_hessian(x, &mut hessian).then_some(hessian)
    }
    fn write_hessian(&self, x: &DVector<f64>, hessian: &mut Matrix) -> bool {
        self.has_jacobian
            && self.with_workspace(|workspace| {
                self.evaluate(x, workspace);
                let Workspace { residual, jacobian, curvature, .. } = workspace;
                let is_given = self.residuals.write_hessian(x, residual, curvature)
                    && self.residuals.jacobian(x, jacobian);
                if is_given {
                    let n = x.len();
                    if jacobian.shape() == (residual.len(), n) && curvature.shape() == (n, n) {
                        jacobian.write_gram_plus(curvature, hessian);
                    } else {
                        hessian.dense(n, n).fill(f64::NAN);
                    }
                }
                is_given
            })
    }
    fn failure(&self) -> Option<String> {
        self.residuals.failure()
    }
    fn structure(&self) -> Structure<'_> {
        Structure::least_squares(&self.residuals)
    }
}

impl<L: LeastSquares> fmt::Debug for SumOfSquares<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SumOfSquares")
            .field("dimension", &self.residuals.dimension())
            .field("residuals", &self.residuals.residuals())
            .field("has_jacobian", &self.has_jacobian)
            .finish_non_exhaustive()
    }
}
