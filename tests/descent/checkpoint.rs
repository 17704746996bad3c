//! A law: a run that is written to bytes and resumed continues with the same bits as if it had never stopped. Anything
//! else (another solver's checkpoint, damaged or hostile bytes) is refused, or at least does no harm.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use extremum::line_search::{HagerZhang, MoreThuente};
use extremum::stop::{gradient_norm, max_evaluations, max_iterations, no_progress};
use extremum::{
    AnySolver, BarzilaiBorwein, Bfgs, CancellationToken, Checkpoint, ConjugateGradient, DMatrix,
    DVector, Error, GradientDescent, Lbfgs, Lbfgsb, Matrix, Minimizer, MultiStart, Newton, Problem,
    Run, Solution, Solver, Stop, from_fn,
};
use extremum_tests::seal::{sealed, unsealed};
use extremum_tests::{Entry, barrier, bits, cost_only, rosenbrock, solvers, without_hessian};
use serde::{Deserialize, Serialize};

fn stop() -> Stop {
    gradient_norm(1e-6).or(max_evaluations(600)).or(no_progress(0.0, 20))
}

fn through_bytes<S: Solver>(run: &Run<'_, S>) -> Checkpoint {
    let bytes = run.checkpoint().to_bytes().unwrap();
    let checkpoint = Checkpoint::from_bytes(&bytes).unwrap();
    assert_eq!(checkpoint.to_bytes().unwrap(), bytes);
    checkpoint
}

fn same(label: &str, a: &Solution, b: &Solution) {
    assert_eq!(bits(&a.x), bits(&b.x), "{label}");
    assert_eq!(a.cost.to_bits(), b.cost.to_bits(), "{label}");
    assert_eq!(a.gradient_norm.map(f64::to_bits), b.gradient_norm.map(f64::to_bits), "{label}");
    assert_eq!(a.iterations, b.iterations, "{label}");
    assert_eq!(a.termination, b.termination, "{label}");
    let traces = [&a.trace, &b.trace].map(|t| t.iter().map(|r| r.cost.to_bits()).collect());
    let [a, b]: [Vec<u64>; 2] = traces;
    assert_eq!(a, b, "{label}");
}

/// Interrupts a run after every number of steps, and takes it up again.
pub fn resumes_at_every_step<S: Solver>(
    label: &str,
    problem: &dyn Problem,
    solver: &S,
    start: &[f64],
) {
    let terms = || Minimizer::new(&problem, solver, start).stop_when(stop()).trace();
    let full = terms().run().unwrap();
    let mut run = terms().start().unwrap();
    for step in 0.. {
        if step < 30 || step % 10 == 0 {
            let label = format!("{label}, step {step}");
            let elapsed = run.progress().elapsed();
            let resumed = terms().resume(through_bytes(&run)).unwrap().complete();
            same(&label, &resumed, &full);
            assert_eq!(resumed.evaluations, full.evaluations, "{label}");
            assert!(resumed.elapsed >= elapsed, "{label}");
        }
        // The end itself may be the solver's word, which is not in the checkpoint.
        if step + 1 >= full.iterations || run.step().is_break() {
            break;
        }
    }
}

#[test]
fn a_resumed_run_has_the_bits_of_one_that_was_not_interrupted() {
    for entry in solvers() {
        let label = entry.label();
        resumes_at_every_step(&label, &rosenbrock(), &entry.solver, &[-1.2, 1.0]);
        resumes_at_every_step(&label, &cost_only(rosenbrock()), &entry.solver, &[-1.2, 1.0]);
        resumes_at_every_step(&label, &without_hessian(barrier(4)), &entry.solver, &[30.0; 4]);
    }
}

#[test]
fn so_has_one_of_a_solver_whose_type_is_known() {
    macro_rules! each {
        ($($solver:expr),+ $(,)?) => {
            $(resumes_at_every_step(stringify!($solver), &rosenbrock(), &$solver, &[-1.2, 1.0]);)+
        };
    }
    each![
        GradientDescent::default(),
        GradientDescent::with_rate(1e-3),
        ConjugateGradient::default().restart_after(1.5),
        BarzilaiBorwein::default(),
        Lbfgsb::default().memory(3),
        Bfgs::default().initial_hessian(DMatrix::from_diagonal_element(2, 2, 50.0)),
        Bfgs::default().typical_x([0.5, 3.0]).line_search(MoreThuente::default()),
        Lbfgs::default().memory(3),
        Newton::default(),
        &Newton::default(),
        Box::new(Lbfgs::default()),
    ];
}

