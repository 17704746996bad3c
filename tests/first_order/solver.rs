//! Update rules as solvers: on whole problems, on mini-batches, interrupted and resumed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use extremum::first_order::{Adam, AdamW, ClipNorm, FirstOrder, Momentum, Rule, Sgd};
use extremum::schedule::{Cosine, ReduceOnPlateau};
use extremum::stop::{gradient_norm, max_iterations};
use extremum::{
    CancellationToken, Checkpoint, DVector, Error, FiniteSum, Minimizer, Problem, Solution, Solver,
    Stall, State, Sum, Termination, from_fn, minimize,
};

/// f_i(x) = (a_i'x − b_i)² / 2 with a_i and b_i from a fixed pattern; counts and can be interrupted.
struct Lines {
    terms: usize,
    evaluated: AtomicU64,
    /// Cancelled when so many terms have been evaluated.
    until: Mutex<Option<(u64, CancellationToken)>>,
    /// A term whose gradient is NaN.
    bad: Option<usize>,
}

impl Lines {
    fn new(terms: usize) -> Self {
        Self { terms, evaluated: AtomicU64::new(0), until: Mutex::new(None), bad: None }
    }
    fn row(i: usize) -> ([f64; 3], f64) {
        let at = |k: usize| ((i * 37 + k * 101) % 97) as f64 / 97.0 - 0.5;
        ([at(1), at(2), at(3)], at(5))
    }
}

impl FiniteSum for Lines {
    fn dimension(&self) -> usize {
        3
    }
    fn terms(&self) -> usize {
        self.terms
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        let residual = |i: usize| {
            let (a, b) = Self::row(i);
            a.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - b
        };
        batch.iter().map(|&i| residual(i).powi(2) / 2.0).sum::<f64>() / batch.len() as f64
    }
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
        let evaluated = self.evaluated.fetch_add(batch.len() as u64, Ordering::Relaxed);
        if let Some((limit, token)) = &*self.until.lock().unwrap()
            && evaluated >= *limit
        {
            token.cancel();
        }
        g.fill(0.0);
        for &i in batch {
            let (a, b) = Self::row(i);
            let residual = a.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - b;
            for (g, a) in g.iter_mut().zip(a) {
                *g += residual * a / batch.len() as f64;
            }
            if self.bad == Some(i) {
                g[0] = f64::NAN;
            }
        }
    }
}

/// The least-squares solution by the normal equations.
fn truth(terms: usize) -> DVector<f64> {
    let a = extremum::DMatrix::from_fn(terms, 3, |i, k| Lines::row(i).0[k]);
    let b = DVector::from_fn(terms, |i, _| Lines::row(i).1);
    (a.transpose() * &a).lu().solve(&(a.transpose() * b)).unwrap()
}

