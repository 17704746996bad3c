//! The interior point method: published minima with their multipliers, laws, and the ends where there is no minimum.

#![cfg(feature = "autodiff")]

use std::sync::Mutex;

use extremum::stop::{gradient_norm, max_evaluations, max_iterations};
use extremum::{
    Bounded, Bounds, Constrained, Constraints, DMatrix, DVector, Error, InteriorPoint, Matrix,
    Minimizer, Problem, Random, Solution, Stall, Structure, Termination, from_fn, minimize,
};
use extremum_tests::bits;

use super::checkpoint::resumes_at_every_step;

const ANY: f64 = f64::INFINITY;

type Values = fn(&[f64]) -> Vec<f64>;
type Rows = fn(&[f64]) -> Vec<Vec<f64>>;

/// Constraints with a Jacobian by hand, which remember where they were evaluated.
struct Given {
    limits: Bounds,
    values: Values,
    rows: Rows,
    seen: Mutex<Vec<DVector<f64>>>,
}

impl Given {
    fn new(limits: &[[f64; 2]], values: Values, rows: Rows) -> Self {
        let side = |k: usize| limits.iter().map(|limit| limit[k]).collect::<Vec<_>>();
        let limits = Bounds::new(side(0), side(1)).unwrap();
        Self { limits, values, rows, seen: Mutex::default() }
    }
}

impl Constraints for Given {
    fn count(&self) -> usize {
        self.limits.dimension()
    }
    fn limits(&self) -> &Bounds {
        &self.limits
    }
    fn values(&self, x: &DVector<f64>, c: &mut DVector<f64>) {
        self.seen.lock().unwrap().push(x.clone());
        c.copy_from_slice(&(self.values)(x.as_slice()));
    }
    fn jacobian(&self, x: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        let rows = (self.rows)(x.as_slice());
        let dense = jacobian.dense(rows.len(), x.len());
        for (i, row) in rows.iter().enumerate() {
            for (j, entry) in row.iter().enumerate() {
                dense[(i, j)] = *entry;
            }
        }
        true
    }
}

/// x₀² + x₁² with x₀ + x₁ ≥ 1.
fn half_plane() -> Given {
    Given::new(&[[1.0, ANY]], |x| vec![x[0] + x[1]], |_| vec![vec![1.0, 1.0]])
}

fn bowl() -> impl Problem {
    from_fn(2, |x| x.norm_squared()).with_gradient(|x, g| g.copy_from(&(2.0 * x)))
}

fn line(n: usize) -> impl Problem {
    from_fn(n, |x| x.sum()).with_gradient(|_, g| g.fill(1.0))
}

fn unlimited(problem: impl Problem, start: &[f64]) -> Solution {
    let run = Minimizer::new(&problem, InteriorPoint::default(), start);
    run.stop_when(gradient_norm(1e-10).or(max_iterations(300))).run().unwrap()
}

/// Closed forms: (½, ½) with y = 1; the circle x² + y² = 2, where x₀ + x₁ is smallest at (−1, −1) with y = −½;
/// problem 12 of Hock and Schittkowski, (2, 3) with y = ½; a row between two limits, held at the upper one, so that y
/// < 0.
#[test]
fn closed_forms_are_found_to_ten_digits() {
    let circle = Given::new(
        &[[2.0; 2]],
        |x| vec![x[0] * x[0] + x[1] * x[1]],
        |x| vec![vec![2.0 * x[0], 2.0 * x[1]]],
    );
    let ellipse = Given::new(
        &[[0.0, ANY]],
        |x| vec![25.0 - 4.0 * x[0] * x[0] - x[1] * x[1]],
        |x| vec![vec![-8.0 * x[0], -2.0 * x[1]]],
    );
    let hs12 =
        from_fn(2, |x| 0.5 * x[0] * x[0] + x[1] * x[1] - x[0] * x[1] - 7.0 * x[0] - 7.0 * x[1])
            .with_gradient(|x, g| {
                g[0] = x[0] - x[1] - 7.0;
                g[1] = 2.0 * x[1] - x[0] - 7.0;
            });
    let band = Given::new(&[[-4.0, -3.0]], |x| vec![x[0] + x[1]], |_| vec![vec![1.0, 1.0]]);
    let cases: [(&str, Solution, [f64; 2], f64, f64); 4] = [
        (
            "half plane",
            unlimited(Constrained(bowl(), half_plane()), &[3.0, -1.0]),
            [0.5, 0.5],
            0.5,
            1.0,
        ),
        ("circle", unlimited(Constrained(line(2), circle), &[0.0, -1.0]), [-1.0, -1.0], -2.0, -0.5),
        ("HS12", unlimited(Constrained(hs12, ellipse), &[0.0, 0.0]), [2.0, 3.0], -30.0, 0.5),
        ("band", unlimited(Constrained(bowl(), band), &[5.0, 7.0]), [-1.5, -1.5], 4.5, -3.0),
    ];
    for (name, found, x, cost, y) in cases {
        assert!(found.termination.is_converged(), "{name}: {found}");
        assert!((&found.x - DVector::from_vec(x.to_vec())).amax() < 1e-9, "{name}: {found}");
        assert!((found.cost - cost).abs() < 1e-9 * cost.abs(), "{name}: {found}");
        assert!((found.multipliers.as_ref().unwrap()[0] - y).abs() < 1e-8, "{name}: {found}");
        assert!(found.complementarity.unwrap() <= 1e-10 && found.infeasibility.unwrap() <= 1e-10);
    }
}

