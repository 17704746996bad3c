//! Simulated annealing: Metropolis' and Tsallis' acceptance, the controlled acceptance rate, the stationary density, the
//! quantiles of its steps, and its success on test functions.

use std::f64::consts::TAU;
use std::ops::ControlFlow;

use extremum::solver::population::{Acceptance, Cooling, Moves, Visiting};
use extremum::stop::{max_evaluations, target};
use extremum::{
    Bounds, DVector, Error, Generations, Lbfgsb, Minimizer, Problem, Random, Search, Serial,
    SimulatedAnnealing, Solver, Stall, Termination, from_fn, minimize,
};

/// Endless first stage: the temperature is constant.
const ENDLESS: u64 = 1_000_000_000;

fn square(half: f64, n: usize) -> Option<Bounds> {
    Some(Bounds::new(vec![-half; n], vec![half; n]).unwrap())
}

/// A search whose walk begins at the start: the rest of the sample cannot be used.
fn begun(
    annealing: SimulatedAnnealing,
    half: f64,
    n: usize,
    cost: f64,
) -> Search<SimulatedAnnealing> {
    let mut search = annealing.start(vec![0.0; n], square(half, n)).unwrap();
    let mut costs = vec![f64::INFINITY; search.ask().len()];
    costs[0] = cost;
    assert!(search.tell(&costs).unwrap().is_continue());
    search
}

/// The share of moves that are kept, of many that raise the cost by one each, at a constant temperature. In two coordinates,
/// moved by turns, a move is seen to be kept in the next.
fn kept(annealing: SimulatedAnnealing) -> f64 {
    let (moves, mut cost, mut count) = (20_000, 0.0, 0);
    let mut search = begun(annealing.sweeps(ENDLESS), 1.0, 2, cost);
    let mut candidate = search.ask()[0].clone();
    for at in 0..moves {
        assert!(search.tell(&[cost + 1.0]).unwrap().is_continue());
        let next = search.ask()[0].clone();
        if next[at % 2] == candidate[at % 2] {
            (cost, count) = (cost + 1.0, count + 1);
        }
        candidate = next;
    }
    f64::from(count) / moves as f64
}

#[test]
fn moves_uphill_are_kept_as_often_as_metropolis_and_tsallis_say() {
    for temperature in [0.5_f64, 1.0, 3.0] {
        let (annealing, law) = (SimulatedAnnealing::classical(), (-1.0 / temperature).exp());
        assert!((kept(annealing.temperature(temperature)) - law).abs() < 0.015, "{temperature}");
        // In the first stage, (1 − 6 / T)^(1/6) for q = −5.
        let annealing = SimulatedAnnealing::generalized().temperature(20.0 * temperature);
        let law = (1.0 - 6.0 / (20.0 * temperature)).powf(1.0 / 6.0);
        assert!((kept(annealing) - law).abs() < 0.015, "{temperature}");
    }
    // Where the base is negative nothing is kept; for q > 1 the tail is a power, 1 / (1 + 1 / T) for q = 2.
    assert_eq!(kept(SimulatedAnnealing::generalized().temperature(5.9)), 0.0);
    let tail =
        SimulatedAnnealing::classical().acceptance(Acceptance::Tsallis(2.0)).temperature(0.5);
    assert!((kept(tail) - 1.0 / 3.0).abs() < 0.015);
}

#[test]
fn lengths_are_steered_to_the_rate_of_acceptance() {
    for visiting in [Visiting::Gaussian, Visiting::Uniform] {
        for rate in [0.234, 0.44, 0.7] {
            // Deviations of 0.1 and 0.01 along the coordinates.
            let cost = |x: &DVector<f64>| (x[0] * x[0] + 100.0 * x[1] * x[1]) / 0.02;
            let annealing = SimulatedAnnealing::classical().visiting(visiting).temperature(1.0);
            let mut search = begun(annealing.acceptance_rate(rate).sweeps(ENDLESS), 5.0, 2, 0.0);
            let (mut count, mut candidate) = (0, search.ask()[0].clone());
            for at in 0..12_000 {
                let told = cost(&candidate);
                assert!(search.tell(&[told]).unwrap().is_continue());
                let next = search.ask()[0].clone();
                count += u32::from(at >= 2000 && next[at % 2] == candidate[at % 2]);
                candidate = next;
            }
            assert!((f64::from(count) / 1e4 - rate).abs() < 0.02, "{visiting:?} {rate}: {count}");
        }
    }
}

