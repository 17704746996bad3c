//! Classification, verification and factorizations.

use std::sync::Mutex;

use extremum::first_order::{Adam, Momentum, Rule, Sgd, UpdaterState};
use extremum::functions::{global, large};
use extremum::stationary::{Reason, Side};
use extremum::tuning::LrRangeTest;
use extremum::{
    Batches, Bfgs, Bounded, Bounds, DMatrix, DVector, Error, FiniteSum, Kind, Lbfgs, Matrix,
    Minimizer, Mismatch, MultiStart, Newton, Num, Problem, Sum, check_derivatives, classify,
    from_fn, minimize, problem,
};

fn point(x: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(x)
}

/// A problem that keeps every point it is asked for, and may hide derivatives that it has.
struct Recorded<'a> {
    problem: &'a dyn Problem,
    bounds: Option<Bounds>,
    gradient: bool,
    hessian: bool,
    points: Mutex<Vec<DVector<f64>>>,
}

impl<'a> Recorded<'a> {
    fn new(problem: &'a dyn Problem, bounds: Option<Bounds>, form: &str) -> Self {
        let (gradient, hessian) = (form != "cost", form == "hessian");
        Self { problem, bounds, gradient, hessian, points: Mutex::new(Vec::new()) }
    }
    fn record(&self, x: &DVector<f64>) {
        self.points.lock().unwrap().push(x.clone());
    }
    fn points(self) -> Vec<DVector<f64>> {
        self.points.into_inner().unwrap()
    }
}

impl Problem for Recorded<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.record(x);
        self.problem.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.record(x);
        self.problem.gradient(x, gradient);
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        self.record(x);
        self.hessian.then(|| self.problem.hessian(x)).flatten()
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }
    fn has_gradient(&self) -> bool {
        self.gradient
    }
}

/// A problem, a point, the two corners of its box, the verdict, and the variables at their bounds.
type Case<'a> = (&'a dyn Problem, [f64; 2], [f64; 2], [f64; 2], Kind, &'a [(usize, Side)]);

const FORMS: [&str; 3] = ["hessian", "gradient", "cost"];

