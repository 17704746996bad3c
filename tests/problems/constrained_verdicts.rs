//! Verdicts within constraints: minima, maxima and saddles on feasible sets whose curvature is known in closed form.

use extremum::stationary::{Conditions, Reason, Side};
use extremum::{
    Bounded, Bounds, Classification, Constrained, DVector, Error, InteriorPoint, Kind, Limited,
    Minimizer, Num, Problem, Real, VectorFormula, classify, from_fn, problem,
};

/// Formulas of the variables, with limits.
macro_rules! limited {
    ($n:literal, |$x:ident| [$($value:expr),+], $lower:expr, $upper:expr) => {{
        struct Values;
        impl VectorFormula for Values {
            fn dimension(&self) -> usize {
                $n
            }
            fn length(&self) -> usize {
                [$(stringify!($value)),+].len()
            }
            fn values<R: Real>(&self, $x: &[Num<R>], c: &mut [Num<R>]) {
                for (c, value) in c.iter_mut().zip([$($value),+]) {
                    *c = value;
                }
            }
        }
        Limited(Values, Bounds::new($lower, $upper).unwrap())
    }};
}

const ANY: f64 = f64::INFINITY;

fn conditions(point: &Classification) -> &Conditions {
    point.conditions.as_ref().expect("a problem with constraints")
}

/// ∇f = (1, 1) = y (2 x₀, 2 x₁) on the circle x₀² + x₁² = 2: y = ∓½ at ±(−1, −1), and ∇²L = −2 y I.
#[test]
fn a_line_on_a_circle() -> Result<(), Error> {
    let circle = limited!(2, |x| [x[0].powi(2) + x[1].powi(2)], [2.0], [2.0]);
    let line = Constrained(problem!(2, |x| x[0] + x[1]), circle);
    for (x, kind, y) in [(-1.0, Kind::Minimum, -0.5), (1.0, Kind::Maximum, 0.5)] {
        // Also from next to it, as a solver would end.
        for off in [0.0, 1e-9, 1e-6] {
            let point = classify(&line, [x + off, x - 0.3 * off])?;
            assert_eq!(point.kind, kind, "{point}");
            let [multiplier] = conditions(&point).multipliers[..] else { panic!("{point}") };
            assert!((multiplier.value - y).abs() <= multiplier.error + 1e-15, "{off} {point}");
            assert!(multiplier.error < 1e-6 * (1e-6 + 10.0 * off).sqrt() + 4.0 * off, "{point}");
            assert_eq!((multiplier.index, multiplier.side), (0, Side::Fixed));
            let curvature = point.eigenvalues[0];
            assert!((curvature.value + 2.0 * y).abs() <= curvature.radius + 1e-15, "{point}");
            assert!(point.distance >= off * 0.3 && point.distance < 1e-9 + 2.0 * off, "{point}");
        }
    }
    // Elsewhere on it the line has a slope, and off it there is no circle near.
    let elsewhere = classify(&line, [2.0_f64.sqrt(), 0.0])?;
    assert_eq!(elsewhere.kind, Kind::Undecided { reason: Reason::NotStationary });
    let outside = classify(&line, [-2.0, -2.0])?;
    assert!(matches!(outside.kind, Kind::Undecided { .. }), "{outside}");
    assert!((conditions(&outside).violation - 6.0).abs() < 1e-12);
    Ok(())
}

/// x₀ x₁ on the sphere has extrema ±½ at x₂ = 0, with y = ±½, and at the poles y = 0 and the curvature ±1.
#[test]
fn a_saddle_on_a_sphere() -> Result<(), Error> {
    let sphere = || limited!(3, |x| [x[0].powi(2) + x[1].powi(2) + x[2].powi(2)], [1.0], [1.0]);
    let product = Constrained(problem!(3, |x| x[0] * x[1]), sphere());
    let r = 0.5_f64.sqrt();
    for (x, kind) in [
        ([r, -r, 0.0], Kind::Minimum),
        ([r, r, 0.0], Kind::Maximum),
        ([0.0, 0.0, 1.0], Kind::Saddle { index: 1 }),
    ] {
        let point = classify(&product, x)?;
        assert_eq!(point.kind, kind, "{point}");
        assert_eq!(point.eigenvectors.shape(), (3, 2));
    }
    let pole = classify(&product, [0.0, 0.0, 1.0])?;
    let (direction, curvature) = pole.escape_direction().expect("a way down");
    assert!((curvature + 1.0).abs() < 1e-12 && direction[2].abs() < 1e-15);
    assert!((direction[0] + direction[1]).abs() < 1e-12);
    Ok(())
}

/// A run that verifies goes on from the pole, and ends at a minimum; one that began at a maximum as well.
#[test]
fn verified_runs_leave_saddles() -> Result<(), Error> {
    let sphere = limited!(3, |x| [x[0].powi(2) + x[1].powi(2) + x[2].powi(2)], [1.0], [1.0]);
    let product = Constrained(problem!(3, |x| x[0] * x[1]), sphere);
    let r = 0.5_f64.sqrt();
    for start in [[0.0, 0.0, 1.0], [r, r, 0.0]] {
        let found = Minimizer::new(&product, InteriorPoint::default(), start).verify().run()?;
        assert!(found.termination.is_converged() && (found.cost + 0.5).abs() < 1e-8, "{found}");
        assert!(found.classification.as_ref().is_some_and(Classification::is_minimum), "{found}");
        assert!(found.infeasibility.is_some_and(|violation| violation <= 1e-6), "{found}");
    }
    Ok(())
}