/// At a constant temperature T the walk on x²/2 has the variance T: the density is exp(−f / T). The coordinate that does not
/// move shows where the walk is.
#[test]
fn the_walk_has_boltzmanns_density() {
    let annealing = SimulatedAnnealing::fast()
        .acceptance(Acceptance::Metropolis)
        .visiting_temperature(0.05)
        .temperature(0.09);
    let mut search = begun(annealing.sweeps(ENDLESS), 10.0, 2, 0.0);
    let moves = 100_000;
    let mut sum = 0.0;
    for at in 0..moves {
        let candidate = search.ask()[0].clone();
        sum += candidate[(at + 1) % 2].powi(2);
        assert!(search.tell(&[candidate.norm_squared() / 2.0]).unwrap().is_continue());
    }
    let variance = sum / moves as f64;
    assert!((variance - 0.09).abs() < 0.009, "{variance}");
}

/// Steps along a coordinate are Student's with (3 − q) / (q − 1) degrees of freedom, times θ^(1/(3−q)) / √(3 − q). The
/// quartiles of their sizes: Cauchy's tan(π p / 2) for q = 2, p √2 / √(1 − p²) for 2 degrees, and those for q = 2.62 by mpmath.
#[test]
fn steps_have_the_quantiles_of_tsallis_distribution() {
    let shares = [0.25, 0.5, 0.75];
    let two = shares.map(|p: f64| p * 2.0_f64.sqrt() / (1.0 - p * p).sqrt());
    let cauchy = shares.map(|p| (TAU * p / 4.0).tan());
    let generalized = [0.8238283067, 5.036896907, 96.96247];
    for (q, quartiles) in [(5.0 / 3.0, two), (2.0, cauchy), (2.62, generalized)] {
        // A length of 1e-9 of the box, whose width is 2.
        let temperature = 1e-9_f64.powf(3.0 - q);
        let unit = 2e-9 / (3.0_f64 - q).sqrt();
        for moves in [Moves::Coordinates, Moves::Vectors] {
            let annealing = SimulatedAnnealing::fast()
                .visiting(Visiting::Tsallis(q))
                .visiting_temperature(temperature)
                .moves(moves)
                .sweeps(ENDLESS);
            let (mut search, draws) = (begun(annealing, 1.0, 3, 0.0), 9_000);
            let mut below = [0; 3];
            for at in 0..draws {
                let size = (search.ask()[0][at % 3] / unit).abs();
                for (count, quartile) in below.iter_mut().zip(quartiles) {
                    *count += u32::from(size < quartile);
                }
                assert!(search.tell(&[f64::INFINITY]).unwrap().is_continue());
            }
            for (count, share) in below.iter().zip(shares) {
                let measured = f64::from(*count) / draws as f64;
                assert!((measured - share).abs() < 0.02, "{q} {moves:?}: {measured} for {share}");
            }
        }
    }
}

/// The median of Cauchy steps is their length, 1/k of the box in stage k.
#[test]
fn fast_steps_shrink_with_the_reciprocal_of_the_stage() {
    let annealing = SimulatedAnnealing::fast().visiting_temperature(1e-3).sweeps(1000);
    let mut search = begun(annealing, 0.5, 1, 0.0);
    for stage in 1..=8 {
        let mut below = 0;
        for _ in 0..1000 {
            below += u32::from(search.ask()[0][0].abs() < 1e-3 / f64::from(stage));
            assert!(search.tell(&[f64::INFINITY]).unwrap().is_continue());
        }
        assert!((430..=570).contains(&below), "{stage}: {below}");
    }
}

#[test]
fn it_ends_when_it_is_cold() -> Result<(), Error> {
    let sphere = from_fn(2, |x| x.norm_squared()).with_bounds(Bounds::new([-5.0; 2], [5.0; 2])?);
    let classical = SimulatedAnnealing::classical().sweeps(3).ends_at(1e-3);
    // 2^−10 is the first below 1/1000, 1 − 3/4 the last above 0, 1/4 the first at most 0.3.
    for (annealing, stages) in [
        (classical.clone().cooling(Cooling::Geometric(0.5)), 10),
        (classical.clone().cooling(Cooling::Linear(4)), 4),
        (classical.clone().cooling(Cooling::Reciprocal).ends_at(0.3), 3),
        (classical.clone().cooling(Cooling::Generalized(2.0)).ends_at(0.3), 3),
        (classical.clone().cooling(Cooling::Logarithmic).stages(7), 7),
        (classical.clone().cooling(Cooling::Geometric(0.5)).reheats(2), 30),
        (classical.moves(Moves::Both).cooling(Cooling::Geometric(0.5)), 20),
    ] {
        let found = minimize(&sphere, annealing.clone(), [3.0, -2.0])?;
        let Termination::Stalled { reason: Stall::Cooled { temperature }, .. } = found.termination
        else {
            panic!("{annealing:?}: {found}");
        };
        assert_eq!(found.evaluations.cost, 20 + 6 * stages, "{annealing:?}");
        assert!(temperature > 0.0, "{annealing:?}");
    }
    Ok(())
}

