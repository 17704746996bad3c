//! The filter: pairs (θ, φ) of a violation and a barrier cost that no later point may be worse than in both.
//!
//! R. Fletcher, S. Leyffer, *Nonlinear programming without a penalty function*, Math. Program. 91 (2002) 239-269;
//! Wächter & Biegler (2006), section 2.3.

use serde::{Deserialize, Serialize};

/// The most pairs; beyond them the oldest is dropped.
const MOST: usize = 500;

/// θ_max and θ_min, relative to max(1, θ) at the start.
const LARGEST: f64 = 1e4;
const SMALLEST: f64 = 1e-4;

/// A violation and a barrier cost.
pub(super) type Pair = [f64; 2];

/// A pair is as good as another up to this many rounding units.
const ROUNDING: f64 = 10.0 * f64::EPSILON;

/// True when a ≤ b up to rounding of `size`.
pub(super) fn at_most(a: f64, b: f64, size: f64) -> bool {
    a - b <= ROUNDING * size.abs()
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Filter {
    pairs: Vec<Pair>,
    /// No point may violate the constraints by more.
    pub most: f64,
    /// From here on the cost decides, where a step promises to lower it.
    pub least: f64,
}

impl Filter {
    /// The empty filter for a first violation.
    pub fn new(theta: f64) -> Self {
        let (most, least) = (LARGEST * theta.max(1.0), SMALLEST * theta.max(1.0));
        Self { pairs: Vec::with_capacity(MOST), most, least }
    }

    /// Makes room again after a checkpoint; false for a filter that is none.
    pub fn restore(&mut self) -> bool {
        let is_valid = self.pairs.len() <= MOST && self.most > 0.0 && self.least > 0.0;
        if is_valid {
            self.pairs.reserve_exact(MOST - self.pairs.len());
        }
        is_valid
    }

    pub fn clear(&mut self) {
        self.pairs.clear();
    }

    /// True when the pair is better than every other one in one of the two.
    pub fn accepts(&self, [theta, phi]: Pair) -> bool {
        theta <= self.most
            && self.pairs.iter().all(|[violation, cost]| {
                at_most(theta, *violation, *violation) || at_most(phi, *cost, *cost)
            })
    }

    /// Adds a pair, and drops those that it makes superfluous.
    pub fn add(&mut self, [theta, phi]: Pair) {
        self.pairs.retain(|[violation, cost]| *violation < theta || *cost < phi);
        if self.pairs.len() == MOST {
            self.pairs.remove(0);
        }
        self.pairs.push([theta, phi]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_refuses_what_is_worse_in_both() {
        let mut filter = Filter::new(1e-3);
        assert!(filter.accepts([9e3, 1e9]) && !filter.accepts([1.1e4, -1e9]));
        filter.add([2.0, 5.0]);
        filter.add([4.0, 3.0]);
        for (pair, is_accepted) in [
            ([1.0, 9.0], true),
            ([3.0, 4.0], true),
            ([3.0, 6.0], false),
            ([5.0, 2.0], true),
            ([5.0, 4.0], false),
        ] {
            assert_eq!(filter.accepts(pair), is_accepted, "{pair:?}");
        }
        // Worse than (1, 2) are all that were there.
        filter.add([1.0, 2.0]);
        assert_eq!(filter.pairs, [[1.0, 2.0]]);
        filter.clear();
        assert!(filter.accepts([3.0, 6.0]));
    }

    #[test]
    fn a_filter_has_an_end() {
        let mut filter = Filter::new(1e9);
        for k in 0..2 * MOST {
            filter.add([k as f64, -(k as f64)]);
        }
        assert_eq!(filter.pairs.len(), MOST);
    }
}
