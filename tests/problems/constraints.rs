//! Constraints from closures and formulas, together, and the Hessian of the Lagrangian.

use extremum::{
    Bounds, Constraints, CscMatrix, DMatrix, DVector, Error, Matrix, Oracle, Problem,
    constraints_from_fn, from_fn,
};

fn vector(values: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(values)
}

fn values(constraints: &impl Constraints, x: &[f64]) -> Vec<f64> {
    let mut values = DVector::zeros(constraints.count());
    constraints.values(&vector(x), &mut values);
    values.as_slice().to_vec()
}

fn limits(constraints: &impl Constraints) -> [Vec<f64>; 2] {
    let limits = constraints.limits();
    [limits.lower(), limits.upper()].map(|side| side.as_slice().to_vec())
}

const ANY: f64 = f64::INFINITY;

#[test]
fn limits_are_said_in_four_ways() {
    let square = || constraints_from_fn(2, |x, c| c.copy_from_slice(&[x[0] * x[0], x[1]]));
    assert_eq!(square().count(), 2);
    let equal = square().equal_to([1.0, 2.0]).unwrap();
    assert_eq!(limits(&equal), [vec![1.0, 2.0], vec![1.0, 2.0]]);
    let least = square().at_least(vec![1.0, 2.0]).unwrap();
    assert_eq!(limits(&least), [vec![1.0, 2.0], vec![ANY; 2]]);
    let most = square().at_most(&[1.0, 2.0][..]).unwrap();
    assert_eq!(limits(&most), [vec![-ANY; 2], vec![1.0, 2.0]]);
    let between = square().between([-ANY, 0.0], vector(&[1.0, 2.0])).unwrap();
    assert_eq!(limits(&between), [vec![-ANY, 0.0], vec![1.0, 2.0]]);
    assert_eq!(values(&between, &[3.0, 5.0]), [9.0, 5.0]);

    for wrong in [square().equal_to([1.0]), square().at_least([0.0; 3]), square().at_most([])] {
        assert!(matches!(wrong, Err(Error::ConstraintLimits { expected: 2, .. })));
    }
    let crossed = square().between([0.0, 3.0], [1.0, 2.0]);
    assert!(matches!(crossed, Err(Error::Bounds { index: 1, .. })));
    assert!(square().equal_to([f64::NAN, 0.0]).is_err());
}

/// What is not written in the Jacobian is 0, also over that of an earlier call.
#[test]
fn jacobians_from_closures() {
    let constraints = constraints_from_fn(2, |x, c| c.copy_from_slice(&[x[0], x[0] * x[1]]))
        .with_jacobian(|x, j| {
            if x[0] > 0.0 {
                (j[(0, 0)], j[(1, 0)], j[(1, 1)]) = (1.0, x[1], x[0]);
            }
        })
        .with_hessian(|_, y| DMatrix::from_row_slice(2, 2, &[0.0, y[1], y[1], 0.0]))
        .at_least([0.0, 0.0])
        .unwrap();
    let mut jacobian = Matrix::default();
    assert!(constraints.jacobian(&vector(&[2.0, 3.0]), &mut jacobian));
    assert_eq!(jacobian.to_dense(), DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 3.0, 2.0]));
    assert!(constraints.jacobian(&vector(&[-2.0, 3.0]), &mut jacobian));
    assert_eq!(jacobian.to_dense(), DMatrix::zeros(2, 2));
    let hessian = constraints.hessian(&vector(&[2.0, 3.0]), &vector(&[7.0, 5.0])).unwrap();
    assert_eq!(hessian.to_dense(), DMatrix::from_row_slice(2, 2, &[0.0, 5.0, 5.0, 0.0]));
}

/// Sparse or dense, of each kind.
struct Rows {
    matrix: DMatrix<f64>,
    limits: Bounds,
    is_sparse: bool,
}

impl Rows {
    fn new(rows: usize, entries: &[f64], is_sparse: bool) -> Self {
        let matrix = DMatrix::from_row_slice(rows, 2, entries);
        Self { matrix, limits: Bounds::new(vec![0.0; rows], vec![1.0; rows]).unwrap(), is_sparse }
    }

    fn give(&self, matrix: DMatrix<f64>, to: &mut Matrix) -> bool {
        *to = if self.is_sparse { CscMatrix::from(&matrix).into() } else { matrix.into() };
        true
    }
}

