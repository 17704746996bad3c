//! The genetic algorithm: the distributions of its operators, and its success on test functions.

use std::f64::consts::{E, TAU};

use extremum::solver::population::{Crossover, Mutation, Selection, Survival};
use extremum::stop::{max_evaluations, target};
use extremum::{
    Bounds, DVector, Error, GeneticAlgorithm, Lbfgsb, Minimizer, Random, Search, Stall,
    Termination, from_fn, minimize,
};

/// A search whose first members have the costs 0, 1, 2, ... in the order in which they were asked for, and these members.
fn begun(genetic: GeneticAlgorithm, n: usize) -> (Search<GeneticAlgorithm>, Vec<DVector<f64>>) {
    let bounds = Bounds::new(vec![-1e6; n], vec![1e6; n]).unwrap();
    let mut search = genetic.scale(1.0).start(vec![0.25; n], Some(bounds)).unwrap();
    let members = search.ask().to_vec();
    let costs: Vec<f64> = (0..members.len()).map(|at| at as f64).collect();
    assert!(search.tell(&costs).unwrap().is_continue());
    (search, members)
}

/// The children of many generations, of members that stay: the costs of children cannot be used.
fn children(
    mut search: Search<GeneticAlgorithm>,
    generations: usize,
    mut look: impl FnMut(&[DVector<f64>]),
) {
    for _ in 0..generations {
        let children = search.ask();
        look(children);
        let costs = vec![f64::INFINITY; children.len()];
        let _ = search.tell(&costs).unwrap();
    }
}

/// The largest distance of the distribution of samples from the one expected, times the root of their number.
fn kolmogorov(mut samples: Vec<f64>, distribution: impl Fn(f64) -> f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    let count = samples.len() as f64;
    let distance = samples.iter().enumerate().fold(0.0_f64, |largest, (at, &x)| {
        let expected = distribution(x);
        largest
            .max((expected - at as f64 / count).abs())
            .max((expected - (at + 1) as f64 / count).abs())
    });
    distance * count.sqrt()
}

/// 1.63 is exceeded once in 100 times.
#[test]
fn simulated_binary_crossover_keeps_the_mean_and_has_its_spread_factors() {
    for index in [0.0, 1.0, 2.0, 15.0] {
        let genetic = GeneticAlgorithm::default()
            .population(2)
            .crossover(Crossover::SimulatedBinary(index))
            .mutation_probability(0.0);
        let (search, members) = begun(genetic, 1);
        let (a, b) = (members[0][0], members[1][0]);
        let (mut factors, mut exchanged) = (Vec::new(), 0);
        children(search, 4000, |pair| {
            let (c, d) = (pair[0][0], pair[1][0]);
            let spread = (c - d).abs() / (a - b).abs();
            // Where a child far outside is reflected at the bounds, there is no mean to keep.
            if c.abs().max(d.abs()) < 1e5 {
                assert!((c + d - a - b).abs() <= 1e-14 * (c.abs() + d.abs() + 1.0), "{c} {d}");
            }
            factors.push(spread);
            exchanged += u32::from((c < d) == (a < b));
        });
        let distribution = |spread: f64| {
            if spread <= 1.0 {
                spread.powf(index + 1.0) / 2.0
            } else {
                1.0 - 0.5 / spread.powf(index + 1.0)
            }
        };
        let distance = kolmogorov(factors, distribution);
        assert!(distance < 1.63, "{index}: {distance}");
        assert!((1850..2150).contains(&exchanged), "{index}: {exchanged}");
    }
}

#[test]
fn blend_crossover_is_uniform_about_the_parents() {
    let genetic = GeneticAlgorithm::default()
        .population(2)
        .crossover(Crossover::Blend(0.5))
        .mutation_probability(0.0);
    let (search, members) = begun(genetic, 1);
    let (a, b) = (members[0][0], members[1][0]);
    let mut places = Vec::new();
    children(search, 2000, |pair| places.extend(pair.iter().map(|c| (c[0] - a) / (b - a))));
    // From −1/2 to 3/2 of the way from a to b.
    let distance = kolmogorov(places, |place| ((place + 0.5) / 2.0).clamp(0.0, 1.0));
    assert!(distance < 1.63, "{distance}");
}

