//! A solver with random settings, and the Rust expression that constructs it.

use extremum::line_search::{
    Backtracking, FixedStep, HagerZhang, MoreThuente, Nonmonotone, StrongWolfe,
};
use extremum::solver::trust_region::{MoreSorensen, NewtonModel, ProductsModel, Tron};
use extremum::{
    AnySolver, BarzilaiBorwein, Beta, Bfgs, ConjugateGradient, GradientDescent, Lbfgs, Lbfgsb,
    Newton, Solver, TrustRegion,
};

use super::dice::Dice;
use super::populations::population;
use super::rules::{mini_batches, rule};
use super::searches::global;

/// A value and the expression that makes it.
#[derive(Clone, Debug)]
pub struct Said<T> {
    pub value: T,
    pub text: String,
}

pub type Any = Box<dyn AnySolver>;

/// What a solver promises.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    LineSearch,
    Rule,
    MiniBatches,
    Population,
    Restarts,
}

impl<T> Said<T> {
    pub fn new(value: T, text: impl Into<String>) -> Self {
        Self { value, text: text.into() }
    }

    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Said<U> {
        Said { value: to(self.value), text: self.text }
    }
}

/// An expression and its text.
macro_rules! said {
    ($expression:expr) => {
        $crate::solvers::Said::new($expression, stringify!($expression))
    };
}
pub(super) use said;

/// Calls each setter with a chance of a quarter, with random arguments, and says so.
macro_rules! settings {
    ($dice:expr, $said:expr $(, $setter:ident($($draw:ident),*))* $(,)?) => {{
        let said = $said;
        $(let said = if $dice.chance(0.25) {
            let mut text = said.text;
            text.push_str(concat!(".", stringify!($setter), "("));
            let value = said.value.$setter($({
                let argument = $dice.$draw();
                $crate::solvers::say(&mut text, argument)
            }),*);
            text.push(')');
            $crate::solvers::Said { value, text }
        } else {
            said
        };)*
        said
    }};
}
pub(super) use settings;

/// The argument, added to the text of a call.
pub fn say<T: std::fmt::Debug>(text: &mut String, argument: T) -> T {
    let comma = if text.ends_with('(') { "" } else { ", " };
    text.push_str(&format!("{comma}{argument:?}"));
    argument
}

/// Every line-search solver with every search, and every trust region.
pub fn with_every_search() -> Vec<(String, Box<dyn AnySolver>)> {
    macro_rules! with_every_search {
        ($($solver:ident),+) => {
            vec![$(
                (concat!(stringify!($solver), " HagerZhang"), $solver::default().line_search(HagerZhang::default()).boxed()),
                (concat!(stringify!($solver), " MoreThuente"), $solver::default().line_search(MoreThuente::default()).boxed()),
                (concat!(stringify!($solver), " StrongWolfe"), $solver::default().line_search(StrongWolfe::default()).boxed()),
                (concat!(stringify!($solver), " Backtracking"), $solver::default().line_search(Backtracking::default()).boxed()),
                (concat!(stringify!($solver), " Nonmonotone"), $solver::default().line_search(Nonmonotone::default()).boxed()),
            )+]
        };
    }
    let table = with_every_search!(
        GradientDescent,
        ConjugateGradient,
        BarzilaiBorwein,
        Bfgs,
        Lbfgs,
        Lbfgsb,
        Newton
    );
    let mut table: Vec<_> =
        table.into_iter().map(|(name, solver)| (name.to_owned(), solver)).collect();
    for said in trust_regions() {
        table.push((said.text, said.value));
    }
    table
}

fn trust_regions() -> Vec<Said<Any>> {
    vec![
        said!(TrustRegion::default().boxed()),
        said!(TrustRegion::cubic().boxed()),
        said!(TrustRegion::dogleg().boxed()),
        said!(TrustRegion::steihaug().boxed()),
        said!(TrustRegion::sr1().boxed()),
        said!(TrustRegion::bfgs().boxed()),
        said!(TrustRegion::gltr().boxed()),
        said!(TrustRegion::new(NewtonModel, MoreSorensen).boxed()),
        said!(TrustRegion::tron().boxed()),
        said!(TrustRegion::new(ProductsModel, Tron).boxed()),
    ]
}

