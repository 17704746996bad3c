//! The methods that keep bounds: `Lbfgsb`, `BarzilaiBorwein`, which is the spectral projected gradient method, and the
//! trust region `Tron`.
//!
//! Problems, starts and minima: W. Hock, K. Schittkowski, *Test Examples for Nonlinear Programming Codes*, Springer 1981.
//! A start outside the bounds is projected into them.

use std::sync::Mutex;

use extremum::line_search::{Backtracking, HagerZhang, MoreThuente, StrongWolfe};
use extremum::solver::trust_region::{ProductsModel, Tron};
use extremum::{
    AnySolver, BarzilaiBorwein, Bounded, Bounds, Checkpoint, DMatrix, DVector, Error, Lbfgsb,
    Minimizer, Problem, Solver, TrustRegion, from_fn, minimize,
};

type Cost = fn(&DVector<f64>) -> f64;
type Gradient = fn(&DVector<f64>, &mut DVector<f64>);

struct Case {
    number: u32,
    cost: Cost,
    gradient: Gradient,
    start: &'static [f64],
    lower: &'static [f64],
    upper: &'static [f64],
    /// Of the minima that may be found.
    minima: &'static [f64],
}

const FREE: f64 = f64::INFINITY;

fn rosenbrock(x: &DVector<f64>) -> f64 {
    100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)
}

fn rosenbrock_gradient(x: &DVector<f64>, g: &mut DVector<f64>) {
    let t = x[1] - x[0] * x[0];
    g[0] = -400.0 * t * x[0] - 2.0 * (1.0 - x[0]);
    g[1] = 200.0 * t;
}

