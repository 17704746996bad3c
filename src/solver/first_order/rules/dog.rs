//! DoG and DoWG: distance over gradients, and over weighted gradients.

use super::{check_above_0, check_size, solver};
use crate::Error;
use crate::schedule::Rate;
use crate::solver::first_order::number::Number;
use crate::solver::first_order::rule::{Entry, Now, Rule, Sums, Values};
use crate::solver::first_order::slots::Columns;

solver!(Dog, DoWg);

/// DoG, distance over gradients: gradient steps with the rate (longest distance from the start) / √(sum of ‖g‖²).
///
/// **Method** r ← max(r, ‖x − x₀‖), S ← S + ‖g‖², x ← x − α r/√(S + ε) g. All [groups](Rule::group) share one rate.
///
/// **Guarantee** The published one is for an average of the points: [`Swa`](crate::first_order::Swa).
///
/// ```
/// use extremum::first_order::Dog;
/// let mut x = [0.0_f64];
/// let mut rule = Dog::new(1.0).initial_distance(0.5).epsilon(0.0).start(1);
/// rule.step(&mut x, &[3.0])?; // 0.5 / 3
/// rule.step(&mut x, &[4.0])?; // 0.5 / 5
/// assert!((x[0] + 0.9).abs() < 1e-15);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** M. Ivgi, O. Hinder, Y. Carmon, "DoG is SGD's best friend", ICML (2023), eq. 1–2, with the defaults of
/// optax.
#[derive(Clone, Debug)]
pub struct Dog {
    rate: Rate,
    initial: Initial,
    epsilon: f64,
}

/// What determines the first step.
#[derive(Clone, Copy, Debug)]
enum Initial {
    Distance(f64),
    RelativeDistance(f64),
    Rate(f64),
}

impl Dog {
    /// With a factor α ≥ 0 of the rate, a number or a schedule; the method is designed for 1.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), initial: Initial::RelativeDistance(1e-6), epsilon: 1e-8 }
    }
    /// r before the first step. Range: ≥ 0.
    pub fn initial_distance(mut self, distance: f64) -> Self {
        self.initial = Initial::Distance(distance);
        self
    }
    /// r before the first step as a multiple of 1 + ‖x₀‖, default 1e-6. Range: ≥ 0.
    pub fn relative_distance(mut self, distance: f64) -> Self {
        self.initial = Initial::RelativeDistance(distance);
        self
    }
    /// The rate of the first step that moves. Range: ≥ 0.
    pub fn initial_rate(mut self, rate: f64) -> Self {
        self.initial = Initial::Rate(rate);
        self
    }
    /// ε, default 1e-8. Range: ≥ 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

/// (x − x₀)², g² and x²
#[inline(always)]
fn squares<V: Number>(at: Entry<V>, x0: V) -> [V; 4] {
    [(at.x - x0).squared(), at.g.squared(), at.x.squared(), V::of(0.0)]
}

impl Rule for Dog {
    const NAME: &'static str = "Dog";
    const ROUNDS: usize = 1;
    const SUMS: usize = 3;
    /// x₀
    type Slots = Columns<1>;
    /// r and S
    type Memory = [f64; 2];
    /// The rate.
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        match self.initial {
            Initial::Distance(size) => check_size("initial_distance", size)?,
            Initial::RelativeDistance(size) => check_size("relative_distance", size)?,
            Initial::Rate(size) => check_size("initial_rate", size)?,
        }
        check_size("epsilon", self.epsilon)
    }
    fn memory(&self) -> [f64; 2] {
        [0.0; 2]
    }
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        [x]
    }
    fn plan(&self, now: &Now, _memory: &mut [f64; 2]) -> f64 {
        now.rate(&self.rate)
    }
    #[inline(always)]
    fn survey<V: Number>(_rate: &f64, _round: usize, at: Entry<V>, [x0]: [V; 1]) -> [V; 4] {
        squares(at, x0)
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(
        &self,
        now: &Now,
        _round: usize,
        [distance, gradient, x, _]: Sums,
        rate: &mut f64,
        [r, total]: &mut [f64; 2],
    ) {
        *r = match self.initial {
            Initial::Distance(distance) if now.step == 1 => distance,
            Initial::RelativeDistance(factor) if now.step == 1 => factor * (1.0 + x.sqrt()),
            _ => r.max(distance.sqrt()),
        };
        *total += gradient;
        let root = (*total + self.epsilon).sqrt();
        *rate *= match self.initial {
            // Until x has moved.
            Initial::Rate(rate) if *r == 0.0 => rate,
            _ if root > 0.0 => *r / root,
            _ => 0.0,
        };
    }
    #[inline(always)]
    fn update<V: Number>(rate: &f64, mut at: Entry<V>, values: [V; 1]) -> (Entry<V>, [V; 1]) {
        at.x = at.x - V::of(*rate) * at.g;
        (at, values)
    }
}

