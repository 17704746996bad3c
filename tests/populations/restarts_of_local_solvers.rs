//! `MultiStart` and `BasinHopping`: global minima of the literature from any start, the same bits when resumed and
//! interrupted, and no claim without evidence.

use std::f64::consts::PI;
use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::measure;
use extremum::first_order::Adam;
use extremum::schedule::Exponential;
use extremum::stop::{gradient_norm, max_evaluations, max_iterations, target};
use extremum::{
    AnySolver, BasinHopping, Bfgs, Bounded, Bounds, CancellationToken, Checkpoint, DVector, Error,
    FiniteSum, FromFn, Lbfgs, Minimizer, MultiStart, NelderMead, Oracle, Problem, Random, Solver,
    Stall, Sum, Termination, from_fn, minimize,
};

/// The six-hump camel: six minima, two of them global.
fn camel(x: &DVector<f64>) -> f64 {
    let (a, b) = (x[0] * x[0], x[1] * x[1]);
    (4.0 - 2.1 * a + a * a / 3.0) * a + x[0] * x[1] + (4.0 * b - 4.0) * b
}

fn branin(x: &DVector<f64>) -> f64 {
    let valley = x[1] - 5.1 / (4.0 * PI * PI) * x[0] * x[0] + 5.0 / PI * x[0] - 6.0;
    valley.powi(2) + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x[0].cos() + 10.0
}

fn hartmann(x: &DVector<f64>) -> f64 {
    const WEIGHTS: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const CENTERS: [[f64; 6]; 4] = [
        [1312.0, 1696.0, 5569.0, 124.0, 8283.0, 5886.0],
        [2329.0, 4135.0, 8307.0, 3736.0, 1004.0, 9991.0],
        [2348.0, 1451.0, 3522.0, 2883.0, 3047.0, 6650.0],
        [4047.0, 8828.0, 8732.0, 5743.0, 1091.0, 381.0],
    ];
    let depths = [1.0, 1.2, 3.0, 3.2].iter().zip(WEIGHTS.iter().zip(&CENTERS));
    let well = |(depth, (weights, center)): (&f64, (&[f64; 6], &[f64; 6]))| {
        let terms = x.iter().zip(weights.iter().zip(center));
        depth * (-terms.map(|(x, (w, c))| w * (x - 1e-4 * c).powi(2)).sum::<f64>()).exp()
    };
    -depths.map(well).sum::<f64>()
}

fn within(f: fn(&DVector<f64>) -> f64, lower: &[f64], upper: &[f64]) -> FromFn<'static> {
    from_fn(lower.len(), f).with_bounds(Bounds::new(lower, upper).unwrap())
}

/// The problems with their minima: Dixon & Szegő (1978).
fn multimodal() -> Vec<(FromFn<'static>, f64)> {
    vec![
        (within(camel, &[-3.0, -2.0], &[3.0, 2.0]), -1.031_628_453_49),
        (within(branin, &[-5.0, 0.0], &[10.0, 15.0]), 0.397_887_357_73),
        (within(hartmann, &[0.0; 6], &[1.0; 6]), -3.322_368_011_42),
    ]
}

fn drivers(seed: u64) -> Vec<Box<dyn AnySolver>> {
    vec![
        MultiStart::default().seed(seed).boxed(),
        BasinHopping::default().seed(seed).boxed(),
        MultiStart::new(NelderMead::default()).starts(10).seed(seed).boxed(),
    ]
}

#[test]
fn the_global_minimum_is_found_with_any_seed() -> Result<(), Error> {
    for (problem, minimum) in &multimodal() {
        let bounds = problem.bounds().unwrap();
        for seed in 0..20 {
            let mut random = Random::new(1000 + seed);
            let sides = bounds.lower().iter().zip(bounds.upper());
            let x0: Vec<f64> = sides.map(|(l, u)| random.between(*l, *u)).collect();
            for solver in &drivers(seed)[..2] {
                let found = minimize(problem, solver, x0.clone())?;
                let name = solver.name();
                assert!(found.cost <= minimum + 1e-8, "{name}, seed {seed}: {found}");
                assert!(bounds.contain(&found.x), "{name}, seed {seed}: {found}");
                assert!(found.termination.is_converged(), "{name}, seed {seed}: {found}");
                assert!(found.gradient_norm.is_some_and(|norm| norm <= 1e-6), "{name}: {found}");
            }
        }
    }
    Ok(())
}

