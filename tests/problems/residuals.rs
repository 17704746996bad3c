//! Second derivatives of residuals against closed forms, and the Hessian of their sum of squares.

#![cfg(feature = "autodiff")]

use allocation_counter::measure;
use extremum::{
    AutoDiff, Bounded, Bounds, CscMatrix, DMatrix, DVector, LeastSquares, Matrix, Num, Oracle,
    Problem, Real, SumOfSquares, VectorFormula, from_fn,
};

/// rᵢ = exp(−Σ bⱼ tᵢʲ) for j from 0, and a last one that is linear: ∇rᵢ = −rᵢ p and ∇²rᵢ = rᵢ p p' with pⱼ = tᵢʲ.
struct Exponentials {
    n: usize,
    t: Vec<f64>,
}

impl Exponentials {
    fn new(n: usize) -> Self {
        Self { n, t: (1..n + 3).map(|i| i as f64 / (n + 2) as f64).collect() }
    }

    fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| 0.4 - 0.3 * j as f64)
    }

    fn powers(&self, i: usize) -> DVector<f64> {
        DVector::from_fn(self.n, |j, _| self.t[i].powi(j as i32))
    }

    /// Σ wᵢ ∇²rᵢ.
    fn hessian(&self, b: &DVector<f64>, weights: &DVector<f64>) -> DMatrix<f64> {
        let mut sum = DMatrix::zeros(self.n, self.n);
        for (i, w) in weights.iter().enumerate().take(self.t.len()) {
            let p = self.powers(i);
            sum += &p * p.transpose() * (w * (-p.dot(b)).exp());
        }
        sum
    }
}

impl VectorFormula for Exponentials {
    fn dimension(&self) -> usize {
        self.n
    }
    fn length(&self) -> usize {
        self.t.len() + 1
    }
    fn values<R: Real>(&self, b: &[Num<R>], r: &mut [Num<R>]) {
        for (r, &t) in r.iter_mut().zip(&self.t) {
            let terms = b.iter().enumerate().map(|(j, b)| *b * t.powi(j as i32));
            *r = (-terms.sum::<Num<R>>()).exp();
        }
        r[self.t.len()] = b.iter().copied().sum();
    }
}

fn assert_near(found: &DMatrix<f64>, expected: &DMatrix<f64>) {
    let error = (found - expected).amax();
    assert!(error <= 1e-14 * expected.amax(), "{found} instead of {expected}");
}

/// In one block and in several, and twice in the same memory; nothing is allocated.
#[test]
fn weighted_hessians_and_second_derivatives_are_those_of_the_formulas() {
    for n in [1, 2, 3, 4, 5, 9] {
        let model = Exponentials::new(n);
        let b = model.start();
        let weights = DVector::from_fn(n + 3, |i, _| 1.5 - 0.4 * i as f64);
        let expected = model.hessian(&b, &weights);
        let problem = AutoDiff(&model);
        let mut hessian = Matrix::default();
        assert!(problem.write_hessian(&b, &weights, &mut hessian));
        assert_near(hessian.dense(n, n), &expected);
        assert_eq!(problem.hessian(&b, &weights), Some(hessian.clone()));
        let v = DVector::from_fn(n, |j, _| 0.7 - 0.5 * j as f64);
        let mut second = DVector::repeat(n + 3, f64::NAN);
        assert!(problem.second_derivative(&b, &v, &mut second));
        for (i, found) in second.iter().enumerate() {
            let mut one = DVector::zeros(n + 3);
            one[i] = 1.0;
            let h = model.hessian(&b, &one);
            let (known, scale) = (v.dot(&(&h * &v)), h.amax() * v.norm_squared());
            assert!((found - known).abs() <= 1e-14 * scale, "{n}, {i}: {found} and not {known}");
        }
        let made = measure(|| {
            problem.write_hessian(&b, &weights, &mut hessian);
            problem.second_derivative(&b, &v, &mut second);
        });
        assert_eq!(made.count_total, 0, "{n}: {made:?}");
    }
}

