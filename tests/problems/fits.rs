//! Fits with error bars: closed forms, outliers, degenerate models, bad data.

#![cfg(feature = "fit")]

use extremum::fit::{Covariance, Loss, Robust, Status};
use extremum::{
    AutoDiff, Bounds, DMatrix, DVector, Error, LeastSquares, Matrix, Num, Problem, Random, Real,
    SumOfSquares, Termination, VectorFormula, check_derivatives, curve_fit, fit, model,
};

const LOSSES: [Loss; 5] = [Loss::Huber, Loss::SoftL1, Loss::Cauchy, Loss::Arctan, Loss::Tukey];

/// |a − b| relative to b.
fn apart(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { ((a - b) / b).abs() }
}

/// b₀ + b₁ t + b₂ t².
fn parabola(t: &[f64], y: &[f64]) -> extremum::fit::Fitting<'static> {
    curve_fit(model!(|t, b| b[0] + t * (b[1] + t * b[2])), t, y).start([0.0, 0.0, 0.0])
}

/// By the normal equations, solved by elimination: (X'WX)⁻¹ X'Wy with s², and the standard errors.
fn closed_form(t: &[f64], y: &[f64], sigma: &[f64]) -> (DVector<f64>, DVector<f64>, f64) {
    let m = t.len();
    let x = DMatrix::from_fn(m, 3, |i, j| t[i].powi(j as i32) / sigma[i]);
    let z = DVector::from_fn(m, |i, _| y[i] / sigma[i]);
    let inverse = (x.transpose() * &x).try_inverse().unwrap();
    let b = &inverse * x.transpose() * &z;
    let variance = (&z - &x * &b).norm_squared() / (m as f64 - 3.0);
    let errors = inverse.diagonal().map(|c| (c * variance).sqrt());
    (b, errors, variance.sqrt())
}

struct Data {
    t: Vec<f64>,
    y: Vec<f64>,
    sigma: Vec<f64>,
}

fn data(seed: u64) -> Data {
    let mut random = Random::new(seed);
    let t: Vec<f64> = (0..30).map(|i| -1.0 + 0.1 * f64::from(i)).collect();
    let sigma: Vec<f64> = t.iter().map(|_| random.between(0.5, 2.0)).collect();
    let noisy =
        |(t, sigma): (&f64, &f64)| 1.0 - 2.0 * t + 3.0 * t * t + 0.1 * sigma * random.normal();
    let y = t.iter().zip(&sigma).map(noisy).collect();
    Data { t, y, sigma }
}

#[test]
fn weighted_fits_of_linear_models_are_the_closed_form() {
    for seed in 0..20 {
        let Data { t, y, sigma } = data(seed);
        let (b, errors, s) = closed_form(&t, &y, &sigma);
        let weights: Vec<f64> = sigma.iter().map(|s| 7.0 / (s * s)).collect();
        let fits = [
            (parabola(&t, &y).sigma(&sigma), 1.0, s),
            (parabola(&t, &y).weights(&weights), 1.0, s * 7.0_f64.sqrt()),
            (parabola(&t, &y).absolute_sigma(&sigma), 1.0 / s, s),
        ];
        for (fitting, of_errors, deviation) in fits {
            let fit = fitting.run().unwrap();
            assert!(fit.is_converged() && fit.is_minimum(), "{fit}");
            assert!(apart(fit.residual_standard_deviation, deviation) < 1e-10, "{fit}");
            for (j, parameter) in fit.parameters.iter().enumerate() {
                assert!(apart(parameter.value, b[j]) < 1e-10, "{seed}: {fit}\n{b}");
                let error = parameter.standard_error.unwrap();
                assert!(apart(error, of_errors * errors[j]) < 1e-10, "{seed}: {fit}\n{errors}");
            }
        }
    }
}

