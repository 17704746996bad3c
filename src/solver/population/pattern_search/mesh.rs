//! The mesh, its polls and its searches.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::super::members::hash;
use super::{Candidates, PatternSearch, Space};

/// The number of remembered points: per variable, and at least.
const POINTS: (usize, usize) = (64, 4096);

/// How many points share a place of the table: the last ones are kept.
const BUCKET: usize = 8;

/// Contractions in a row without a new point, after which the step is below rounding.
const CONTRACTIONS: u32 = 64;

/// The memory of [`PatternSearch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mesh {
    x: DVector<f64>,
    cost: f64,
    /// h.
    lengths: DVector<f64>,
    /// Δ.
    delta: f64,
    asks: Asks,
    /// The next direction of the poll: 2i is + e_i, 2i + 1 is − e_i.
    next: usize,
    /// The coordinates of the candidates of a poll.
    polled: Vec<usize>,
    /// x when the poll began.
    base: DVector<f64>,
    base_cost: f64,
    /// The sum of the improving steps of a poll, or the next point of the search.
    trial: DVector<f64>,
    /// The lowest cost of the poll along each coordinate.
    lowest: DVector<f64>,
    /// A table of the hashes of earlier points, none of which is better than x.
    known: Vec<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Asks {
    Start,
    Poll,
    Search,
}

impl Mesh {
    pub(super) fn new(x0: &DVector<f64>, lengths: DVector<f64>) -> Self {
        let n = x0.len();
        Self {
            x: x0.clone(),
            cost: f64::INFINITY,
            lengths,
            delta: 1.0,
            asks: Asks::Start,
            next: 0,
            polled: Vec::with_capacity(2 * n),
            base: x0.clone(),
            base_cost: f64::INFINITY,
            trial: x0.clone(),
            lowest: x0.clone(),
            known: vec![0; remembered(n)],
        }
    }

    /// The largest step relative to its variable: to the larger of its value and that of the start (at most 1). For a
    /// start at 0, the distance of the bounds takes the place of the latter.
    pub(super) fn size(&self, space: &Space) -> f64 {
        let step = |i: usize| {
            let (lower, upper) = space.bounds_of(i);
            let start = space.x0()[i].abs();
            let start = if start > 0.0 { start } else { upper - lower };
            self.delta * self.lengths[i] / self.x[i].abs().max(start.min(1.0))
        };
        let moves = |&i: &usize| self.lengths[i] > 0.0;
        (0..self.x.len()).filter(moves).map(step).fold(0.0, f64::max)
    }

    pub(super) fn propose(&mut self, space: &Space, method: &PatternSearch, to: &mut Candidates) {
        for _ in 0..CONTRACTIONS {
            match self.asks {
                Asks::Start => {
                    self.remember();
                    return to.next(self.x.len()).copy_from(&self.x);
                }
                Asks::Search => {
                    for (i, trial) in self.trial.iter_mut().enumerate() {
                        *trial = space.clamped(i, *trial);
                    }
                    if self.is_new() {
                        return to.next(self.x.len()).copy_from(&self.trial);
                    }
                    self.begin_poll(method.expansion);
                }
                Asks::Poll => {}
            }
            if self.poll(space, method.opportunistic, to) {
                return;
            }
            // The remaining points of the poll are known: none is better.
            self.end_poll(method);
        }
        to.next(self.x.len()).copy_from(&self.x);
    }

    /// Proposes the new points of the poll: all, or the next one. False when there is none.
    fn poll(&mut self, space: &Space, is_opportunistic: bool, to: &mut Candidates) -> bool {
        self.polled.clear();
        self.trial.copy_from(&self.x);
        while self.next < 2 * self.x.len() && !(is_opportunistic && self.polled.len() == 1) {
            let (i, sign) = (self.next / 2, if self.next.is_multiple_of(2) { 1.0 } else { -1.0 });
            self.next += 1;
            self.trial[i] = space.clamped(i, self.x[i] + sign * self.delta * self.lengths[i]);
            if self.is_new() {
                to.next(self.x.len()).copy_from(&self.trial);
                self.polled.push(i);
            }
            self.trial[i] = self.x[i];
        }
        !self.polled.is_empty()
    }