fn cases() -> Vec<Case> {
    vec![
        Case {
            number: 1,
            cost: rosenbrock,
            gradient: rosenbrock_gradient,
            start: &[-2.0, 1.0],
            lower: &[-FREE, -1.5],
            upper: &[FREE, FREE],
            minima: &[0.0],
        },
        Case {
            number: 2,
            cost: rosenbrock,
            gradient: rosenbrock_gradient,
            start: &[-2.0, 1.5],
            lower: &[-FREE, 1.5],
            upper: &[FREE, FREE],
            minima: &[0.0504261879, 4.941229318],
        },
        Case {
            number: 3,
            cost: |x| x[1] + 1e-5 * (x[1] - x[0]).powi(2),
            gradient: |x, g| {
                g[0] = -2e-5 * (x[1] - x[0]);
                g[1] = 1.0 + 2e-5 * (x[1] - x[0]);
            },
            start: &[10.0, 1.0],
            lower: &[-FREE, 0.0],
            upper: &[FREE, FREE],
            minima: &[0.0],
        },
        Case {
            number: 4,
            cost: |x| (x[0] + 1.0).powi(3) / 3.0 + x[1],
            gradient: |x, g| {
                g[0] = (x[0] + 1.0).powi(2);
                g[1] = 1.0;
            },
            start: &[1.125, 0.125],
            lower: &[1.0, 0.0],
            upper: &[FREE, FREE],
            minima: &[8.0 / 3.0],
        },
        Case {
            number: 5,
            cost: |x| (x[0] + x[1]).sin() + (x[0] - x[1]).powi(2) - 1.5 * x[0] + 2.5 * x[1] + 1.0,
            gradient: |x, g| {
                let (c, d) = ((x[0] + x[1]).cos(), 2.0 * (x[0] - x[1]));
                g[0] = c + d - 1.5;
                g[1] = c - d + 2.5;
            },
            start: &[0.0, 0.0],
            lower: &[-1.5, -3.0],
            upper: &[4.0, 3.0],
            minima: &[-1.9132229549810367],
        },
        Case {
            number: 38,
            cost: |x| {
                100.0 * (x[1] - x[0] * x[0]).powi(2)
                    + (1.0 - x[0]).powi(2)
                    + 90.0 * (x[3] - x[2] * x[2]).powi(2)
                    + (1.0 - x[2]).powi(2)
                    + 10.1 * ((x[1] - 1.0).powi(2) + (x[3] - 1.0).powi(2))
                    + 19.8 * (x[1] - 1.0) * (x[3] - 1.0)
            },
            gradient: |x, g| {
                let (s, t) = (x[1] - x[0] * x[0], x[3] - x[2] * x[2]);
                g[0] = -400.0 * s * x[0] - 2.0 * (1.0 - x[0]);
                g[1] = 200.0 * s + 20.2 * (x[1] - 1.0) + 19.8 * (x[3] - 1.0);
                g[2] = -360.0 * t * x[2] - 2.0 * (1.0 - x[2]);
                g[3] = 180.0 * t + 20.2 * (x[3] - 1.0) + 19.8 * (x[1] - 1.0);
            },
            start: &[-3.0, -1.0, -3.0, -1.0],
            lower: &[-10.0; 4],
            upper: &[10.0; 4],
            minima: &[0.0],
        },
        Case {
            number: 45,
            cost: |x| 2.0 - x.product() / 120.0,
            gradient: |x, g| {
                for i in 0..5 {
                    g[i] = -(0..5).filter(|&j| j != i).map(|j| x[j]).product::<f64>() / 120.0;
                }
            },
            start: &[1.0, 2.0, 2.0, 2.0, 2.0],
            lower: &[0.0; 5],
            upper: &[1.0, 2.0, 3.0, 4.0, 5.0],
            minima: &[1.0],
        },
        Case {
            number: 110,
            cost: |x| {
                let logs = x.iter().map(|x| (x - 2.0).ln().powi(2) + (10.0 - x).ln().powi(2));
                logs.sum::<f64>() - x.product().powf(0.2)
            },
            gradient: |x, g| {
                let power = 0.2 * x.product().powf(0.2);
                for (g, x) in g.iter_mut().zip(x) {
                    *g = 2.0 * (x - 2.0).ln() / (x - 2.0)
                        - 2.0 * (10.0 - x).ln() / (10.0 - x)
                        - power / x;
                }
            },
            start: &[9.0; 10],
            lower: &[2.001; 10],
            upper: &[9.999; 10],
            minima: &[-45.77846971],
        },
    ]
}

/// A problem that insists on its bounds.
struct Strict {
    case: Case,
    bounds: Bounds,
    gradient: bool,
    outside: Mutex<u64>,
}

impl Strict {
    fn new(case: Case, gradient: bool) -> Self {
        let bounds = Bounds::new(case.lower, case.upper).unwrap();
        Self { case, bounds, gradient, outside: Mutex::new(0) }
    }

    fn look(&self, x: &DVector<f64>) {
        if !self.bounds.contain(x) {
            *self.outside.lock().unwrap() += 1;
        }
    }

    /// max |P(x − g) − x|.
    fn projected(&self, x: &DVector<f64>) -> f64 {
        let mut g = x.clone();
        (self.case.gradient)(x, &mut g);
        let to = (x - g).zip_zip_map(self.bounds.lower(), self.bounds.upper(), f64::clamp);
        (to - x).amax()
    }
}

impl Problem for Strict {
    fn dimension(&self) -> usize {
        self.case.start.len()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.look(x);
        (self.case.cost)(x)
    }
    fn gradient(&self, x: &DVector<f64>, g: &mut DVector<f64>) {
        self.look(x);
        (self.case.gradient)(x, g);
    }
    fn bounds(&self) -> Option<&Bounds> {
        Some(&self.bounds)
    }
    fn has_gradient(&self) -> bool {
        self.gradient
    }
}