/// The model is linear, so the Hessian is J'J; the residuals of a differenced fit are linear as well.
#[test]
fn other_ways_to_the_same_errors() {
    let Data { t, y, sigma } = data(1);
    let plain = parabola(&t, &y).sigma(&sigma).run().unwrap();
    let by_hessian = parabola(&t, &y).sigma(&sigma).covariance(Covariance::Hessian).run().unwrap();
    let differenced = parabola(&t, &y).sigma(&sigma).differenced().run().unwrap();
    let closure = |t: &[f64], b: &[f64]| b[0] + b[1] * t[0] + b[2] * t[0] * t[0];
    let by_closure = curve_fit(closure, &t, &y).start([0.0; 3]).sigma(&sigma).run().unwrap();
    let columns = curve_fit(
        model!(|[one, t, square], b| b[0] * one + b[1] * t + b[2] * square),
        [&vec![1.0; 30], &t, &t.iter().map(|t| t * t).collect()],
        &y,
    );
    let columns = columns.start([0.0; 3]).sigma(&sigma).run().unwrap();
    for (other, accuracy) in
        [(by_hessian, 1e-9), (differenced, 1e-8), (by_closure, 1e-8), (columns, 1e-10)]
    {
        assert!(other.is_converged(), "{other}");
        for (a, b) in other.parameters.iter().zip(&plain.parameters) {
            assert!(apart(a.value, b.value) < accuracy, "{other}\n{plain}");
            assert!(
                apart(a.standard_error.unwrap(), b.standard_error.unwrap()) < accuracy,
                "{other}\n{plain}"
            );
        }
        assert!((other.correlation(0, 2).unwrap() - plain.correlation(0, 2).unwrap()).abs() < 1e-7);
    }
}

/// White's covariance for the mean of y: Σ rᵢ²/(1 − 1/m)² / m².
#[test]
fn the_sandwich_of_a_mean() {
    let y = [1.0, 2.0, 4.0, 9.0];
    let fitting = curve_fit(model!(|t, b| b[0] + 0.0 * t), &[0.0; 4], &y).start([0.0]);
    let mean = fitting.covariance(Covariance::Sandwich).run().unwrap();
    let sum: f64 = y.iter().map(|y| ((y - 4.0) / 0.75).powi(2)).sum();
    assert!(apart(mean.parameters[0].standard_error.unwrap(), sum.sqrt() / 4.0) < 1e-12, "{mean}");
}

/// ρ in closed form, with numbers that are exact to rounding.
fn rho(loss: Loss, z: f64) -> f64 {
    match loss {
        Loss::Huber if z <= 1.0 => z,
        Loss::Huber => 2.0 * z.sqrt() - 1.0,
        Loss::SoftL1 => 2.0 * z / ((1.0 + z).sqrt() + 1.0),
        Loss::Cauchy => z.ln_1p(),
        Loss::Arctan => z.atan(),
        Loss::Tukey if z <= 1.0 => z * (1.0 - z + z * z / 3.0),
        Loss::Tukey => 1.0 / 3.0,
    }
}

/// r = (x, x² − 1.1, 1.2 e^x).
struct Three;

impl VectorFormula for Three {
    fn dimension(&self) -> usize {
        1
    }
    fn length(&self) -> usize {
        3
    }
    fn values<R: Real>(&self, x: &[Num<R>], r: &mut [Num<R>]) {
        (r[0], r[1], r[2]) = (x[0], x[0].powi(2) - 1.1, 1.2 * x[0].exp());
    }
}

#[test]
fn losses_are_what_they_are_called() {
    for loss in LOSSES {
        for scale in [1e-3, 1.0, 30.0] {
            let problem = SumOfSquares::new(Robust::new(AutoDiff(Three), loss, scale).unwrap());
            for x in [-3.0, -0.3, 1e-9, 0.2, 0.7, 2.0, 5.0] {
                let x = DVector::from_vec(vec![x]);
                let sum: f64 = [x[0], x[0].powi(2) - 1.1, 1.2 * x[0].exp()]
                    .iter()
                    .map(|r| 0.5 * scale * scale * rho(loss, (r / scale).powi(2)))
                    .sum();
                assert!(apart(problem.cost(&x), sum) < 1e-14, "{loss:?} {scale} {x}");
                // Gradient and Hessian against differences.
                let report = check_derivatives(&problem, &x).unwrap();
                assert!(report.passes() && report.checked >= 2, "{loss:?} {scale} {x}: {report}");
            }
        }
    }
}

/// One residual x: its transform at sizes where squares underflow and overflow.
struct One;

impl LeastSquares for One {
    fn dimension(&self) -> usize {
        1
    }
    fn residuals(&self) -> usize {
        1
    }
    fn residual(&self, x: &DVector<f64>, r: &mut DVector<f64>) {
        r[0] = x[0];
    }
    fn jacobian(&self, _: &DVector<f64>, j: &mut Matrix) -> bool {
        j.dense(1, 1)[(0, 0)] = 1.0;
        true
    }
}