/// From the saddle of x⁴ − 2x² + y² and back to a saddle's neighbourhood: what Newton remembers about it counts.
#[test]
fn so_has_newton_on_a_saddle() {
    let wells = || {
        from_fn(2, |x| x[0].powi(4) - 2.0 * x[0] * x[0] + x[1] * x[1]).with_gradient(|x, g| {
            g[0] = 4.0 * x[0].powi(3) - 4.0 * x[0];
            g[1] = 2.0 * x[1];
        })
    };
    resumes_at_every_step("at", &wells(), &Newton::default(), &[0.0, 0.0]);
    resumes_at_every_step("above", &wells(), &Newton::default(), &[0.0, 3.0]);
}

/// Cancels a token at its k-th call.
struct Cancelling<'a> {
    problem: &'a dyn Problem,
    token: CancellationToken,
    at: u64,
    calls: AtomicU64,
}

impl Cancelling<'_> {
    fn count(&self) {
        if 1 + self.calls.fetch_add(1, Ordering::Relaxed) == self.at {
            self.token.cancel();
        }
    }
}

impl Problem for Cancelling<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.count();
        self.problem.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.count();
        self.problem.gradient(x, gradient);
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let hessian = self.problem.hessian(x)?;
        self.count();
        Some(hessian)
    }
    fn has_gradient(&self) -> bool {
        self.problem.has_gradient()
    }
}

#[test]
fn a_step_that_was_cancelled_half_way_is_redone_with_the_same_bits() {
    let problems: [Box<dyn Problem>; 3] = [
        Box::new(rosenbrock()),
        Box::new(without_hessian(rosenbrock())),
        Box::new(cost_only(rosenbrock())),
    ];
    let start = [-1.2, 1.0];
    for entry in solvers() {
        for (form, problem) in problems.iter().enumerate() {
            let terms = |p| Minimizer::new(p, &entry.solver, start).stop_when(stop());
            let full = terms(problem).run().unwrap();
            for at in 3..60 {
                let token = CancellationToken::new();
                let calls = AtomicU64::new(0);
                let cancelling = Cancelling { problem, token: token.clone(), at, calls };
                let terms_too = Minimizer::new(&cancelling, &entry.solver, start);
                let Ok(mut run) = terms_too.stop_when(stop()).cancelled_by(&token).start() else {
                    continue;
                };
                while run.step().is_continue() {}
                let checkpoint = through_bytes(&run);
                let cut = run.finish();
                if cut.termination.is_converged() || cut.iterations == full.iterations {
                    break;
                }
                let label = format!("{}, form {form}, call {at}", entry.label());
                let resumed = terms(problem).resume(checkpoint).unwrap().complete();
                // The limit on evaluations counts the ones that were lost.
                if resumed.evaluations.cost.max(resumed.evaluations.gradient) < 600 {
                    same(&label, &resumed, &full);
                }
            }
        }
    }
}

/// A checkpoint of a few steps, as bytes.
fn taken(entry: &Entry, steps: u64) -> Vec<u8> {
    let problem = rosenbrock();
    let mut run = Minimizer::new(&problem, &entry.solver, [-1.2, 1.0]).start().unwrap();
    for _ in 0..steps {
        let _ = run.step();
    }
    unsealed(&run.checkpoint().to_bytes().unwrap()).to_vec()
}

fn resume(solver: &impl Solver, problem: &dyn Problem, bytes: &[u8]) -> Result<Solution, Error> {
    let terms = Minimizer::new(&problem, solver, vec![0.0; problem.dimension()])
        .stop_when(gradient_norm(1e-6).or(max_iterations(60)).or(max_evaluations(2_000)));
    Ok(terms.resume(Checkpoint::from_bytes(&sealed(bytes.to_vec()))?)?.complete())
}

#[test]
fn a_checkpoint_of_another_solver_or_size_is_refused() {
    let table = solvers();
    for entry in &table {
        let bytes = taken(entry, 3);
        for other in &table {
            let result = resume(&other.solver, &rosenbrock(), &bytes);
            if entry.name() != other.name() {
                let error = result.unwrap_err();
                assert!(matches!(error, Error::Checkpoint { .. }), "{error:?}");
                assert!(error.to_string().contains(entry.name()), "{error}");
                assert!(error.to_string().contains(other.name()), "{error}");
            }
        }
        let error = resume(&entry.solver, &barrier(3), &bytes).unwrap_err();
        assert!(matches!(error, Error::Checkpoint { .. }), "{error:?}");
    }
    // Parameters that decide sizes.
    let lbfgs = Entry { search: "HagerZhang", solver: Lbfgs::default().memory(4).boxed() };
    assert!(resume(&Lbfgs::default().memory(5), &rosenbrock(), &taken(&lbfgs, 3)).is_err());
    let nonmonotone = Entry { search: "", solver: BarzilaiBorwein::default().boxed() };
    let monotone = BarzilaiBorwein::default().line_search(HagerZhang::default());
    assert!(resume(&monotone, &rosenbrock(), &taken(&nonmonotone, 3)).is_err());
}

