//! Reports: what a comparison of solvers has measured, as a page, tables and drawings.
//!
//! A [`Report`] holds the measurements. [`Report::write`] makes a folder of them:
//!
//! | file | contents |
//! |---|---|
//! | `report.html` | the page: one file, which requests nothing from the network |
//! | `data.json` | what the page shows |
//! | `runs.csv`, `rates.csv`, `profiles.csv`, `running_times.csv` | the same as tables |
//! | `figures/*.svg` | one drawing per problem and per profile |
//!
//! ```
//! use extremum::convergence::report::{Point, Problem, Report, Run};
//!
//! // Bisection of [0, 1]: the error is halved by each evaluation.
//! let curve: Vec<_> = (0..40).map(|k| Point::new(k, k, k as f64, 1e-6 * k as f64, 0.5_f64.powi(k as i32))).collect();
//! let last = *curve.last().unwrap();
//! let report = Report {
//!     title: "Bisection".into(),
//!     problems: vec![Problem { name: "x < 1/3".into(), n: 1, minimum: Some(0.0), known: true }],
//!     solvers: vec!["bisection".into()],
//!     runs: vec![Run { termination: "target met".into(), converged: true, ..Run::of(0, 0, 0, curve) }],
//!     ..Report::default()
//! };
//! assert_eq!(last.iterations, 39);
//! assert!(report.json()?.contains(r#"[39,39,39.0,0.000039,1.819e-12]"#));
//! assert!(report.html()?.ends_with("</html>\n"));
//! # Ok::<(), extremum::Error>(())
//! ```
//!
//! Numbers that are not finite are written as `null` in JSON and as empty fields in tables.

mod data;
mod figures;
mod html;
mod json;
mod style;
mod tables;
mod thin;

use std::fmt::Display;
use std::fs;
use std::path::Path;

pub use data::{
    Point, Problem, Profile, ProfileCurve, ProfileKind, Provenance, Quantity, Rate, Report, Run,
    RunningTime, Theory,
};

use super::lab::Axis;
use crate::Error;

impl Report {
    /// The page as one HTML file, which requests nothing from the network.
    ///
    /// # Errors
    ///
    /// [`Error::Report`] where a record names a problem or a solver that is not in the lists.
    pub fn html(&self) -> Result<String, Error> {
        Ok(html::page(self, &self.json()?))
    }

    /// What the page shows as JSON. The curves are thinned to about 60 points of four significant digits.
    ///
    /// # Errors
    ///
    /// As of [`html`](Self::html).
    pub fn json(&self) -> Result<String, Error> {
        self.check()?;
        json::text(self)
    }

    /// Writes the page, the tables and the drawings into a folder, which is created if it is missing. Files of these
    /// names are replaced; a file of an earlier report under another name remains.
    ///
    /// # Errors
    ///
    /// As of [`html`](Self::html), and where a file cannot be written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        let folder = folder.as_ref();
        let json = self.json()?;
        let figures = folder.join("figures");
        fs::create_dir_all(&figures).map_err(refused(&figures))?;
        save(&folder.join("report.html"), html::page(self, &json))?;
        save(&folder.join("data.json"), json)?;
        for (name, table) in tables::all(self)? {
            save(&folder.join(name), table)?;
        }
        for (name, drawing) in figures::drawings(self)? {
            save(&figures.join(name), drawing)?;
        }
        Ok(())
    }

    /// Every record names a problem and a solver of the lists.
    fn check(&self) -> Result<(), Error> {
        let within = |what: &str, index: usize, count: usize| {
            let reason = || format!("there is no {what} {index}: the report lists {count}");
            if index < count { Ok(()) } else { Err(Error::Report { reason: reason() }) }
        };
        let pairs = (self.runs.iter().map(|run| (run.problem, run.solver)))
            .chain(self.rates.iter().map(|rate| (rate.problem, rate.solver)))
            .chain(self.running_times.iter().map(|time| (time.problem, time.solver)));
        for (problem, solver) in pairs {
            within("problem", problem, self.problems.len())?;
            within("solver", solver, self.solvers.len())?;
        }
        for curve in self.profiles.iter().flat_map(|profile| &profile.curves) {
            within("solver", curve.solver, self.solvers.len())?;
        }
        Ok(())
    }
}

fn save(file: &Path, text: String) -> Result<(), Error> {
    fs::write(file, text).map_err(refused(file))
}

fn refused<E: Display>(path: &Path) -> impl Fn(E) -> Error {
    move |error| Error::Report { reason: format!("{}: {error}", path.display()) }
}

fn unwritable(error: impl Display) -> Error {
    Error::Report { reason: error.to_string() }
}
