//! What the feature `lab` adds: many runs, their rates against theory, and the files of a report.

mod files;
mod outcomes;
mod theory;
