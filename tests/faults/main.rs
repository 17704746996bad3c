//! What went wrong in use, each as a test with the right value: one module for each part of the library.

#![cfg(feature = "autodiff")]

mod bounds;
mod differences;
mod ends;
mod populations;
mod stationary;
mod usage;
