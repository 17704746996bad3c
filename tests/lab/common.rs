//! A report of 35 problems, 10 solvers and 3 starts, with errors from formulas.

use extremum::convergence::Axis;
use extremum::convergence::report::{
    Point, Problem, Profile, ProfileCurve, ProfileKind, Provenance, Quantity, Rate, Report, Run,
    RunningTime, Theory,
};

pub const PROBLEMS: usize = 35;
pub const STARTS: usize = 3;
const SOLVERS: [&str; 10] = [
    "L-BFGS",
    "BFGS",
    "Newton",
    "conjugate gradients",
    "Barzilai-Borwein",
    "gradient descent",
    "heavy ball",
    "Nesterov",
    "Nelder-Mead",
    "CMA-ES </script><b>\"ß∂\" & co.",
];
const TOLERANCES: [f64; 3] = [1e-3, 1e-6, 1e-9];
const FLOOR: f64 = 2e-15;

/// How a solver converges: errors after k iterations.
fn error(solver: usize, difficulty: f64, start: f64, k: f64) -> f64 {
    let decay = match solver {
        // Newton's method, 0.9^(2^k), after a while.
        2 => 0.9_f64.powf(2.0_f64.powf(k - difficulty) - 2.0_f64.powf(-difficulty)),
        // Superlinear.
        0 | 1 => (-0.08 * (k / difficulty).powf(1.6 + 0.2 * solver as f64)).exp(),
        // Sublinear.
        4 => 1.0 / (1.0 + k / difficulty).powi(2),
        // Linear; those of momentum ripple.
        6 | 7 => factor(solver, difficulty).powf(k) * (1.0 + k * 0.05 * (0.7 * k).cos().powi(2)),
        _ => factor(solver, difficulty).powf(k),
    };
    let noise = 1.0 + 0.8 * (k * 12.9898 + start).sin();
    start * decay + 1e-15 * noise
}

fn factor(solver: usize, difficulty: f64) -> f64 {
    1.0 - 0.5 / (1.0 + solver as f64) / difficulty
}

fn run(problem: usize, solver: usize, start: usize) -> Run {
    let difficulty = 1.0 + (problem % 7) as f64;
    let scale = 10.0_f64.powi(start as i32 - 1) * 3.0;
    if solver == 2 && problem % 11 == 10 {
        let refused = Some("the problem has bounds".to_owned());
        return Run { refused, ..Run::of(problem, solver, start, Vec::new()) };
    }
    let hopeless = (problem * 7 + solver * 3 + start).is_multiple_of(13);
    let per_iteration = if solver < 8 { 1.3 } else { 6.0 };
    let mut curve = Vec::new();
    for k in 0..=600 {
        let steps = f64::from(k);
        let mut error = error(solver, difficulty, scale, steps);
        if hopeless {
            error = error.max(scale * 2e-3);
        }
        let evaluations = steps * per_iteration + 1.0;
        let seconds = 1e-6 * evaluations * (1.0 + problem as f64);
        curve.push(Point::new(k as u64, evaluations as u64, 1.7 * evaluations, seconds, error));
        if error < FLOOR {
            break;
        }
    }
    let gap = curve.last().map(|point| point.error);
    let converged = gap < Some(1e-6);
    let termination = if converged { "converged: gradient" } else { "600 iterations" };
    Run {
        termination: termination.into(),
        converged,
        solved: converged,
        cost: gap.map(|gap| gap + 1.0),
        gap,
        ..Run::of(problem, solver, start, curve)
    }
}

fn rate(problem: usize, solver: usize, run: &Run) -> Rate {
    let difficulty = 1.0 + (problem % 7) as f64;
    let last = run.curve.iter().take_while(|point| point.error > 1e-13).count() as u64;
    let window = [last / 3, last.saturating_sub(1)];
    let rho = factor(solver, difficulty);
    let (class, quantity, value) = match solver {
        2 => ("quadratic", Quantity::Order, 1.99),
        0 | 1 => ("superlinear", Quantity::Order, 1.2),
        4 => ("sublinear", Quantity::Power, 1.97),
        _ => ("linear", Quantity::Factor, rho),
    };
    if last < 4 {
        return Rate { problem, solver, class: "too few points".into(), ..Rate::default() };
    }
    let fit = window.map(|k| [k as f64, run.curve[k as usize].error]);
    let line = |k: u64| [k as f64, run.curve[0].error * rho.powf(k as f64)];
    let verdict = if problem % 9 == 4 { "slower" } else { "consistent" };
    Rate {
        problem,
        solver,
        class: class.into(),
        quantity,
        value: Some(value),
        low: Some(value * 0.995),
        high: Some(value * 1.004),
        constant: Some(1.0),
        window: Some(window),
        floor: Some(5e-14),
        per_digit: (quantity == Quantity::Factor).then(|| -1.0 / rho.log10()),
        decided: problem % 5 != 3,
        fit: if quantity == Quantity::Factor { fit.to_vec() } else { segment(run, window) },
        theory: (quantity == Quantity::Factor).then(|| Theory {
            label: format!("ρ = {rho:.3}"),
            line: vec![line(0), line(last)],
            verdict: verdict.into(),
            expected: Some(rho),
        }),
    }
}

