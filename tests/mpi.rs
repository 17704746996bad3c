//! Laws of the ranks of an MPI job. A program of its own, to be started on 1, 2 and 4 ranks; `.ci/run` does so:
//! `mpirun -n 4 target/debug/deps/mpi-...`. Started alone it is a job of one rank. It ends with an error if a law does not hold.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use extremum::evaluator::Call;
use extremum::mpi::{Islands, World};
use extremum::stop::max_iterations;
use extremum::{
    Bounds, CancellationToken, DVector, Error, Evaluator, FiniteSum, Lbfgs, Minimizer, Problem,
    RandomSearch, Serial, Solution, Sum, Svrg, Termination, from_fn, minimize,
};

fn main() -> Result<(), Error> {
    let mut world = World::init()?;
    assert!(World::init().is_err());
    // The panics below are meant.
    std::panic::set_hook(Box::new(|info| {
        let message = info.to_string();
        if !message.contains("on purpose") && !message.contains("a term panicked") {
            eprintln!("{info}");
        }
    }));
    costs_have_the_bits_of_serial(&mut world)?;
    long_points_and_few_points(&mut world)?;
    panics_are_nan_and_counted(&mut world)?;
    a_run_has_the_bits_of_serial(&mut world)?;
    ranks_are_free_after_an_error_and_a_panic(&mut world);
    interruption_ends_and_leaves_no_messages(&mut world)?;
    uneven_costs_are_dispatched(&mut world)?;
    sums_have_the_bits_of_one_process(&mut world)?;
    a_term_that_panics_is_a_panic_on_rank_0(&mut world)?;
    islands_are_the_same_each_time(&mut world)?;
    islands_end_together(&mut world)?;
    different_problems_are_refused(&mut world);
    if world.rank() == 0 {
        println!("all laws hold on {} ranks", world.size());
    }
    Ok(())
}

fn rastrigin(x: &DVector<f64>) -> f64 {
    x.iter().map(|x| x * x - 10.0 * (std::f64::consts::TAU * x).cos() + 10.0).sum()
}

fn points(count: usize, n: usize) -> Vec<DVector<f64>> {
    let entry = |i: usize| ((i * 7919) % 1009) as f64 / 100.0 - 5.0;
    (0..count).map(|k| DVector::from_fn(n, |i, _| entry(k * n + i))).collect()
}

fn bits(costs: &[f64]) -> Vec<u64> {
    costs.iter().map(|cost| cost.to_bits()).collect()
}

/// The costs of an evaluator, and the panics.
fn evaluated(
    mut by: impl Evaluator,
    problem: &dyn Problem,
    points: &[DVector<f64>],
) -> (Vec<f64>, u64) {
    let mut costs = vec![1.0; points.len()];
    let call = Call::new(problem).survive_panics(true);
    by.costs(&call, points, &mut costs).unwrap();
    (costs, call.panics())
}

fn costs_have_the_bits_of_serial(world: &mut World) -> Result<(), Error> {
    let problem = from_fn(3, rastrigin);
    world.run(&problem, |mut ranks| {
        // One generation after the other, of every size.
        for count in (0..12).chain([100, 1, 33]) {
            let points = points(count, 3);
            let (costs, panics) = evaluated(&mut ranks, &problem, &points);
            assert_eq!(bits(&costs), bits(&evaluated(Serial, &problem, &points).0));
            assert_eq!(panics, 0);
        }
        // Points that the others do not expect.
        let lost = ranks.costs(&Call::new(&problem), &points(2, 4), &mut [0.0; 2]);
        assert!(lost.unwrap_err().reason.contains("dimension 3"));
        Ok::<(), Error>(())
    })?;
    Ok(())
}

