//! Evaluation of a generation on all ranks.
//!
//! MPI keeps the order of the messages between two ranks, so a cost belongs to the oldest point that its rank has not
//! answered, and no message carries an index.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use ::mpi::Tag;
use ::mpi::request::{LocalScope, Request, scope};
use ::mpi::traits::*;
use nalgebra::DVector;

use super::World;
use crate::evaluator::Call;
use crate::{Evaluator, EvaluatorLost, Problem};

/// From rank 0: a point.
const POINT: Tag = 1;
/// From rank 0: the points before this message are not needed any more.
const ABANDON: Tag = 2;
/// From rank 0: the search has ended.
const END: Tag = 3;
/// To rank 0: a cost, and 1 if the problem panicked, else 0.
const COST: Tag = 4;

/// The most points that a rank holds, the one that it evaluates included: with a second point it does not wait while
/// rank 0 evaluates a point of its own.
const AT_HAND: usize = 2;

/// An [`Evaluator`] that uses all ranks, rank 0 included; lent by [`World::run`].
///
/// **Method**
/// ```text
/// rank 0:  sends every other rank a point, and a second one in reserve; evaluates a point itself;
///          receives the costs that have arrived, sends as many new points; and so on
/// others:  receive a point, send its cost
/// ```
/// A rank that is done takes the next point, so costs of uneven duration keep all ranks busy. A panic on any rank
/// becomes a panic on rank 0, unless the run [survives panics](crate::Minimizer::survive_panics). An interrupted run sends
/// no more points, and waits for the costs that are being evaluated. For several searches, one after the other, give each
/// `&mut ranks`.
///
/// A generation takes two messages a point, of n and 2 numbers. It pays when a cost takes more than some tens of
/// microseconds. If the population is not a multiple of the number of ranks, some ranks idle at the end of each
/// generation. Rank 0 receives results only between its own evaluations: if the costs have very uneven durations, take
/// populations of many times the number of ranks.
#[derive(Debug)]
pub struct Mpi<'w> {
    world: &'w World,
    /// The dimension of the problem that the other ranks evaluate.
    dimension: usize,
}

/// The other ranks, which wait for points until this is dropped.
pub(super) struct Served<'w>(pub &'w World);

impl Served<'_> {
    pub fn evaluator(&self, dimension: usize) -> Mpi<'_> {
        Mpi { world: self.0, dimension }
    }
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        let job = self.0.job();
        for rank in 1..job.size() {
            job.process_at_rank(rank).send_with_tag::<[f64]>(&[], END);
        }
    }
}

/// Evaluates the points that rank 0 sends, until the search ends.
pub(super) fn serve(world: &World, problem: &dyn Problem) {
    let job = world.job();
    let root = job.process_at_rank(0);
    let mut x = DVector::zeros(problem.dimension());
    loop {
        let mut pause = Pause::default();
        while arrived(|| root.immediate_probe()).is_none() {
            pause.wait();
        }
        match root.receive_into(x.as_mut_slice()).tag() {
            POINT => {
                let is_abandoned = arrived(|| root.immediate_probe_with_tag(ABANDON)).is_some();
                let call = Call::new(problem).survive_panics(true);
                let cost = if is_abandoned { f64::NAN } else { call.cost(&x) };
                let answer = [cost, call.panics() as f64];
                root.send_with_tag(&answer[..], COST);
            }
            // Messages keep their order: all points that it concerns came before.
            ABANDON => {}
            _ => return,
        }
    }
}

/// Waits without using the core: MPI itself would keep it busy, even with more ranks than cores.
#[derive(Default)]
struct Pause {
    since: Option<Instant>,
}

impl Pause {
    fn wait(&mut self) {
        const SHORT: Duration = Duration::from_micros(100);
        if self.since.get_or_insert_with(Instant::now).elapsed() < SHORT {
            std::thread::yield_now();
        } else {
            std::thread::sleep(SHORT);
        }
    }
}

/// What has arrived, if anything. Open MPI checks its queue before it fetches new messages: a single probe misses
/// those.
fn arrived<T>(probe: impl Fn() -> Option<T>) -> Option<T> {
    probe().or_else(&probe)
}

type Sent<'p, 's> = Request<'p, [f64], &'s LocalScope<'p>>;

/// A generation as rank 0 sees it.
struct Dispatch<'p, 's> {
    job: &'s ::mpi::topology::SimpleCommunicator,
    scope: &'s LocalScope<'p>,
    points: &'p [DVector<f64>],
    /// The first point that was not sent.
    next: usize,
    /// What each other rank has not answered: indices of points, and the messages that carried them.
    unanswered: Vec<VecDeque<(usize, Sent<'p, 's>)>>,
    panics: u64,
}

