//! Laws of every population: the same bits on one thread and on several, by ask and tell and in a run, resumed and
//! uninterrupted; no allocation in a generation; hostile costs and calls. A new method is added by one line in [`populations`].

use std::ops::ControlFlow;

use allocation_counter::measure;
use extremum::evaluator::Call;
use extremum::stop::{max_evaluations, max_iterations};
use extremum::{
    AnySolver, BarzilaiBorwein, Bounds, CancellationToken, Checkpoint, CmaEs, DVector,
    DifferentialEvolution, Error, Evaluator, EvaluatorLost, Generations, GeneticAlgorithm, Lbfgsb,
    Minimizer, NelderMead, ParticleSwarm, PatternSearch, Problem, RandomSearch, SimulatedAnnealing,
    SobolSearch, Solution, Solver, Termination, from_fn, minimize,
};

/// Every method, with a scale for problems without bounds.
fn populations() -> Vec<Box<dyn AnySolver>> {
    vec![
        RandomSearch::default().scale(3.0).boxed(),
        CmaEs::default().scale(3.0).boxed(),
        SobolSearch::default().scale(3.0).boxed(),
        NelderMead::default().boxed(),
        PatternSearch::default().boxed(),
        PatternSearch::default().opportunistic(true).boxed(),
        DifferentialEvolution::default().scale(3.0).boxed(),
        DifferentialEvolution::default().scale(3.0).budget(2000).boxed(),
        ParticleSwarm::default().scale(3.0).boxed(),
        ParticleSwarm::comprehensive_learning().scale(3.0).boxed(),
        GeneticAlgorithm::default().scale(3.0).boxed(),
        SimulatedAnnealing::classical().scale(3.0).boxed(),
        SimulatedAnnealing::fast().scale(3.0).boxed(),
        Generations::new(SimulatedAnnealing::generalized().scale(3.0)).without_polish().boxed(),
    ]
}

/// And with a local solver, which allocates.
fn polished() -> Vec<Box<dyn AnySolver>> {
    vec![
        SimulatedAnnealing::generalized().scale(3.0).boxed(),
        DifferentialEvolution::default().scale(3.0).polish(Lbfgsb::default()).boxed(),
        CmaEs::default().scale(3.0).polish(BarzilaiBorwein::default()).boxed(),
    ]
}

/// The same without one.
fn without_scale() -> Vec<Box<dyn AnySolver>> {
    vec![
        RandomSearch::default().boxed(),
        CmaEs::default().boxed(),
        SobolSearch::default().boxed(),
        NelderMead::default().boxed(),
        PatternSearch::default().boxed(),
        PatternSearch::default().opportunistic(true).boxed(),
        DifferentialEvolution::default().boxed(),
        ParticleSwarm::default().boxed(),
        ParticleSwarm::comprehensive_learning().boxed(),
        GeneticAlgorithm::default().boxed(),
        SimulatedAnnealing::classical().boxed(),
        SimulatedAnnealing::fast().boxed(),
        SimulatedAnnealing::generalized().boxed(),
    ]
}

/// The local ones, which start at x0 and need neither a scale nor bounds.
fn is_local(solver: &dyn AnySolver) -> bool {
    ["NelderMead", "PatternSearch"].contains(&solver.name())
}

fn rastrigin(x: &DVector<f64>) -> f64 {
    x.iter().map(|x| x * x - 10.0 * (std::f64::consts::TAU * x).cos() + 10.0).sum()
}

fn box_of(n: usize, half: f64) -> Bounds {
    Bounds::new(vec![-half; n], vec![half; n]).unwrap()
}

/// The solution says what the problem says.
fn truthful(label: &str, problem: &dyn Problem, found: &Solution) {
    assert!(found.x.iter().all(|x| x.is_finite()) && found.cost.is_finite(), "{label}: {found}");
    assert_eq!(found.cost.to_bits(), problem.cost(&found.x).to_bits(), "{label}: {found}");
    assert!(problem.bounds().is_none_or(|bounds| bounds.contain(&found.x)), "{label}: {found}");
    assert!(!found.termination.is_converged(), "{label}: {found}");
}

#[test]
fn the_default_run_ends_by_itself_near_the_minimum_of_a_sphere() -> Result<(), Error> {
    let sphere = from_fn(3, |x| x.norm_squared());
    for solver in &populations() {
        let found = minimize(&sphere, solver, [1.0, -2.0, 0.5])?;
        truthful(solver.name(), &sphere, &found);
        assert!(found.cost < 0.2, "{}: {found}", solver.name());
        assert!(found.evaluations.cost < 200_000, "{}: {found}", solver.name());
    }
    Ok(())
}

