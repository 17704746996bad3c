//! Trust regions: subproblems against the conditions that characterise their solutions, and runs whose ends are known.

use extremum::solver::trust_region::{
    Cubic, Dogleg, Exact, Gltr, MoreSorensen, NewtonModel, Quadratic, Region, Steihaug, Subproblem,
};
use extremum::stop::{gradient_norm, max_evaluations, max_iterations};
use extremum::{
    AnySolver, DMatrix, DVector, Evaluations, FromFn, Minimizer, Problem, Random, Solver,
    Termination, TrustRegion, from_fn,
};
use extremum_tests::{quadratic, rosenbrock, solvers, without_hessian};

/// A matrix that is known.
struct Known(DMatrix<f64>);

impl Quadratic for Known {
    fn times(&mut self, v: &DVector<f64>, product: &mut DVector<f64>) {
        product.gemv(1.0, &self.0, v, 0.0);
    }
    fn matrix(&mut self) -> Option<&DMatrix<f64>> {
        Some(&self.0)
    }
    fn accuracy(&self) -> f64 {
        1e-14
    }
}

/// u and the decrease that the subproblem claims.
fn solution<S: Subproblem>(
    subproblem: &S,
    b: &DMatrix<f64>,
    g: &DVector<f64>,
    radius: f64,
) -> (DVector<f64>, f64) {
    let mut memory = subproblem.start(g.len());
    let mut u = DVector::zeros(g.len());
    let none = DVector::zeros(0);
    let region =
        Region { radius, scale: 1.0, unit: 1.0, reduction: 1e-3, least: &none, most: &none };
    let decrease = subproblem.solve(&mut Known(b.clone()), g, region, &mut memory, &mut u);
    (u, decrease)
}

/// −q(u).
fn decrease(b: &DMatrix<f64>, g: &DVector<f64>, u: &DVector<f64>) -> f64 {
    -(g.dot(u) + 0.5 * u.dot(&(b * u)))
}

/// Orthonormal columns from random numbers.
fn rotation(n: usize, random: &mut Random) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |_, _| random.normal()).qr().q()
}

fn with_eigenvalues(q: &DMatrix<f64>, values: &[f64]) -> DMatrix<f64> {
    let b = q * DMatrix::from_diagonal(&DVector::from_row_slice(values)) * q.transpose();
    0.5 * (&b + b.transpose())
}

/// Conn, Gould & Toint (2000), corollary 7.2.2: u is the global minimum if and only if B u + μ u = −g with μ ≥ 0,
/// μ (r − |u|) = 0 and B + μ I positive semidefinite.
fn is_global_minimum(label: &str, b: &DMatrix<f64>, g: &DVector<f64>, radius: f64) {
    let (u, claimed) = solution(&Exact, b, g, radius);
    let size = b.amax().max(1.0);
    let force = b * &u + g;
    let mu = -force.dot(&u) / u.norm_squared().max(f64::MIN_POSITIVE);
    assert!(u.norm() <= radius * (1.0 + 1e-11), "{label}: |u| = {}", u.norm());
    assert!((&force + mu * &u).amax() <= 1e-10 * size, "{label}: {}", &force + mu * &u);
    assert!(mu >= -1e-11 * size, "{label}: {mu:e}");
    let is_inside = u.norm() < radius * (1.0 - 1e-10);
    assert!(!is_inside || mu.abs() <= 1e-11 * size, "{label}: inside with {mu:e}");
    let least = b.clone().symmetric_eigenvalues().min();
    assert!(least + mu >= -1e-10 * size, "{label}: {least} + {mu}");
    assert!((claimed - decrease(b, g, &u)).abs() <= 1e-11 * size, "{label}: {claimed}");
}

const SPECTRA: [[f64; 4]; 7] = [
    [1.0, 2.0, 5.0, 30.0],
    [1e-3, 1.0, 1e3, 2e3],
    [-1.0, 0.5, 2.0, 4.0],
    [-3.0, -3.0, 1.0, 7.0],
    [-2.0, -1.0, -0.5, -0.1],
    [0.0, 1.0, 2.0, 3.0],
    [-1e-6, 1e-3, 1.0, 100.0],
];

