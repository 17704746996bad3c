//! A direction for the line-search solvers: a diagonal quasi-Newton matrix, of all of ℝⁿ or within bounds.
//!
//! M. Zhu, J. Nazareth, H. Wolkowicz, "The quasi-Cauchy relation and diagonal updating", SIAM J. Optim. 9 (1999) 1192-1204:
//! the diagonal matrix nearest to the last one with s'Ds = s'y.

use extremum::line_search::{Backtracking, HagerZhang};
use extremum::solver::descent::{Accepted, Direction, Point, Proposal};
use extremum::stop::converged;
use extremum::{
    Bounds, DVector, Descent, Domain, Error, FromFn, GradientDescent, Oracle, from_fn, minimize,
};
use extremum_tests::rosenbrock;

use super::{Recorded, resumes_to_the_same_bits};

// The extension.

/// d = P(x − D⁻¹ g) − x, where P projects into the bounds if there are any.
#[derive(Clone, Debug)]
struct Diagonal {
    domain: Domain,
}

impl Direction for Diagonal {
    /// D, once it has been updated, or empty.
    type Memory = Vec<f64>;

    fn name(&self) -> &'static str {
        "Diagonal"
    }
    fn domain(&self) -> Domain {
        self.domain
    }
    fn check(&self, _: usize) -> Result<(), Error> {
        Ok(())
    }
    fn start(&self, _: &mut Oracle<'_>, _: usize, _: Option<&DVector<f64>>) -> Vec<f64> {
        Vec::new()
    }
    fn is_valid(&self, diagonal: &Vec<f64>, n: usize) -> bool {
        diagonal.is_empty() || diagonal.len() == n
    }
    fn propose(
        &self,
        _: &mut Oracle<'_>,
        diagonal: &mut Vec<f64>,
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal {
        for (i, g) in at.gradient.iter().enumerate() {
            let unit = at.scale.map_or(1.0, |typical| typical[i]);
            d[i] = -g / diagonal.get(i).unwrap_or(&1.0);
            if let Some(bounds) = at.bounds {
                let to = at.x[i] + unit * d[i];
                d[i] = (to.clamp(bounds.lower()[i], bounds.upper()[i]) - at.x[i]) / unit;
            }
        }
        let scaled = !diagonal.is_empty();
        Proposal { slope: d.dot(at.gradient), max: d.amax(), scaled, curvature: None }
    }
    fn update(&self, diagonal: &mut Vec<f64>, step: Accepted<'_>) {
        let (s, y) = (step.alpha * step.d, step.new - step.old);
        diagonal.resize(s.len(), 1.0);
        let squares = s.component_mul(&s);
        let lacks = s.dot(&y) - squares.iter().zip(&*diagonal).map(|(s, d)| s * d).sum::<f64>();
        for (d, square) in diagonal.iter_mut().zip(&squares) {
            *d = (*d + lacks * square / squares.norm_squared()).max(1e-8);
        }
    }
    fn reset(&self, diagonal: &mut Vec<f64>, _: bool) -> bool {
        let was = diagonal.len();
        diagonal.clear();
        was > 0
    }
}

// Its tests.

fn method(domain: Domain) -> Descent<Diagonal> {
    Descent::new(Diagonal { domain }, HagerZhang::default())
}

/// Σ cᵢ (xᵢ − 1)² / 2 with curvatures c from 1 to 1000.
fn ellipsoid() -> FromFn<'static> {
    let curvatures = [1.0, 10.0, 100.0, 1000.0];
    let cost = move |x: &DVector<f64>| {
        x.iter().zip(curvatures).map(|(x, c)| c * (x - 1.0).powi(2)).sum::<f64>() / 2.0
    };
    from_fn(4, cost).with_gradient(move |x, g| {
        for (g, (x, c)) in g.iter_mut().zip(x.iter().zip(curvatures)) {
            *g = c * (x - 1.0);
        }
    })
}

#[test]
fn it_learns_the_curvatures() {
    let found = minimize(ellipsoid(), method(Domain::Free), [3.0, -1.0, 2.0, 0.0]).unwrap();
    assert!(found.termination.is_converged(), "{found}");
    assert!(found.x.iter().all(|x| (x - 1.0).abs() < 1e-5), "{found}");
    // Steepest descent with the same search needs many times as many.
    let steepest =
        minimize(ellipsoid(), GradientDescent::default(), [3.0, -1.0, 2.0, 0.0]).unwrap();
    assert!(2 * found.iterations < steepest.iterations, "{found}\n{steepest}");
    // With typical sizes 1/√c all curvatures are 1, which D is at first.
    let sizes = [1.0, 0.1_f64.sqrt(), 0.1, 0.001_f64.sqrt()];
    let scaled = method(Domain::Free).typical_x(sizes);
    let found = minimize(ellipsoid(), scaled, [3.0, -1.0, 2.0, 0.0]).unwrap();
    assert!(found.termination.is_converged() && found.iterations <= 2, "{found}");
}

#[test]
fn it_is_a_solver_like_every_other() {
    let stop = converged;
    let found = resumes_to_the_same_bits(&rosenbrock(), &method(Domain::Free), &[-1.2, 1.0], stop);
    assert!(found.termination.is_converged() && found.cost < 1e-10, "{found}");
    assert_eq!(found.solver, "Diagonal");
    let other = method(Domain::Free).line_search(Backtracking::default());
    let found = minimize(rosenbrock(), other, [-1.2, 1.0]).unwrap();
    assert!(found.cost < 1e-8, "{found}");
}

#[test]
fn one_of_all_of_space_is_refused_within_bounds() {
    let bounds = Bounds::new([-2.0, -2.0], [0.5, 2.0]).unwrap();
    let problem = Recorded::new(rosenbrock().with_bounds(bounds));
    let refused = minimize(&problem, method(Domain::Free), [-1.2, 1.0]).unwrap_err();
    assert_eq!(refused, Error::BoundsNotSupported { solver: "Diagonal" });
    assert_eq!(problem.count(), 0);
}

/// Rosenbrock's function on x₀ ≤ 1/2: (1 − 1/2)² at x₁ = 1/4; and the ellipsoid in a box, whose minimum is each variable's own.
#[test]
fn one_within_bounds_keeps_them() {
    let bounds = Bounds::new([-2.0, -2.0], [0.5, 2.0]).unwrap();
    let problem = Recorded::new(rosenbrock().with_bounds(bounds));
    let found = minimize(&problem, method(Domain::Bounded), [-1.2, 1.0]).unwrap();
    assert!(found.termination.is_converged(), "{found}");
    // The projected gradient at 1/2 − δ is δ, so the run may end there.
    assert!((0.0..1e-12).contains(&(0.5 - found.x[0])), "{found}");
    assert!((found.x[1] - 0.25).abs() < 1e-6, "{found}");
    assert!((found.cost - 0.25).abs() < 1e-9 && problem.outside() == 0, "{found}");

    let bounds = Bounds::new([2.0, -5.0, -5.0, -5.0], [5.0, 0.5, 5.0, 1.0]).unwrap();
    for sizes in [[1.0; 4], [1.0, 0.5, 0.1, 0.05]] {
        let problem = Recorded::new(ellipsoid().with_bounds(bounds.clone()));
        let solver = method(Domain::Bounded).typical_x(sizes);
        let found = minimize(&problem, solver, [3.0, -1.0, 2.0, 0.0]).unwrap();
        assert!(found.termination.is_converged(), "{found}");
        let least = DVector::from_vec(vec![2.0, 0.5, 1.0, 1.0]);
        assert!((&found.x - least).amax() < 1e-5 && problem.outside() == 0, "{found}");
    }
}
