//! Populations, the simplex and the mesh.

use extremum::solver::population::Population;
use extremum::stop::{max_evaluations, max_iterations, target, when};
use extremum::{
    AnySolver, Bounds, CancellationToken, Checkpoint, CmaEs, DVector, DifferentialEvolution, Error,
    GeneticAlgorithm, Lbfgsb, Minimizer, NelderMead, ParticleSwarm, PatternSearch, Problem,
    RandomSearch, Search, SimulatedAnnealing, SobolSearch, Solver, Stall, Termination, from_fn,
    minimize,
};

/// Every method, with a scale for problems without bounds.
fn methods(scale: Option<f64>) -> Vec<Box<dyn AnySolver>> {
    macro_rules! boxed {
        ($($method:expr),* $(,)?) => {
            vec![$(match scale {
                Some(scale) => $method.scale(scale).boxed(),
                None => $method.boxed(),
            }),*]
        };
    }
    boxed![
        RandomSearch::default(),
        SobolSearch::default(),
        CmaEs::default(),
        CmaEs::default().separable(),
        DifferentialEvolution::default(),
        ParticleSwarm::default(),
        ParticleSwarm::comprehensive_learning(),
        GeneticAlgorithm::default(),
        SimulatedAnnealing::classical(),
        SimulatedAnnealing::generalized(),
        NelderMead::default(),
        PatternSearch::default(),
    ]
}

/// Where the cost is −infinity, the best point is one of a finite cost, and no target is reached by what is no cost.
#[test]
fn minus_infinity_is_no_cost() -> Result<(), Error> {
    type Cost = fn(&DVector<f64>) -> f64;
    let edges: [(&str, f64, Cost); 3] = [
        ("left of -1", 1.0, |x| if x[0] < -1.0 { f64::NEG_INFINITY } else { x[0] * x[0] }),
        ("right of 2", 0.5, |x| if x[0] > 2.0 { f64::NEG_INFINITY } else { (x[0] - 0.5).powi(2) }),
        (
            "almost all",
            0.0,
            |x| if x[0].abs() > 0.5 { f64::NEG_INFINITY } else { 1.0 + x[0].abs() },
        ),
    ];
    for (name, x0, cost) in edges {
        let problem = from_fn(1, cost);
        for method in methods(Some(5.0)) {
            let found = Minimizer::new(&problem, &method, [x0])
                .stop_when(target(-1.0).or(max_evaluations(3_000)))
                .run()?;
            let label = format!("{name}, {}: {found}", method.name());
            assert!(found.cost >= 0.0 && found.cost == cost(&found.x), "{label}");
            assert!(!found.termination.is_converged(), "{label}");
            if let Termination::Unbounded { cost } = found.termination {
                assert_eq!(cost, f64::NEG_INFINITY, "{label}");
            }
        }
        // The case that was seen.
        let found = minimize(&problem, DifferentialEvolution::default().scale(5.0), [x0])?;
        assert!(matches!(found.termination, Termination::Unbounded { .. }), "{found}");
        let mut search = DifferentialEvolution::default().scale(5.0).start([x0], None)?;
        let costs: Vec<f64> = search.ask().iter().map(cost).collect();
        assert!(search.tell(&costs)?.is_break());
        assert!(search.best().1.is_finite() && search.best().1 >= 0.0, "{:?}", search.best());
    }
    let all = from_fn(1, |_| f64::NEG_INFINITY);
    assert!(minimize(&all, DifferentialEvolution::default().scale(1.0), [0.0]).is_err());
    Ok(())
}