/// Minima within boxes worked out by hand, and what is no minimum there: the verdict, the variables at their bounds, and no
/// evaluation outside.
#[test]
fn points_on_bounds_are_judged_by_multipliers_and_the_free_variables() {
    use Side::{Fixed, Lower, Upper};
    // The second component of the gradient of each is that of a valley, the first is at a bound.
    let bowl = problem!(2, |x| (x[0] - 2.0).powi(2) + x[0] * x[1] + x[1].powi(2));
    let corner = problem!(2, |x| (x[0] - 2.0).powi(2) + (x[1] + 1.0).powi(2));
    let wells = problem!(2, |x| x[0] - x[1].powi(2) + x[1].powi(4));
    let ridge = problem!(2, |x| x[0].exp() - x[1].powi(2));
    let touching = problem!(2, |x| x[0].powi(2) + (x[1] - 0.5).powi(2) + x[0] * (x[1] - 0.5));
    let steep = problem!(2, |x| x[0] * 1e9 + (x[1] * 1e-6 - 1.0).powi(2));
    let cases: [Case; 10] = [
        (&bowl, [1.0, -0.5], [-1.0, -5.0], [1.0, 5.0], Kind::Minimum, &[(0, Upper)]),
        (&bowl, [1.0, -0.5], [1.0, -5.0], [1.0, 5.0], Kind::Minimum, &[(0, Fixed)]),
        (&corner, [1.0, 0.0], [0.0, 0.0], [1.0, 1.0], Kind::Minimum, &[(0, Upper), (1, Lower)]),
        (&corner, [2.0, 0.0], [0.0, 0.0], [3.0, 1.0], Kind::Minimum, &[(1, Lower)]),
        (&corner, [2.0, -1.0], [0.0, -2.0], [3.0, 1.0], Kind::Minimum, &[]),
        (&wells, [0.0, 0.0], [0.0, -2.0], [9.0, 2.0], Kind::Saddle { index: 1 }, &[(0, Lower)]),
        (&wells, [0.0, 0.5_f64.sqrt()], [0.0, -2.0], [9.0, 2.0], Kind::Minimum, &[(0, Lower)]),
        (&ridge, [-3.0, 0.0], [-3.0, -2.0], [9.0, 2.0], Kind::Saddle { index: 1 }, &[(0, Lower)]),
        // At the bound without being held by it.
        (&touching, [0.0, 0.5], [0.0, 0.0], [1.0, 1.0], Kind::Minimum, &[]),
        (&steep, [1e-3, 1e6], [1e-3, 0.0], [1.0, 1e9], Kind::Minimum, &[(0, Lower)]),
    ];
    for (problem, x, lower, upper, kind, active) in cases {
        let bounds = Bounds::new(lower, upper).unwrap();
        for form in FORMS {
            if lower[0] == upper[0] && form == "cost" {
                continue; // A variable that cannot move has no difference.
            }
            let case = format!("{x:?} in [{lower:?}, {upper:?}] from the {form}");
            let recorded = Recorded::new(problem, Some(bounds.clone()), form);
            let found = classify(&recorded, point(&x)).unwrap();
            assert_eq!(found.kind, kind, "{case}: {found}\n{found:?}");
            let held: Vec<_> = found.active.iter().map(|b| (b.index, b.side)).collect();
            assert_eq!(held, active, "{case}: {found}");
            assert_eq!(found.eigenvalues.len(), 2 - active.len());
            assert!(found.gradient_norm < 1e-3, "{case}: {}", found.gradient_norm);
            assert!(recorded.points().iter().all(|x| bounds.contain(x)), "{case}");
        }
    }
    // ∂f/∂x₀ = 2 (1 − 2) − 1/2, and the one eigenvalue is ∂²f/∂x₁² = 2.
    let bounded = Bounded(&bowl, Bounds::new([-1.0, -5.0], [1.0, 5.0]).unwrap());
    let found = classify(&bounded, point(&[1.0, -0.5])).unwrap();
    assert!((found.active[0].multiplier - 2.5).abs() < 1e-12);
    assert!((found.eigenvalues[0].value - 2.0).abs() < 1e-12);
    assert!(
        found.to_string().starts_with("minimum within the bounds, x[0] at its upper bound: all 1"),
        "{found}"
    );
    // Down from the saddle leads along the bound.
    let bounded = Bounded(&wells, Bounds::new([0.0, -2.0], [9.0, 2.0]).unwrap());
    let (direction, curvature) =
        classify(&bounded, point(&[0.0, 0.0])).unwrap().escape_direction().unwrap();
    assert!(direction[0] == 0.0 && direction[1].abs() == 1.0 && (curvature + 2.0).abs() < 1e-6);
}

/// Inside, f falls away from the bound: no multiplier has the sign of a minimum's.
#[test]
fn a_gradient_into_the_box_is_not_stationary() {
    let bowl = problem!(2, |x| (x[0] - 2.0).powi(2) + x[1].powi(2));
    for (x, lower, upper) in [
        ([1.0, 0.0], [1.0, -1.0], [3.0, 1.0]),
        ([3.0, 0.0], [0.0, -1.0], [3.0, 1.0]),
        ([2.0, 0.5], [0.0, -1.0], [3.0, 0.5]),
    ] {
        for form in FORMS {
            let bounds = Bounds::new(lower, upper).unwrap();
            let recorded = Recorded::new(&bowl, Some(bounds.clone()), form);
            let found = classify(&recorded, point(&x)).unwrap();
            assert_eq!(found.kind, Kind::Undecided { reason: Reason::NotStationary }, "{x:?}");
            assert!(found.to_string().contains("at x itself"), "{found}");
            assert!(recorded.points().iter().all(|x| bounds.contain(x)), "{x:?} {form}");
        }
    }
}

/// Next to a bound, where solvers in coordinates without bounds end: it counts as at the bound where that is better.
#[test]
fn a_hair_from_a_bound_is_at_it_unless_a_minimum_lies_between() {
    let line = problem!(2, |x| 3.0 * x[0] + (x[1] - 1.0).powi(2));
    let bounded = Bounded(&line, Bounds::new([0.0, 0.0], [5.0, 5.0]).unwrap());
    for distance in [0.0, 1e-15, 1e-12, 5e-9] {
        let found = classify(&bounded, point(&[distance, 1.0])).unwrap();
        assert!(found.is_minimum() && found.active[0].side == Side::Lower, "{distance}: {found}");
        assert!(found.distance >= distance && found.distance < distance + 1e-12);
    }
    let narrow = problem!(2, |x| (x[0] * 1e9 - 1.0).powi(2) + (x[1] - 1.0).powi(2));
    let bounded = Bounded(&narrow, Bounds::new([0.0, 0.0], [5.0, 5.0]).unwrap());
    let found = classify(&bounded, point(&[1.0000001e-9, 1.0])).unwrap();
    assert!(found.is_minimum() && found.active.is_empty(), "{found}");
}