/// It begins at a minimum that is not the lowest: neither the gradient there nor the first local search ends the run.
#[test]
fn a_small_gradient_ends_no_run_before_its_last_start() -> Result<(), Error> {
    let problem = within(camel, &[-3.0, -2.0], &[3.0, 2.0]);
    let local = minimize(from_fn(2, camel), Lbfgs::default(), [1.6, -0.6])?;
    assert!(local.termination.is_converged() && local.cost > -0.3, "{local}");
    for solver in &drivers(0) {
        let found = minimize(&problem, solver, &local.x)?;
        assert!(found.cost < -1.0316, "{}: {found}", solver.name());
        // A limit within is a limit, and a target is reached.
        let found = Minimizer::new(&problem, solver, &local.x)
            .stop_when(gradient_norm(1e-6).or(max_evaluations(60)))
            .run()?;
        assert!(matches!(found.termination, Termination::MaxEvaluations { .. }), "{found}");
        let found = Minimizer::new(&problem, solver, &local.x).stop_when(target(-1.0)).run()?;
        assert!(matches!(found.termination, Termination::TargetReached { .. }), "{found}");
    }
    Ok(())
}

/// One start is the local solver alone, bit for bit.
#[test]
fn one_start_is_the_local_search() -> Result<(), Error> {
    let valley = from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2));
    let alone = minimize(&valley, Bfgs::default(), [-1.2, 1.0])?;
    let driver = MultiStart::new(Bfgs::default()).starts(1).scale(1.0);
    let found = minimize(&valley, driver, [-1.2, 1.0])?;
    assert_eq!((&found.x, found.evaluations), (&alone.x, alone.evaluations));
    assert!(found.termination.is_converged());
    Ok(())
}

#[cfg(feature = "autodiff")]
#[test]
fn so_is_it_within_bounds() -> Result<(), Error> {
    use extremum::Lbfgsb;
    for problem in &extremum::functions::bounded()[..10] {
        let name = problem.name();
        let rule = || gradient_norm(1e-6).or(max_evaluations(500));
        let terms = |solver| Minimizer::new(problem, solver, problem.start()).stop_when(rule());
        let alone = terms(Lbfgsb::default().boxed()).run()?;
        if alone.iterations == 0 {
            continue; // A local search makes one step in any case.
        }
        let found = terms(MultiStart::default().starts(1).boxed()).run()?;
        assert_eq!((&found.x, found.evaluations), (&alone.x, alone.evaluations), "{name}");
        assert_eq!(found.gradient_norm, alone.gradient_norm, "{name}");
        assert_eq!(found.termination.name(), alone.termination.name(), "{name}");
    }
    Ok(())
}

/// Also where a local solver evaluates several points at once.
#[cfg(feature = "parallel")]
#[test]
fn the_bits_are_the_same_on_any_number_of_threads() -> Result<(), Error> {
    use extremum::Parallel;
    let problem = within(hartmann, &[0.0; 6], &[1.0; 6]);
    for solver in &drivers(5) {
        let terms = || Minimizer::new(&problem, solver, [0.5; 6]).stop_when(max_iterations(400));
        let serial = terms().run()?;
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| terms().evaluate_with(Parallel).run())?;
            assert_eq!(found.x, serial.x, "{} on {threads} threads", solver.name());
            assert_eq!(found.evaluations, serial.evaluations, "{}", solver.name());
        }
    }
    Ok(())
}

#[test]
fn a_resumed_run_has_the_same_bits() -> Result<(), Error> {
    let problem = within(camel, &[-3.0, -2.0], &[3.0, 2.0]);
    for solver in &drivers(3) {
        let terms = || Minimizer::new(&problem, solver, [2.0, 1.0]).stop_when(max_iterations(300));
        let straight = terms().run()?;
        let mut run = terms().start()?;
        'run: loop {
            for _ in 0..7 {
                if run.step().is_break() {
                    break 'run;
                }
            }
            let bytes = run.checkpoint().to_bytes()?;
            run = terms().resume(Checkpoint::from_bytes(&bytes)?)?;
        }
        let found = run.finish();
        assert_eq!(found.x, straight.x, "{}", solver.name());
        assert_eq!(found.evaluations, straight.evaluations, "{}", solver.name());
        assert_eq!(found.termination, straight.termination, "{}", solver.name());
    }
    Ok(())
}