/// Candidates within the widest bounds are finite, and those of narrow bounds lie within them to the last bit.
#[test]
fn candidates_are_finite_and_within_bounds_of_any_width() -> Result<(), Error> {
    let tiny = f64::from_bits(3);
    let boxes = [
        (f64::MIN, f64::MAX, 1.0),
        (f64::MIN, 0.0, -1e300),
        (-1e308, 1.7e308, 1e308),
        (f64::MIN, f64::MIN / 2.0, -1e308),
        (1e200, 3e200, 2e200),
        (tiny, 1.0, 0.5),
        (-tiny, tiny, 0.0),
        (-1.0, -tiny, -tiny),
        (1e-200, 2e-200, 1e-200),
        (f64::NEG_INFINITY, f64::MIN / 1.5, f64::MIN / 1.4),
        (1.0, 1.0 + f64::EPSILON, 1.0),
    ];
    for (lower, upper, x0) in boxes {
        let bounds = Bounds::new([lower; 3], [upper; 3])?;
        let scale = if lower.is_finite() { None } else { Some(1e308) };
        for goal in [lower.max(-1e300), upper.min(1e300), x0] {
            let outside = std::sync::Mutex::new(Vec::new());
            let problem = from_fn(3, |x| {
                if !x.iter().all(|x| x.is_finite() && *x >= lower && *x <= upper) {
                    outside.lock().unwrap().push(x.clone());
                }
                x.iter().map(|x| (x / 1e160 - goal / 1e160).abs() + (x - goal).abs() / 1e300).sum()
            })
            .with_bounds(bounds.clone());
            for method in methods(scale) {
                let found = Minimizer::new(&problem, &method, [x0; 3])
                    .stop_when(max_evaluations(1_500))
                    .run()?;
                let outside = outside.lock().unwrap();
                let name = method.name();
                assert!(outside.is_empty(), "{name} [{lower:e}, {upper:e}]: {:?}", outside[0]);
                assert!(found.x.iter().all(|x| x.is_finite()), "{name}: {found}");
            }
        }
    }
    Ok(())
}

/// Uniform on the widest interval: a quarter of the numbers in each quarter.
#[test]
fn numbers_between_the_largest_ones_are_uniform() {
    let mut random = extremum::Random::new(5);
    let mut counts = [0; 4];
    for _ in 0..4_000 {
        let x = random.between(f64::MIN, f64::MAX);
        assert!(x.is_finite());
        counts[((x / f64::MAX + 1.0) * 2.0).clamp(0.0, 3.0) as usize] += 1;
    }
    // Four standard deviations of a binomial variable are 110.
    assert!(counts.iter().all(|count| (890..=1110).contains(count)), "{counts:?}");
    assert_eq!(random.between(2.0, 2.0), 2.0);
    assert_eq!(random.between(3.0, 2.0), 3.0);
}

/// A coordinate near 0 does not freeze the simplex, whatever the size of the others.
#[test]
fn a_simplex_grows_out_of_coordinates_near_zero() -> Result<(), Error> {
    // f = (x − 3)² + (y − 1)² + x y / 2: ∇f = 0 at (44, 4) / 15.
    let bowl = from_fn(2, |x| (x[0] - 3.0).powi(2) + (x[1] - 1.0).powi(2) + 0.5 * x[0] * x[1]);
    for small in [1e-17, -1e-17, 1e-300, 5e-324, 1e-14, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3, 0.0] {
        for adaptive in [true, false] {
            for x0 in [[small, 1.0], [3.0, small], [small, small], [small, 100.0]] {
                let found = minimize(&bowl, NelderMead::default().adaptive(adaptive), x0)?;
                let (x, y) = (44.0 / 15.0, 4.0 / 15.0);
                let is_near = (found.x[0] - x).abs() < 1e-5 && (found.x[1] - y).abs() < 1e-5;
                assert!(is_near && (found.cost - 14.0 / 15.0).abs() < 1e-9, "{x0:?}: {found}");
            }
        }
    }
    // One variable, five variables, and units of 1e6 and 1e-6.
    let line = from_fn(1, |x| (x[0] - 3.0).powi(2));
    for small in [1e-17, 1e-300, 1e-14, 1e-10, -1e-6] {
        let found = minimize(&line, NelderMead::default(), [small])?;
        assert!(found.cost < 1e-10, "{small}: {found}");
    }
    let five = from_fn(5, |x| (0..5).map(|i| (i + 1) as f64 * (x[i] - i as f64).powi(2)).sum());
    let found = minimize(&five, NelderMead::default(), [1e-17, 1.0, 1e-12, -1e-9, 2.0])?;
    assert!(found.cost < 1e-10, "{found}");
    for unit in [1e-9, 1e-6, 1.0, 1e6] {
        let scaled = from_fn(2, move |x| {
            let (x, y) = (x[0] / unit, x[1]);
            (x - 3.0).powi(2) + (y - 1.0).powi(2) + 0.5 * x * y
        });
        let found = minimize(&scaled, NelderMead::default(), [0.5 * unit, 1.0])?;
        assert!((found.cost - 14.0 / 15.0).abs() < 1e-9, "{unit}: {found}");
        assert!((found.x[0] / unit - 44.0 / 15.0).abs() < 1e-5, "{unit}: {found}");
    }
    Ok(())
}