/// Without constraints it is a method for bounds, and for neither a Newton method: Rosenbrock's function, and within
/// x₁ ≤ ½, where the minimum is at x₀ with 200 (x₀² − ½) 2x₀ = 2 (1 − x₀).
#[test]
fn bounds_alone_and_nothing_at_all() {
    let free = unlimited(extremum_tests::rosenbrock(), &[-1.2, 1.0]);
    assert!(
        free.termination.is_converged() && (&free.x - DVector::from_element(2, 1.0)).amax() < 1e-8
    );
    assert_eq!((free.infeasibility, free.multipliers), (None, None));
    let bounds = Bounds::unbounded(2).limit(1, ..=0.5).unwrap();
    let held = unlimited(Bounded(extremum_tests::rosenbrock(), bounds), &[-1.2, 0.5]);
    let [x, slope] = [held.x[0], 400.0 * held.x[0] * (held.x[0] * held.x[0] - held.x[1])];
    assert!(held.termination.is_converged(), "{held}");
    assert!((slope - 2.0 * (1.0 - x)).abs() < 1e-8 && (held.x[1] - 0.5).abs() < 1e-8, "{held}");
}

/// A fixed variable, bounds that leave no room, a row without limits, and equalities that depend on each other.
#[test]
fn degenerate_constraints() {
    let fixed = Bounds::unbounded(3).fix(1, 0.25).unwrap();
    let rows = Given::new(
        &[[1.0; 2], [2.0; 2], [-ANY, ANY], [-ANY, 5.0]],
        |x| vec![x[0] + x[1] + x[2], 2.0 * (x[0] + x[1] + x[2]), x[0], x[2] - x[0]],
        |_| vec![vec![1.0; 3], vec![2.0; 3], vec![1.0, 0.0, 0.0], vec![-1.0, 0.0, 1.0]],
    );
    let sphere = from_fn(3, |x| x.norm_squared()).with_gradient(|x, g| g.copy_from(&(2.0 * x)));
    let found = minimize(
        Constrained(Bounded(sphere, fixed), rows),
        InteriorPoint::default(),
        [3.0, 0.25, -1.0],
    );
    let found = found.unwrap();
    assert!(found.termination.is_converged(), "{found}");
    let expected = DVector::from_vec(vec![0.375, 0.25, 0.375]);
    assert!((&found.x - expected).amax() < 1e-6, "{found}");
    // y₀ + 2 y₁ = 2 · 0.375 whatever their shares.
    let y = found.multipliers.unwrap();
    assert!((y[0] + 2.0 * y[1] - 0.75).abs() < 1e-6 && y[2] == 0.0);
}

/// More equalities than variables: consistent, and not.
#[test]
fn more_equalities_than_variables() {
    let three = |last: f64| {
        Given::new(
            &[[1.0; 2], [0.0; 2], [last; 2]],
            |x| vec![x[0] + x[1], x[0] - x[1], x[0]],
            |_| vec![vec![1.0, 1.0], vec![1.0, -1.0], vec![1.0, 0.0]],
        )
    };
    let found =
        minimize(Constrained(bowl(), three(0.5)), InteriorPoint::default(), [3.0, 1.0]).unwrap();
    assert!(found.termination.is_converged() && (found.x[0] - 0.5).abs() < 1e-6, "{found}");
    let found =
        minimize(Constrained(bowl(), three(2.0)), InteriorPoint::default(), [3.0, 1.0]).unwrap();
    // Least squares, 3 x₀ = 3 and 2 x₁ = 1: the third is violated most, 2 − x₀ = 1.
    let Termination::Infeasible { violation, slope } = found.termination else { panic!("{found}") };
    assert!(slope <= 1e-6 && (violation - 1.0).abs() < 1e-6, "{found}");
}

