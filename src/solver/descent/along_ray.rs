//! The search along a ray, repeated with shorter steps where the method cannot go on from its end.

use std::ops::ControlFlow;

use super::ray::{Ray, Trial};
use super::{Descent, Direction, curvature};
use crate::Termination;
use crate::line_search::{Failure, Start, Step};

/// How often a search that ended at a point without a finite gradient is repeated, each time with shorter steps.
const RETRIES: usize = 20;

/// The first trial of a search that is repeated, relative to the step before. It is not a power of ½, because searches
/// try those.
const SHORTER: f64 = 0.47;

/// The result of a search along a ray.
pub(super) struct Looked {
    pub outcome: Result<Step, Failure>,
    /// The accepted step, or the best of a failed search, with value and gradient; `None` for the start.
    pub accepted: Option<Trial>,
    /// True when longer steps were excluded, so that the result says nothing about them.
    pub is_cut_short: bool,
}

impl<D: Direction> Descent<D> {
    /// Searches along a ray. A search that ends at a point with a cost but no gradient, as at a kink, is repeated with
    /// shorter steps, because the method cannot go on from there. Writes the new memory of the search beside the old one.
    pub(super) fn look_along(
        &self,
        ray: &mut Ray<'_, '_, '_>,
        mut start: Start,
        (memory, new): (&[f64], &mut [f64]),
        curvature: Option<f64>,
    ) -> ControlFlow<Termination, Looked> {
        let whole = start.alpha_max;
        let mut retries = 0..RETRIES;
        loop {
            new.copy_from_slice(memory);
            let outcome = match curvature {
                None => self.line_search.search(ray, start, new),
                Some(curvature) => curvature::search(ray, start, curvature),
            };
            let (Ok(step) | Err(Failure { best: step, .. })) = outcome;
            let accepted = ray.finish(step);
            ray.uninterrupted()?;
            if accepted.is_some() || step.alpha == 0.0 || retries.next().is_none() {
                let is_cut_short = start.alpha_max < whole;
                return ControlFlow::Continue(Looked { outcome, accepted, is_cut_short });
            }
            start.alpha = SHORTER * step.alpha;
            start.alpha_max = start.alpha;
        }
    }
}
