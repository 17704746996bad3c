//! Formulas given as text: the problems of Hock and Schittkowski, the grammar, and texts that are no formulas.

#![cfg(feature = "expression")]

mod constrained;
mod grammar;
mod hock_schittkowski;
mod malformed;