/// Wherever it is cancelled, the run goes on as if it had not been.
#[test]
fn an_interrupted_run_goes_on_with_the_same_bits() -> Result<(), Error> {
    let bounds = || Bounds::new([-3.0, -2.0], [3.0, 2.0]);
    for solver in &drivers(4) {
        for cancelled_at in (1..250).step_by(7) {
            let (calls, token) = (AtomicU64::new(0), CancellationToken::new());
            let problem = from_fn(2, |x| {
                if calls.fetch_add(1, Ordering::Relaxed) == cancelled_at {
                    token.cancel();
                }
                camel(x)
            })
            .with_bounds(bounds()?);
            let terms =
                || Minimizer::new(&problem, solver, [2.0, 1.0]).stop_when(max_iterations(200));
            let Ok(mut run) = terms().cancelled_by(&token).start() else { continue };
            while run.step().is_continue() {}
            let bytes = run.checkpoint().to_bytes()?;
            let cancelled = run.finish();
            if cancelled.iterations == 200 {
                break;
            }
            assert_eq!(cancelled.termination, Termination::Cancelled, "{}", solver.name());
            let resumed = terms().resume(Checkpoint::from_bytes(&bytes)?)?.complete();
            let straight = terms().run()?;
            assert_eq!(resumed.x, straight.x, "{} at {cancelled_at}", solver.name());
            assert_eq!(resumed.iterations, straight.iterations, "{}", solver.name());
        }
    }
    Ok(())
}

/// A local search is made at its start; its steps allocate nothing.
#[test]
fn no_step_of_a_local_search_allocates() -> Result<(), Error> {
    let problem = within(hartmann, &[0.0; 6], &[1.0; 6]);
    let mut run = Minimizer::new(&problem, MultiStart::default(), [0.5; 6]).start()?;
    let mut steps = 0;
    loop {
        let stage = |run: &extremum::Run<'_, MultiStart>| {
            let hits: u64 = run.state().minima().iter().map(|minimum| minimum.hits).sum();
            (run.state().started(), hits)
        };
        let before = stage(&run);
        let mut flow = None;
        let made = measure(|| flow = Some(run.step()));
        if stage(&run) == before {
            assert_eq!(made.count_total, 0);
            steps += 1;
        }
        if flow.is_some_and(|flow| flow.is_break()) {
            break;
        }
    }
    assert!(steps > 100);
    let mut run = Minimizer::new(&problem, BasinHopping::default(), [0.5; 6]).start()?;
    let mut steps = 0;
    loop {
        let mut flow = None;
        let made = measure(|| flow = Some(run.step()));
        steps += u64::from(made.count_total == 0);
        if flow.is_some_and(|flow| flow.is_break()) {
            break;
        }
    }
    // Each hop has one step that allocates.
    assert!(steps + run.state().hops() + 1 >= run.progress().iteration);
    Ok(())
}

/// The camel has six minima, two of them with small basins. An early end may come before these are found, but not
/// before the rule holds, by which a dozen of starts or more for each minimum tell that these are all.
#[test]
fn all_minima_are_counted() -> Result<(), Error> {
    let problem = within(camel, &[-3.0, -2.0], &[3.0, 2.0]);
    let driver = |starts| MultiStart::default().starts(starts);
    let mut run = Minimizer::new(&problem, driver(300), [2.0, 1.0]).start()?;
    while run.step().is_continue() {}
    let all = run.state().minima().to_vec();
    assert_eq!(all.len(), 6, "{all:?}");
    assert_eq!(all.iter().map(|minimum| minimum.hits).sum::<u64>(), 300);
    let mut run =
        Minimizer::new(&problem, driver(1000).until_complete(true), [2.0, 1.0]).start()?;
    while run.step().is_continue() {}
    let minima = run.state().minima();
    let is_known = |x: &DVector<f64>| all.iter().any(|known| (&known.x - x).amax() < 1e-4);
    assert!(minima.len() >= 4 && minima.iter().all(|minimum| is_known(&minimum.x)), "{minima:?}");
    let hits: u64 = minima.iter().map(|minimum| minimum.hits).sum();
    assert_eq!(hits, run.state().started());
    // w (k − 1)/(k − w − 2) ≤ w + ½ for the first time.
    let (w, k) = (minima.len() as u64, run.state().started());
    let is_complete = |k: u64| 2 * w * (k - 1) <= (2 * w + 1) * (k - w - 2);
    assert!(k < 1000 && is_complete(k), "{w} minima after {k} starts");
    Ok(())
}

