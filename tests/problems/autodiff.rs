//! Derivatives of formulas against derivatives worked out by hand.

#![cfg(feature = "autodiff")]

use std::f64::consts::{LN_2, LN_10};

use extremum::{AutoDiff, DMatrix, DVector, Formula, Matrix, Num, Problem, Real, problem};

/// Cost, gradient and Hessian of `problem` at `x`, after checking that the Hessian is exactly symmetric and that
/// the four ways to ask agree.
fn derivatives(problem: &dyn Problem, x: &[f64]) -> (f64, DVector<f64>, DMatrix<f64>) {
    let n = x.len();
    assert_eq!(problem.dimension(), n);
    let x = DVector::from_column_slice(x);
    let mut gradient = DVector::from_element(n, f64::NAN);
    let cost = problem.cost_and_gradient(&x, &mut gradient);
    assert_eq!(cost.to_bits(), problem.cost(&x).to_bits(), "value of {n} variables");
    let mut alone = DVector::from_element(n, f64::NAN);
    problem.gradient(&x, &mut alone);
    assert_eq!(gradient.map(f64::to_bits), alone.map(f64::to_bits));
    let Some(Matrix::Dense(hessian)) = problem.hessian(&x) else { panic!("no dense Hessian") };
    assert_eq!(hessian, hessian.transpose());
    let v = DVector::from_fn(n, |i, _| 1.0 - 0.3 * i as f64);
    let mut product = DVector::from_element(n, f64::NAN);
    assert!(problem.hessian_product(&x, &v, &mut product));
    let scale = hessian.amax() * v.amax() * n as f64;
    assert!((product - &hessian * &v).amax() <= 1e-14 * scale, "product of {n} variables");
    (cost, gradient, hessian)
}

#[track_caller]
fn assert_close(actual: f64, expected: f64, scale: f64, what: &str) {
    let error = (actual - expected).abs();
    assert!(error <= 4e-15 * scale.max(expected.abs()), "{what}: {actual:e}, by hand {expected:e}");
}

struct Rosenbrock(usize);

impl Formula for Rosenbrock {
    fn dimension(&self) -> usize {
        self.0
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        x.windows(2).map(|w| 100.0 * (w[1] - w[0].powi(2)).powi(2) + (1.0 - w[0]).powi(2)).sum()
    }
}

struct LogSumExp(usize);

impl Formula for LogSumExp {
    fn dimension(&self) -> usize {
        self.0
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        x.iter().map(|x| x.exp()).sum::<Num<R>>().ln()
    }
}

/// Nowhere near a minimum, and no two coordinates alike.
fn point(n: usize) -> Vec<f64> {
    (0..n).map(|i| (1.7 * i as f64 - 1.2).sin() * 1.5).collect()
}

/// The published values at the published start (Moré, Garbow and Hillstrom 1981, problem 1).
#[test]
fn rosenbrock_at_its_start() {
    let (cost, gradient, hessian) = derivatives(&AutoDiff(Rosenbrock(2)), &[-1.2, 1.0]);
    assert_close(cost, 24.2, 0.0, "cost");
    assert_close(gradient[0], -215.6, 0.0, "gradient");
    assert_close(gradient[1], -88.0, 0.0, "gradient");
    assert_eq!(hessian.as_slice(), [1330.0, 480.0, 480.0, 200.0]);
}

/// ∂f/∂xᵢ = 200 rᵢ₋₁ - 400 xᵢ rᵢ - 2 (1 - xᵢ) with rᵢ = xᵢ₊₁ - xᵢ², and a tridiagonal Hessian. Every size of chunk
/// and block, whole and broken ones.
#[test]
fn rosenbrock_chain() {
    for n in [2, 3, 4, 5, 8, 9, 16, 17, 20] {
        let x = point(n);
        let (cost, gradient, hessian) = derivatives(&AutoDiff(Rosenbrock(n)), &x);
        let r = |i: usize| x[i + 1] - x[i] * x[i];
        let by_hand = (0..n - 1).map(|i| 100.0 * r(i).powi(2) + (1.0 - x[i]).powi(2)).sum();
        assert_close(cost, by_hand, 0.0, "cost");
        let mut g = DVector::zeros(n);
        let mut h = DMatrix::zeros(n, n);
        for i in 0..n - 1 {
            g[i] += -400.0 * x[i] * r(i) - 2.0 * (1.0 - x[i]);
            g[i + 1] += 200.0 * r(i);
            h[(i, i)] += 1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0;
            h[(i + 1, i + 1)] += 200.0;
            h[(i, i + 1)] = -400.0 * x[i];
            h[(i + 1, i)] = -400.0 * x[i];
        }
        for i in 0..n {
            assert_close(gradient[i], g[i], 1000.0, "gradient");
            for j in 0..n {
                assert_close(hessian[(i, j)], h[(i, j)], 2000.0, "Hessian");
            }
        }
    }
}