/// Children are copies of the best, one coordinate wide open, and mutated.
#[test]
fn mutations_have_their_distributions() {
    let genetic = GeneticAlgorithm::default()
        .population(2)
        .selection(Selection::Tournament(40))
        .crossover_probability(0.0)
        .mutation_probability(1.0);
    for index in [0.0, 5.0, 20.0] {
        let (search, members) = begun(genetic.clone().mutation(Mutation::Polynomial(index)), 1);
        let mut steps = Vec::new();
        // The box of the first population is 2 wide.
        children(search, 2000, |pair| {
            steps.extend(pair.iter().map(|c| (c[0] - members[0][0]) / 2.0))
        });
        let distribution = |step: f64| {
            let tail = (1.0 - step.abs()).max(0.0).powf(index + 1.0) / 2.0;
            if step < 0.0 { tail } else { 1.0 - tail }
        };
        let distance = kolmogorov(steps, distribution);
        assert!(distance < 1.63, "{index}: {distance}");
    }
    let (search, members) = begun(genetic.mutation(Mutation::Gaussian(0.1)), 1);
    let (mut sum, mut within, mut count) = (0.0, 0.0, 0.0);
    children(search, 2000, |pair| {
        for child in pair {
            let step = (child[0] - members[0][0]) / 0.2;
            (sum, count) = (sum + step * step, count + 1.0);
            within += f64::from(u8::from(step.abs() < 0.674_489_75));
        }
    });
    assert!((sum / count - 1.0_f64).abs() < 0.1 && (within / count - 0.5_f64).abs() < 0.03);
}

/// The shares of children by parent; tiny mutations leave them recognisable.
fn shares(selection: Selection, population: usize) -> Vec<f64> {
    let genetic = GeneticAlgorithm::default()
        .population(population)
        .selection(selection)
        .crossover_probability(0.0)
        .mutation(Mutation::Gaussian(1e-9))
        .mutation_probability(1.0);
    let (search, members) = begun(genetic, 1);
    let (mut shares, generations) = (vec![0.0; population], 400);
    children(search, generations, |all| {
        for child in all {
            let at = members.iter().position(|x| (x[0] - child[0]).abs() < 1e-6).unwrap();
            shares[at] += 1.0 / (generations * population) as f64;
        }
    });
    shares
}

#[test]
fn parents_are_chosen_by_rank() {
    let (population, m) = (20, 20.0);
    for size in [1, 2, 5] {
        let shares = shares(Selection::Tournament(size), population);
        for (rank, share) in shares.iter().enumerate() {
            let above = |rank: usize| (1.0 - rank as f64 / m).powi(size as i32);
            let law = above(rank) - above(rank + 1);
            assert!((share - law).abs() < 0.02, "{size} {rank}: {share} for {law}");
        }
    }
    for pressure in [1.2, 2.0] {
        let shares = shares(Selection::LinearRank(pressure), population);
        for (rank, share) in shares.iter().enumerate() {
            let law = (pressure - 2.0 * (pressure - 1.0) * rank as f64 / (m - 1.0)) / m;
            assert!((share - law).abs() < 0.02, "{pressure} {rank}: {share} for {law}");
        }
    }
}

fn rastrigin(x: &DVector<f64>) -> f64 {
    x.iter().map(|x| x * x - 10.0 * (TAU * x).cos() + 10.0).sum()
}

