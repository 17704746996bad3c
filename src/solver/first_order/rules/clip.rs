//! Gradient clipping: links that go before a rule.

use super::check_size;
use crate::Error;
use crate::error::check;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums};
use crate::solver::first_order::slots::Columns;

/// Clips every component of the gradient to [−limit, limit]. A link that goes before a rule.
///
/// **Method** g ← min(max(g, −limit), limit).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipValue {
    limit: f64,
}

impl ClipValue {
    /// With a limit > 0.
    pub fn new(limit: f64) -> Self {
        Self { limit }
    }
}

impl Rule for ClipValue {
    const NAME: &'static str = "ClipValue";
    const IS_LINK: bool = true;
    type Slots = Columns<0>;
    type Memory = ();
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        check(self.limit > 0.0, "limit", self.limit, "above 0")
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 0] {
        []
    }
    fn plan(&self, _now: &Now, _memory: &mut ()) -> f64 {
        self.limit
    }
    #[inline(always)]
    fn update<V: Number>(limit: &f64, mut at: Entry<V>, values: [V; 0]) -> (Entry<V>, [V; 0]) {
        at.g = at.g.min(V::of(*limit)).max(V::of(-limit));
        (at, values)
    }
}

/// Scales the gradient down to the Euclidean norm `limit` when it is longer. A link that goes before a rule; it takes
/// one more pass over the gradient.
///
/// **Method** g ← g min(1, limit/‖g‖). The norm is that of all [groups](Rule::group).
///
/// ```
/// use extremum::first_order::{ClipNorm, Rule, Sgd};
/// let mut x = [0.0_f64, 0.0];
/// ClipNorm::new(1.0).then(Sgd::new(1.0)).start(2).step(&mut x, &[30.0, -40.0])?;
/// assert!((x[0] + 0.6).abs() < 1e-15 && (x[1] - 0.8).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", ICML
/// (2013), algorithm 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipNorm {
    limit: f64,
}

impl ClipNorm {
    /// With a limit > 0.
    pub fn new(limit: f64) -> Self {
        Self { limit }
    }
}

impl Rule for ClipNorm {
    const NAME: &'static str = "ClipNorm";
    const IS_LINK: bool = true;
    const ROUNDS: usize = 1;
    const SUMS: usize = 1;
    type Slots = Columns<0>;
    type Memory = ();
    /// The factor of the gradient.
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        check(self.limit > 0.0, "limit", self.limit, "above 0")
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 0] {
        []
    }
    fn plan(&self, _now: &Now, _memory: &mut ()) -> f64 {
        1.0
    }
    #[inline(always)]
    fn survey<V: Number>(_plan: &f64, _round: usize, at: Entry<V>, _values: [V; 0]) -> [V; 4] {
        let zero = V::of(0.0);
        [at.g.squared(), zero, zero, zero]
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(&self, _now: &Now, _round: usize, sums: Sums, factor: &mut f64, _memory: &mut ()) {
        let norm = sums[0].sqrt();
        *factor = if norm > self.limit { self.limit / norm } else { 1.0 };
    }
    #[inline(always)]
    fn update<V: Number>(factor: &f64, mut at: Entry<V>, values: [V; 0]) -> (Entry<V>, [V; 0]) {
        at.g = V::of(*factor) * at.g;
        (at, values)
    }
}

/// Scales the gradient down to a norm relative to that of the parameters when it is longer. A link that goes before a
/// rule; it takes one more pass over both.
///
/// **Method** g ← g min(1, λ max(‖x‖, ε)/‖g‖). The norms are those of a [group](Rule::group), a layer or a unit of it.
///
/// ```
/// use extremum::first_order::{ClipAdaptive, Rule, Sgd};
/// let mut x = [3.0_f64, 4.0];
/// ClipAdaptive::new(0.1).then(Sgd::new(1.0)).start(2).step(&mut x, &[0.0, -8.0])?; // 0.1 ‖x‖ = 0.5
/// assert!(x[0] == 3.0 && (x[1] - 4.5).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Brock, S. De, S. Smith, K. Simonyan, "High-performance large-scale image recognition without
/// normalization", ICML (2021), eq. 3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipAdaptive {
    ratio: f64,
    epsilon: f64,
}

impl ClipAdaptive {
    /// With a ratio λ > 0; 0.01 is common.
    pub fn new(ratio: f64) -> Self {
        Self { ratio, epsilon: 1e-3 }
    }
    /// ε, default 1e-3, which lets parameters at 0 move. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl Rule for ClipAdaptive {
    const NAME: &'static str = "ClipAdaptive";
    const IS_LINK: bool = true;
    const ROUNDS: usize = 1;
    const SUMS: usize = 2;
    type Slots = Columns<0>;
    type Memory = ();
    /// The factor of the gradient.
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        check(self.ratio > 0.0, "ratio", self.ratio, "above 0")?;
        check_size("epsilon", self.epsilon)
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _x: V) -> [V; 0] {
        []
    }
    fn plan(&self, _now: &Now, _memory: &mut ()) -> f64 {
        1.0
    }
    #[inline(always)]
    fn survey<V: Number>(_plan: &f64, _round: usize, at: Entry<V>, _values: [V; 0]) -> [V; 4] {
        [at.g.squared(), at.x.squared(), V::of(0.0), V::of(0.0)]
    }
    fn refine(&self, _now: &Now, _round: usize, sums: Sums, factor: &mut f64, _memory: &mut ()) {
        let [g, x, ..] = sums.map(f64::sqrt);
        let longest = self.ratio * x.max(self.epsilon);
        // The bound of the divisor is that of the authors' code.
        *factor = if g < longest { 1.0 } else { longest / g.max(1e-6) };
    }
    #[inline(always)]
    fn update<V: Number>(factor: &f64, mut at: Entry<V>, values: [V; 0]) -> (Entry<V>, [V; 0]) {
        at.g = V::of(*factor) * at.g;
        (at, values)
    }
}
