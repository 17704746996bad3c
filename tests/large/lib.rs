//! Its tests are in `main.rs`.
