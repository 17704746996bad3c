//! A random rotation: the Q of G = QR with independent normal entries in G and a positive diagonal in R, which is uniform
//! over the orthogonal matrices (the Haar measure).
//!
//! F. Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the AMS 54(5), 2007,
//! pp. 592-604, theorem 2 and section 5: without the condition on the signs of R, Q is not uniform. The Gram-Schmidt
//! process makes them positive; applied twice, it makes the columns orthogonal to rounding (W. Kahan, in B. N. Parlett,
//! The Symmetric Eigenvalue Problem, SIAM 1998, section 6.9).

use crate::linalg::{axpy, dot};
use crate::{DMatrix, DVector, Random};

/// A random orthogonal n × n matrix.
pub(super) fn random_rotation(n: usize, random: &mut Random) -> DMatrix<f64> {
    let mut columns: Vec<DVector<f64>> = Vec::with_capacity(n);
    while columns.len() < n {
        let mut column = DVector::from_fn(n, |_, _| random.normal());
        let drawn = column.norm();
        for _ in 0..2 {
            for earlier in &columns {
                let product = dot(earlier.as_slice(), column.as_slice());
                axpy(-product, earlier.as_slice(), column.as_mut_slice());
            }
        }
        // A column that is dependent on the earlier ones up to rounding, which is all but impossible, is drawn again.
        if column.norm() > 1e-10 * drawn {
            column.unscale_mut(column.norm());
            columns.push(column);
        }
    }
    DMatrix::from_columns(&columns)
}
