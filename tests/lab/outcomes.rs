//! The laboratory: outcomes do not depend on threads or interruption, and profiles are what their definitions say.

use std::sync::atomic::{AtomicUsize, Ordering};

use extremum::convergence::{Axis, Case, Lab, Measure, Outcome, Results};
use extremum::{
    BarzilaiBorwein, Bfgs, Bounded, Bounds, CmaEs, ConjugateGradient, Error, GradientDescent,
    Lbfgs, NelderMead, Problem, Solver, from_fn,
};

fn bowl(condition: f64) -> impl Problem {
    from_fn(2, move |x| 0.5 * (x[0] * x[0] + condition * x[1] * x[1])).with_gradient(move |x, g| {
        g[0] = x[0];
        g[1] = condition * x[1];
    })
}

fn rosenbrock() -> impl Problem {
    from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2)).with_gradient(
        |x, g| {
            let t = x[1] - x[0].powi(2);
            g[0] = -2.0 * (1.0 - x[0]) - 400.0 * t * x[0];
            g[1] = 200.0 * t;
        },
    )
}

/// The outcomes without their times, as text: NaN is equal to itself there.
fn timeless(results: &Results) -> Vec<String> {
    let text = |outcome: &Outcome| {
        let mut outcome = outcome.clone();
        outcome.total.seconds = 0.0;
        outcome.samples.iter_mut().for_each(|sample| sample.seconds = 0.0);
        format!("{outcome:?}")
    };
    results.outcomes().iter().map(text).collect()
}

/// A laboratory of two problems, four solvers, one of them random, and three starts.
fn lab<'a>(bowl: &'a dyn Problem, rosenbrock: &'a dyn Problem) -> Lab<'a> {
    Lab::new()
        .problem(Case::new("bowl", bowl, [-2.0, -2.0]).minimum(0.0))
        .problem(Case::new("Rosenbrock", rosenbrock, [-1.2, 1.0]))
        .solver("BFGS", |_| Bfgs::default().boxed())
        .solver("gradient descent", |_| GradientDescent::default().boxed())
        .solver("CMA-ES", |trial| CmaEs::default().scale(1.0).seed(trial.seed()).boxed())
        .solver("Nelder-Mead", |_| NelderMead::default().scale(1.0).boxed())
        .starts(3)
        .seed(7)
        .max_iterations(300)
}

