//! Local searches within bounds.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use extremum::stop::{gradient_norm, max_evaluations, max_iterations};
use extremum::{
    AnySolver, BarzilaiBorwein, BasinHopping, Bfgs, Bounds, Checkpoint, CmaEs, DVector, Domain,
    Error, FromFn, Lbfgs, Lbfgsb, Minimizer, MultiStart, NelderMead, Newton, Oracle, Problem,
    Solution, Solver, State, Stop, Termination, from_fn, minimize,
};
use extremum_tests::seal::{sealed, unsealed};
use serde::{Deserialize, Serialize};

const FREE: f64 = f64::INFINITY;
const MAX: f64 = f64::MAX;

fn one_start() -> MultiStart {
    MultiStart::default().starts(1)
}

fn drivers() -> [Box<dyn AnySolver>; 2] {
    [one_start().boxed(), BasinHopping::default().hops(3).boxed()]
}

fn within(problem: FromFn<'static>, lower: &[f64], upper: &[f64]) -> FromFn<'static> {
    problem.with_bounds(Bounds::new(lower, upper).unwrap())
}

/// x + 1/x, least at 1.
fn reciprocal() -> FromFn<'static> {
    from_fn(1, |x| x[0] + 1.0 / x[0]).with_gradient(|x, g| g[0] = 1.0 - 1.0 / (x[0] * x[0]))
}

fn rosenbrock() -> FromFn<'static> {
    from_fn(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2)).with_gradient(
        |x, g| {
            let t = x[1] - x[0].powi(2);
            g[0] = -2.0 * (1.0 - x[0]) - 400.0 * t * x[0];
            g[1] = 200.0 * t;
        },
    )
}

/// Σ (xᵢ − cᵢ)², least at the nearest point of the box to c.
fn bowl(center: &'static [f64]) -> FromFn<'static> {
    let square = |x: &f64, c: &f64| (x - c) * (x - c);
    from_fn(center.len(), move |x| x.iter().zip(center).map(|(x, c)| square(x, c)).sum())
        .with_gradient(move |x, g| {
            for i in 0..x.len() {
                g[i] = 2.0 * (x[i] - center[i]);
            }
        })
}

/// A solver of a user's own: steepest descent with a fixed rate.
struct Own(Domain);

#[derive(Serialize, Deserialize)]
struct OwnState {
    x: DVector<f64>,
    gradient: DVector<f64>,
    cost: f64,
}

impl State for OwnState {
    fn x(&self) -> &DVector<f64> {
        &self.x
    }
    fn cost(&self) -> f64 {
        self.cost
    }
    fn gradient_norm(&self) -> Option<f64> {
        Some(self.gradient.amax())
    }
}

impl Solver for Own {
    type State = OwnState;
    fn name(&self) -> &'static str {
        "Own"
    }
    fn domain(&self) -> Domain {
        self.0
    }
    fn init(&self, problem: &mut Oracle<'_>, x: DVector<f64>) -> Result<OwnState, Error> {
        let mut gradient = x.clone();
        let cost = problem.start(&x, &mut gradient)?;
        Ok(OwnState { x, gradient, cost })
    }
    fn step(&self, problem: &mut Oracle<'_>, state: &mut OwnState) -> ControlFlow<Termination> {
        state.x.axpy(-0.1, &state.gradient, 1.0);
        if let (Domain::Bounded, Some(bounds)) = (self.0, problem.problem().bounds()) {
            state.x.zip_zip_apply(bounds.lower(), bounds.upper(), |x, l, u| *x = x.clamp(l, u));
        }
        state.cost = problem.cost_and_gradient(&state.x, &mut state.gradient);
        ControlFlow::Continue(())
    }
    fn restore(&self, _: &mut Oracle<'_>, _: &mut OwnState) -> Result<(), Error> {
        Ok(())
    }
}