/// Scaling all variables, or the cost, by a power of two changes no step of a simplex.
#[test]
fn a_simplex_is_the_same_in_any_units() -> Result<(), Error> {
    let valley = |x: f64, y: f64| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
    for (unit, height) in [(2.0_f64.powi(-40), 1.0), (1.0, 2.0_f64.powi(-40))] {
        let problem = from_fn(2, move |x| height * valley(x[0] / unit, x[1] / unit));
        let found = minimize(&problem, NelderMead::default(), [-1.2 * unit, unit])?;
        let error = (found.x[0] / unit - 1.0).abs().max((found.x[1] / unit - 1.0).abs());
        assert!(error < 1e-6, "{unit:e} {height:e}: {error:e} {found}");
    }
    Ok(())
}

/// The impedance of R and C in parallel against that of 1e4 and 1e-8, at 40 frequencies.
fn impedance(x: &DVector<f64>) -> f64 {
    let z = |r: f64, c: f64, omega: f64| {
        let square = 1.0 + (omega * r * c).powi(2);
        (r / square, -omega * r * r * c / square)
    };
    let square = |k: i32| {
        let omega = 10_f64.powf(2.0 + 0.1 * f64::from(k));
        let (a, b) = (z(x[0], x[1], omega), z(1e4, 1e-8, omega));
        ((a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)) / 1e8
    };
    (0..40).map(square).sum()
}

/// From (5e3, 3e-9) and others; within bounds the mesh has a length for each of the two.
#[test]
fn a_mesh_is_small_for_every_variable_before_it_is_shrunk() -> Result<(), Error> {
    let bounded = from_fn(2, impedance).with_bounds(Bounds::new([1e2, 1e-12], [1e6, 1e-6])?);
    let free = from_fn(2, |x| if x[1] > 0.0 { impedance(x) } else { f64::NAN });
    for (opportunistic, x0) in
        [(false, [5e3, 3e-9]), (true, [5e3, 3e-9]), (false, [2e4, 1e-7]), (true, [1e5, 1e-11])]
    {
        let method = PatternSearch::default().opportunistic(opportunistic);
        for problem in [&bounded, &free] {
            let found = minimize(problem, &method, x0)?;
            let (r, c) = (found.x[0] / 1e4 - 1.0, found.x[1] / 1e-8 - 1.0);
            assert!(r.abs() < 1e-6 && c.abs() < 1e-6 && found.cost < 1e-12, "{x0:?}: {found}");
            let Termination::Stalled { reason: Stall::Collapsed { size, tolerance }, .. } =
                found.termination
            else {
                panic!("{found}");
            };
            assert!(size <= tolerance, "{found}");
        }
    }
    Ok(())
}

