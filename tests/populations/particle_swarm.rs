//! Particle swarms: laws of the method, success rates, and how they end.

use extremum::particle_swarm::{Boundary, Topology};
use extremum::stop::max_evaluations;
use extremum::{
    AnySolver, Bounds, DVector, Error, Minimizer, ParticleSwarm, Population, Random, Search,
    Solver, from_fn, minimize,
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

/// One of each topology, boundary rule and variant.
fn variants() -> Vec<ParticleSwarm> {
    let new = ParticleSwarm::default;
    vec![
        new(),
        new().topology(Topology::Global).boundary(Boundary::Absorb),
        new().topology(Topology::Ring).boundary(Boundary::Reflect),
        new().topology(Topology::VonNeumann).boundary(Boundary::Resample),
        new().particles(2).topology(Topology::VonNeumann),
        new().velocity_limit(f64::INFINITY),
        ParticleSwarm::constriction(),
        ParticleSwarm::comprehensive_learning(),
        ParticleSwarm::comprehensive_learning().particles(2),
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

#[test]
fn no_best_point_gets_worse() {
    for variant in variants() {
        let mut search = variant.clone().start(vec![2.0; 3], Some(box_of(3, 5.0))).unwrap();
        let mut before: Vec<f64> = Vec::new();
        for _ in 0..60 {
            let costs: Vec<f64> = search.ask().iter().map(rastrigin).collect();
            let _ = search.tell(&costs).unwrap();
            let state = serde_json::to_value(search.state()).unwrap();
            let stored = state["memory"]["costs"].as_array().unwrap();
            let now: Vec<f64> = stored.iter().map(|cost| cost.as_f64().unwrap()).collect();
            assert!(before.iter().zip(&now).all(|(before, now)| now <= before), "{variant:?}");
            let lowest = now.iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!(lowest, search.best().1);
            before = now;
        }
    }
}

/// No particle moves farther than its speed allows, and the rules at the bounds do not let it.
#[test]
fn speeds_are_limited() {
    for limit in [0.01, 0.2] {
        let swarm = ParticleSwarm::default().velocity_limit(limit).particles(10);
        let mut search = swarm.start(vec![2.0; 3], Some(box_of(3, 5.0))).unwrap();
        let mut before: Vec<DVector<f64>> = Vec::new();
        for _ in 0..40 {
            let now = search.ask().to_vec();
            for (before, now) in before.iter().zip(&now) {
                assert!((now - before).amax() <= 10.0 * limit + 1e-12);
            }
            let costs: Vec<f64> = now.iter().map(rastrigin).collect();
            let _ = search.tell(&costs).unwrap();
            before = now;
        }
    }
}

/// χ = 0.7298 and χ φ / 2 = 1.4962 are the numbers of Clerc & Kennedy (2002): given as those of an inertia they make the
/// same swarm.
#[test]
fn constriction_is_an_inertia() {
    let (chi, attraction) = (0.729_843_788_1, 1.496_179_765_7);
    let given = ParticleSwarm::default().inertia(chi).cognitive(attraction).social(attraction);
    let run = |swarm| after(swarm, 10, DVector::from_element(3, 2.0), box_of(3, 5.0), rastrigin);
    assert!((run(ParticleSwarm::constriction()) - run(given)).amax() < 1e-6);
}

#[test]
fn they_find_minima() {
    for topology in [Topology::Global, Topology::Ring, Topology::VonNeumann, Topology::Random] {
        let new = |seed| ParticleSwarm::default().topology(topology).seed(seed).boxed();
        assert_eq!(solved(new, |x| x.norm_squared(), 5, 10_000, 4), 4, "{topology:?}");
    }
    let constriction = |seed| ParticleSwarm::constriction().seed(seed).boxed();
    assert_eq!(solved(constriction, |x| x.norm_squared(), 5, 10_000, 4), 4);
    let learning = |seed| ParticleSwarm::comprehensive_learning().seed(seed).boxed();
    assert_eq!(solved(learning, rastrigin, 5, 50_000, 4), 4);
}

#[test]
fn bad_parameters_are_refused() {
    let new = ParticleSwarm::default;
    let sphere = from_fn(2, |x| x.norm_squared()).with_bounds(box_of(2, 1.0));
    for (solver, parameter) in [
        (new().particles(0), "particles"),
        (new().particles(1), "particles"),
        (new().particles(usize::MAX), "particles"),
        (new().inertia(1.0), "inertia"),
        (new().inertia(f64::NAN), "inertia"),
        (new().cognitive(-0.1), "cognitive"),
        (new().social(f64::INFINITY), "social"),
        (new().velocity_limit(0.0), "velocity_limit"),
        (new().velocity_limit(f64::NAN), "velocity_limit"),
        (new().spread_tolerance(f64::INFINITY), "spread_tolerance"),
        (new().cost_tolerance(-1.0), "cost_tolerance"),
        (new().patience(0), "patience"),
        (new().scale(f64::NAN), "scale"),
    ] {
        let error = minimize(&sphere, solver, [0.5, 0.5]).unwrap_err();
        assert!(matches!(error, Error::Parameter { name, .. } if name == parameter), "{error}");
    }
}