/// On [−1, 1]² with the minimum of the whole plane at (0, −3).
#[test]
fn bounds_are_kept_or_refused_whoever_wrote_the_solver() -> Result<(), Error> {
    let free = bowl(&[0.0, -3.0]);
    let problem = within(bowl(&[0.0, -3.0]), &[-1.0; 2], &[1.0; 2]);
    /// Says nothing of a domain.
    struct Silent;
    impl Solver for Silent {
        type State = OwnState;
        fn name(&self) -> &'static str {
            "Silent"
        }
        fn init(&self, problem: &mut Oracle<'_>, x: DVector<f64>) -> Result<OwnState, Error> {
            Own(Domain::Free).init(problem, x)
        }
        fn step(&self, problem: &mut Oracle<'_>, s: &mut OwnState) -> ControlFlow<Termination> {
            Own(Domain::Free).step(problem, s)
        }
        fn restore(&self, _: &mut Oracle<'_>, _: &mut OwnState) -> Result<(), Error> {
            Ok(())
        }
    }
    let refused = |solver: &dyn AnySolver| match minimize(&problem, solver, [0.5, 0.5]) {
        Err(Error::BoundsNotSupported { solver: name }) => assert_eq!(name, solver.name()),
        other => panic!("{}: {other:?}", solver.name()),
    };
    let lent: &Silent = &Silent;
    refused(&Silent);
    refused(&lent);
    refused(&Box::new(Silent));
    refused(&Silent.boxed());
    refused(&Own(Domain::Free));
    refused(&Lbfgs::default());
    refused(&Newton::default());
    // Refused when a run is resumed as well.
    let checkpoint = Minimizer::new(&free, Silent, [0.5, 0.5]).start()?.checkpoint();
    let resumed = Minimizer::new(&problem, Silent, [0.5, 0.5]).resume(checkpoint);
    assert!(matches!(resumed, Err(Error::BoundsNotSupported { .. })));

    // Without bounds all of them go to (0, -3); within, those that can keep them, by themselves or inside another solver.
    assert!((minimize(&free, Silent, [0.5, 0.5])?.x[1] + 3.0).abs() < 1e-6);
    let keepers: [Box<dyn AnySolver>; 5] = [
        Own(Domain::Bounded).boxed(),
        MultiStart::new(Own(Domain::Bounded)).starts(2).boxed(),
        BasinHopping::new(Own(Domain::Bounded)).hops(2).boxed(),
        NelderMead::default().boxed(),
        NelderMead::default().polish(Own(Domain::Bounded)).boxed(),
    ];
    for solver in &keepers {
        assert_eq!((&solver).domain(), Domain::Bounded);
        let rule = gradient_norm(1e-6).or(max_iterations(3000));
        let found = Minimizer::new(&problem, solver, [0.5, 0.5]).stop_when(rule).run()?;
        assert!(problem.bounds().unwrap().contain(&found.x), "{}: {found}", solver.name());
        assert!((found.cost - 4.0).abs() < 1e-6, "{}: {found}", solver.name());
    }
    Ok(())
}

