//! Populations with random settings.

use extremum::differential_evolution::{self, Control, Strategy};
use extremum::particle_swarm::{self, Topology};
use extremum::solver::population::{
    Acceptance, Cooling, Crossover, Moves, Mutation, Selection, Survival, Visiting,
};
use extremum::{
    CmaEs, DifferentialEvolution, GeneticAlgorithm, NelderMead, ParticleSwarm, PatternSearch,
    RandomSearch, SimulatedAnnealing, SobolSearch, Solver,
};

use super::dice::Dice;
use super::searches::kept;
use super::solvers::{Any, Said, line_search, said, settings};

/// The population, with a scale where there are no bounds, now and then polished.
macro_rules! finished {
    ($dice:expr, $is_bounded:expr, $said:expr) => {{
        let said = settings!($dice, $said, seed(seed));
        let said = if $dice.chance(if $is_bounded { 0.6 } else { 0.97 }) {
            let scale = $dice.size();
            Said { text: format!("{}.scale({scale:?})", said.text), value: said.value.scale(scale) }
        } else {
            said
        };
        match $dice.index(12) {
            0 => {
                let local = line_search($dice, 0);
                let local = if $is_bounded { kept($dice, local) } else { local };
                Said {
                    text: format!("{}.polish({}.boxed())", said.text, local.text),
                    value: said.value.polish(local.value).boxed(),
                }
            }
            1 => {
                let text = format!("Generations::new({}).without_polish()", said.text);
                Said {
                    text,
                    value: extremum::Generations::new(said.value).without_polish().boxed(),
                }
            }
            _ => said.map(Solver::boxed),
        }
    }};
}

/// A setter with one of several values.
macro_rules! one_of {
    ($dice:expr, $said:expr, $setter:ident, $($value:expr),+ $(,)?) => {{
        let said = $said;
        if $dice.chance(0.3) {
            let value = $dice.pick(&[$($value),+]);
            Said {
                text: format!(
                    concat!("{}.", stringify!($setter), "({}::{:?})"),
                    said.text, kind(&value), value,
                ),
                value: said.value.$setter(value),
            }
        } else {
            said
        }
    }};
}

/// The name of an enum.
fn kind<T>(_: &T) -> &'static str {
    std::any::type_name::<T>().rsplit("::").next().unwrap_or_default()
}

pub fn population(dice: &mut Dice, is_bounded: bool) -> Said<Any> {
    match dice.index(9) {
        0 => cma_es(dice, is_bounded),
        1 => evolution(dice, is_bounded),
        2 => genetic(dice, is_bounded),
        3 => swarm(dice, is_bounded),
        4 => annealing(dice, is_bounded),
        5 => {
            let said = settings!(
                dice,
                said!(NelderMead::default()),
                adaptive(flag),
                x_tolerance(tiny),
                cost_tolerance(tiny),
                restarts(few),
            );
            finished!(dice, is_bounded, said)
        }
        6 => {
            let said = settings!(
                dice,
                said!(PatternSearch::default()),
                opportunistic(flag),
                expansion(growth),
                x_tolerance(tiny),
            );
            finished!(dice, is_bounded, said)
        }
        7 => {
            let said = settings!(dice, said!(RandomSearch::default()), points(steps), batch(small));
            finished!(dice, is_bounded, said)
        }
        _ => {
            let said = settings!(
                dice,
                said!(SobolSearch::default()),
                points(steps),
                batch(small),
                scrambled(flag)
            );
            finished!(dice, is_bounded, said)
        }
    }
}

fn cma_es(dice: &mut Dice, is_bounded: bool) -> Said<Any> {
    let said = settings!(
        dice,
        said!(CmaEs::default()),
        population(small),
        separable(),
        restarts(few),
        tolerance_x(tiny),
        tolerance_cost(tiny),
    );
    let said = match dice.index(4) {
        0 => Said::new(said.value.ipop(), said.text + ".ipop()"),
        1 => Said::new(said.value.bipop(), said.text + ".bipop()"),
        _ => said,
    };
    finished!(dice, is_bounded, said)
}

