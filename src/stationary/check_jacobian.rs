//! A check of Jacobians: every residual and every constraint is checked as if it were a cost.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nalgebra::DVector;

use super::check_derivatives::check_at;
use super::{DerivativeReport, Mismatch, VectorFunction};
use crate::{Bounds, Constraints, Error, LeastSquares, Matrix, Oracle, Problem};

/// The most entries of a Jacobian that are checked: the first rows, as many as have no more.
const MOST_ENTRIES: usize = 100_000;

/// A function with values in ℝᵐ.
trait Function: Sync {
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>);
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool;
    /// The Hessian of one component.
    fn hessian(&self, _x: &DVector<f64>, _unit: &DVector<f64>) -> Option<Matrix> {
        None
    }
}

impl Function for &dyn LeastSquares {
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
        self.residual(x, values);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        (**self).jacobian(x, jacobian)
    }
}

impl Function for &dyn Constraints {
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
        (**self).values(x, values);
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        (**self).jacobian(x, jacobian)
    }
    fn hessian(&self, x: &DVector<f64>, unit: &DVector<f64>) -> Option<Matrix> {
        (**self).hessian(x, unit)
    }
}

/// Checks the Jacobian of the residuals, and that of the constraints with their Hessians.
pub(super) fn check_structure(
    problem: &dyn Problem,
    x: &DVector<f64>,
    report: &mut DerivativeReport,
) -> Result<(), Error> {
    let structure = problem.structure();
    let bounds = problem.bounds();
    if let Some(squares) = structure.least_squares {
        let of = VectorFunction::Residuals;
        Checked { function: &squares, of, m: squares.residuals(), bounds }.check(x, report)?;
    }
    if let Some(constraints) = structure.constraints {
        let of = VectorFunction::Constraints;
        Checked { function: &constraints, of, m: constraints.count(), bounds }.check(x, report)?;
    }
    Ok(())
}

struct Checked<'a> {
    function: &'a dyn Function,
    of: VectorFunction,
    m: usize,
    bounds: Option<&'a Bounds>,
}

impl Checked<'_> {
    fn check(&self, x: &DVector<f64>, report: &mut DerivativeReport) -> Result<(), Error> {
        let (of, n) = (self.of, x.len());
        let mut values = DVector::zeros(self.m);
        self.function.values(x, &mut values);
        if let Some((row, &value)) = values.iter().enumerate().find(|(_, v)| !v.is_finite()) {
            return Err(Error::NotInDomain { what: format!("component {row} of the {of}"), value });
        }
        let mut jacobian = Matrix::default();
        let has_jacobian = self.function.jacobian(x, &mut jacobian);
        let (rows, columns) = jacobian.shape();
        if has_jacobian && (rows, columns) != (self.m, n) {
            report.mismatches.push(Mismatch::JacobianSize { of, rows, columns });
            return Ok(());
        }
        let known = Mutex::new(HashMap::new());
        let checked = self.m.min(MOST_ENTRIES / n.max(1));
        report.unchecked += (self.m - checked) * n;
        for row in 0..checked {
            let component = Component { of: self, row, n, has_jacobian, known: &known };
            let mut own = DerivativeReport::default();
            check_at(&mut Oracle::new(&component), x, &mut own)?;
            report.checked += own.checked;
            report.unchecked += own.unchecked;
            report
                .mismatches
                .extend(own.mismatches.into_iter().filter_map(|m| self.renamed(row, m)));
        }
        Ok(())
    }

    /// What is wrong with a component, as something that is wrong with the function.
    fn renamed(&self, row: usize, mismatch: Mismatch) -> Option<Mismatch> {
        let of = self.of;
        match mismatch {
            Mismatch::GradientEntry { index: column, given, differenced, allowed } => {
                Some(Mismatch::JacobianEntry { of, row, column, given, differenced, allowed })
            }
            Mismatch::HessianEntry { row: i, column, given, differenced, allowed } => {
                let (constraint, row) = (row, i);
                Some(Mismatch::ConstraintHessianEntry {
                    constraint,
                    row,
                    column,
                    given,
                    differenced,
                    allowed,
                })
            }
            Mismatch::HessianSize { rows, .. } => {
                Some(Mismatch::ConstraintHessianSize { constraint: row, rows })
            }
            // A row that was not written shows in its entries, an asymmetry in one of its two.
            _ => None,
        }
    }
}

/// The values, and the Jacobian where it is wanted, at the bits of a point: all components are checked at the same points.
type Known = HashMap<Vec<u64>, (DVector<f64>, Option<Matrix>)>;

/// One component of a function, as a problem.
struct Component<'a> {
    of: &'a Checked<'a>,
    row: usize,
    n: usize,
    has_jacobian: bool,
    known: &'a Mutex<Known>,
}

impl Component<'_> {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Problem for Component<'_> {
    fn dimension(&self) -> usize {
        self.n
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        let mut known = self.known();
        let (values, _) = known.entry(key(x)).or_insert_with(|| (self.values(x), None));
        values.get(self.row).copied().unwrap_or(f64::NAN)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        let mut known = self.known();
        let (_, jacobian) = known.entry(key(x)).or_insert_with(|| (self.values(x), None));
        let jacobian = jacobian.get_or_insert_with(|| {
            let mut jacobian = Matrix::default();
            self.of.function.jacobian(x, &mut jacobian);
            jacobian
        });
        if jacobian.shape() == (self.of.m, self.n) {
            jacobian.transpose_times(&unit(self.of.m, self.row), gradient);
        } else {
            gradient.fill(f64::NAN);
        }
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        self.of.function.hessian(x, &unit(self.of.m, self.row))
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.of.bounds
    }
    fn has_gradient(&self) -> bool {
        self.has_jacobian
    }
}

impl Component<'_> {
    fn values(&self, x: &DVector<f64>) -> DVector<f64> {
        let mut values = DVector::zeros(self.of.m);
        self.of.function.values(x, &mut values);
        values
    }
}

fn key(x: &DVector<f64>) -> Vec<u64> {
    x.iter().map(|x| x.to_bits()).collect()
}

fn unit(m: usize, row: usize) -> DVector<f64> {
    DVector::from_fn(m, |i, _| if i == row { 1.0 } else { 0.0 })
}