#[test]
fn verified_runs_say_what_holds_them() {
    let bowl = problem!(3, |x| {
        (x[0] - 2.0).powi(2) + x[0] * x[1] + x[1].powi(2) + (x[2] + 3.0).powi(2)
    });
    let bounds = Bounds::new([-1.0, -5.0, 0.0], [1.0, 5.0, 1.0]).unwrap();
    for form in FORMS {
        let recorded = Recorded::new(&bowl, Some(bounds.clone()), form);
        let solver = MultiStart::default().starts(1);
        let found = Minimizer::new(&recorded, solver, [0.3, 0.2, 0.5]).verify().run().unwrap();
        let verdict = found.classification.as_ref().expect("a verdict");
        assert!(verdict.is_minimum(), "{form}: {found}");
        let held: Vec<_> = verdict.active.iter().map(|b| (b.index, b.side)).collect();
        assert_eq!(held, [(0, Side::Upper), (2, Side::Lower)], "{form}: {found}");
        assert!(recorded.points().iter().all(|x| bounds.contain(x)), "{form}");
    }
}

#[test]
fn bounds_of_another_length_are_refused() {
    let bowl = problem!(2, |x| x[0].powi(2) + x[1].powi(2));
    for n in [0, 1, 3, 1000] {
        let bounded = Bounded(&bowl, Bounds::new(vec![-1.0; n], vec![1.0; n]).unwrap());
        let x = point(&[0.0, 0.0]);
        let errors = [classify(&bounded, &x).err(), check_derivatives(&bounded, &x).err()];
        for error in errors {
            assert!(
                matches!(error, Some(Error::Dimension { expected: 2, actual, .. }) if actual == n)
            );
        }
    }
    let bounded = Bounded(&bowl, Bounds::new([-1.0; 2], [1.0; 2]).unwrap());
    let outside = point(&[0.0, 1.5]);
    for error in [classify(&bounded, &outside).err(), check_derivatives(&bounded, &outside).err()] {
        assert!(matches!(error, Some(Error::StartOutsideBounds { index: 1, .. })), "{error:?}");
    }
}

#[test]
fn derivatives_are_checked_within_the_bounds() {
    let log = problem!(3, |x| x[0].ln() * x[1] + (x[2] * 1e8).sin());
    let bounds = Bounds::new([1e-9, 2.0, 0.0], [1e-3, 2.0, 1e-7]).unwrap();
    for x in [[1e-9, 2.0, 1e-7], [1e-3, 2.0, 0.0], [2e-9, 2.0, 3e-8]] {
        let recorded = Recorded::new(&log, Some(bounds.clone()), "hessian");
        let report = check_derivatives(&recorded, point(&x)).unwrap();
        assert!(report.passes(), "{x:?}: {report}");
        // What cannot move has no difference.
        assert!(report.unchecked >= 1 && report.checked >= 3, "{report}");
        assert!(recorded.points().iter().all(|x| bounds.contain(x)), "{x:?}");
    }
}

/// Numbers so small or large that steps, probes and products vanish or overflow.
#[test]
fn classification_ends_for_any_numbers() {
    let numbers = [5e-324, 1e-310, 1e-300, 1e-245, 1e-160, 1e-20, 1.0, 1e20, 1e160, 1e300];
    for factor in numbers {
        for x in numbers.iter().chain(&[0.0]) {
            let square = from_fn(1, |x| factor * x[0] * x[0])
                .with_gradient(|x, g| g[0] = 2.0 * factor * x[0])
                .with_hessian(|_| DMatrix::from_element(1, 1, 2.0 * factor));
            for form in FORMS {
                let recorded = Recorded::new(&square, None, form);
                let found = classify(&recorded, point(&[*x]));
                let evaluations = recorded.points().len();
                assert!(evaluations < 5000, "{factor:e} {x:e} from the {form}: {evaluations}");
                if let Ok(found) = found {
                    let is_wrong = found.is_maximum() || found.is_saddle();
                    assert!(!is_wrong, "{factor:e} {x:e} from the {form}: {found}");
                }
            }
        }
    }
}