/// Points longer than what is sent without waiting for the receiver.
fn long_points_and_few_points(world: &mut World) -> Result<(), Error> {
    let problem = from_fn(50_000, |x| x.norm());
    world.run(&problem, |mut ranks| {
        for count in [7, 2, 1] {
            let points = points(count, 50_000);
            let serial = evaluated(Serial, &problem, &points).0;
            assert_eq!(bits(&evaluated(&mut ranks, &problem, &points).0), bits(&serial));
        }
        Ok::<(), Error>(())
    })?;
    Ok(())
}

fn panics_are_nan_and_counted(world: &mut World) -> Result<(), Error> {
    let problem = from_fn(2, |x| {
        assert!(x[0] < 0.0, "on purpose");
        x[1]
    });
    world.run(&problem, |mut ranks| {
        for _ in 0..2 {
            let points = points(40, 2);
            let bad = points.iter().filter(|x| x[0] >= 0.0).count() as u64;
            let (costs, panics) = evaluated(&mut ranks, &problem, &points);
            assert!(bad > 10 && panics == bad, "{panics} of {bad}");
            for (cost, x) in costs.iter().zip(&points) {
                assert!(if x[0] < 0.0 { *cost == x[1] } else { cost.is_nan() });
            }
        }
        // Not survived, the panic of any rank is one of rank 0; the ranks go on.
        let points = points(40, 2);
        let lets_it_through = || ranks.costs(&Call::new(&problem), &points, &mut [0.0; 40]);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(lets_it_through));
        assert!(outcome.is_err());
        assert_eq!(evaluated(&mut ranks, &problem, &points[..0]).1, 0);
        Ok::<(), Error>(())
    })?;
    Ok(())
}

fn a_run_has_the_bits_of_serial(world: &mut World) -> Result<(), Error> {
    let problem = from_fn(4, rastrigin);
    let search = || RandomSearch::default().scale(3.0).points(1000).batch(30);
    let serial = minimize(&problem, search(), [2.0; 4])?;
    let found = world.run(&problem, |mut ranks| {
        // Two runs by the same ranks.
        let found = Minimizer::new(&problem, search(), [2.0; 4]).evaluate_with(&mut ranks).run()?;
        let again = Minimizer::new(&problem, search(), [2.0; 4]).evaluate_with(ranks).run()?;
        assert_eq!(found.x, again.x);
        Ok::<_, Error>(found)
    })?;
    assert_eq!(found.is_some(), world.rank() == 0);
    if let Some(found) = found {
        assert_eq!((found.x, found.cost.to_bits()), (serial.x, serial.cost.to_bits()));
        assert_eq!((found.evaluations, found.iterations), (serial.evaluations, serial.iterations));
    }
    Ok(())
}

fn ranks_are_free_after_an_error_and_a_panic(world: &mut World) {
    let problem = from_fn(1, |x| x[0]);
    let refused = Error::EmptySum;
    let outcome: Result<Option<()>, Error> = world.run(&problem, |_| Err(refused.clone()));
    let expected = if world.rank() == 0 { Err(refused) } else { Ok(None) };
    assert_eq!(outcome, expected);

    let run = || world.run(&problem, |_| -> Result<(), Error> { panic!("on purpose") });
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    assert_eq!(outcome.is_err(), world.rank() == 0);
}

fn interruption_ends_and_leaves_no_messages(world: &mut World) -> Result<(), Error> {
    let (token, calls) = (CancellationToken::new(), AtomicU64::new(0));
    let problem = from_fn(1, |x| {
        if calls.fetch_add(1, Ordering::Relaxed) == 2 {
            token.cancel();
        }
        std::thread::sleep(Duration::from_millis(5));
        x[0].abs()
    });
    let search = || RandomSearch::default().scale(3.0).points(4000).batch(2000);
    let started = Instant::now();
    world.run(&problem, |mut ranks| {
        // Interrupted in its first generation, which ends at once, though 2000 points take seconds.
        let run = Minimizer::new(&problem, search(), [1.0]).cancelled_by(&token);
        let refused = run.evaluate_with(&mut ranks).run().unwrap_err();
        assert!(matches!(refused, Error::Interrupted { .. }), "{refused}");
        let limit = Duration::from_millis(30);
        let run = Minimizer::new(&problem, search(), [1.0]).time_limit(limit);
        let refused = run.evaluate_with(&mut ranks).run().unwrap_err();
        assert!(matches!(refused, Error::Interrupted { .. }), "{refused}");
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        // The ranks have no old points to answer.
        let points = points(9, 1);
        let serial: Vec<f64> = points.iter().map(|x| x[0].abs()).collect();
        assert_eq!(bits(&evaluated(ranks, &problem, &points).0), bits(&serial));
        Ok::<(), Error>(())
    })?;
    Ok(())
}