/// J'J + Σ rᵢ ∇²rᵢ, and the same through pointers, bounds and the oracle, which counts.
#[test]
fn a_sum_of_squares_has_a_hessian() {
    let model = Exponentials::new(3);
    let b = model.start();
    let (mut r, mut jacobian) = (DVector::zeros(6), Matrix::default());
    AutoDiff(&model).residual(&b, &mut r);
    assert!(AutoDiff(&model).jacobian(&b, &mut jacobian));
    let expected = jacobian.to_dense().tr_mul(&jacobian.to_dense()) + model.hessian(&b, &r);
    let bounds = Bounds::unbounded(3);
    let problem = Bounded(SumOfSquares::new(Box::new(AutoDiff(&model))), bounds);
    let mut hessian = problem.hessian(&b).expect("the residuals give theirs");
    assert_near(hessian.dense(3, 3), &expected);

    let mut oracle = Oracle::new(&problem);
    let (mut weighted, mut second) = (Matrix::default(), DVector::zeros(6));
    assert!(oracle.residual_hessian(&b, &r, &mut weighted));
    assert_near(weighted.dense(3, 3), &model.hessian(&b, &r));
    assert!(oracle.residual_second_derivative(&b, &b, &mut second));
    let counts = oracle.evaluations();
    assert_eq!((counts.residual_hessian, counts.residual_second_derivative), (1, 1));
    assert_eq!((counts.residual, counts.hessian), (0, 0));

    let without = from_fn(3, |x| x[0]);
    let mut oracle = Oracle::new(&without);
    assert!(!oracle.residual_hessian(&b, &r, &mut weighted));
    assert!(!oracle.residual_second_derivative(&b, &b, &mut second));
}

/// r = (x₀², x₀ x₁) by hand, with what may be missing, sparse or wrong.
#[derive(Default)]
struct ByHand {
    is_sparse: [bool; 2],
    rows: usize,
    gives_no_hessian: bool,
}

impl ByHand {
    fn matrix(is_sparse: bool, dense: DMatrix<f64>) -> Matrix {
        if is_sparse { Matrix::from(CscMatrix::from(&dense)) } else { dense.into() }
    }
}

impl LeastSquares for ByHand {
    fn dimension(&self) -> usize {
        2
    }
    fn residuals(&self) -> usize {
        2
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        (r[0], r[1]) = (x[0] * x[0], x[0] * x[1]);
    }
    fn jacobian(&self, x: &DVector<f64>, j: &mut Matrix) -> bool {
        let dense = DMatrix::from_row_slice(2, 2, &[2.0 * x[0], 0.0, x[1], x[0]]);
        *j = Self::matrix(self.is_sparse[0], dense);
        true
    }
    fn hessian(&self, _: &DVector<f64>, w: &DVector<f64>) -> Option<Matrix> {
        let mut dense = DMatrix::zeros(2 + self.rows, 2);
        (dense[(0, 0)], dense[(0, 1)], dense[(1, 0)]) = (2.0 * w[0], w[1], w[1]);
        (!self.gives_no_hessian).then(|| Self::matrix(self.is_sparse[1], dense))
    }
}

/// ½ (x₀⁴ + x₀² x₁²) has the Hessian [[6 x₀² + x₁², 2 x₀ x₁], [2 x₀ x₁, x₀²]].
#[test]
fn parts_may_be_sparse_missing_or_wrong() {
    let x = DVector::from_vec(vec![2.0, 3.0]);
    let expected = DMatrix::from_row_slice(2, 2, &[33.0, 12.0, 12.0, 4.0]);
    for is_sparse in [[false, false], [false, true], [true, false], [true, true]] {
        let problem = SumOfSquares::new(ByHand { is_sparse, ..ByHand::default() });
        let mut hessian = Matrix::default();
        for _ in 0..2 {
            assert!(problem.write_hessian(&x, &mut hessian));
            assert_eq!(hessian.to_dense(), expected);
            assert_eq!(matches!(hessian, Matrix::Sparse(_)), is_sparse == [true, true]);
        }
    }
    let wrong = SumOfSquares::new(ByHand { rows: 1, ..ByHand::default() });
    assert!(wrong.hessian(&x).unwrap().to_dense().iter().all(|entry| entry.is_nan()));
    let none = SumOfSquares::new(ByHand { gives_no_hessian: true, ..ByHand::default() });
    assert!(none.hessian(&x).is_none());
    let mut second = DVector::zeros(2);
    assert!(!Oracle::new(&none).residual_second_derivative(&x, &x, &mut second));
}