impl Constraints for Rows {
    fn count(&self) -> usize {
        self.matrix.nrows()
    }
    fn limits(&self) -> &Bounds {
        &self.limits
    }
    fn values(&self, x: &DVector<f64>, values: &mut DVector<f64>) {
        values.copy_from(&(&self.matrix * x));
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        self.give(x[0] * &self.matrix, jacobian)
    }
    fn write_hessian(&self, _: &DVector<f64>, y: &DVector<f64>, hessian: &mut Matrix) -> bool {
        self.give(DMatrix::from_diagonal_element(2, 2, y.sum()), hessian)
    }
}

#[test]
fn two_kinds_are_one_below_the_other() {
    for sparse in [[false, false], [false, true], [true, false], [true, true]] {
        let first = Rows::new(1, &[1.0, 0.0], sparse[0]);
        let second = Rows::new(2, &[0.0, 2.0, 3.0, 4.0], sparse[1]);
        let both = first.and(second);
        assert_eq!(both.count(), 3);
        assert_eq!(limits(&both), [vec![0.0; 3], vec![1.0; 3]]);
        assert_eq!(values(&both, &[5.0, 7.0]), [5.0, 14.0, 43.0]);
        let all = DMatrix::from_row_slice(3, 2, &[1.0, 0.0, 0.0, 2.0, 3.0, 4.0]);
        let (mut jacobian, mut hessian) = (Matrix::default(), Matrix::default());
        // Over those of earlier calls as well.
        for scale in [1.0, 2.0, -3.0] {
            let x = vector(&[scale, 1.0]);
            assert!(both.jacobian(&x, &mut jacobian));
            assert_eq!(jacobian.to_dense(), scale * &all, "{sparse:?}");
            assert!(both.write_hessian(&x, &vector(&[scale, 2.0, 4.0]), &mut hessian));
            let sum = DMatrix::from_diagonal_element(2, 2, scale + 6.0);
            assert_eq!(hessian.to_dense(), sum, "{sparse:?}");
        }
    }
    // One without a Jacobian: none is given.
    let closure = constraints_from_fn(1, |x, c| c[0] = x[0]).at_least([0.0]).unwrap();
    let both = closure.and(Rows::new(1, &[1.0, 0.0], false));
    assert!(!both.jacobian(&vector(&[1.0, 1.0]), &mut Matrix::default()));
    assert!(both.hessian(&vector(&[1.0, 1.0]), &vector(&[1.0, 1.0])).is_none());
}

/// Limits that do not fit are refused, also where one kind has too many and the other too few.
#[test]
fn limits_of_two_kinds_do_not_make_up_for_each_other() {
    let mut first = Rows::new(1, &[1.0, 0.0], false);
    first.limits = Bounds::unbounded(2);
    let mut second = Rows::new(2, &[0.0, 2.0, 3.0, 4.0], false);
    second.limits = Bounds::unbounded(1);
    let problem = from_fn(2, |x| x[0]).with_constraints(first.and(second));
    let start = Oracle::new(&problem).start(&vector(&[1.0, 1.0]), &mut vector(&[0.0, 0.0]));
    assert!(matches!(start, Err(Error::ConstraintLimits { expected: 3, .. })), "{start:?}");
}