/// Nothing is evaluated before a solver inside another one is refused, and the error names it and those to take.
#[test]
fn a_local_solver_that_keeps_no_bounds_is_refused() -> Result<(), Error> {
    let calls = AtomicU64::new(0);
    let counted = || {
        from_fn(2, |x| {
            calls.fetch_add(1, Ordering::Relaxed);
            x.norm_squared()
        })
    };
    let (free, problem) = (counted(), counted().with_bounds(Bounds::new([-1.0; 2], [1.0; 2])?));
    let solvers: [(Box<dyn AnySolver>, &str); 7] = [
        (MultiStart::new(Bfgs::default()).scale(0.5).boxed(), "Bfgs"),
        (MultiStart::new(Lbfgs::default()).scale(0.5).boxed(), "Lbfgs"),
        (BasinHopping::new(Newton::default()).boxed(), "Newton"),
        (MultiStart::new(BasinHopping::new(Lbfgs::default())).starts(1).boxed(), "Lbfgs"),
        (CmaEs::default().scale(0.5).polish(Lbfgs::default()).boxed(), "Lbfgs"),
        (NelderMead::default().polish(Own(Domain::Free)).boxed(), "Own"),
        (MultiStart::new(NelderMead::default().polish(Bfgs::default())).starts(1).boxed(), "Bfgs"),
    ];
    for (solver, local) in &solvers {
        let terms = |problem| Minimizer::new(problem, solver, [0.5, 0.5]).max_iterations(3);
        let refused = terms(&problem).run().unwrap_err();
        assert_eq!(refused, Error::BoundsNotSupported { solver: local }, "{}", solver.name());
        assert!(
            refused.to_string().contains("take Lbfgsb, TrustRegion::tron(), BarzilaiBorwein or")
        );
        assert_eq!(calls.swap(0, Ordering::Relaxed), 0, "{}", solver.name());
        // Without bounds it runs, and its checkpoint is refused within bounds.
        let checkpoint = terms(&free).start()?.checkpoint();
        assert!(calls.swap(0, Ordering::Relaxed) > 0, "{}", solver.name());
        assert!(terms(&problem).resume(checkpoint).is_err(), "{}", solver.name());
        assert_eq!(calls.load(Ordering::Relaxed), 0, "{}", solver.name());
    }
    Ok(())
}

fn check(label: &str, found: &Solution, problem: &FromFn<'_>, x: &[f64], cost: f64, near: f64) {
    assert!(problem.bounds().unwrap().contain(&found.x), "{label}: {} {found}", found.x);
    assert!(found.termination.is_converged(), "{label}: {} {found}", found.x);
    assert!((found.cost - cost).abs() <= 1e-10 * cost.abs().max(1.0), "{label}: {found}");
    for (found, x) in found.x.iter().zip(x) {
        assert!((found - x).abs() <= near * x.abs().max(1.0), "{label}: {found} for {x}");
    }
}

/// x + 1/x is least at 1 with the value 2, whatever the bounds around, and wherever the search starts: on a bound as well.
#[test]
fn wide_and_half_infinite_bounds_hide_no_minimum() -> Result<(), Error> {
    let boxes = [
        (1e-12, MAX),
        (1e-12, FREE),
        (1e-12, 1e10),
        (1e-12, 1e3),
        (1e-300, MAX),
        (0.5, 1e300),
        (1.0, 1e10),
        (0.25, 1.0),
    ];
    for (lower, upper) in boxes {
        let problem = within(reciprocal(), &[lower], &[upper]);
        for x0 in [1e-12, 1e-6, 0.5, 0.9, 1.5, 1500.0, 1e9, 1e10, lower.max(1e-12), upper.min(1e10)]
        {
            if !(lower..=upper).contains(&x0) {
                continue;
            }
            for solver in drivers() {
                let label = format!("{} on [{lower:e}, {upper:e}] from {x0:e}", solver.name());
                let found = minimize(&problem, &solver, [x0])?;
                check(&label, &found, &problem, &[1.0], 2.0, 1e-6);
            }
        }
    }
    Ok(())
}

/// Minima inside, on one and on several bounds, of variables with bounds of every kind.
#[test]
fn bounds_of_every_kind_stand_side_by_side() -> Result<(), Error> {
    let center: &[f64] = &[0.7, -3.0, 5.0, 2.0, 2.0, 1e-3, 42.0];
    let up = 2.0_f64.next_up();
    let lower = [-MAX, -1.0, -FREE, 2.0, 2.0, 0.0, 1e-12];
    let upper = [MAX, 1e10, 4.0, 2.0, up, 1e-2, MAX];
    let minimum = [0.7, -1.0, 4.0, 2.0, 2.0, 1e-3, 42.0];
    let problem = within(bowl(center), &lower, &upper);
    let starts = [
        [0.0, 0.0, 0.0, 2.0, 2.0, 5e-3, 1.0],
        [1e3, -1.0, 4.0, 2.0, up, 0.0, 1e-12],
        [-1e6, 1e9, -1e6, 2.0, up, 1e-2, 1e6],
    ];
    for x0 in starts {
        for solver in drivers() {
            let found = minimize(&problem, &solver, x0)?;
            check(&format!("{} from {x0:?}", solver.name()), &found, &problem, &minimum, 5.0, 1e-5);
        }
    }
    // Nothing can move.
    let fixed = within(bowl(&[0.0, 1.0]), &[3.0, 1.0], &[3.0, 1.0]);
    for solver in drivers() {
        let found = minimize(&fixed, &solver, [3.0, 1.0])?;
        check(solver.name(), &found, &fixed, &[3.0, 1.0], 9.0, 0.0);
    }
    Ok(())
}

