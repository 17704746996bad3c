//! The search of Hager and Zhang: slopes decide where values are lost in rounding.
//!
//! A step α is accepted when φ'(α) >= σ φ'(0) and one of
//!
//! ```text
//! T1   φ(α) - φ(0) <= δ α φ'(0)                                      (2.2)
//! T2   φ'(α) <= (2 δ - 1) φ'(0)  and  φ(α) <= φ(0) + ε_k             (4.1), (4.3)
//! ```
//!
//! T1 with the slope condition are the Wolfe conditions. T2 is T1 of the parabola through φ(0), φ'(0), φ'(α): close to
//! a minimiser φ(α) - φ(0) has no correct digit left, and values resolve the step to √eps only, but slopes to eps.
//!
//! ```text
//! B0-B3   α grows by ρ until φ'(α) >= 0; [a, b] has φ'(a) < 0, φ(a) <= φ(0) + ε_k, φ'(b) >= 0      (4.4)
//! S1-S4   c = secant(a, b) takes the place of a or b, and then the secant from the replaced end to c
//! L2      halve what is left when that left more than γ of the interval
//! U0-U3   a trial with φ' >= 0 is a new b, one with φ' < 0 a new a; but with φ' < 0 and φ > φ(0) + ε_k
//!         [a, trial] is cut by θ until it has an end with φ' >= 0
//! ε_k = ε C_k,   Q_k = 1 + Δ Q_{k-1},   C_k = C_{k-1} + (|f_k| - C_{k-1}) / Q_k                     (2006, section 3)
//! ```
//!
//! Needs: φ continuously differentiable. Guarantee (2005, theorem 4.1): near a minimiser with φ'' > 0 the interval
//! shrinks with order 1 + √2 = 2.41 per two slopes.
//!
//! Departures: T2 counts from the first trial with |φ(α) - φ(0)| < ω C_k on; the papers test the steps taken. While T1
//! alone counts, a trial with φ' < 0 that lacks its decrease is treated like φ > φ(0) + ε_k: [a, trial] holds a Wolfe
//! step. ε is some tens of rounding units where the papers have 1e-6, and φ never exceeds the start's ceiling: with a
//! large constant in the cost, 1e-6 of it would hide any hill. B2 starts from the last good a, not from 0. QuadStep
//! uses slopes where values are rounding. Where values are resolved and known at both ends, the first c is not the
//! secant but the step of Moré & Thuente (1994, section 4), which uses them. Where the direction has no length of its
//! own, the slope of a trial is evaluated first, the value only when the slope does not reject it. Where steps need not be
//! exact, σ is 0.9, a guess is kept when its parabola expects it to pass and it is not far beyond the minimiser, and ω is 1e-8, so that a step with enough decrease
//! is not rejected for its slope before values have lost half of their digits; else σ is 0.1 and ω is 1e-3. A step outside
//! the domain is an upper end that has no slope.
//!
//! References: W. W. Hager, H. Zhang, *A new conjugate gradient method with guaranteed descent and an efficient line
//! search*, SIAM J. Optim. 16 (2005) 170-192, section 4; *Algorithm 851: CG_DESCENT*, ACM Trans. Math. Softw. 32
//! (2006) 113-137, sections 2 and 3.

mod search;

use serde::{Deserialize, Serialize};

use super::trials::{Trials, check_max_trials};
use super::{Failure, LineSearch, Phi, ROUNDING, Start, Step};
use crate::Error;
use crate::error::check;
use search::{End, Search};

/// Δ: how fast older costs fade from C_k.
const FADING: f64 = 0.7;

/// Hager and Zhang's search for the Wolfe or the approximate Wolfe conditions.
///
/// # Method
/// Brackets a minimiser by slopes and shrinks the bracket by pairs of secant steps. Works down to the rounding error of
/// the slopes, where searches that compare values stall; there an accepted value may exceed φ(0) by ε C_k. When the
/// first step is a guess ([`Start::scaled`] is false), a parabola through its value improves it first, unless it is good
/// enough, and values are evaluated only where slopes do not decide. On failure: the best point seen, with
/// [`FailureReason::Rounding`](super::FailureReason::Rounding) when the bracket has shrunk to rounding.
///
/// # Parameters
/// | setter | default | range | |
/// |---|---|---|---|
/// | [`sufficient_decrease`](Self::sufficient_decrease) | 0.1 | (0, 0.5) | δ; more: shorter steps |
/// | [`curvature`](Self::curvature) | 0.9, or 0.1 for [exact](Start::exact) steps | [δ, 1) | σ; less: more exact, more trials |
/// | [`epsilon`](Self::epsilon) | 2⁻⁴⁶ = 1.4e-14 | >= 0 | ε: rise of φ that may be rounding, relative to recent costs |
/// | [`switch`](Self::switch) | 1e-8, or 1e-3 for exact steps | >= 0 | ω: relative change of φ below which slopes may decide; 0 never, infinity at once |
/// | [`bisection`](Self::bisection) | 0.5 | (0, 1) | θ: where an interval without a rising end is cut |
/// | [`shrinkage`](Self::shrinkage) | 0.66 | (0, 1) | γ: what a pair of secants may leave of the bracket |
/// | [`expansion`](Self::expansion) | 5 | > 1 | ρ: growth of the step until a minimiser is bracketed |
/// | [`secants_only`](Self::secants_only) | false | | ignore known values inside a bracket, as the papers do |
/// | [`max_trials`](Self::max_trials) | 50 | >= 1 | trials in one search |
///
/// # Example
/// ```
/// use extremum::line_search::{HagerZhang, LineSearch, Start};
///
/// // φ(α) = (α - 3)²: the secant of the slopes at 0 and 20 hits the minimiser
/// let mut phi = |a: f64| ((a - 3.0).powi(2), 2.0 * (a - 3.0));
/// let search = HagerZhang::default();
/// let mut memory = vec![0.0; search.memory_len()];
/// let step = search.search(&mut phi, Start::new(9.0, -6.0).alpha(20.0), &mut memory).unwrap();
/// assert!((step.alpha - 3.0).abs() < 1e-14);
/// assert_eq!(step.trials, 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HagerZhang {
    sufficient_decrease: f64,
    curvature: Option<f64>,
    epsilon: f64,
    switch: Option<f64>,
    bisection: f64,
    shrinkage: f64,
    expansion: f64,
    secants_only: bool,
    max_trials: usize,
}