fn bits(x: &DVector<f64>) -> Vec<u64> {
    x.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn full_gradients_lead_to_the_normal_equations() -> Result<(), Error> {
    let problem = Sum::new(Lines::new(200));
    let expected = truth(200);
    for solver in [
        Adam::new(0.05).boxed(),
        Momentum::new(1.0).boxed(),
        ClipNorm::new(0.1).then(AdamW::new(0.05).decay(0.0)).boxed(),
    ] {
        let found = Minimizer::new(&problem, &solver, [1.0, -1.0, 2.0])
            .stop_when(gradient_norm(1e-9).or(max_iterations(20_000)))
            .run()?;
        assert!(found.termination.is_converged(), "{}: {found}", solver.name());
        // The smallest eigenvalue of the Hessian is about 0.08.
        assert!((&found.x - &expected).amax() < 1e-7, "{}: {found}", solver.name());
    }
    Ok(())
}

#[test]
fn a_solution_says_what_the_problem_says() -> Result<(), Error> {
    let problem = Sum::new(Lines::new(200));
    // A rate that does not settle: the last point is not the best.
    let found = Minimizer::new(&problem, Sgd::new(11.0), [1.0, -1.0, 2.0])
        .stop_when(max_iterations(300))
        .trace()
        .run()?;
    let mut gradient = DVector::zeros(3);
    let cost = problem.cost_and_gradient(&found.x, &mut gradient);
    assert_eq!((found.cost, found.gradient_norm), (cost, Some(gradient.amax())));
    let lowest = found.trace.iter().map(|record| record.cost).fold(f64::INFINITY, f64::min);
    assert_eq!(found.cost, lowest);
    Ok(())
}

#[test]
fn every_epoch_has_every_term_once_and_one_measurement() -> Result<(), Error> {
    let problem = Sum::new(Lines::new(103));
    let solver = AdamW::new(Cosine::new(0.1, 200 * 11)).decay(0.0).batches(10, 3);
    let mut run =
        Minimizer::new(&problem, solver, [0.0; 3]).stop_when(max_iterations(200)).start()?;
    for epoch in 1..=200 {
        let _ = run.step();
        assert_eq!(run.progress().evaluations.terms, 103 * (2 * epoch + 1));
        assert_eq!(run.state().batches().unwrap().epoch(), epoch);
        assert_eq!(run.state().steps(), 11 * epoch);
    }
    assert_eq!(run.progress().evaluations.gradient, 201);
    // The rate has fallen to 0, and with it the noise; the variance of the terms is some 0.1.
    let excess = problem.cost(run.state().current()) - problem.cost(&truth(103));
    assert!((0.0..1e-5).contains(&excess), "{excess}");
    Ok(())
}

fn complete<S: Solver>(problem: &dyn Problem, solver: S) -> Solution {
    Minimizer::new(&problem, solver, [1.0, 2.0, 3.0]).stop_when(max_iterations(12)).run().unwrap()
}

#[test]
fn a_run_goes_on_from_the_middle_of_an_epoch_with_the_same_bits() -> Result<(), Error> {
    let solver = || AdamW::new(0.05).batches(10, 7);
    let whole = complete(&Sum::new(Lines::new(103)), solver());
    for limit in [0, 104, 113, 150, 230, 300, 700] {
        let token = CancellationToken::new();
        let problem = Sum::new(Lines::new(103));
        let mut run = Minimizer::new(&problem, solver(), [1.0, 2.0, 3.0])
            .stop_when(max_iterations(12))
            .cancelled_by(&token)
            .start()?;
        *problem.terms().until.lock().unwrap() = Some((limit, token));
        while run.step().is_continue() {}
        let bytes = run.checkpoint().to_bytes()?;
        assert_eq!(run.finish().termination, Termination::Cancelled);
        let problem = Sum::new(Lines::new(103));
        let resumed = Minimizer::new(&problem, solver(), [0.0; 3])
            .stop_when(max_iterations(12))
            .resume(Checkpoint::from_bytes(&bytes)?)?
            .complete();
        assert_eq!((bits(&resumed.x), resumed.iterations), (bits(&whole.x), 12), "{limit}");
    }
    Ok(())
}

#[test]
fn iterations_of_some_batches_are_the_same_run() -> Result<(), Error> {
    let problem = Sum::new(Lines::new(103));
    let start =
        || Minimizer::new(&problem, FirstOrder::new(Adam::new(0.05)).batches(10, 7), [1.0; 3]);
    let mut epochs = start().stop_when(max_iterations(4)).start()?;
    while epochs.step().is_continue() {}
    let solver = FirstOrder::new(Adam::new(0.05)).batches(10, 7).measure_every(4);
    let mut parts =
        Minimizer::new(&problem, solver, [1.0; 3]).stop_when(max_iterations(11)).start()?;
    while parts.step().is_continue() {}
    assert_eq!(parts.state().steps(), epochs.state().steps());
    assert_eq!(bits(parts.state().current()), bits(epochs.state().current()));
    Ok(())
}

#[test]
fn batches_with_bad_gradients_are_skipped_and_counted() -> Result<(), Error> {
    struct Restored(Lines);
    /// Its whole gradient is good, that of every batch with term 5 is not.
    impl FiniteSum for Restored {
        fn dimension(&self) -> usize {
            3
        }
        fn terms(&self) -> usize {
            self.0.terms
        }
        fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
            self.0.cost(batch, x)
        }
        fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
            self.0.gradient(batch, x, g);
            if batch.len() < 20 && batch.contains(&5) {
                g[1] = f64::INFINITY;
            }
        }
    }
    let problem = Sum::new(Restored(Lines::new(100)));
    let found = Minimizer::new(&problem, Adam::new(0.05).batches(10, 7), [1.0; 3])
        .stop_when(max_iterations(6))
        .run()?;
    assert_eq!(found.skipped, 6);
    assert!(found.cost < problem.cost(&DVector::from_element(3, 1.0)));
    assert!(found.to_string().contains("6 bad gradients skipped"), "{found}");
    Ok(())
}