/// Σ wᵢ (xᵢ − cᵢ)² within bounds of every width: nothing is evaluated outside, and at the minimum, the nearest point of
/// the box to c, the variables at bounds are there to the last bit. Inside, on a bound and in a corner.
#[test]
fn minima_on_bounds_are_met_exactly_and_nothing_is_evaluated_outside() -> Result<(), Error> {
    const N: usize = 5;
    let centers: [[f64; N]; 3] =
        [[0.7, -3.0, 0.1, 0.25, 2.0], [0.7, -3.0, 1e3, -0.5, 40.0], [-1e3, 1e6, -7.0, 5.0, -1e-3]];
    let boxes: [([f64; N], [f64; N]); 6] = [
        ([-1.0; N], [1.0; N]),
        ([-5e299; N], [5e299; N]),
        ([-MAX; N], [MAX; N]),
        ([0.0; N], [1e300; N]),
        ([0.125, -FREE, 0.3, -FREE, 1e-300], [FREE, 0.1, FREE, 0.1, FREE]),
        ([-1.0, 0.5, -1e300, 0.3, -FREE], [1.0, 0.5, 1e300, 0.3, FREE]),
    ];
    let weights = [1.0, 30.0, 0.1, 7.0, 2.0];
    for center in &centers {
        for (lower, upper) in &boxes {
            let bounds = Bounds::new(*lower, *upper)?;
            let outside = AtomicU64::new(0);
            let look = |x: &DVector<f64>| {
                outside.fetch_add(u64::from(!bounds.contain(x)), Ordering::Relaxed);
            };
            let problem = from_fn(N, |x| {
                look(x);
                (0..N).map(|i| weights[i] * (x[i] - center[i]).powi(2)).sum()
            })
            .with_gradient(|x, g| {
                look(x);
                (0..N).for_each(|i| g[i] = 2.0 * weights[i] * (x[i] - center[i]));
            })
            .with_bounds(bounds.clone());
            let minimum: Vec<f64> = (0..N).map(|i| center[i].clamp(lower[i], upper[i])).collect();
            let mut solvers: Vec<Box<dyn AnySolver>> = vec![
                one_start().boxed(),
                MultiStart::default().starts(4).scale(2.0).boxed(),
                MultiStart::new(BarzilaiBorwein::default()).starts(4).scale(2.0).boxed(),
                BasinHopping::default().hops(4).boxed(),
                BasinHopping::new(BarzilaiBorwein::default()).hops(4).boxed(),
            ];
            if lower.iter().chain(upper).all(|bound| bound.is_finite()) {
                // Starts beyond 1e155 have no finite cost, and are counted.
                solvers.push(MultiStart::default().starts(4).boxed());
            }
            for solver in &solvers {
                for x0 in [0.2_f64, 0.5, -0.9] {
                    let x0: Vec<f64> = (0..N).map(|i| x0.clamp(lower[i], upper[i])).collect();
                    let found = minimize(&problem, solver, x0)?;
                    let label = format!("{} on {lower:?} to {upper:?}: {found}", solver.name());
                    assert!(found.termination.is_converged(), "{label}");
                    for (i, (&found, &x)) in found.x.iter().zip(&minimum).enumerate() {
                        let near = if x == center[i] { 1e-5 * x.abs().max(1.0) } else { 0.0 };
                        assert!((found - x).abs() <= near, "{i}: {found:e} for {x:e}, {label}");
                    }
                    assert_eq!(outside.load(Ordering::Relaxed), 0, "{label}");
                }
            }
        }
    }
    Ok(())
}