/// Without derivatives, differences give the same verdicts.
#[test]
fn differences_suffice() -> Result<(), Error> {
    struct Circle(Bounds);
    impl extremum::Constraints for Circle {
        fn count(&self) -> usize {
            1
        }
        fn limits(&self) -> &Bounds {
            &self.0
        }
        fn values(&self, x: &DVector<f64>, c: &mut DVector<f64>) {
            c[0] = x.norm_squared();
        }
    }
    let limits = || Circle(Bounds::new([2.0], [2.0]).unwrap());
    let with = from_fn(2, |x| x[0] + x[1]).with_gradient(|_, g| g.fill(1.0));
    let without = from_fn(2, |x| x[0] + x[1]);
    for line in [Constrained(with, limits()), Constrained(without, limits())] {
        assert_eq!(classify(&line, [-1.0, -1.0])?.kind, Kind::Minimum);
        let top = classify(&line, [1.0, 1.0])?;
        assert_eq!(top.kind, Kind::Maximum, "{top}");
        let multiplier = conditions(&top).multipliers[0];
        assert!((multiplier.value - 0.5).abs() <= multiplier.error, "{top}");
    }
    Ok(())
}

/// −x₀² − x₁² within x₀ + x₁ ≤ 1, x ≥ 0: minima in the corners (1, 0) and (0, 1), which two limits hold.
#[test]
fn corners_and_edges() -> Result<(), Error> {
    let triangle = || limited!(2, |x| [x[0] + x[1]], [-ANY], [1.0]);
    let bounds = || Bounds::new([0.0, 0.0], [ANY, ANY]).unwrap();
    let hill = problem!(2, |x| -x[0].powi(2) - x[1].powi(2));
    let hill = Constrained(Bounded(hill, bounds()), triangle());
    let corner = classify(&hill, [1.0, 0.0])?;
    assert_eq!(corner.kind, Kind::Minimum, "{corner}");
    // ∇f = (−2, 0) = y (1, 1) + z (0, 1)
    let found = conditions(&corner);
    assert!((found.multipliers[0].value + 2.0).abs() < 1e-14, "{corner}");
    assert!((corner.active[0].multiplier - 2.0).abs() < 1e-14, "{corner}");
    assert_eq!((found.active, found.rank, found.is_strictly_complementary), (2, 2, true));
    // On the edge between them it is the highest point, which the constraint holds: a saddle.
    let edge = classify(&hill, [0.5, 0.5])?;
    assert_eq!(edge.kind, Kind::Saddle { index: 1 }, "{edge}");
    // At the origin f decreases inwards: ∇f = 0, and both bounds are weakly active.
    let origin = classify(&hill, [0.0, 0.0])?;
    assert!(!origin.is_minimum(), "{origin}");
    Ok(())
}

/// x₀² − x₁² with x₁ ≥ 0, at the origin: the bound's multiplier is 0. f falls inwards, which no sign shows.
#[test]
fn limits_without_a_multiplier() -> Result<(), Error> {
    let half = |sign: f64| {
        let above = limited!(2, |x| [x[1]], [0.0], [ANY]);
        let cost = if sign > 0.0 {
            from_fn(2, |x| x[0].powi(2) + x[1].powi(2))
                .with_gradient(|x, g| g.copy_from_slice(&[2.0 * x[0], 2.0 * x[1]]))
        } else {
            from_fn(2, |x| x[0].powi(2) - x[1].powi(2))
                .with_gradient(|x, g| g.copy_from_slice(&[2.0 * x[0], -2.0 * x[1]]))
        };
        Constrained(cost, above)
    };
    let open = classify(&half(-1.0), [0.0, 0.0])?;
    assert_eq!(open.kind, Kind::Undecided { reason: Reason::WeaklyActive }, "{open}");
    assert!(!conditions(&open).is_strictly_complementary);
    // Curvature in all directions needs no multiplier.
    assert_eq!(classify(&half(1.0), [0.0, 0.0])?.kind, Kind::Minimum);
    Ok(())
}

/// Hock and Schittkowski's problem 13: the gradients of both limits at the solution (1, 0) are parallel, and none
/// explains ∇f.
#[test]
fn no_multipliers() -> Result<(), Error> {
    let cusp = limited!(2, |x| [(1.0 - x[0]).powi(3) - x[1]], [0.0], [ANY]);
    let bounds = Bounds::new([0.0, 0.0], [ANY, ANY])?;
    let distance = problem!(2, |x| (x[0] - 2.0).powi(2) + x[1].powi(2));
    let problem = Constrained(Bounded(distance, bounds), cusp);
    for x in [1.0, 1.0 + 1e-9, 1.0 + 1e-6, 1.0 + 1e-5, 1.0 - 1e-6, 1.0 + 1e-3] {
        let point = classify(&problem, [x, 0.0])?;
        assert!(matches!(point.kind, Kind::Undecided { .. }), "{x}: {point}");
        if (x - 1.0).abs() <= 1e-6 {
            assert_eq!(point.kind, Kind::Undecided { reason: Reason::Degenerate }, "{x}: {point}");
        }
    }
    Ok(())
}