/// Settings that no machine has a place for are refused, and cost nothing.
#[test]
fn absurd_settings_are_refused() {
    use extremum::solver::population::{Crossover, Mutation, Selection, Survival};
    let sphere = from_fn(2, |x| x.norm_squared());
    let wide = from_fn(100_000, |x| x.norm_squared());
    let huge = [usize::MAX, 1 << 40, usize::MAX / 2 + 1, 2_000_000];
    let mut solvers: Vec<Box<dyn AnySolver>> = Vec::new();
    for size in huge {
        solvers.push(RandomSearch::default().batch(size).points(u64::MAX).scale(1.0).boxed());
        solvers.push(SobolSearch::default().batch(size).scale(1.0).boxed());
        solvers.push(CmaEs::default().population(size).scale(1.0).boxed());
        solvers.push(DifferentialEvolution::default().population(size).scale(1.0).boxed());
        solvers.push(ParticleSwarm::default().particles(size).scale(1.0).boxed());
        solvers.push(GeneticAlgorithm::default().population(size).scale(1.0).boxed());
        let ga = GeneticAlgorithm::default().scale(1.0);
        solvers.push(ga.clone().selection(Selection::Tournament(size)).boxed());
        solvers.push(ga.survival(Survival::Elites(size)).boxed());
    }
    let ga = || GeneticAlgorithm::default().scale(1.0);
    solvers.push(ga().selection(Selection::Tournament(0)).boxed());
    solvers.push(ga().crossover(Crossover::Blend(f64::INFINITY)).boxed());
    solvers.push(ga().mutation(Mutation::Gaussian(f64::NAN)).boxed());
    solvers.push(SobolSearch::default().points(u64::MAX).scale(1.0).boxed());
    for solver in &solvers {
        let refused = minimize(&sphere, solver, [1.0, 1.0]).unwrap_err();
        assert!(matches!(refused, Error::Parameter { .. }), "{}: {refused}", solver.name());
    }
    let x0 = DVector::from_element(100_000, 1.0);
    let too_wide: Vec<Box<dyn AnySolver>> = vec![
        NelderMead::default().boxed(),
        CmaEs::default().scale(1.0).boxed(),
        DifferentialEvolution::default().scale(1.0).boxed(),
        ParticleSwarm::default().particles(10_000).scale(1.0).boxed(),
        RandomSearch::default().batch(10_000).scale(1.0).boxed(),
    ];
    for solver in &too_wide {
        let refused = minimize(&wide, solver, &x0).unwrap_err();
        assert!(matches!(refused, Error::Parameter { .. }), "{}: {refused}", solver.name());
    }
}

/// Costs, counted, and the best of those that were made.
struct Ledger {
    costs: std::sync::Mutex<Vec<f64>>,
}

impl Ledger {
    fn problem<'a>(
        &'a self,
        cost: impl Fn(&DVector<f64>) -> f64 + Send + Sync + 'a,
    ) -> impl Problem + 'a {
        from_fn(3, move |x| {
            let cost = cost(x);
            self.costs.lock().unwrap().push(cost);
            cost
        })
        .with_bounds(Bounds::new([-5.12; 3], [5.12; 3]).unwrap())
    }
}

fn rastrigin(x: &DVector<f64>) -> f64 {
    x.iter().map(|x| x * x - 10.0 * (std::f64::consts::TAU * x).cos() + 10.0).sum()
}

/// Runs with a local solver as well.
fn polished() -> Vec<Box<dyn AnySolver>> {
    vec![
        DifferentialEvolution::default().polish(Lbfgsb::default()).boxed(),
        CmaEs::default().polish(Lbfgsb::default()).boxed(),
        GeneticAlgorithm::default().population(20).polish(Lbfgsb::default()).boxed(),
    ]
}

/// A limit of evaluations is one, wherever it falls: in the first generation, a later one or a polish; and the best point of
/// all that were evaluated is returned.
#[test]
fn a_budget_is_kept_and_its_best_point_returned() -> Result<(), Error> {
    for budget in [1, 2, 3, 7, 19, 40, 41, 100, 131, 513, 1000, 2024] {
        for (index, method) in methods(None).into_iter().chain(polished()).enumerate() {
            let ledger = Ledger { costs: Default::default() };
            let problem = ledger.problem(rastrigin);
            let found = Minimizer::new(&problem, &method, [2.0, -1.5, 3.1])
                .stop_when(max_evaluations(budget))
                .run()?;
            let costs = ledger.costs.lock().unwrap();
            let label = format!("{} of {budget}: {found}", method.name());
            assert!(costs.len() as u64 <= budget, "{} {label}", costs.len());
            assert_eq!(costs.len() as u64, found.evaluations.cost, "{label}");
            if !found.termination.is_stalled() {
                assert_eq!(found.termination, Termination::MaxEvaluations { limit: budget });
                assert_eq!(costs.len() as u64, budget, "{label}");
            }
            let lowest = costs.iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!(found.cost, rastrigin(&found.x), "{label}");
            // Among the costs of a local solver are those of differences, which are no candidates.
            let is_polished = index >= methods(None).len() || method.name() == "SimulatedAnnealing";
            assert!(found.cost == lowest || is_polished && found.cost <= costs[0], "{label}");
        }
    }
    Ok(())
}