/// However wide they are, bounds that the search does not come near to change no bit, and cost next to nothing.
#[test]
fn the_width_of_the_bounds_slows_nothing_down() -> Result<(), Error> {
    let alone = minimize(rosenbrock(), Lbfgs::default(), [0.2, 2.0])?;
    let counts = |x0: [f64; 2], upper: f64| -> Result<Solution, Error> {
        let problem = within(rosenbrock(), &[0.0; 2], &[upper; 2]);
        let found = minimize(&problem, one_start(), x0)?;
        check(&format!("{upper:e}"), &found, &problem, &[1.0; 2], 0.0, 1e-5);
        Ok(found)
    };
    for x0 in [[0.2, 2.0], [0.0, 0.0], [0.0, 2.0], [3.0, 3.0]] {
        let narrow = counts(x0, 1e3)?.evaluations.gradient;
        for upper in [1e6, 1e10, 1e100, MAX, FREE] {
            let wide = counts(x0, upper)?.evaluations.gradient;
            assert!(wide <= narrow + narrow / 4, "{x0:?} to {upper:e}: {wide}, {narrow} at 1e3");
        }
    }
    let far = |reach: f64| {
        minimize(within(rosenbrock(), &[-reach; 2], &[reach; 2]), one_start(), [0.2, 2.0])
    };
    let near = far(100.0)?;
    assert!(near.evaluations.gradient <= alone.evaluations.gradient + 2, "{near}, {alone}");
    for reach in [1e9, 1e150, 1e300, MAX, FREE] {
        let found = far(reach)?;
        assert_eq!((&found.x, found.evaluations), (&near.x, near.evaluations), "{reach:e}");
    }
    // Hops as well.
    let hops = |upper: f64| -> Result<u64, Error> {
        let problem = within(rosenbrock(), &[-upper; 2], &[upper; 2]);
        let found = minimize(&problem, BasinHopping::default().hops(10), [0.2, 2.0])?;
        assert!(found.termination.is_converged() && found.cost < 1e-10, "{found}");
        Ok(found.evaluations.gradient)
    };
    let (narrow, wide) = (hops(1e4)?, hops(1e10)?);
    assert!(wide <= 2 * narrow, "{wide}, {narrow} at 1e4");
    Ok(())
}

/// A cost without a minimum is said to be so where nothing bounds it, and nowhere else.
#[test]
fn unbounded_is_said_only_where_it_is() -> Result<(), Error> {
    let falls = || from_fn(1, |x| -x[0]).with_gradient(|_, g| g[0] = -1.0);
    for solver in drivers() {
        for upper in [1.0, 1e3, 1e10, 1e300] {
            let problem = within(falls(), &[0.0], &[upper]);
            let found = minimize(&problem, &solver, [0.3])?;
            check(solver.name(), &found, &problem, &[upper], -upper, 1e-12);
        }
        let problem = within(falls(), &[0.0], &[FREE]);
        let found = minimize(&problem, &solver, [0.3])?;
        assert!(matches!(found.termination, Termination::Unbounded { .. }), "{found}");
        let hole = from_fn(1, |x| if x[0] > 2.0 { f64::NEG_INFINITY } else { -x[0] });
        let hole = hole.with_bounds(Bounds::new([-9.0], [9.0])?);
        let found = minimize(&hole, &solver, [0.0])?;
        assert!(matches!(found.termination, Termination::Unbounded { .. }), "{found}");
    }
    Ok(())
}

