//! Laws of every kind of update rule as a solver: those with sums, costs, curvature, averages, several gradients per
//! step, wrappers, links and groups. A new kind is added by one line in [`rules`].

use allocation_counter::measure;
use extremum::first_order::{
    AcceleratedGradient, Accumulate, AdaBound, Adam, AggMo, ClipNorm, Decay, Dog, Ema, FirstOrder,
    Lamb, Lion, Lookahead, Momo, Nadam, Noise, PolyakStep, Prodigy, RmsProp, Rprop, Rule, Sam,
    ScheduleFreeAdamW, Sgd, Sophia, Swats,
};
use extremum::schedule::ReduceOnPlateau;
use extremum::stop::{gradient_norm, max_iterations};
use extremum::{
    AnySolver, Bounds, Checkpoint, DVector, Error, Minimizer, Problem, Solution, Solver, Stall,
    Termination, from_fn, minimize,
};
use extremum_tests::seal::{sealed, unsealed};
use extremum_tests::{barrier, bits, cost_only, rosenbrock, without_hessian};

fn rules() -> Vec<Box<dyn AnySolver>> {
    vec![
        Adam::new(0.02).boxed(),
        Nadam::new(0.02).boxed(),
        AdaBound::new(0.02).final_rate(1e-3).boxed(),
        RmsProp::new(1e-3).momentum(0.9).boxed(),
        Rprop::new(0.01).boxed(),
        Lion::new(1e-3).boxed(),
        Sophia::new(1e-2).boxed(),
        AcceleratedGradient::new(1e-3).boxed(),
        AggMo::new(1e-3, [0.0, 0.9]).boxed(),
        Swats::new(1e-2).boxed(),
        Lamb::new(1e-2).boxed(),
        Prodigy::new(1.0).boxed(),
        Dog::new(1.0).boxed(),
        PolyakStep::new(1.0).boxed(),
        Momo::new(1e-3).boxed(),
        ScheduleFreeAdamW::new(0.02).boxed(),
        Lookahead::new(Adam::new(0.02)).boxed(),
        Sam::new(0.01, Sgd::new(1e-3)).boxed(),
        Accumulate::new(3, Adam::new(0.02)).boxed(),
        ClipNorm::new(1.0).then(Decay::l2(1e-3)).then(Sgd::new(1e-2)).then(Ema::new(0.9)).boxed(),
        Noise::new(1e-4, 3).then(Adam::new(0.02)).boxed(),
        Adam::new(0.02).group(0..1, Adam::new(0.05)).boxed(),
        FirstOrder::new(Adam::new(0.02)).plateau(ReduceOnPlateau::new().patience(500)).boxed(),
    ]
}

/// The solution says what the problem says, and converged only with the evidence for it.
fn truthful(solver: &dyn AnySolver, problem: &dyn Problem, found: &Solution) {
    let label = format!("{}: {found}", solver.name());
    assert!(found.x.iter().all(|x| x.is_finite()) && found.cost.is_finite(), "{label}");
    assert_eq!(found.cost.to_bits(), problem.cost(&found.x).to_bits(), "{label}");
    if problem.has_gradient() {
        let mut gradient = DVector::zeros(found.x.len());
        problem.gradient(&found.x, &mut gradient);
        assert_eq!(found.gradient_norm, Some(gradient.amax()), "{label}");
    }
    if let Termination::GradientNorm { norm, tolerance } = found.termination {
        assert!(norm <= tolerance && Some(norm) == found.gradient_norm, "{label}");
    }
}

#[test]
fn every_rule_goes_down_the_valley_and_tells_the_truth() -> Result<(), Error> {
    let problem = rosenbrock();
    for solver in &rules() {
        let found = Minimizer::new(&problem, solver, [-1.2, 1.0])
            .stop_when(gradient_norm(1e-6).or(max_iterations(5_000)))
            .run()?;
        truthful(solver.as_ref(), &problem, &found);
        assert!(found.cost < 0.2, "{}: {found}", solver.name());
    }
    Ok(())
}

/// x² − y² + y⁴/4 + 1 from its saddle and from the axis that leads to it: the minima are 0, which Polyak's steps take for
/// granted.
#[test]
fn with_verify_no_rule_ends_at_a_saddle() -> Result<(), Error> {
    let saddle = from_fn(2, |x| x[0] * x[0] - x[1] * x[1] + 0.25 * x[1].powi(4) + 1.0)
        .with_gradient(|x, g| {
            g[0] = 2.0 * x[0];
            g[1] = x[1].powi(3) - 2.0 * x[1];
        });
    for solver in &rules() {
        for start in [[1.0, 0.0], [0.0, 0.0]] {
            let found = Minimizer::new(&saddle, solver, start)
                .stop_when(gradient_norm(1e-3).or(max_iterations(10_000)))
                .verify()
                .run()?;
            truthful(solver.as_ref(), &saddle, &found);
            assert!(found.cost < 0.01, "{}: {found}", solver.name());
        }
    }
    Ok(())
}

#[test]
fn hostile_problems_end_truthfully() -> Result<(), Error> {
    let linear = from_fn(2, |x| x[0] - x[1]).with_gradient(|_, g| g.copy_from_slice(&[1.0, -1.0]));
    let constant = from_fn(2, |_| 7.0).with_gradient(|_, g| g.fill(0.0));
    let cliff = from_fn(2, |x| if x[0] < 0.5 { f64::NAN } else { x.norm_squared() })
        .with_gradient(|x, g| if x[0] < 0.5 { g.fill(f64::NAN) } else { *g = 2.0 * x });
    let steep = from_fn(2, |x| x.map(|x| x.powi(4)).sum() * 1e60)
        .with_gradient(|x, g| *g = x.map(|x| 4e60 * x.powi(3)));
    let barrier = barrier(2);
    let differenced = cost_only(rosenbrock());
    let problems: [&dyn Problem; 6] = [&linear, &constant, &cliff, &steep, &barrier, &differenced];
    for problem in problems {
        for solver in &rules() {
            let found = Minimizer::new(&problem, solver, [1.5, 2.0])
                .stop_when(gradient_norm(1e-6).or(max_iterations(2_000)))
                .run()?;
            truthful(solver.as_ref(), problem, &found);
        }
    }
    Ok(())
}

