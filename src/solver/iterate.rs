//! The state of a method with one point.

use nalgebra::DVector;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::State;

/// One point with what is known there, and the method's own memory `M`: a [`State`] for methods that move a single point.
///
/// ```
/// use extremum::{DVector, Error, Iterate, Oracle, Solver, Termination, from_fn, minimize};
/// use std::ops::ControlFlow;
///
/// /// x⁺ = x − α ∇f(x), with ∇f(x) as the memory.
/// struct FixedStep(f64);
///
/// impl FixedStep {
///     fn at(x: DVector<f64>, cost: f64, gradient: DVector<f64>) -> Iterate<DVector<f64>> {
///         let gradient_norm = Some(gradient.amax());
///         Iterate { gradient_norm, ..Iterate::new(x, cost, gradient) }
///     }
/// }
///
/// impl Solver for FixedStep {
///     type State = Iterate<DVector<f64>>;
///
///     fn name(&self) -> &'static str {
///         "FixedStep"
///     }
///     fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
///         let mut gradient = x0.clone();
///         let cost = problem.start(&x0, &mut gradient)?;
///         Ok(Self::at(x0, cost, gradient))
///     }
///     fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
///         let x = &state.x - self.0 * &state.memory;
///         let mut gradient = x.clone();
///         let cost = problem.cost_and_gradient(&x, &mut gradient);
///         problem.uninterrupted()?;
///         *state = Self::at(x, cost, gradient);
///         ControlFlow::Continue(())
///     }
///     fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
///         let n = problem.dimension();
///         let fits = state.x.len() == n && state.memory.len() == n;
///         let reason = "it has another number of variables".to_owned();
///         if fits { Ok(()) } else { Err(Error::Checkpoint { reason }) }
///     }
/// }
///
/// let bowl = from_fn(1, |x| x[0] * x[0]).with_gradient(|x, g| g[0] = 2.0 * x[0]);
/// let found = minimize(&bowl, FixedStep(0.25), [1.0])?; // halves x
/// assert_eq!((found.iterations, found.x[0]), (21, 0.5_f64.powi(21))); // 2 · 2⁻²¹ ≤ 1e-6
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Iterate<M = ()> {
    /// The point.
    pub x: DVector<f64>,
    /// f(x).
    pub cost: f64,
    /// See [`State::gradient_norm`].
    pub gradient_norm: Option<f64>,
    /// See [`State::infeasibility`].
    pub infeasibility: Option<f64>,
    /// See [`State::complementarity`].
    pub complementarity: Option<f64>,
    /// See [`State::multipliers`].
    pub multipliers: Option<DVector<f64>>,
    /// What else the method remembers.
    pub memory: M,
}

impl<M> Iterate<M> {
    /// A point with its cost and the method's memory. The other fields are `None`.
    pub fn new(x: DVector<f64>, cost: f64, memory: M) -> Self {
        let [gradient_norm, infeasibility, complementarity] = [None; 3];
        Self { x, cost, gradient_norm, infeasibility, complementarity, multipliers: None, memory }
    }
}

impl<M: Serialize + DeserializeOwned + Send + 'static> State for Iterate<M> {
    fn x(&self) -> &DVector<f64> {
        &self.x
    }
    fn cost(&self) -> f64 {
        self.cost
    }
    fn gradient_norm(&self) -> Option<f64> {
        self.gradient_norm
    }
    fn infeasibility(&self) -> Option<f64> {
        self.infeasibility
    }
    fn complementarity(&self) -> Option<f64> {
        self.complementarity
    }
    fn multipliers(&self) -> Option<&DVector<f64>> {
        self.multipliers.as_ref()
    }
}