/// Costs of 1 to 20 ms: shared out blindly, by halves or quarters, they would take longer.
fn uneven_costs_are_dispatched(world: &mut World) -> Result<(), Error> {
    let (ranks, evaluations) = (world.size() as u64, Cell::new(0));
    // All of the long ones first.
    let milliseconds = |k: f64| if k < 10.0 { 20 } else { 1 };
    let sleeping = |x: &DVector<f64>| {
        std::thread::sleep(Duration::from_millis(milliseconds(x[0])));
        x[0]
    };
    let problem = from_fn(1, sleeping);
    let points: Vec<DVector<f64>> =
        (0..120).map(|k| DVector::from_element(1, f64::from(k))).collect();
    let work: u64 = points.iter().map(|x| milliseconds(x[0])).sum();
    world.run(&problem, |ranks_of_world| {
        let started = Instant::now();
        let (costs, _) = evaluated(ranks_of_world, &problem, &points);
        let elapsed = started.elapsed().as_secs_f64() * 1e3;
        evaluations.set(costs.len());
        // Nobody waits longer than for the longest two, a tenth and some milliseconds for a busy machine.
        let limit = 1.1 * work as f64 / ranks as f64 + 40.0 + 50.0;
        assert!(elapsed < limit, "{elapsed} ms of {work} on {ranks} ranks, limit {limit}");
        assert!(costs.iter().zip(&points).all(|(cost, x)| *cost == x[0]));
        Ok::<(), Error>(())
    })?;
    assert_eq!(evaluations.get() > 0, world.rank() == 0);
    Ok(())
}

/// Logistic losses: f_i(x) = ln(1 + exp(-a_i x)) + |x|² / 100.
struct Logistic {
    terms: usize,
    /// The term that panics.
    bad: Option<usize>,
}

impl Logistic {
    fn row(&self, i: usize, j: usize) -> f64 {
        assert!(self.bad != Some(i), "on purpose");
        ((i * 31 + j * 17) % 101) as f64 / 50.0 - 0.99 + if j == i % 3 { 0.5 } else { 0.0 }
    }
    fn along(&self, i: usize, x: &DVector<f64>) -> f64 {
        x.iter().enumerate().map(|(j, x)| self.row(i, j) * x).sum()
    }
}

impl FiniteSum for Logistic {
    fn dimension(&self) -> usize {
        5
    }
    fn terms(&self) -> usize {
        self.terms
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        let loss = |&i: &usize| (-self.along(i, x)).exp().ln_1p();
        batch.iter().map(loss).sum::<f64>() / batch.len() as f64 + x.norm_squared() / 100.0
    }
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>) {
        gradient.fill(0.0);
        for &i in batch {
            let slope = -1.0 / (1.0 + self.along(i, x).exp()) / batch.len() as f64;
            for j in 0..x.len() {
                gradient[j] += slope * self.row(i, j);
            }
        }
        gradient.axpy(0.02, x, 1.0);
    }
}

