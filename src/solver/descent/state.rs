//! Everything that changes during a run of a line-search method.

use std::ops::ControlFlow;

use nalgebra::DVector;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{FAR, Proposal, ray, steepest};
use crate::line_search::{LineSearch, ROUNDING};
use crate::problem::Sides;
use crate::{Bounds, Stall, State, Termination, linalg};

/// A rise below this share of the last changes of the cost is ignored: an error in an ill-conditioned cost can be many
/// rounding units.
pub(in crate::solver) const NEGLIGIBLE: f64 = 1e-6;
/// A rise beyond this share of the cost is not an error in it.
pub(in crate::solver) const MOST_NOISE: f64 = 1e-9;
/// How fast older changes fade from their mean: Hager & Zhang's Δ, ACM Trans. Math. Softw. 32 (2006), section 3.
pub(in crate::solver) const FADING: f64 = 0.7;

/// After this many steps above its lowest point, a method returns to it.
const LONGEST_CLIMB: u32 = 50;

/// A decrease below this share of the cost is mostly rounding.
const RESOLVED: f64 = 1e-10;

/// The state of a line-search method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DescentState<M> {
    pub(super) x: DVector<f64>,
    pub(super) cost: f64,
    /// In the scaled variables.
    pub(super) gradient: DVector<f64>,
    /// Maximum norm, unscaled.
    pub(super) gradient_norm: f64,
    pub(super) d: DVector<f64>,
    pub(super) proposal: Proposal,
    /// True when `d` and `proposal` belong to x: a step that was interrupted is redone with them.
    pub(super) pending: bool,
    pub(super) trial: Buffer,
    pub(super) best: Buffer,
    /// The points of the last search.
    pub(super) seen: Vec<ray::Trial>,
    /// The decrease of the cost by the last step.
    pub(super) fall: f64,
    /// The last accepted α; 0 before the first.
    pub(super) alpha: f64,
    /// α max |dᵢ| of that step, when d carried its own length.
    pub(super) length: Option<f64>,
    /// True after a failed search, until one succeeds.
    pub(super) failed: bool,
    pub(super) memory: M,
    /// What the line search passes from one step to the next, and the room for the next.
    pub(super) search: Vec<f64>,
    pub(super) searching: Vec<f64>,
    /// The cost at the start of the run, and the lowest since.
    first_cost: f64,
    lowest_cost: f64,
    /// The mean size of the last changes of the cost, in which the latest weigh most, and its weight.
    change: f64,
    weight: f64,
    /// True when the method has returned to its best point, and has found no better one since.
    has_returned: bool,
    /// True when steps may increase the cost by more than errors in it.
    may_climb: bool,
    /// The best point, while the current one is not.
    lowest: Lowest,
    /// Those of the problem.
    #[serde(skip)]
    pub(super) bounds: Option<Bounds>,
}

/// A point on the ray with its gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::solver) struct Buffer {
    pub x: DVector<f64>,
    pub gradient: DVector<f64>,
}

/// The best point so far: the lowest, and among points level up to errors in the cost, the one with the smallest
/// gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Lowest {
    /// For how many steps the current point has not been the lowest.
    since: u32,
    x: DVector<f64>,
    /// In the scaled variables.
    gradient: DVector<f64>,
    cost: f64,
    gradient_norm: f64,
}

impl Lowest {
    /// False while the current point is the lowest.
    fn is_behind(&self) -> bool {
        self.since > 0
    }
}

impl<M> DescentState<M> {
    /// The state at an evaluated start; allocates everything. `gradient` is in the scaled variables. A search that lets
    /// the cost rise needs room for the best point.
    pub(super) fn new(
        (x, cost): (DVector<f64>, f64),
        (gradient, gradient_norm): (DVector<f64>, f64),
        memory: M,
        search: &dyn LineSearch,
    ) -> Self {
        let n = x.len();
        let zeros = || DVector::zeros(n);
        let lowest = Lowest { since: 0, x: zeros(), gradient: zeros(), cost, gradient_norm };
        Self {
            x,
            cost,
            gradient,
            gradient_norm,
            d: zeros(),
            proposal: Proposal::default(),
            pending: false,
            trial: Buffer { x: zeros(), gradient: zeros() },
            best: Buffer { x: zeros(), gradient: zeros() },
            seen: Vec::with_capacity(ray::SEEN),
            fall: 0.0,
            alpha: 0.0,
            length: None,
            failed: false,
            memory,
            search: vec![0.0; search.memory_len()],
            searching: vec![0.0; search.memory_len()],
            first_cost: cost,
            lowest_cost: cost,
            change: 0.0,
            weight: 0.0,
            has_returned: false,
            may_climb: !search.is_monotone(),
            lowest,
            bounds: None,
        }
    }

