//! Two kinds of constraints together.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use nalgebra::DVector;
use nalgebra_sparse::{CooMatrix, CscMatrix};

use super::Constraints;
use crate::problem::{Bounds, Matrix};

/// Constraints and others after them, made by [`Constraints::and`].
pub struct Both<A, B> {
    first: A,
    second: B,
    limits: Bounds,
    /// Workspaces not in use. The lock is held only while they are taken and returned.
    scratch: Mutex<Vec<Workspace>>,
}

/// Values or multipliers of each kind, and a matrix of each.
#[derive(Default)]
struct Workspace {
    vectors: [DVector<f64>; 2],
    matrices: [Matrix; 2],
}

impl<A: Constraints, B: Constraints> Both<A, B> {
    pub(super) fn new(first: A, second: B) -> Self {
        let [a, b] = [first.limits(), second.limits()];
        let variables = first.dimension().zip(second.dimension());
        let fit = a.dimension() == first.count()
            && b.dimension() == second.count()
            && variables.is_none_or(|(a, b)| a == b);
        let joined = |[a, b]: [&DVector<f64>; 2]| a.iter().chain(b).copied().collect::<Vec<f64>>();
        // What does not fit is for the run to refuse, and may not make up for each other.
        let limits = Bounds::new(joined([a.lower(), b.lower()]), joined([a.upper(), b.upper()]))
            .ok()
            .filter(|_| fit)
            .unwrap_or_else(|| Bounds::unbounded(0));
        Self { first, second, limits, scratch: Mutex::new(Vec::new()) }
    }

    fn with_workspace<T>(&self, work: impl FnOnce(&mut Workspace) -> T) -> T {
        let lock = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut workspace = lock().pop().unwrap_or_default();
        for (vector, m) in
            workspace.vectors.iter_mut().zip([self.first.count(), self.second.count()])
        {
            if vector.len() != m {
                *vector = DVector::zeros(m);
            }
        }
        let made = work(&mut workspace);
        lock().push(workspace);
        made
    }
}

impl<A: Constraints, B: Constraints> Constraints for Both<A, B> {
    fn count(&self) -> usize {
        self.first.count() + self.second.count()
    }
    fn limits(&self) -> &Bounds {
        &self.limits
    }
    fn dimension(&self) -> Option<usize> {
        self.first.dimension().or_else(|| self.second.dimension())
    }
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
        self.with_workspace(|Workspace { vectors: [a, b], .. }| {
            for vector in [&mut *a, &mut *b] {
                vector.fill(f64::NAN);
            }
            self.first.values(x, a);
            self.second.values(x, b);
            let fit = a.len() == self.first.count() && b.len() == self.second.count();
            for (value, part) in values.iter_mut().zip(a.iter().chain(b.iter())) {
                *value = if fit { *part } else { f64::NAN };
            }
        });
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        self.with_workspace(|Workspace { matrices: [a, b], .. }| {
            let is_given = self.first.jacobian(x, a) && self.second.jacobian(x, b);
            if is_given {
                stack([a, b], x.len(), jacobian);
            }
            is_given
        })
    }
    fn hessian(&self, x: &DVector<f64>, multipliers: &DVector<f64>) -> Option<Matrix> {
        let mut hessian = Matrix::default();
        self.write_hessian(x, multipliers, &mut hessian).then_some(hessian)
    }
    fn write_hessian(
        &self,
        x: &DVector<f64>,
        multipliers: &DVector<f64>,
        hessian: &mut Matrix,
    ) -> bool {
        self.with_workspace(|Workspace { vectors: [a, b], matrices: [_, other] }| {
            for (y, given) in a.iter_mut().chain(b.iter_mut()).zip(multipliers) {
                *y = *given;
            }
            let is_given =
                self.first.write_hessian(x, a, hessian) && self.second.write_hessian(x, b, other);
            if is_given {
                add(hessian, other);
            }
            is_given
        })
    }
    fn failure(&self) -> Option<String> {
        self.first.failure().or_else(|| self.second.failure())
    }
}

/// Writes the rows of two matrices one below the other. Of another number of columns, it leaves a matrix without rows,
/// which a run refuses.
fn stack([a, b]: [&Matrix; 2], n: usize, to: &mut Matrix) {
    if a.columns() != n || b.columns() != n {
        *to = Matrix::default();
        return;
    }
    if let (Matrix::Sparse(a), Matrix::Sparse(b)) = (a, b) {
        return stack_sparse([a, b], to);
    }
    let top = a.rows();
    let dense = to.dense(top + b.rows(), n);
    for (part, from) in [(a, 0), (b, top)] {
        let mut rows = dense.rows_mut(from, part.rows());
        match part {
            Matrix::Dense(part) => rows.copy_from(part),
            Matrix::Sparse(part) => {
                rows.fill(0.0);
                for (i, j, value) in part.triplet_iter() {
                    rows[(i, j)] += value;
                }
            }
        }
    }
}

/// Over a matrix of an earlier call, whose pattern is the same.
fn stack_sparse([a, b]: [&CscMatrix<f64>; 2], to: &mut Matrix) {
    let (top, n) = (a.nrows(), a.ncols());
    if let Matrix::Sparse(to) = to
        && (to.nrows(), to.ncols(), to.nnz()) == (top + b.nrows(), n, a.nnz() + b.nnz())
    {
        let mut values = to.values_mut().iter_mut();
        for (a, b) in a.col_iter().zip(b.col_iter()) {
            for (part, value) in a.values().iter().chain(b.values()).zip(values.by_ref()) {
                *value = *part;
            }
        }
        return;
    }
    let mut entries = CooMatrix::new(top + b.nrows(), n);
    for (part, from) in [(a, 0), (b, top)] {
        for (i, j, value) in part.triplet_iter() {
            entries.push(from + i, j, *value);
        }
    }
    *to = CscMatrix::from(&entries).into();
}

/// a += b for matrices of the same size; those of different sizes make one without rows, which a run refuses.
fn add(a: &mut Matrix, b: &Matrix) {
    if a.shape() != b.shape() {
        *a = Matrix::default();
        return;
    }
    match (&mut *a, b) {
        (Matrix::Dense(a), Matrix::Dense(b)) => *a += b,
        (Matrix::Dense(a), Matrix::Sparse(b)) => {
            for (i, j, value) in b.triplet_iter() {
                a[(i, j)] += value;
            }
        }
        (Matrix::Sparse(sparse), Matrix::Sparse(b)) => *sparse = &*sparse + b,
        (Matrix::Sparse(_), Matrix::Dense(b)) => *a = (a.to_dense() + b).into(),
    }
}

impl<A: fmt::Debug, B: fmt::Debug> fmt::Debug for Both<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Both")
            .field("first", &self.first)
            .field("second", &self.second)
            .finish_non_exhaustive()
    }
}