fn sums_have_the_bits_of_one_process(world: &mut World) -> Result<(), Error> {
    // No term, one chunk, chunks for some ranks, for all, and several rounds of blocks.
    for terms in [0, 1, 256, 257, 700, 5_000, 70_000] {
        let logistic = Logistic { terms, bad: None };
        world.run_sum(&logistic, |sum| {
            let single = Sum::new(&logistic);
            for x in points(3, 5) {
                let (mut ours, mut theirs) = (DVector::zeros(5), DVector::zeros(5));
                assert_eq!(sum.cost(&x).to_bits(), single.cost(&x).to_bits(), "{terms} terms");
                sum.gradient(&x, &mut ours);
                single.gradient(&x, &mut theirs);
                assert_eq!(bits(ours.as_slice()), bits(theirs.as_slice()), "{terms} terms");
                let cost = sum.cost_and_gradient(&x, &mut ours);
                assert_eq!(cost.to_bits(), single.cost_and_gradient(&x, &mut theirs).to_bits());
                assert_eq!(bits(ours.as_slice()), bits(theirs.as_slice()), "{terms} terms");
            }
            Ok::<(), Error>(())
        })?;
    }
    let logistic = Logistic { terms: 5_000, bad: None };
    let single = Sum::new(&logistic);
    world.run_sum(&logistic, |sum| {
        let (ours, theirs) = (
            minimize(sum, Lbfgs::default(), [0.5; 5])?,
            minimize(&single, Lbfgs::default(), [0.5; 5])?,
        );
        assert!(ours.termination.is_converged(), "{ours}");
        assert_eq!((ours.x, ours.evaluations), (theirs.x, theirs.evaluations));
        // A method that draws batches of the terms, and takes whole gradients in between.
        let of = |problem: &dyn Problem| {
            Minimizer::new(&problem, Svrg::new(0.1), [0.5; 5]).stop_when(max_iterations(2)).run()
        };
        assert_eq!(of(sum)?.x, of(&single)?.x);
        Ok::<(), Error>(())
    })?;
    let refused = world.run_sum(&Logistic { terms: 0, bad: None }, |sum| {
        minimize(sum, Lbfgs::default(), [0.5; 5])
    });
    assert_eq!(refused.is_err(), world.rank() == 0);
    Ok(())
}

fn a_term_that_panics_is_a_panic_on_rank_0(world: &mut World) -> Result<(), Error> {
    for bad in [3, 2_600, 4_999] {
        let logistic = Logistic { terms: 5_000, bad: Some(bad) };
        world.run_sum(&logistic, |sum| {
            let x = DVector::from_element(5, 1.0);
            for _ in 0..2 {
                let cost = || sum.cost(&x);
                assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(cost)).is_err());
            }
            assert_eq!(evaluated(Serial, sum, &[x]).1, 1);
            Ok::<(), Error>(())
        })?;
    }
    Ok(())
}

fn islands(world: &mut World, problem: &dyn Problem, seed: u64) -> Result<Option<Solution>, Error> {
    let search = RandomSearch::default().points(3_000).batch(20).seed(seed);
    Islands::new(search).migrate_every(7).run(world, problem, [2.0; 2])
}

fn islands_are_the_same_each_time(world: &mut World) -> Result<(), Error> {
    let problem = from_fn(2, rastrigin).with_bounds(Bounds::new([-5.0; 2], [5.0; 2])?);
    let found = islands(world, &problem, 1)?;
    let again = islands(world, &problem, 1)?;
    assert_eq!(found.is_some(), world.rank() == 0);
    let (Some(found), Some(again)) = (found, again) else { return Ok(()) };
    assert_eq!((&found.x, found.cost.to_bits()), (&again.x, again.cost.to_bits()));
    assert_eq!(found.evaluations, again.evaluations);
    assert_eq!(found.evaluations.cost, 3_000 * world.size() as u64);
    assert_eq!((found.cost, found.iterations), (problem.cost(&found.x), 150));
    assert!(matches!(found.termination, Termination::Stalled { .. }), "{found}");
    // Rank 0 is the plain search, and the others have other points.
    let plain =
        minimize(&problem, RandomSearch::default().points(3_000).batch(20).seed(1), [2.0; 2])?;
    if world.size() == 1 {
        assert_eq!((found.x, found.cost), (plain.x, plain.cost));
    } else {
        assert!(found.cost <= plain.cost);
    }
    Ok(())
}

