//! Progress bars on the standard error, which show nothing where that is no terminal.
//!
//! ```
//! use extremum::{Lbfgs, Minimizer, from_fn, progress};
//!
//! let problem = from_fn(2, |x| (x[0] - 3.0).powi(2) + x[1] * x[1]);
//! let found = Minimizer::new(&problem, Lbfgs::default(), [0.0, 1.0]).observe(progress::of_run()).run()?;
//! assert!((found.x[0] - 3.0).abs() < 1e-6);
//! # Ok::<(), extremum::Error>(())
//! ```

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::Progress;

/// How often a bar is drawn again, at most.
const INTERVAL: Duration = Duration::from_millis(100);

/// An observer of a run ([`Minimizer::observe`](crate::Minimizer::observe)): iterations, cost and gradient norm. The line is
/// removed when the run ends.
pub fn of_run() -> impl FnMut(&Progress<'_>) {
    let bar = ProgressBar::new_spinner();
    bar.set_style(style("{spinner} {elapsed} iteration {pos}, {msg}"));
    let mut next = Duration::ZERO;
    move |progress| {
        let elapsed = bar.elapsed();
        if bar.is_hidden() || elapsed < next {
            return;
        }
        next = elapsed + INTERVAL;
        let norm = progress.gradient_norm.map(|norm| format!(", gradient norm {norm:.2e}"));
        bar.set_message(format!("cost {:.6e}{}", progress.cost, norm.unwrap_or_default()));
        bar.set_position(progress.iteration);
    }
}

/// An observer of a laboratory (`convergence::Lab::observe`): finished trials of all, and the time that is left.
pub fn of_trials() -> impl Fn(usize, usize) + Send + Sync {
    let bar = ProgressBar::new(0);
    bar.set_style(style("{elapsed} {bar:40} {pos} of {len} trials, {eta} left"));
    move |finished, all| {
        bar.set_length(all as u64);
        bar.set_position(finished as u64);
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template with a mistake is replaced by indicatif's own.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