#[test]
fn bad_calls_are_refused() {
    let nan = from_fn(1, |_| f64::NAN).with_gradient(|_, g| g.fill(0.0));
    struct Boxed(Bounds);
    impl Problem for Boxed {
        fn dimension(&self) -> usize {
            1
        }
        fn cost(&self, x: &DVector<f64>) -> f64 {
            x[0]
        }
        fn gradient(&self, _x: &DVector<f64>, g: &mut DVector<f64>) {
            g[0] = 1.0;
        }
        fn bounds(&self) -> Option<&Bounds> {
            Some(&self.0)
        }
    }
    let bounded = Boxed(Bounds::new([0.0], [1.0]).unwrap());
    for solver in rules().iter().filter(|solver| solver.name() != "Adam") {
        let refused = |problem: &dyn Problem, start: &[f64]| minimize(problem, solver, start);
        assert!(matches!(refused(&nan, &[1.0]), Err(Error::NotInDomain { .. })));
        assert!(matches!(refused(&rosenbrock(), &[1.0]), Err(Error::Dimension { .. })));
        assert!(matches!(
            refused(&rosenbrock(), &[1.0, f64::NAN]),
            Err(Error::NonFiniteStart { .. })
        ));
        assert!(matches!(refused(&bounded, &[0.5]), Err(Error::BoundsNotSupported { .. })));
    }
}

#[test]
fn no_step_allocates_and_no_gradient_is_wasted() -> Result<(), Error> {
    let problem = without_hessian(rosenbrock());
    for solver in &rules() {
        let mut run = Minimizer::new(&problem, solver, [-1.2, 1.0]).start()?;
        let _ = run.step();
        let made = measure(|| {
            for _ in 0..50 {
                let _ = run.step();
            }
        });
        assert_eq!(made.count_total, 0, "{}", solver.name());
        let found = run.finish();
        // One at each new point; SAM one more a step, Sophia one more every ten for its differences.
        let extra = match solver.name() {
            "Sam" => found.iterations,
            "Sophia" => found.iterations.div_ceil(10),
            _ => 0,
        };
        let most = found.iterations + 1 + extra;
        assert!(found.evaluations.gradient <= most, "{}: {found}", solver.name());
        assert!(found.evaluations.cost <= found.iterations + 1, "{}: {found}", solver.name());
    }
    Ok(())
}

#[test]
fn a_run_goes_on_from_any_step_with_the_same_bits() -> Result<(), Error> {
    let problem = rosenbrock();
    for solver in &rules() {
        let terms = || {
            Minimizer::new(&problem, solver, [-1.2, 1.0])
                .stop_when(gradient_norm(1e-6).or(max_iterations(40)))
        };
        let whole = terms().run()?;
        for steps in [0, 1, 2, 7, 20, 33] {
            let mut run = terms().start()?;
            for _ in 0..steps {
                let _ = run.step();
            }
            let bytes = run.checkpoint().to_bytes()?;
            let resumed = terms().resume(Checkpoint::from_bytes(&bytes)?)?.complete();
            let label = format!("{} after {steps}", solver.name());
            assert_eq!(bits(&resumed.x), bits(&whole.x), "{label}");
            assert_eq!(resumed.evaluations, whole.evaluations, "{label}");
        }
    }
    Ok(())
}

#[test]
fn a_checkpoint_of_another_problem_or_rule_is_refused() -> Result<(), Error> {
    let (valley, barrier) = (rosenbrock(), barrier(3));
    for solver in &rules() {
        let run = Minimizer::new(&valley, solver, [-1.2, 1.0]).start()?;
        let bytes = run.checkpoint().to_bytes()?;
        let elsewhere =
            Minimizer::new(&barrier, solver, [1.0; 3]).resume(Checkpoint::from_bytes(&bytes)?);
        assert!(matches!(elsewhere.err(), Some(Error::Checkpoint { .. })), "{}", solver.name());
        // Damaged bytes are refused, or survived.
        for at in (0..bytes.len() - 8).step_by(7) {
            let mut damaged = unsealed(&bytes).to_vec();
            damaged[at] ^= 0x55;
            let Ok(checkpoint) = Checkpoint::from_bytes(&sealed(damaged)) else { continue };
            if let Ok(mut run) = Minimizer::new(&valley, solver, [-1.2, 1.0]).resume(checkpoint) {
                for _ in 0..3 {
                    let _ = run.step();
                }
            }
        }
    }
    Ok(())
}

#[test]
fn a_rule_that_cannot_leave_its_start_says_so() -> Result<(), Error> {
    let island = from_fn(1, |x| if x[0] == 1.0 { 1.0 } else { f64::INFINITY })
        .with_gradient(|_, g| g[0] = 1.0);
    for solver in [Adam::new(0.1).boxed(), Lion::new(0.1).boxed(), Sgd::new(0.1).boxed()] {
        let found = minimize(&island, solver, [1.0])?;
        assert!(matches!(
            found.termination,
            Termination::Stalled { reason: Stall::OutsideDomain, .. }
        ));
    }
    Ok(())
}
