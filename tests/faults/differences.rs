//! Derivatives from differences.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use extremum::functions::{TestFunction, more_garbow_hillstrom};
use extremum::stop::{gradient_norm, max_evaluations};
use extremum::{
    AnySolver, Bfgs, Bounds, CancellationToken, Checkpoint, ConjugateGradient, DVector, Lbfgs,
    Matrix, Minimizer, MultiStart, Newton, Oracle, Problem, Solution, Solver, Termination, from_fn,
    minimize,
};
use statrs::function::gamma::ln_gamma;

/// The cost of a problem, and nothing else; every call is handed to `seen`.
struct CostOnly<P, F> {
    problem: P,
    seen: F,
}

impl<P: Problem, F: Fn(&DVector<f64>) + Sync> Problem for CostOnly<P, F> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        (self.seen)(x);
        self.problem.cost(x)
    }
    fn gradient(&self, _: &DVector<f64>, _: &mut DVector<f64>) {
        unreachable!("has_gradient() is false");
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.problem.bounds()
    }
    fn has_gradient(&self) -> bool {
        false
    }
    fn noise(&self) -> f64 {
        self.problem.noise()
    }
}

fn cost_only<P: Problem>(problem: P) -> impl Problem {
    CostOnly { problem, seen: |_: &DVector<f64>| {} }
}

/// Converged at the minimiser, or honest about not having got there.
fn right_or_honest(label: &str, found: &Solution, minimizer: &[f64], relative: f64) {
    let error =
        found.x.iter().zip(minimizer).fold(0.0, |e: f64, (x, m)| e.max((x / m - 1.0).abs()));
    assert!(
        error <= relative || !found.termination.is_converged(),
        "{label}: off by {error:e} at {:?}\n{found}",
        found.x.as_slice()
    );
}

fn right(label: &str, found: &Solution, minimizer: &[f64], relative: f64) {
    let error =
        found.x.iter().zip(minimizer).fold(0.0, |e: f64, (x, m)| e.max((x / m - 1.0).abs()));
    assert!(error <= relative, "{label}: off by {error:e} at {:?}\n{found}", found.x.as_slice());
}

const DURATIONS: [f64; 50] = [
    1384., 1., 1219., 1597., 2106., 145., 87., 1535., 290., 1752., 265., 588., 1188., 160., 745.,
    237., 479., 39., 99., 56., 1503., 158., 916., 651., 1064., 166., 635., 19., 553., 51., 79.,
    155., 85., 1196., 142., 108., 325., 135., 28., 422., 1032., 1018., 128., 787., 1704., 307.,
    854., 6., 896., 902.,
];

/// Minus the logarithm of the likelihood of a gamma distribution, shape and rate.
fn gamma_likelihood(unit: f64) -> impl Problem {
    let n = DURATIONS.len() as f64;
    let sum: f64 = DURATIONS.iter().map(|d| d * unit).sum();
    let logarithms: f64 = DURATIONS.iter().map(|d| (d * unit).ln()).sum();
    from_fn(2, move |x| {
        let (shape, rate) = (x[0], x[1]);
        if shape <= 0.0 || rate <= 0.0 {
            return f64::NAN;
        }
        n * (ln_gamma(shape) - shape * rate.ln()) - (shape - 1.0) * logarithms + rate * sum
    })
}

/// The minimiser from SciPy, the same in any unit of time.
#[test]
fn a_likelihood_with_a_rate_far_below_one() {
    // Seconds, milliseconds, hours.
    for unit in [1.0, 1e3, 1.0 / 3600.0] {
        let problem = gamma_likelihood(unit);
        // In hours a gradient of 1e-6, which the default test allows, leaves an error of 2e-7.
        let accuracy = if unit < 1.0 { 1e-6 } else { 1e-7 };
        let minimizer = [0.79870075838, 0.00133130106074 / unit];
        let typical = [1.0, 1e-3 / unit];
        let start = [0.1, 0.1 / unit];
        let plain: [Box<dyn AnySolver>; 3] =
            [Lbfgs::default().boxed(), Bfgs::default().boxed(), Newton::default().boxed()];
        for solver in plain {
            let found = minimize(&problem, &solver, start).unwrap();
            right_or_honest(solver.name(), &found, &minimizer, accuracy);
        }
        let scaled: [Box<dyn AnySolver>; 2] = [
            Lbfgs::default().typical_x(typical).boxed(),
            Bfgs::default().typical_x(typical).boxed(),
        ];
        for solver in scaled {
            let found = minimize(&problem, &solver, start).unwrap();
            right(solver.name(), &found, &minimizer, accuracy);
            if unit == 1.0 {
                assert!((found.cost - 368.937854485995).abs() < 1e-10, "{found}");
            }
        }
    }
}

