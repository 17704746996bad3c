//! Every method on one model and one split, once per seed.

use std::error::Error;
use std::fmt;

use extremum::Solver;
use indicatif::{ProgressBar, ProgressStyle};

use super::digits::Digits;
use super::methods::{Method, methods};
use super::model::Model;
use super::train::{Trained, train};

/// Training and test images, one pair per seed.
pub struct Split {
    pub name: &'static str,
    /// The name in files.
    pub id: &'static str,
    pub digits: Vec<[Digits; 2]>,
}

/// A method with its results, one per seed.
pub struct Row {
    pub name: &'static str,
    pub rate: Option<f64>,
    pub trained: Vec<Trained>,
}

impl Row {
    pub fn mean(&self, of: impl Fn(&Trained) -> f64) -> f64 {
        self.trained.iter().map(of).sum::<f64>() / self.trained.len() as f64
    }
}

pub struct Table {
    pub rows: Vec<Row>,
}

impl Table {
    /// Trains the model by every method, or by a single one.
    pub fn fill<M: Model>(
        model: &M,
        split: &Split,
        epochs: u64,
        only: Option<&str>,
    ) -> Result<Self, Box<dyn Error>> {
        let style = ProgressStyle::with_template(
            "  {msg:<20} {bar:40} {pos:>4} of {len} epochs, {eta} to go",
        )?;
        let bar = ProgressBar::new(0).with_style(style);
        let mut rows: Vec<Row> = Vec::new();
        for (seed, digits) in (0..).zip(&split.digits) {
            let mut methods = methods(epochs, digits[0].len(), seed);
            methods.retain(|method| only.is_none_or(|name| method.solver.name() == name));
            bar.set_length((methods.len() * split.digits.len()) as u64 * epochs);
            for (k, Method { solver, rate }) in methods.iter().enumerate() {
                let name = solver.name();
                bar.set_message(format!("{name}, seed {seed}"));
                let end = bar.position() + epochs;
                let trained = train(model, digits, solver, epochs, seed, || bar.inc(1))?;
                bar.set_position(end);
                if rows.len() == k {
                    rows.push(Row { name, rate: *rate, trained: Vec::new() });
                }
                rows[k].trained.push(trained);
            }
        }
        bar.finish_and_clear();
        Ok(Self { rows })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {:<10} {:>6} {:>7} {:>7} {:>8} {:>8}   {:>10} {:>7} {:>7}",
            "method", "rate", "epochs", "passes", "seconds", "loss", "accuracy %", "least", "most"
        )?;
        for row in &self.rows {
            let accuracies = row.trained.iter().map(|trained| 100.0 * trained.accuracy);
            writeln!(
                f,
                "  {:<10} {:>6} {:>7.0} {:>7.0} {:>8.2} {:>8.4}   {:>10.2} {:>7.2} {:>7.2}",
                row.name,
                row.rate.map_or("search".to_owned(), |rate| rate.to_string()),
                row.mean(|trained| trained.epochs() as f64),
                row.mean(|trained| trained.passes),
                row.mean(|trained| trained.elapsed.as_secs_f64()),
                row.mean(Trained::loss),
                100.0 * row.mean(|trained| trained.accuracy),
                accuracies.clone().fold(f64::INFINITY, f64::min),
                accuracies.fold(0.0, f64::max),
            )?;
        }
        Ok(())
    }
}
