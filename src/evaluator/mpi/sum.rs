//! A sum over all ranks, with the bits of one process.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use ::mpi::traits::*;
use nalgebra::DVector;

use super::World;
use crate::problem::{CHUNK, Mean, add};
use crate::{FiniteSum, Problem, Structure, Sum};

/// The most chunks in a block.
const BLOCK: usize = 64;

/// What rank 0 asks for: the first number of its message; x follows.
const END: f64 = 0.0;
const COST: f64 = 1.0;
const GRADIENT: f64 = 2.0;
const BOTH: f64 = 3.0;

/// The [`Problem`] of minimising the mean over all terms of a [`FiniteSum`], whose cost and gradient all ranks evaluate; lent
/// by [`World::run_sum`].
///
/// **Method** (R ranks, N terms)
/// ```text
/// f(x) = Σ_c (|c| / N) f_c(x),  added in the order of the chunks c, as in one process
/// block b = up to 64 chunks, evaluated by rank b mod R while the others evaluate theirs
/// s_b = s_{b-1} + its chunks, one by one;  s goes from rank to rank in the order of the blocks, and from the last to rank 0
/// ```
/// It has the bits of [`Sum`], on any number of ranks. Each rank evaluates its chunks of 256 terms in one thread: start
/// as many ranks as there are cores. Rank 0 evaluates mini-batches, and a sum of one chunk; on one rank this is
/// [`Sum`], with its threads. A panic in a term, on any rank, becomes a panic on rank 0.
///
/// **Memory** Up to 64 gradients a rank, as [`Sum`] has on several threads. **Communication** x to every rank, and for
/// each round of R blocks the sum once around, n + 2 numbers from rank to rank. **Time** The chunks are evaluated in
/// parallel, but added one after the other, whichever rank does it. Adding a chunk takes about 1/256 of its evaluation,
/// which is negligible up to some tens of ranks.
pub struct RankSum<'w, F> {
    local: Sum<&'w F>,
    /// The share of this rank, if the other ranks take part.
    others: Option<Mutex<Share<'w, F>>>,
    world: &'w World,
}

impl<'w, F: FiniteSum> RankSum<'w, F> {
    pub(super) fn new(world: &'w World, terms: &'w F) -> Self {
        let is_shared = world.size() > 1 && terms.terms() > CHUNK;
        let others = is_shared.then(|| Mutex::new(Share::new(world, terms)));
        Self { local: Sum::new(terms), others, world }
    }

    fn evaluate(
        &self,
        wanted: f64,
        x: &DVector<f64>,
        gradient: Option<&mut DVector<f64>>,
    ) -> Option<f64> {
        let n = self.dimension();
        if x.len() != n || gradient.as_ref().is_some_and(|gradient| gradient.len() != n) {
            return None;
        }
        // One evaluation after the other; a panic of the terms is resumed when the share is consistent again.
        let mut share = self.others.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        share.ask(wanted, x);
        let panic = share.evaluate();
        let cost = share.sum[0];
        if let Some(gradient) = gradient {
            gradient.as_mut_slice().copy_from_slice(&share.sum[2..]);
        }
        let panicked = share.sum[1] != 0.0;
        drop(share);
        let elsewhere = || Box::new("a term panicked on another rank") as Box<dyn Any + Send>;
        if let Some(panic) = panic.or_else(|| panicked.then(elsewhere)) {
            // In the caller, as with the terms of one process.
            std::panic::resume_unwind(panic);
        }
        Some(cost)
    }
}

impl<F: FiniteSum> Problem for RankSum<'_, F> {
    fn dimension(&self) -> usize {
        self.local.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.evaluate(COST, x, None).unwrap_or_else(|| self.local.cost(x))
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        if self.evaluate(GRADIENT, x, Some(gradient)).is_none() {
            self.local.gradient(x, gradient);
        }
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        let shared = self.evaluate(BOTH, x, Some(gradient));
        shared.unwrap_or_else(|| self.local.cost_and_gradient(x, gradient))
    }
    fn structure(&self) -> Structure<'_> {
        self.local.structure()
    }
}

impl<F> Drop for RankSum<'_, F> {
    fn drop(&mut self) {
        if let Some(share) = &mut self.others {
            let share = share.get_mut().unwrap_or_else(PoisonError::into_inner);
            share.message[0] = END;
            self.world.job().process_at_rank(0).broadcast_into(&mut share.message[..]);
        }
    }
}

impl<F: FiniteSum> fmt::Debug for RankSum<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RankSum").field("sum", &self.local).field("world", self.world).finish()
    }
}