#[test]
fn the_exact_solution_satisfies_the_optimality_conditions() {
    let mut random = Random::new(1);
    for (k, values) in SPECTRA.iter().enumerate() {
        for _ in 0..50 {
            let q = rotation(4, &mut random);
            let b = with_eigenvalues(&q, values);
            let g = DVector::from_fn(4, |_, _| random.normal());
            let g = &g / g.amax();
            is_global_minimum(&format!("spectrum {k}"), &b, &g, random.between(0.5, 1.0));
        }
    }
}

/// The gradient has no part along the eigenvectors of the least eigenvalue, or almost none.
#[test]
fn so_does_it_in_the_hard_case() {
    let mut random = Random::new(2);
    for (k, values) in SPECTRA.iter().enumerate().filter(|(_, values)| values[0] < 0.0) {
        for share in [0.0, 1e-300, 1e-17, 1e-12, 1e-6] {
            let q = rotation(4, &mut random);
            let b = with_eigenvalues(&q, values);
            let steep = DVector::from_vec(vec![share, 0.0, 1.0, -1.0]);
            let label = format!("spectrum {k}, {share:e}");
            is_global_minimum(&label, &b, &(&q * &steep), 0.75);
            let diagonal = DMatrix::from_diagonal(&DVector::from_row_slice(values));
            is_global_minimum(&format!("{label}, diagonal"), &diagonal, &steep, 0.75);
        }
        let b = with_eigenvalues(&rotation(4, &mut random), values);
        is_global_minimum(&format!("spectrum {k}, no slope"), &b, &DVector::zeros(4), 0.5);
    }
    // Known: min −½ u₀² + ½ u₁² + u₁ in the ball of radius 1: u = (±√¾, −½), q = −3/8 − ½ + 1/8.
    let b = DMatrix::from_row_slice(2, 2, &[-1.0, 0.0, 0.0, 1.0]);
    let (u, q) = solution(&Exact, &b, &DVector::from_vec(vec![0.0, 1.0]), 1.0);
    assert!((u[0].abs() - 0.75_f64.sqrt()).abs() < 1e-15 && (u[1] + 0.5).abs() < 1e-15, "{u}");
    assert!((q - 0.75).abs() < 1e-15, "{q}");
}

/// By factorizations, |u| and the decrease have four digits. Eigenvalues with which the slope has nothing to do change
/// neither, unless one is the least: 4 variables among 60 have the solution of the 4, which is known by eigenvectors.
#[test]
fn factorizations_find_the_same_minimum() {
    let mut random = Random::new(5);
    let mut g = DVector::zeros(60);
    for (k, values) in SPECTRA.iter().enumerate() {
        for share in [1.0, 1e-2, 1e-6, 1e-12, 1e-300, 0.0] {
            for radius in [0.5, 0.75, 0.999] {
                let label = format!("spectrum {k}, {share:e}, {radius}");
                let steep = DVector::from_vec(vec![share, 0.3, 1.0, -1.0]);
                let diagonal = DMatrix::from_diagonal(&DVector::from_row_slice(values));
                let best = solution(&Exact, &diagonal, &steep, radius).1;
                let cubic = solution(&Cubic, &diagonal, &steep, radius);

                let q = rotation(4, &mut random);
                let b = with_eigenvalues(&q, values);
                is_near(&label, (&b, &(&q * &steep)), radius, best, &MoreSorensen);
                is_near(&label, (&diagonal, &steep), radius, best, &MoreSorensen);

                let q = rotation(60, &mut random);
                let mut all: Vec<f64> = values.to_vec();
                all.resize_with(60, || random.between(values[0].max(-1.0), values[3]));
                let b = with_eigenvalues(&q, &all);
                g.rows_mut(0, 4).copy_from(&steep);
                let g = &q * &g;
                is_near(&label, (&b, &g), radius, best, &Exact);
                let (u, claimed) = solution(&Cubic, &b, &g, radius);
                let size = b.amax().max(1.0) * u.norm_squared().max(1.0);
                assert!((claimed - decrease(&b, &g, &u)).abs() <= 1e-11 * size, "{label}");
                let term = |u: &DVector<f64>| g.norm() / (radius * radius) * u.norm().powi(3) / 3.0;
                let [found, best] = [claimed - term(&u), cubic.1 - term(&cubic.0)];
                assert!((found / best - 1.0).abs() < 1e-3, "{label}, cubic: {found}, not {best}");
            }
        }
    }
}