/// W. Hock, K. Schittkowski, *Test examples for nonlinear programming codes* (1981), those with bounds alone: problems 1 to 5,
/// 38 and 45, with the minima given there: in corners, on edges and inside. From the starts given there, but for 45, whose start is
/// outside.
fn hock_schittkowski() -> Vec<(&'static str, FromFn<'static>, Vec<f64>, f64)> {
    const FREE: f64 = f64::INFINITY;
    fn rosenbrock(x: &DVector<f64>) -> f64 {
        100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)
    }
    fn three(x: &DVector<f64>) -> f64 {
        x[1] + 1e-5 * (x[1] - x[0]).powi(2)
    }
    fn four(x: &DVector<f64>) -> f64 {
        (x[0] + 1.0).powi(3) / 3.0 + x[1]
    }
    fn five(x: &DVector<f64>) -> f64 {
        (x[0] + x[1]).sin() + (x[0] - x[1]).powi(2) - 1.5 * x[0] + 2.5 * x[1] + 1.0
    }
    fn wood(x: &DVector<f64>) -> f64 {
        let (a, b) = (x[1] - x[0] * x[0], x[3] - x[2] * x[2]);
        100.0 * a * a
            + (1.0 - x[0]).powi(2)
            + 90.0 * b * b
            + (1.0 - x[2]).powi(2)
            + 10.1 * ((x[1] - 1.0).powi(2) + (x[3] - 1.0).powi(2))
            + 19.8 * (x[1] - 1.0) * (x[3] - 1.0)
    }
    fn product(x: &DVector<f64>) -> f64 {
        2.0 - x.product() / 120.0
    }
    vec![
        ("1", within(rosenbrock, &[-FREE, -1.5], &[FREE; 2]), vec![-2.0, 1.0], 0.0),
        ("2", within(rosenbrock, &[-FREE, 1.5], &[FREE; 2]), vec![-2.0, 1.5], 0.050_426_187_9),
        ("3", within(three, &[-FREE, 0.0], &[FREE; 2]), vec![10.0, 1.0], 0.0),
        ("4", within(four, &[1.0, 0.0], &[FREE; 2]), vec![1.125, 0.125], 8.0 / 3.0),
        ("5", within(five, &[-1.5, -3.0], &[4.0, 3.0]), vec![0.0; 2], -1.913_222_954_98),
        ("38", within(wood, &[-10.0; 4], &[10.0; 4]), vec![-3.0, -1.0, -3.0, -1.0], 0.0),
        ("45", within(product, &[0.0; 5], &[1.0, 2.0, 3.0, 4.0, 5.0]), vec![1.0; 5], 1.0),
    ]
}

/// The gradient is that of the projection: it vanishes at minima on bounds, and not where it points inside.
#[test]
fn minima_on_bounds_are_found_and_measured() -> Result<(), Error> {
    for (name, problem, x0, minimum) in &hock_schittkowski() {
        let bounds = problem.bounds().unwrap();
        let drivers: [Box<dyn AnySolver>; 2] = [
            // Wide enough that starts are drawn from both basins of problem 2.
            MultiStart::default().starts(20).scale(4.0).boxed(),
            BasinHopping::default().hops(20).scale(2.0).boxed(),
        ];
        for solver in &drivers {
            let found = minimize(problem, solver, x0.clone())?;
            let name = format!("{} on {name}: {found}", solver.name());
            assert!((found.cost - minimum).abs() <= 1e-8 * minimum.abs().max(1.0), "{name}");
            assert!(found.termination.is_converged(), "{name}");
            assert!(bounds.contain(&found.x), "{name}");
            let mut gradient = found.x.clone();
            Oracle::new(problem).gradient(&found.x, &mut gradient);
            for i in 0..found.x.len() {
                let step = (found.x[i] - gradient[i]).clamp(bounds.lower()[i], bounds.upper()[i]);
                assert!((step - found.x[i]).abs() <= 1e-6, "{name}, coordinate {i}");
                // A variable that the gradient presses against its bound is there to the last bit.
                let is_at_bound =
                    found.x[i] == bounds.lower()[i] || found.x[i] == bounds.upper()[i];
                assert!(is_at_bound || gradient[i].abs() <= 1e-5, "{name}, coordinate {i}");
            }
        }
    }
    Ok(())
}

