//! Members of a population: the first ones, and those of a checkpoint.
//!
//! M. McKay, R. Beckman, W. Conover, "A comparison of three methods for selecting values of input variables in the analysis
//! of output from a computer code", Technometrics 21 (1979): Latin hypercube sampling.

use nalgebra::DVector;

use super::Space;
use crate::error::check;
use crate::{Error, Random};

/// Checks the size of a population. Beyond a million its room may be more than there is.
pub(super) fn check_size(size: usize, name: &'static str, smallest: usize) -> Result<(), Error> {
    let range = if smallest == 4 { "from 4 to 1000000" } else { "from 2 to 1000000" };
    check((smallest..=1_000_000).contains(&size), name, size as f64, range)
}

/// True for points that a population of this space may hold.
pub(super) fn all_within(space: &Space, points: &[DVector<f64>], count: usize) -> bool {
    let fits = |x: &DVector<f64>| {
        x.len() == space.dimension()
            && x.iter().all(|x| x.is_finite())
            && space.bounds().is_none_or(|bounds| bounds.contain(x))
    };
    points.len() == count && points.iter().all(fits)
}

/// Spreads points over the box of the first population, the start first: a Latin hypercube, in each coordinate one point in
/// each of as many equal cells as there are points.
pub(super) fn latin_hypercube(
    space: &Space,
    random: &mut Random,
    count: usize,
) -> Vec<DVector<f64>> {
    let mut points = vec![space.x0().clone(); count];
    let (lower, upper) = space.region();
    let cells = count.saturating_sub(1);
    let mut cell: Vec<usize> = (0..cells).collect();
    for i in 0..space.dimension() {
        random.shuffle(&mut cell);
        for (x, &cell) in points.iter_mut().skip(1).zip(&cell) {
            let share = (cell as f64 + random.unit()) / cells as f64;
            // Halves, so that the width of the largest boxes is finite.
            let value = lower[i] + 2.0 * (share * (upper[i] / 2.0 - lower[i] / 2.0));
            x[i] = value.clamp(lower[i], upper[i]);
        }
    }
    points
}