/// A resistor and a capacitor, R = 1e4, C = 1e-8, in bounds that say how large they are; differenced.
#[test]
fn narrow_bounds_give_the_unit() -> Result<(), Error> {
    let circuit = from_fn(2, |x| {
        let impedance = |r: f64, c: f64, w: f64| {
            let t = w * r * c;
            (r / (1.0 + t * t), -r * t / (1.0 + t * t))
        };
        let term = |k: u32| {
            let w = 10.0_f64.powf(2.0 + 0.1 * f64::from(k));
            let ((a, b), (c, d)) = (impedance(x[0], x[1], w), impedance(1e4, 1e-8, w));
            ((a - c).powi(2) + (b - d).powi(2)) / 1e8
        };
        (0..40).map(term).sum()
    })
    .with_bounds(Bounds::new([1e2, 1e-12], [1e6, 1e-6])?);
    let local = Lbfgsb::default().typical_x([1e4, 1.0]);
    let found = minimize(&circuit, MultiStart::new(local).starts(1), [5e3, 3e-9])?;
    assert!(found.cost < 1e-6 && (found.x[1] - 1e-8).abs() < 1e-11, "{} {found}", found.x);
    Ok(())
}

/// Whichever call panics, in a run that survives panics: it is counted and taken as NaN, and the run goes on. At the
/// start it is a bad start.
#[test]
fn a_panic_at_any_call_is_counted() -> Result<(), Error> {
    let center = [0.3, -2.0];
    for (in_gradient, on_bound) in [(false, false), (false, true), (true, false), (true, true)] {
        let x0 = if on_bound { [1.0, -1.0] } else { [0.5, 0.5] };
        for local in
            [MultiStart::default().starts(9).boxed(), BasinHopping::default().hops(9).boxed()]
        {
            let mut last = 0;
            for at in 0.. {
                let calls = AtomicU64::new(0);
                let call = |is_here: bool| {
                    assert!(!is_here || calls.fetch_add(1, Ordering::Relaxed) != at, "call {at}");
                };
                let problem = from_fn(2, |x| {
                    call(!in_gradient);
                    (x[0] - center[0]).powi(2) + (x[1] - center[1]).powi(2)
                })
                .with_gradient(|x, g| {
                    call(in_gradient);
                    g.copy_from_slice(&[2.0 * (x[0] - center[0]), 2.0 * (x[1] - center[1])]);
                })
                .with_bounds(Bounds::new([-1.0; 2], [1.0; 2])?);
                let found = match Minimizer::new(&problem, &local, x0).survive_panics().run() {
                    Ok(found) => found,
                    Err(Error::NotInDomain { .. }) if at == 0 => continue,
                    Err(error) => panic!("call {at}: {error}"),
                };
                let label = format!("{} at {at} from {x0:?}: {found}", local.name());
                assert!((found.cost - 1.0).abs() < 1e-9, "{label}");
                let is_reached = calls.load(Ordering::Relaxed) > at;
                assert_eq!(found.evaluations.panics, u64::from(is_reached), "{label}");
                last = at;
                if !is_reached {
                    break;
                }
            }
            assert!(last > 20, "{last}");
        }
    }
    Ok(())
}

/// Any ten bytes that read as the largest count, anywhere in a checkpoint: an error, or a run that goes on.
#[test]
fn damaged_checkpoints_do_not_overflow() -> Result<(), Error> {
    let problem = within(rosenbrock(), &[0.0; 2], &[3.0; 2]);
    let free = rosenbrock();
    let solvers: [Box<dyn AnySolver>; 2] = [
        MultiStart::default().starts(3).scale(1.0).boxed(),
        BasinHopping::default().hops(3).boxed(),
    ];
    for solver in &solvers {
        for problem in [&problem, &free] {
            let mut run = Minimizer::new(problem, solver, [0.2, 2.0]).start()?;
            for _ in 0..4 {
                let _ = run.step();
            }
            let bytes = run.checkpoint().to_bytes()?;
            let bytes = unsealed(&bytes);
            let mut largest = [0xff; 10];
            largest[9] = 1;
            for at in 0..bytes.len() {
                for damage in [&largest[..], &[0xff]] {
                    let mut damaged = bytes[..at].to_vec();
                    damaged.extend_from_slice(damage);
                    damaged.extend_from_slice(&bytes[at + 1..]);
                    let Ok(checkpoint) = Checkpoint::from_bytes(&sealed(damaged)) else { continue };
                    let terms = Minimizer::new(problem, solver, [0.2, 2.0]);
                    let terms = terms.stop_when(gradient_norm(1e-6).or(max_evaluations(300)));
                    let Ok(mut run) = terms.resume(checkpoint) else { continue };
                    for _ in 0..5 {
                        let _ = run.step();
                    }
                    let found = run.finish();
                    let is_within = problem.bounds().is_none_or(|b| b.contain(&found.x));
                    assert!(is_within, "{} byte {at}: {found}", solver.name());
                }
            }
        }
    }
    Ok(())
}