    /// True when the trial is not among the remembered points; it is remembered then.
    fn is_new(&mut self) -> bool {
        self.trial != self.x && self.remember()
    }

    /// Remembers the trial. False when it is remembered already.
    fn remember(&mut self) -> bool {
        let hash = hash(&self.trial);
        let buckets = (self.known.len() / BUCKET) as u64;
        let first = (hash % buckets) as usize * BUCKET;
        let bucket = &mut self.known[first..first + BUCKET];
        let is_new = !bucket.contains(&hash);
        if is_new {
            bucket.rotate_right(1);
            bucket[0] = hash;
        }
        is_new
    }

    pub(super) fn learn(
        &mut self,
        method: &PatternSearch,
        candidates: &[DVector<f64>],
        costs: &[f64],
    ) {
        match self.asks {
            Asks::Start => {
                self.cost = costs.first().copied().unwrap_or(f64::INFINITY);
                self.begin_poll(1.0);
            }
            Asks::Poll => {
                self.learn_poll(candidates, costs);
                if self.next >= 2 * self.x.len() {
                    self.end_poll(method);
                }
            }
            Asks::Search => match (candidates.first(), costs.first()) {
                (Some(x), Some(&cost)) if cost < self.cost => {
                    self.accept(x, cost);
                    self.extrapolate();
                }
                _ => self.begin_poll(method.expansion),
            },
        }
    }

    fn accept(&mut self, x: &DVector<f64>, cost: f64) {
        self.x.copy_from(x);
        self.cost = cost;
    }

    /// Learns points of the poll: the best becomes x, and the improving steps together make the trial.
    fn learn_poll(&mut self, candidates: &[DVector<f64>], costs: &[f64]) {
        let mut best = None;
        for (index, ((x, &cost), &i)) in candidates.iter().zip(costs).zip(&self.polled).enumerate()
        {
            if cost < self.lowest[i] {
                self.lowest[i] = cost;
                self.trial[i] = x[i];
            }
            if cost < self.cost {
                self.cost = cost;
                best = Some(index);
            }
        }
        if let Some(index) = best {
            self.x.copy_from(&candidates[index]);
            // In an opportunistic poll, the opposite of an improving step leads back.
            if candidates.len() == 1 {
                self.next = self.next.next_multiple_of(2);
                self.lowest.fill(self.cost);
            }
        }
    }

    fn begin_poll(&mut self, expansion: f64) {
        self.delta = (self.delta * expansion).min(1.0);
        self.asks = Asks::Poll;
        self.next = 0;
        self.base.copy_from(&self.x);
        self.base_cost = self.cost;
        self.lowest.fill(self.cost);
    }

    /// Refines the mesh after a failure; begins a search after a success.
    fn end_poll(&mut self, method: &PatternSearch) {
        if self.cost >= self.base_cost {
            self.delta *= 0.5;
            return self.begin_poll(1.0);
        }
        // Several improving steps are added; a single one is extrapolated.
        if method.opportunistic || self.trial == self.x {
            self.extrapolate();
        }
        self.asks = Asks::Search;
    }

    /// Sets the trial to x + (x − x_p).
    fn extrapolate(&mut self) {
        self.trial.copy_from(&self.x);
        self.trial -= &self.base;
        self.trial += &self.x;
    }

    pub(super) fn inject(&mut self, x: &DVector<f64>, cost: f64) {
        if self.asks != Asks::Start && cost < self.cost {
            self.accept(x, cost);
            self.begin_poll(1.0);
        }
    }

    pub(super) fn is_valid(&self, space: &Space) -> bool {
        let n = space.dimension();
        // The trial is moved within the bounds before it is used.
        [&self.x, &self.base].iter().all(|x| space.holds(x))
            && self.trial.len() == n
            && self.lengths.len() == n
            && self.lowest.len() == n
            && self.polled.iter().all(|&i| i < n)
            && self.next <= 2 * n
            && self.known.len() == remembered(n)
            && self.delta >= 0.0
            && !self.cost.is_nan()
            && !self.base_cost.is_nan()
    }
}

fn remembered(n: usize) -> usize {
    n.saturating_mul(POINTS.0).max(POINTS.1)
}