/// ∇f = p and ∇²f = diag(p) - p pᵀ with p = exp(x) / Σ exp(x): no entry of the Hessian is zero.
#[test]
fn log_sum_exp() {
    for n in [1, 2, 3, 4, 5, 8, 9, 16, 17, 20] {
        let x = point(n);
        let (_, gradient, hessian) = derivatives(&AutoDiff(&LogSumExp(n)), &x);
        let total: f64 = x.iter().map(|x| x.exp()).sum();
        let p = DVector::from_fn(n, |i, _| x[i].exp() / total);
        let h = DMatrix::from_diagonal(&p) - &p * p.transpose();
        for i in 0..n {
            assert_close(gradient[i], p[i], 0.0, "gradient");
            for j in 0..n {
                assert_close(hessian[(i, j)], h[(i, j)], 1.0, "Hessian");
            }
        }
    }
}

/// A function of one variable on `f64`, its first and second derivatives, and where to look.
struct Row {
    name: &'static str,
    value: fn(f64) -> f64,
    first: fn(f64) -> f64,
    second: fn(f64) -> f64,
    at: &'static [f64],
}

/// The rows, and `Nth(i)`: the function of row i as a formula. One formula for all, because each takes a second to
/// compile.
macro_rules! table {
    ($(|$x:ident| $value:expr, $first:expr, $second:expr, $at:expr;)+) => {
        #[expect(unused_variables, reason = "some derivatives are constants")]
        const TABLE: &[Row] = &[$(Row {
            name: stringify!($value),
            value: |$x| $value,
            first: |$x| $first,
            second: |$x| $second,
            at: &$at,
        }),+];

        struct Nth(usize);

        impl Formula for Nth {
            fn dimension(&self) -> usize {
                1
            }
            fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
                let functions: &[fn(Num<R>) -> Num<R>] = &[$(|$x| $value),+];
                functions[self.0](x[0])
            }
        }
    };
}

const ANYWHERE: [f64; 7] = [-2.3, -1.0, -0.4, 0.0, 1e-3, 0.7, 3.1];
const POSITIVE: [f64; 5] = [1e-6, 0.3, 1.0, 2.5, 40.0];
const INSIDE: [f64; 5] = [-0.9, -0.3, 0.0, 0.1, 0.8];