/// What ended at its limit goes on with the same bits, whether it ended in the first generation, a later one or a polish.
#[test]
fn a_run_that_ended_at_its_budget_is_resumed_with_the_same_bits() -> Result<(), Error> {
    let problem = from_fn(3, rastrigin).with_bounds(Bounds::new([-5.12; 3], [5.12; 3])?);
    for method in methods(None).into_iter().chain(polished()) {
        let terms = |budget| {
            Minimizer::new(&problem, &method, [2.0, -1.5, 3.1])
                .stop_when(when(|p| p.cost < 1e-3).or(max_evaluations(budget)))
        };
        let straight = terms(30_000).run()?;
        for budget in [1, 5, 17, 60, 333, 1000, 1001] {
            if straight.evaluations.cost <= budget {
                continue;
            }
            let mut run = terms(budget).start()?;
            while run.step().is_continue() {}
            let bytes = run.checkpoint().to_bytes()?;
            let interrupted = run.finish();
            let resumed = terms(40_000).resume(Checkpoint::from_bytes(&bytes)?)?.complete();
            let label = format!("{} of {budget}: {resumed}\n{straight}", method.name());
            assert!(resumed.cost <= interrupted.cost, "{label}");
            assert_eq!((resumed.x, resumed.cost), (straight.x.clone(), straight.cost), "{label}");
        }
    }
    Ok(())
}

/// The time limit and the token are seen while a large generation is proposed, and a proposal that was interrupted goes on
/// with the same bits.
#[test]
fn a_large_generation_is_proposed_in_pieces() -> Result<(), Error> {
    const SIZE: usize = 10_000;
    fn interrupted<S: Solver>(method: S) -> Result<(), Error> {
        let n = 20;
        let bounds = Bounds::new(vec![-5.0; n], vec![5.0; n])?;
        let sphere = from_fn(n, |x| x.norm_squared()).with_bounds(bounds);
        let start = vec![4.0; n];
        let terms = || Minimizer::new(&sphere, &method, start.clone()).stop_when(max_iterations(3));
        let token = CancellationToken::new();
        let mut run = terms().cancelled_by(&token).start()?;
        token.cancel();
        assert!(run.step().is_break());
        let state = serde_json::to_value(run.state()).unwrap();
        let used = state["search"]["candidates"]["used"].as_u64().unwrap();
        // 65536 numbers are written before the first look at the token.
        assert!((3_000..5_000).contains(&used), "{}: {used}", method.name());
        let bytes = run.checkpoint().to_bytes()?;
        // Those of the first generation, in which CMA-ES has the start besides.
        let made = run.finish().evaluations.cost as usize;
        assert!(made == SIZE || made == SIZE + 1, "{}: {made}", method.name());
        let resumed = terms().resume(Checkpoint::from_bytes(&bytes)?)?.complete();
        let straight = terms().run()?;
        assert_eq!((resumed.x, resumed.cost), (straight.x, straight.cost), "{}", method.name());
        Ok(())
    }
    interrupted(GeneticAlgorithm::default().population(SIZE))?;
    interrupted(DifferentialEvolution::default().population(SIZE))?;
    interrupted(ParticleSwarm::default().particles(SIZE))?;
    interrupted(CmaEs::default().separable().population(SIZE))?;
    interrupted(RandomSearch::default().batch(SIZE).points(1_000_000))?;
    interrupted(SobolSearch::default().batch(SIZE).points(1_000_000))
}

/// A child is held against all members at once: the work for one does not grow with their number.
#[test]
fn large_populations_take_no_more_time_for_each_child() -> Result<(), Error> {
    let seconds = |population: usize| -> Result<f64, Error> {
        let method = GeneticAlgorithm::default().population(population).scale(1.0);
        let mut search = method.start([1.0; 3], None)?;
        let costs = vec![f64::INFINITY; population];
        let mut least = f64::INFINITY;
        for _ in 0..5 {
            let started = std::time::Instant::now();
            assert_eq!(search.ask().len(), population);
            least = least.min(started.elapsed().as_secs_f64() / population as f64);
            let _ = search.tell(&costs)?;
        }
        Ok(least)
    };
    // One after the other it would be a hundred times.
    assert!(seconds(20_000)? < 20.0 * seconds(200)?);
    Ok(())
}

/// JSON has no infinities; any cost will do.
fn finite(value: &mut serde_json::Value) {
    if let Some(fields) = value.as_object_mut() {
        for (name, field) in fields {
            if field.is_null() && name != "examples" {
                *field = 1e300.into();
            }
            finite(field);
        }
    }
}

