//! The solvers, and the traits to write one: a solver is plain configuration that creates and advances a state. A complete
//! example is at [`Iterate`], the state of methods that move a single point.

mod any;
mod augmented_lagrangian;
mod basin_hopping;
pub mod descent;
pub mod first_order;
mod first_order_conditions;
mod inner_run;
mod interior_point;
mod iterate;
mod multi_start;
pub mod population;
pub mod trust_region;
pub mod variance_reduced;

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Serialize, de::DeserializeOwned};

pub use any::{AnySolver, AnyState};
pub use augmented_lagrangian::{AugmentedLagrangian, AugmentedLagrangianState};
pub use basin_hopping::{BasinHopping, BasinHoppingState};
pub use interior_point::{InteriorPoint, InteriorPointState};
pub use iterate::Iterate;
pub use multi_start::{Minimum, MultiStart, MultiStartState};

use crate::{Error, Oracle, Termination, fingerprint};

/// Everything that changes during a run, workspace included. Checkpoints store it.
pub trait State: Serialize + DeserializeOwned + Send + 'static {
    /// The best point accepted.
    fn x(&self) -> &DVector<f64>;
    /// The cost there.
    fn cost(&self) -> f64;
    /// The gradient's maximum norm there; `None` when the method uses no gradients. Within bounds it is that of the
    /// [projected gradient](crate::Bounds::projected_norm), with constraints that of the gradient of the Lagrangian,
    /// ∇f(x) − Σ yᵢ ∇cᵢ(x), projected if there are bounds as well: a norm that vanishes at a solution. Default: `None`.
    fn gradient_norm(&self) -> Option<f64> {
        None
    }
    /// The current iterate: [`x`](Self::x), unless the method continues from worse points than the best.
    fn current(&self) -> &DVector<f64> {
        self.x()
    }
    /// The cost at the [current](Self::current) iterate.
    fn current_cost(&self) -> f64 {
        self.cost()
    }
    /// The infeasibility of x, by how much it violates the constraints: the largest of lᵢ − cᵢ(x) and cᵢ(x) − uᵢ, at least 0.
    /// `None`, the default, when the method keeps no constraints. [`cost`](Self::cost) is the problem's own, without
    /// penalties.
    fn infeasibility(&self) -> Option<f64> {
        None
    }
    /// The complementarity of x and its multipliers: the largest product of |yᵢ| with the distance of cᵢ(x) from the
    /// limit that the sign of yᵢ belongs to, in units of the cost. `None`, the default, when the method has no
    /// multipliers, or keeps it at 0.
    fn complementarity(&self) -> Option<f64> {
        None
    }
    /// The multipliers y of the constraints at x, m components, if the method has them: ∇f(x) = Σ yᵢ ∇cᵢ(x) at a solution
    /// without active bounds. There yᵢ ≥ 0 where cᵢ(x) is at its lower limit, yᵢ ≤ 0 at its upper limit, yᵢ = 0 between
    /// them, and of any sign for an equality (J. Nocedal and S. Wright, Numerical Optimization, 2nd ed., eq. (12.34)).
    /// Default: `None`.
    fn multipliers(&self) -> Option<&DVector<f64>> {
        None
    }
    /// The number of gradients skipped, in whole or in part, because they were not finite.
    fn skipped(&self) -> u64 {
        0
    }
}

/// The set in which a method can keep x. Ordered: a method for one domain also handles those before it.
///
/// ```
/// use extremum::{Domain, Lbfgs, MultiStart, Solver};
/// assert_eq!(Lbfgs::default().domain(), Domain::Free);
/// assert!(MultiStart::default().domain() > Domain::Free);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Domain {
    /// All of ℝⁿ, except the points where the cost is not finite.
    Free,
    /// The problem's [bounds](crate::Problem::bounds).
    Bounded,
    /// The problem's bounds and [constraints](crate::Constraints), as [`AugmentedLagrangian`] and
    /// [`InteriorPoint`] keep them.
    Constrained,
}

impl Domain {
    /// Refuses a problem whose bounds or constraints `solver` cannot keep.
    pub(crate) fn check<S: Solver + ?Sized>(solver: &S, problem: &Oracle<'_>) -> Result<(), Error> {
        let (domain, solver, problem) = (solver.domain(), solver.name(), problem.problem());
        if problem.structure().constraints.is_some() && domain < Self::Constrained {
            return Err(Error::ConstraintsNotSupported { solver });
        }
        if problem.bounds().is_some() && domain < Self::Bounded {
            return Err(Error::BoundsNotSupported { solver });
        }
        Ok(())
    }
}

/// A method of minimisation: plain configuration that creates a [`State`] and advances it, one iteration at a time.
pub trait Solver: Send + Sync {
    /// Everything that changes.
    type State: State;

    /// The method's name, for tables and checkpoints.
    fn name(&self) -> &'static str;

    /// A number that tells this configuration from others: a checkpoint with another fingerprint is refused. Default: that
    /// of the name. A method with parameters should return [`fingerprint(self)`](crate::fingerprint()), or the fingerprint of
    /// a tuple of its parameters and the fingerprints of the solvers that it runs.
    fn fingerprint(&self) -> u64 {
        fingerprint(&self.name())
    }

    /// The domain in which the method keeps x. Before it evaluates anything, a run refuses a problem that needs more.
    /// Default: [`Domain::Free`], so that a method without support for bounds never ignores them.
    fn domain(&self) -> Domain {
        Domain::Free
    }

    /// Checks the parameters, evaluates the start and allocates everything that the steps need.
    ///
    /// # Errors
    /// For a bad parameter or start; see [`Error`].
    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error>;

