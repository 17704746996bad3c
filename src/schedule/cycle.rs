//! One cycle and cyclical rates.

use serde::{Deserialize, Serialize};

use super::{Curve, Schedule, check_rate, check_steps, finite_product};
use crate::Error;
use crate::error::check;

/// One cycle: up to `peak`, then down to almost 0.
///
/// **Method** From i up to a at the step ρ T - 1, down to e at T - 1 (three phases: back at i at 2 ρ T - 2), with
/// a = `peak` >= 0.
///
/// | | default | range | |
/// |---|---|---|---|
/// | `steps` | | >= 1 | T; the last step of the cycle is T - 1 |
/// | [`initial`](Self::initial) | peak / 25 | >= 0 | i, the first rate |
/// | [`end`](Self::end) | peak / 250000 | >= 0 | e, the last rate |
/// | [`rise`](Self::rise) | 0.3 | in [0, 1] | ρ, the part of the cycle in which the rate increases |
/// | [`curve`](Self::curve) | cosine | | the curve of each phase |
/// | [`three_phases`](Self::three_phases) | no | | down to `initial` as fast as up, then to `end` |
/// | [`return_at`](Self::return_at) | 2 ρ | in [ρ, 1] | three phases, back at `initial` after this part |
/// | [`on_whole_steps`](Self::on_whole_steps) | no | | the knots of optax: ⌊ρ T⌋ and T |
///
/// ```
/// use extremum::schedule::{Curve, OneCycle, Schedule};
/// let rate = OneCycle::new(0.5, 21).rise(2.0 / 7.0).initial(0.1).end(0.0).curve(Curve::Linear);
/// assert_eq!((rate.at(0), rate.at(5), rate.at(20), rate.at(99)), (0.1, 0.5, 0.0, 0.0));
/// assert!((rate.at(2) - 0.26).abs() < 1e-15);
/// ```
///
/// **References** L. Smith, N. Topin 2018, *Super-Convergence*. The steps of the knots are those of torch 2.15, or of
/// optax 0.2.8 when asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneCycle {
    peak: f64,
    steps: u64,
    initial: f64,
    end: f64,
    rise: f64,
    curve: Curve,
    back: Back,
    whole: bool,
}

/// When the rate is back at the first rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Back {
    Never,
    TwiceTheRise,
    At(f64),
}

impl OneCycle {
    /// Two phases of cosines: from `peak` / 25 to `peak`, and to `peak` / 250000.
    pub fn new(peak: f64, steps: u64) -> Self {
        let initial = peak / 25.0;
        let end = initial / 1e4;
        let (curve, back) = (Curve::Cosine, Back::Never);
        Self { peak, steps, initial, end, rise: 0.3, curve, back, whole: false }
    }

    /// Sets the first rate.
    pub fn initial(mut self, initial: f64) -> Self {
        self.initial = initial;
        self
    }

    /// Sets the last rate.
    pub fn end(mut self, end: f64) -> Self {
        self.end = end;
        self
    }

    /// Sets the part of the cycle in which the rate increases.
    pub fn rise(mut self, part: f64) -> Self {
        self.rise = part;
        self
    }

    /// Sets the curve of each phase.
    pub fn curve(mut self, curve: Curve) -> Self {
        self.curve = curve;
        self
    }

    /// Decreases to the first rate as fast as it increased, and then to the last.
    pub fn three_phases(mut self) -> Self {
        self.back = Back::TwiceTheRise;
        self
    }

    /// Returns to the first rate after this part of the cycle, and then decreases to the last.
    pub fn return_at(mut self, part: f64) -> Self {
        self.back = Back::At(part);
        self
    }

    /// Puts the knots at ⌊ρ T⌋ and T, as optax does, instead of ρ T - 1 and T - 1.
    pub fn on_whole_steps(mut self) -> Self {
        self.whole = true;
        self
    }

    /// The step after a part of the cycle, at the end of `phases` phases.
    fn knot(&self, part: f64, phases: f64) -> f64 {
        let step = part * self.steps as f64;
        if self.whole { step.floor() } else { step - phases }
    }
}