/// A member, a corner of the box or a candidate outside of the bounds would be evaluated, and reported.
#[test]
fn members_outside_of_the_bounds_are_refused() -> Result<(), Error> {
    fn refuses<P: Population + Clone>(method: P, places: &[&str]) -> Result<(), Error> {
        let bounds = Bounds::new([-5.0; 3], [5.0; 3])?;
        let mut search = Search::new(method.clone(), [1.0, 2.0, 3.0], Some(bounds.clone()))?;
        for _ in 0..4 {
            let costs: Vec<f64> = search.ask().iter().map(rastrigin).collect();
            let _ = search.tell(&costs)?;
        }
        search.ask();
        let mut sound = serde_json::to_value(search.state()).unwrap();
        finite(&mut sound);
        let all = ["/space/lower/0/0", "/space/upper/0/0", "/best/0/0", "/candidates/points/0/0/0"];
        for place in all.iter().chain(places) {
            for value in [5.5, -5.5] {
                let mut damaged = sound.clone();
                *damaged.pointer_mut(place).unwrap() = value.into();
                let mut other = Search::new(method.clone(), [1.0, 2.0, 3.0], Some(bounds.clone()))?;
                let refused = other.restore(serde_json::from_value(damaged).unwrap());
                let is_refused = matches!(refused, Err(Error::Checkpoint { .. }));
                assert!(is_refused, "{} takes {value} at {place}", P::NAME);
            }
        }
        let mut other = Search::new(method, [1.0, 2.0, 3.0], Some(bounds))?;
        other.restore(serde_json::from_value(sound).unwrap())
    }
    refuses(NelderMead::default(), &["/memory/vertices/1/x/0/0", "/memory/reflected/x/0/0"])?;
    refuses(PatternSearch::default(), &["/memory/x/0/0", "/memory/base/0/0"])?;
    refuses(SimulatedAnnealing::default(), &["/memory/current/0/0"])?;
    refuses(DifferentialEvolution::default(), &["/memory/members/2/0/0"])?;
    refuses(ParticleSwarm::default(), &["/memory/x/2/0/0", "/memory/best/2/0/0"])?;
    refuses(RandomSearch::default(), &[])?;
    refuses(SobolSearch::default(), &[])?;
    refuses(CmaEs::default(), &[])?;
    let genetic = GeneticAlgorithm::default().population(10);
    let mut search =
        genetic.clone().start([1.0, 2.0, 3.0], Some(Bounds::new([-5.0; 3], [5.0; 3])?))?;
    let costs: Vec<f64> = search.ask().iter().map(rastrigin).collect();
    let _ = search.tell(&costs)?;
    let mut state = serde_json::to_value(search.state()).unwrap();
    finite(&mut state);
    for cost in state["memory"]["costs"].as_array_mut().unwrap() {
        if cost.is_null() {
            *cost = 1e300.into();
        }
    }
    let first = format!("/memory/members/{}/0/0", state["memory"]["order"][0]);
    let mut damaged = state.clone();
    *damaged.pointer_mut(&first).unwrap() = 5.5.into();
    assert!(search.restore(serde_json::from_value(damaged).unwrap()).is_err());
    search.restore(serde_json::from_value(state).unwrap())
}

/// A restart with a smaller population follows a generation of the larger one.
#[test]
fn cma_es_is_resumed_after_every_generation() -> Result<(), Error> {
    let problem = from_fn(2, rastrigin).with_bounds(Bounds::new([-5.12; 2], [5.12; 2])?);
    let method = CmaEs::default().bipop().tolerance_x(1e-3);
    let terms = || Minimizer::new(&problem, &method, [2.0, -1.5]).stop_when(max_evaluations(4000));
    let mut run = terms().start()?;
    let mut generations = 0;
    while run.step().is_continue() {
        let bytes = run.checkpoint().to_bytes()?;
        run = terms().resume(Checkpoint::from_bytes(&bytes)?)?;
        generations += 1;
    }
    let (resumed, straight) = (run.finish(), terms().run()?);
    assert!(generations > 100, "{generations}");
    assert_eq!((resumed.x, resumed.cost), (straight.x, straight.cost));
    Ok(())
}