/// ∇²f − Σ yᵢ ∇²cᵢ for f = x₀⁴ x₁, c = (x₀ x₁², e^x₀), however much of it is given, at a corner of bounds as well.
#[test]
fn the_hessian_of_the_lagrangian() {
    let functions =
        || constraints_from_fn(2, |x, c| c.copy_from_slice(&[x[0] * x[1] * x[1], x[0].exp()]));
    let jacobian = |x: &DVector<f64>, j: &mut DMatrix<f64>| {
        (j[(0, 0)], j[(0, 1)], j[(1, 0)]) = (x[1] * x[1], 2.0 * x[0] * x[1], x[0].exp());
    };
    let (x, y) = (vector(&[0.5, 2.0]), vector(&[3.0, -1.5]));
    let cost = x[0].powi(4) * x[1];
    let gradient = vector(&[4.0 * x[0].powi(3) * x[1], x[0].powi(4)]);
    let curvature = move |x: &DVector<f64>, y: &DVector<f64>| {
        let (mixed, e) = (2.0 * x[1] * y[0], x[0].exp() * y[1]);
        DMatrix::from_row_slice(2, 2, &[e, mixed, mixed, 2.0 * x[0] * y[0]])
    };
    let of_cost = |x: &DVector<f64>| {
        let mixed = 4.0 * x[0].powi(3);
        DMatrix::from_row_slice(2, 2, &[12.0 * x[0].powi(2) * x[1], mixed, mixed, 0.0])
    };
    let exact = of_cost(&x) - curvature(&x, &y);
    let problem = || {
        from_fn(2, |x| x[0].powi(4) * x[1])
            .with_gradient(|x, g| {
                (g[0], g[1]) = (4.0 * x[0].powi(3) * x[1], x[0].powi(4));
            })
            .with_hessian(of_cost)
            .with_bounds(Bounds::new([0.5, -1.0], [1.0, 2.0]).unwrap())
    };
    // Given in full; from n Jacobians more than that at x; from n (n + 3) / 2 values more than that at x.
    for (given, error, values, jacobians) in [(2, 1e-14, 0, 0), (1, 1e-6, 0, 3), (0, 1e-3, 6, 0)] {
        let mut all = functions();
        if given >= 1 {
            all = all.with_jacobian(jacobian);
        }
        if given == 2 {
            all = all.with_hessian(curvature);
        }
        let problem = problem().with_constraints(all.at_least([0.0, 0.0]).unwrap());
        let (mut oracle, mut hessian) = (Oracle::new(&problem), DMatrix::zeros(2, 2));
        let mut workspace = Matrix::default();
        let known = (cost, &gradient);
        let stated = oracle.lagrangian_hessian(&x, &y, known, &mut hessian, &mut workspace);
        let off = (&hessian - &exact).amax() / exact.amax();
        assert!(off <= error && off <= stated, "{given}: {hessian} {stated:e}");
        let calls = oracle.evaluations();
        assert_eq!((calls.constraint, calls.constraint_jacobian), (values, jacobians), "{given}");
        assert_eq!((calls.hessian, calls.constraint_hessian), (1, u64::from(given == 2)));
        // Multipliers of 0 cost nothing.
        let none = vector(&[0.0, 0.0]);
        oracle.lagrangian_hessian(&x, &none, known, &mut hessian, &mut workspace);
        assert_eq!(hessian, of_cost(&x));
        assert_eq!(oracle.evaluations().constraint, values);
    }
}

#[cfg(feature = "autodiff")]
mod formulas {
    use allocation_counter::measure;
    use extremum::{Constraints, DVector, Matrix, constraints};

    use super::{limits, values, vector};

    #[test]
    fn formulas_with_what_they_need() {
        let (a, t) = (3.0, vec![1.0, 2.0]);
        let constraints = constraints!(2, with(a: f64, t: [f64]), |x| [
            t.iter().map(|t| *t * x[0]).sum(),
            { let square = x[1] * x[1]; square * *a },
        ]);
        assert_eq!(constraints.count(), 2);
        let constraints = constraints.between([0.0, 1.0], [5.0, 6.0]).unwrap();
        assert_eq!(limits(&constraints), [vec![0.0, 1.0], vec![5.0, 6.0]]);
        assert_eq!(values(&constraints, &[2.0, 4.0]), [6.0, 48.0]);
        let x = vector(&[2.0, 4.0]);
        let mut jacobian = Matrix::default();
        assert!(constraints.jacobian(&x, &mut jacobian));
        assert_eq!(jacobian.to_dense().as_slice(), [3.0, 0.0, 0.0, 24.0]);
        let hessian = constraints.hessian(&x, &vector(&[9.0, 2.0])).unwrap();
        assert_eq!(hessian.to_dense().as_slice(), [0.0, 0.0, 0.0, 12.0]);
        assert_eq!(constraints.dimension(), Some(2));
    }

    /// Values and Jacobians of two kinds together, after the first.
    #[test]
    fn evaluations_allocate_nothing() {
        let first = constraints!(2, |x| [x[0] * x[1]]).equal_to([1.0]).unwrap();
        let both = first.and(constraints!(2, |x| [x[0], x[1].sin()]).at_most([1.0, 2.0]).unwrap());
        let (x, mut c) = (vector(&[0.5, 2.0]), DVector::zeros(3));
        let mut jacobian = Matrix::default();
        let mut evaluate = || {
            both.values(&x, &mut c);
            both.jacobian(&x, &mut jacobian);
        };
        evaluate();
        assert_eq!(measure(evaluate).count_total, 0);
    }
}