#[test]
fn losses_neither_cancel_nor_overflow() {
    let mut r = DVector::zeros(1);
    let mut jacobian = Matrix::default();
    for loss in LOSSES {
        let robust = Robust::new(One, loss, 1.0).unwrap();
        for x in [0.0, 5e-324, -1e-200, 1e-12, -1e-5] {
            robust.residual(&DVector::from_vec(vec![x]), &mut r);
            robust.jacobian(&DVector::from_vec(vec![x]), &mut jacobian);
            assert!(apart(r[0], x) < 1e-9, "{loss:?} {x}: {r}");
            assert!((jacobian.dense(1, 1)[(0, 0)] - 1.0).abs() < 1e-9, "{loss:?} {x}");
        }
        let known = |x: f64| match loss {
            Loss::Huber | Loss::SoftL1 => 2.0_f64.sqrt() * x.sqrt(),
            Loss::Cauchy => (2.0 * x.ln()).sqrt(),
            Loss::Arctan => std::f64::consts::FRAC_PI_2.sqrt(),
            Loss::Tukey => (1.0_f64 / 3.0).sqrt(),
        };
        for x in [1e20, 1e99, 1e101, 1e160, 1e308] {
            robust.residual(&DVector::from_vec(vec![-x]), &mut r);
            robust.jacobian(&DVector::from_vec(vec![-x]), &mut jacobian);
            assert!(apart(-r[0], known(x)) < 1e-9, "{loss:?} {x}: {r}");
            let slope = jacobian.dense(1, 1)[(0, 0)];
            assert!((0.0..1e-9).contains(&slope), "{loss:?} {x}: {slope}");
        }
    }
}

/// The tuning constants give 95 % of the efficiency of least squares at normal errors: (E ψ')² / E ψ², by Simpson's
/// rule.
#[test]
fn tuning_has_the_efficiency_that_is_stated() {
    for loss in LOSSES {
        let c = loss.tuning();
        // ψ(r) = r ρ'(z), z = (r/c)², differenced from ρ where it is smooth.
        let psi = |r: f64| {
            let h = 1e-5 * c;
            0.5 * c * c * (rho(loss, ((r + h) / c).powi(2)) - rho(loss, ((r - h) / c).powi(2)))
                / (2.0 * h)
        };
        let (mut squares, mut products) = (0.0, 0.0);
        let (n, end) = (24_000, 12.0);
        for i in 0..=n {
            let r = end * f64::from(i) / f64::from(n);
            let weight = if i == 0 || i == n { 1.0 } else { 2.0 + 2.0 * f64::from(i % 2) };
            let density = (-0.5 * r * r).exp() / (2.0 * std::f64::consts::PI).sqrt();
            squares += weight * psi(r).powi(2) * density * 2.0 * end / f64::from(3 * n);
            // E ψ' = E r ψ for normal r.
            products += weight * r * psi(r) * density * 2.0 * end / f64::from(3 * n);
        }
        let efficiency = products * products / squares;
        assert!((efficiency - 0.95).abs() < 1e-5, "{loss:?}: {efficiency}");
    }
}

/// A fifth of the data is off by a hundred standard deviations, to both sides.
#[test]
fn outliers_move_a_robust_line_by_less_than_a_percent() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let t: Vec<f64> = (0..100).map(|i| 0.1 * f64::from(i)).collect();
        let clean: Vec<f64> = t.iter().map(|t| 20.0 + 3.0 * t + 0.1 * random.normal()).collect();
        let line = |y: &[f64]| curve_fit(model!(|t, b| b[0] + b[1] * t), &t, y).start([0.0, 0.0]);
        let reference = line(&clean).run().unwrap();
        let mut y = clean.clone();
        for (i, y) in y.iter_mut().enumerate().filter(|(i, _)| i % 5 == 2) {
            *y += if i % 2 == 0 { 10.0 } else { -10.0 };
        }
        for loss in LOSSES {
            let robust = line(&y).loss(loss).run().unwrap();
            assert!(robust.is_converged(), "{robust}");
            let scale = robust.scale.unwrap();
            assert!(scale.is_settled && scale.fits > 0, "{robust}");
            for (a, b) in robust.parameters.iter().zip(&reference.parameters) {
                let is_near = apart(a.value, b.value) < 0.01;
                assert!(is_near, "{loss:?} {seed}: {robust}\n{reference}");
                // Errors of that size too, not of the outliers'.
                let ratio = a.standard_error.unwrap() / b.standard_error.unwrap();
                assert!((0.7..2.5).contains(&ratio), "{loss:?} {seed}: {robust}\n{reference}");
            }
        }
    }
}