fn is_near<S: Subproblem>(
    label: &str,
    (b, g): (&DMatrix<f64>, &DVector<f64>),
    radius: f64,
    best: f64,
    subproblem: &S,
) {
    let (u, claimed) = solution(subproblem, b, g, radius);
    let label = format!("{} of {} variables, {label}", subproblem.name(), g.len());
    let size = b.amax().max(1.0);
    assert!(u.norm() <= radius * (1.0 + 2e-4), "{label}: |u| = {}", u.norm());
    assert!((claimed - decrease(b, g, &u)).abs() <= 1e-11 * size, "{label}: {claimed}");
    assert!((claimed / best - 1.0).abs() <= 1e-3, "{label}: {claimed}, not {best}");
}

/// With a cubic term, B u + σ |u| u = −g and B + σ |u| I is positive semidefinite at the global minimum, σ = |g| / r²
/// (Cartis, Gould & Toint, Math. Prog. 127 (2011), theorem 3.1).
#[test]
fn the_minimum_with_a_cubic_term_satisfies_the_optimality_conditions() {
    let mut random = Random::new(4);
    for values in SPECTRA {
        for share in [1.0, 1e-6, 1e-17, 0.0] {
            let q = rotation(4, &mut random);
            let b = with_eigenvalues(&q, &values);
            let steep = DVector::from_vec(vec![share, share, 1.0, -1.0]);
            let g = &q * &steep;
            let radius = random.between(0.5, 1.0);
            let (u, claimed) = solution(&Cubic, &b, &g, radius);
            let multiplier = g.norm() / (radius * radius) * u.norm();
            let size = b.amax().max(1.0) * u.norm().max(1.0);
            let label = format!("{values:?}, {share:e}");
            assert!((&b * &u + multiplier * &u + &g).amax() <= 1e-10 * size, "{label}: {u}");
            assert!(values[0] + multiplier >= -1e-10 * size, "{label}: {multiplier}");
            let slack = 1e-10 * size * u.norm().max(1.0);
            assert!((claimed - decrease(&b, &g, &u)).abs() <= slack, "{label}: {claimed}");
        }
    }
}

/// At least what the best point along the steepest descent gives; for convex models Steihaug's at least half of all
/// (Yuan, Math. Prog. 87 (2000) 559-573).
#[test]
fn inexact_solutions_reach_the_cauchy_point() {
    let mut random = Random::new(3);
    for values in SPECTRA {
        for _ in 0..50 {
            let b = with_eigenvalues(&rotation(4, &mut random), &values);
            let g = DVector::from_fn(4, |_, _| random.normal());
            let (g, radius) = (&g / g.amax(), random.between(0.5, 1.0));
            let (curvature, longest) = (g.dot(&(&b * &g)), radius / g.norm());
            let cauchy = if curvature > 0.0 { g.norm_squared() / curvature } else { longest };
            let least = decrease(&b, &g, &(-cauchy.min(longest) * &g));
            let (_, most) = solution(&Exact, &b, &g, radius);
            let solutions = [
                solution(&Dogleg, &b, &g, radius),
                solution(&Steihaug, &b, &g, radius),
                solution(&Gltr, &b, &g, radius),
            ];
            for (u, claimed) in &solutions {
                let slack = 1e-11 * b.amax().max(1.0);
                assert!(u.norm() <= radius * (1.0 + 1e-12), "{values:?}: {}", u.norm());
                assert!((claimed - decrease(&b, &g, u)).abs() <= slack, "{values:?}: {claimed}");
                assert!((least - slack..=most + slack).contains(claimed), "{values:?}: {claimed}");
            }
            let is_convex = values[0] > 0.0;
            assert!(!is_convex || solutions[1].1 >= 0.5 * most, "{values:?}");
            // The residual falls by 10³.
            assert!(solutions[2].1 >= (1.0 - 1e-2) * most, "{values:?}: {}", solutions[2].1 / most);
        }
    }
}