/// No x has x² + 1 ≤ 0, and no point is on both disks of radius 1 around (0, 0) and (3, 0): least violated between
/// them.
#[test]
fn infeasible_problems_are_certified() {
    let never = Given::new(&[[-ANY, -1.0]], |x| vec![x[0] * x[0]], |x| vec![vec![2.0 * x[0]]]);
    let found = minimize(Constrained(line(1), never), InteriorPoint::default(), [3.0]).unwrap();
    let Termination::Infeasible { violation, slope } = found.termination else { panic!("{found}") };
    assert!((violation - 1.0).abs() < 1e-9 && slope <= 1e-6);
    let disks = Given::new(
        &[[-ANY, 1.0]; 2],
        |x| vec![x[0].powi(2) + x[1].powi(2), (x[0] - 3.0).powi(2) + x[1].powi(2)],
        |x| vec![vec![2.0 * x[0], 2.0 * x[1]], vec![2.0 * (x[0] - 3.0), 2.0 * x[1]]],
    );
    let found =
        minimize(Constrained(line(2), disks), InteriorPoint::default(), [0.3, 0.4]).unwrap();
    let Termination::Infeasible { violation, slope } = found.termination else { panic!("{found}") };
    assert!((violation - 1.25).abs() < 1e-6 && slope <= 1e-6, "{found}");
    assert!((found.x[0] - 1.5).abs() < 1e-6 && found.x[1].abs() < 1e-5, "{found}");
    assert!(found.termination.is_failure());
}

/// Problem 13 of Hock and Schittkowski has no multipliers at its minimum (1, 0), and x² = 0 none at 0.
#[test]
fn a_minimum_without_multipliers_is_not_converged() {
    let cusp = Given::new(
        &[[0.0, ANY]],
        |x| vec![(1.0 - x[0]).powi(3) - x[1]],
        |x| vec![vec![-3.0 * (1.0 - x[0]).powi(2), -1.0]],
    );
    let distance = from_fn(2, |x| (x[0] - 2.0).powi(2) + x[1] * x[1]).with_gradient(|x, g| {
        g[0] = 2.0 * (x[0] - 2.0);
        g[1] = 2.0 * x[1];
    });
    let positive = Bounds::new([0.0; 2], [ANY; 2]).unwrap();
    let found = minimize(
        Constrained(Bounded(distance, positive), cusp),
        InteriorPoint::default(),
        [0.0, 0.0],
    )
    .unwrap();
    assert!((&found.x - DVector::from_vec(vec![1.0, 0.0])).amax() < 1e-3, "{found}");
    let square = Given::new(&[[0.0; 2]], |x| vec![x[0] * x[0]], |x| vec![vec![2.0 * x[0]]]);
    let flat = minimize(Constrained(line(1), square), InteriorPoint::default(), [1.0]).unwrap();
    assert!(flat.x[0].abs() < 1e-6, "{flat}");
    for found in [found, flat] {
        let Termination::Stalled { reason, .. } = found.termination else { panic!("{found}") };
        assert!(
            matches!(reason, Stall::NoMultipliers { largest, .. } if largest > 1e6),
            "{reason}"
        );
    }
}

#[test]
fn unbounded_costs_are_named() {
    let wedge = || Given::new(&[[0.0, ANY]], |x| vec![x[0] - x[1]], |_| vec![vec![1.0, -1.0]]);
    let down = from_fn(2, |x| -x.sum()).with_gradient(|_, g| g.fill(-1.0));
    let found = minimize(Constrained(down, wedge()), InteriorPoint::default(), [1.0, 1.0]).unwrap();
    assert!(
        matches!(found.termination, Termination::Unbounded { cost } if cost < -1e19),
        "{found}"
    );
    // The logarithm's pole is feasible.
    let pole = from_fn(2, |x| if x[0] > 3.0 { f64::NEG_INFINITY } else { -x[0] })
        .with_gradient(|_, g| g.copy_from_slice(&[-1.0, 0.0]));
    let found = minimize(Constrained(pole, wedge()), InteriorPoint::default(), [1.0, 0.5]).unwrap();
    assert!(matches!(found.termination, Termination::Unbounded { .. }) && found.cost.is_finite());
}