impl Dispatch<'_, '_> {
    /// Sends points: first one to every rank that has none, then the reserves.
    fn hand_out(&mut self) {
        for at_hand in 1..=AT_HAND {
            for (other, unanswered) in self.unanswered.iter_mut().enumerate() {
                // The last point is not sent as a reserve: rank 0 can evaluate it at once.
                let reserved = usize::from(at_hand > 1);
                if unanswered.len() < at_hand && self.next + reserved < self.points.len() {
                    let rank = self.job.process_at_rank(other as i32 + 1);
                    let point = self.points[self.next].as_slice();
                    // Not blocking: a long point is sent when its rank is ready to receive it.
                    let sent = rank.immediate_send_with_tag(self.scope, point, POINT);
                    unanswered.push_back((self.next, sent));
                    self.next += 1;
                }
            }
        }
    }

    /// Receives the costs that have arrived; true if there were any.
    fn take_in(&mut self, costs: &mut [f64]) -> bool {
        let mut is_any = false;
        let anybody = self.job.any_process();
        let next = || arrived(|| anybody.immediate_matched_probe_with_tag(COST));
        while let Some((message, status)) = next() {
            let mut answer = [f64::NAN, 0.0];
            message.matched_receive_into(&mut answer[..]);
            is_any = true;
            let other = status.source_rank().unsigned_abs() as usize;
            if let Some((index, sent)) = self.unanswered[other - 1].pop_front() {
                sent.wait_without_status();
                costs[index] = answer[0];
                self.panics += u64::from(answer[1] != 0.0);
            }
        }
        is_any
    }

    /// Sends no more points, and abandons those that no rank has begun.
    fn abandon(&mut self) {
        self.next = self.points.len();
        for (other, unanswered) in self.unanswered.iter().enumerate() {
            if !unanswered.is_empty() {
                let rank = self.job.process_at_rank(other as i32 + 1);
                rank.send_with_tag::<[f64]>(&[], ABANDON);
            }
        }
    }

    /// The point that rank 0 evaluates.
    fn own(&mut self) -> Option<usize> {
        let own = (self.next < self.points.len()).then_some(self.next);
        self.next += usize::from(own.is_some());
        own
    }

    fn is_answered(&self) -> bool {
        self.unanswered.iter().all(VecDeque::is_empty)
    }
}

impl Evaluator for Mpi<'_> {
    fn costs(
        &mut self,
        call: &Call<'_>,
        points: &[DVector<f64>],
        costs: &mut [f64],
    ) -> Result<(), EvaluatorLost> {
        let n = self.dimension;
        if points.iter().any(|x| x.len() != n) || costs.len() != points.len() {
            let reason = format!("the ranks have a problem of dimension {n}, one cost per point");
            return Err(EvaluatorLost { reason });
        }
        costs.fill(f64::NAN);
        let job = self.world.job();
        let mut panic = None;
        let panics_elsewhere = scope(|scope| {
            let unanswered = (1..job.size()).map(|_| VecDeque::with_capacity(AT_HAND)).collect();
            let mut dispatch =
                Dispatch { job: &job, scope, points, next: 0, unanswered, panics: 0 };
            let (mut is_over, mut pause) = (false, Pause::default());
            loop {
                if dispatch.take_in(costs) {
                    pause = Pause::default();
                }
                if !is_over && (call.is_interrupted() || panic.is_some()) {
                    is_over = true;
                    dispatch.abandon();
                }
                dispatch.hand_out();
                if let Some(index) = dispatch.own() {
                    // The panic is resumed when no rank evaluates any more.
                    match catch_unwind(AssertUnwindSafe(|| call.cost(&points[index]))) {
                        Ok(cost) => costs[index] = cost,
                        Err(payload) => panic = Some(payload),
                    }
                } else if dispatch.is_answered() {
                    break;
                } else {
                    pause.wait();
                }
            }
            dispatch.panics
        });
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
        for _ in 0..panics_elsewhere {
            call.panicked();
        }
        Ok(())
    }

    fn width(&self) -> usize {
        self.world.size()
    }
}

impl Evaluator for &mut Mpi<'_> {
    fn costs(
        &mut self,
        call: &Call<'_>,
        points: &[DVector<f64>],
        costs: &mut [f64],
    ) -> Result<(), EvaluatorLost> {
        (**self).costs(call, points, costs)
    }
    fn width(&self) -> usize {
        (**self).width()
    }
}
