//! A file of NIST's format, with the model that is written there.

use std::path::Path;

use extremum::fit::Model;
use extremum::{AutoDiff, Expression, Formula, Num, Real, curve_fit};

use crate::models::{Contents, columns, digits_of, errors};

/// The model of a file, of the parameters and then the predictors.
struct Written {
    formula: Expression,
    predictors: usize,
}

impl Model for Written {
    fn columns(&self) -> usize {
        self.predictors
    }

    fn value<R: Real>(&self, x: &[f64], b: &[Num<R>]) -> Num<R> {
        let predictors = x.iter().map(|x| Num::from(*x));
        let variables: Vec<_> = b.iter().copied().chain(predictors).collect();
        self.formula.cost(&variables)
    }
}

/// Fits the model to the data from both starts, and prints the fits.
pub fn fit_file(path: &Path) -> Result<(), String> {
    let named = |reason: String| format!("{}: {reason}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    let mut contents = Contents::read(&text).map_err(named)?;
    let (left, right) = equation(&text).map_err(named)?;
    if left == "log(y)" {
        contents.y.iter_mut().for_each(|y| *y = y.ln());
    } else if left != "y" {
        return Err(named(format!("the model is of {left}, where y or log[y] can be read")));
    }
    let (n, k) = (contents.certified.len(), contents.x[0].len());
    let parameters = (1..=n).map(|j| format!("b{j}"));
    let predictors = (1..=k).map(|j| if k == 1 { "x".into() } else { format!("x{j}") });
    let variables: Vec<String> = parameters.clone().chain(predictors).collect();
    let formula =
        Expression::named(&variables, &right).map_err(|error| named(error.to_string()))?;
    println!("{left} = {right}");
    for start in &contents.starts {
        let model = AutoDiff(Written { formula: formula.clone(), predictors: k });
        let fit = curve_fit(model, columns(&contents.x), &contents.y)
            .names(parameters.clone())
            .start(start)
            .run()
            .map_err(|error| named(error.to_string()))?;
        println!("\nfrom {start:?}\n{fit}");
        println!(
            "certified digits that are right: {:.1} of the worst parameter, {:.1} of the worst standard error",
            digits_of(fit.values().iter().copied(), &contents.certified),
            digits_of(errors(&fit), &contents.certified_errors)
        );
    }
    Ok(())
}

/// The two sides of the model, as formulas: brackets are parentheses, and the error at its end is left out.
fn equation(text: &str) -> Result<(String, String), String> {
    let model = text.lines().skip_while(|line| !line.starts_with("Model:"));
    let lines =
        model.skip_while(|line| !line.contains('=')).take_while(|line| !line.trim().is_empty());
    let joined = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let formula = joined.replace('[', "(").replace(']', ")").replace("arctan", "atan");
    let (left, right) =
        formula.split_once('=').ok_or("there is no model `y = ..` after `Model:`")?;
    let without_error = right.trim_end().strip_suffix('e').map(str::trim_end);
    let right = without_error.and_then(|right| right.strip_suffix('+'));
    let right = right.ok_or(format!("the model does not end in `+ e`: {joined}"))?;
    Ok((left.trim().to_owned(), right.trim().to_owned()))
}
