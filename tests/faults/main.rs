//! Faults found in use, each as a test with the correct value: one module per part of the library.

#![cfg(feature = "autodiff")]

mod bounds;
mod differences;
mod ends;
mod failures;
mod hostile;
mod populations;
mod stationary;
mod usage;