#[test]
fn it_goes_on_when_it_is_asked_after_its_end() {
    for annealing in [SimulatedAnnealing::classical(), SimulatedAnnealing::default().reheats(0)] {
        let mut search = annealing.stages(2).start(vec![1.0], square(2.0, 1)).unwrap();
        let mut ends = 0;
        for _ in 0..200 {
            let costs: Vec<f64> = search.ask().iter().map(|x| x.norm_squared()).collect();
            ends += u32::from(search.tell(&costs).unwrap().is_break());
        }
        assert!(ends > 1);
    }
}

#[test]
fn a_first_temperature_of_zero_is_a_descent_and_a_flat_cost_ends() -> Result<(), Error> {
    let flat = from_fn(2, |_| 3.0).with_bounds(Bounds::new([-1.0; 2], [1.0; 2])?);
    for annealing in [SimulatedAnnealing::classical(), SimulatedAnnealing::fast()] {
        let found = minimize(&flat, annealing, [0.0, 0.5])?;
        assert!(found.termination.is_stalled() && found.cost == 3.0, "{found}");
    }
    Ok(())
}

fn shifted_rastrigin(n: usize, seed: u64) -> (impl Problem, Vec<f64>) {
    let mut random = Random::new(seed);
    let shift: Vec<f64> = (0..n).map(|_| random.between(-4.1, 4.1)).collect();
    let start = (0..n).map(|_| random.between(-5.12, 5.12)).collect();
    let other = shift.clone();
    let cost = move |x: &DVector<f64>| {
        let z = x.iter().zip(&shift).map(|(x, s)| x - s);
        z.map(|z| z * z - 10.0 * (TAU * z).cos() + 10.0).sum()
    };
    let gradient = move |x: &DVector<f64>, g: &mut DVector<f64>| {
        for ((g, x), s) in g.iter_mut().zip(x).zip(&other) {
            *g = 2.0 * (x - s) + 10.0 * TAU * (TAU * (x - s)).sin();
        }
    };
    let problem = from_fn(n, cost).with_gradient(gradient);
    (problem.with_bounds(Bounds::new(vec![-5.12; n], vec![5.12; n]).unwrap()), start)
}

/// A gradient counts as n costs.
#[test]
fn generalized_annealing_solves_rastrigins_function() -> Result<(), Error> {
    for (n, limit) in [(1, 2_000), (10, 10_000), (30, 40_000)] {
        for seed in 0..4 {
            let (problem, start) = shifted_rastrigin(n, seed);
            let found = Minimizer::new(&problem, SimulatedAnnealing::default().seed(seed), start)
                .stop_when(target(1e-8).or(max_evaluations(limit)))
                .run()?;
            let work = found.evaluations.cost + n as u64 * found.evaluations.gradient;
            assert!(
                found.termination.is_converged() && work <= limit,
                "{n} {seed}: {work} {found}"
            );
        }
    }
    Ok(())
}

/// The minimum of this part of the box is at its bounds, where a search that meets a wall would creep.
#[test]
fn a_polish_reaches_a_minimum_at_the_bounds() -> Result<(), Error> {
    let bounds = Bounds::new([0.5, -2.0, f64::NEG_INFINITY], [3.0, 2.0, -1.0])?;
    let problem = from_fn(3, |x| x.norm_squared() + x[0] * x[1])
        .with_gradient(|x, g| {
            g.copy_from(&(2.0 * x));
            g[0] += x[1];
            g[1] += x[0];
        })
        .with_bounds(bounds);
    let found =
        Minimizer::new(&problem, SimulatedAnnealing::default().scale(3.0), [2.0, 1.0, -3.0])
            .stop_when(target(1.1875 + 1e-8).or(max_evaluations(3_000)))
            .run()?;
    assert!(found.termination.is_converged(), "{found}");
    assert!((found.x[0] - 0.5).abs() < 1e-6 && (found.x[2] + 1.0).abs() < 1e-6, "{found}");
    Ok(())
}

