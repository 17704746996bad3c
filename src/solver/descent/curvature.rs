//! How far to go along a direction of negative curvature, where the slope may be zero.
//!
//! With p'∇²f p = κ < 0 and g'p ≤ 0 the model f + α g'p + ½ α² κ decreases without bound. A step is accepted when the
//! cost decreases by a tenth of what the model predicts: the second-order Armijo rule of Goldfarb, Math. Prog. 18
//! (1980) 31-40.

use crate::line_search::{Failure, FailureReason, Phi, Start, Step};

/// The required decrease relative to the model's.
const DECREASE: f64 = 0.1;
/// The most trials, each a quarter of the one before: enough to reach rounding.
const TRIALS: usize = 40;

/// Shortens the step `start.alpha` until the cost decreases enough.
pub(super) fn search(phi: &mut dyn Phi, start: Start, curvature: f64) -> Result<Step, Failure> {
    let mut alpha = start.alpha;
    for trials in 1..=TRIALS {
        let value = phi.value(alpha);
        if value == f64::NEG_INFINITY {
            return Err(failure(FailureReason::Unbounded, start, trials));
        }
        let model = alpha * (start.slope + 0.5 * alpha * curvature);
        if value <= start.value + DECREASE * model && value < start.value {
            return Ok(Step { alpha, value, trials });
        }
        alpha *= 0.25;
    }
    Err(failure(FailureReason::TrialLimit, start, TRIALS))
}

fn failure(reason: FailureReason, start: Start, trials: usize) -> Failure {
    Failure { reason, best: Step { alpha: 0.0, value: start.value, trials } }
}
