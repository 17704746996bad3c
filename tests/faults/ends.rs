//! How runs of line-search solvers end.
