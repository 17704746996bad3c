//! Fewer points of a curve, with fewer digits.

use serde::Serializer;
use serde::ser::SerializeSeq;

use super::Point;

/// Curves of at most this many points are left as they are.
const WHOLE: usize = 60;
/// Positions that are spread evenly, and as many whose distances grow geometrically. Each brings its successor along:
/// the order of convergence is read from successive errors.
const SPREAD: usize = 15;

pub(super) fn curve<S: Serializer>(curve: &[Point], serializer: S) -> Result<S::Ok, S::Error> {
    let chosen = chosen(curve.len());
    let mut sequence = serializer.serialize_seq(Some(chosen.len()))?;
    for k in chosen {
        let p = &curve[k];
        let [work, seconds, error] = [p.gradient_equivalents, p.seconds, p.error].map(rounded);
        sequence.serialize_element(&(p.iterations, p.evaluations, work, seconds, error))?;
    }
    sequence.end()
}

/// The positions to keep, in ascending order: the first and the last among them.
pub(super) fn chosen(len: usize) -> Vec<usize> {
    if len <= WHOLE {
        return (0..len).collect();
    }
    let last = (len - 1) as f64;
    let mut chosen: Vec<usize> = (0..SPREAD)
        .flat_map(|i| {
            let share = i as f64 / (SPREAD - 1) as f64;
            let positions = [last * share, last.powf(share) - 1.0];
            positions.map(|position| (position as usize).min(len - 2))
        })
        .flat_map(|k| [k, k + 1])
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// Four significant digits.
pub(super) fn rounded(value: f64) -> f64 {
    // What Rust has printed, it reads.
    format!("{value:.3e}").parse().unwrap_or(value)
}
