//! Runs within a run, which evaluate the problem through a view of it.

use std::mem::{swap, take};

use nalgebra::DVector;

use super::{Differences, Oracle, Unbounded, Workspace};
use crate::Problem;
use crate::evaluator::Serial;

impl Oracle<'_> {
    /// Lets a run within a run evaluate a view of the problem: in other coordinates, or with terms added to the cost. It
    /// shares the counts and limits of this oracle, the noise of its cost, and its workspace.
    pub(crate) fn seen_through<T>(
        &mut self,
        view: &dyn Problem,
        run: impl FnOnce(&mut Oracle<'_>) -> T,
    ) -> T {
        let mut inside = Oracle {
            problem: view,
            sum: view.structure().sum,
            meter: self.meter.clone(),
            evaluator: Box::new(Serial),
            probe: take(&mut self.probe),
            probed: take(&mut self.probed),
            along: take(&mut self.along),
            steps: self.steps,
            differences: take(&mut self.differences),
            unbounded_differences: Differences::default(),
            hessian: take(&mut self.hessian),
            learnt: take(&mut self.learnt),
            room: Workspace::default(),
        };
        inside.hessian.forget();
        let found = run(&mut inside);
        self.meter = inside.meter.clone();
        (self.probe, self.probed) = (take(&mut inside.probe), take(&mut inside.probed));
        self.along = take(&mut inside.along);
        (self.differences, self.learnt) = (take(&mut inside.differences), take(&mut inside.learnt));
        self.hessian = take(&mut inside.hessian);
        self.hessian.forget();
        found
    }

    /// Gives a local search its view of the problem: in unbounded coordinates with a start inside the bounds, unchanged
    /// without a start.
    pub(crate) fn without_bounds<T>(
        &mut self,
        start: Option<&DVector<f64>>,
        search: impl FnOnce(&mut Oracle<'_>, &Unbounded<'_>) -> T,
    ) -> T {
        let unbounded = Unbounded::new(self.problem, start, take(&mut self.room));
        let is_bent = start.is_some();
        if is_bent {
            self.exchange_differences();
        }
        let found = self.seen_through(&unbounded, |inside| search(inside, &unbounded));
        if is_bent {
            self.exchange_differences();
        }
        self.room = unbounded.into_workspace();
        found
    }

    /// Exchanges the data on differences with those in unbounded coordinates.
    fn exchange_differences(&mut self) {
        swap(&mut self.differences, &mut self.unbounded_differences);
    }
}
