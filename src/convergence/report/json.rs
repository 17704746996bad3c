//! What the page's script reads.

use serde::Serialize;

use super::style::{self, Look};
use super::{Axis, Report, unwritable};
use crate::Error;

/// The report, with what the script would otherwise know twice: labels and looks.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    report: &'a Report,
    axes: [Labelled; 4],
    /// The label of each profile's horizontal axis.
    profile_labels: Vec<String>,
    looks: Vec<Look>,
}

#[derive(Serialize)]
struct Labelled {
    name: Axis,
    label: &'static str,
}

pub(super) fn text(report: &Report) -> Result<String, Error> {
    let shown = Shown {
        report,
        axes: Axis::ALL.map(|name| Labelled { name, label: name.label() }),
        profile_labels: report.profiles.iter().map(|profile| profile.label()).collect(),
        looks: (0..report.solvers.len()).map(style::look).collect(),
    };
    serde_json::to_string(&shown).map_err(unwritable)
}