/// Costs are compared, never added: an increasing function of them changes no bit.
#[test]
fn only_the_order_of_the_costs_matters() {
    for selection in [Selection::Tournament(3), Selection::LinearRank(1.7)] {
        for survival in [Survival::Best, Survival::Elites(2)] {
            let run = |map: fn(f64) -> f64| {
                let bounds = Bounds::new([-5.0; 3], [5.0; 3]).unwrap();
                let genetic = GeneticAlgorithm::default().selection(selection).survival(survival);
                let mut search = genetic.population(20).start(vec![3.0; 3], Some(bounds)).unwrap();
                for _ in 0..60 {
                    let costs: Vec<f64> = search.ask().iter().map(|x| map(rastrigin(x))).collect();
                    let _ = search.tell(&costs).unwrap();
                }
                search.ask().to_vec()
            };
            let plain = run(|cost| cost);
            assert_eq!(plain, run(|cost| cost.powi(3) - 5.0));
            assert_eq!(plain, run(|cost| (cost + 1.0).ln()));
        }
    }
}

/// The best member is not lost with one elite, nor asked for again; children are as many as there are places.
#[test]
fn members_are_not_evaluated_again() {
    for (survival, expected) in [(Survival::Best, 30), (Survival::Elites(1), 29)] {
        let genetic = GeneticAlgorithm::default().population(30).survival(survival);
        // Copies, and hardly a mutation: most children equal their parents, and are made again.
        let genetic = genetic.crossover_probability(0.0).mutation_probability(0.05);
        let bounds = Bounds::new([-5.0; 2], [5.0; 2]).unwrap();
        let mut search = genetic.start(vec![3.0; 2], Some(bounds)).unwrap();
        let mut seen = std::collections::HashSet::new();
        let mut told = 0;
        for generation in 0..40 {
            let candidates = search.ask().to_vec();
            assert_eq!(candidates.len(), if generation == 0 { 30 } else { expected });
            for x in &candidates {
                seen.insert(x.iter().map(|x| x.to_bits()).collect::<Vec<_>>());
                told += 1;
            }
            let costs: Vec<f64> = candidates.iter().map(rastrigin).collect();
            let _ = search.tell(&costs).unwrap();
        }
        // One that has died may be made once more; a member may not.
        assert!(seen.len() as f64 > 0.97 * f64::from(told), "{} of {told}", seen.len());
    }
}

#[test]
fn it_says_why_it_ends() -> Result<(), Error> {
    let bounds = || Bounds::new([-5.0; 2], [5.0; 2]);
    let reason = |found: &extremum::Solution| match found.termination {
        Termination::Stalled { reason, .. } => reason,
        ref other => panic!("{other}"),
    };
    let flat = from_fn(2, |_| 1.0).with_bounds(bounds()?);
    let found = minimize(&flat, GeneticAlgorithm::default(), [1.0, 1.0])?;
    assert!(matches!(reason(&found), Stall::FlatCosts { range: 0.0, .. }), "{found}");
    let sphere = from_fn(2, |x| x.norm_squared()).with_bounds(bounds()?);
    let found = minimize(&sphere, GeneticAlgorithm::default(), [1.0, 1.0])?;
    assert!(matches!(reason(&found), Stall::Collapsed { .. }), "{found}");
    assert!(found.cost < 1e-16, "{found}");
    let lonely =
        from_fn(2, |x| if x[0] == 1.0 { 0.0 } else { 1.0 + x[1].abs() }).with_bounds(bounds()?);
    let genetic = GeneticAlgorithm::default().patience(7).crossover_probability(0.0);
    let found = minimize(&lonely, genetic.mutation_probability(1.0), [1.0, 1.0])?;
    assert!(matches!(reason(&found), Stall::NoImprovement { iterations: 7 }), "{found}");
    Ok(())
}

