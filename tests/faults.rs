//! Faults found in use, each as a test with the correct value: one module per part of the library.

#![cfg(feature = "autodiff")]

#[path = "faults/bounds.rs"]
mod bounds;
#[path = "faults/differences.rs"]
mod differences;
#[path = "faults/ends.rs"]
mod ends;
#[path = "faults/populations.rs"]
mod populations;
#[path = "faults/stationary.rs"]
mod stationary;
#[path = "faults/usage.rs"]
mod usage;
