//! The learning-rate range test.

use nalgebra::DVector;

use crate::error::check;
use crate::first_order::{FirstOrder, Float, Rule, Update, Updater};
use crate::{Error, IntoVector, Oracle, Problem};

/// The largest T: [`RangeCurve::valley`] takes T² operations.
const MOST_STEPS: usize = 100_000;

/// The learning-rate range test: the rate grows from step to step, and the costs show which rates learn and which
/// diverge.
///
/// **Method** Step t uses the rate a (b/a)^(t/(T − 1)). The costs are averaged, and the test ends where the average
/// diverges.
///
/// ```
/// use extremum::first_order::Sgd;
/// use extremum::tuning::LrRangeTest;
///
/// // x²: a step of rate a multiplies x by 1 - 2a, which diverges from 1 on.
/// let mut sgd = Sgd::new(0.1).start(1);
/// let mut x = [1.0_f64];
/// let curve = LrRangeTest::new(1e-4, 100.0).run(&mut sgd, &mut x, |x, g| {
///     g[0] = 2.0 * x[0];
///     x[0] * x[0]
/// })?;
/// let suggested = curve.suggested().unwrap();
/// assert!(suggested > 1e-3 && suggested < 1.0);
/// assert!(curve.diverging().unwrap() > 1.0);
/// assert_eq!((x, sgd.steps()), ([1.0], 0)); // as before
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** L. Smith, "Cyclical learning rates for training neural networks", WACV (2017), section 3.3; smoothed
/// and stopped as in fastai's `lr_find` (J. Howard, S. Gugger, "fastai: a layered API for deep learning", Information
/// 11 (2020), section 4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LrRangeTest {
    from: f64,
    to: f64,
    steps: usize,
    smoothing: f64,
    divergence: f64,
}

impl LrRangeTest {
    /// A test from the rate a to the rate b. Range: 0 < a < b, finite.
    pub fn new(from: f64, to: f64) -> Self {
        Self { from, to, steps: 100, smoothing: 0.98, divergence: 4.0 }
    }

    /// The number T of steps, default 100. Range: 2 to 100 000.
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }

    /// The share of the average of costs that each step keeps, default 0.98. Range: 0 (no smoothing) to 1, 1 excluded.
    pub fn smoothing(mut self, smoothing: f64) -> Self {
        self.smoothing = smoothing;
        self
    }

    /// d, default 4: the test ends where the average exceeds its lowest value c by (d − 1) |c|. Range: > 1.
    pub fn divergence(mut self, divergence: f64) -> Self {
        self.divergence = divergence;
        self
    }

    /// Runs the test on a rule with its state at x. `evaluate` writes the gradient at x and returns the cost. Each step
    /// uses the rate of the test in place of the rule's own; afterwards x and the rule's state are restored.
    ///
    /// # Errors
    /// [`Error::Parameter`] and [`Error::Dimension`] as in [`Updater::step`], and for parameters of the test.
    pub fn run<T: Float, R: Rule>(
        &self,
        rule: &mut Updater<T, R>,
        x: &mut [T],
        mut evaluate: impl FnMut(&[T], &mut [T]) -> f64,
    ) -> Result<RangeCurve, Error> {
        self.check()?;
        let (state, start) = (rule.state().clone(), x.to_vec());
        let mut g = vec![T::default(); x.len()];
        let swept = self.sweep(rule, x, &mut g, &mut evaluate);
        rule.override_rate(None);
        x.copy_from_slice(&start);
        rule.restore(state)?;
        swept
    }

    fn check(&self) -> Result<(), Error> {
        let is_positive = |x: f64| x > 0.0 && x.is_finite();
        check(is_positive(self.from), "from", self.from, "above 0 and finite")?;
        check(
            self.to > self.from && self.to.is_finite(),
            "to",
            self.to,
            "above `from` and finite",
        )?;
        let in_range = (2..=MOST_STEPS).contains(&self.steps);
        check(in_range, "steps", self.steps as f64, "2 to 100 000")?;
        check(
            (0.0..1.0).contains(&self.smoothing),
            "smoothing",
            self.smoothing,
            "0 to 1, 1 excluded",
        )?;
        check(self.divergence > 1.0, "divergence", self.divergence, "above 1")
    }

    fn sweep<T: Float, R: Rule>(
        &self,
        rule: &mut Updater<T, R>,
        x: &mut [T],
        g: &mut [T],
        evaluate: &mut impl FnMut(&[T], &mut [T]) -> f64,
    ) -> Result<RangeCurve, Error> {
        let gradients = rule.gradients();
        let mut curve = RangeCurve { points: Vec::with_capacity(self.steps), diverging: None };
        let (mut average, mut lowest) = (0.0, f64::INFINITY);
        for t in 0..self.steps {
            let share = t as f64 / (self.steps - 1) as f64;
            let rate = self.from * (self.to / self.from).powf(share);
            rule.override_rate(Some(rate));
            let cost = evaluate(x, g);
            average = self.smoothing * average + (1.0 - self.smoothing) * cost;
            let smoothed = average / (1.0 - self.smoothing.powf((t + 1) as f64));
            lowest = smoothed.min(lowest);
            let limit = lowest + (self.divergence - 1.0) * lowest.abs();
            if !smoothed.is_finite() || smoothed > limit {
                curve.diverging = Some(rate);
                break;
            }
            curve.points.push(RangePoint { rate, cost, smoothed });
            let mut step = rule.step_with_cost(x, g, cost)?;
            for _ in 1..gradients {
                let cost = evaluate(x, g);
                step = rule.step_with_cost(x, g, cost)?;
            }
            if step == Update::Skipped {
                curve.diverging = Some(rate);
                break;
            }
        }
        Ok(curve)
    }
}

