//! Line-search methods: counts, laws, ends, checkpoints, scale.

mod augmented_lagrangian;
mod checkpoint;
mod endings;
mod evaluation_counts;
mod evaluations;
mod gauss_newton;
mod interior_point;
mod laws;
mod line_search;
mod no_alloc;
mod robustness;
mod scale;
mod trust_region;
mod within_bounds;