/// The squared differences, over 1e8, between the impedances of a resistor parallel to a capacitor and those of another.
fn impedance(resistance: f64, capacitance: f64) -> impl Problem {
    let at = |r: f64, c: f64, k: i32| {
        let q = 10.0_f64.powf(2.0 + 0.1 * f64::from(k)) * r * c;
        [r / (1.0 + q * q), -r * q / (1.0 + q * q)]
    };
    from_fn(2, move |x| {
        let square = |k| {
            let ([re, im], [a, b]) = (at(x[0], x[1], k), at(resistance, capacitance, k));
            ((re - a).powi(2) + (im - b).powi(2)) / (resistance * resistance)
        };
        (0..40).map(square).sum()
    })
}

#[test]
fn an_impedance_in_ohms_and_farads() {
    for (r, c) in [(1e4, 1e-8), (2e5, 3e-10), (1e3, 2e-7), (5e6, 1e-11)] {
        let problem = impedance(r, c);
        let (start, typical) = ([0.5 * r, 0.3 * c], [r, c]);
        let solvers: [Box<dyn AnySolver>; 4] = [
            Lbfgs::default().typical_x(typical).boxed(),
            Bfgs::default().typical_x(typical).boxed(),
            Newton::default().typical_x(typical).boxed(),
            ConjugateGradient::default().typical_x(typical).boxed(),
        ];
        for solver in solvers {
            let found = minimize(&problem, &solver, start).unwrap();
            right(solver.name(), &found, &[r, c], 1e-6);
            assert!(found.cost < 1e-12, "{}: {found}", solver.name());
        }
    }
}

/// The gradient of Σ cosh(x/s − 1) + offset at a start, and what the oracle says of its error.
fn start_at(scales: &[f64], x: &[f64], offset: f64) -> (f64, f64) {
    let s = scales.to_vec();
    let problem = from_fn(s.len(), move |x| {
        x.iter().zip(&s).map(|(x, s)| (x / s - 1.0).cosh()).sum::<f64>() + offset
    });
    let x = DVector::from_row_slice(x);
    let mut gradient = x.clone();
    let mut oracle = Oracle::new(&problem);
    let cost = oracle.start(&x, &mut gradient).unwrap();
    let claimed = oracle.gradient_error(&x, cost, Some(&gradient));
    let (mut largest, mut error) = (0.0_f64, 0.0_f64);
    for ((x, s), g) in x.iter().zip(scales).zip(&gradient) {
        let slope = (x / s - 1.0).sinh() / s;
        error = error.max((g - slope).abs());
        largest = largest.max((g - slope).abs() / slope.abs());
    }
    assert!(error <= claimed, "{scales:?} at {x:?} + {offset:e}: {error:e} claimed {claimed:e}");
    (largest, claimed)
}

#[test]
fn variables_of_any_scale_from_anywhere() {
    for exponent in -12..=9 {
        let s = 10.0_f64.powi(exponent);
        for start in [3.0 * s, -2.0 * s, 0.2 * s] {
            let (error, _) = start_at(&[s], &[start], 0.0);
            assert!(error < 1e-7, "{s:e} from {start:e}: {error:e}");
        }
    }
    start_at(&[1e-12, 1e-3, 1.0, 1e9], &[3e-12, 0.0, 3.0, 2.5e9], 0.0);
}

#[test]
fn a_start_at_zero_finds_the_scale() {
    for exponent in -9..=6 {
        let s = 10.0_f64.powi(exponent);
        for start in [0.0, 1e-17 * s] {
            let (error, _) = start_at(&[s], &[start], 0.0);
            assert!(error < 1e-3, "{s:e} from {start:e}: {error:e}");
            // To the end: from a place that says nothing of the scale.
            let problem = from_fn(1, move |x| (x[0] / s - 1.0).cosh());
            let found = Minimizer::new(&problem, Bfgs::default(), [start])
                .stop_when(gradient_norm(1e-7 / s))
                .run()
                .unwrap();
            // A start that is all but 0 says less than 0 itself.
            let accuracy = if start == 0.0 { 1e-6 } else { 1e-3 };
            right(&format!("{s:e} from {start:e}"), &found, &[s], accuracy);
        }
    }
}