    /// [`init`](Self::init) in the memory of a state of an earlier run: a solver that runs this one many times calls
    /// it, so that nothing is allocated. Default: a new state.
    ///
    /// # Errors
    /// As [`init`](Self::init); the state is unusable then.
    fn restart(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut Self::State,
        x0: &DVector<f64>,
    ) -> Result<(), Error> {
        *state = self.init(problem, x0.clone())?;
        Ok(())
    }

    /// Makes one iteration: proposes, evaluates, and commits unless the run was interrupted. Breaks when the method
    /// itself knows that the run is over.
    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination>;

    /// Checks a state that was read from a checkpoint against the solver and the problem. Default: x has the problem's
    /// dimension, x and its cost are finite, and the multipliers, if there are any, are as many as the constraints. A method
    /// whose state has further vectors or matrices has to check their sizes as well: wrong ones would make a step panic.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when they do not fit.
    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        let x = state.x();
        let constraints = problem.problem().structure().constraints.map_or(0, |all| all.count());
        let fits = x.len() == problem.dimension()
            && x.iter().all(|x| x.is_finite())
            && state.cost().is_finite()
            && state.multipliers().is_none_or(|y| y.len() == constraints);
        if fits {
            return Ok(());
        }
        Err(Error::Checkpoint { reason: "its point does not belong to this problem".to_owned() })
    }

    /// Called before a run reports convergence. A method that knows more than the gradient may object, and the run goes
    /// on: [`Newton`](crate::Newton) examines the Hessian and leaves a saddle.
    fn accepts_convergence(&self, _problem: &mut Oracle<'_>, _state: &mut Self::State) -> bool {
        true
    }

    /// m = max |∂f/∂xᵢ| sᵢ at the state's x, with sᵢ the largest of |xᵢ|, |xᵢ − x₀ᵢ| and a typical size if the method
    /// has one: the change of the cost that the gradient promises when a variable changes by its own size, whatever the
    /// units of the variables. Infinite when sᵢ = 0 for a nonzero component. `None` when the method has no gradient.
    /// Default: an upper bound, the gradient's norm times the largest size.
    fn promised_change(&self, state: &Self::State, x0: &DVector<f64>) -> Option<f64> {
        Some(promised_by_norm(state.gradient_norm()?, state.x(), x0))
    }

    /// The number of iterations without improvement after which a run ends, [stalled](crate::Stall::NoImprovement).
    /// Default: 100.
    fn patience(&self) -> u64 {
        100
    }

    /// Erases the solver's type, so that one collection can hold different solvers.
    fn boxed(self) -> Box<dyn AnySolver>
    where
        Self: Sized + 'static,
    {
        Box::new(self)
    }
}

/// How often a method may refine its gradient before it accepts convergence: more often than there are ways to
/// difference it.
const REFINEMENTS: usize = 4;

/// What `holds` for the state, if the solver accepts convergence there. A solver that refines its gradient is asked
/// again, as it would be if the run were resumed from there: so that both come to the same end.
pub(crate) fn accepted<S: Solver + ?Sized, T>(
    solver: &S,
    problem: &mut Oracle<'_>,
    state: &mut S::State,
    holds: impl Fn(&Oracle<'_>, &S::State) -> Option<T>,
) -> Option<T> {
    for _ in 0..REFINEMENTS {
        let norm = state.gradient_norm();
        let accepts = solver.accepts_convergence(problem, state);
        let held = holds(problem, state)?;
        if state.gradient_norm() == norm {
            return Some(held).filter(|_| accepts);
        }
    }
    None
}

/// An upper bound of [`Solver::promised_change`]: the gradient's norm times the largest size.
fn promised_by_norm(norm: f64, x: &DVector<f64>, x0: &DVector<f64>) -> f64 {
    let sizes = x.iter().zip(x0).map(|(x, x0)| x.abs().max((x - x0).abs()));
    promised_change([(norm, sizes.fold(0.0, f64::max))].into_iter())
}

/// max |gᵢ| sᵢ over pairs (gᵢ, sᵢ); see [`Solver::promised_change`].
fn promised_change(components: impl Iterator<Item = (f64, f64)>) -> f64 {
    let changes = components.map(|(g, size)| match (g, size) {
        (0.0, _) => 0.0,
        (_, 0.0) => f64::INFINITY,
        _ => g.abs() * size,
    });
    changes.fold(0.0, f64::max)
}

macro_rules! forward {
    ($type:ty, [$($generics:tt)*]) => {
        impl<$($generics)*> Solver for $type {
            type State = S::State;
            fn name(&self) -> &'static str {
                (**self).name()
            }
            fn fingerprint(&self) -> u64 {
                (**self).fingerprint()
            }
            fn domain(&self) -> Domain {
                (**self).domain()
            }
            fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<S::State, Error> {
                (**self).init(problem, x0)
            }
            fn restart(
                &self,
                problem: &mut Oracle<'_>,
                state: &mut S::State,
                x0: &DVector<f64>,
            ) -> Result<(), Error> {
                (**self).restart(problem, state, x0)
            }
            fn step(&self, problem: &mut Oracle<'_>, state: &mut S::State) -> ControlFlow<Termination> {
                (**self).step(problem, state)
            }
            fn restore(&self, problem: &mut Oracle<'_>, state: &mut S::State) -> Result<(), Error> {
                (**self).restore(problem, state)
            }
            fn accepts_convergence(&self, problem: &mut Oracle<'_>, state: &mut S::State) -> bool {
                (**self).accepts_convergence(problem, state)
            }
            fn promised_change(&self, state: &S::State, x0: &DVector<f64>) -> Option<f64> {
                (**self).promised_change(state, x0)
            }
            fn patience(&self) -> u64 {
                (**self).patience()
            }
        }
    };
}

forward!(&S, [S: Solver + ?Sized]);
forward!(Box<S>, [S: Solver + ?Sized]);
