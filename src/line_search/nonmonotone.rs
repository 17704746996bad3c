//! Nonmonotone backtracking: enough decrease against the worst of the last few costs.
//!
//! ```text
//! accept α when φ(α) <= max(the last M values of φ(0)) + c1 α φ'(0)
//! else the next α minimises the parabola through φ(0), φ'(0), φ(α), kept between 0.1 and 0.5 of the last
//! ```
//!
//! Needs: values only. Guarantee: as backtracking; the maximum over M costs decreases, though not every step decreases
//! the cost. The step lengths of Barzilai and Borwein depend on this; a monotone search would cut them.
//!
//! References: L. Grippo, F. Lampariello, S. Lucidi, *A nonmonotone line search technique for Newton's method*, SIAM J.
//! Numer. Anal. 23 (1986) 707-716, section 3; E. G. Birgin, J. M. Martínez, M. Raydan, *Nonmonotone spectral projected
//! gradient methods on convex sets*, SIAM J. Optim. 10 (2000) 1196-1211, algorithm 2.2.

use serde::{Deserialize, Serialize};

use super::interpolation::{quadratic, safeguarded};
use super::trials::{Trials, check_max_trials};
use super::{Failure, LineSearch, Phi, Start, Step};
use crate::Error;
use crate::error::check;

/// The most costs that are remembered.
const CAPACITY: usize = 16;

/// Backtracking to a sufficient decrease against the last few costs.
///
/// # Method
/// As [`Backtracking`](super::Backtracking) with parabolas, but measured from the highest of the last M costs, the one at
/// the start included. A step outside the domain is halved. On failure: the best point seen.
///
/// # Parameters
/// | setter | default | range | |
/// |---|---|---|---|
/// | [`sufficient_decrease`](Self::sufficient_decrease) | 1e-4 | (0, 1) | c1; more: shorter steps |
/// | [`window`](Self::window) | 10 | 1 to 16 | M; 1 is monotone |
/// | [`max_trials`](Self::max_trials) | 50 | >= 1 | trials in one search |
///
/// # Example
/// ```
/// use extremum::line_search::{LineSearch, Nonmonotone, Start};
///
/// // φ(α) = (α - 1)², tried at α = 3: higher than φ(0) = 1, but not than the cost 5 before
/// let mut phi = |a: f64| ((a - 1.0).powi(2), 2.0 * (a - 1.0));
/// let search = Nonmonotone::default();
/// let mut memory = vec![0.0; search.memory_len()];
/// search.search(&mut |_| (1.0, -1.0), Start::new(5.0, -1.0), &mut memory).unwrap();
/// let step = search.search(&mut phi, Start::new(1.0, -2.0).alpha(3.0), &mut memory).unwrap();
/// assert_eq!((step.alpha, step.value), (3.0, 4.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nonmonotone {
    sufficient_decrease: f64,
    window: usize,
    max_trials: usize,
}

impl Default for Nonmonotone {
    fn default() -> Self {
        Self { sufficient_decrease: 1e-4, window: 10, max_trials: 50 }
    }
}

impl Nonmonotone {
    /// Sets c1 of the sufficient decrease.
    pub fn sufficient_decrease(mut self, sufficient_decrease: f64) -> Self {
        self.sufficient_decrease = sufficient_decrease;
        self
    }

    /// Sets M, how many costs the decrease is measured against.
    pub fn window(mut self, window: usize) -> Self {
        self.window = window;
        self
    }

    /// Sets how many trials one search may take.
    pub fn max_trials(mut self, max_trials: usize) -> Self {
        self.max_trials = max_trials;
        self
    }
}

/// Records the cost at a start and returns the highest of the last ones. The memory is how many are known, and they, the
/// latest first.
fn highest_with(cost: f64, memory: &mut [f64]) -> f64 {
    let Some((known, costs)) = memory.split_first_mut() else { return cost };
    costs.rotate_right(1);
    if let Some(latest) = costs.first_mut() {
        *latest = cost;
    }
    *known = (*known + 1.0).min(costs.len() as f64);
    costs.iter().take(*known as usize).copied().fold(cost, f64::max)
}

impl LineSearch for Nonmonotone {
    fn search(&self, phi: &mut dyn Phi, start: Start, memory: &mut [f64]) -> Result<Step, Failure> {
        let mut trials = Trials::new(phi, start, self.max_trials)?;
        let start = trials.start();
        let highest = highest_with(start.value, memory);
        let mut alpha = start.alpha;
        loop {
            let Some(value) = trials.value(alpha)? else {
                alpha *= 0.5;
                continue;
            };
            if value <= highest + self.sufficient_decrease * alpha * start.slope {
                return Ok(trials.accept(alpha, value));
            }
            if trials.is_below_rounding(alpha) {
                match trials.step_by_slopes((alpha, value), self.sufficient_decrease)? {
                    Ok(step) => return Ok(step),
                    Err(next) => alpha = next,
                }
                continue;
            }
            let minimizer = quadratic(start.value, start.slope, alpha, value);
            alpha = safeguarded(minimizer, 0.1 * alpha, 0.5 * alpha);
        }
    }

    fn check(&self) -> Result<(), Error> {
        let c1 = self.sufficient_decrease;
        check(c1 > 0.0 && c1 < 1.0, "sufficient_decrease", c1, "in (0, 1)")?;
        let window = self.window;
        check((1..=CAPACITY).contains(&window), "window", window as f64, "1 to 16")?;
        check_max_trials(self.max_trials)
    }

    fn memory_len(&self) -> usize {
        1 + self.window.min(CAPACITY)
    }

    fn is_monotone(&self) -> bool {
        false
    }
}
