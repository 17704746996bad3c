//! Differential evolution: laws of the method, success rates, and how it ends.

use extremum::differential_evolution::{Boundary, Control, Strategy};
use extremum::stop::max_evaluations;
use extremum::{
    AnySolver, Bounds, DVector, DifferentialEvolution, Error, Minimizer, Population, Random,
    Search, Solver, from_fn, minimize,
};

fn rastrigin(x: &DVector<f64>) -> f64 {
    x.iter().map(|x| x * x - 10.0 * (std::f64::consts::TAU * x).cos() + 10.0).sum()
}

fn box_of(n: usize, half: f64) -> Bounds {
    Bounds::new(vec![-half; n], vec![half; n]).unwrap()
}

/// The best point and its cost after so many generations; other bounds and costs are told by `f`.
fn after<P: Population>(
    population: P,
    generations: u64,
    x0: DVector<f64>,
    bounds: Bounds,
    f: impl Fn(&DVector<f64>) -> f64,
) -> DVector<f64> {
    let mut search = Search::new(population, x0, Some(bounds)).unwrap();
    for _ in 0..generations {
        let costs: Vec<f64> = search.ask().iter().map(&f).collect();
        let _ = search.tell(&costs).unwrap();
    }
    search.best().0.clone()
}

/// How many of the seeds come within 1e-8 of the minimum, at 0, of a problem that is shifted by the seed.
fn solved(
    solver: impl Fn(u64) -> Box<dyn AnySolver>,
    f: impl Fn(&DVector<f64>) -> f64 + Sync,
    n: usize,
    budget: u64,
    seeds: u64,
) -> usize {
    (0..seeds)
        .filter(|&seed| {
            let mut random = Random::new(7_000 + seed);
            let shift = DVector::from_fn(n, |_, _| random.between(-4.1, 4.1));
            let x0 = DVector::from_fn(n, |_, _| random.between(-5.12, 5.12));
            let problem = from_fn(n, |x| f(&(x - &shift))).with_bounds(box_of(n, 5.12));
            let run = Minimizer::new(&problem, &solver(seed), x0)
                .stop_when(max_evaluations(budget))
                .run()
                .unwrap();
            run.cost <= 1e-8
        })
        .count()
}

/// One of each strategy, control and boundary rule.
fn variants() -> Vec<DifferentialEvolution> {
    let fixed = Control::Fixed { weight: 0.6, crossover: 0.9 };
    let new = DifferentialEvolution::default;
    vec![
        new(),
        new().control(Control::Jade { rate: 0.1 }).boundary(Boundary::Reflect),
        new().control(Control::SuccessHistory { length: 100 }).archive(0.0).best_share(0.2),
        new().control(fixed).strategy(Strategy::Rand1Bin),
        new().control(fixed).strategy(Strategy::Best1Bin).population(20),
        new().strategy(Strategy::Rand1Bin),
        new().population(4),
        new().budget(2000),
    ]
}

/// Strictly increasing, not linear, and exact.
fn bent(cost: f64) -> f64 {
    if cost < 20.0 { cost } else { 1024.0 * cost }
}

#[test]
fn only_the_order_of_costs_counts() {
    for variant in variants() {
        let run = |bend: bool| {
            after(variant.clone(), 80, DVector::from_element(4, 3.0), box_of(4, 5.0), |x| {
                if bend { bent(rastrigin(x)) } else { rastrigin(x) }
            })
        };
        assert_eq!(run(false), run(true), "{variant:?}");
    }
}

/// A power of two scales without rounding.
#[test]
fn a_scaled_problem_has_scaled_candidates() {
    for variant in variants() {
        let x0 = DVector::from_element(4, 3.0);
        let plain = after(variant.clone(), 80, x0.clone(), box_of(4, 5.0), rastrigin);
        let scaled =
            after(variant.clone(), 80, 8.0 * x0, box_of(4, 40.0), |x| rastrigin(&(x / 8.0)));
        assert_eq!(8.0 * plain, scaled, "{variant:?}");
    }
}

/// A translation rounds the candidates, here by 1e-15.
#[test]
fn a_translated_problem_has_translated_candidates() {
    for variant in variants() {
        let x0 = DVector::from_element(4, 3.0);
        let plain = after(variant.clone(), 15, x0.clone(), box_of(4, 5.0), rastrigin);
        let bounds = Bounds::new([3.0; 4], [13.0; 4]).unwrap();
        let moved = after(variant.clone(), 15, x0.add_scalar(8.0), bounds, |x| {
            rastrigin(&x.add_scalar(-8.0))
        });
        assert!((plain.add_scalar(8.0) - moved).amax() < 1e-9, "{variant:?}");
    }
}

/// The stored costs of the members: never worse, and those of the candidates where they are better.
#[test]
fn no_member_gets_worse() {
    for variant in variants() {
        let mut search = variant.clone().start(vec![2.0; 3], Some(box_of(3, 5.0))).unwrap();
        let mut before: Vec<f64> = Vec::new();
        for generation in 0..60 {
            let costs: Vec<f64> = search.ask().iter().map(rastrigin).collect();
            assert!(generation == 0 || costs.len() <= before.len());
            let _ = search.tell(&costs).unwrap();
            let state = serde_json::to_value(search.state()).unwrap();
            let members = state["memory"]["costs"].as_array().unwrap();
            let now: Vec<f64> = members.iter().map(|cost| cost.as_f64().unwrap()).collect();
            assert!(before.iter().zip(&now).all(|(before, now)| now <= before), "{variant:?}");
            let lowest = now.iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!(lowest, search.best().1);
            before = now;
        }
    }
}

