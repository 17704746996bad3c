//! Whole suites of problems, each by several solvers: few tests, which compute much.

mod bounded;
mod bounded_quadratics;
mod fits;
mod more_garbow_hillstrom;
mod nist;
mod offsets;
mod train_digits;
mod trust_region;
