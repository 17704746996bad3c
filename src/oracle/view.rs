//! What a solver within another solver sees in place of the problem: a function that is made of it.
//!
//! The function is evaluated through the oracle of the run outside, which counts its evaluations and interrupts them.

use std::ops::ControlFlow;

use nalgebra::{DMatrix, DVector};

use super::Oracle;
use super::meter::Meter;
use crate::{Bounds, Problem, Termination};

/// A function with its derivatives, made of a problem. Everything is NaN once the run outside is interrupted.
pub(crate) trait View {
    fn cost(&mut self, x: &DVector<f64>) -> f64;

    /// Writes the gradient and returns the cost.
    fn cost_and_gradient(&mut self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64;

    /// Writes the Hessian, n × n, and returns the size of its errors relative to its largest entries.
    fn hessian(&mut self, x: &DVector<f64>, hessian: &mut DMatrix<f64>) -> f64;

    /// Breaks with the reason once the run outside is interrupted.
    fn uninterrupted(&self) -> ControlFlow<Termination>;

    /// Interrupts the run outside, for a reason that was noticed inside.
    fn interrupt(&mut self, reason: Termination);
}

/// The variables of a problem with their bounds, and nothing else of it.
#[derive(Clone, Copy)]
pub(crate) struct Variables<'a>(&'a dyn Problem);

impl Problem for Variables<'_> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn cost(&self, _: &DVector<f64>) -> f64 {
        f64::NAN
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.0.bounds()
    }
    fn noise(&self) -> f64 {
        self.0.noise()
    }
}

/// What a view takes over from the run outside: its variables and when it is interrupted.
pub(crate) struct Outside<'a> {
    variables: Variables<'a>,
    meter: Meter,
}

impl<'a> Oracle<'a> {
    /// What a view of this oracle needs to know.
    pub(crate) fn outside(&self) -> Outside<'a> {
        let Meter { token, deadline, closed, .. } = self.meter.clone();
        let meter = Meter { token, deadline, closed, ..Meter::default() };
        Outside { variables: Variables(self.problem), meter }
    }

    /// Runs a part of a solver on a view of the problem.
    pub(crate) fn seen_through<T>(
        view: &mut dyn View,
        outside: &Outside<'_>,
        run: impl FnOnce(&mut Oracle<'_>) -> T,
    ) -> T {
        let mut oracle = Oracle::new(&outside.variables);
        oracle.meter = outside.meter.clone();
        oracle.view = Some(view);
        let answer = run(&mut oracle);
        if let (Some(view), Some(reason)) = (oracle.view.take(), oracle.meter.closed.take()) {
            view.interrupt(reason);
        }
        answer
    }

    /// Ends the evaluations, unless they have ended.
    pub(crate) fn interrupt(&mut self, reason: Termination) {
        self.meter.closed.get_or_insert(reason);
    }

    /// The answer of the view, if there is one.
    pub(super) fn by_view<T>(&mut self, look: impl FnOnce(&mut dyn View) -> T) -> Option<T> {
        let view = self.view.as_deref_mut()?;
        let answer = look(view);
        if let ControlFlow::Break(reason) = view.uninterrupted() {
            self.meter.closed.get_or_insert(reason);
        }
        Some(answer)
    }
}