#[test]
fn what_the_data_do_not_tell_is_named() {
    let Data { t, y, .. } = data(3);
    // Only the product of b₀ and b₁ matters.
    let product = curve_fit(model!(|t, b| b[0] * b[1] * t + b[2]), &t, &y);
    let fit = product.start([1.0, 1.0, 0.0]).names(["a", "b", "c"]).run().unwrap();
    let statuses: Vec<Status> = fit.parameters.iter().map(|p| p.status).collect();
    assert_eq!(statuses, [Status::NotTold, Status::NotTold, Status::Fitted], "{fit}");
    assert_eq!(fit.parameters[0].standard_error, Some(f64::INFINITY));
    assert!(fit.parameters[2].standard_error.unwrap().is_finite());
    assert!(fit.correlation(0, 1).is_none() && !fit.is_minimum());
    assert!(fit.to_string().contains("only a combination of a and b"), "{fit}");
    // The curve is told all the same.
    let bands = fit.predict(&[0.5]).unwrap();
    assert!(bands.confidence[0].is_finite(), "{bands:?}");

    // With one of them fixed, the other has the error of the slope.
    let product = curve_fit(model!(|t, b| b[0] * b[1] * t + b[2]), &t, &y);
    let fixed = product.start([2.0, 1.0, 0.0]).fix(0).run().unwrap();
    let line = curve_fit(model!(|t, b| b[0] * t + b[1]), &t, &y).start([0.0, 0.0]).run().unwrap();
    assert_eq!(fixed.parameters[0].status, Status::Fixed);
    let [a, b] = [&fixed.parameters[1], &line.parameters[0]].map(|p| p.standard_error.unwrap());
    assert!(apart(2.0 * a, b) < 1e-9 && fixed.is_minimum(), "{fixed}\n{line}");

    // The model does not change with a parameter.
    let idle =
        curve_fit(model!(|t, b| b[0] * t + 0.0 * b[1]), &t, &y).start([1.0, 5.0]).run().unwrap();
    assert_eq!(idle.parameters[1].status, Status::NotTold);
    assert!(idle.to_string().contains("does not change with b[1]"), "{idle}");
}

#[test]
fn exact_fits_and_few_data() {
    let t = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let y = t.map(|t: f64| 3.0 * (-0.5 * t).exp() + 1.0);
    let decay = || model!(|t, b| b[0] * (-b[1] * t).exp() + b[2]);
    let exact = curve_fit(decay(), &t, &y).start([1.0, 1.0, 0.0]).run().unwrap();
    assert!(exact.is_converged(), "{exact}");
    for (b, known) in exact.values().iter().zip([3.0, 0.5, 1.0]) {
        assert!(apart(*b, known) < 1e-12, "{exact}");
    }
    // As many parameters as data: no errors.
    let none = curve_fit(decay(), &t[..3], &y[..3]).start([1.0, 1.0, 0.0]).run().unwrap();
    assert!(none.is_converged() && apart(none.values()[1], 0.5) < 1e-9, "{none}");
    assert_eq!(none.degrees_of_freedom, 0);
    assert!(none.parameters.iter().all(|p| p.standard_error.is_none()), "{none}");
    assert!(none.to_string().contains("no degree of freedom"), "{none}");
    assert!(none.profile(0).is_err() && none.covariances().is_none());
    // More.
    let fewer = curve_fit(decay(), &t[..2], &y[..2]).start([1.0, 1.0, 0.0]).run().unwrap();
    assert!(fewer.parameters.iter().any(|p| p.status == Status::NotTold), "{fewer}");
    assert!(fewer.sum_of_squares < 1e-20, "{fewer}");
}