/// A law: nothing is evaluated outside the bounds, though the minimum is in their corner, and the start at them.
#[test]
fn nothing_is_evaluated_outside_the_bounds() {
    let constraint = half_plane();
    let bounds = Bounds::new([0.0, 0.75], [0.25, 1.0]).unwrap();
    let problem = Constrained(Bounded(bowl(), bounds.clone()), &constraint);
    let found = unlimited(&problem, &[0.25, 0.75]);
    assert!(
        found.termination.is_converged()
            && (&found.x - DVector::from_vec(vec![0.25, 0.75])).amax() < 1e-9
    );
    let seen = constraint.seen.lock().unwrap();
    assert!(seen.len() > 5 && seen.iter().all(|x| bounds.contain(x)));
    // Nothing is evaluated twice.
    let mut points: Vec<_> = seen.iter().map(bits).collect();
    points.sort();
    points.dedup();
    assert_eq!(points.len(), seen.len());
}

/// A quadratic program with `n` variables, and the shares of the constraints that hold a known solution.
struct Program {
    hessian: DMatrix<f64>,
    linear: DVector<f64>,
    rows: DMatrix<f64>,
    limits: Bounds,
}

impl Problem for Program {
    fn dimension(&self) -> usize {
        self.linear.len()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        0.5 * x.dot(&(&self.hessian * x)) + self.linear.dot(x)
    }
    fn gradient(&self, x: &DVector<f64>, g: &mut DVector<f64>) {
        g.copy_from(&(&self.hessian * x + &self.linear));
    }
    fn hessian(&self, _: &DVector<f64>) -> Option<Matrix> {
        Some(self.hessian.clone().into())
    }
    fn structure(&self) -> Structure<'_> {
        Structure::default().within(self)
    }
}

impl Constraints for Program {
    fn count(&self) -> usize {
        self.rows.nrows()
    }
    fn limits(&self) -> &Bounds {
        &self.limits
    }
    fn values(&self, x: &DVector<f64>, c: &mut DVector<f64>) {
        c.copy_from(&(&self.rows * x));
    }
    fn jacobian(&self, _: &DVector<f64>, jacobian: &mut Matrix) -> bool {
        jacobian.dense(self.rows.nrows(), self.rows.ncols()).copy_from(&self.rows);
        true
    }
}

/// Convex programs made around a solution x with multipliers y: H x + q = A'y, and the limits are such that y fits.
/// The minimum is unique, and with independent rows so is y.
#[test]
fn random_convex_programs_have_their_known_solution() {
    let mut random = Random::new(21);
    for trial in 0..60 {
        let n = 2 + random.index(if trial < 50 { 10 } else { 49 });
        let m = 1 + random.index(n);
        let root = DMatrix::from_fn(n, n, |_, _| random.normal());
        let hessian = &root * root.transpose() + DMatrix::identity(n, n);
        let rows = DMatrix::from_fn(m, n, |_, _| random.normal());
        let x = DVector::from_fn(n, |_, _| random.normal());
        let at = &rows * &x;
        let (mut lower, mut upper, mut y) = (vec![-ANY; m], vec![ANY; m], DVector::zeros(m));
        for i in 0..m {
            let size = 0.1 + random.unit();
            match random.index(4) {
                0 => (lower[i], upper[i], y[i]) = (at[i], at[i], random.normal()),
                1 => (lower[i], y[i]) = (at[i], size),
                2 => (lower[i], upper[i], y[i]) = (at[i] - 1.0, at[i], -size),
                _ => upper[i] = at[i] + size,
            }
        }
        let linear = rows.tr_mul(&y) - &hessian * &x;
        let limits = Bounds::new(lower, upper).unwrap();
        let start: Vec<f64> = (0..n).map(|_| 3.0 * random.normal()).collect();
        let found = unlimited(Program { hessian, linear, rows, limits }, &start);
        assert!((&found.x - &x).amax() < 1e-6, "{trial}: {found}");
        assert!(
            (found.multipliers.as_ref().unwrap() - &y).amax() < 1e-4 * (1.0 + y.amax()),
            "{trial}: {found}"
        );
        assert!(
            found.gradient_norm.unwrap() < 1e-6 && found.infeasibility.unwrap() < 1e-9,
            "{trial}: {found}"
        );
    }
}