fn evolution(dice: &mut Dice, is_bounded: bool) -> Said<Any> {
    use differential_evolution::Boundary;
    let said = settings!(
        dice,
        said!(DifferentialEvolution::default()),
        population(small),
        best_share(share),
        archive(size),
        spread_tolerance(tiny),
        cost_tolerance(tiny),
        patience(steps),
    );
    let said = one_of!(dice, said, boundary, Boundary::Midpoint, Boundary::Reflect);
    let (weight, crossover, rate, length) = (dice.size(), dice.share(), dice.share(), dice.small());
    let said = one_of!(
        dice,
        said,
        control,
        Control::Fixed { weight, crossover },
        Control::Jade { rate },
        Control::SuccessHistory { length },
    );
    let said = one_of!(
        dice,
        said,
        strategy,
        Strategy::Rand1Bin,
        Strategy::Best1Bin,
        Strategy::CurrentToPBest1Bin,
    );
    finished!(dice, is_bounded, said)
}

fn genetic(dice: &mut Dice, is_bounded: bool) -> Said<Any> {
    let said = settings!(
        dice,
        said!(GeneticAlgorithm::default()),
        population(small),
        crossover_probability(share),
        mutation_probability(share),
        patience(steps),
        collapse(tiny),
    );
    let (size, pressure, index, elites) = (dice.small(), dice.growth(), dice.size(), dice.small());
    let said = one_of!(
        dice,
        said,
        selection,
        Selection::Tournament(size),
        Selection::LinearRank(pressure)
    );
    let said =
        one_of!(dice, said, crossover, Crossover::SimulatedBinary(index), Crossover::Blend(index));
    let said =
        one_of!(dice, said, mutation, Mutation::Polynomial(index), Mutation::Gaussian(index));
    let said = one_of!(dice, said, survival, Survival::Best, Survival::Elites(elites));
    finished!(dice, is_bounded, said)
}

fn swarm(dice: &mut Dice, is_bounded: bool) -> Said<Any> {
    use particle_swarm::Boundary;
    let said = match dice.index(3) {
        0 => said!(ParticleSwarm::constriction()),
        1 => said!(ParticleSwarm::comprehensive_learning()),
        _ => said!(ParticleSwarm::default()),
    };
    let said = settings!(
        dice,
        said,
        particles(small),
        inertia(share),
        cognitive(size),
        social(size),
        velocity_limit(share),
        spread_tolerance(tiny),
        cost_tolerance(tiny),
        patience(steps),
    );
    let said = one_of!(
        dice,
        said,
        topology,
        Topology::Global,
        Topology::Ring,
        Topology::VonNeumann,
        Topology::Random,
    );
    let said = one_of!(
        dice,
        said,
        boundary,
        Boundary::Rebound,
        Boundary::Absorb,
        Boundary::Reflect,
        Boundary::Resample,
    );
    finished!(dice, is_bounded, said)
}

fn annealing(dice: &mut Dice, is_bounded: bool) -> Said<Any> {
    let said = match dice.index(4) {
        0 => said!(SimulatedAnnealing::classical()),
        1 => said!(SimulatedAnnealing::fast()),
        2 => said!(SimulatedAnnealing::generalized()),
        _ => said!(SimulatedAnnealing::default()),
    };
    let said = settings!(
        dice,
        said,
        visiting_temperature(size),
        sweeps(steps),
        temperature(size),
        ends_at(share),
        stages(steps),
        reheats(steps),
        acceptance_rate(share),
    );
    let (q, factor, steps) = (dice.growth(), dice.share(), dice.steps());
    let said =
        one_of!(dice, said, visiting, Visiting::Uniform, Visiting::Gaussian, Visiting::Tsallis(q));
    let said = one_of!(dice, said, acceptance, Acceptance::Metropolis, Acceptance::Tsallis(-q));
    let said = one_of!(
        dice,
        said,
        cooling,
        Cooling::Geometric(factor),
        Cooling::Linear(steps),
        Cooling::Logarithmic,
        Cooling::Reciprocal,
        Cooling::Generalized(q),
    );
    let said = one_of!(dice, said, moves, Moves::Coordinates, Moves::Vectors, Moves::Both);
    finished!(dice, is_bounded, said)
}