/// Each with its own search first.
fn searches() -> [Vec<Box<dyn AnySolver>>; 3] {
    macro_rules! with_every_search {
        ($solver:expr) => {
            vec![
                $solver.boxed(),
                $solver.line_search(HagerZhang::default()).boxed(),
                $solver.line_search(MoreThuente::default()).boxed(),
                $solver.line_search(StrongWolfe::default()).boxed(),
                $solver.line_search(Backtracking::default()).boxed(),
            ]
        };
    }
    let trust_regions =
        vec![TrustRegion::tron().boxed(), TrustRegion::new(ProductsModel, Tron).boxed()];
    [
        with_every_search!(BarzilaiBorwein::default()),
        with_every_search!(Lbfgsb::default()),
        trust_regions,
    ]
}

#[test]
fn hock_and_schittkowski() {
    for gradient in [true, false] {
        for (search, solver) in searches().into_iter().flat_map(|s| s.into_iter().enumerate()) {
            for case in cases() {
                let problem = Strict::new(case, gradient);
                let found = minimize(&problem, &solver, problem.case.start).unwrap();
                let label = format!("problem {} {gradient}: {found}", problem.case.number);
                assert_eq!(*problem.outside.lock().unwrap(), 0, "{label}");
                assert!(
                    found.cost
                        <= (problem.case.cost)(&DVector::from_column_slice(problem.case.start))
                );
                let close = |m: &&f64| (found.cost - **m).abs() <= 1e-6 * m.abs().max(1.0);
                // Without a nonmonotone search it may creep past problem 38's saddle.
                assert!(search > 0 || problem.case.minima.iter().any(|m| close(&m)), "{label}");
                // Searches that compare costs may stall at their rounding; the default one does not.
                assert!(found.termination.is_converged() || search > 0 || !gradient, "{label}");
                if found.termination.is_converged() {
                    let tolerance = if gradient { 1e-6 } else { 1e-4 };
                    assert!(problem.projected(&found.x) <= tolerance, "{label}");
                }
            }
        }
    }
}

/// Problem 25, whose start is flat: whatever it finds is no higher, and no claim is false.
#[test]
fn a_flat_start() {
    let residual = |x: &DVector<f64>, i: f64| {
        let u = 25.0 + (-50.0 * (0.01 * i).ln()).powf(2.0 / 3.0);
        -0.01 * i + (-(u - x[1]).powf(x[2]) / x[0]).exp()
    };
    let cost = move |x: &DVector<f64>| (1..=99).map(|i| residual(x, f64::from(i)).powi(2)).sum();
    let bounds = Bounds::new([0.1, 0.0, 0.0], [100.0, 25.6, 5.0]).unwrap();
    let problem = from_fn(3, cost).with_bounds(bounds.clone());
    let found = minimize(&problem, BarzilaiBorwein::default(), [100.0, 12.5, 3.0]).unwrap();
    assert!(found.cost <= 32.8350001 && bounds.contain(&found.x), "{found}");
}

