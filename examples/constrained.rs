//! Design problems with constraints: a welded beam, a spring, a portfolio, and the nearest point of a surface.
//!
//! ```text
//! cargo run --release --example constrained
//! ```
//!
//! Every problem is a formula with exact derivatives, and its constraints are written with their limits. A multiplier
//! is the price of its limit: by how much the lowest cost changes when the limit moves by one unit. `classify` says
//! what kind of point was found.
//!
//! The beam and the spring are those of S. Rao, *Engineering Optimization*, 4th ed., Wiley (2009), and A. Belegundu, *A
//! Study of Mathematical Programming Methods for Structural Optimization*, University of Iowa (1982), as J. Arora,
//! *Introduction to Optimum Design*, Academic Press (2004), states it.

use extremum::{
    Bounded, Bounds, Constraints, Error, InteriorPoint, Minimizer, Problem, Solution, constraints,
    problem,
};

fn main() -> Result<(), Error> {
    beam()?;
    spring()?;
    portfolio()?;
    nearest_point()
}

/// The cheapest welded beam that carries P = 6000 lb at the end of L = 14 in: weld thickness h and length l, beam
/// height t and thickness b, in inches.
fn beam() -> Result<(), Error> {
    let (load, length, young, shear) = (6000.0, 14.0, 30e6, 12e6);
    let cost = problem!(4, |x| {
        let (h, l, t, b) = (x[0], x[1], x[2], x[3]);
        1.10471 * h * h * l + 0.04811 * t * b * (14.0 + l)
    });
    let strength = constraints!(
        4,
        with(load: f64, length: f64, young: f64, shear: f64),
        |x| [
            // The shear stress in the weld, τ.
            {
                let (h, l, t) = (x[0], x[1], x[2]);
                let direct = *load / (2_f64.sqrt() * h * l);
                let moment = (l / 2.0 + *length) * *load;
                let radius = (l * l / 4.0 + ((h + t) / 2.0).powi(2)).sqrt();
                let inertia =
                    2.0 * 2_f64.sqrt() * h * l * (l * l / 12.0 + ((h + t) / 2.0).powi(2));
                let bending = moment * radius / inertia;
                (direct * direct + direct * bending * l / radius + bending * bending).sqrt()
            },
            // The bending stress in the beam, σ.
            6.0 * *load * *length / (x[3] * x[2].powi(2)),
            // The weld is no thicker than the beam.
            x[0] - x[3],
            // The deflection of the end, δ.
            4.0 * *load * length.powi(3) / (*young * x[2].powi(3) * x[3]),
            // The load less the one at which the beam buckles.
            {
                let (t, b) = (x[2], x[3]);
                let slender = t / (2.0 * *length) * (*young / (4.0 * *shear)).sqrt();
                let critical = 4.013 * *young * t * b.powi(3) / (6.0 * length.powi(2));
                *load - critical * (1.0 - slender)
            },
        ]
    );
    let strength = strength.at_most([13_600.0, 30_000.0, 0.0, 0.25, 0.0])?;
    let sizes = Bounds::new([0.125, 0.1, 0.1, 0.1], [5.0, 10.0, 10.0, 5.0])?;
    let problem = Bounded(cost, sizes).with_constraints(strength);
    let limits = ["weld's shear stress", "bending stress", "h ≤ b", "deflection", "buckling"];
    report("welded beam", &problem, &[1.0, 5.0, 5.0, 1.0], &["h", "l", "t", "b"], &limits)
}

