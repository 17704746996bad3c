//! What a solver may know about a problem beyond its cost.

use std::fmt;

use super::{Constraints, FiniteSum, LeastSquares};

/// The structure of a [`Problem`](super::Problem), for methods that exploit it: a mean over many terms, a sum of squares,
/// constraints. A problem may have several of these: a fit with constraints has the last two.
///
/// ```
/// use extremum::{DVector, LeastSquares, Problem, Structure, SumOfSquares};
/// # struct Line;
/// # impl LeastSquares for Line {
/// #     fn dimension(&self) -> usize { 2 }
/// #     fn residuals(&self) -> usize { 3 }
/// #     fn residual(&self, _: &DVector<f64>, r: &mut DVector<f64>) { r.fill(0.0); }
/// # }
/// let problem = SumOfSquares::new(Line);
/// let structure = problem.structure();
/// assert_eq!(structure.least_squares.map(|fit| fit.residuals()), Some(3));
/// assert!(structure.sum.is_none() && structure.constraints.is_none());
/// ```
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Structure<'a> {
    /// The terms fᵢ, when the cost is their mean, (1/N) Σ fᵢ(x).
    pub sum: Option<&'a dyn FiniteSum>,
    /// The residuals rᵢ, when the cost is half the sum of their squares, ½ Σ rᵢ(x)².
    pub least_squares: Option<&'a dyn LeastSquares>,
    /// The constraints in addition to the bounds, if there are any.
    pub constraints: Option<&'a dyn Constraints>,
}

impl<'a> Structure<'a> {
    /// A cost that is the mean of these terms.
    pub fn sum(terms: &'a dyn FiniteSum) -> Self {
        Self { sum: Some(terms), ..Self::default() }
    }

    /// A cost that is half the sum of the squares of these residuals.
    pub fn least_squares(residuals: &'a dyn LeastSquares) -> Self {
        Self { least_squares: Some(residuals), ..Self::default() }
    }

    /// The same cost with these constraints, which replace earlier ones.
    pub fn within(self, constraints: &'a dyn Constraints) -> Self {
        Self { constraints: Some(constraints), ..self }
    }
}

impl fmt::Debug for Structure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Structure")
            .field("terms", &self.sum.map(FiniteSum::terms))
            .field("residuals", &self.least_squares.map(LeastSquares::residuals))
            .field("constraints", &self.constraints.map(Constraints::count))
            .finish()
    }
}
