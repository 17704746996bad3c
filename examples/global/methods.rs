//! The methods, with their defaults and the seed of a run.

use extremum::{AnySolver, Lbfgs, RandomSearch, Solver};

use super::arguments::Arguments;

pub struct Method {
    pub name: &'static str,
    pub solver: Box<dyn AnySolver>,
}

/// All of them, or the one that was asked for.
pub fn methods(arguments: &Arguments, seed: u64) -> Vec<Method> {
    let mut methods = Vec::new();
    // The seed, and the scale if there is one.
    macro_rules! population {
        ($name:literal, $population:expr) => {{
            let population = $population.seed(seed);
            let population = match arguments.scale {
                Some(scale) => population.scale(scale),
                None => population,
            };
            methods.push(Method { name: $name, solver: population.clone().boxed() });
            population
        }};
    }
    macro_rules! and_polished {
        ($name:literal, $polished:literal, $population:expr) => {{
            let population = population!($name, $population);
            let solver = population.polish(Lbfgs::default()).boxed();
            methods.push(Method { name: $polished, solver });
        }};
    }
    population!("RandomSearch", RandomSearch::default().points(arguments.budget));
    methods.retain(|method| arguments.solver.as_deref().is_none_or(|name| name == method.name));
    methods
}
