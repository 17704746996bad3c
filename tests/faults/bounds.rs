//! Local searches within bounds.