/// The lightest spring: wire diameter d, coil diameter D, in inches, and number N of coils.
fn spring() -> Result<(), Error> {
    let weight = problem!(3, |x| (x[2] + 2.0) * x[1] * x[0].powi(2));
    let working = constraints!(3, |x| [
        // The deflection under the load.
        1.0 - x[1].powi(3) * x[2] / (71_785.0 * x[0].powi(4)),
        // The shear stress.
        (4.0 * x[1].powi(2) - x[0] * x[1]) / (12_566.0 * (x[1] * x[0].powi(3) - x[0].powi(4)))
            + 1.0 / (5108.0 * x[0].powi(2))
            - 1.0,
        // The frequency of the surge.
        1.0 - 140.45 * x[0] / (x[1].powi(2) * x[2]),
        // The outer diameter.
        (x[0] + x[1]) / 1.5 - 1.0,
    ]);
    let sizes = Bounds::new([0.05, 0.25, 2.0], [2.0, 1.3, 15.0])?;
    let problem = Bounded(weight, sizes).with_constraints(working.at_most([0.0; 4])?);
    let limits = ["deflection", "shear stress", "surge", "outer diameter"];
    report("spring", &problem, &[0.06, 0.5, 8.0], &["d", "D", "N"], &limits)
}

/// The portfolio of least variance with a return of 10 %, all money invested and no short sales.
fn portfolio() -> Result<(), Error> {
    let covariance = [
        [0.0400, 0.0060, 0.0100, 0.0020],
        [0.0060, 0.0225, 0.0045, 0.0015],
        [0.0100, 0.0045, 0.0900, -0.0030],
        [0.0020, 0.0015, -0.0030, 0.0100],
    ];
    let returns = [0.09, 0.08, 0.14, 0.04];
    let variance = problem!(4, with(covariance: [[f64; 4]]), |x| {
        let rows = covariance.iter().zip(x);
        rows.map(|(row, x_i)| row.iter().zip(x).map(|(c, x_j)| x_i * x_j * *c).sum::<extremum::Num<R>>()).sum()
    });
    let budget = constraints!(4, |x| [x.iter().copied().sum()]).equal_to([1.0])?;
    let earnings = constraints!(4, with(returns: [f64]), |x| [
        returns.iter().zip(x).map(|(r, x)| *r * *x).sum()
    ]);
    let shares = Bounds::new([0.0; 4], [f64::INFINITY; 4])?;
    let problem = Bounded(variance, shares).with_constraints(budget.and(earnings.at_least([0.1])?));
    let names = ["share 1", "share 2", "share 3", "share 4"];
    report("portfolio", &problem, &[0.25; 4], &names, &["budget", "return"])
}

/// The point of the ellipsoid x² / 4 + y² + z² / 9 = 1 that is nearest to (1, 2, 3).
fn nearest_point() -> Result<(), Error> {
    let distance =
        problem!(3, |x| (x[0] - 1.0).powi(2) + (x[1] - 2.0).powi(2) + (x[2] - 3.0).powi(2));
    let ellipsoid = constraints!(3, |x| [x[0].powi(2) / 4.0 + x[1].powi(2) + x[2].powi(2) / 9.0]);
    let problem = distance.with_constraints(ellipsoid.equal_to([1.0])?);
    report("nearest point", &problem, &[1.0, 1.0, 1.0], &["x", "y", "z"], &["ellipsoid"])
}

fn report(
    name: &str,
    problem: &dyn Problem,
    start: &[f64],
    variables: &[&str],
    limits: &[&str],
) -> Result<(), Error> {
    let found: Solution = Minimizer::new(&problem, InteriorPoint::default(), start).run()?;
    println!("{name}: lowest cost {:.7}\n  {}", found.cost, found.termination);
    for (variable, value) in variables.iter().zip(&found.x) {
        println!("  {variable:<20} {value:>14.7}");
    }
    let verdict = found.classify(&problem)?;
    let active = verdict.conditions.iter().flat_map(|conditions| &conditions.multipliers);
    for multiplier in active {
        let (limit, price) = (limits[multiplier.index], multiplier.value);
        println!("  price of {limit:<20} {price:>14.6e} ± {:.0e}", multiplier.error);
    }
    println!("  {}\n", verdict.kind);
    Ok(())
}
