//! Factorizations by faer, of large matrices. Nothing else knows faer.
//!
//! On one thread, so that the bits of a result do not depend on how many there are; they depend on the processor.

use std::mem::MaybeUninit;

use faer::dyn_stack::MemStack;
use faer::linalg::cholesky::llt::factor::{
    LltError, LltRegularization, cholesky_in_place, cholesky_in_place_scratch,
};
use faer::{MatMut, Par, Spec};

/// Rows that are enough for all kinds of products.
const FEW: usize = 100;

/// What faer works in, besides a buffer that it keeps for each thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch(Vec<MaybeUninit<u8>>);

impl Scratch {
    /// For n × n matrices.
    pub fn new(n: usize) -> Self {
        let request = cholesky_in_place_scratch::<f64>(n, Par::Seq, Spec::default());
        let mut scratch = Self(vec![MaybeUninit::uninit(); request.unaligned_bytes_required()]);
        // The first products on a thread allocate what faer keeps for the others there.
        let few = n.min(FEW);
        let mut identity = vec![0.0; few * few];
        identity.iter_mut().step_by(few + 1).for_each(|one| *one = 1.0);
        let result = cholesky(&mut identity, few, &mut scratch);
        debug_assert!(result.is_ok());
        scratch
    }
}

/// Replaces the lower triangle of an n × n matrix by Cholesky's factor L; the index of a pivot that is not positive is
/// the error.
pub(super) fn cholesky(a: &mut [f64], n: usize, scratch: &mut Scratch) -> Result<(), usize> {
    let matrix = MatMut::from_column_major_slice_mut(a, n, n);
    let stack = MemStack::new(&mut scratch.0);
    cholesky_in_place(matrix, LltRegularization::default(), Par::Seq, stack, Spec::default())
        .map(|_| ())
        .map_err(|LltError::NonPositivePivot { index }| index)
}