/// DoWG, distance over weighted gradients: [`Dog`] with gradients that count more the farther they are from the start.
///
/// **Method** R ← max(R, ‖x − x₀‖²), W ← W + R ‖g‖², x ← x − α R/(√W + ε) g. All [groups](Rule::group) share one rate.
///
/// **Guarantee** The published one is for an average of the points: [`Swa`](crate::first_order::Swa).
///
/// ```
/// use extremum::first_order::DoWg;
/// let mut x = [0.0_f64];
/// let mut rule = DoWg::new(1.0).initial_square(0.25).epsilon(1e-12).start(1);
/// rule.step(&mut x, &[3.0])?; // 0.25 / √(0.25 · 9)
/// rule.step(&mut x, &[4.0])?; // 0.25 / √(0.25 · 25)
/// assert!((x[0] + 0.9).abs() < 1e-10);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** A. Khaled, K. Mishchenko, C. Jin, "DoWG unleashed: an efficient universal parameter-free gradient
/// descent method", NeurIPS (2023), algorithm 1, with the defaults of optax.
#[derive(Clone, Debug)]
pub struct DoWg {
    rate: Rate,
    initial: Option<f64>,
    epsilon: f64,
}

impl DoWg {
    /// With a factor α ≥ 0 of the rate, a number or a schedule; the method is designed for 1.
    pub fn new(rate: impl Into<Rate>) -> Self {
        Self { rate: rate.into(), initial: None, epsilon: 1e-4 }
    }
    /// R before the first step, a squared distance, default ε. Range: ≥ 0.
    pub fn initial_square(mut self, square: f64) -> Self {
        self.initial = Some(square);
        self
    }
    /// ε, default 1e-4. Range: above 0.
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }
}

impl Rule for DoWg {
    const NAME: &'static str = "DoWg";
    const ROUNDS: usize = 1;
    const SUMS: usize = 2;
    /// x₀
    type Slots = Columns<1>;
    /// R and W
    type Memory = [f64; 2];
    /// The rate.
    type Plan = f64;

    fn check(&self) -> Result<(), Error> {
        self.rate.check()?;
        check_size("initial_square", self.initial.unwrap_or(0.0))?;
        check_above_0("epsilon", self.epsilon)
    }
    fn memory(&self) -> [f64; 2] {
        [self.initial.unwrap_or(self.epsilon), 0.0]
    }
    fn first<V: Number>(&self, x: V) -> Values<Self, V> {
        [x]
    }
    fn plan(&self, now: &Now, _memory: &mut [f64; 2]) -> f64 {
        now.rate(&self.rate)
    }
    #[inline(always)]
    fn survey<V: Number>(_rate: &f64, _round: usize, at: Entry<V>, [x0]: [V; 1]) -> [V; 4] {
        squares(at, x0)
    }
    fn is_shared(_round: usize) -> bool {
        true
    }
    fn refine(
        &self,
        _now: &Now,
        _round: usize,
        [distance, gradient, ..]: Sums,
        rate: &mut f64,
        [r, total]: &mut [f64; 2],
    ) {
        *r = r.max(distance);
        *total += *r * gradient;
        *rate *= *r / (total.sqrt() + self.epsilon);
    }
    #[inline(always)]
    fn update<V: Number>(rate: &f64, mut at: Entry<V>, values: [V; 1]) -> (Entry<V>, [V; 1]) {
        at.x = at.x - V::of(*rate) * at.g;
        (at, values)
    }
}
