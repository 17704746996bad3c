//! A fit as a table.

use std::fmt;

use super::advice::advice;
use super::result::Status;
use super::{Counts, Fit, Parameter};
use crate::Termination;

/// Correlations of up to so many parameters are shown.
const MOST: usize = 12;

impl fmt::Display for Fit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (data, free) = (self.parts.freedom.data, self.parts.chosen.len());
        writeln!(
            f,
            "fit of {} by {}",
            counted(data, "datum", "data"),
            counted(free, "parameter", "parameters")
        )?;
        self.write_end(f)?;
        writeln!(f)?;
        self.write_parameters(f)?;
        self.write_correlations(f)?;
        writeln!(f)?;
        self.write_quality(f)?;
        for line in advice(self) {
            write!(f, "\n{line}")?;
        }
        Ok(())
    }
}

impl Fit<'_> {
    /// Why it ended, and the verdict.
    fn write_end(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.termination {
            Termination::Step { length, tolerance } => writeln!(
                f,
                "converged: the residuals are rounding, and the next step would change no parameter by more \
                 than {length:.1e} of its size (at most {tolerance:.0e})"
            )?,
            other => writeln!(f, "{other}")?,
        }
        match &self.verdict {
            Some(verdict) => writeln!(f, "{verdict}"),
            None => writeln!(
                f,
                "what kind of point it is cannot be told: the sum of squares is not finite around it"
            ),
        }
    }

    fn write_parameters(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = 100.0 * self.confidence();
        let title = format!("{level} % confidence interval");
        let title = title.as_str();
        let rows: Vec<[String; 4]> = self.parameters.iter().map(row).collect();
        let heads = ["", "value", "standard error", title];
        let width = |k: usize| {
            let cells = rows.iter().map(|row| row[k].chars().count());
            cells.chain([heads[k].chars().count()]).max().unwrap_or(0)
        };
        let [a, b, c, d] = [0, 1, 2, 3].map(width);
        let heads = heads.map(str::to_owned);
        for [name, value, error, interval] in std::iter::once(&heads).chain(&rows) {
            let line = format!("{name:<a$}  {value:>b$}  {error:>c$}  {interval:<d$}");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// The lower triangle of the correlations.
    fn write_correlations(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<usize> =
            (0..self.parameters.len()).filter(|&j| self.correlation(j, j).is_some()).collect();
        if told.len() < 2 || told.len() > MOST {
            return Ok(());
        }
        let name = |j: usize| self.parameters[j].name.as_str();
        let longest = told.iter().map(|j| name(*j).chars().count()).max().unwrap_or(0);
        let (wide, narrow) = (longest.max("correlations".len()), longest.max(7));
        write!(f, "\n{:<wide$}", "correlations")?;
        for &j in &told[..told.len() - 1] {
            write!(f, "  {:>narrow$}", name(j))?;
        }
        for (row, &i) in told.iter().enumerate().skip(1) {
            write!(f, "\n{:<wide$}", name(i))?;
            for &j in &told[..row] {
                let text = self.correlation(i, j).map_or(String::new(), |c| format!("{c:.4}"));
                write!(f, "  {text:>narrow$}")?;
            }
        }
        writeln!(f)
    }

    fn write_quality(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.degrees_of_freedom == 0 {
            writeln!(f, "no degree of freedom is left, so there are no errors")?;
        } else {
            write!(
                f,
                "residual standard deviation {} on {}",
                Number(self.residual_standard_deviation, 8),
                counted(self.degrees_of_freedom, "degree of freedom", "degrees of freedom")
            )?;
            match self.r_squared {
                Some(share) => writeln!(f, ", R² {share:.6}")?,
                None => writeln!(f)?,
            }
        }
        writeln!(f, "sum of squares {}", Number(self.sum_of_squares, 10))?;
        if let Some(scale) = &self.scale {
            let name = scale.loss.name();
            write!(f, "loss {name} with the scale {}", Number(scale.value, 5))?;
            let is_given = self.task.loss.is_some_and(|(_, given)| given.is_some());
            match (scale.fits, scale.is_settled) {
                _ if is_given => writeln!(f, ", as given")?,
                (fits, true) => {
                    writeln!(
                        f,
                        ", from the median of the residuals in {}",
                        counted(fits as usize, "fit", "fits")
                    )?;
                }
                (fits, false) => writeln!(
                    f,
                    ", from the median of the residuals, which has not settled in {}",
                    counted(fits as usize, "fit", "fits")
                )?,
            }
        }
        let Counts { residuals, jacobians, second_derivatives, iterations } = self.counts;
        let counts = [
            (residuals, "evaluation of the residuals", "evaluations of the residuals"),
            (jacobians, "Jacobian", "Jacobians"),
            (second_derivatives, "second derivative", "second derivatives"),
        ];
        for (count, one, many) in counts.into_iter().filter(|(count, ..)| *count > 0) {
            write!(f, "{}, ", counted(count as usize, one, many))?;
        }
        write!(f, "{}", counted(iterations as usize, "iteration", "iterations"))
    }
}

/// A parameter as a row of the table.
fn row(parameter: &Parameter) -> [String; 4] {
    let error = parameter.standard_error.filter(|error| error.is_finite() && *error > 0.0);
    // Four digits of the error.
    let digits = error.map_or(10.0, |error| (parameter.value.abs() / error).log10().ceil() + 4.0);
    let digits = digits.clamp(5.0, 13.0) as usize;
    let value = Number(parameter.value, digits).to_string();
    let (error, interval) = match parameter.status {
        Status::Fixed => (String::new(), "fixed".to_owned()),
        Status::AtLowerBound => (String::new(), "at its lower bound".to_owned()),
        Status::AtUpperBound => (String::new(), "at its upper bound".to_owned()),
        Status::NotTold => ("infinite".to_owned(), "the data do not tell it".to_owned()),
        Status::Fitted => match (parameter.standard_error, parameter.interval) {
            (Some(error), Some([low, high])) => {
                let [low, high] = [low, high].map(|end| Number(end, digits));
                (Number(error, 5).to_string(), format!("[{low}, {high}]"))
            }
            _ => ("none".to_owned(), String::new()),
        },
    };
    [parameter.name.clone(), value, error, interval]
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A number with so many significant digits.
struct Number(f64, usize);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(x, digits) = *self;
        let exponent = x.abs().log10().floor();
        if x == 0.0 {
            return write!(f, "0");
        }
        if !exponent.is_finite() || !(-4.0..9.0).contains(&exponent) {
            return write!(f, "{x:.*e}", digits.saturating_sub(1));
        }
        let decimals = (digits as f64 - 1.0 - exponent).max(0.0) as usize;
        write!(f, "{x:.decimals$}")
    }
}
