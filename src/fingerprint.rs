//! A 64-bit hash of a configuration or of bytes: two that differ are unlikely to have the same.
//!
//! ```text
//! h ← 14695981039346656037;  for every byte b:  h ← (h xor b) · 1099511628211  mod 2⁶⁴
//! ```
//!
//! This is FNV-1a with 64 bits, of G. Fowler, L. Noll and K.-P. Vo (draft-eastlake-fnv, section 2). Every step is
//! one-to-one in h and in b, so that a single wrong byte always changes the result.

use std::fmt::{self, Debug, Write};

struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}

/// The 64-bit hash (FNV-1a) of what `Debug` shows of a configuration: see [`Solver::fingerprint`](crate::Solver::fingerprint).
/// Configurations that `Debug` shows alike have the same one, such as those that differ only in a closure.
///
/// ```
/// use extremum::{Lbfgs, fingerprint};
/// assert_eq!(fingerprint(&Lbfgs::default()), fingerprint(&Lbfgs::default()));
/// assert_ne!(fingerprint(&Lbfgs::default()), fingerprint(&Lbfgs::default().memory(3)));
/// ```
pub fn fingerprint(configuration: &dyn Debug) -> u64 {
    let mut hash = Fnv::new();
    // Writing into a number does not fail; a `Debug` that does has shown what it could.
    let _ = write!(hash, "{configuration:?}");
    hash.0
}

/// A number for a point, by its bits.
pub(crate) fn of_point(x: &[f64]) -> u64 {
    let mut hash = Fnv::new();
    x.iter().for_each(|x| hash.add(&x.to_bits().to_le_bytes()));
    hash.0
}

/// The checksum of bytes.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let mut hash = Fnv::new();
    hash.add(bytes);
    hash.0
}