    /// The state at an evaluated start, where the gradient is already, but for the direction's memory. See
    /// [`Self::new`].
    pub(super) fn begin_again(&mut self, x0: &DVector<f64>, (cost, gradient_norm): (f64, f64)) {
        self.x.copy_from(x0);
        (self.cost, self.gradient_norm) = (cost, gradient_norm);
        (self.pending, self.failed, self.has_returned) = (false, false, false);
        (self.fall, self.alpha, self.length) = (0.0, 0.0, None);
        (self.first_cost, self.lowest_cost) = (cost, cost);
        (self.change, self.weight) = (0.0, 0.0);
        self.lowest.since = 0;
        self.search.fill(0.0);
        self.searching.fill(0.0);
        self.seen.clear();
    }

    /// Checks a loaded state, except the direction's memory, for n variables.
    pub(super) fn check(&self, n: usize, search: &dyn LineSearch) -> Result<(), &'static str> {
        let lowest = [&self.lowest.x, &self.lowest.gradient];
        let buffers = [&self.trial, &self.best].into_iter().flat_map(|b| [&b.x, &b.gradient]);
        let mut vectors =
            [&self.x, &self.gradient, &self.d].into_iter().chain(buffers).chain(lowest);
        let has_memory =
            [&self.search, &self.searching].iter().all(|m| m.len() == search.memory_len());
        if !vectors.all(|v| v.len() == n) || !has_memory || self.may_climb == search.is_monotone() {
            return Err("its sizes are not those of this problem and solver");
        }
        let behind = Some(&self.lowest).filter(|lowest| lowest.is_behind()).into_iter();
        let behind = behind.flat_map(|lowest| lowest.x.iter().chain([&lowest.cost]));
        let numbers = self.x.iter().chain(&self.gradient).chain([&self.cost]);
        let mut numbers = numbers
            .chain([&self.first_cost, &self.lowest_cost, &self.change, &self.weight])
            .chain(behind);
        if numbers.all(|v| v.is_finite()) { Ok(()) } else { Err("its point is not finite") }
    }

    /// The point that is reported, with its gradient in the scaled variables.
    pub(super) fn best_point(&self) -> (&DVector<f64>, &DVector<f64>) {
        let Self { lowest, x, gradient, .. } = self;
        if lowest.is_behind() { (&lowest.x, &lowest.gradient) } else { (x, gradient) }
    }

    /// The memory of the direction.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// The trial step for a direction without a length of its own: before the first step, the longest that changes no variable
    /// by more than its own size, or where `typical_x` makes the variables comparable one of length 1, or ½ where the search takes
    /// it as it is; later, one that would
    /// lower the cost as much as the last step did (Nocedal & Wright 2006, eq. 3.60), or the last step where costs differ by
    /// rounding only (its length, when it was measured in units of a direction with a length of its own).
    pub(super) fn first_trial(&self, is_scaled: bool, is_exact: bool) -> f64 {
        if self.alpha == 0.0 && is_scaled {
            // |g'd| = ‖d‖² along the steepest descent.
            let length = if is_exact { 1.0 } else { 0.5 };
            length / (-self.proposal.slope).sqrt()
        } else if self.alpha == 0.0 {
            steepest::relative_step(&self.x, &self.d).unwrap_or(self.proposal.max.recip())
        } else if self.fall > RESOLVED * self.cost.abs() {
            1.01 * 2.0 * self.fall / -self.proposal.slope
        } else if let Some(length) = self.length {
            length / self.proposal.max
        } else {
            self.alpha
        }
    }

    /// True within bounds when −g leads a variable that is [`FAR`] away further, to no bound.
    pub(super) fn falls_without_end(&self) -> bool {
        let Some(bounds) = &self.bounds else { return false };
        if linalg::max_abs(self.x.as_slice()) <= FAR {
            return false;
        }
        let mut rows = self.x.iter().zip(&self.gradient).zip(bounds.sides());
        rows.any(|((x, g), Sides { lower, upper })| {
            let bound = if *x > 0.0 { upper } else { lower };
            x.abs() > FAR && bound.is_infinite() && x.signum() * g < 0.0
        })
    }

    /// Makes the trial point the current one.
    pub(super) fn commit(&mut self, at: ray::Trial) {
        self.alpha = at.alpha;
        self.length = self.proposal.scaled.then_some(at.alpha * self.proposal.max);
        let improves = self.improves(at);
        let lowest = &mut self.lowest;
        if !improves && !lowest.is_behind() {
            std::mem::swap(&mut lowest.x, &mut self.x);
            std::mem::swap(&mut lowest.gradient, &mut self.gradient);
            (lowest.cost, lowest.gradient_norm) = (self.cost, self.gradient_norm);
        }
        lowest.since = if improves { 0 } else { lowest.since.saturating_add(1) };
        self.has_returned &= !improves;
        self.lowest_cost = self.lowest_cost.min(at.value);
        std::mem::swap(&mut self.x, &mut self.trial.x);
        std::mem::swap(&mut self.gradient, &mut self.trial.gradient);
        self.fall = self.cost - at.value;
        self.weight = 1.0 + FADING * self.weight;
        // Costs near ±1e308 differ by more than a number holds.
        self.change += (self.fall.abs().min(f64::MAX) - self.change) / self.weight;
        self.cost = at.value;
        self.gradient_norm = at.gradient_norm;
        self.pending = false;
    }

    /// The cost that no step of a monotone search may exceed: that at the start, or the lowest one plus its possible
    /// error, whichever is less.
    pub(super) fn ceiling(&self) -> f64 {
        if self.may_climb {
            f64::INFINITY
        } else {
            (self.lowest_cost + self.error()).min(self.first_cost)
        }
    }

    /// Costs that differ by less are level: the difference is rounding, or negligible compared with the last changes.
    fn error(&self) -> f64 {
        self.noise().max(ROUNDING * self.lowest_cost.abs())
    }

    /// The size of an error in the cost that its last changes would hide.
    pub(super) fn noise(&self) -> f64 {
        (NEGLIGIBLE * self.change).min(MOST_NOISE * self.lowest_cost.abs())
    }

    /// True when the trial point is better than the best so far: lower, or level with it and of a smaller gradient, in
    /// the scaled variables, or within bounds of a smaller projected gradient. Where steps may climb, any level point counts
    /// as better, because gradients fluctuate there.
    fn improves(&self, ray::Trial { value, gradient_norm, .. }: ray::Trial) -> bool {
        let (cost, best_norm) = self.best();
        if self.may_climb {
            return value <= (cost + ROUNDING * cost.abs()).min(self.first_cost);
        }
        let error = self.error();
        let is_level = value <= cost + error && value >= cost - error;
        let is_flatter = || {
            if self.bounds.is_some() {
                return gradient_norm <= best_norm;
            }
            let [new, best] = [&self.trial.gradient, self.best_point().1];
            linalg::max_abs(new.as_slice()) <= linalg::max_abs(best.as_slice())
        };
        value <= self.first_cost && if is_level { is_flatter() } else { value < cost }
    }

    /// The cost and the gradient norm of the best point.
    pub(super) fn best(&self) -> (f64, f64) {
        let Self { lowest, cost, gradient_norm, .. } = self;
        if lowest.is_behind() {
            (lowest.cost, lowest.gradient_norm)
        } else {
            (*cost, *gradient_norm)
        }
    }

    /// Returns to the best point, when the method has left it and has not returned to it before: it would cycle from
    /// there.
    pub(super) fn return_to_lowest(&mut self) -> bool {
        let lowest = &mut self.lowest;
        if !self.may_climb || !lowest.is_behind() || self.has_returned {
            return false;
        }
        self.has_returned = true;
        lowest.since = 0;
        std::mem::swap(&mut lowest.x, &mut self.x);
        std::mem::swap(&mut lowest.gradient, &mut self.gradient);
        (self.cost, self.gradient_norm) = (lowest.cost, lowest.gradient_norm);
        (self.fall, self.alpha, self.length) = (0.0, 0.0, None);
        self.pending = false;
        true
    }

    /// True when the method has been above its lowest point for long, and now returns to it.
    pub(super) fn ends_climb(&mut self) -> bool {
        self.may_climb && self.lowest.since >= LONGEST_CLIMB && self.return_to_lowest()
    }

    /// Replaces the gradient at x by a better one in the buffer of the best trial, if there is one with this norm.
    pub(super) fn take_gradient(&mut self, norm: Option<f64>) {
        if let Some(norm) = norm {
            std::mem::swap(&mut self.gradient, &mut self.best.gradient);
            self.gradient_norm = norm;
            self.pending = false;
        }
    }

    pub(super) fn stalled(&self, reason: Stall) -> ControlFlow<Termination> {
        ControlFlow::Break(Termination::Stalled { reason, gradient_norm: Some(self.best().1) })
    }
}

impl<M: Serialize + DeserializeOwned + Send + 'static> State for DescentState<M> {
    fn x(&self) -> &DVector<f64> {
        self.best_point().0
    }
    fn cost(&self) -> f64 {
        self.best().0
    }
    fn gradient_norm(&self) -> Option<f64> {
        Some(self.best().1)
    }
    fn current(&self) -> &DVector<f64> {
        &self.x
    }
    fn current_cost(&self) -> f64 {
        self.cost
    }
}