impl Default for HagerZhang {
    fn default() -> Self {
        Self {
            sufficient_decrease: 0.1,
            curvature: None,
            epsilon: ROUNDING,
            switch: None,
            bisection: 0.5,
            shrinkage: 0.66,
            expansion: 5.0,
            secants_only: false,
            max_trials: 50,
        }
    }
}

impl HagerZhang {
    /// Sets δ of the sufficient decrease.
    pub fn sufficient_decrease(mut self, sufficient_decrease: f64) -> Self {
        self.sufficient_decrease = sufficient_decrease;
        self
    }

    /// Sets σ of the curvature condition.
    pub fn curvature(mut self, curvature: f64) -> Self {
        self.curvature = Some(curvature);
        self
    }

    /// Sets ε, the relative rise of φ that may be rounding.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Sets ω, the relative change of φ from which on slopes may decide.
    pub fn switch(mut self, switch: f64) -> Self {
        self.switch = Some(switch);
        self
    }

    /// Sets θ, where an interval without a rising end is cut.
    pub fn bisection(mut self, bisection: f64) -> Self {
        self.bisection = bisection;
        self
    }

    /// Sets γ, what a pair of secants may leave of the bracket.
    pub fn shrinkage(mut self, shrinkage: f64) -> Self {
        self.shrinkage = shrinkage;
        self
    }

    /// Sets ρ, the growth of the step until a minimiser is bracketed.
    pub fn expansion(mut self, expansion: f64) -> Self {
        self.expansion = expansion;
        self
    }

    /// Whether the first trial inside a bracket is the secant's, as in the papers, even where known values say more.
    pub fn secants_only(mut self, secants_only: bool) -> Self {
        self.secants_only = secants_only;
        self
    }

    /// Sets how many trials one search may take.
    pub fn max_trials(mut self, max_trials: usize) -> Self {
        self.max_trials = max_trials;
        self
    }
}

/// What passes from one search to the next: the size of recent costs, and whether slopes may decide.
#[derive(Clone, Copy, Default)]
struct Memory {
    /// Q_k.
    weight: f64,
    /// C_k.
    size: f64,
    approximate: bool,
}

impl Memory {
    fn read(numbers: &[f64]) -> Self {
        match *numbers {
            [weight, size, approximate] => Self { weight, size, approximate: approximate != 0.0 },
            _ => Self::default(),
        }
    }

    fn write(self, numbers: &mut [f64]) {
        if let [weight, size, approximate] = numbers {
            (*weight, *size) = (self.weight, self.size);
            *approximate = f64::from(self.approximate);
        }
    }

    fn take(&mut self, cost: f64) {
        self.weight = 1.0 + FADING * self.weight;
        self.size += (cost.abs() - self.size) / self.weight;
    }
}

impl LineSearch for HagerZhang {
    fn search(&self, phi: &mut dyn Phi, start: Start, memory: &mut [f64]) -> Result<Step, Failure> {
        let trials = Trials::new(phi, start, self.max_trials)?;
        let mut recent = Memory::read(memory);
        recent.take(start.value);
        let start = trials.start();
        let Err(End(result)) = Search { rule: self, trials, start, memory: &mut recent }.run();
        recent.write(memory);
        result
    }

    fn memory_len(&self) -> usize {
        3
    }

    fn check(&self) -> Result<(), Error> {
        let delta = self.sufficient_decrease;
        check(delta > 0.0 && delta < 0.5, "sufficient_decrease", delta, "in (0, 0.5)")?;
        if let Some(sigma) = self.curvature {
            check(
                sigma >= delta && sigma < 1.0,
                "curvature",
                sigma,
                "in [sufficient_decrease, 1)",
            )?;
        }
        check(self.epsilon >= 0.0, "epsilon", self.epsilon, "at least 0")?;
        let omega = self.switch.unwrap_or(0.0);
        check(omega >= 0.0, "switch", omega, "at least 0")?;
        let theta = self.bisection;
        check(theta > 0.0 && theta < 1.0, "bisection", theta, "in (0, 1)")?;
        let gamma = self.shrinkage;
        check(gamma > 0.0 && gamma < 1.0, "shrinkage", gamma, "in (0, 1)")?;
        let rho = self.expansion;
        check(rho > 1.0 && rho.is_finite(), "expansion", rho, "above 1 and finite")?;
        check_max_trials(self.max_trials)
    }
}