/// Convex quadratics with random bounds: the conditions of Karush, Kuhn and Tucker hold at the end, worked out here.
#[test]
fn quadratics_within_random_bounds() {
    let mut state = 1_u64;
    let mut random = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    for n in [1, 2, 5, 20] {
        for _ in 0..10 {
            let a = DMatrix::from_fn(n, n, |_, _| random() - 0.5);
            let a = &a * a.transpose() + DMatrix::identity(n, n) * 0.1;
            let b = DVector::from_fn(n, |_, _| 4.0 * random() - 2.0);
            let lower = DVector::from_fn(n, |_, _| if random() < 0.2 { -FREE } else { -random() });
            let upper = DVector::from_fn(n, |i, _| {
                if random() < 0.1 && lower[i].is_finite() { lower[i] } else { random() }
            });
            let bounds = Bounds::new(lower.as_slice(), upper.as_slice()).unwrap();
            let start = lower.zip_map(&upper, |l, u| if random() < 0.5 { u } else { l.max(-1.0) });
            let (matrix, vector) = (a.clone(), b.clone());
            let problem = from_fn(n, move |x| 0.5 * x.dot(&(&a * x)) - b.dot(x))
                .with_gradient(move |x, g| *g = &matrix * x - &vector)
                .with_bounds(bounds.clone());
            for scale in [None, Some(DVector::from_fn(n, |i, _| 2.0_f64.powi(i as i32 % 3 - 1)))] {
                let (mut spectral, mut limited) = (BarzilaiBorwein::default(), Lbfgsb::default());
                if let Some(scale) = &scale {
                    (spectral, limited) = (spectral.typical_x(scale), limited.typical_x(scale));
                }
                let [exact, products] =
                    [TrustRegion::tron().boxed(), TrustRegion::new(ProductsModel, Tron).boxed()];
                for solver in [spectral.boxed(), limited.boxed(), exact, products] {
                    let found = minimize(&problem, solver, &start).unwrap();
                    assert!(found.termination.is_converged(), "{n}: {found}");
                    assert!(bounds.contain(&found.x));
                    let mut g = found.x.clone();
                    problem.gradient(&found.x, &mut g);
                    for i in 0..n {
                        let at = (found.x[i] - lower[i] > 1e-5, upper[i] - found.x[i] > 1e-5);
                        match at {
                            (true, true) => assert!(g[i].abs() <= 1e-5, "{n} {i}: {found}"),
                            (false, true) => assert!(g[i] >= -1e-5, "{n} {i}: {found}"),
                            (true, false) => assert!(g[i] <= 1e-5, "{n} {i}: {found}"),
                            (false, false) => {}
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_run_within_bounds_resumes_to_the_same_bits() {
    let problem = Strict::new(cases().remove(5), true);
    for solver in searches().map(|mut searches| searches.swap_remove(0)) {
        let run = || Minimizer::new(&problem, &solver, problem.case.start);
        let whole = run().run().unwrap();
        for steps in [0, 1, 7, 20] {
            let mut first = run().start().unwrap();
            for _ in 0..steps {
                let _ = first.step();
            }
            let bytes = first.checkpoint().to_bytes().unwrap();
            let resumed = run().resume(Checkpoint::from_bytes(&bytes).unwrap()).unwrap().complete();
            assert_eq!((&resumed.x, resumed.evaluations), (&whole.x, whole.evaluations));
            assert_eq!(resumed.termination, whole.termination);
        }
    }
}

/// Saddles on faces of the box, where every component of the gradient is zero or held by a multiplier, also at the
/// exact start.
#[test]
fn trust_regions_leave_saddles_within_bounds() {
    let valleys = |x: &DVector<f64>| {
        x[0] * x[0] - x[1] * x[1] + 0.25 * x[1].powi(4) + 3.0 * (x[2] - x[0] * x[1]).exp()
    };
    let valleys = from_fn(3, move |x| valleys(x)).with_gradient(|x, g| {
        let rise = 3.0 * (x[2] - x[0] * x[1]).exp();
        g[0] = 2.0 * x[0] - x[1] * rise;
        g[1] = x[1].powi(3) - 2.0 * x[1] - x[0] * rise;
        g[2] = rise;
    });
    let flat =
        from_fn(2, |x| x[0] * x[0] - x[1] * x[1] + 0.25 * x[1].powi(4)).with_gradient(|x, g| {
            g[0] = 2.0 * x[0];
            g[1] = x[1].powi(3) - 2.0 * x[1];
        });
    for solver in searches().into_iter().next_back().into_iter().flatten() {
        // In the last variable the gradient pushes against its bound.
        let bounds = Bounds::new([-2.0, -2.0, 0.0], [2.0, 2.0, 1.0]).unwrap();
        let found = minimize(Bounded(&valleys, bounds), &solver, [0.0; 3]).unwrap();
        assert!(found.termination.is_converged() && found.cost < 2.0, "{found}");
        assert_eq!(found.x[2], 0.0, "{found}");
        // (bounds of y, minimum): at y = 0 the gradient vanishes and only one side is open.
        for (y, minimum) in [
            ([-3.0, 3.0], -1.0),
            ([0.0, 3.0], -1.0),
            ([-3.0, 0.0], -1.0),
            ([0.0, 0.5], 0.25 * 0.5_f64.powi(4) - 0.25),
        ] {
            for start in [[1.0, 0.0], [0.0, 0.0]] {
                let bounds = Bounds::new([-3.0, y[0]], [3.0, y[1]]).unwrap();
                let found = minimize(Bounded(&flat, bounds), &solver, start).unwrap();
                let is_lowest = (found.cost - minimum).abs() < 1e-12;
                assert!(found.termination.is_converged() && is_lowest, "{y:?}: {found}");
            }
        }
        // x₀ x₁ is smallest at the corner of the positive quadrant, although its Hessian is indefinite; −x₀ x₁ is not.
        for (sign, minimum) in [(1.0, 0.0), (-1.0, -1.0)] {
            let product = from_fn(2, move |x| sign * x[0] * x[1]).with_gradient(move |x, g| {
                g[0] = sign * x[1];
                g[1] = sign * x[0];
            });
            let product = product.with_bounds(Bounds::new([0.0; 2], [1.0; 2]).unwrap());
            let found = minimize(&product, &solver, [0.0; 2]).unwrap();
            assert!(found.termination.is_converged() && found.cost == minimum, "{found}");
        }
    }
}

#[test]
fn bad_starts_and_bounds() {
    let bowl = |bounds| from_fn(2, |x| x.norm_squared()).with_bounds(bounds);
    let unit = || Bounds::new([0.0, 0.0], [1.0, 1.0]).unwrap();
    let outside = minimize(bowl(unit()), BarzilaiBorwein::default(), [0.5, 1.5]);
    assert!(matches!(outside, Err(Error::StartOutsideBounds { index: 1, .. })), "{outside:?}");
    let long = Bounds::unbounded(3);
    assert!(minimize(bowl(long), BarzilaiBorwein::default(), [0.5, 0.5]).is_err());
    // Everything is fixed, or the start is the minimum.
    let fixed = Bounds::new([0.5, 0.5], [0.5, 0.5]).unwrap();
    for (bounds, start) in [(fixed, [0.5, 0.5]), (unit(), [0.0, 0.0])] {
        for solver in searches().into_iter().flatten() {
            let found = minimize(bowl(bounds.clone()), solver, start).unwrap();
            assert!(found.termination.is_converged() && found.x.as_slice() == start, "{found}");
        }
    }
}

/// No number is too large or too small: bounds are kept, and the run ends.
#[test]
fn extreme_scales() {
    for exponent in [-300, -200, -100, -20, 20, 100, 150] {
        let s = 10.0_f64.powi(exponent);
        let bounds = Bounds::new([0.5 * s, -FREE], [2.0 * s, -0.25 * s]).unwrap();
        let problem = from_fn(2, move |x| (x[0] / s).powi(2) + (x[1] / s).powi(2))
            .with_gradient(move |x, g| *g = x * (2.0 / s / s))
            .with_bounds(bounds.clone());
        for solver in searches().into_iter().flatten() {
            let run = Minimizer::new(&problem, &solver, [2.0 * s, -s]).max_iterations(1000);
            let found = match run.run() {
                Ok(found) => found,
                // Its gradient is not finite.
                Err(error) => {
                    assert!(matches!(error, Error::NotInDomain { .. }), "{exponent}: {error}");
                    continue;
                }
            };
            assert!(bounds.contain(&found.x) && found.cost <= 5.0, "{exponent}: {found}");
            if found.termination.is_converged() && exponent.abs() < 150 {
                assert!(found.cost <= 0.3125 + 1e-6 || exponent > 0, "{exponent}: {found}");
            }
        }
    }
}