fn all() -> [Box<dyn AnySolver>; 5] {
    [
        TrustRegion::default().boxed(),
        TrustRegion::new(NewtonModel, MoreSorensen).boxed(),
        TrustRegion::dogleg().boxed(),
        TrustRegion::steihaug().boxed(),
        TrustRegion::gltr().boxed(),
    ]
}

/// Those that have no Hessian on the way.
fn learning() -> [Box<dyn AnySolver>; 2] {
    [TrustRegion::sr1().boxed(), TrustRegion::bfgs().boxed()]
}

/// x² − y² + y⁴/4, lowest at y² = 2.
fn wells() -> FromFn<'static> {
    from_fn(2, |x| x[0] * x[0] - x[1] * x[1] + 0.25 * x[1].powi(4))
        .with_gradient(|x, g| {
            g[0] = 2.0 * x[0];
            g[1] = -2.0 * x[1] + x[1].powi(3);
        })
        .with_hessian(|x| DMatrix::from_row_slice(2, 2, &[2.0, 0.0, 0.0, -2.0 + 3.0 * x[1] * x[1]]))
}

#[test]
fn no_method_ends_at_a_saddle() {
    let problems: [Box<dyn Problem>; 2] = [Box::new(wells()), Box::new(without_hessian(wells()))];
    for solver in all().into_iter().chain(learning()) {
        for problem in &problems {
            for start in [[1.0, 0.0], [0.0, 0.0], [-1e-3, 0.0], [1e3, 0.0]] {
                let found = Minimizer::new(problem, &solver, start).run().unwrap();
                let label = format!("{} from {start:?}: {found}", solver.name());
                assert!((found.cost + 1.0).abs() < 1e-12, "{label}");
                assert!(found.termination.is_converged(), "{label}");
            }
        }
    }
    // A maximum of many variables.
    for solver in all().into_iter().chain(learning()) {
        let hill = from_fn(40, |x| x.iter().map(|x| x.cos()).sum())
            .with_gradient(|x, g| g.copy_from(&x.map(|x| -x.sin())));
        let found = Minimizer::new(&hill, &solver, [0.0; 40]).run().unwrap();
        assert!((found.cost + 40.0).abs() < 1e-10, "{}: {found}", solver.name());
    }
}

#[test]
fn with_verify_no_line_search_method_does() {
    for entry in solvers() {
        for start in [[1.0, 0.0], [0.0, 0.0]] {
            let found = Minimizer::new(&wells(), &entry.solver, start).verify().run().unwrap();
            let is_lowest = (found.cost + 1.0).abs() < 1e-9;
            assert!(found.termination.is_converged() && is_lowest, "{}: {found}", entry.label());
        }
    }
}

/// A convex quadratic is solved by one Newton step, once the ball contains it.
#[test]
fn a_quadratic_takes_as_many_steps_as_the_ball_has_to_grow() {
    let a = DMatrix::from_row_slice(2, 2, &[3.0, 1.0, 1.0, 2.0]);
    let problem = quadratic(a, DVector::from_vec(vec![1.0, 1.0]));
    for solver in [TrustRegion::default().boxed(), TrustRegion::dogleg().boxed()] {
        let found = Minimizer::new(&problem, &solver, [0.8, 0.6]).run().unwrap();
        let counts = found.evaluations;
        // The first ball ends at the lowest point along the steepest descent.
        assert_eq!((found.iterations, counts.cost, counts.gradient, counts.hessian), (2, 3, 3, 3));
        assert!((found.x[0] - 0.2).abs() < 1e-15 && (found.x[1] - 0.4).abs() < 1e-15, "{found}");
    }
}