#[test]
fn bounds_hold_and_are_named() {
    let Data { t, y, sigma } = data(4);
    let bounds = Bounds::unbounded(3).limit(0, 2.0..).unwrap();
    let start = [3.0, 0.0, 0.0];
    let held = parabola(&t, &y).start(start).sigma(&sigma).bounds(bounds).run().unwrap();
    assert_eq!(held.parameters[0].status, Status::AtLowerBound, "{held}");
    assert_eq!((held.parameters[0].value, held.parameters[0].standard_error), (2.0, None));
    assert!(held.is_converged() && held.is_minimum(), "{held}");
    // The others are as if it were fixed there.
    let fixed = parabola(&t, &y).start([2.0, 0.0, 0.0]).fix(0).sigma(&sigma).run().unwrap();
    for (a, b) in held.parameters.iter().zip(&fixed.parameters).skip(1) {
        assert!(apart(a.value, b.value) < 1e-8, "{held}\n{fixed}");
        assert!(apart(a.standard_error.unwrap(), b.standard_error.unwrap()) < 1e-8);
    }
}

/// The unit of y changes nothing but that.
#[test]
fn sizes_of_y_from_1e_300_to_1e300() {
    let Data { t, y, .. } = data(5);
    let plain = curve_fit(model!(|t, b| b[0] * (b[1] * t).exp()), &t, &y).start([1.0, 0.1]);
    let plain = plain.run().unwrap();
    for unit in [1e-300, 1e-150, 1e150, 1e300] {
        let scaled: Vec<f64> = y.iter().map(|y| y * unit).collect();
        let fitting = curve_fit(model!(|t, b| b[0] * (b[1] * t).exp()), &t, &scaled);
        let fit = fitting.start([unit, 0.1]).run().unwrap();
        assert!(fit.is_converged() && fit.is_minimum() == plain.is_minimum(), "{unit:e}: {fit}");
        let error =
            |fit: &extremum::fit::Fit<'_>, j: usize| fit.parameters[j].standard_error.unwrap();
        assert!(apart(fit.values()[0], unit * plain.values()[0]) < 1e-9, "{unit:e}: {fit}");
        assert!(apart(fit.values()[1], plain.values()[1]) < 1e-9, "{unit:e}: {fit}");
        assert!(apart(error(&fit, 0), unit * error(&plain, 0)) < 1e-9, "{unit:e}: {fit}");
        assert!(apart(error(&fit, 1), error(&plain, 1)) < 1e-9, "{unit:e}: {fit}");
    }
}

#[test]
fn bad_calls_are_refused_before_a_step() {
    let (t, y) = ([0.0, 1.0, 2.0], [1.0, 2.0, 4.0]);
    let line = || model!(|t, b| b[0] + b[1] * t);
    let data = |t: &[f64], y: &[f64]| curve_fit(line(), t, y).start([0.0, 0.0]).run().err();
    assert!(matches!(
        data(&[0.0, f64::NAN, 1.0], &y),
        Some(Error::Data { what: "t", index: 1, .. })
    ));
    assert!(matches!(
        data(&t, &[0.0, 1.0, f64::INFINITY]),
        Some(Error::Data { what: "y", index: 2, .. })
    ));
    assert!(matches!(data(&t, &y[..2]), Some(Error::Fit { .. })));
    assert!(matches!(data(&[], &[]), Some(Error::Fit { .. })));
    let good = || curve_fit(line(), &t, &y).start([0.0, 0.0]);
    let refused = [
        curve_fit(line(), &t, &y),
        curve_fit(line(), [&t, &t], &y).start([0.0, 0.0]),
        curve_fit(line(), [&t[..], &t[..2]], &y).start([0.0, 0.0]),
        good().start([]),
        good().start([0.0, f64::NAN]),
        good().sigma(&[1.0, 1.0]),
        good().sigma(&[1.0, 0.0, 1.0]),
        good().weights(&[1.0, -1.0, 1.0]),
        good().weights(&[0.0; 3]),
        good().weights(&[1.0, f64::NAN, 1.0]),
        good().names(["a"]),
        good().fix(2),
        good().fix(0).fix(1),
        good().confidence(1.0),
        good().loss_with_scale(Loss::Huber, 0.0),
        good().loss(Loss::Huber).covariance(Covariance::Hessian),
        good().bounds(Bounds::unbounded(3)),
        good().bounds(Bounds::unbounded(2).limit(0, 1.0..).unwrap()),
    ];
    for (k, fitting) in refused.into_iter().enumerate() {
        assert!(fitting.run().is_err(), "{k}");
    }
    // A model that overflows at the start names the point.
    let steep = curve_fit(model!(|t, b| (b[0] * t).exp()), &t, &y).start([1000.0]).run();
    assert!(matches!(steep, Err(Error::Data { index: 1, .. })), "{steep:?}");
    // A residual too many, and a start of another length.
    assert!(matches!(fit(One).start([1.0, 2.0]).run(), Err(Error::Dimension { .. })));
    assert!(good().run().unwrap().predict([&t, &t]).is_err());
    assert!(fit(One).start([1.0]).run().unwrap().predict(&t).is_err());
}

