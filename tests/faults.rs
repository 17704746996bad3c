//! What went wrong in use, each as a test with the right value: one module for each part of the library.

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