/// Errors of x in units of √(ε offset), half of the digits of the cost.
#[test]
fn an_offset_of_the_cost_is_known_as_noise() {
    for offset in [1e4, 1e8, 1e12] {
        start_at(&[1.0, 10.0], &[3.0, -5.0], offset);
        let reach = (offset * f64::EPSILON).sqrt();
        for solver in [Bfgs::default().boxed(), Lbfgs::default().boxed()] {
            let mut errors: Vec<f64> = (0..50)
                .map(|k| {
                    let a = 1.0 + 0.04 * f64::from(k);
                    let problem = from_fn(2, move |x| {
                        offset + a * (x[0] - 1.0).powi(2) + (x[1] - x[0]).powi(2)
                    });
                    let found = minimize(&problem, &solver, [3.0, -1.0]).unwrap();
                    found.x.add_scalar(-1.0).amax() / reach
                })
                .collect();
            errors.sort_by(f64::total_cmp);
            // With four digits left in the differences of the costs, some runs end early, and say that they have stalled.
            let (middle, most) = (errors[25], if offset < 1e9 { 1.0 } else { 100.0 });
            assert!(
                middle < 10.0 && errors[49] < most,
                "{offset:e}, {}: {errors:.1?}",
                solver.name()
            );
        }
    }
}

/// Where f changes over a length that x says nothing of.
#[test]
fn a_far_origin_is_noticed() {
    let problem = from_fn(1, |x| (3.0 * (x[0] - 1e8)).sin());
    let x = DVector::from_vec(vec![1e8 + 0.25]);
    let mut gradient = x.clone();
    Oracle::new(&problem).start(&x, &mut gradient).unwrap();
    let slope = 3.0 * 0.75_f64.cos();
    assert!((gradient[0] - slope).abs() < 1e-3, "{} {slope}", gradient[0]);
}

/// Against derivatives by automatic differentiation: at the starts, and at the ends of differenced runs.
#[test]
fn the_error_of_a_gradient_is_what_it_is_said_to_be() {
    let mut looked = 0;
    for function in more_garbow_hillstrom() {
        let problem = cost_only(&function);
        let end = Minimizer::new(&problem, Lbfgs::default(), function.start())
            .stop_when(gradient_norm(1e-6).or(max_evaluations(20_000)))
            .run()
            .unwrap();
        for x in [function.start(), &end.x] {
            let mut gradient = x.clone();
            let mut exact = x.clone();
            function.gradient(x, &mut exact);
            let mut oracle = Oracle::new(&problem);
            let cost = oracle.start(x, &mut gradient).unwrap();
            let claimed = oracle.gradient_error(x, cost, Some(&gradient));
            let error = (&gradient - &exact).amax();
            let name = function.name();
            // What x rounded in its last place makes of the exact gradient.
            let Some(Matrix::Dense(hessian)) = function.hessian(x) else { unreachable!() };
            let rounding = 4.0 * f64::EPSILON * (hessian.abs() * x.abs()).amax();
            assert!(error <= claimed + rounding, "{name}: {error:e}, claimed {claimed:e}");
            // Meyer's cost has errors of 1e-12 at its minimum.
            assert!(claimed <= 2e-3 * exact.amax().max(1.0), "{name}: claimed {claimed:e}");
            looked += 1;
        }
        if end.termination.is_converged() {
            let mut exact = end.x.clone();
            function.gradient(&end.x, &mut exact);
            assert!(exact.amax() <= 2e-6, "{}: {:e}\n{end}", function.name(), exact.amax());
        }
    }
    assert_eq!(looked, 70);
}

/// What L-BFGS takes on the 35 functions in costs; with central differences only it took 24878, and solved 34.
#[test]
fn forward_differences_save_costs() {
    let solve = |function: &TestFunction| {
        Minimizer::new(&cost_only(function), Lbfgs::default(), function.start())
            .stop_when(gradient_norm(1e-6).or(max_evaluations(100_000)))
            .run()
            .unwrap()
    };
    let functions = more_garbow_hillstrom();
    let ends: Vec<_> = functions.iter().map(solve).collect();
    let total: u64 = ends.iter().map(|end| end.evaluations.cost).sum();
    let solved =
        functions.iter().zip(&ends).filter(|(f, end)| f.is_known_minimum(end.cost)).count();
    println!("{total} costs, {solved} of 35");
    assert!(total <= 20_000 && solved >= 34, "{total} costs, {solved} of 35");
}