#[test]
fn bad_calls_are_refused() {
    let plain = from_fn(3, |x| x.norm_squared());
    let sum = Sum::new(Lines::new(10));
    let start = [0.0; 3];
    assert_eq!(
        minimize(&plain, Adam::new(0.1).batches(2, 0), start).unwrap_err(),
        Error::NotASum { solver: "Adam" }
    );
    for size in [0, 11] {
        let refused = minimize(&sum, Adam::new(0.1).batches(size, 0), start).unwrap_err();
        assert!(matches!(refused, Error::Parameter { name: "batch size", .. }), "{refused}");
    }
    let refused = minimize(&sum, Adam::new(0.1).batches(2, 0).measure_every(0), start).unwrap_err();
    assert!(matches!(refused, Error::Parameter { name: "measure_every", .. }), "{refused}");
    let refused = minimize(&sum, Adam::new(f64::NAN), start).unwrap_err();
    assert!(matches!(refused, Error::Parameter { .. }), "{refused}");
    for (from, to, name) in [(0, 4, "group end"), (2, 1, "group end")] {
        let groups = Adam::new(0.1).group(from..to, Adam::new(0.2));
        let refused = minimize(&sum, groups, start).unwrap_err();
        assert!(matches!(refused, Error::Parameter { name: n, .. } if n == name), "{refused}");
    }
    let overlapping = Adam::new(0.1).group(0..2, Adam::new(0.2)).group(1..3, Adam::new(0.3));
    assert!(minimize(&sum, overlapping, start).is_err());
    let refused = minimize(&sum, Adam::new(0.1), [0.0; 2]).unwrap_err();
    assert!(matches!(refused, Error::Dimension { .. }), "{refused}");
}

#[test]
fn steps_out_of_the_domain_are_halved() -> Result<(), Error> {
    // x − ln x is NaN below 0: the first steps of length 4 would go there.
    let problem = from_fn(1, |x| if x[0] > 0.0 { x[0] - x[0].ln() } else { f64::NAN })
        .with_gradient(|x, g| g[0] = if x[0] > 0.0 { 1.0 - 1.0 / x[0] } else { f64::NAN });
    let found = minimize(&problem, Sgd::new(4.0).then(ClipNorm::new(1.0)), [3.0])?;
    assert!(found.cost.is_finite() && found.x[0] > 0.0);
    let found = minimize(&problem, Sgd::new(0.5), [3.0])?;
    assert!(found.termination.is_converged() && (found.x[0] - 1.0).abs() < 1e-5, "{found}");
    // Nothing but the start is inside.
    let island =
        from_fn(1, |x| if x[0] == 1.0 { 1.0 } else { f64::NAN }).with_gradient(|_, g| g[0] = 1.0);
    let found = minimize(&island, Adam::new(0.1), [1.0])?;
    assert!(
        matches!(found.termination, Termination::Stalled { reason: Stall::OutsideDomain, .. }),
        "{found}"
    );
    assert_eq!(found.x[0], 1.0);
    Ok(())
}