/// The same circle three times: multipliers are not unique, and the minimum is one all the same.
#[test]
fn dependent_constraints() -> Result<(), Error> {
    let circles = limited!(
        2,
        |x| [
            x[0].powi(2) + x[1].powi(2),
            2.0 * (x[0].powi(2) + x[1].powi(2)),
            x[0].powi(2) + x[1].powi(2)
        ],
        [2.0, 4.0, 2.0],
        [2.0, 4.0, 2.0]
    );
    let line = Constrained(problem!(2, |x| x[0] + x[1]), circles);
    let bottom = classify(&line, [-1.0, -1.0])?;
    assert_eq!(bottom.kind, Kind::Minimum, "{bottom}");
    let found = conditions(&bottom);
    assert_eq!((found.active, found.rank), (3, 1));
    assert!(found.multipliers.iter().all(|m| m.error == ANY), "{bottom}");
    assert!(found.residual < 1e-15);
    let top = classify(&line, [1.0, 1.0])?;
    assert_eq!(top.kind, Kind::Undecided { reason: Reason::Dependent }, "{top}");
    Ok(())
}

/// Two circles apart, and x² + 1 ≤ 0: no point is near.
#[test]
fn infeasible_points() -> Result<(), Error> {
    let circles = limited!(
        2,
        |x| [x[0].powi(2) + x[1].powi(2), (x[0] - 4.0).powi(2) + x[1].powi(2)],
        [-ANY, -ANY],
        [1.0, 1.0]
    );
    let apart = Constrained(problem!(2, |x| x[1].powi(2)), circles);
    let middle = classify(&apart, [2.0, 0.0])?;
    assert!(matches!(middle.kind, Kind::Undecided { .. }), "{middle}");
    assert_eq!(conditions(&middle).violation, 3.0);
    let square = limited!(1, |x| [x[0].powi(2) + 1.0], [-ANY], [0.0]);
    let never = Constrained(problem!(1, |x| x[0].powi(2)), square);
    let nearest = classify(&never, [0.0])?;
    assert_eq!(nearest.kind, Kind::Undecided { reason: Reason::Infeasible }, "{nearest}");
    Ok(())
}

/// A change of the units of cost, constraints and variables changes no verdict.
#[test]
fn units_change_nothing() -> Result<(), Error> {
    for (of_cost, of_constraint) in [(1e-12, 1.0), (1e12, 1e-8), (1e6, 1e8), (1.0, 1e-12)] {
        let circle = limited!(2, |x| [x[0].powi(2) + x[1].powi(2)], [2.0], [2.0]);
        let cost = from_fn(2, move |x| of_cost * (x[0] + x[1]))
            .with_gradient(move |_, g| g.fill(of_cost))
            .with_hessian(|_| extremum::DMatrix::zeros(2, 2));
        struct Scaled<C>(C, f64, Bounds);
        impl<C: extremum::Constraints> extremum::Constraints for Scaled<C> {
            fn count(&self) -> usize {
                self.0.count()
            }
            fn limits(&self) -> &Bounds {
                &self.2
            }
            fn values(&self, x: &DVector<f64>, c: &mut DVector<f64>) {
                self.0.values(x, c);
                *c *= self.1;
            }
            fn jacobian(&self, x: &DVector<f64>, j: &mut extremum::Matrix) -> bool {
                self.0.jacobian(x, j);
                *j.dense(1, 2) *= self.1;
                true
            }
            fn hessian(&self, x: &DVector<f64>, y: &DVector<f64>) -> Option<extremum::Matrix> {
                self.0.hessian(x, &(y * self.1))
            }
        }
        let limit = 2.0 * of_constraint;
        let scaled = Scaled(circle, of_constraint, Bounds::new([limit], [limit])?);
        let problem = Constrained(cost, scaled);
        assert_eq!(problem.dimension(), 2);
        for (x, kind) in [(-1.0, Kind::Minimum), (1.0, Kind::Maximum)] {
            let point = classify(&problem, [x, x])?;
            assert_eq!(point.kind, kind, "{of_cost} {of_constraint}: {point}");
        }
    }
    Ok(())
}

/// Every point where something is not finite gets an answer.
#[test]
fn bad_numbers() -> Result<(), Error> {
    let root = limited!(1, |x| [x[0].sqrt()], [0.0], [1.0]);
    let problem = Constrained(problem!(1, |x| x[0]), root);
    let point = classify(&problem, [0.0])?;
    assert_eq!(point.kind, Kind::Undecided { reason: Reason::NotFinite }, "{point}");
    assert!(classify(&problem, [f64::NAN]).is_err());
    Ok(())
}