/// However few evaluations there are: never more, the best point so far, and a checkpoint that goes on as if nothing was.
#[test]
fn a_budget_is_kept_within_local_searches() -> Result<(), Error> {
    let inner = within(rosenbrock(), &[-2.0; 2], &[3.0; 2]);
    let edge = within(rosenbrock(), &[-2.0, 1.5], &[2.0, 3.0]);
    for solver in [MultiStart::default().starts(3).boxed(), BasinHopping::default().hops(2).boxed()]
    {
        for (problem, x0) in [(&inner, [-1.2, 1.0]), (&edge, [-2.0, 1.5])] {
            let terms = |limit: u64| {
                let rule = gradient_norm(1e-6).or(max_evaluations(limit));
                Minimizer::new(problem, &solver, x0).stop_when(rule)
            };
            let straight = terms(100_000).run()?;
            let start = problem.cost(&DVector::from_row_slice(&x0));
            let mut lowest = start;
            for limit in (1..straight.evaluations.cost).step_by(3) {
                let mut run = terms(limit).start()?;
                while run.step().is_continue() {}
                let checkpoint = run.checkpoint();
                let found = run.finish();
                let label = format!("{}, {limit}: {found}", solver.name());
                assert!(matches!(found.termination, Termination::MaxEvaluations { .. }), "{label}");
                assert!(found.evaluations.cost <= limit, "{label}");
                assert!(found.evaluations.gradient <= limit, "{label}");
                assert!(found.cost <= lowest, "{label}");
                assert_eq!(found.cost, problem.cost(&found.x), "{label}");
                lowest = found.cost;
                let resumed = terms(100_000).resume(checkpoint)?.complete();
                assert_eq!(resumed.x, straight.x, "{label}");
                assert_eq!(resumed.iterations, straight.iterations, "{label}");
            }
        }
    }
    Ok(())
}

/// No local search evaluates a point twice: neither its start nor its end, be it inside or on a bound.
#[test]
fn starts_and_ends_are_evaluated_once() -> Result<(), Error> {
    for (lower, x0) in [(-4.0, [-1.2, 1.0]), (1.5, [2.0, 3.0])] {
        let (seen, repeated) = (Mutex::new(HashSet::new()), AtomicU64::new(0));
        let problem = from_fn(2, |x| {
            let key: Vec<u64> = x.iter().map(|x| x.to_bits()).collect();
            if !seen.lock().unwrap().insert(key) {
                repeated.fetch_add(1, Ordering::Relaxed);
            }
            (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2)
        })
        .with_gradient(|x, g| rosenbrock().gradient(x, g))
        .with_bounds(Bounds::new([-4.0, lower], [5.0; 2])?);
        let mut run = Minimizer::new(&problem, MultiStart::default().starts(10), x0).start()?;
        let mut started = 1;
        while run.step().is_continue() {
            // Two searches may end at the same point, bit for bit.
            if run.state().started() > started {
                started = run.state().started();
                seen.lock().unwrap().clear();
            }
        }
        let found = run.finish();
        assert!(found.termination.is_converged() && started == 10, "{found}");
        assert_eq!(repeated.load(Ordering::Relaxed), 0, "{lower}: {found}");
    }
    Ok(())
}

