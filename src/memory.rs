//! What would take more memory than there is, refused before it is asked for: an allocation that fails ends the process.
//!
//! Where memory is promised before it is there, a reservation says little, so there are limits beside it.

use crate::Error;
use crate::error::check;

/// Numbers in one vector at most: 2³³, 64 GiB of `f64`; fewer where an address is shorter.
const MOST_NUMBERS: usize = if usize::BITS > 33 { (1_u64 << 33) as usize } else { 1 << 27 };

/// Bytes of a solver's matrices at most, 16 GiB: a step of such a size is a matter of minutes, and other solvers need
/// some vectors.
const MOST_BYTES: f64 = (1_u64 << 34) as f64;

/// `Ok` when a vector of `length` numbers of a kind can be allocated.
pub(crate) fn check_length<T>(name: &'static str, length: usize) -> Result<(), Error> {
    let fits = length <= MOST_NUMBERS && Vec::<T>::new().try_reserve_exact(length).is_ok();
    check(fits, name, length as f64, "few enough for a vector of them to fit into memory")
}

/// `Ok` when a solver may keep `per_pair` numbers for each pair of n variables.
pub(crate) fn check_pairs(solver: &'static str, n: usize, per_pair: f64) -> Result<(), Error> {
    let bytes = per_pair * 8.0 * n as f64 * n as f64;
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    let gibibytes = bytes / (1_u64 << 30) as f64;
    Err(Error::TooMuchMemory { solver, variables: n, gibibytes })
}