/// An RC circuit with a capacity of 10⁻⁸: steps of 10⁻⁵ would be a thousand times too long, whatever R is.
#[test]
fn differences_know_variables_far_below_1() {
    let omega: Vec<f64> = (0..40).map(|k| 10_f64.powf(2.0 + 0.1 * f64::from(k))).collect();
    let omega = &omega[..];
    let circuit = problem!(2, with(omega: [f64]), |x| {
        omega.iter().map(|&omega| {
            let truth = 1.0 / (1.0 + (omega * 1e-4).powi(2));
            let w = x[0] * x[1] * omega;
            let real = x[0] / (1.0 + w * w);
            (real - 1e4 * truth).powi(2) + (real * w - 1e8 * omega * 1e-8 * truth).powi(2)
        }).sum::<Num<_>>() / 1e8
    });
    let circuit = &circuit;
    for bounds in [None, Some(Bounds::new([1e2, 1e-12], [1e6, 1e-6]).unwrap())] {
        for form in ["hessian", "gradient"] {
            let recorded = Recorded::new(circuit, bounds.clone(), form);
            let found = classify(&recorded, point(&[1e4, 1e-8])).unwrap();
            assert!(found.is_minimum(), "{form}: {found}\n{found:?}");
            assert!(found.distance < 1e-8, "{}", found.distance);
            for x in recorded.points() {
                assert!((x[1] - 1e-8).abs() < 1e-9, "{form} probes C = {:e}", x[1]);
            }
        }
    }
    // Smaller still, alone and beside a variable of 1.
    for size in [1e-12, 1e-15, 1e-30, 1e-100] {
        let valley = problem!(2, with(size: f64), |x| {
            (x[0] / *size - 1.0).powi(2) + (x[0] / *size * x[1] - 1.0).powi(2)
        });
        for form in ["hessian", "gradient"] {
            let recorded = Recorded::new(&valley, None, form);
            let found = classify(&recorded, point(&[size, 1.0])).unwrap();
            assert!(found.is_minimum(), "{size:e} {form}: {found}\n{found:?}");
            assert!(recorded.points().iter().all(|x| x[0] < 1.1 * size), "{size:e} {form}");
        }
    }
}

/// Hessians at the ends of the range of numbers: no panic, and no step up.
#[test]
fn newton_survives_any_hessian() {
    for (diagonal, off, x0) in [
        (1e308, 1.5e308, 1e-160),
        (1e308, -1.5e308, 1.0),
        (f64::MAX, f64::MAX, 1e-308),
        (f64::MIN, f64::MAX, 1e-200),
        (5e-324, 1e-323, 1.0),
        (0.0, f64::MAX, 1.0),
        (f64::NAN, 1.0, 1.0),
        (1.0, f64::INFINITY, 1.0),
    ] {
        for n in [1, 2, 3, 5] {
            let h = DMatrix::from_fn(n, n, |i, j| if i == j { diagonal } else { off });
            let problem = from_fn(n, |x| 0.5 * x.norm_squared())
                .with_gradient(|x, g| g.copy_from(x))
                .with_hessian(|_| h.clone());
            let found = minimize(&problem, Newton::default(), vec![x0; n]).unwrap();
            assert!(found.cost <= 0.5 * n as f64 * x0 * x0, "{diagonal:e} {off:e} {n}: {found}");
        }
    }
}