/// A cost of k digits, as another program prints it.
fn printed(digits: usize) -> impl Fn(&DVector<f64>) -> f64 + Send + Sync {
    move |x| {
        let cost = 2.0 + (x[0] - 3.0).powi(2) + 0.5 * (x[1] - x[0]).powi(2);
        format!("{cost:.*e}", digits - 1).parse().unwrap_or(f64::NAN)
    }
}

#[test]
fn steps_follow_the_accuracy_of_the_cost() {
    for digits in [5, 6, 8] {
        let noise = 10.0_f64.powi(1 - digits);
        for solver in [Lbfgs::default().boxed(), Bfgs::default().boxed(), Newton::default().boxed()]
        {
            let problem = from_fn(2, printed(digits as usize)).with_noise(noise);
            let found = minimize(&problem, &solver, [1.0, 2.0]).unwrap();
            let reach = 10.0 * noise.sqrt();
            let error = found.x.map(|x| (x - 3.0).abs()).max();
            assert!(error <= reach, "{} with {digits} digits: {found}", solver.name());
        }
    }
    // The first steps are its cube root, relative to x.
    for noise in [1e-12, 1e-8, 1e-5] {
        let moved = Mutex::new(0.0_f64);
        let problem = from_fn(1, |x| {
            let mut moved = moved.lock().unwrap();
            *moved = moved.max((x[0] / 3.0 - 1.0).abs());
            x[0].exp()
        });
        let mut gradient = DVector::zeros(1);
        let problem = problem.with_noise(noise);
        Oracle::new(&problem).start(&DVector::from_vec(vec![3.0]), &mut gradient).unwrap();
        let step = *moved.lock().unwrap() / noise.cbrt();
        assert!((0.4..1.6).contains(&step), "{noise:e}: {step}");
    }
    // Nonsense means the default.
    for noise in [f64::NAN, -1.0, 0.0, f64::INFINITY] {
        let problem = from_fn(1, |x| (x[0] - 1.0).cosh()).with_noise(noise);
        let found = minimize(&problem, Bfgs::default(), [2.0]).unwrap();
        assert!((found.x[0] - 1.0).abs() < 0.1, "{noise}: {found}");
    }
}

/// At bounds, next to them, and where they leave no room.
#[test]
fn nothing_is_evaluated_outside_the_bounds() {
    let ulp = 1.0 + f64::EPSILON;
    let bounds = Bounds::new([0.0, 1.0, 1.0, -1e-9, 0.0], [1.0, 1.0, ulp, 1e-9, 5.0]).unwrap();
    let problem =
        from_fn(5, |x| x.iter().map(|x| (x - 0.3).cosh()).sum()).with_bounds(bounds.clone());
    let outside = AtomicU64::new(0);
    let seen = |x: &DVector<f64>| {
        if !bounds.contain(x) {
            outside.fetch_add(1, Ordering::Relaxed);
        }
    };
    let watched = CostOnly { problem: &problem, seen };
    let points = [
        [0.0, 1.0, 1.0, 0.0, 0.0],
        [1.0, 1.0, ulp, 1e-9, 1e-300],
        [1e-12, 1.0, 1.0, -1e-9, 2.0],
        [1.0 - 1e-9, 1.0, ulp, 5e-10, 1e3_f64.min(2.5)],
    ];
    for point in points {
        let x = DVector::from_row_slice(&point);
        for start in [false, true] {
            let mut gradient = DVector::zeros(5);
            let mut oracle = Oracle::new(&watched);
            let cost = if start {
                oracle.start(&x, &mut gradient).unwrap()
            } else {
                oracle.cost_and_gradient(&x, &mut gradient)
            };
            oracle.gradient_error(&x, cost, Some(&gradient));
            let mut hessian = extremum::DMatrix::zeros(5, 5);
            oracle.hessian(&x, (cost, &gradient), &mut hessian);
            for i in [0, 3, 4] {
                let slope = (x[i] - 0.3_f64).sinh();
                let accuracy = if start { 1e-5 } else { 1e-2 };
                assert!(
                    (gradient[i] - slope).abs() < accuracy,
                    "{i} of {point:?}: {}",
                    gradient[i]
                );
            }
            // A variable that cannot move has no slope.
            assert_eq!(gradient[1], 0.0);
        }
    }
    let found = minimize(&watched, MultiStart::default().starts(1), points[2]).unwrap();
    assert_eq!(outside.into_inner(), 0, "{found}");
}

