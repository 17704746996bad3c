//! What a rule stores for every component: vectors of the length of x, side by side.

use super::number::{Float, Number};

/// How many numbers a rule stores per component, as a type: [`Columns`] or a pair of slots.
pub trait Slots: 'static {
    /// The number of vectors.
    const COUNT: usize;
    /// The numbers of one component, or of several side by side.
    type Values<V: Number>: Copy;
    #[doc(hidden)]
    type Slices<'a, T: Float>: Send + Sync;
    #[doc(hidden)]
    fn slices<'a, T: Float>(vectors: &mut std::slice::IterMut<'a, Vec<T>>) -> Self::Slices<'a, T>;
    #[doc(hidden)]
    fn split<'a, T: Float>(slices: Self::Slices<'a, T>, at: usize) -> [Self::Slices<'a, T>; 2];
    #[doc(hidden)]
    fn load<V: Number>(slices: &Self::Slices<'_, V::Scalar>, at: usize) -> Self::Values<V>;
    #[doc(hidden)]
    fn store<V: Number>(
        values: Self::Values<V>,
        slices: &mut Self::Slices<'_, V::Scalar>,
        at: usize,
    );
}

/// `K` vectors. A vector that a rule does not [use](super::Rule::uses) is empty: it reads as zeros and ignores writes.
#[derive(Clone, Copy, Debug)]
pub struct Columns<const K: usize>;

impl<const K: usize> Slots for Columns<K> {
    const COUNT: usize = K;
    type Values<V: Number> = [V; K];
    type Slices<'a, T: Float> = [Column<'a, T>; K];

    fn slices<'a, T: Float>(vectors: &mut std::slice::IterMut<'a, Vec<T>>) -> Self::Slices<'a, T> {
        std::array::from_fn(|_| Column(vectors.next().map(Vec::as_mut_slice).unwrap_or_default()))
    }

    fn split<'a, T: Float>(slices: Self::Slices<'a, T>, at: usize) -> [Self::Slices<'a, T>; 2] {
        let mut rest: [&mut [T]; K] = std::array::from_fn(|_| Default::default());
        let mut k = 0;
        let first = slices.map(|Column(slice)| {
            let at = at.min(slice.len());
            let (first, second) = slice.split_at_mut(at);
            rest[k] = second;
            k += 1;
            Column(first)
        });
        [first, rest.map(Column)]
    }

    #[inline(always)]
    fn load<V: Number>(slices: &Self::Slices<'_, V::Scalar>, at: usize) -> [V; K] {
        let mut values = [V::of(0.0); K];
        for k in 0..K {
            if let Some(entries) = slices[k].0.get(at..at + V::LANES) {
                values[k] = V::load(entries);
            }
        }
        values
    }

    #[inline(always)]
    fn store<V: Number>(values: [V; K], slices: &mut Self::Slices<'_, V::Scalar>, at: usize) {
        for k in 0..K {
            if let Some(entries) = slices[k].0.get_mut(at..at + V::LANES) {
                values[k].store(entries);
            }
        }
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct Column<'a, T>(&'a mut [T]);

impl<A: Slots, B: Slots> Slots for (A, B) {
    const COUNT: usize = A::COUNT + B::COUNT;
    type Values<V: Number> = (A::Values<V>, B::Values<V>);
    type Slices<'a, T: Float> = (A::Slices<'a, T>, B::Slices<'a, T>);

    fn slices<'a, T: Float>(vectors: &mut std::slice::IterMut<'a, Vec<T>>) -> Self::Slices<'a, T> {
        (A::slices(vectors), B::slices(vectors))
    }

    fn split<'a, T: Float>((a, b): Self::Slices<'a, T>, at: usize) -> [Self::Slices<'a, T>; 2] {
        let ([a1, a2], [b1, b2]) = (A::split(a, at), B::split(b, at));
        [(a1, b1), (a2, b2)]
    }

    #[inline(always)]
    fn load<V: Number>((a, b): &Self::Slices<'_, V::Scalar>, at: usize) -> Self::Values<V> {
        (A::load(a, at), B::load(b, at))
    }

    #[inline(always)]
    fn store<V: Number>(
        (a, b): Self::Values<V>,
        slices: &mut Self::Slices<'_, V::Scalar>,
        at: usize,
    ) {
        A::store(a, &mut slices.0, at);
        B::store(b, &mut slices.1, at);
    }
}
