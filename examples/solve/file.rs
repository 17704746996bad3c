//! The file with the problems.

use std::fs::File;
use std::io::Read;

use extremum::{
    AutoDiff, Bounded, Bounds, Constrained, Constraints, DVector, Expression, Limited, Matrix,
    Problem, Solution,
};
use serde::Deserialize;

/// No file of formulas is longer, in bytes.
const LONGEST: u64 = 64 << 20;

#[derive(Deserialize)]
struct Contents {
    problems: Vec<Entry>,
}

/// A problem as the file has it. `None` is `null`: no bound, no known minimum.
#[derive(Deserialize)]
struct Entry {
    name: String,
    n: usize,
    x0: Vec<f64>,
    #[serde(default)]
    lower: Option<Vec<Option<f64>>>,
    #[serde(default)]
    upper: Option<Vec<Option<f64>>>,
    objective: String,
    #[serde(default)]
    constraints: Vec<Constraint>,
    #[serde(default)]
    f_star: Option<f64>,
}

#[derive(Deserialize)]
struct Constraint {
    #[serde(rename = "type")]
    kind: Kind,
    expr: String,
}

/// expr = 0 or expr >= 0.
#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Eq,
    Ge,
}

/// A problem to solve.
pub struct Task {
    /// Its name in the file.
    pub name: String,
    /// Within the bounds.
    pub start: DVector<f64>,
    /// The lowest cost known.
    pub f_star: Option<f64>,
    objective: AutoDiff<Expression>,
    /// Infinite where there are none.
    bounds: Bounds,
    constraints: Limited<Vec<Expression>>,
}

/// The problems in a file; or what is wrong with it.
pub fn read(path: &str) -> Result<Vec<Task>, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > LONGEST {
        return Err(format!("the file is longer than {} MiB", LONGEST >> 20));
    }
    let contents: Contents = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let tasks = contents.problems.into_iter().enumerate().map(|(i, entry)| {
        let name = entry.name.escape_debug().to_string();
        Task::new(entry).map_err(|message| format!("problem {} ({name}), {message}", i + 1))
    });
    tasks.collect()
}

impl Task {
    fn new(entry: Entry) -> Result<Self, String> {
        let Entry { name, n, x0, lower, upper, objective, constraints, f_star } = entry;
        if n == 0 {
            return Err("n: there is nothing to vary".into());
        }
        let corner = |key, side: Option<Vec<Option<f64>>>, none: f64| match side {
            Some(side) if side.len() != n => Err(length(key, side.len(), n)),
            side => Ok(side.map_or(vec![none; n], |side| {
                side.into_iter().map(|bound| bound.unwrap_or(none)).collect()
            })),
        };
        if x0.len() != n {
            return Err(length("x0", x0.len(), n));
        }
        let lower = corner("lower", lower, f64::NEG_INFINITY)?;
        let upper = corner("upper", upper, f64::INFINITY)?;
        let bounds = Bounds::new(lower, upper).map_err(|error| format!("bounds: {error}"))?;
        let objective =
            Expression::new(n, &objective).map_err(|error| format!("objective: {error}"))?;
        let formulas = constraints.iter().enumerate().map(|(i, constraint)| {
            let read = Expression::new(n, &constraint.expr);
            read.map_err(|error| format!("constraint {}: {error}", i + 1))
        });
        let formulas: Vec<_> = formulas.collect::<Result<_, _>>()?;
        let most = |kind| if kind == Kind::Eq { 0.0 } else { f64::INFINITY };
        let most: Vec<_> = constraints.iter().map(|constraint| most(constraint.kind)).collect();
        let limits = Bounds::new(vec![0.0; most.len()], most).map_err(|error| error.to_string())?;
        let mut start = DVector::from_vec(x0);
        bounds.project(&mut start);
        let (objective, constraints) = (AutoDiff(objective), Limited(formulas, limits));
        Ok(Self { name, start, f_star, objective, bounds, constraints })
    }

    /// The problem, with bounds and constraints only where there are some.
    pub fn problem(&self) -> Box<dyn Problem + '_> {
        let Self { objective, bounds, constraints, .. } = self;
        let is_bounded = *bounds != Bounds::unbounded(bounds.dimension());
        match (is_bounded, constraints.count() > 0) {
            (false, false) => Box::new(objective),
            (true, false) => Box::new(Bounded(objective, bounds.clone())),
            (false, true) => Box::new(Constrained(objective, constraints)),
            (true, true) => Box::new(Constrained(Bounded(objective, bounds.clone()), constraints)),
        }
    }

    /// The largest violation of a bound or a constraint.
    pub fn violation(&self, x: &DVector<f64>) -> f64 {
        let mut values = DVector::zeros(self.constraints.count());
        self.constraints.values(x, &mut values);
        let violations = [self.bounds.violation(x), self.constraints.limits().violation(&values)];
        if violations.iter().any(|by| by.is_nan()) {
            f64::NAN
        } else {
            violations[0].max(violations[1])
        }
    }

    /// The maximum norm of P(x - g) - x, where g is the gradient of the Lagrangian.
    pub fn residual(&self, found: &Solution) -> f64 {
        let mut gradient = DVector::zeros(self.start.len());
        self.objective.gradient(&found.x, &mut gradient);
        if let Some(multipliers) = &found.multipliers {
            let mut jacobian = Matrix::default();
            self.constraints.jacobian(&found.x, &mut jacobian);
            gradient -= jacobian.to_dense().tr_mul(multipliers);
        }
        self.bounds.projected_norm(&found.x, &gradient)
    }
}

fn length(key: &str, actual: usize, n: usize) -> String {
    format!("{key}: {actual} numbers, and not n = {n}")
}
