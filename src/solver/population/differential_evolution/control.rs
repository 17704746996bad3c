//! F and CR, fixed or learned from successful trials.

use serde::{Deserialize, Serialize};

use crate::error::check;
use crate::{Error, Random};

/// How the weight F of differences and the probability CR of crossover are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Control {
    /// The same for all trials. Storn & Price (1997).
    Fixed {
        /// F. Range: (0, 2].
        weight: f64,
        /// CR. Range: [0, 1].
        crossover: f64,
    },
    /// F ~ Cauchy(m, 0.1), CR ~ Normal(c, 0.1) with one m and c, which follow the means over successful trials:
    /// m ← (1 − rate) m + rate · Lehmer mean, c ← (1 − rate) c + rate · mean. JADE, Zhang & Sanderson (2009), equations
    /// 9 to 13.
    Jade {
        /// How fast m and c follow; 0.1 in the paper. Range: (0, 1].
        rate: f64,
    },
    /// The same with several pairs (m, c): each trial draws one, and each generation with a success replaces one.
    /// SHADE, Tanabe & Fukunaga (2013), algorithm 1, with the Lehmer mean for both as in their L-SHADE (2014), and the
    /// equal weights of JADE, so that only the order of the costs counts.
    SuccessHistory {
        /// The number of pairs; 100 in the paper of 2013, 6 in that of 2014. Range: 1 to 1000000.
        length: usize,
    },
}

/// The learned means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct History {
    weights: Vec<f64>,
    crossovers: Vec<f64>,
    /// The next pair to replace.
    next: usize,
}

/// Sums over the successful trials of a generation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Successes {
    count: f64,
    weight: f64,
    weight_squared: f64,
    crossover: f64,
    crossover_squared: f64,
}

impl Successes {
    pub fn add(&mut self, weight: f64, crossover: f64) {
        self.count += 1.0;
        self.weight += weight;
        self.weight_squared += weight * weight;
        self.crossover += crossover;
        self.crossover_squared += crossover * crossover;
    }
}

impl Default for Control {
    fn default() -> Self {
        Self::SuccessHistory { length: 6 }
    }
}

impl Control {
    pub(super) fn begin(&self) -> Result<History, Error> {
        let length = match *self {
            Self::Fixed { weight, crossover } => {
                check(weight > 0.0 && weight <= 2.0, "weight", weight, "above 0, at most 2")?;
                let holds = (0.0..=1.0).contains(&crossover);
                check(holds, "crossover", crossover, "at least 0, at most 1")?;
                0
            }
            Self::Jade { rate } => {
                check(rate > 0.0 && rate <= 1.0, "rate", rate, "above 0, at most 1")?;
                1
            }
            Self::SuccessHistory { length } => {
                let holds = (1..=1_000_000).contains(&length);
                check(holds, "length", length as f64, "from 1 to 1000000")?;
                length
            }
        };
        Ok(History { weights: vec![0.5; length], crossovers: vec![0.5; length], next: 0 })
    }

    /// F and CR of a trial.
    pub(super) fn draw(&self, history: &History, random: &mut Random) -> (f64, f64) {
        if let Self::Fixed { weight, crossover } = *self {
            return (weight, crossover);
        }
        let pair = random.index(history.weights.len());
        let crossover = (history.crossovers[pair] + 0.1 * random.normal()).clamp(0.0, 1.0);
        loop {
            // At least half of all draws are above 0.
            let weight = history.weights[pair] + 0.1 * random.cauchy();
            if weight > 0.0 {
                return (weight.min(1.0), crossover);
            }
        }
    }

    /// Learns from the successful trials of a generation.
    pub(super) fn learn(&self, history: &mut History, successes: &Successes) {
        let Successes { count, weight, weight_squared, crossover, crossover_squared } = *successes;
        if count == 0.0 {
            return;
        }
        // Means of numbers from 0 to 1, apart from rounding, and from what a damaged checkpoint holds for trials that are not told.
        let share = |mean: f64| if mean.is_nan() { 1.0 } else { mean.clamp(0.0, 1.0) };
        let lehmer = share(weight_squared / weight);
        match *self {
            Self::Fixed { .. } => {}
            Self::Jade { rate } => {
                history.weights[0] += rate * (lehmer - history.weights[0]);
                history.crossovers[0] += rate * (share(crossover / count) - history.crossovers[0]);
            }
            Self::SuccessHistory { .. } => {
                let next = history.next;
                history.weights[next] = lehmer;
                let lehmer = if crossover > 0.0 { crossover_squared / crossover } else { 0.0 };
                history.crossovers[next] = share(lehmer);
                history.next = (next + 1) % history.weights.len();
            }
        }
    }

    /// False for invalid data of a damaged checkpoint.
    pub(super) fn is_valid(&self, history: &History) -> bool {
        let length = match *self {
            Self::Fixed { .. } => 0,
            Self::Jade { .. } => 1,
            Self::SuccessHistory { length } => length,
        };
        let means = [&history.weights, &history.crossovers];
        means.iter().all(|means| means.len() == length)
            && means.iter().all(|means| means.iter().all(|mean| (0.0..=1.0).contains(mean)))
            && (length == 0 || history.next < length)
    }
}