table! {
    |x| x.sqrt(), 0.5 / x.sqrt(), -0.25 / (x * x.sqrt()), POSITIVE;
    |x| x.cbrt(), x.cbrt() / (3.0 * x), -2.0 * x.cbrt() / (9.0 * x * x), POSITIVE;
    |x| x.exp(), x.exp(), x.exp(), ANYWHERE;
    |x| x.exp2(), LN_2 * x.exp2(), LN_2 * LN_2 * x.exp2(), ANYWHERE;
    |x| x.exp_m1(), x.exp(), x.exp(), ANYWHERE;
    |x| x.ln(), 1.0 / x, -1.0 / (x * x), POSITIVE;
    |x| x.ln_1p(), 1.0 / (1.0 + x), -1.0 / ((1.0 + x) * (1.0 + x)), POSITIVE;
    |x| x.log2(), 1.0 / (LN_2 * x), -1.0 / (LN_2 * x * x), POSITIVE;
    |x| x.log10(), 1.0 / (LN_10 * x), -1.0 / (LN_10 * x * x), POSITIVE;
    |x| x.recip(), -1.0 / (x * x), 2.0 / (x * x * x), POSITIVE;
    |x| 1.0 / x, -1.0 / (x * x), 2.0 / (x * x * x), POSITIVE;
    |x| x / 3.0, 1.0 / 3.0, 0.0, ANYWHERE;
    |x| -x, -1.0, 0.0, ANYWHERE;
    |x| x.sin(), x.cos(), -x.sin(), ANYWHERE;
    |x| x.cos(), -x.sin(), -x.cos(), ANYWHERE;
    |x| x.tan(), 1.0 / x.cos().powi(2), 2.0 * x.tan() / x.cos().powi(2), ANYWHERE;
    |x| x.asin(), 1.0 / (1.0 - x * x).sqrt(), x / (1.0 - x * x).powf(1.5), INSIDE;
    |x| x.acos(), -1.0 / (1.0 - x * x).sqrt(), -x / (1.0 - x * x).powf(1.5), INSIDE;
    |x| x.atan(), 1.0 / (1.0 + x * x), -2.0 * x / (1.0 + x * x).powi(2), ANYWHERE;
    |x| x.sinh(), x.cosh(), x.sinh(), ANYWHERE;
    |x| x.cosh(), x.sinh(), x.cosh(), ANYWHERE;
    |x| x.tanh(), 1.0 / x.cosh().powi(2), -2.0 * x.tanh() / x.cosh().powi(2), [-800.0, -20.0, -0.5, 0.0, 1e-3, 2.0, 300.0];
    |x| x.asinh(), 1.0 / (1.0 + x * x).sqrt(), -x / (1.0 + x * x).powf(1.5), ANYWHERE;
    |x| x.acosh(), 1.0 / (x * x - 1.0).sqrt(), -x / (x * x - 1.0).powf(1.5), [1.5, 2.0, 30.0];
    |x| x.atanh(), 1.0 / (1.0 - x * x), 2.0 * x / (1.0 - x * x).powi(2), INSIDE;
    |x| x.abs(), x.signum(), 0.0, ANYWHERE;
    |x| x.powi(-2), -2.0 / (x * x * x), 6.0 / (x * x * x * x), POSITIVE;
    |x| x.powi(0), 0.0, 0.0, ANYWHERE;
    |x| x.powi(1), 1.0, 0.0, ANYWHERE;
    |x| x.powi(2), 2.0 * x, 2.0, ANYWHERE;
    |x| x.powi(3), 3.0 * x * x, 6.0 * x, ANYWHERE;
    |x| x.powi(4), 4.0 * x * x * x, 12.0 * x * x, ANYWHERE;
    |x| x.powi(5), 5.0 * x * x * x * x, 20.0 * x * x * x, ANYWHERE;
    |x| x.powf(0.0), 0.0, 0.0, ANYWHERE;
    |x| x.powf(1.0), 1.0, 0.0, ANYWHERE;
    |x| x.powf(2.0), 2.0 * x, 2.0, ANYWHERE;
    |x| x.powf(2.5), 2.5 * x.powf(1.5), 3.75 * x.sqrt(), [0.0, 0.3, 1.0, 7.0];
    |x| x.powf(-0.5), -0.5 / (x * x.sqrt()), 0.75 / (x * x * x.sqrt()), POSITIVE;
}

#[test]
fn functions_of_one_variable() {
    for (i, row) in TABLE.iter().enumerate() {
        for &x in row.at {
            let (cost, gradient, hessian) = derivatives(&AutoDiff(Nth(i)), &[x]);
            let what = format!("{} at {x}", row.name);
            assert_eq!(cost.to_bits(), (row.value)(x).to_bits(), "{what}");
            assert_close(gradient[0], (row.first)(x), 0.0, &format!("first derivative of {what}"));
            assert_close(
                hessian[(0, 0)],
                (row.second)(x),
                0.0,
                &format!("second derivative of {what}"),
            );
        }
    }
}

/// Gradient and Hessian by hand: `[∂x, ∂y]` and `[∂xx, ∂xy, ∂yy]`.
fn assert_binary(problem: &dyn Problem, at: [f64; 2], value: f64, g: [f64; 2], h: [f64; 3]) {
    let (cost, gradient, hessian) = derivatives(problem, &at);
    assert_eq!(cost.to_bits(), value.to_bits(), "value at {at:?}");
    for (actual, expected) in gradient.iter().zip(g) {
        assert_close(*actual, expected, 0.0, "gradient");
    }
    for (actual, expected) in [(0, 0), (0, 1), (1, 1)].map(|entry| hessian[entry]).iter().zip(h) {
        assert_close(*actual, expected, h[1].abs(), "Hessian");
    }
}