/// A single wrong byte shows in the checksum.
#[test]
fn damaged_bytes_are_refused_by_their_checksum() {
    let entry = Entry { search: "HagerZhang", solver: Lbfgs::default().boxed() };
    let mut bytes = sealed(taken(&entry, 3));
    assert!(Checkpoint::from_bytes(&bytes).is_ok());
    for i in 0..bytes.len() {
        for bit in 0..8 {
            bytes[i] ^= 1 << bit;
            let error = Checkpoint::from_bytes(&bytes).unwrap_err();
            assert!(error.to_string().contains("checksum"), "{error}");
            bytes[i] ^= 1 << bit;
        }
        assert!(Checkpoint::from_bytes(&bytes[..i]).is_err());
    }
}

/// The state would fit, but the steps would not be those of the run.
#[test]
fn a_checkpoint_of_other_parameters_is_refused() {
    let pairs: [[Box<dyn AnySolver>; 2]; 4] = [
        [
            Lbfgs::default().line_search(HagerZhang::default()).boxed(),
            Lbfgs::default().line_search(HagerZhang::default().max_trials(30)).boxed(),
        ],
        [Bfgs::default().boxed(), Bfgs::default().typical_x([1.0, 2.0]).boxed()],
        [MultiStart::default().scale(1.0).boxed(), MultiStart::default().scale(2.0).boxed()],
        [
            MultiStart::new(Bfgs::default()).scale(1.0).boxed(),
            MultiStart::new(Bfgs::default().typical_x([1.0, 2.0])).scale(1.0).boxed(),
        ],
    ];
    for [solver, other] in pairs {
        let entry = Entry { search: "", solver };
        let bytes = taken(&entry, 3);
        assert!(resume(&entry.solver, &rosenbrock(), &bytes).is_ok());
        let error = resume(&other, &rosenbrock(), &bytes).unwrap_err();
        assert!(error.to_string().contains("other parameters"), "{error}");
    }
}

#[test]
fn truncated_bytes_are_refused() {
    for entry in solvers() {
        let bytes = taken(&entry, 3);
        for length in 0..bytes.len() {
            let result = resume(&entry.solver, &rosenbrock(), &bytes[..length]);
            assert!(matches!(result, Err(Error::Checkpoint { .. })), "{length}: {result:?}");
        }
    }
}

/// An `Err`, or a run from a finite point that ends.
fn survives(entry: &Entry, bytes: &[u8]) {
    if let Ok(found) = resume(&entry.solver, &rosenbrock(), bytes) {
        assert!(found.x.len() == 2 && found.x.iter().all(|x| x.is_finite()), "{found}");
        assert!(found.cost.is_finite(), "{found}");
    }
}

#[test]
fn a_flipped_bit_is_refused_or_survived() {
    for entry in solvers() {
        let mut bytes = taken(&entry, 3);
        for i in 0..bytes.len() {
            for flip in [0x01, 0x40, 0x80] {
                bytes[i] ^= flip;
                survives(&entry, &bytes);
                bytes[i] ^= flip;
            }
        }
    }
}

#[test]
fn noise_in_place_of_bytes_is_refused_or_survived() {
    let mut seed = 1_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for entry in solvers() {
        let bytes = taken(&entry, 3);
        for _ in 0..300 {
            let mut noisy = bytes.clone();
            let first = random() % noisy.len();
            for byte in noisy[first..].iter_mut().take(1 + random() % 16) {
                *byte = [0x00, 0xff, random() as u8][random() % 3];
            }
            survives(&entry, &noisy);
        }
    }
}

/// The bytes of a checkpoint, to write hostile ones.
#[derive(Clone, Serialize, Deserialize)]
struct Mirror {
    format: u32,
    solver: String,
    fingerprint: u64,
    state: Result<Vec<u8>, String>,
    x0: DVector<f64>,
    iteration: u64,
    evaluations: [u64; 13],
    differences: MirrorOfDifferences,
    first_cost: f64,
    first_gradient_norm: Option<f64>,
    best: [f64; 3],
    since_improvement: u64,
    mean_norms: [f64; 2],
    mark: (u64, f64, f64, f64),
    elapsed_before: Duration,
    costs: [f64; 32],
    trace: Vec<()>,
    validated: Option<()>,
    unjudged: Option<()>,
}