/// After a rejected step, a smaller radius takes no product and no Hessian.
#[test]
fn a_smaller_radius_is_free() {
    for solver in all() {
        let problem = rosenbrock();
        let mut run = Minimizer::new(&problem, &solver, [-1.2, 1.0])
            .stop_when(gradient_norm(1e-8).or(max_iterations(200)))
            .start()
            .unwrap();
        let (mut rejected, mut before, mut has_moved) = (0, run.progress().evaluations, true);
        while run.step().is_continue() {
            let now = run.progress().evaluations;
            if !has_moved {
                // The trial before was rejected: this one has the same model.
                rejected += 1;
                let models = |counts: Evaluations| (counts.hessian, counts.hessian_product);
                assert_eq!(models(now), models(before), "{}", solver.name());
            }
            has_moved = now.gradient > before.gradient;
            before = now;
        }
        let found = run.finish();
        assert!(rejected > 0 && found.cost < 1e-16, "{}: {found}", solver.name());
    }
}

/// Costs that are level say nothing; slopes still do. 10¹² + Σ i xᵢ² resolves x to 1e-2 by its costs.
#[test]
fn slopes_decide_where_costs_are_level() {
    let problem = from_fn(3, |x| {
        1e12 + x.iter().enumerate().map(|(i, x)| (i + 1) as f64 * x * x).sum::<f64>()
    })
    .with_gradient(|x, g| {
        for (i, (g, x)) in g.iter_mut().zip(x).enumerate() {
            *g = 2.0 * (i + 1) as f64 * x;
        }
    });
    for solver in all() {
        let found = Minimizer::new(&problem, &solver, [1e-3, -2e-3, 1e-3])
            .stop_when(gradient_norm(1e-9).or(max_evaluations(200)))
            .run()
            .unwrap();
        assert!(found.termination.is_converged(), "{}: {found}", solver.name());
    }
}

/// At the floor a run ends by itself.
#[test]
fn the_floor_ends_a_run() {
    for solver in all() {
        let problem = from_fn(2, |x| (x[0] - 0.3).cosh() + (x[1] - 0.7).exp() - x[1] + 5.0)
            .with_gradient(|x, g| {
                g[0] = (x[0] - 0.3).sinh();
                g[1] = (x[1] - 0.7).exp() - 1.0;
            });
        let found = Minimizer::new(&problem, &solver, [2.0, -1.0])
            .stop_when(gradient_norm(0.0).or(max_evaluations(500)))
            .run()
            .unwrap();
        let ended = matches!(
            found.termination,
            Termination::Stalled { .. } | Termination::GradientNorm { .. }
        );
        assert!(ended && found.evaluations.cost < 40, "{}: {found}", solver.name());
        assert!((found.x[0] - 0.3).abs() < 1e-14 && (found.x[1] - 0.7).abs() < 1e-14, "{found}");
    }
}

/// Along n independent steps SR1 has learnt the Hessian of a quadratic (Nocedal & Wright, theorem 6.1): the step after
/// them is Newton's. One Hessian confirms the minimum.
#[test]
fn learning_models_solve_a_quadratic_in_few_steps() {
    let n = 6;
    let a = DMatrix::from_fn(n, n, |i, j| if i == j { (i + 1) as f64 } else { 0.1 });
    let problem = quadratic(a.clone(), DVector::from_element(n, 1.0));
    let exact = a.lu().solve(&DVector::from_element(n, 1.0)).unwrap();
    for (solver, most) in learning().into_iter().zip([n as u64 + 8, 30]) {
        let found = Minimizer::new(&problem, &solver, vec![3.0; n])
            .stop_when(gradient_norm(1e-9).or(max_iterations(100)))
            .run()
            .unwrap();
        let label = format!("{}: {found}", solver.name());
        assert!((&found.x - &exact).amax() < 1e-9, "{label}");
        assert!(found.iterations <= most, "{label}");
        assert_eq!(found.evaluations.hessian, 1, "{label}");
    }
}
