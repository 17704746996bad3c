//! What to try when a fit was not found, by what was seen.

use super::Fit;
use super::decomposition::Decomposition;
use super::result::Status;
use crate::{Kind, Stall, Termination};

/// From this condition on, errors of the parameters hang on few digits of the Jacobian.
const ILL: f64 = 1e10;
/// A parameter has run away when it is so many times as large as at the start and as its standard error is.
const FAR: f64 = 1e6;

/// One line for each thing to try.
pub(super) fn advice(fit: &Fit<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    untold(fit, &mut lines);
    if !fit.is_converged() {
        lines.push(
            "not converged: the values and errors above are those of the best point, not of a fit"
                .into(),
        );
        let try_next = match &fit.termination {
            Termination::MaxEvaluations { limit } => {
                format!("try: more evaluations than {limit}, .max_evaluations(..), or a start nearer to the fit")
            }
            Termination::Stalled { reason: Stall::OutsideDomain, .. } => {
                "try: bounds that keep the parameters where the model can be evaluated".into()
            }
            Termination::Unbounded { .. } => "try: bounds; the parameters ran away".into(),
            Termination::ProblemFailed { .. } => "try: the model at these parameters by itself".into(),
            _ => "try: another start, with parameters of the right sign and size; bounds on those that ran away".into(),
        };
        lines.push(try_next);
        lines.extend(fit.relative_offset.map(|offset| {
            format!(
                "the next step would be {offset:.1e} standard errors long, where 1e-6 is asked for"
            )
        }));
        ran_away(fit, &mut lines);
    }
    if let Some(verdict) = &fit.verdict {
        match verdict.kind {
            Kind::Saddle { .. } | Kind::Maximum => {
                lines.push("not a minimum: try another start".into());
            }
            _ => {}
        }
    }
    if fit.scale.is_none() && fit.r_squared.is_some_and(|share| share < 0.0) {
        lines.push(
            "the mean of y fits better than the model: try other starts, or another model".into(),
        );
    }
    if fit.condition > ILL && fit.parts.parts.as_ref().is_some_and(is_of_full_rank) {
        lines.push(format!(
            "the data hardly tell the parameters apart (condition {:.0e}): fewer parameters, or data \
             elsewhere, would tell more",
            fit.condition
        ));
    }
    lines
}

fn is_of_full_rank(parts: &Decomposition) -> bool {
    parts.rank() == parts.columns()
}

/// The parameters that the data do not tell, one line for each direction.
fn untold(fit: &Fit<'_>, lines: &mut Vec<String>) {
    let Some(parts) = &fit.parts.parts else { return };
    let name = |k: usize| fit.parameters[fit.parts.free[fit.parts.chosen[k]]].name.as_str();
    for direction in parts.null_directions() {
        match direction.as_slice() {
            [] => {}
            [one] => {
                let name = name(*one);
                lines.push(format!(
                    "the model does not change with {name} here: try a start where it does, or fix {name}"
                ));
            }
            several => {
                let names: Vec<&str> = several.iter().map(|k| name(*k)).collect();
                lines.push(format!(
                    "the data tell only a combination of {}: try to fix one of them, or a model with fewer parameters",
                    names.join(" and ")
                ));
            }
        }
    }
}

/// The parameters that are far from where they began, and not told by the data.
fn ran_away(fit: &Fit<'_>, lines: &mut Vec<String>) {
    for (parameter, start) in fit.parameters.iter().zip(&fit.task.start) {
        let is_free = matches!(parameter.status, Status::Fitted | Status::NotTold);
        if is_free && parameter.value.abs() > FAR * start.abs().max(f64::MIN_POSITIVE) {
            let (name, value) = (&parameter.name, parameter.value);
            lines.push(format!("{name} went from {start:e} to {value:e}: try a bound for it"));
        }
    }
}