#[test]
fn it_finds_the_minima_of_separable_and_aslant_costs() {
    let new = |seed| DifferentialEvolution::default().seed(seed).boxed();
    assert_eq!(solved(new, rastrigin, 5, 25_000, 4), 4);
    let aslant = |x: &DVector<f64>| {
        let slopes = x.iter().zip(x.iter().skip(1)).map(|(a, b)| 100.0 * (a - b).powi(2));
        slopes.sum::<f64>() + x[0] * x[0]
    };
    assert_eq!(solved(new, aslant, 5, 25_000, 4), 4);
    let jade = |seed| {
        DifferentialEvolution::default().control(Control::Jade { rate: 0.1 }).seed(seed).boxed()
    };
    assert_eq!(solved(jade, rastrigin, 5, 30_000, 4), 4);
    // The strategy and the numbers of Storn & Price (1997), table 1, for the sphere.
    let classic = |seed| {
        let control = Control::Fixed { weight: 0.5, crossover: 0.9 };
        let new = DifferentialEvolution::default().strategy(Strategy::Rand1Bin);
        new.control(control).population(30).seed(seed).boxed()
    };
    assert_eq!(solved(classic, |x| x.norm_squared(), 3, 10_000, 4), 4);
}

/// Tanabe & Fukunaga (2014), equation 10.
#[test]
fn with_a_budget_the_members_decrease_to_four_along_a_line() {
    let (first, budget) = (36.0, 900);
    let solver = DifferentialEvolution::default().budget(budget);
    let mut search = solver.start(vec![2.0; 2], Some(box_of(2, 5.0))).unwrap();
    let mut spent = 0;
    while spent < 2 * budget {
        let costs: Vec<f64> = search.ask().iter().map(rastrigin).collect();
        spent += costs.len() as u64;
        let flow = search.tell(&costs).unwrap();
        let expected = first - (first - 4.0) * (spent as f64 / budget as f64).min(1.0);
        let state = serde_json::to_value(search.state()).unwrap();
        let memory = &state["memory"];
        let count = |name: &str| memory[name].as_array().unwrap().len();
        let members = count("members");
        assert!((members as f64 - expected).abs() <= 0.5, "{members} after {spent}");
        assert_eq!((count("costs"), count("archive")), (members, 2 * members));
        // The best members are those that stay.
        let costs = memory["costs"].as_array().unwrap().iter();
        let lowest = costs.map(|cost| cost.as_f64().unwrap()).fold(f64::INFINITY, f64::min);
        assert_eq!(lowest, search.best().1);
        if flow.is_break() {
            break;
        }
    }
    assert!(spent >= budget, "it ended after {spent}");
}

#[test]
fn a_budget_makes_a_short_run_converge() {
    for n in [2, 5] {
        let budget = 1000 * n as u64;
        let new = |seed| DifferentialEvolution::default().seed(seed);
        let aslant = |x: &DVector<f64>| {
            let slopes = x.iter().zip(x.iter().skip(1)).map(|(a, b)| 100.0 * (a - b).powi(2));
            slopes.sum::<f64>() + x[0] * x[0]
        };
        assert_eq!(solved(|seed| new(seed).boxed(), aslant, n, budget, 10), 0, "n = {n}");
        let short = |seed| new(seed).budget(budget).boxed();
        assert_eq!(solved(short, aslant, n, budget, 10), 10, "n = {n}");
    }
}

/// A budget of less than the first generation leaves four members.
#[test]
fn a_budget_that_is_too_small_is_no_error() {
    let solver = DifferentialEvolution::default().budget(1);
    let mut search = solver.start(vec![2.0; 3], Some(box_of(3, 5.0))).unwrap();
    for count in [39, 4] {
        let costs: Vec<f64> = search.ask().iter().map(rastrigin).collect();
        assert!(costs.len() <= count && !costs.is_empty());
        let _ = search.tell(&costs).unwrap();
    }
}

#[test]
fn bad_parameters_are_refused() {
    let new = DifferentialEvolution::default;
    let fixed = |weight, crossover| new().control(Control::Fixed { weight, crossover });
    let sphere = from_fn(2, |x| x.norm_squared()).with_bounds(box_of(2, 1.0));
    for (solver, parameter) in [
        (new().population(0), "population"),
        (new().population(3), "population"),
        (new().population(usize::MAX), "population"),
        (new().best_share(0.0), "best_share"),
        (new().best_share(f64::NAN), "best_share"),
        (new().archive(-1.0), "archive"),
        (new().archive(f64::INFINITY), "archive"),
        (fixed(0.0, 0.5), "weight"),
        (fixed(f64::NAN, 0.5), "weight"),
        (fixed(0.5, 1.1), "crossover"),
        (fixed(0.5, f64::NAN), "crossover"),
        (new().control(Control::Jade { rate: 0.0 }), "rate"),
        (new().control(Control::SuccessHistory { length: 0 }), "length"),
        (new().control(Control::SuccessHistory { length: usize::MAX }), "length"),
        (new().spread_tolerance(-1.0), "spread_tolerance"),
        (new().cost_tolerance(f64::NAN), "cost_tolerance"),
        (new().patience(0), "patience"),
        (new().budget(0), "budget"),
        (new().scale(-1.0), "scale"),
    ] {
        let error = minimize(&sphere, solver, [0.5, 0.5]).unwrap_err();
        assert!(matches!(error, Error::Parameter { name, .. } if name == parameter), "{error}");
    }
}
