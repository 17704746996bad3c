//! Derivatives from differences.