impl Default for LrRangeTest {
    /// From 1e-7 to 10 in 100 steps.
    fn default() -> Self {
        Self::new(1e-7, 10.0)
    }
}

/// Runs [`LrRangeTest::default`] for a rule on a problem from `x0`, on mini-batches if the solver uses them.
///
/// ```
/// use extremum::first_order::Momentum;
/// use extremum::{from_fn, tuning::lr_range_test};
/// let problem = from_fn(2, |x| x[0].powi(2) + 10.0 * x[1].powi(2)).with_gradient(|x, g| {
///     g[0] = 2.0 * x[0];
///     g[1] = 20.0 * x[1];
/// });
/// let curve = lr_range_test(&problem, Momentum::new(0.0), [1.0, 1.0])?;
/// // The heavy ball with μ = 0.9 is stable up to 2 (1 + μ) / 20.
/// assert!(curve.suggested().unwrap() < 0.19 && curve.diverging().unwrap() > 0.19);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// # Errors
/// As [`minimize`](crate::minimize) with the same solver.
pub fn lr_range_test<R: Rule>(
    problem: &dyn Problem,
    solver: impl Into<FirstOrder<R>>,
    x0: impl IntoVector,
) -> Result<RangeCurve, Error> {
    LrRangeTest::default().of(problem, solver, x0)
}

impl LrRangeTest {
    /// Runs the test for a rule on a problem from `x0`, on mini-batches if the solver uses them.
    ///
    /// # Errors
    /// As [`minimize`](crate::minimize) with the same solver, and [`Error::Parameter`] for parameters of the test.
    pub fn of<R: Rule>(
        &self,
        problem: &dyn Problem,
        solver: impl Into<FirstOrder<R>>,
        x0: impl IntoVector,
    ) -> Result<RangeCurve, Error> {
        let (solver, x0) = (solver.into(), x0.into_vector());
        if x0.len() != problem.dimension() {
            let (expected, actual) = (problem.dimension(), x0.len());
            return Err(Error::Dimension { what: "x0", expected, actual });
        }
        let mut oracle = Oracle::new(problem);
        let mut batches = solver.draw_from(&oracle)?;
        let mut gradient = DVector::zeros(problem.dimension());
        oracle.start(&x0, &mut gradient)?;
        let mut rule = solver.groups().clone().start::<f64>(x0.len());
        let mut at = x0.clone();
        self.run(&mut rule, x0.clone().as_mut_slice(), |x, g| {
            at.as_mut_slice().copy_from_slice(x);
            let cost = match &mut batches {
                Some(batches) => oracle.batch_cost_and_gradient(batches.draw(), &at, &mut gradient),
                None => oracle.cost_and_gradient(&at, &mut gradient),
            };
            g.copy_from_slice(gradient.as_slice());
            cost
        })
    }
}

/// The result of a range test.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeCurve {
    points: Vec<RangePoint>,
    diverging: Option<f64>,
}

/// One step of a range test.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RangePoint {
    /// The rate of the step.
    pub rate: f64,
    /// The cost before the step.
    pub cost: f64,
    /// The average of the costs so far, corrected for its bias.
    pub smoothed: f64,
}

impl RangeCurve {
    /// The steps before the cost diverged, in the order of increasing rates.
    pub fn points(&self) -> &[RangePoint] {
        &self.points
    }

    /// The rate at which the test diverged: cost or gradient not finite, or the average far above its lowest value.
    /// `None` if it did not diverge.
    pub fn diverging(&self) -> Option<f64> {
        self.diverging
    }

    /// The suggested rate: the [valley](Self::valley). `None` if the average never decreased.
    pub fn suggested(&self) -> Option<f64> {
        self.valley()
    }

    /// The rate half-way along the longest decrease of the average, its longest decreasing subsequence, as fastai's
    /// `valley`.
    pub fn valley(&self) -> Option<f64> {
        let costs: Vec<f64> = self.points.iter().map(|point| point.smoothed).collect();
        // The longest decrease that ends at each point.
        let mut lengths = vec![1_usize; costs.len()];
        let mut end = 0;
        for i in 0..costs.len() {
            for j in 0..i {
                if costs[i] < costs[j] {
                    lengths[i] = lengths[i].max(lengths[j] + 1);
                }
            }
            if lengths[i] > lengths[end] {
                end = i;
            }
        }
        let length = lengths.get(end).copied().filter(|&length| length > 1)?;
        let third = length / 3;
        self.points.get(end + 1 - length + third + third / 2).map(|point| point.rate)
    }

    /// The rate at which the average decreases fastest with the logarithm of the rate, by central differences. The
    /// first tenth of the steps is left out, as the average has hardly begun there.
    pub fn steepest(&self) -> Option<f64> {
        let from = self.points.len() / 10;
        let slope = |three: &[RangePoint]| {
            (three[2].smoothed - three[0].smoothed) / (three[2].rate / three[0].rate).ln()
        };
        let windows = self.points.get(from..)?.windows(3);
        let falls = windows.map(|three| (slope(three), three[1].rate));
        falls
            .filter(|(slope, _)| *slope < 0.0)
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, rate)| rate)
    }

    /// A tenth of the rate at which the average was lowest.
    pub fn tenth_of_lowest(&self) -> Option<f64> {
        let lowest = self.points.iter().min_by(|a, b| a.smoothed.total_cmp(&b.smoothed))?;
        Some(lowest.rate / 10.0)
    }
}
