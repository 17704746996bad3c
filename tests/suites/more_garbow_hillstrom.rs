//! The 35 problems of Moré, Garbow and Hillstrom (TOMS 7, 1981) from their standard starts, to a gradient of maximum norm
//! 1e-6 max(1, |f|) within 10000 evaluations: converged means at a minimum that the literature lists.

use extremum::functions::more_garbow_hillstrom;
use extremum::stop::{gradient_norm_relative_to_cost, max_evaluations};
use extremum::{
    AnySolver, Bfgs, ConjugateGradient, DVector, Error, Lbfgs, Minimizer, Newton, Problem, Solver,
};
use extremum_hostile::solvers::with_every_search;

/// How many of the 35 the solver solves. Along the way: no run claims what the problem itself does not confirm.
fn solved(solver: &dyn AnySolver) -> Result<usize, Error> {
    let mut solved = 0;
    for problem in &more_garbow_hillstrom() {
        let found = Minimizer::new(problem, solver, problem.start())
            .stop_when(gradient_norm_relative_to_cost(1e-6).or(max_evaluations(10_000)))
            .run()?;
        let name = format!("{} on {}: {found}", solver.name(), problem.name());

        let mut gradient = DVector::zeros(problem.dimension());
        problem.gradient(&found.x, &mut gradient);
        assert_eq!(problem.cost(&found.x), found.cost, "{name}");
        assert_eq!(Some(gradient.amax()), found.gradient_norm, "{name}");
        if found.termination.is_converged() {
            assert!(gradient.amax() <= 1e-6 * found.cost.abs().max(1.0), "{name}");
        }
        // One iteration may overshoot the limit by one search.
        assert!(found.evaluations.cost < 10_100, "{name}");
        solved +=
            usize::from(found.termination.is_converged() && problem.is_known_minimum(found.cost));
    }
    Ok(solved)
}

#[test]
fn quasi_newton_and_newton_solve_all() -> Result<(), Error> {
    assert_eq!(solved(&Bfgs::default())?, 35);
    assert_eq!(solved(&Lbfgs::default())?, 35);
    assert_eq!(solved(&Newton::default())?, 35);
    Ok(())
}

#[test]
fn conjugate_gradients_solve_34() -> Result<(), Error> {
    assert!(solved(&ConjugateGradient::default())? >= 34);
    Ok(())
}

#[test]
fn no_solver_with_any_search_claims_a_false_success() -> Result<(), Error> {
    for (_, solver) in with_every_search() {
        solved(solver.as_ref())?;
    }
    Ok(())
}