/// A data point that nothing can reach is left out by its weight.
#[test]
fn points_of_weight_zero_do_not_count() {
    let Data { t, mut y, .. } = data(6);
    let without = parabola(&t[1..], &y[1..]).run().unwrap();
    y[0] = 1e6;
    let mut weights = vec![1.0; 30];
    weights[0] = 0.0;
    let with = parabola(&t, &y).weights(&weights).run().unwrap();
    assert_eq!(with.degrees_of_freedom, without.degrees_of_freedom);
    for (a, b) in with.parameters.iter().zip(&without.parameters) {
        assert!(apart(a.value, b.value) < 1e-10, "{with}\n{without}");
        assert!(apart(a.standard_error.unwrap(), b.standard_error.unwrap()) < 1e-10);
    }
    assert!(apart(with.r_squared.unwrap(), without.r_squared.unwrap()) < 1e-10);
}

/// A budget is one, and what it leaves unfinished is not called converged.
#[test]
fn limits_end_a_fit_truthfully() {
    let Data { t, y, .. } = data(7);
    let hard = curve_fit(model!(|t, b| b[0] * (b[1] * t).exp() + b[2]), &t, &y);
    let fit = hard.start([-10.0, -3.0, 5.0]).max_evaluations(3).run().unwrap();
    assert!(matches!(fit.termination, Termination::MaxEvaluations { limit: 3 }), "{fit}");
    assert!(!fit.is_converged() && fit.to_string().contains("max_evaluations"), "{fit}");
}

/// Bates and Watts (1988), section 6.1.1: for one parameter the profile is S itself, here a parabola in e^b.
#[test]
fn profiles_of_a_curved_parameter() {
    let y = [1.0, 2.0, 3.0, 4.5];
    let fit =
        curve_fit(model!(|t, b| b[0].exp() + 0.0 * t), &[0.0; 4], &y).start([0.0]).run().unwrap();
    let mean = y.iter().sum::<f64>() / 4.0;
    let s = (y.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / 3.0).sqrt();
    let half = fit.quantile() * s / 2.0;
    let profile = fit.profile(0).unwrap();
    assert!((profile.interval[1] - (mean + half).ln()).abs() < 1e-5, "{profile:?}");
    assert!((profile.interval[0] - (mean - half).ln()).abs() < 1e-5, "{profile:?}");
    assert!(profile.better.is_none());
    // S stays below its limit for all lower b when the interval of the mean contains 0.
    let wide = curve_fit(model!(|t, b| b[0].exp() + 0.0 * t), &[0.0; 4], &[-1.0, 2.0, 3.0, 0.5]);
    let profile = wide.start([0.0]).run().unwrap().profile(0).unwrap();
    assert_eq!(profile.interval[0], f64::NEG_INFINITY, "{profile:?}");
    assert!(profile.interval[1].is_finite(), "{profile:?}");
}

/// More than half of the residuals vanish at the fit, so that their median is no scale.
#[test]
fn an_outlier_on_an_exact_line() {
    let t: Vec<f64> = (0..20).map(|i| 0.5 * f64::from(i)).collect();
    let mut y: Vec<f64> = t.iter().map(|t| 2.0 * t + 1.0).collect();
    y[4] = 100.0;
    for loss in [Loss::Huber, Loss::Tukey] {
        let line = curve_fit(model!(|t, b| b[0] + b[1] * t), &t, &y).start([0.0, 0.0]);
        let fit = line.loss(loss).run().unwrap();
        assert!(apart(fit.values()[0], 1.0) < 1e-9 && apart(fit.values()[1], 2.0) < 1e-9, "{fit}");
    }
}