/// A law: a run that is interrupted at any point, by its budget or otherwise, goes on with the same bits.
#[test]
fn a_run_resumes_to_the_same_bits() {
    let cusp = Given::new(
        &[[0.0, ANY], [-ANY, 3.0]],
        |x| vec![(1.0 - x[0]).powi(3) - x[1], x[0] * x[1]],
        |x| vec![vec![-3.0 * (1.0 - x[0]).powi(2), -1.0], vec![x[1], x[0]]],
    );
    let positive = Bounds::new([0.0; 2], [4.0; 2]).unwrap();
    let problem = Constrained(Bounded(extremum_tests::rosenbrock(), positive), cusp);
    resumes_at_every_step("rosenbrock", &problem, &InteriorPoint::default(), &[2.0, 3.0]);
    // Through restorations.
    let disks = Given::new(
        &[[-ANY, 1.0]; 2],
        |x| vec![x[0].powi(2) + x[1].powi(2), (x[0] - 3.0).powi(2) + x[1].powi(2)],
        |x| vec![vec![2.0 * x[0], 2.0 * x[1]], vec![2.0 * (x[0] - 3.0), 2.0 * x[1]]],
    );
    let problem = Constrained(line(2), disks);
    resumes_at_every_step("disks", &problem, &InteriorPoint::default(), &[0.3, 0.4]);

    let terms = || Minimizer::new(&problem, InteriorPoint::default(), [0.3, 0.4]);
    let whole = terms().run().unwrap();
    for budget in 1..whole.evaluations.constraint {
        let mut run = terms().stop_when(max_evaluations(budget)).start().unwrap();
        while run.step().is_continue() {}
        let seen = run.progress().evaluations;
        assert!([seen.cost, seen.gradient, seen.constraint].iter().all(|count| *count <= budget));
        let checkpoint = run.checkpoint();
        let cut = run.finish();
        assert!(cut.termination.is_limit() && cut.x.iter().all(|x| x.is_finite()), "{cut}");
        let resumed = terms().resume(checkpoint).unwrap().complete();
        assert_eq!(
            (bits(&resumed.x), &resumed.termination),
            (bits(&whole.x), &whole.termination),
            "{budget}"
        );
    }
}

/// Costs that are not finite shorten the step: −ln x₀ − ln x₁ on the line x₀ + x₁ = 2, from beside its pole.
#[test]
fn poles_shorten_the_step() {
    let logarithms = from_fn(2, |x| -x[0].ln() - x[1].ln()).with_gradient(|x, g| {
        g[0] = -x[0].recip();
        g[1] = -x[1].recip();
    });
    let sum = Given::new(&[[2.0; 2]], |x| vec![x[0] + x[1]], |_| vec![vec![1.0, 1.0]]);
    let found =
        minimize(Constrained(logarithms, sum), InteriorPoint::default(), [1e-3, 5.0]).unwrap();
    assert!(found.termination.is_converged() && found.cost.abs() < 1e-9, "{found}");
    assert!((found.multipliers.as_ref().unwrap()[0] + 1.0).abs() < 1e-5, "{found}");
}

#[test]
fn wrong_input_is_refused_before_anything_is_evaluated() {
    let constraint = half_plane();
    let problem = Constrained(bowl(), &constraint);
    let low = minimize(&problem, InteriorPoint::default().barrier(0.0), [1.0, 1.0]).unwrap_err();
    assert!(matches!(low, Error::Parameter { name: "barrier", .. }), "{low}");
    let short = minimize(&problem, InteriorPoint::default(), [1.0]).unwrap_err();
    assert!(matches!(short, Error::Dimension { what: "x0", .. }), "{short}");
    let outside = Bounds::new([0.0; 2], [1.0; 2]).unwrap();
    let problem = Constrained(Bounded(bowl(), outside), &constraint);
    let refused = minimize(&problem, InteriorPoint::default(), [2.0, 0.5]).unwrap_err();
    assert!(matches!(refused, Error::StartOutsideBounds { index: 0, .. }), "{refused}");
    let impossible = Given::new(&[[ANY, ANY]], |x| vec![x[0]], |_| vec![vec![1.0, 0.0]]);
    let refused = minimize(Constrained(bowl(), &impossible), InteriorPoint::default(), [2.0, 0.5])
        .unwrap_err();
    assert!(matches!(refused, Error::Parameter { .. }), "{refused}");
    assert!(
        constraint.seen.lock().unwrap().is_empty() && impossible.seen.lock().unwrap().is_empty()
    );
    let steep = Given::new(&[[0.0, ANY]], |x| vec![x[0]], |_| vec![vec![f64::NAN, 0.0]]);
    let refused =
        minimize(Constrained(bowl(), &steep), InteriorPoint::default(), [2.0, 0.5]).unwrap_err();
    assert!(
        matches!(&refused, Error::NotInDomain { what, .. } if what == "Jacobian's row 0"),
        "{refused}"
    );
}
