//! The rows and their totals, as a table or as CSV.

use extremum::{Error, Kind, Solution};

use super::file::Task;

/// What a run has found.
pub struct Row {
    pub found: Solution,
    pub violation: f64,
    pub residual: f64,
}

#[derive(Default)]
pub struct Report {
    is_csv: bool,
    solved: usize,
    runs: usize,
    /// Without a known minimum to compare with.
    unknown: usize,
    needs_constraints: usize,
    needs_bounds: usize,
    /// Problem and reason.
    failed: Vec<String>,
}

impl Report {
    pub fn new(is_csv: bool) -> Self {
        Self { is_csv, ..Self::default() }
    }

    pub fn header(&self) -> String {
        if self.is_csv {
            "problem,n,solver,termination,converged,cost,violation,first_order_residual,verdict,costs,gradients,hessians,\
             milliseconds"
                .into()
        } else {
            format!(
                "{:<12} {:>3} {:<18} {:<18} {:>5} {:>14} {:>9} {:>9} {:<10} {:>6} {:>6} {:>5} {:>9}",
                "problem",
                "n",
                "solver",
                "termination",
                "conv.",
                "cost",
                "violation",
                "residual",
                "verdict",
                "costs",
                "grads",
                "hess",
                "ms"
            )
        }
    }

    /// A line, which is also counted.
    pub fn row(&mut self, task: &Task, row: &Row) -> String {
        let Row { found, violation, residual } = row;
        self.runs += 1;
        match task.f_star {
            Some(f_star) => self.solved += usize::from(is_solved(f_star, found, *violation)),
            None => self.unknown += 1,
        }
        let (n, end, calls) = (task.start.len(), &found.termination, found.evaluations);
        let (is_converged, cost) = (end.is_converged(), found.cost);
        let verdict = found.classification.as_ref().map_or("-", |found| word(found.kind));
        let ms = found.elapsed.as_secs_f64() * 1e3;
        if self.is_csv {
            format!(
                "{},{n},{},{},{is_converged},{cost:e},{violation:e},{residual:e},{verdict},{},{},{},{ms:.3}",
                quoted(&task.name),
                found.solver,
                end.name(),
                calls.cost,
                calls.gradient,
                calls.hessian
            )
        } else {
            format!(
                "{:<12} {n:>3} {:<18} {:<18} {:>5} {cost:>14.7e} {violation:>9.1e} {residual:>9.1e} {verdict:<10} {:>6} \
                 {:>6} {:>5} {ms:>9.3}",
                task.name.escape_debug().to_string(),
                found.solver,
                end.name(),
                if is_converged { "yes" } else { "no" },
                calls.cost,
                calls.gradient,
                calls.hessian
            )
        }
    }

    /// A problem that the solver did not take.
    pub fn not_solved(&mut self, task: &Task, error: &Error) {
        match error {
            Error::ConstraintsNotSupported { .. } => self.needs_constraints += 1,
            Error::BoundsNotSupported { .. } => self.needs_bounds += 1,
            _ => self.failed.push(format!("{}: {error}", task.name.escape_debug())),
        }
    }

    pub fn closing(&self) -> String {
        let compared = self.runs - self.unknown;
        let mut lines =
            vec![format!("{} of {compared} solved: at f_star, within the bounds", self.solved)];
        let mut count = |number: usize, what: &str| {
            if number > 0 {
                lines.push(format!("{number} {what}"));
            }
        };
        count(self.unknown, "without f_star");
        count(self.needs_constraints, "not tried: they need a solver that keeps constraints");
        count(self.needs_bounds, "not tried: they need a solver that keeps bounds");
        count(self.failed.len(), "not tried:");
        lines.extend(self.failed.iter().map(|line| format!("  {line}")));
        lines.join("\n")
    }
}

fn is_solved(f_star: f64, found: &Solution, violation: f64) -> bool {
    violation <= 1e-6 * found.x.amax().max(1.0)
        && found.cost - f_star <= 1e-5 * f_star.abs().max(1.0)
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Minimum => "minimum",
        Kind::Maximum => "maximum",
        Kind::Saddle { .. } => "saddle",
        _ => "undecided",
    }
}

/// A field of CSV.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.into()
    }
}