/// Every point that is asked for lies within the bounds, and the first is the start.
#[test]
fn candidates_keep_the_bounds_and_begin_with_the_start() -> Result<(), Error> {
    struct Watcher(Vec<Vec<u64>>);
    impl Evaluator for &mut Watcher {
        fn costs(
            &mut self,
            call: &Call<'_>,
            points: &[DVector<f64>],
            costs: &mut [f64],
        ) -> Result<(), EvaluatorLost> {
            for (x, cost) in points.iter().zip(costs) {
                assert!(call.problem().bounds().unwrap().contain(x), "{x}");
                self.0.push(x.iter().map(|x| x.to_bits()).collect());
                *cost = call.cost(x);
            }
            Ok(())
        }
    }
    // The minimum is in a corner, one coordinate is fixed, and one is free on one side.
    let bounds = Bounds::new([0.0, -1.0, 2.0], [4.0, 1.0, 2.0]).unwrap();
    let problem = from_fn(3, |x| x[0] + (x[1] - 2.0).powi(2) + x[2]).with_bounds(bounds);
    for solver in &without_scale() {
        let mut watcher = Watcher(Vec::new());
        let found = Minimizer::new(&problem, solver, [3.0, 0.0, 2.0])
            .stop_when(max_evaluations(3_000))
            .evaluate_with(&mut watcher)
            .run()?;
        truthful(solver.name(), &problem, &found);
        let first: Vec<u64> = [3.0_f64, 0.0, 2.0].map(f64::to_bits).to_vec();
        assert_eq!(watcher.0.first(), Some(&first), "{}", solver.name());
        assert!(found.cost < 3.3, "{}: {found}", solver.name());
    }
    Ok(())
}

#[cfg(feature = "parallel")]
#[test]
fn the_bits_are_the_same_on_any_number_of_threads() -> Result<(), Error> {
    use extremum::Parallel;
    let problem = from_fn(4, rastrigin).with_bounds(box_of(4, 5.12));
    for solver in populations().iter().chain(&polished()) {
        let run = |parallel: bool| {
            let run = Minimizer::new(&problem, solver, [2.0; 4]).stop_when(max_iterations(60));
            if parallel { run.evaluate_with(Parallel).run() } else { run.run() }
        };
        let serial = run(false)?;
        for threads in [1, 2, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| run(true))?;
            assert_eq!(found.x, serial.x, "{} on {threads} threads", solver.name());
            assert_eq!(found.evaluations, serial.evaluations, "{}", solver.name());
        }
    }
    Ok(())
}

/// A run that is written and read back after every few generations, and interrupted within them.
#[test]
fn a_resumed_run_has_the_same_bits() -> Result<(), Error> {
    let problem = from_fn(3, rastrigin).with_bounds(box_of(3, 5.12));
    for solver in populations().iter().chain(&polished()) {
        let straight =
            Minimizer::new(&problem, solver, [2.0; 3]).stop_when(max_iterations(40)).run()?;
        let terms = || Minimizer::new(&problem, solver, [2.0; 3]).stop_when(max_iterations(40));
        let mut run = terms().start()?;
        loop {
            let mut flow = ControlFlow::Continue(());
            for _ in 0..7 {
                flow = run.step();
            }
            if flow.is_break() {
                break;
            }
            let bytes = run.checkpoint().to_bytes()?;
            run = terms().resume(Checkpoint::from_bytes(&bytes)?)?;
        }
        let found = run.finish();
        assert_eq!((found.x, found.cost), (straight.x, straight.cost), "{}", solver.name());
    }
    Ok(())
}

#[test]
fn an_interrupted_generation_is_made_again_with_the_same_bits() -> Result<(), Error> {
    for solver in populations().iter().chain(&polished()) {
        let calls = std::sync::atomic::AtomicU64::new(0);
        let token = CancellationToken::new();
        let problem = from_fn(3, |x| {
            if calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 131 {
                token.cancel();
            }
            rastrigin(x)
        })
        .with_bounds(box_of(3, 5.12));
        let terms = || Minimizer::new(&problem, solver, [2.0; 3]).stop_when(max_iterations(300));
        let mut run = terms().cancelled_by(&token).start()?;
        while run.step().is_continue() {}
        let bytes = run.checkpoint().to_bytes()?;
        let found = run.finish();
        if found.iterations == 300 {
            continue;
        }
        assert_eq!(found.termination, Termination::Cancelled, "{}", solver.name());
        let resumed = terms().resume(Checkpoint::from_bytes(&bytes)?)?.complete();
        let straight = terms().run()?;
        assert_eq!((resumed.x, resumed.cost), (straight.x, straight.cost), "{}", solver.name());
    }
    Ok(())
}

#[test]
fn no_generation_allocates() -> Result<(), Error> {
    let problem = from_fn(5, rastrigin).with_bounds(box_of(5, 5.12));
    for solver in &populations() {
        let mut run = Minimizer::new(&problem, solver, [2.0; 5]).start()?;
        let _ = run.step();
        let made = measure(|| {
            for _ in 0..30 {
                let _ = run.step();
            }
        });
        assert_eq!(made.count_total, 0, "{}", solver.name());
    }
    Ok(())
}

