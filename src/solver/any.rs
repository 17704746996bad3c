//! Solvers of different types in one collection.

use std::any::Any;
use std::fmt;
use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

use super::{Domain, Solver, State};
use crate::{Error, Oracle, Termination};

/// A solver whose type is erased; made by [`Solver::boxed`]. `Box<dyn AnySolver>` and `&dyn AnySolver` are
/// [`Solver`]s, checkpoints included.
///
/// ```
/// use extremum::{AnySolver, Bfgs, Lbfgs, Newton, Solver, from_fn, minimize};
/// let problem = from_fn(1, |x| x[0].cosh()).with_gradient(|x, g| g[0] = x[0].sinh());
/// let solvers: Vec<Box<dyn AnySolver>> =
///     vec![Bfgs::default().boxed(), Lbfgs::default().boxed(), Newton::default().boxed()];
/// for solver in &solvers {
///     let found = minimize(&problem, solver, [2.0])?;
///     assert!((found.cost - 1.0).abs() < 1e-12, "{}", solver.name());
/// }
/// # Ok::<(), extremum::Error>(())
/// ```
pub trait AnySolver: Send + Sync {
    #[doc(hidden)]
    fn name_any(&self) -> &'static str;
    #[doc(hidden)]
    fn fingerprint_any(&self) -> u64;
    #[doc(hidden)]
    fn domain_any(&self) -> Domain;
    #[doc(hidden)]
    fn init_any(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<AnyState, Error>;
    #[doc(hidden)]
    fn restart_any(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut AnyState,
        x0: &DVector<f64>,
    ) -> Result<(), Error>;
    #[doc(hidden)]
    fn step_any(&self, problem: &mut Oracle<'_>, state: &mut AnyState) -> ControlFlow<Termination>;
    #[doc(hidden)]
    fn restore_any(&self, problem: &mut Oracle<'_>, state: &mut AnyState) -> Result<(), Error>;
    #[doc(hidden)]
    fn accepts_convergence_any(&self, problem: &mut Oracle<'_>, state: &mut AnyState) -> bool;
    #[doc(hidden)]
    fn promised_change_any(&self, state: &AnyState, x0: &DVector<f64>) -> Option<f64>;
    #[doc(hidden)]
    fn patience_any(&self) -> u64;
}

impl<S: Solver> AnySolver for S {
    fn name_any(&self) -> &'static str {
        self.name()
    }

    fn fingerprint_any(&self) -> u64 {
        self.fingerprint()
    }

    fn domain_any(&self) -> Domain {
        self.domain()
    }

    fn init_any(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<AnyState, Error> {
        Ok(AnyState(Inner::Live(Box::new(self.init(problem, x0)?))))
    }

    fn restart_any(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut AnyState,
        x0: &DVector<f64>,
    ) -> Result<(), Error> {
        match state.downcast::<S::State>() {
            Some(state) => self.restart(problem, state, x0),
            None => {
                *state = self.init_any(problem, x0.clone())?;
                Ok(())
            }
        }
    }

    fn step_any(&self, problem: &mut Oracle<'_>, state: &mut AnyState) -> ControlFlow<Termination> {
        match state.downcast::<S::State>() {
            Some(state) => self.step(problem, state),
            None => ControlFlow::Break(Termination::NotFinished),
        }
    }

    fn restore_any(&self, problem: &mut Oracle<'_>, state: &mut AnyState) -> Result<(), Error> {
        if let Inner::Stored(bytes, _) = &state.0 {
            let loaded: S::State = postcard::from_bytes(bytes)
                .map_err(|error| Error::Checkpoint { reason: error.to_string() })?;
            state.0 = Inner::Live(Box::new(loaded));
        }
        match state.downcast::<S::State>() {
            Some(state) => self.restore(problem, state),
            None => Err(Error::Checkpoint {
                reason: format!("the state does not belong to {}", self.name()),
            }),
        }
    }

    fn accepts_convergence_any(&self, problem: &mut Oracle<'_>, state: &mut AnyState) -> bool {
        state.downcast::<S::State>().is_none_or(|state| self.accepts_convergence(problem, state))
    }

    fn promised_change_any(&self, state: &AnyState, x0: &DVector<f64>) -> Option<f64> {
        let Inner::Live(state) = &state.0 else { return None };
        self.promised_change((**state).as_any().downcast_ref()?, x0)
    }

    fn patience_any(&self) -> u64 {
        self.patience()
    }
}

impl Solver for dyn AnySolver + '_ {
    type State = AnyState;
    fn name(&self) -> &'static str {
        self.name_any()
    }
    fn fingerprint(&self) -> u64 {
        self.fingerprint_any()
    }
    fn domain(&self) -> Domain {
        self.domain_any()
    }
    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<AnyState, Error> {
        self.init_any(problem, x0)
    }
    fn restart(
        &self,
        problem: &mut Oracle<'_>,
        state: &mut AnyState,
        x0: &DVector<f64>,
    ) -> Result<(), Error> {
        self.restart_any(problem, state, x0)
    }
    fn step(&self, problem: &mut Oracle<'_>, state: &mut AnyState) -> ControlFlow<Termination> {
        self.step_any(problem, state)
    }
    fn restore(&self, problem: &mut Oracle<'_>, state: &mut AnyState) -> Result<(), Error> {
        self.restore_any(problem, state)
    }
    fn accepts_convergence(&self, problem: &mut Oracle<'_>, state: &mut AnyState) -> bool {
        self.accepts_convergence_any(problem, state)
    }
    fn promised_change(&self, state: &AnyState, x0: &DVector<f64>) -> Option<f64> {
        self.promised_change_any(state, x0)
    }
    fn patience(&self) -> u64 {
        self.patience_any()
    }
}

/// The state of a solver whose type is erased.
pub struct AnyState(Inner);

enum Inner {
    Live(Box<dyn Erased>),
    /// Loaded from a checkpoint; a solver makes it live in [`Solver::restore`]. The vector stands in for x.
    Stored(Vec<u8>, DVector<f64>),
}

/// The object-safe part of a [`State`].
trait Erased: Send {
    fn x(&self) -> &DVector<f64>;
    fn cost(&self) -> f64;
    fn gradient_norm(&self) -> Option<f64>;
    fn current(&self) -> &DVector<f64>;
    fn current_cost(&self) -> f64;
    fn infeasibility(&self) -> Option<f64>;
    fn complementarity(&self) -> Option<f64>;
    fn multipliers(&self) -> Option<&DVector<f64>>;
    fn skipped(&self) -> u64;
    fn to_bytes(&self) -> postcard::Result<Vec<u8>>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<S: State> Erased for S {
    fn x(&self) -> &DVector<f64> {
        State::x(self)
    }
    fn cost(&self) -> f64 {
        State::cost(self)
    }
    fn gradient_norm(&self) -> Option<f64> {
        State::gradient_norm(self)
    }
    fn current(&self) -> &DVector<f64> {
        State::current(self)
    }
    fn current_cost(&self) -> f64 {
        State::current_cost(self)
    }
    fn infeasibility(&self) -> Option<f64> {
        State::infeasibility(self)
    }
    fn complementarity(&self) -> Option<f64> {
        State::complementarity(self)
    }
    fn multipliers(&self) -> Option<&DVector<f64>> {
        State::multipliers(self)
    }
    fn skipped(&self) -> u64 {
        State::skipped(self)
    }
    fn to_bytes(&self) -> postcard::Result<Vec<u8>> {
        postcard::to_stdvec(self)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl AnyState {
    fn downcast<S: 'static>(&mut self) -> Option<&mut S> {
        match &mut self.0 {
            Inner::Live(state) => (**state).as_any_mut().downcast_mut(),
            Inner::Stored(..) => None,
        }
    }
}

impl State for AnyState {
    fn x(&self) -> &DVector<f64> {
        match &self.0 {
            Inner::Live(state) => state.x(),
            Inner::Stored(_, x) => x,
        }
    }
    fn cost(&self) -> f64 {
        match &self.0 {
            Inner::Live(state) => state.cost(),
            Inner::Stored(..) => f64::NAN,
        }
    }
    fn gradient_norm(&self) -> Option<f64> {
        match &self.0 {
            Inner::Live(state) => state.gradient_norm(),
            Inner::Stored(..) => None,
        }
    }
    fn current(&self) -> &DVector<f64> {
        match &self.0 {
            Inner::Live(state) => state.current(),
            Inner::Stored(_, x) => x,
        }
    }
    fn current_cost(&self) -> f64 {
        match &self.0 {
            Inner::Live(state) => state.current_cost(),
            Inner::Stored(..) => f64::NAN,
        }
    }
    fn infeasibility(&self) -> Option<f64> {
        match &self.0 {
            Inner::Live(state) => state.infeasibility(),
            Inner::Stored(..) => None,
        }
    }
    fn complementarity(&self) -> Option<f64> {
        match &self.0 {
            Inner::Live(state) => state.complementarity(),
            Inner::Stored(..) => None,
        }
    }
    fn multipliers(&self) -> Option<&DVector<f64>> {
        match &self.0 {
            Inner::Live(state) => state.multipliers(),
            Inner::Stored(..) => None,
        }
    }
    fn skipped(&self) -> u64 {
        match &self.0 {
            Inner::Live(state) => state.skipped(),
            Inner::Stored(..) => 0,
        }
    }
}

impl Serialize for AnyState {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        match &self.0 {
            Inner::Live(state) => state.to_bytes().map_err(T::Error::custom)?.serialize(serializer),
            Inner::Stored(bytes, _) => bytes.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AnyState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Vec::deserialize(deserializer).map_err(D::Error::custom)?;
        Ok(Self(Inner::Stored(bytes, DVector::zeros(0))))
    }
}

impl fmt::Debug for AnyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyState")
            .field("x", State::x(self))
            .field("cost", &State::cost(self))
            .finish()
    }
}