/// One start needs no scale, however open the bounds are, and the terms of a sum are counted.
#[test]
fn one_start_needs_no_scale() -> Result<(), Error> {
    const FREE: f64 = f64::INFINITY;
    let (_, four, x0, minimum) = hock_schittkowski().swap_remove(3);
    let found = minimize(&four, MultiStart::default().starts(1), x0.clone())?;
    assert!((found.cost - minimum).abs() < 1e-9 && found.termination.is_converged(), "{found}");
    assert!(minimize(&four, MultiStart::default(), x0).is_err());

    /// The mean of (x − i)²/2, i = 0, .., 9, 4.25 at 4 and least at 4.5; and how many terms were asked for.
    struct Squares<'a>(&'a AtomicU64);
    impl FiniteSum for Squares<'_> {
        fn dimension(&self) -> usize {
            1
        }
        fn terms(&self) -> usize {
            10
        }
        fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
            self.0.fetch_add(batch.len() as u64, Ordering::Relaxed);
            let squares = batch.iter().map(|&i| (x[0] - i as f64).powi(2) / 2.0);
            squares.sum::<f64>() / batch.len() as f64
        }
        fn gradient(&self, batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>) {
            self.0.fetch_add(batch.len() as u64, Ordering::Relaxed);
            let slopes = batch.iter().map(|&i| x[0] - i as f64);
            gradient[0] = slopes.sum::<f64>() / batch.len() as f64;
        }
        fn cost_and_gradient(
            &self,
            batch: &[usize],
            x: &DVector<f64>,
            gradient: &mut DVector<f64>,
        ) -> f64 {
            self.gradient(batch, x, gradient);
            let squares = batch.iter().map(|&i| (x[0] - i as f64).powi(2) / 2.0);
            squares.sum::<f64>() / batch.len() as f64
        }
    }
    let asked = AtomicU64::new(0);
    let problem = Bounded(Sum::new(Squares(&asked)), Bounds::new([-FREE], [4.0])?);
    let found = minimize(&problem, MultiStart::default().starts(1), [0.0])?;
    assert!((found.cost - 4.25).abs() < 1e-9 && found.termination.is_converged(), "{found}");
    assert_eq!(found.evaluations.terms, asked.swap(0, Ordering::Relaxed));
    // Without bounds a local solver may take mini-batches.
    let free = Sum::new(Squares(&asked));
    let stochastic = Adam::new(Exponential::new(0.1, 0.999)).batches(2, 0);
    let found = minimize(&free, MultiStart::new(stochastic).starts(1), [0.0])?;
    assert!((found.cost - 4.125).abs() < 1e-2, "{found}");
    assert_eq!(found.evaluations.terms, asked.into_inner());
    Ok(())
}

/// Differences stay within the bounds, unless x is not.
#[test]
fn differences_stay_within_bounds_that_hold() -> Result<(), Error> {
    let root = from_fn(1, |x| x[0].sqrt()).with_bounds(Bounds::new([0.0], [4.0])?);
    let mut gradient = DVector::zeros(1);
    for (x, expected) in [(4.0, 0.25), (1.0, 0.5), (9.0, 1.0 / 6.0)] {
        Oracle::new(&root).gradient(&DVector::from_element(1, x), &mut gradient);
        assert!((gradient[0] - expected).abs() < 1e-6, "{x}: {gradient}");
    }
    let askew = from_fn(1, |x| x[0].sqrt()).with_bounds(Bounds::new([0.0; 2], [4.0; 2])?);
    Oracle::new(&askew).gradient(&DVector::from_element(1, 4.0), &mut gradient);
    assert!((gradient[0] - 0.25).abs() < 1e-6, "{gradient}");
    Ok(())
}

/// In a corner where the cost falls to the inside, by next to nothing.
#[test]
fn a_corner_that_is_no_minimum_is_not_taken_for_one() -> Result<(), Error> {
    let bowl = from_fn(3, |x| x.iter().map(|x| 1e-4 * (x - 0.5).powi(2)).sum())
        .with_gradient(|x, g| g.zip_apply(x, |g, x| *g = 2e-4 * (x - 0.5)))
        .with_bounds(Bounds::new([0.0; 3], [1.0; 3])?);
    for corner in [0.0, 1.0] {
        let found = minimize(&bowl, MultiStart::default().starts(1), [corner; 3])?;
        let is_there = found.x.iter().all(|x| (x - 0.5).abs() < 1e-2);
        assert_eq!(found.termination.is_converged(), is_there, "{found}");
        let found = minimize(&bowl, MultiStart::default(), [corner; 3])?;
        assert!(found.termination.is_converged() && found.cost < 1e-8, "{found}");
    }
    Ok(())
}