/// NaN on one side of x.
#[test]
fn one_sided_where_the_domain_ends() {
    let problem = from_fn(1, |x| if x[0] < 1.0 { f64::NAN } else { (x[0] - 1.0).exp() });
    let x = DVector::from_vec(vec![1.0]);
    let mut gradient = x.clone();
    let mut oracle = Oracle::new(&problem);
    oracle.start(&x, &mut gradient).unwrap();
    assert!((gradient[0] - 1.0).abs() < 1e-8, "{}", gradient[0]);
}

#[test]
fn no_point_twice_and_every_cost_is_counted() {
    for function in more_garbow_hillstrom().iter().take(8) {
        let points = Mutex::new((HashSet::new(), 0_u64, 0_u64));
        let seen = |x: &DVector<f64>| {
            let bits: Vec<u64> = x.iter().map(|x| x.to_bits()).collect();
            let mut points = points.lock().unwrap();
            points.1 += 1;
            if !points.0.insert(bits) {
                points.2 += 1;
            }
        };
        let problem = CostOnly { problem: function, seen };
        let found = Minimizer::new(&problem, Lbfgs::default(), function.start())
            .stop_when(gradient_norm(1e-4).or(max_evaluations(5_000)))
            .run()
            .unwrap();
        let (_, calls, repeated) = points.into_inner().unwrap();
        assert_eq!((calls, repeated), (found.evaluations.cost, 0), "{}", function.name());
    }
}

/// The bits of a run that is cancelled at a cost, resumed from bytes and finished.
fn interrupted<S: Solver + Clone>(
    problem: &dyn Problem,
    solver: &S,
    x0: &DVector<f64>,
    at: u64,
) -> Vec<u64> {
    let (token, calls) = (CancellationToken::new(), AtomicU64::new(0));
    let seen = |_: &DVector<f64>| {
        if calls.fetch_add(1, Ordering::Relaxed) + 1 == at {
            token.cancel();
        }
    };
    let cancelling = CostOnly { problem, seen };
    let rule = || gradient_norm(1e-6).or(max_evaluations(3_000));
    let run =
        Minimizer::new(&cancelling, solver.clone(), x0).stop_when(rule()).cancelled_by(&token);
    let Ok(mut run) = run.start() else { return Vec::new() };
    while run.step().is_continue() {}
    let bytes = run.checkpoint().to_bytes().unwrap();
    let found = run.finish();
    if found.termination != Termination::Cancelled {
        return found.x.iter().map(|x| x.to_bits()).collect();
    }
    let checkpoint = Checkpoint::from_bytes(&bytes).unwrap();
    let resumed = Minimizer::new(&problem, solver.clone(), x0).stop_when(rule());
    let found = resumed.resume(checkpoint).unwrap().complete();
    found.x.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn resumption_takes_up_what_was_learnt() {
    let functions = more_garbow_hillstrom();
    for function in functions.iter().filter(|f| ["Rosenbrock", "Wood", "Beale"].contains(&f.name()))
    {
        let problem = cost_only(function);
        let x0 = function.start();
        macro_rules! each {
            ($($solver:expr),+) => {$(
                let solver = $solver;
                let whole = interrupted(&problem, &solver, x0, u64::MAX);
                for at in (1..400).step_by(7) {
                    let resumed = interrupted(&problem, &solver, x0, at);
                    let name = solver.name();
                    assert!(
                        resumed.is_empty() || resumed == whole,
                        "{} by {name}, interrupted at {at}", function.name()
                    );
                }
            )+};
        }
        each!(Lbfgs::default(), Bfgs::default(), ConjugateGradient::default(), Newton::default());
    }
}

#[test]
fn what_another_problem_taught_is_refused() {
    let problem = |n| from_fn(n, |x: &DVector<f64>| x.iter().map(|x| x.cosh()).sum());
    let two = problem(2);
    let mut run = Minimizer::new(&two, Lbfgs::default(), [1.0, 2.0]).start().unwrap();
    let _ = run.step();
    let checkpoint = run.checkpoint();
    assert!(Minimizer::new(&problem(3), Lbfgs::default(), [1.0; 3]).resume(checkpoint).is_err());
}