impl Schedule for OneCycle {
    fn at(&self, step: u64) -> f64 {
        let peak = (self.knot(self.rise, 1.0), self.peak);
        let back = match self.back {
            Back::Never => peak,
            Back::TwiceTheRise => (self.knot(2.0 * self.rise, 2.0), self.initial),
            Back::At(part) => (self.knot(part, 2.0), self.initial),
        };
        let end = (self.knot(1.0, 1.0), self.end);
        let (step, mut before) = (step as f64, (0.0, self.initial));
        for knot in [peak, back, end] {
            if step < knot.0 {
                let s = (step - before.0) / (knot.0 - before.0);
                return self.curve.between(before.1, knot.1, s);
            }
            before = knot;
        }
        self.end
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("peak", self.peak)?;
        check_rate("initial", self.initial)?;
        check_rate("end", self.end)?;
        check_steps("steps", self.steps)?;
        check((0.0..=1.0).contains(&self.rise), "rise", self.rise, "in [0, 1]")?;
        match self.back {
            Back::At(part) => {
                check((self.rise..=1.0).contains(&part), "return_at", part, "in [rise, 1]")
            }
            _ => Ok(()),
        }
    }
}

/// Cyclical rates: triangles between `low` and `high`, up in `up` steps and down in as many, unless
/// [`down`](Self::down) says otherwise.
///
/// **Method** b + (a - b) s h, with b = `low`, a = `high`, the triangle wave s and h = 1, 1/2^cycle or γ^t.
///
/// **Parameters** `low` and `high` >= 0; `up` and [`down`](Self::down) >= 1; with [`triangular2`](Self::triangular2)
/// each triangle is half as high as the one before; with [`exp_range`](Self::exp_range) the height at step t is
/// multiplied by γ^t, γ >= 0.
///
/// ```
/// use extremum::schedule::{Cyclic, Schedule};
/// let rate = Cyclic::new(0.0, 1.0, 4).down(2);
/// assert_eq!((rate.at(1), rate.at(4), rate.at(5), rate.at(10)), (0.25, 1.0, 0.5, 1.0));
/// assert_eq!((rate.triangular2().at(10), rate.exp_range(0.5).at(4)), (0.5, 0.0625));
/// ```
///
/// **References** L. Smith 2017, *Cyclical Learning Rates for Training Neural Networks*.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cyclic {
    low: f64,
    high: f64,
    up: u64,
    down: u64,
    /// The factors of the height per cycle and per step.
    per_cycle: f64,
    per_step: f64,
}

impl Cyclic {
    /// Triangles of constant height.
    pub fn new(low: f64, high: f64, up: u64) -> Self {
        Self { low, high, up, down: up, per_cycle: 1.0, per_step: 1.0 }
    }

    /// Sets the number of steps from `high` to `low`.
    pub fn down(mut self, steps: u64) -> Self {
        self.down = steps;
        self
    }

    /// Halves the height with each cycle.
    pub fn triangular2(mut self) -> Self {
        self.per_cycle = 0.5;
        self
    }

    /// Multiplies the height by `gamma` with each step.
    pub fn exp_range(mut self, gamma: f64) -> Self {
        self.per_step = gamma;
        self
    }
}

impl Schedule for Cyclic {
    fn at(&self, step: u64) -> f64 {
        let period = self.up.saturating_add(self.down).max(1);
        let (cycle, t) = (step / period, step % period);
        let s = if t <= self.up {
            t as f64 / self.up.max(1) as f64
        } else {
            (period - t) as f64 / self.down as f64
        };
        let height = self.per_cycle.powf(cycle as f64) * self.per_step.powf(step as f64);
        // low + Δ s h, kept between 0 and the largest number, as γ > 1 lets it grow.
        (self.low + finite_product((self.high - self.low) * s, height)).clamp(0.0, f64::MAX)
    }

    fn check(&self) -> Result<(), Error> {
        check_rate("low", self.low)?;
        check_rate("high", self.high)?;
        check_steps("up", self.up)?;
        check_steps("down", self.down)?;
        let gamma = self.per_step;
        check(gamma >= 0.0 && gamma.is_finite(), "exp_range", gamma, "finite and at least 0")
    }
}
