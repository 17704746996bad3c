//! Refuses what would not fit into memory before it is allocated: an allocation that fails ends the process.
//!
//! Where the system overcommits memory, a reservation proves little, so there are fixed limits as well.

use crate::Error;
use crate::error::check;

/// The most numbers in one vector: 2³³, 64 GiB of `f64`; fewer where addresses are shorter.
const MOST_NUMBERS: usize = if usize::BITS > 33 { (1_u64 << 33) as usize } else { 1 << 27 };

/// The most bytes of a solver's matrices, 16 GiB: a step of such a size takes minutes, and other solvers need only a
/// few vectors.
const MOST_BYTES: f64 = (1_u64 << 34) as f64;

/// `Ok` when a vector of `length` numbers of a kind can be allocated.
pub(crate) fn check_length<T>(name: &'static str, length: usize) -> Result<(), Error> {
    let fits = length <= MOST_NUMBERS && Vec::<T>::new().try_reserve_exact(length).is_ok();
    check(fits, name, length as f64, "few enough for a vector of that length to fit into memory")
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
