//! Populations, direct searches and restarts of local solvers.

mod ask_and_tell;
mod cma_es;
mod differential_evolution;
mod genetic_algorithm;
mod laws;
mod nelder_mead;
mod particle_swarm;
mod pattern_search;
mod restarts_of_local_solvers;
mod simulated_annealing;
mod sobol;
