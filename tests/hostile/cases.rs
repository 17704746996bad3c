//! A case: a problem, its fault, a solver and the terms of a run, all from one seed, and as a few lines of Rust.

use extremum::stop::{
    gradient_norm, gradient_norm_relative_to_first, max_evaluations, max_iterations, target,
};
use extremum::{Bounds, DVector, Stop};

use super::dice::Dice;
use super::faults::{Fault, Form};
use super::problems::Landscape;
use super::solvers::{self, Any, Family, Said};
use super::sums::Terms;
use super::wrapped::{Hostile, Model};

/// When a run ends, its budget aside.
#[derive(Clone, Copy, Debug)]
pub enum Aim {
    Default,
    GradientNorm(f64),
    RelativeToFirst(f64),
    Target(f64),
}

pub struct Case {
    pub model: Model,
    pub form: Form,
    pub fault: Fault,
    pub bounds: Option<Bounds>,
    pub solver: Said<Any>,
    pub family: Family,
    pub start: Vec<f64>,
    pub aim: Aim,
    pub budget: u64,
    /// What else is checked, by chance.
    pub dice: Dice,
    model_text: String,
}

impl Case {
    /// Whether the run goes on when the problem panics: every second one.
    pub fn survives_panics(&self) -> bool {
        self.start.first().is_some_and(|x| x.to_bits().count_ones() % 2 == 0)
    }

    pub fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let (model, start, model_text) = if dice.chance(0.12) {
            let terms = Terms::draw(&mut dice);
            let (start, text) = (terms.draw_start(&mut dice), format!("Model::sum({terms:?})"));
            (Model::sum(terms), start, text)
        } else {
            let landscape = Landscape::draw(&mut dice);
            let start = landscape.draw_start(&mut dice);
            let text = format!("Model::Landscape({landscape:?})").replace('[', "vec![");
            (Model::Landscape(landscape), start, text)
        };
        let (n, is_sum) = (start.len(), matches!(model, Model::Sum(_)));
        let bounds = if dice.chance(0.2) { draw_bounds(&mut dice, &start) } else { None };
        let (solver, family) = solvers::draw(&mut dice, n, is_sum, bounds.is_some());
        let form = match dice.index(4) {
            _ if is_sum => Form::Gradient,
            0 => Form::Cost,
            1 => Form::Gradient,
            _ => Form::Hessian,
        };
        let fault = Fault::draw(&mut dice, n);
        let is_idle = (is_sum || form == Form::Cost) && !fault.keeps_gradient();
        let fault = if is_idle { Fault::Nothing } else { fault };
        let cost = model.problem().cost(&DVector::from_vec(start.clone()));
        let aim = match dice.index(6) {
            0 => Aim::RelativeToFirst(dice.power(-12.0, -1.0)),
            1 => Aim::Target(cost - cost.abs() * dice.power(-9.0, 0.0)),
            2 => Aim::Default,
            _ => Aim::GradientNorm(if dice.chance(0.05) { 0.0 } else { dice.power(-14.0, -2.0) }),
        };
        let budget =
            if dice.chance(0.1) { dice.power(0.0, 1.7) } else { dice.power(1.7, 3.4) } as u64;
        Self { model, form, fault, bounds, solver, family, start, aim, budget, dice, model_text }
    }

    pub fn problem(&self) -> Hostile<'_> {
        Hostile::new(&self.model, self.form, self.fault, self.bounds.as_ref())
    }

    fn aim(&self) -> Stop {
        match self.aim {
            Aim::Default => Stop::default(),
            Aim::GradientNorm(tolerance) => gradient_norm(tolerance),
            Aim::RelativeToFirst(tolerance) => gradient_norm_relative_to_first(tolerance),
            Aim::Target(cost) => target(if cost.is_nan() { 0.0 } else { cost }),
        }
    }

    pub fn stop(&self) -> Stop {
        self.aim().or(max_evaluations(self.budget))
    }

    /// Without a budget that evaluations count against.
    pub fn stop_after(&self, iterations: u64) -> Stop {
        self.aim().or(max_iterations(iterations))
    }

    pub fn landscape(&self) -> Option<&Landscape> {
        match &self.model {
            Model::Landscape(landscape) => Some(landscape),
            Model::Sum(_) => None,
        }
    }

    pub fn is_smooth(&self) -> bool {
        match &self.model {
            Model::Landscape(landscape) => landscape.is_smooth(),
            Model::Sum(sum) => sum.terms().terms.is_smooth(),
        }
    }

    /// Lines of Rust that make the run, with what is in these modules in scope.
    pub fn code(&self) -> String {
        let Self { model_text, form, fault, solver, start, aim, budget, .. } = self;
        let bounds = self.bounds.as_ref().map_or("None".to_owned(), |bounds| {
            let (lower, upper) = (bounds.lower().as_slice(), bounds.upper().as_slice());
            format!("Some(&Bounds::new(vec!{lower:?}, vec!{upper:?})?)")
        });
        let aim = match aim {
            Aim::Default => "Stop::default()".to_owned(),
            Aim::GradientNorm(tolerance) => format!("gradient_norm({tolerance:?})"),
            Aim::RelativeToFirst(tolerance) => {
                format!("gradient_norm_relative_to_first({tolerance:?})")
            }
            Aim::Target(cost) => format!("target({cost:?})"),
        };
        format!(
            "let model = {model_text};\n\
             let problem = Hostile::new(&model, Form::{form:?}, Fault::{fault:?}, {bounds});\n\
             let solver = {};\n\
             let run = Minimizer::new(&problem, solver, vec!{start:?})\n    \
                 .stop_when({aim}.or(max_evaluations({budget}))).cancelled_by(&problem.token);\n",
            solver.text
        )
    }
}

/// Bounds around a start, on some sides, of any width.
fn draw_bounds(dice: &mut Dice, start: &[f64]) -> Option<Bounds> {
    let mut side = |x: f64, sign: f64| match dice.index(12) {
        0 => sign * f64::INFINITY,
        1 => sign * f64::MAX,
        2 => x,
        3 => x + sign * x.abs() * 1e-15,
        4 => x + sign * dice.power(-320.0, 300.0),
        _ => x + sign * (x.abs() + 1.0) * dice.power(-3.0, 1.0),
    };
    let lower: Vec<f64> = start.iter().map(|x| side(*x, -1.0)).collect();
    let upper: Vec<f64> = start.iter().map(|x| side(*x, 1.0)).collect();
    Bounds::new(lower, upper).ok()
}