/// A solver for problems of this kind.
pub fn draw(dice: &mut Dice, n: usize, is_sum: bool, is_bounded: bool) -> (Said<Any>, Family) {
    match dice.index(10) {
        _ if is_bounded && dice.chance(0.95) => match dice.index(4) {
            0 => (global(dice, is_bounded), Family::Restarts),
            // The line-search methods that keep bounds. A look ahead chooses, which leaves all other cases as they were, and
            // with these limits also those that `tests/faults/hostile.rs` names.
            1 if (0.61..0.94).contains(&dice.clone().unit()) => {
                (lbfgsb(dice, n), Family::LineSearch)
            }
            1 if (0.94..0.99).contains(&dice.clone().unit()) => {
                (said!(TrustRegion::tron().boxed()), Family::LineSearch)
            }
            1 => (searched(dice, n, said!(BarzilaiBorwein::default())), Family::LineSearch),
            _ => (population(dice, is_bounded), Family::Population),
        },
        0..=2 if is_sum => (mini_batches(dice), Family::MiniBatches),
        0..=4 => (line_search(dice, n), Family::LineSearch),
        5..=6 => (rule(dice), Family::Rule),
        7..=8 => (population(dice, is_bounded), Family::Population),
        _ => (global(dice, is_bounded), Family::Restarts),
    }
}

/// A line-search solver with any line search, or a trust region.
pub fn line_search(dice: &mut Dice, n: usize) -> Said<Any> {
    // A look ahead leaves all other cases as they were, and with these limits also those that `tests/faults/hostile.rs`
    // names.
    if (0.205..0.37).contains(&dice.clone().unit()) {
        let mut solvers = trust_regions();
        let index = dice.index(solvers.len());
        return solvers.swap_remove(index);
    }
    match dice.index(6) {
        0 => searched(dice, n, said!(GradientDescent::default())),
        1 => {
            let beta = dice.pick(&[
                Beta::FletcherReeves,
                Beta::PolakRibierePlus,
                Beta::HestenesStiefel,
                Beta::DaiYuan,
                Beta::HagerZhang,
            ]);
            let text = format!("ConjugateGradient::default().beta(Beta::{beta:?})");
            let said = Said::new(ConjugateGradient::default().beta(beta), text);
            let said = settings!(dice, said, restart_after(growth));
            searched(dice, n, said)
        }
        2 => searched(dice, n, said!(BarzilaiBorwein::default())),
        3 => searched(dice, n, said!(Bfgs::default())),
        4 => {
            let said = settings!(dice, said!(Lbfgs::default()), memory(count));
            searched(dice, n, said)
        }
        _ => searched(dice, n, said!(Newton::default())),
    }
}

/// L-BFGS-B with any line search.
pub fn lbfgsb(dice: &mut Dice, n: usize) -> Said<Any> {
    let said = settings!(dice, said!(Lbfgsb::default()), memory(count));
    searched(dice, n, said)
}

/// The solver with its own search, or with another one.
pub fn searched<D>(dice: &mut Dice, n: usize, solver: Said<extremum::Descent<D>>) -> Said<Any>
where
    D: extremum::solver::descent::Direction + 'static,
{
    let solver = if n > 0 && dice.chance(0.1) {
        let typical: Vec<f64> = (0..n).map(|_| dice.size()).collect();
        let text = format!("{}.typical_x(vec!{typical:?})", solver.text);
        Said::new(solver.value.typical_x(typical), text)
    } else {
        solver
    };
    macro_rules! with {
        ($search:expr) => {{
            let (search, text) = ($search.value, $search.text);
            let text = format!("{}.line_search({text})", solver.text);
            Said::new(solver.value.line_search(search).boxed(), text)
        }};
    }
    match dice.index(9) {
        0..=1 => solver.map(Solver::boxed),
        2..=3 => {
            let search = settings!(
                dice,
                said!(HagerZhang::default()),
                sufficient_decrease(share),
                curvature(share),
                epsilon(tiny),
                switch(share),
                bisection(share),
                shrinkage(share),
                expansion(growth),
                max_trials(count),
            );
            with!(search)
        }
        4 => {
            let search = settings!(
                dice,
                said!(MoreThuente::default()),
                sufficient_decrease(share),
                curvature(share),
                interval_tolerance(tiny),
                max_trials(count),
            );
            with!(search)
        }
        5 => {
            let search = settings!(
                dice,
                said!(StrongWolfe::default()),
                sufficient_decrease(share),
                curvature(share),
                max_trials(count),
            );
            with!(search)
        }
        6 => {
            let search = settings!(
                dice,
                said!(Backtracking::default()),
                sufficient_decrease(share),
                max_trials(count)
            );
            with!(search)
        }
        7 => {
            let search = settings!(
                dice,
                said!(Nonmonotone::default()),
                sufficient_decrease(share),
                window(count),
                max_trials(count),
            );
            with!(search)
        }
        _ => {
            let rate = dice.size();
            let said = Said::new(FixedStep::new(rate), format!("FixedStep::new({rate:?})"));
            let search = settings!(dice, said, max_trials(count));
            with!(search)
        }
    }
}
