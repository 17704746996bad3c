//! The pairs of a model and a subproblem that have a name.

use super::{
    Cubic, CubicRegularization, Dogleg, Exact, GaussNewtonModel, Gltr, NewtonModel, ProductsModel,
    QuasiNewtonModel, Steihaug, Tron, TrustRegion,
};

impl TrustRegion {
    /// The dogleg on Newton's model: one factorization instead of the eigenvectors.
    ///
    /// ```
    /// # #[cfg(feature = "autodiff")] {
    /// use extremum::{TrustRegion, minimize, problem};
    /// let rosenbrock = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2));
    /// let found = minimize(&rosenbrock, TrustRegion::dogleg(), [-1.2, 1.0])?;
    /// assert!(found.termination.is_converged() && found.cost < 1e-12);
    /// # }
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn dogleg() -> TrustRegion<NewtonModel, Dogleg> {
        TrustRegion::new(NewtonModel, Dogleg)
    }

    /// Newton's model with a cubic term in place of the ball, [`CubicRegularization`].
    ///
    /// ```
    /// # #[cfg(feature = "autodiff")] {
    /// use extremum::{TrustRegion, minimize, problem};
    /// let rosenbrock = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2));
    /// let found = minimize(&rosenbrock, TrustRegion::cubic(), [-1.2, 1.0])?;
    /// assert!(found.termination.is_converged() && found.cost < 1e-12);
    /// # }
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn cubic() -> CubicRegularization {
        TrustRegion::new(NewtonModel, Cubic)
    }

    /// Newton's model within bounds: projected searches and conjugate gradients on faces.
    ///
    /// ```
    /// # #[cfg(feature = "autodiff")] {
    /// use extremum::{Bounded, Bounds, TrustRegion, minimize, problem};
    /// let rosenbrock = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2));
    /// let bounded = Bounded(rosenbrock, Bounds::new([-2.0, -2.0], [0.5, 2.0])?);
    /// let found = minimize(&bounded, TrustRegion::tron(), [-1.2, 1.0])?;
    /// assert!(found.termination.is_converged() && (found.cost - 0.25).abs() < 1e-12);
    /// assert_eq!(found.x[0], 0.5); // exactly at its bound
    /// # }
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn tron() -> TrustRegion<NewtonModel, Tron> {
        TrustRegion::new(NewtonModel, Tron)
    }

    /// Truncated conjugate gradients on Hessian-vector products, known as Newton-CG: no matrix, for many variables.
    ///
    /// ```
    /// # #[cfg(feature = "autodiff")] {
    /// use extremum::{TrustRegion, minimize, problem};
    /// let rosenbrock = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2));
    /// let found = minimize(&rosenbrock, TrustRegion::steihaug(), [-1.2, 1.0])?;
    /// assert!(found.termination.is_converged() && found.evaluations.hessian == 0);
    /// # }
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn steihaug() -> TrustRegion<ProductsModel, Steihaug> {
        TrustRegion::new(ProductsModel, Steihaug)
    }

    /// The same, but along the boundary to the minimum in the Krylov space.
    ///
    /// ```
    /// # #[cfg(feature = "autodiff")] {
    /// use extremum::{TrustRegion, minimize, problem};
    /// let rosenbrock = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2));
    /// let found = minimize(&rosenbrock, TrustRegion::gltr(), [-1.2, 1.0])?;
    /// assert!(found.termination.is_converged() && found.evaluations.hessian == 0);
    /// # }
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn gltr() -> TrustRegion<ProductsModel, Gltr> {
        TrustRegion::new(ProductsModel, Gltr)
    }

    /// Gauss and Newton's model J'J with its exact minimum, for [sums of squares](crate::LeastSquares).
    ///
    /// ```
    /// # #[cfg(feature = "autodiff")] {
    /// use extremum::functions::residuals::{Components, KowalikOsborne, Residuals};
    /// use extremum::{AutoDiff, SumOfSquares, TrustRegion, minimize};
    /// let problem = SumOfSquares::new(AutoDiff(Components(KowalikOsborne)));
    /// let found = minimize(&problem, TrustRegion::gauss_newton(), KowalikOsborne.start())?;
    /// assert!((2.0 * found.cost - 3.07505604e-4).abs() < 1e-12);
    /// # }
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn gauss_newton() -> TrustRegion<GaussNewtonModel, Exact> {
        TrustRegion::new(GaussNewtonModel, Exact)
    }

    /// A model by the symmetric update of rank one with its exact minimum: gradients alone, and B may be indefinite.
    ///
    /// ```
    /// # #[cfg(feature = "autodiff")] {
    /// use extremum::{TrustRegion, minimize, problem};
    /// let rosenbrock = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2));
    /// let found = minimize(&rosenbrock, TrustRegion::sr1(), [-1.2, 1.0])?;
    /// assert!(found.termination.is_converged() && found.evaluations.hessian <= 1);
    /// # }
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn sr1() -> TrustRegion<QuasiNewtonModel, Exact> {
        TrustRegion::new(QuasiNewtonModel::sr1(), Exact)
    }

    /// A model by the update of BFGS with its exact minimum: gradients alone, and B is positive definite.
    ///
    /// ```
    /// # #[cfg(feature = "autodiff")] {
    /// use extremum::{TrustRegion, minimize, problem};
    /// let rosenbrock = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2));
    /// let found = minimize(&rosenbrock, TrustRegion::bfgs(), [-1.2, 1.0])?;
    /// assert!(found.termination.is_converged() && found.evaluations.hessian <= 1);
    /// # }
    /// # Ok::<(), extremum::Error>(())
    /// ```
    pub fn bfgs() -> TrustRegion<QuasiNewtonModel, Exact> {
        TrustRegion::new(QuasiNewtonModel::bfgs(), Exact)
    }
}