fn on_threads(threads: usize, run: impl FnOnce() -> Results + Send) -> Results {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

#[test]
fn outcomes_do_not_depend_on_the_number_of_threads() {
    let (a, b) = (bowl(10.0), rosenbrock());
    let one = on_threads(1, || lab(&a, &b).run().unwrap());
    let four = on_threads(4, || lab(&a, &b).run().unwrap());
    assert_eq!(timeless(&one), timeless(&four));
    assert_eq!(one.outcomes().len(), 24);
    let other = lab(&a, &b).seed(8).run().unwrap();
    assert_ne!(timeless(&one), timeless(&other));
}

#[test]
fn a_laboratory_that_was_killed_goes_on() {
    let (a, b) = (bowl(10.0), rosenbrock());
    let whole = lab(&a, &b).run().unwrap();
    let file = std::env::temp_dir().join(format!("extremum-lab-{}", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let journaled = lab(&a, &b).journal(&file).run().unwrap();
    assert_eq!(timeless(&journaled), timeless(&whole));
    let bytes = std::fs::read(&file).unwrap();
    // Killed anywhere: between records, within one, within the header.
    let mut least = usize::MAX;
    for length in (0..bytes.len()).step_by(bytes.len() / 23).chain([5, 20, 21, bytes.len()]) {
        std::fs::write(&file, &bytes[..length]).unwrap();
        let first = AtomicUsize::new(usize::MAX);
        let resumed = lab(&a, &b)
            .journal(&file)
            .observe(|done, total| {
                assert!(done <= total && total == 24);
                first.fetch_min(done, Ordering::Relaxed);
            })
            .run()
            .unwrap();
        assert_eq!(timeless(&resumed), timeless(&whole), "{length} bytes");
        least = least.min(24 - first.into_inner());
        assert!(std::fs::read(&file).unwrap().len() > 21);
    }
    // With the whole journal nothing was run again.
    assert_eq!(least, 0);
    // A damaged record ends what is read, and is replaced.
    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2] ^= 1;
    std::fs::write(&file, &damaged).unwrap();
    assert_eq!(timeless(&lab(&a, &b).journal(&file).run().unwrap()), timeless(&whole));
    // Another laboratory, and another kind of file.
    std::fs::write(&file, &bytes).unwrap();
    for other in [lab(&a, &b).seed(8), lab(&a, &b).starts(2), lab(&a, &b).max_iterations(299)] {
        assert!(matches!(other.journal(&file).run(), Err(Error::Lab { .. })));
    }
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
    std::fs::write(&file, "something else, which is to be kept").unwrap();
    assert!(matches!(lab(&a, &b).journal(&file).run(), Err(Error::Lab { .. })));
    assert_eq!(std::fs::read(&file).unwrap(), b"something else, which is to be kept");
    std::fs::remove_file(&file).unwrap();
}

/// The definitions of Dolan and Moré and of Moré and Wild, written out for one cost.
#[test]
fn profiles_are_what_their_definitions_say() {
    let (a, b) = (bowl(1e3), rosenbrock());
    let results = lab(&a, &b).run().unwrap();
    let (solvers, starts) = (results.solvers().len(), results.starts());
    for axis in [Axis::Iterations, Axis::Evaluations, Axis::GradientEquivalents] {
        for tolerance in [1e-1, 1e-3, 1e-7] {
            let cost = |p: usize, s: usize, j: usize| -> f64 {
                let outcome = &results.outcomes()[(p * solvers + s) * starts + j];
                assert_eq!((&outcome.solver, outcome.start), (&results.solvers()[s], j));
                let least = results.problems()[p].value;
                let first = outcome.samples[0].value - least;
                let hit = outcome.samples.iter().find(|x| x.value - least <= tolerance * first);
                hit.map_or(f64::INFINITY, |sample| sample.cost(axis))
            };
            let performance = results.performance_profile(axis, tolerance);
            let data = results.data_profile(axis, tolerance);
            for s in 0..solvers {
                for alpha in [1.0, 1.5, 2.0, 10.0, 1e3] {
                    let mut within = [0; 2];
                    for p in 0..2 {
                        for j in 0..starts {
                            let fastest =
                                (0..solvers).map(|s| cost(p, s, j)).fold(f64::INFINITY, f64::min);
                            let is_solved = cost(p, s, j).is_finite();
                            within[0] += usize::from(is_solved && cost(p, s, j) <= alpha * fastest);
                            within[1] += usize::from(cost(p, s, j) <= alpha * 3.0);
                        }
                    }
                    assert_eq!(performance[s].at(alpha), within[0] as f64 / 6.0);
                    assert_eq!(data[s].at(alpha), within[1] as f64 / 6.0);
                }
                let unsolved = (0..6).filter(|i| cost(i / 3, s, i % 3).is_infinite()).count();
                assert_eq!((performance[s].failures, performance[s].total), (unsolved, 6));
            }
            let winners: f64 = performance.iter().map(|profile| profile.at(1.0)).sum();
            let solvable =
                (0..6).filter(|i| (0..solvers).any(|s| cost(i / 3, s, i % 3).is_finite()));
            assert!(winners >= solvable.count() as f64 / 6.0);
        }
    }
}

/// With k successes in N trials the expected running time is all that was spent, divided by k.
#[test]
fn failures_are_counted() {
    let bounds = Bounds::new([-1.0, -1.0], [1.0, 1.0]).unwrap();
    let within = Bounded(rosenbrock(), bounds);
    let results = Lab::new()
        .problem(Case::new("bounded", &within, [-1.0, 1.0]).minimum(0.0))
        .solver("L-BFGS", |_| Lbfgs::default().boxed())
        .solver("Barzilai-Borwein", |_| BarzilaiBorwein::default().boxed())
        .solver("three steps", |_| ConjugateGradient::default().boxed())
        .starts(4)
        .run()
        .unwrap();
    // L-BFGS refuses bounds: an outcome, with the reason.
    let [refused, solved] = [0, 1].map(|solver| results.outcomes_of(0, solver));
    assert!(refused.iter().all(|o| o.ended.as_ref().is_err_and(|e| e.contains("bounds"))));
    assert!(solved.iter().all(|o| o.ended.is_ok() && o.cost < 1e-10));
    let profile = results.runtime_distribution(Axis::Evaluations, &[1e-1, 1e-5]);
    assert_eq!((profile[0].failures, profile[0].total, profile[0].at(1e9)), (8, 8, 0.0));
    assert_eq!((profile[1].failures, profile[1].at(1e9)), (0, 1.0));
    assert_eq!(results.expected_running_time(0, 0, Axis::Evaluations, 1e-5), None);
    let expected = results.expected_running_time(0, 1, Axis::Evaluations, 1e-5).unwrap();
    let spent: f64 =
        solved.iter().map(|o| results.cost_to(0, o, 1e-5, Axis::Evaluations).unwrap()).sum();
    assert_eq!(expected, spent / 4.0);
    // One success among starts that end early: their whole cost counts.
    let valley = rosenbrock();
    let results = Lab::new()
        .problem(Case::new("valley", &valley, [-1.2, 1.0]).minimum(0.0))
        .solver("BFGS", |_| Bfgs::default().boxed())
        .starts(8)
        .max_iterations(31)
        .run()
        .unwrap();
    let outcomes = results.outcomes_of(0, 0);
    let to = |o: &Outcome| results.cost_to(0, o, 1e-9, Axis::Iterations);
    let successes = outcomes.iter().filter(|o| to(o).is_some()).count();
    assert!((1..8).contains(&successes), "{successes}");
    let spent: f64 = outcomes.iter().map(|o| to(o).unwrap_or(31.0)).sum();
    let expected = results.expected_running_time(0, 0, Axis::Iterations, 1e-9);
    assert_eq!(expected, Some(spent / successes as f64));
}

#[test]
fn bad_laboratories_are_refused() {
    let bowl = bowl(2.0);
    let case = || Case::new("bowl", &bowl, [1.0, 1.0]);
    let with = |case| Lab::new().problem(case).solver("BFGS", |_| Bfgs::default().boxed());
    let refused = |lab: Lab<'_>| lab.run().unwrap_err();
    assert!(matches!(refused(Lab::new()), Error::Lab { .. }));
    assert!(matches!(refused(Lab::new().problem(case())), Error::Lab { .. }));
    assert!(matches!(refused(with(case()).problem(case())), Error::Lab { .. }));
    let twice = with(case()).solver("BFGS", |_| Lbfgs::default().boxed());
    assert!(matches!(refused(twice), Error::Lab { .. }));
    assert!(matches!(refused(with(case()).measure(Measure::Distance)), Error::Lab { .. }));
    let short = Case::new("bowl", &bowl, [1.0]);
    assert!(matches!(refused(with(short)), Error::Dimension { .. }));
    assert!(matches!(refused(with(case().minimizer([0.0]))), Error::Dimension { .. }));
    for lab in [with(case()).starts(0), with(case()).spread(f64::NAN), with(case()).spread(-1.0)] {
        assert!(matches!(refused(lab), Error::Parameter { .. }));
    }
    for lab in [with(case()).max_iterations(0), with(case()).max_evaluations(0)] {
        assert!(matches!(refused(lab), Error::Parameter { .. }));
    }
}

#[test]
fn distances_and_gradient_norms_are_measured() {
    let bowl = bowl(10.0);
    let lab = |measure| {
        let case = Case::new("bowl", &bowl, [3.0, 4.0]).minimizer([0.0, 0.0]);
        let lab = Lab::new().problem(case).solver("BFGS", |_| Bfgs::default().boxed());
        lab.solver("Nelder-Mead", |_| NelderMead::default().scale(1.0).boxed())
            .measure(measure)
            .run()
    };
    let distances = lab(Measure::Distance).unwrap();
    assert_eq!(distances.outcomes()[0].samples[0].value, 5.0);
    assert!(distances.outcomes()[1].samples.last().unwrap().value < 1e-6);
    let norms = lab(Measure::GradientNorm).unwrap();
    assert_eq!(norms.outcomes()[0].samples[0].value, 40.0);
    // Nelder-Mead has no gradient: its error is infinite, and never small.
    assert_eq!(norms.performance_profile(Axis::Iterations, 1e-3)[1].failures, 1);
}