impl Mirror {
    fn bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap()
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct MirrorOfDifferences {
    variables: Vec<([f64; 3], bool, [f64; 4])>,
    scheme: u32,
    norm: f64,
    cost: f64,
    measured: Option<(f64, f64)>,
    refined: Option<f64>,
    floor: f64,
    found: Option<(u64, f64)>,
}

#[test]
fn hostile_numbers_are_refused_or_survived() {
    let entry = Entry { search: "HagerZhang", solver: Lbfgs::default().boxed() };
    let bytes = taken(&entry, 3);
    let mirror: Mirror = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(mirror.bytes(), bytes, "the mirror is not true");
    let changes: [fn(&mut Mirror); 13] = [
        |m| m.x0 = DVector::zeros(3),
        |m| m.first_cost = f64::NAN,
        |m| m.mean_norms = [f64::NAN; 2],
        |m| m.mark = (u64::MAX, f64::NAN, f64::NAN, f64::NAN),
        |m| m.iteration = u64::MAX,
        |m| m.evaluations = [u64::MAX; 13],
        |m| m.since_improvement = u64::MAX,
        |m| m.elapsed_before = Duration::MAX,
        |m| m.first_gradient_norm = Some(f64::NAN),
        |m| m.best = [f64::NAN; 3],
        |m| m.costs = [f64::NAN; 32],
        |m| m.format += 1,
        |m| m.state = Err("no state".into()),
    ];
    for change in changes {
        let mut hostile = mirror.clone();
        change(&mut hostile);
        survives(&entry, &hostile.bytes());
        // Without a limit on iterations.
        if let Ok(checkpoint) = Checkpoint::from_bytes(&sealed(hostile.bytes())) {
            let problem = rosenbrock();
            let terms = Minimizer::new(&problem, &entry.solver, [0.0; 2]);
            if let Ok(mut run) = terms.stop_when(gradient_norm(1e-6)).resume(checkpoint) {
                for _ in 0..100 {
                    let _ = run.step();
                }
                let _ = run.checkpoint().to_bytes().unwrap();
            }
        }
    }
}

#[test]
fn every_number_of_a_state_may_be_hostile() {
    for entry in solvers() {
        let bytes = taken(&entry, 3);
        let mirror: Mirror = postcard::from_bytes(&bytes).unwrap();
        let state = mirror.state.clone().unwrap();
        for i in 0..state.len().saturating_sub(8) {
            for hostile in [f64::NAN, f64::NEG_INFINITY, f64::MAX, 0.0] {
                let mut state = state.clone();
                state[i..i + 8].copy_from_slice(&hostile.to_le_bytes());
                let mirror = Mirror { state: Ok(state), ..mirror.clone() };
                survives(&entry, &mirror.bytes());
            }
            // The largest varint.
            let mut state = state.clone();
            state.splice(i..=i, [[0xff; 9].as_slice(), &[0x01]].concat());
            let mirror = Mirror { state: Ok(state), ..mirror.clone() };
            survives(&entry, &mirror.bytes());
        }
    }
}

#[test]
fn a_point_that_is_not_finite_is_refused() {
    for entry in solvers() {
        let bytes = taken(&entry, 3);
        let mirror: Mirror = postcard::from_bytes(&bytes).unwrap();
        let state = mirror.state.clone().unwrap();
        // A boxed solver's state is bytes in bytes. x comes first, as (its two numbers, 2 rows, 1 column).
        let x = {
            let problem = rosenbrock();
            let mut run = Minimizer::new(&problem, &entry.solver, [-1.2, 1.0]).start().unwrap();
            for _ in 0..3 {
                let _ = run.step();
            }
            run.progress().x.clone()
        };
        let known: Vec<u8> = x[0].to_le_bytes().to_vec();
        let Some(at) = state.windows(8).position(|w| w == known) else {
            panic!("{}: x is not in the state", entry.label())
        };
        for hostile in [f64::NAN, f64::INFINITY] {
            let mut state = state.clone();
            state[at..at + 8].copy_from_slice(&hostile.to_le_bytes());
            let mirror = Mirror { state: Ok(state), ..mirror.clone() };
            let bytes = mirror.bytes();
            let result = resume(&entry.solver, &rosenbrock(), &bytes);
            assert!(matches!(result, Err(Error::Checkpoint { .. })), "{}", entry.label());
        }
    }
}