/// Shifted, in a box of ± 5.12, ten variables, to 1e-8.
#[test]
fn it_solves_three_landscapes() -> Result<(), Error> {
    let landscapes: [fn(&DVector<f64>) -> f64; 3] = [DVector::norm_squared, rastrigin, |z| {
        let n = z.len() as f64;
        let waves = z.iter().map(|z| (TAU * z).cos()).sum::<f64>() / n;
        20.0 + E - 20.0 * (-0.2 * (z.norm_squared() / n).sqrt()).exp() - waves.exp()
    }];
    for landscape in landscapes {
        for seed in 0..3 {
            let mut random = Random::new(seed);
            let shift = DVector::from_fn(10, |_, _| random.between(-4.1, 4.1));
            let start: Vec<f64> = (0..10).map(|_| random.between(-5.12, 5.12)).collect();
            let problem = from_fn(10, |x| landscape(&(x - &shift)))
                .with_bounds(Bounds::new([-5.12; 10], [5.12; 10])?);
            let found = Minimizer::new(&problem, GeneticAlgorithm::default().seed(seed), start)
                .stop_when(target(1e-8).or(max_evaluations(100_000)))
                .run()?;
            assert!(found.termination.is_converged(), "{seed}: {found}");
        }
    }
    Ok(())
}

/// The first polish of some seeds ends in the local minimum of cost 4.
#[test]
fn with_a_polish_it_solves_rosenbrocks_function() -> Result<(), Error> {
    let cost = |x: &DVector<f64>| -> f64 {
        let pairs = x.as_slice().windows(2);
        pairs.map(|x| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)).sum()
    };
    let gradient = |x: &DVector<f64>, g: &mut DVector<f64>| {
        g.fill(0.0);
        for i in 0..9 {
            let rest = x[i + 1] - x[i] * x[i];
            g[i] -= 400.0 * x[i] * rest + 2.0 * (1.0 - x[i]);
            g[i + 1] += 200.0 * rest;
        }
    };
    let problem = from_fn(10, cost).with_gradient(gradient);
    let problem = problem.with_bounds(Bounds::new([-5.12; 10], [5.12; 10])?);
    for seed in 0..4 {
        let mut random = Random::new(seed);
        let start: Vec<f64> = (0..10).map(|_| random.between(-5.12, 5.12)).collect();
        let genetic = GeneticAlgorithm::default().seed(seed).polish(Lbfgsb::default());
        let found = Minimizer::new(&problem, genetic, start)
            .stop_when(target(1e-8).or(max_evaluations(50_000)))
            .run()?;
        let work = found.evaluations.cost + 10 * found.evaluations.gradient;
        assert!(found.termination.is_converged() && work <= 100_000, "{seed}: {found}");
    }
    Ok(())
}

#[test]
fn bad_parameters_are_refused() {
    let refused = |genetic: GeneticAlgorithm, name: &str| {
        let bounds = Bounds::new([-1.0; 2], [1.0; 2]).unwrap();
        let error = genetic.start(vec![0.0; 2], Some(bounds)).err().unwrap();
        assert!(matches!(error, Error::Parameter { name: found, .. } if found == name), "{error}");
    };
    let new = GeneticAlgorithm::default;
    for bad in [0, 1, usize::MAX] {
        refused(new().population(bad), "population");
    }
    for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        refused(new().crossover_probability(bad), "crossover_probability");
        refused(new().mutation_probability(bad), "mutation_probability");
    }
    for bad in [f64::NAN, -1.0, f64::INFINITY] {
        refused(new().crossover(Crossover::SimulatedBinary(bad)), "the index of crossover");
        refused(new().crossover(Crossover::Blend(bad)), "the alpha of crossover");
        refused(new().mutation(Mutation::Polynomial(bad)), "the index of mutation");
        refused(new().mutation(Mutation::Gaussian(bad)), "the deviation of mutation");
        refused(new().collapse(bad), "collapse");
    }
    for bad in [f64::NAN, 1.0, 2.1] {
        refused(new().selection(Selection::LinearRank(bad)), "the selection pressure");
    }
    refused(new().selection(Selection::Tournament(0)), "the size of a tournament");
    refused(new().survival(Survival::Elites(100)), "the elites");
    refused(new().patience(0), "patience");
    refused(new().scale(-1.0), "scale");
}
