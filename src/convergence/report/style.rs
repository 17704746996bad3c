//! How solvers look, on the page and in the drawings alike.
//!
//! The colours are those of M. Okabe and K. Ito (*Color Universal Design*, 2008) without the yellow. On white they are
//! darker and on black lighter, so that each has a contrast of at least 3 with its background. For protanopia,
//! deuteranopia and tritanopia (G. M. Machado et al., IEEE Trans. Vis. Comput. Graph. 15 (2009) 1291-1298), any two of
//! them differ by at least 0.06 in Oklab. Markers differ from solver to solver as well, and from the eighth on dashes do.

use serde::Serialize;

/// On white and on black.
pub(super) const COLORS: [[&str; 2]; 7] = [
    ["#005a96", "#3a8fd0"],
    ["#cc5500", "#e8702a"],
    ["#008a65", "#12b886"],
    ["#c2629a", "#e08fbd"],
    ["#b98900", "#f0c030"],
    ["#3b9ad9", "#8fd0f5"],
    ["#1f1f1f", "#e8e8e8"],
];

/// Lengths of a dash and a gap in pixels.
const DASHES: [&[u32]; 4] = [&[], &[8, 4], &[2, 3], &[14, 5]];

/// Corners of the markers in pixels around the point.
const MARKERS: [&[[f64; 2]]; 6] = [
    &[[-3.5, -3.5], [3.5, -3.5], [3.5, 3.5], [-3.5, 3.5]],
    &[[0.0, -4.5], [4.2, 3.2], [-4.2, 3.2]],
    &[[0.0, -5.0], [4.0, 0.0], [0.0, 5.0], [-4.0, 0.0]],
    &[[0.0, 4.5], [4.2, -3.2], [-4.2, -3.2]],
    &[[-4.5, 0.0], [-2.2, -3.9], [2.2, -3.9], [4.5, 0.0], [2.2, 3.9], [-2.2, 3.9]],
    &[
        [-1.3, -4.5],
        [1.3, -4.5],
        [1.3, -1.3],
        [4.5, -1.3],
        [4.5, 1.3],
        [1.3, 1.3],
        [1.3, 4.5],
        [-1.3, 4.5],
        [-1.3, 1.3],
        [-4.5, 1.3],
        [-4.5, -1.3],
        [-1.3, -1.3],
    ],
];

/// The look of one solver.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Look {
    /// Which of the colours.
    pub color: usize,
    /// A dash and a gap; empty for a solid line.
    pub dash: &'static [u32],
    /// The corners of the marker.
    pub marker: &'static [[f64; 2]],
}

pub(super) fn look(solver: usize) -> Look {
    Look {
        color: solver % COLORS.len(),
        dash: DASHES[solver / COLORS.len() % DASHES.len()],
        marker: MARKERS[solver % MARKERS.len()],
    }
}

/// The colours as variables of a style sheet: 0 on white, 1 on black.
pub(super) fn variables(background: usize) -> String {
    let variable = |(k, color): (usize, &[&str; 2])| format!("--c{k}:{};", color[background]);
    COLORS.iter().enumerate().map(variable).collect()
}