fn islands_end_together(world: &mut World) -> Result<(), Error> {
    let sphere = from_fn(2, |x| x.norm_squared()).with_bounds(Bounds::new([-5.0; 2], [5.0; 2])?);
    let search = || RandomSearch::default().points(1_000_000);
    // Whichever island is first.
    let found = Islands::new(search()).target(0.1).run(world, &sphere, [4.0; 2])?;
    if let Some(found) = found {
        assert!(matches!(found.termination, Termination::TargetReached { .. }), "{found}");
        assert!(
            found.cost <= 0.1 && found.cost == sphere.cost(&found.x) && found.iterations < 1000
        );
    }
    let found = Islands::new(search()).generations(25).run(world, &sphere, [4.0; 2])?;
    if let Some(found) = found {
        assert_eq!(found.termination, Termination::MaxIterations { limit: 25 });
        assert_eq!((found.iterations, found.evaluations.cost), (25, 25 * 32 * world.size() as u64));
    }
    // Of one rank only, the last.
    let token = CancellationToken::new();
    if world.rank() + 1 == world.size() {
        token.cancel();
    }
    let found = Islands::new(search()).cancelled_by(&token).run(world, &sphere, [4.0; 2])?;
    if let Some(found) = found {
        assert_eq!(found.termination, Termination::Cancelled);
    }
    let limit = Duration::from_millis(20);
    let found = Islands::new(search()).time_limit(limit).run(world, &sphere, [4.0; 2])?;
    if let Some(found) = found {
        assert_eq!(found.termination, Termination::TimeLimit { limit });
    }
    let edge = from_fn(2, |x| if x[0] > 4.9 { f64::NEG_INFINITY } else { -x[0] })
        .with_bounds(Bounds::new([-5.0; 2], [5.0; 2])?);
    if let Some(found) = Islands::new(search()).run(world, &edge, [4.0; 2])? {
        assert!(matches!(found.termination, Termination::Unbounded { .. }), "{found}");
    }
    // Bad calls, by all ranks or by one.
    assert!(Islands::new(search()).migrate_every(0).run(world, &sphere, [4.0; 2]).is_err());
    assert!(Islands::new(search()).generations(0).run(world, &sphere, [4.0; 2]).is_err());
    assert!(Islands::new(search()).target(f64::NAN).run(world, &sphere, [4.0; 2]).is_err());
    assert!(Islands::new(search().batch(0)).run(world, &sphere, [4.0; 2]).is_err());
    let start = if world.rank() + 1 == world.size() { f64::NAN } else { 1.0 };
    assert!(Islands::new(search()).run(world, &sphere, [1.0, start]).is_err());
    let nowhere = from_fn(2, |_| f64::NAN).with_bounds(Bounds::new([-5.0; 2], [5.0; 2])?);
    let refused = Islands::new(search()).run(world, &nowhere, [4.0; 2]);
    assert!(matches!(refused, Err(Error::NotInDomain { .. })), "{refused:?}");
    Ok(())
}

fn different_problems_are_refused(world: &mut World) {
    if world.size() == 1 {
        return;
    }
    let problem = from_fn(1 + world.rank(), |x| x[0]);
    let refused = world.run(&problem, |_| Ok::<(), Error>(())).unwrap_err();
    assert!(refused.to_string().contains("different dimensions"), "{refused}");
    let logistic = Logistic { terms: 300 + world.rank(), bad: None };
    let refused = world.run_sum(&logistic, |_| Ok::<(), Error>(())).unwrap_err();
    assert!(refused.to_string().contains("numbers of terms"), "{refused}");
}