/// With a local minimum of cost 4, into which some starts fall.
#[test]
fn every_variant_solves_rosenbrocks_function_in_ten_variables() -> Result<(), Error> {
    let cost = |x: &DVector<f64>| -> f64 {
        x.as_slice()
            .windows(2)
            .map(|x| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2))
            .sum()
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
    for seed in 0..3 {
        for annealing in [
            SimulatedAnnealing::classical().seed(seed).polish(Lbfgsb::default()),
            SimulatedAnnealing::fast().seed(seed).polish(Lbfgsb::default()),
            Generations::new(SimulatedAnnealing::generalized().seed(seed)),
        ] {
            let mut random = Random::new(seed);
            let start: Vec<f64> = (0..10).map(|_| random.between(-5.12, 5.12)).collect();
            let found = Minimizer::new(&problem, annealing, start)
                .stop_when(target(1e-8).or(max_evaluations(100_000)))
                .run()?;
            let work = found.evaluations.cost + 10 * found.evaluations.gradient;
            assert!(found.termination.is_converged() && work <= 100_000, "{seed}: {found}");
        }
    }
    Ok(())
}

#[test]
fn classical_annealing_alone_goes_down_to_the_last_digits() -> Result<(), Error> {
    let sphere = from_fn(3, |x| x.norm_squared() - 7.0);
    for visiting in [Visiting::Gaussian, Visiting::Uniform] {
        let annealing = SimulatedAnnealing::classical().visiting(visiting).scale(10.0);
        let found =
            Minimizer::new(&sphere, annealing, [4.0, -3.0, 2.0]).evaluate_with(Serial).run()?;
        assert!(found.cost < -7.0 + 1e-9, "{found}");
    }
    Ok(())
}

#[test]
fn bad_parameters_are_refused() {
    let refused = |annealing: SimulatedAnnealing, name: &str| {
        let error = annealing.start(vec![0.0; 2], square(1.0, 2)).unwrap_err();
        assert!(matches!(error, Error::Parameter { name: found, .. } if found == name), "{error}");
    };
    let fast = SimulatedAnnealing::fast;
    for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        refused(fast().temperature(bad), "temperature");
        refused(fast().visiting_temperature(bad), "visiting_temperature");
    }
    for bad in [f64::NAN, 0.0, 1.0, -1.0] {
        refused(fast().ends_at(bad), "ends_at");
        refused(fast().acceptance_rate(bad), "acceptance_rate");
        refused(fast().cooling(Cooling::Geometric(bad)), "the ratio of cooling");
    }
    for bad in [f64::NAN, 1.0, 3.0] {
        refused(fast().cooling(Cooling::Generalized(bad)), "the q of cooling");
        refused(fast().visiting(Visiting::Tsallis(bad)), "the q of visiting");
    }
    refused(fast().acceptance(Acceptance::Tsallis(f64::NAN)), "the q of acceptance");
    refused(fast().cooling(Cooling::Linear(0)), "the stages of cooling");
    refused(fast().sweeps(0), "sweeps");
    refused(fast().stages(0), "stages");
    refused(fast().scale(f64::NAN), "scale");
}

/// The same numbers of steps in one run and in two, of another configuration refused.
#[test]
fn a_stored_search_goes_on_with_the_same_bits() {
    let begin = || begun(SimulatedAnnealing::fast(), 1.0, 2, 0.0);
    let mut search = begin();
    let go = |search: &mut Search<SimulatedAnnealing>| {
        for _ in 0..50 {
            let cost = search.ask()[0].norm_squared();
            assert_eq!(search.tell(&[cost]).unwrap(), ControlFlow::Continue(()));
        }
    };
    go(&mut search);
    let mut other = begin();
    other.restore(search.state().clone()).unwrap();
    go(&mut search);
    go(&mut other);
    assert_eq!(search.state(), other.state());
    let mut three = SimulatedAnnealing::fast().start(vec![0.0; 3], square(1.0, 3)).unwrap();
    assert!(three.restore(search.state().clone()).is_err());
    assert_eq!(SimulatedAnnealing::fast().name(), "SimulatedAnnealing");
}