#[test]
fn a_damaged_number_of_memories_is_refused() {
    let mut bytes = vec![0xff; 9];
    bytes.push(1);
    assert!(postcard::from_bytes::<UpdaterState<f64, ()>>(&bytes).is_err());
    assert!(postcard::from_bytes::<UpdaterState<f32, [f64; 0]>>(&bytes).is_err());
    // 2⁴⁰ and 2²¹, and bytes behind them.
    for length in [vec![0x80, 0x80, 0x80, 0x80, 0x80, 0x20], vec![0x80, 0x80, 0x80, 1]] {
        let bytes: Vec<u8> = length.into_iter().chain([0; 40]).collect();
        assert!(postcard::from_bytes::<UpdaterState<f64, ()>>(&bytes).is_err());
    }
    let groups = Sgd::new(0.1).group(0..1, Sgd::new(0.2)).group(2..3, Sgd::new(0.3));
    let mut updater = groups.start::<f64>(4);
    updater.step(&mut [1.0; 4], &[1.0; 4]).unwrap();
    let bytes = postcard::to_stdvec(updater.state()).unwrap();
    assert_eq!(postcard::from_bytes(&bytes).as_ref(), Ok(updater.state()));
}

/// 2³³ times 2³³ entries are none where products wrap around.
#[test]
fn a_damaged_size_of_a_matrix_is_refused() {
    let damaged = (0_u32, 1_u64 << 33, 1_u64 << 33, Vec::<f64>::new());
    let bytes = postcard::to_stdvec(&damaged).unwrap();
    assert!(postcard::from_bytes::<Matrix>(&bytes).is_err());
    let hessian = Matrix::from(DMatrix::from_row_slice(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let bytes = postcard::to_stdvec(&hessian).unwrap();
    assert_eq!(postcard::from_bytes::<Matrix>(&bytes), Ok(hessian));
}

/// Functions far from the origin, and raised: right gradients pass, negated and scaled ones do not.
#[test]
fn gradients_are_checked_far_from_the_origin() {
    for offset in [0.0, 1e2, 1e4, 1e6, 1e8, 1e10, 1e12] {
        for raised in [0.0, 1e4, 1e8, 1e12] {
            for (k, factor) in [(1.0, 1.0), (1.0, -1.0), (1.0, 1.2)].repeat(4).iter().enumerate() {
                let factor = factor.0 * factor.1;
                let wave = from_fn(2, |x| {
                    (3.0 * (x[0] - offset)).sin() + (x[1] - offset) * (x[0] - offset) + raised
                })
                .with_gradient(|x, g| {
                    g[0] = factor * (3.0 * (3.0 * (x[0] - offset)).cos() + (x[1] - offset));
                    g[1] = factor * (x[0] - offset);
                });
                let at = 0.25 + 0.07 * k as f64;
                let x = point(&[offset + at, offset - 0.5 + 0.3 * at]);
                let report = check_derivatives(&wave, &x).unwrap();
                if factor == 1.0 {
                    assert!(report.passes(), "offset {offset:e}, raised {raised:e}: {report}");
                } else if offset <= 1e10 && raised <= 1e8 {
                    assert!(!report.passes(), "offset {offset:e}, raised {raised:e}: {report}");
                }
            }
        }
    }
    // An offset that cancels inside: errors that the value of f does not show.
    let hidden = from_fn(1, |x| (1e8 + x[0] * x[0]) - 1e8).with_gradient(|x, g| g[0] = 2.0 * x[0]);
    let expanded = from_fn(1, |x| (3.0 * x[0] - 3e8).sin())
        .with_gradient(|x, g| g[0] = 3.0 * (3.0 * x[0] - 3e8).cos());
    for k in 0..50 {
        let report = check_derivatives(&hidden, point(&[0.1 + 0.37 * f64::from(k)])).unwrap();
        assert!(report.passes(), "{report}");
        let x = point(&[1e8 + 0.123 * f64::from(k)]);
        let report = check_derivatives(&expanded, &x).unwrap();
        assert!(report.passes(), "{report}");
    }
}

#[test]
fn gradients_that_are_not_written_are_named() {
    let x = point(&[1.0, 2.0, 3.0]);
    let never = from_fn(3, |x| x.norm_squared()).with_gradient(|_, _| {});
    let forgotten = from_fn(3, |x| x.norm_squared()).with_gradient(|x, g| {
        g[0] = 2.0 * x[0];
        g[2] = 2.0 * x[2];
    });
    let added = from_fn(3, |x| x.norm_squared()).with_gradient(|x, g| *g += x * 2.0);
    for (problem, missing) in [(&never, 0), (&forgotten, 1), (&added, 0)] {
        let report = check_derivatives(problem, &x).unwrap();
        assert_eq!(report.mismatches, [Mismatch::GradientNotWritten { index: missing }]);
        assert!(report.to_string().contains(&format!("gradient[{missing}] is not written")));
        let error = classify(problem, &x).unwrap_err();
        assert_eq!(error, Error::GradientNotWritten { index: missing });
    }
    for n in [0, 1, 2, 4, 100] {
        let replaced =
            from_fn(3, |x| x.norm_squared()).with_gradient(move |_, g| *g = DVector::zeros(n));
        let report = check_derivatives(&replaced, &x).unwrap();
        assert_eq!(report.mismatches, [Mismatch::GradientReplaced { expected: 3 }]);
        assert_eq!(classify(&replaced, &x).unwrap_err(), Error::GradientReplaced { expected: 3 });
    }
}

/// The mean of N squares.
struct Squares(usize);

impl FiniteSum for Squares {
    fn dimension(&self) -> usize {
        1
    }
    fn terms(&self) -> usize {
        self.0
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        batch.iter().map(|_| x[0] * x[0]).sum::<f64>() / batch.len() as f64
    }
    fn gradient(&self, _batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>) {
        gradient[0] = 2.0 * x[0];
    }
}

#[test]
fn absurd_sizes_are_errors() {
    for n in [usize::MAX, usize::MAX - 1, 1 << 62, 1 << 40, 3 << 40] {
        let refused = |result: Result<(), Error>| {
            assert!(matches!(result, Err(Error::Parameter { .. })), "{n}: {result:?}");
        };
        refused(large::ChainedRosenbrock::new(n).map(|_| ()));
        refused(large::ExtendedRosenbrock::new(n).map(|_| ()));
        refused(large::ExtendedPowell::new(n).map(|_| ()));
        refused(large::ExponentialMinusLinear::new(n).map(|_| ()));
        refused(large::Arwhead::new(n).map(|_| ()));
        refused(large::Engval1::new(n).map(|_| ()));
        refused(large::Dixmaan::new('A', n).map(|_| ()));
        refused(global::Griewank::new(n).map(|_| ()));
        refused(global::Ellipsoid::new(n).map(|_| ()));
        refused(global::Michalewicz::new(n).map(|_| ()));
        refused(global::Rastrigin::new(n).map(|_| ()));
        refused(Batches::new(n, 1, 7).map(|_| ()));
        refused(Batches::new(n, n, 7).map(|_| ()));

        let sum = Sum::new(Squares(n));
        refused(minimize(&sum, Lbfgs::default(), [1.0]).map(|_| ()));
        refused(minimize(&sum, Adam::new(0.1).batches(10, 1), [1.0]).map(|_| ()));

        let mut adam = Adam::new(0.1).start::<f64>(n);
        assert!(adam.step(&mut [0.0], &[0.0]).is_err());
        let mut groups = Momentum::new(0.1).group(0..1, Momentum::new(0.2)).start::<f32>(n);
        assert!(groups.step(&mut [0.0], &[0.0]).is_err());

        let (mut sgd, mut x) = (Sgd::new(0.1).start::<f64>(1), [1.0]);
        let test = LrRangeTest::new(1e-4, 1.0).steps(n);
        refused(test.run(&mut sgd, &mut x, |_, _| 1.0).map(|_| ()));
    }
}

/// A matrix of 80 GB is not asked for.
#[test]
fn too_many_variables_for_a_matrix_are_an_error_that_names_other_solvers() {
    for n in [100_000, 1_000_000] {
        let bowl = from_fn(n, |x| x.norm_squared()).with_gradient(|x, g| g.copy_from(&(x * 2.0)));
        let refused = [
            minimize(&bowl, Newton::default(), vec![1.0; n]).map(|_| ()),
            minimize(&bowl, Bfgs::default(), vec![1.0; n]).map(|_| ()),
        ];
        for (result, matrices) in refused.into_iter().zip([2.0, 0.5]) {
            let error = result.unwrap_err();
            let Error::TooMuchMemory { variables, gibibytes, .. } = error else {
                panic!("{error}");
            };
            let expected = matrices * 8.0 * (n as f64).powi(2) / 1024.0_f64.powi(3);
            assert!(variables == n && (gibibytes / expected - 1.0).abs() < 1e-12);
            assert!(error.to_string().contains("take Lbfgs or ConjugateGradient"), "{error}");
        }
    }
}
