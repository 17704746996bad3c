//! The rows and their totals, as a table or as CSV.

use extremum::{Error, Kind, Solution};

use super::file::Task;

/// What a run has found.
pub struct Row {
    pub found: Solution,
    /// `None` where the cost cannot be evaluated.
    pub kind: Option<Kind>,
    pub violation: f64,
    pub residual: f64,
}

#[derive(Default)]
pub struct Report {
    is_csv: bool,
    solved: usize,
    /// What was not, and why.
    missed: Vec<String>,
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
                "{:<12} {:>3} {:<21} {:<18} {:>5} {:>14} {:>9} {:>9} {:<10} {:>6} {:>6} {:>5} {:>9}",
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
        let Row { found, kind, violation, residual } = row;
        match task.f_star {
            Some(f_star) if is_solved(f_star, found, *violation) => self.solved += 1,
            Some(f_star) => self.missed.push(format!(
                "{}: the cost exceeds f_star by {:.1e}, the violation is {violation:.1e}",
                task.name.escape_debug(),
                found.cost - f_star
            )),
            None => self.unknown += 1,
        }
        let (n, end, calls) = (task.start.len(), &found.termination, found.evaluations);
        let (is_converged, cost) = (end.is_converged(), found.cost);
        let verdict = kind.map_or("-", word);
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
                "{:<12} {n:>3} {:<21} {:<18} {:>5} {cost:>14.7e} {violation:>9.1e} {residual:>9.1e} {verdict:<10} {:>6} \
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
        let compared = self.solved + self.missed.len();
        let mut lines = vec![format!("{} of {compared} solved: feasible, at f_star", self.solved)];
        lines.extend(self.missed.iter().map(|line| format!("  {line}")));
        for (number, what) in [
            (self.unknown, "without f_star"),
            (self.needs_constraints, "not tried: they need a solver that keeps constraints"),
            (self.needs_bounds, "not tried: they need a solver that keeps bounds"),
            (self.failed.len(), "not tried:"),
        ] {
            if number > 0 {
                lines.push(format!("{number} {what}"));
            }
        }
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
