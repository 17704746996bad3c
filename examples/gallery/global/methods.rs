//! The methods, with their defaults and the seed of a run.

use extremum::{
    AnySolver, BasinHopping, CmaEs, DifferentialEvolution, GeneticAlgorithm, Lbfgsb, MultiStart,
    NelderMead, ParticleSwarm, PatternSearch, RandomSearch, SimulatedAnnealing, SobolSearch,
    Solver,
};

use super::arguments::Arguments;

pub struct Method {
    pub name: &'static str,
    pub solver: Box<dyn AnySolver>,
}

/// All methods, or the one selected by name.
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
            let solver = population.polish(Lbfgsb::default()).boxed();
            methods.push(Method { name: $polished, solver });
        }};
    }
    macro_rules! driver {
        ($name:literal, $driver:expr) => {{
            let driver = $driver.seed(seed);
            let driver = match arguments.scale {
                Some(scale) => driver.scale(scale),
                None => driver,
            };
            methods.push(Method { name: $name, solver: driver.boxed() });
        }};
    }
    and_polished!("CmaEs", "CmaEs+Lbfgsb", CmaEs::default());
    population!("CmaEs-BIPOP", CmaEs::default().bipop());
    and_polished!(
        "DifferentialEvolution",
        "DifferentialEvolution+Lbfgsb",
        DifferentialEvolution::default()
    );
    and_polished!("ParticleSwarm", "ParticleSwarm+Lbfgsb", ParticleSwarm::default());
    and_polished!(
        "ParticleSwarm-CL",
        "ParticleSwarm-CL+Lbfgsb",
        ParticleSwarm::comprehensive_learning()
    );
    and_polished!("GeneticAlgorithm", "GeneticAlgorithm+Lbfgsb", GeneticAlgorithm::default());
    and_polished!("Annealing", "Annealing+Lbfgsb", SimulatedAnnealing::classical());
    and_polished!("Annealing-fast", "Annealing-fast+Lbfgsb", SimulatedAnnealing::fast());
    // It polishes by itself.
    population!("Annealing-generalized", SimulatedAnnealing::generalized());
    population!("NelderMead", NelderMead::default());
    population!("PatternSearch", PatternSearch::default());
    driver!("MultiStart", MultiStart::default());
    driver!("BasinHopping", BasinHopping::default());
    population!("SobolSearch", SobolSearch::default().points(arguments.budget));
    population!("RandomSearch", RandomSearch::default().points(arguments.budget));
    methods.retain(|method| arguments.solver.as_deref().is_none_or(|name| name == method.name));
    methods
}