/// Evaluates this rank's share of everything, until rank 0 ends.
pub(super) fn serve<F: FiniteSum>(world: &World, terms: &F) {
    if terms.terms() <= CHUNK {
        return;
    }
    let mut share = Share::new(world, terms);
    loop {
        world.job().process_at_rank(0).broadcast_into(&mut share.message[..]);
        if share.message[0] == END {
            return;
        }
        // The panic's message is printed; the sum tells rank 0.
        let _ = share.evaluate();
    }
}

type Panic = Box<dyn std::any::Any + Send>;

/// A rank's share of an evaluation: the same code on all ranks.
struct Share<'w, F> {
    world: &'w World,
    terms: &'w F,
    all: Vec<usize>,
    message: Vec<f64>,
    x: DVector<f64>,
    means: Vec<Mean>,
    /// The cost, the number of blocks that panicked, and the gradient where one is wanted.
    sum: Vec<f64>,
}

impl<'w, F: FiniteSum> Share<'w, F> {
    fn new(world: &'w World, terms: &'w F) -> Self {
        let n = terms.dimension();
        Self {
            world,
            terms,
            all: (0..terms.terms()).collect(),
            message: vec![0.0; n + 1],
            x: DVector::zeros(n),
            means: Vec::new(),
            sum: Vec::new(),
        }
    }

    /// Sends to the other ranks what rank 0 asks for.
    fn ask(&mut self, wanted: f64, x: &DVector<f64>) {
        self.message[0] = wanted;
        self.message[1..].copy_from_slice(x.as_slice());
        self.world.job().process_at_rank(0).broadcast_into(&mut self.message[..]);
    }

    /// Evaluates this rank's blocks and adds them to the sum when it arrives; rank 0 has the sum in the end. A panic of
    /// the terms is counted, and the sum continues to the other ranks, which wait for it.
    fn evaluate(&mut self) -> Option<Panic> {
        let job = self.world.job();
        let (rank, ranks) = (self.world.rank(), self.world.size());
        let at = |block: usize| job.process_at_rank((block % ranks) as i32);
        self.x.as_mut_slice().copy_from_slice(&self.message[1..]);
        let entries = if self.message[0] == COST { 0 } else { self.x.len() };
        self.sum.clear();
        self.sum.resize(2 + entries, 0.0);

        let chunks = self.all.len().div_ceil(CHUNK);
        // Equally many chunks for each rank, at most as many as there is room for.
        let rounds = chunks.div_ceil(ranks * BLOCK);
        let length = chunks.div_ceil(ranks * rounds) * CHUNK;
        let blocks = self.all.len().div_ceil(length);
        let mut panic = None;
        for (block, terms) in self.all.chunks(length).enumerate() {
            if block % ranks != rank {
                continue;
            }
            let evaluation = || means(self.terms, terms, self.message[0], &self.x, &mut self.means);
            let outcome = catch_unwind(AssertUnwindSafe(evaluation));
            if block > 0 {
                at(block - 1).receive_into(&mut self.sum[..]);
            }
            let (head, gradient) = self.sum.split_at_mut(2);
            match outcome {
                Ok(()) => add((terms, self.all.len()), &self.means, &mut head[0], gradient),
                Err(payload) => {
                    head[1] += 1.0;
                    panic = Some(payload);
                }
            }
            if block + 1 < blocks {
                at(block + 1).send(&self.sum[..]);
            } else if rank != 0 {
                at(0).send(&self.sum[..]);
            }
        }
        if rank == 0 && !(blocks - 1).is_multiple_of(ranks) {
            at(blocks - 1).receive_into(&mut self.sum[..]);
        }
        panic
    }
}

/// The means over the chunks of a block.
fn means<F: FiniteSum>(
    sum: &F,
    block: &[usize],
    wanted: f64,
    x: &DVector<f64>,
    means: &mut Vec<Mean>,
) {
    let chunks = block.chunks(CHUNK);
    if means.len() < chunks.len() {
        means.resize_with(chunks.len(), Mean::default);
    }
    for (chunk, Mean { cost, gradient }) in chunks.zip(means) {
        if wanted == COST {
            *cost = sum.cost(chunk, x);
            continue;
        }
        if gradient.len() != x.len() {
            *gradient = DVector::zeros(x.len());
        }
        *cost = 0.0;
        if wanted == BOTH {
            *cost = sum.cost_and_gradient(chunk, x, gradient);
        } else {
            sum.gradient(chunk, x, gradient);
        }
    }
}