/// Minima on the bounds, a domain with holes, and a cost that has no minimum.
#[test]
fn hostile_problems_end_truthfully() -> Result<(), Error> {
    let corner = from_fn(2, |x| {
        assert!(x.iter().all(|x| (-1.0..=1.0).contains(x)), "outside: {x}");
        x[0] + x[1].sin() + (5.0 * x[0]).cos()
    })
    .with_bounds(Bounds::new([-1.0; 2], [1.0; 2])?);
    let holes = from_fn(2, |x| if (7.0 * x[0]).sin() < -0.5 { f64::NAN } else { x.norm_squared() })
        .with_bounds(Bounds::new([-1.0; 2], [1.0; 2])?);
    let constant = from_fn(2, |_| 7.0).with_bounds(Bounds::new([-1.0; 2], [1.0; 2])?);
    for solver in &drivers(0) {
        for problem in [&corner, &holes, &constant] {
            let found = Minimizer::new(problem, solver, [0.1, 0.3])
                .stop_when(gradient_norm(1e-6).or(max_evaluations(30_000)))
                .run()?;
            assert_eq!(found.cost.to_bits(), problem.cost(&found.x).to_bits(), "{found}");
            assert!(problem.bounds().unwrap().contain(&found.x), "{found}");
            assert_eq!(
                found.termination.is_converged(),
                found.gradient_norm.is_some_and(|norm| norm <= 1e-6),
                "{}: {found}",
                solver.name()
            );
        }
        let falls = from_fn(1, |x| if x[0] > 2.0 { f64::NEG_INFINITY } else { -x[0] })
            .with_bounds(Bounds::new([-9.0], [9.0])?);
        let found = minimize(&falls, solver, [0.0])?;
        assert!(!found.termination.is_converged(), "{}: {found}", solver.name());
    }
    Ok(())
}

#[test]
fn bad_calls_are_refused() -> Result<(), Error> {
    let sphere = from_fn(2, |x| x.norm_squared());
    let refused = |solver: Box<dyn AnySolver>| minimize(&sphere, &solver, [1.0, 1.0]).unwrap_err();
    assert!(matches!(refused(MultiStart::default().boxed()), Error::ScaleNeeded { .. }));
    for solver in [
        MultiStart::default().scale(1.0).starts(0).boxed(),
        MultiStart::default().scale(1.0).gradient_norm(f64::NAN).boxed(),
        MultiStart::default().scale(f64::NAN).boxed(),
        BasinHopping::default().hops(0).boxed(),
        BasinHopping::default().hops_in_vain(0).boxed(),
        BasinHopping::default().temperature(f64::NAN).boxed(),
        BasinHopping::default().gradient_norm(-1.0).boxed(),
        BasinHopping::default().scale(-1.0).boxed(),
    ] {
        assert!(matches!(refused(solver), Error::Parameter { .. }));
    }
    let nan = from_fn(1, |_| f64::NAN);
    assert!(matches!(
        minimize(&nan, BasinHopping::default(), [0.0]),
        Err(Error::NotInDomain { .. })
    ));
    // A checkpoint of another local solver.
    let terms = |local: Box<dyn AnySolver>| {
        Minimizer::new(&sphere, MultiStart::new(local).scale(1.0), [1.0, 1.0])
    };
    let checkpoint = terms(Lbfgs::default().boxed()).start()?.checkpoint();
    assert!(matches!(
        terms(Bfgs::default().boxed()).resume(checkpoint.clone()),
        Err(Error::Checkpoint { .. })
    ));
    assert!(terms(Lbfgs::default().boxed()).resume(checkpoint).is_ok());
    Ok(())
}

/// Hops end by their number, or when they are in vain.
#[test]
fn hops_are_counted() -> Result<(), Error> {
    let bowl = from_fn(2, |x| (x[0] - 1.0).abs() + x[1].abs());
    let hopping = BasinHopping::new(NelderMead::default().restarts(0));
    let found = minimize(&bowl, hopping.clone().hops(5), [3.0, 3.0])?;
    let Termination::Stalled { reason: Stall::Exhausted { points: 5 }, .. } = found.termination
    else {
        panic!("{found}");
    };
    let found = minimize(&bowl, hopping.hops_in_vain(3), [3.0, 3.0])?;
    let Termination::Stalled { reason: Stall::NoImprovement { .. }, .. } = found.termination else {
        panic!("{found}");
    };
    Ok(())
}