#[test]
fn hostile_costs_end_truthfully() -> Result<(), Error> {
    let half = from_fn(2, |x| if x[0] < 0.0 { f64::NAN } else { x.norm_squared() })
        .with_bounds(box_of(2, 2.0));
    let constant = from_fn(2, |_| 7.0).with_bounds(box_of(2, 2.0));
    let infinite = from_fn(2, |x| if x[1] > 1.5 { f64::INFINITY } else { 1e300 * x[0].abs() })
        .with_bounds(box_of(2, 2.0));
    let panics = from_fn(2, |x| {
        assert!(x[1] < 1.6, "a cost that panics");
        x.norm_squared()
    })
    .with_bounds(box_of(2, 2.0));
    std::panic::set_hook(Box::new(|_| {}));
    for solver in &without_scale() {
        for problem in [&half, &constant, &infinite, &panics] {
            let found = Minimizer::new(problem, solver, [1.0, 1.2])
                .stop_when(max_evaluations(20_000))
                .survive_panics()
                .run()?;
            truthful(solver.name(), problem, &found);
        }
        let edge = from_fn(2, |x| if x[0] > 1.0 { f64::NEG_INFINITY } else { -x[0] })
            .with_bounds(box_of(2, 2.0));
        let found =
            Minimizer::new(&edge, solver, [0.0, 0.0]).stop_when(max_evaluations(20_000)).run()?;
        assert!(
            matches!(found.termination, Termination::Unbounded { .. }),
            "{}: {found}",
            solver.name()
        );
    }
    let _ = std::panic::take_hook();
    Ok(())
}

#[test]
fn bad_calls_are_refused() {
    let sphere = from_fn(2, |x| x.norm_squared());
    let bounded = from_fn(2, |x| x.norm_squared()).with_bounds(box_of(2, 1.0));
    let nan = from_fn(2, |_| f64::NAN).with_bounds(box_of(2, 1.0));
    let half = Bounds::new([0.0, 0.0], [1.0, f64::INFINITY]).unwrap();
    let half = from_fn(2, |x| x.norm_squared()).with_bounds(half);
    for solver in &without_scale() {
        let refused =
            |problem: &dyn Problem, x0: &[f64]| minimize(problem, solver, x0).unwrap_err();
        let name = solver.name();
        if is_local(&**solver) {
            assert!(minimize(&sphere, solver, [1.0, 1.0]).is_ok(), "{name}");
            assert!(minimize(&half, solver, [1.0, 1.0]).is_ok(), "{name}");
        } else {
            assert!(
                matches!(refused(&sphere, &[1.0, 1.0]), Error::ScaleNeeded { index: 0, .. }),
                "{name}"
            );
            assert!(
                matches!(refused(&half, &[1.0, 1.0]), Error::ScaleNeeded { index: 1, .. }),
                "{name}"
            );
        }
        assert!(matches!(refused(&bounded, &[1.0]), Error::Dimension { .. }), "{name}");
        assert!(
            matches!(refused(&bounded, &[0.0, f64::NAN]), Error::NonFiniteStart { .. }),
            "{name}"
        );
        assert!(
            matches!(refused(&bounded, &[0.0, 3.0]), Error::StartOutsideBounds { index: 1, .. }),
            "{name}"
        );
        assert!(matches!(refused(&nan, &[0.0, 0.0]), Error::NotInDomain { .. }), "{name}");
    }
}

#[test]
fn a_lost_evaluator_ends_the_run_with_its_best_point() -> Result<(), Error> {
    struct Mortal(u32);
    impl Evaluator for Mortal {
        fn costs(
            &mut self,
            call: &Call<'_>,
            points: &[DVector<f64>],
            costs: &mut [f64],
        ) -> Result<(), EvaluatorLost> {
            if self.0 == 0 {
                return Err(EvaluatorLost { reason: "the queue has gone".to_owned() });
            }
            self.0 -= 1;
            for (x, cost) in points.iter().zip(costs) {
                *cost = call.cost(x);
            }
            Ok(())
        }
    }
    let sphere = from_fn(2, |x| x.norm_squared());
    for solver in &populations() {
        let found = Minimizer::new(&sphere, solver, [1.0, 1.0]).evaluate_with(Mortal(3)).run()?;
        truthful(solver.name(), &sphere, &found);
        assert!(matches!(found.termination, Termination::EvaluatorLost { .. }), "{found}");
        assert!(
            Minimizer::new(&sphere, solver, [1.0, 1.0]).evaluate_with(Mortal(0)).run().is_err()
        );
    }
    Ok(())
}