fn segment(run: &Run, window: [u64; 2]) -> Vec<[f64; 2]> {
    let step = ((window[1] - window[0]) / 20).max(1) as usize;
    let range = (window[0] as usize..=window[1] as usize).step_by(step);
    range.map(|k| [k as f64, run.curve[k].error]).collect()
}

/// The work after which a run was below the tolerance.
fn work(run: &Run, tolerance: f64, axis: Axis) -> Option<f64> {
    run.curve.iter().find(|point| point.error <= tolerance).map(|point| point.on(axis))
}

fn profile(runs: &[Run], kind: ProfileKind, axis: Axis, tolerance: Option<f64>) -> Profile {
    let tolerances = tolerance.map_or(TOLERANCES.to_vec(), |tolerance| vec![tolerance]);
    let curve = |solver: usize| {
        let own = runs.iter().filter(|run| run.solver == solver);
        let mut times = Vec::new();
        for run in own {
            let rivals =
                || runs.iter().filter(|r| (r.problem, r.start) == (run.problem, run.start));
            for &tolerance in &tolerances {
                let least = rivals().filter_map(|rival| work(rival, tolerance, axis));
                let unit = match kind {
                    ProfileKind::Performance => least.fold(f64::INFINITY, f64::min),
                    ProfileKind::Data => 3.0 + run.problem as f64,
                    ProfileKind::Ecdf => 1.0,
                };
                times.push(work(run, tolerance, axis).map(|work| work / unit));
            }
        }
        let total = times.len();
        let mut reached: Vec<f64> = times.into_iter().flatten().collect();
        reached.sort_by(f64::total_cmp);
        let mut points: Vec<[f64; 2]> = Vec::new();
        for (k, &x) in reached.iter().enumerate() {
            points.retain(|point| point[0] != x);
            points.push([x, (k + 1) as f64 / total as f64]);
        }
        ProfileCurve { solver, points, failures: total - reached.len(), total }
    };
    Profile { kind, axis, tolerance, curves: (0..SOLVERS.len()).map(curve).collect() }
}

/// The report.
pub fn sample() -> Report {
    let names = [
        "Rosenbrock",
        "Powell singular",
        "Müller-Brown",
        "Brown badly scaled <i>&amp;",
        "Watson",
        "extended Rosenbrock, an unusually long name for a problem",
        "Trigonometric",
    ];
    let problems: Vec<Problem> = (0..PROBLEMS)
        .map(|k| Problem {
            name: format!("{} {}", names[k % 7], k / 7 + 1),
            n: 2 + k,
            minimum: Some(1.0),
            known: true,
        })
        .collect();
    let pairs = || (0..PROBLEMS).flat_map(|p| (0..SOLVERS.len()).map(move |s| (p, s)));
    let runs: Vec<Run> =
        pairs().flat_map(|(p, s)| (0..STARTS).map(move |start| run(p, s, start))).collect();
    let own = |p: usize, s: usize| &runs[(p * SOLVERS.len() + s) * STARTS..][..STARTS];
    let rates = pairs().map(|(p, s)| rate(p, s, &own(p, s)[1])).collect();
    let mut profiles = Vec::new();
    for axis in [Axis::Evaluations, Axis::Seconds] {
        for tolerance in TOLERANCES {
            for kind in [ProfileKind::Performance, ProfileKind::Data] {
                profiles.push(profile(&runs, kind, axis, Some(tolerance)));
            }
        }
        profiles.push(profile(&runs, ProfileKind::Ecdf, axis, None));
    }
    let mut running_times = Vec::new();
    for (problem, solver) in pairs() {
        for tolerance in TOLERANCES {
            let axis = Axis::Evaluations;
            let works: Vec<_> =
                own(problem, solver).iter().map(|r| work(r, tolerance, axis)).collect();
            let successes = works.iter().flatten().count();
            let spent: f64 = own(problem, solver)
                .iter()
                .zip(&works)
                .map(|(run, work)| work.unwrap_or(run.evaluations as f64))
                .sum();
            running_times.push(RunningTime {
                problem,
                solver,
                tolerance,
                axis,
                value: (successes > 0).then(|| spent / successes as f64),
                successes,
                starts: STARTS,
            });
        }
    }
    Report {
        title: "Sample: 35 problems & 10 solvers </title>".into(),
        provenance: Provenance {
            version: "extremum 0.1.0".into(),
            seed: u64::MAX,
            cpu: "a processor".into(),
            threads: 2,
            date: "2026-01-01".into(),
            starts: STARTS,
            limits: "600 iterations".into(),
        },
        problems,
        solvers: SOLVERS.map(String::from).to_vec(),
        runs,
        rates,
        profiles,
        running_times,
    }
}