#[test]
fn endless_runs_end() -> Result<(), Error> {
    let bowl = from_fn(2, |x| x.norm_squared()).with_gradient(|x, g| *g = 2.0 * x);
    let found = minimize(&bowl, Adam::new(0.0), [1.0, 2.0])?;
    assert!(matches!(
        found.termination,
        Termination::Stalled { reason: Stall::NoImprovement { iterations: 1000 }, .. }
    ));
    // No point twice, also when nothing moves.
    assert_eq!((found.evaluations.cost, found.x.as_slice()), (1, &[1.0, 2.0][..]));
    let fall = from_fn(1, |x| -x[0] * x[0]).with_gradient(|x, g| g[0] = -2.0 * x[0]);
    let found = minimize(&fall, Sgd::new(0.5), [1.0])?;
    assert!(found.termination.is_failure(), "{found}");
    assert!(found.cost.is_finite() && found.x[0].is_finite());
    Ok(())
}

#[test]
fn a_plateau_reduces_the_rate() -> Result<(), Error> {
    // |x|: steps of 0.3 end in a zigzag about 0, of which halving makes an end.
    let problem = from_fn(1, |x| x[0].abs()).with_gradient(|x, g| g[0] = x[0].signum());
    let run = |solver: FirstOrder<Sgd>| {
        Minimizer::new(&problem, solver, [1.0]).stop_when(max_iterations(300)).run()
    };
    let fixed = run(FirstOrder::new(Sgd::new(0.3)))?;
    let plateau = ReduceOnPlateau::new().factor(0.5).patience(2);
    let reduced = run(FirstOrder::new(Sgd::new(0.3)).plateau(plateau))?;
    assert!(fixed.cost > 0.09 && reduced.cost < 1e-4, "{} {}", fixed.cost, reduced.cost);
    Ok(())
}

#[test]
fn validation_stops_early_and_keeps_its_best_point() -> Result<(), Error> {
    // Fitted to 3 from 0 in steps of 0.1 · 2 (3 − x); the validation cost is lowest at x = 1.
    let problem =
        from_fn(1, |x| (x[0] - 3.0).powi(2)).with_gradient(|x, g| g[0] = 2.0 * (x[0] - 3.0));
    let validation = |x: &DVector<f64>| (x[0] - 1.0).powi(2);
    let terms = || Minimizer::new(&problem, Sgd::new(0.1), [0.0]).validate(3, validation);
    let found = terms().run()?;
    // x_k = 3 (1 − 0.8^k): 0.6, 1.08, 1.464, ..
    assert_eq!(found.iterations, 5);
    assert!((found.x[0] - 1.08).abs() < 1e-14 && found.cost == (found.x[0] - 3.0).powi(2));
    assert_eq!(found.validation_cost, Some(validation(&found.x)));
    assert!(matches!(
        found.termination,
        Termination::Stalled { reason: Stall::Validation { iterations: 3, .. }, .. }
    ));
    // A checkpoint remembers what was lowest.
    let mut run = terms().start()?;
    for _ in 0..4 {
        let _ = run.step();
    }
    let bytes = run.checkpoint().to_bytes()?;
    let resumed = terms().resume(Checkpoint::from_bytes(&bytes)?)?.complete();
    assert_eq!((&resumed.x, resumed.iterations), (&found.x, 5));
    Ok(())
}

#[test]
fn no_step_allocates() -> Result<(), Error> {
    let problem = Sum::new(Lines::new(103));
    let mut batches =
        Minimizer::new(&problem, AdamW::new(0.05).batches(10, 7), [1.0; 3]).start()?;
    let groups = ClipNorm::new(1.0).then(Momentum::new(0.05));
    let groups = groups.clone().group(0..2, groups);
    let mut whole = Minimizer::new(&problem, groups, [1.0; 3]).start()?;
    let _ = (batches.step(), whole.step());
    let made = allocation_counter::measure(|| {
        for _ in 0..20 {
            let _ = (batches.step(), whole.step());
        }
    });
    assert_eq!(made.count_total, 0);
    assert!(State::gradient_norm(batches.state()).is_some());
    Ok(())
}