#[test]
fn functions_of_two_variables() {
    let angle = problem!(2, |x| x[1].atan2(x[0]));
    for (x, y) in
        [(1.0, 0.5), (-1.0, 0.5), (-2.0, -3.0), (0.3, -4.0), (0.0, 2.0), (0.0, -2.0), (-1.0, 0.0)]
    {
        let r2: f64 = x * x + y * y;
        let h = [2.0 * x * y / r2.powi(2), (y * y - x * x) / r2.powi(2), -2.0 * x * y / r2.powi(2)];
        assert_binary(&angle, [x, y], f64::atan2(y, x), [-y / r2, x / r2], h);
    }
    let power = problem!(2, |x| x[0].pow(x[1]));
    for (x, y) in [(2.0_f64, 3.0_f64), (0.4, -1.5), (7.0, 0.0), (1.0, 2.0)] {
        let (f, l) = (x.powf(y), x.ln());
        let h = [y * (y - 1.0) * f / (x * x), f / x * (1.0 + y * l), f * l * l];
        assert_binary(&power, [x, y], f, [y * f / x, f * l], h);
    }
    let quotient = problem!(2, |x| x[0] / x[1]);
    for (x, y) in [(1.0, 3.0), (-0.7, 49.0), (0.0, -5.0)] {
        let h = [0.0, -1.0 / (y * y), 2.0 * x / (y * y * y)];
        assert_binary(&quotient, [x, y], x / y, [1.0 / y, -x / (y * y)], h);
    }
    let product = problem!(2, |x| x.iter().product());
    assert_binary(&product, [3.0, -2.0], -6.0, [-2.0, 3.0], [0.0, 1.0, 0.0]);
}

/// The value decides between two numbers, and brings its derivatives along.
#[test]
fn minima_and_maxima() {
    let larger = problem!(2, |x| (2.0 * x[0]).max(x[1]).max(-5.0));
    let smaller = problem!(2, |x| (2.0 * x[0]).min(x[1]).min(50.0));
    assert_eq!(derivatives(&larger, &[3.0, 4.0]).1.as_slice(), [2.0, 0.0]);
    assert_eq!(derivatives(&larger, &[1.0, 4.0]).1.as_slice(), [0.0, 1.0]);
    assert_eq!(derivatives(&larger, &[2.0, 4.0]).1.as_slice(), [2.0, 0.0]);
    assert_eq!(derivatives(&larger, &[-7.0, -8.0]).1.as_slice(), [0.0, 0.0]);
    assert_eq!(derivatives(&smaller, &[3.0, 4.0]).1.as_slice(), [0.0, 1.0]);
    assert_eq!(derivatives(&smaller, &[1.0, 4.0]).1.as_slice(), [2.0, 0.0]);
    let nan = Num::<f64>::from(f64::NAN);
    assert_eq!(nan.max(1.0), 1.0);
    assert_eq!(Num::<f64>::from(1.0).min(nan), 1.0);
    assert!(!nan.is_finite());
}

#[test]
fn a_branch_looks_at_the_value() {
    let huber =
        problem!(1, |x| if x[0].abs() <= 1.0 { 0.5 * x[0] * x[0] } else { x[0].abs() - 0.5 });
    assert_eq!(derivatives(&huber, &[0.5]).1[0], 0.5);
    assert_eq!(derivatives(&huber, &[-4.0]).1[0], -1.0);
    let one = Num::<f64>::from(1.0);
    let comparisons = [one < 2.0, 2.0 > one, one == 1.0, 1.0 == one, one >= Num::from(1.0)];
    assert_eq!(comparisons, [true; 5]);
}

/// Every operator, by value and by reference, with a number on either side: 2 x² and its derivatives.
#[test]
fn operators_in_every_form() {
    let problem = problem!(1, |x| {
        let (a, b, two) = (x[0], &x[0], &2.0);
        let mut total = a * b + b * a + b * b + a * a; // 4 x²
        total += 2.0 * a - a * 2.0 + two * b - b * two + 2.0 * b - two * a;
        total -= a + 1.0 - (1.0 + b) + (b - two) - (two - b) + 4.0 - (b + two) + (two + a); // 2 x
        total += a / b - b / a + b / b - a / a + (2.0 / a) * (b / two) - (two / b) * (a / 2.0);
        total += -a - -b + [a, *b].iter().sum::<Num<R>>();
        total *= a / 2.0;
        total /= b;
        total += 1.0;
        total -= 1.0;
        total *= two;
        total /= 2.0;
        total
    });
    let (cost, gradient, hessian) = derivatives(&problem, &[3.0]);
    assert_close(cost, 18.0, 0.0, "cost");
    assert_close(gradient[0], 12.0, 0.0, "gradient");
    assert_close(hessian[(0, 0)], 4.0, 0.0, "Hessian");
}