/// At the noise of differences a local search ends soon: here its gradients cannot reach the tolerance.
#[test]
fn local_searches_do_not_wait_at_the_noise_of_differences() -> Result<(), Error> {
    let n = 4;
    let noisy = from_fn(n, |x| 1e8 + x.iter().map(|x| (x - 0.3).powi(2)).sum::<f64>());
    let noisy = noisy.with_bounds(Bounds::new(vec![-1.0; n], vec![1.0; n])?);
    for starts in [1, 10] {
        let found = minimize(&noisy, MultiStart::default().starts(starts), vec![0.9; n])?;
        assert!(found.x.iter().all(|x| (x - 0.3).abs() < 1e-2), "{} {found}", found.x);
        assert!(found.evaluations.cost <= 500 * starts, "{starts} starts: {found}");
    }
    Ok(())
}

/// Two wells are two minima, in a box of width 1e-8 as in one of 1e6.
#[test]
fn minima_are_told_apart_by_the_size_of_the_box() -> Result<(), Error> {
    for size in [1e-9, 1e-5, 1.0, 1e5] {
        let wells = from_fn(1, move |x| ((x[0] / size).powi(2) - 1.0).powi(2))
            .with_gradient(move |x, g| {
                let t = x[0] / size;
                g[0] = 4.0 * (t * t - 1.0) * t / size;
            })
            .with_bounds(Bounds::new([-5.0 * size], [5.0 * size])?);
        let local = Lbfgsb::default().typical_x([size.max(1.0)]);
        let solver = MultiStart::new(local).starts(20).gradient_norm(1e-7 / size);
        let mut run = Minimizer::new(&wells, solver, [0.1 * size]).start()?;
        while run.step().is_continue() {}
        let minima = run.state().minima();
        assert_eq!(minima.len(), 2, "{size:e}: {minima:?}");
        assert_eq!(minima.iter().map(|minimum| minimum.hits).sum::<u64>(), 20);
    }
    Ok(())
}

/// A gradient that points at a bound close by counts as far as x may go, but its promise is that of its whole size.
#[test]
fn a_gradient_cut_off_by_a_bound_promises_more_than_its_rest() -> Result<(), Error> {
    let (unit, start) = (8.398448680945103e-8, 3.3060062853454035e-6);
    // The gradient has the wrong sign: no search from the start succeeds.
    let problem = from_fn(1, move |x| 0.5e299 * (x[0] / unit).powi(2))
        .with_gradient(move |x, g| g[0] = -1e299 * x[0] / unit / unit)
        .with_bounds(Bounds::new([-2.838976925211644e83], [start])?);
    for solver in [MultiStart::default().scale(2e-3).boxed(), BasinHopping::default().boxed()] {
        let found = Minimizer::new(&problem, &solver, [start])
            .stop_when(Stop::default().or(max_evaluations(2000)))
            .run()?;
        let is_promised = matches!(found.termination, Termination::PromisedChange { .. });
        assert!(!is_promised || found.x[0] == start, "{found}");
    }
    Ok(())
}

/// Bounds a few units in the last place apart leave x as much room as that.
#[test]
fn bounds_that_touch_fix_nothing_exactly() -> Result<(), Error> {
    let (lower, upper) = (0.08416070338481245, 0.08416070338481253);
    let problem = within(
        from_fn(2, |x| x[1] * x[1] - x[0] * x[0]).with_gradient(|x, g| {
            g[0] = -2.0 * x[0];
            g[1] = 2.0 * x[1];
        }),
        &[lower, -1.0],
        &[upper, 2.0],
    );
    for (tolerance, is_shown) in [(0.0, false), (1e-12, true)] {
        let found = Minimizer::new(&problem, BarzilaiBorwein::default(), [lower, 0.5])
            .stop_when(gradient_norm(tolerance).or(max_evaluations(500)))
            .run()?;
        let room = upper - found.x[0];
        assert_eq!(found.termination.is_converged(), is_shown || room == 0.0, "{found}");
        assert!(found.gradient_norm >= Some(room), "{found}");
    }
    Ok(())
}