/// The value does not depend on whether derivatives are asked for: not by one bit, for no size of chunk.
#[test]
fn values_are_those_of_the_cost() {
    struct Mixed(usize);
    impl Formula for Mixed {
        fn dimension(&self) -> usize {
            self.0
        }
        fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
            let mut total = Num::from(0.1);
            for (i, x) in x.iter().enumerate() {
                let y = x / (1.3 + x * x) + x.powi(i as i32 % 9 - 3);
                total += y.tanh() / 7.0 + y.tan() + y.abs().powf(1.7) / (y + 3.3);
                total += (y * y + 0.1).pow(*x) + y.atan2(*x) - y.cbrt() * total.ln_1p();
            }
            total
        }
    }
    for n in 1..=20 {
        for shift in 0..50 {
            let x = DVector::from_fn(n, |i, _| ((i * 37 + shift * 11) as f64).cos() * 2.0);
            let mut gradient = DVector::zeros(n);
            let problem = AutoDiff(Mixed(n));
            let value = problem.cost_and_gradient(&x, &mut gradient);
            assert_eq!(value.to_bits(), problem.cost(&x).to_bits(), "n = {n}");
        }
    }
}

/// A formula may evaluate another problem: here it minimises over y by hand, and calls the inner gradient.
#[test]
fn a_formula_inside_a_formula() {
    struct Outer;
    impl Formula for Outer {
        fn dimension(&self) -> usize {
            2
        }
        fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
            let inner = AutoDiff(Rosenbrock(2));
            let mut gradient = DVector::zeros(2);
            inner.gradient(&DVector::from_vec(vec![-1.2, 1.0]), &mut gradient);
            gradient[0] * x[0] + gradient[1] * x[1] * x[1]
        }
    }
    let (_, gradient, _) = derivatives(&AutoDiff(Outer), &[1.0, 1.0]);
    assert_close(gradient[0], -215.6, 0.0, "gradient");
    assert_close(gradient[1], -176.0, 0.0, "gradient");
}

#[test]
fn constants_and_points_outside_the_domain() {
    let constant = problem!(3, |x| Num::from(x.len() as f64));
    let (cost, gradient, hessian) = derivatives(&constant, &[1.0, 2.0, 3.0]);
    assert_eq!((cost, gradient.amax(), hessian.amax()), (3.0, 0.0, 0.0));

    let barrier =
        problem!(2, |x| if x[0] > 0.0 { x[1] - x[0].ln() } else { Num::from(f64::INFINITY) });
    let outside = DVector::from_vec(vec![-1.0, 0.0]);
    let mut gradient = DVector::zeros(2);
    assert_eq!(barrier.cost_and_gradient(&outside, &mut gradient), f64::INFINITY);
    assert!(gradient.iter().all(|entry| entry.is_nan()));
    let Some(Matrix::Dense(hessian)) = barrier.hessian(&outside) else { panic!("no Hessian") };
    assert!(hessian.iter().all(|entry| entry.is_nan()));

    let nothing = problem!(0, |_x| Num::from(2.0));
    assert_eq!(derivatives_of_nothing(&nothing), 2.0);
}

/// Zero variables: a value, and empty derivatives.
fn derivatives_of_nothing(problem: &dyn Problem) -> f64 {
    let (x, mut gradient) = (DVector::zeros(0), DVector::zeros(0));
    assert_eq!(problem.hessian(&x).map(|hessian| hessian.rows()), Some(0));
    assert!(problem.hessian_product(&x, &x, &mut gradient));
    problem.cost_and_gradient(&x, &mut gradient)
}

/// `with` borrows a vector, a slice, an array and a number, and the dimension may be computed.
#[test]
fn a_problem_from_local_variables() {
    let t = vec![0.0, 1.0, 2.0];
    let data = [1.0, 3.0, 5.0, 7.0];
    let y = &data[..3];
    let weights = [1.0, 2.0, 1.0];
    let ridge = 0.5;
    let n = t.len() - 1;
    let line = problem!(n, with(t: [f64], y: [f64], weights: [f64; 3], ridge: f64,), |b| {
        let misfit: Num<R> =
            t.iter().zip(y).zip(weights).map(|((t, y), w)| w * (y - b[0] - b[1] * t).powi(2)).sum();
        misfit + ridge * b[1].powi(2)
    });
    // Normal equations at b = 0: gradient -2 Σ w y (1, t), Hessian 2 Σ w (1, t)(1, t)ᵀ + ridge.
    let (cost, gradient, hessian) = derivatives(&line, &[0.0, 0.0]);
    assert_eq!(cost, 44.0);
    assert_eq!(gradient.as_slice(), [-24.0, -32.0]);
    assert_eq!(hessian.as_slice(), [8.0, 8.0, 8.0, 13.0]);
}

/// Many threads, one problem: each has buffers of its own.
#[test]
fn threads_share_a_problem() {
    let problem = AutoDiff(LogSumExp(20));
    let x = point(20);
    let (_, expected, _) = derivatives(&problem, &x);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(derivatives(&problem, &x).1, expected));
        }
    });
}
