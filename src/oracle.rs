//! The problem as solvers see it: counted, differenced where something is missing, and interruptible.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::{Error, Problem, Termination};

/// How often each function of the problem was called. Differences count as the calls they are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Evaluations {
    /// Costs.
    pub cost: u64,
    /// Gradients.
    pub gradient: u64,
    /// Hessians.
    pub hessian: u64,
    /// Products of the Hessian with a vector.
    pub hessian_product: u64,
}

/// A switch that ends a run from another thread, or from within the problem.
///
/// ```
/// use extremum::{CancellationToken, Lbfgs, Minimizer, Termination, from_fn};
/// let token = CancellationToken::new();
/// let problem = from_fn(1, |x| x[0].cosh());
/// let run = Minimizer::new(&problem, Lbfgs::default(), [1.0]).cancelled_by(&token);
/// let mut run = run.start()?;
/// token.cancel();
/// while run.step().is_continue() {}
/// assert_eq!(run.finish().termination, Termination::Cancelled);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancellationToken(Arc<AtomicBool>);

impl CancellationToken {
    /// A token that has not been cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every run that watches this token before its next evaluation.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The only way from a solver to the problem.
///
/// Once a run is cancelled or out of time the oracle is closed: it calls nothing more and answers NaN.
pub struct Oracle<'a> {
    problem: &'a dyn Problem,
    evaluations: Evaluations,
    token: Option<CancellationToken>,
    deadline: Option<(Instant, Duration)>,
    closed: Option<Termination>,
    /// x moved by differences, and gradients or costs there. Empty until something is differenced.
    probe: DVector<f64>,
    probed: [DVector<f64>; 2],
}

/// Steps of finite differences relative to max(1, |xᵢ|): the powers of the rounding unit that balance truncation
/// against rounding.
pub(crate) mod difference_step {
    /// ε^(1/3): central differences of the cost.
    pub const CENTRAL: f64 = 6.055454452393343e-6;
    /// ε^(1/2): forward differences of the gradient.
    pub const FORWARD: f64 = 1.4901161193847656e-8;
    /// ε^(1/4): second differences of the cost.
    pub const SECOND: f64 = 1.220703125e-4;
}

impl<'a> Oracle<'a> {
    /// The problem with all counts at zero.
    pub fn new(problem: &'a dyn Problem) -> Self {
        let mut oracle = Self {
            problem,
            evaluations: Evaluations::default(),
            token: None,
            deadline: None,
            closed: None,
            probe: DVector::zeros(0),
            probed: [DVector::zeros(0), DVector::zeros(0)],
        };
        if !problem.has_gradient() {
            oracle.prepare_differences();
        }
        oracle
    }

    pub(crate) fn watch(&mut self, token: Option<CancellationToken>, limit: Option<Duration>) {
        self.token = token;
        // A limit too far ahead for the clock is none.
        self.deadline = limit.and_then(|l| Some((Instant::now().checked_add(l)?, l)));
    }

    pub(crate) fn set_evaluations(&mut self, evaluations: Evaluations) {
        self.evaluations = evaluations;
    }

    /// The number of variables.
    pub fn dimension(&self) -> usize {
        self.problem.dimension()
    }

    /// The problem itself, for what needs no counting.
    pub fn problem(&self) -> &'a dyn Problem {
        self.problem
    }

    /// The calls so far.
    pub fn evaluations(&self) -> Evaluations {
        self.evaluations
    }

    /// Breaks with the reason once the run was interrupted. A solver asks after its evaluations and before it commits
    /// what they said.
    pub fn uninterrupted(&self) -> ControlFlow<Termination> {
        match &self.closed {
            None => ControlFlow::Continue(()),
            Some(reason) => ControlFlow::Break(reason.clone()),
        }
    }

    fn is_open(&mut self) -> bool {
        if self.closed.is_none() {
            if self.token.as_ref().is_some_and(CancellationToken::is_cancelled) {
                self.closed = Some(Termination::Cancelled);
            } else if let Some((deadline, limit)) = self.deadline
                && Instant::now() >= deadline
            {
                self.closed = Some(Termination::TimeLimit { limit });
            }
        }
        self.closed.is_none()
    }

    /// f(x).
    pub fn cost(&mut self, x: &DVector<f64>) -> f64 {
        if !self.is_open() {
            return f64::NAN;
        }
        self.evaluations.cost += 1;
        self.problem.cost(x)
    }

    /// Writes ∇f(x).
    pub fn gradient(&mut self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        if !self.is_open() {
            gradient.fill(f64::NAN);
        } else if self.problem.has_gradient() {
            self.evaluations.gradient += 1;
            self.problem.gradient(x, gradient);
        } else {
            self.difference_cost(x, None, gradient);
        }
    }

    /// Writes ∇f(x) and returns f(x).
    pub fn cost_and_gradient(&mut self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        if !self.is_open() {
            gradient.fill(f64::NAN);
            return f64::NAN;
        }
        self.evaluations.cost += 1;
        if self.problem.has_gradient() {
            self.evaluations.gradient += 1;
            return self.problem.cost_and_gradient(x, gradient);
        }
        let cost = self.problem.cost(x);
        if cost.is_finite() {
            self.difference_cost(x, Some(cost), gradient);
        } else {
            gradient.fill(f64::NAN);
        }
        cost
    }

    /// Evaluates the start of a run: f(x0), and ∇f(x0) into `gradient`.
    ///
    /// # Errors
    /// When x0 has the wrong dimension, or x0, the cost or the gradient is not finite; when the run is interrupted.
    pub fn start(&mut self, x0: &DVector<f64>, gradient: &mut DVector<f64>) -> Result<f64, Error> {
        let n = self.dimension();
        if x0.len() != n {
            return Err(Error::Dimension { what: "x0", expected: n, actual: x0.len() });
        }
        if let Some((index, &value)) = x0.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(Error::NonFiniteStart { index, value });
        }
        let cost = self.cost_and_gradient(x0, gradient);
        if let Some(reason) = &self.closed {
            return Err(Error::Interrupted { reason: reason.to_string() });
        }
        if !cost.is_finite() {
            return Err(Error::NotInDomain { what: "cost".into(), value: cost });
        }
        match gradient.iter().enumerate().find(|(_, g)| !g.is_finite()) {
            Some((i, &value)) => {
                Err(Error::NotInDomain { what: format!("gradient's entry {i}"), value })
            }
            None => Ok(cost),
        }
    }

    /// Makes room for differences, so that later calls allocate nothing.
    pub fn prepare_differences(&mut self) {
        let n = self.dimension();
        self.probe.resize_vertically_mut(n, 0.0);
        for vector in &mut self.probed {
            vector.resize_vertically_mut(n, 0.0);
        }
    }

    /// Writes ∇²f(x) and returns the size of its errors relative to its largest entries. `cost` and `gradient` are
    /// those at x. A Hessian that the problem does not give is differenced: n gradients, or n(n + 3)/2 costs when
    /// there is no gradient either. An unusable one (wrong size) reads as NaN.
    pub fn hessian(
        &mut self,
        x: &DVector<f64>,
        (cost, gradient): (f64, &DVector<f64>),
        hessian: &mut DMatrix<f64>,
    ) -> f64 {
        let n = x.len();
        if let Some(given) = self.given_hessian(x) {
            hessian.copy_from(&given);
            return n as f64 * f64::EPSILON;
        }
        if !self.is_open() {
            hessian.fill(f64::NAN);
            return f64::NAN;
        }
        self.prepare_differences();
        if self.problem.has_gradient() {
            self.difference_gradient(x, gradient, hessian);
            10.0 * n as f64 * difference_step::FORWARD
        } else {
            self.difference_cost_twice(x, cost, hessian);
            10.0 * n as f64 * difference_step::SECOND
        }
    }

    /// ∇²f(x) as the problem gives it, both triangles untouched; `None` when it gives none or the run was interrupted.
    /// One of the wrong size reads as NaN.
    pub(crate) fn given_hessian(&mut self, x: &DVector<f64>) -> Option<DMatrix<f64>> {
        if !self.is_open() {
            return None;
        }
        let given = self.problem.hessian(x)?;
        self.evaluations.hessian += 1;
        let mut hessian = DMatrix::from_element(x.len(), x.len(), f64::NAN);
        if given.is_square(x.len()) {
            given.write_to(&mut hessian);
        }
        Some(hessian)
    }

    /// ∂f/∂xᵢ ≈ (f(x + h eᵢ) - f(x - h eᵢ)) / 2h; one-sided where the other side is outside the domain and f(x) is
    /// known.
    fn difference_cost(
        &mut self,
        x: &DVector<f64>,
        cost: Option<f64>,
        gradient: &mut DVector<f64>,
    ) {
        self.probe.copy_from(x);
        for i in 0..x.len() {
            let h = difference_step::CENTRAL * x[i].abs().max(1.0);
            let (above, below) = (x[i] + h, x[i] - h);
            let up = self.cost_at_probe(i, above);
            let down = self.cost_at_probe(i, below);
            self.probe[i] = x[i];
            // The points that were evaluated, not the ones that were meant: x ± h is rounded.
            gradient[i] = match (up.is_finite(), down.is_finite(), cost) {
                (true, true, _) => (up - down) / (above - below),
                (true, false, Some(cost)) => (up - cost) / (above - x[i]),
                (false, true, Some(cost)) => (cost - down) / (x[i] - below),
                _ => f64::NAN,
            };
        }
    }

    fn cost_at_probe(&mut self, i: usize, x_i: f64) -> f64 {
        self.probe[i] = x_i;
        if !self.is_open() {
            return f64::NAN;
        }
        self.evaluations.cost += 1;
        self.problem.cost(&self.probe)
    }

    /// Column j of ∇²f ≈ (∇f(x + h eⱼ) - ∇f(x)) / h, made symmetric; backward where forward leaves the domain.
    fn difference_gradient(
        &mut self,
        x: &DVector<f64>,
        gradient: &DVector<f64>,
        hessian: &mut DMatrix<f64>,
    ) {
        self.probe.copy_from(x);
        for j in 0..x.len() {
            let mut h = difference_step::FORWARD * x[j].abs().max(1.0);
            for _ in 0..2 {
                self.probe[j] = x[j] + h;
                if self.is_open() {
                    self.evaluations.gradient += 1;
                    self.problem.gradient(&self.probe, &mut self.probed[0]);
                } else {
                    self.probed[0].fill(f64::NAN);
                }
                if self.probed[0].iter().all(|g| g.is_finite()) {
                    break;
                }
                h = -h;
            }
            let moved = self.probe[j] - x[j];
            self.probe[j] = x[j];
            let differences = self.probed[0].iter().zip(gradient).map(|(there, here)| there - here);
            for (entry, difference) in hessian.column_mut(j).iter_mut().zip(differences) {
                *entry = difference / moved;
            }
        }
        symmetrize(hessian);
    }

    /// ∂²f/∂xᵢ∂xⱼ ≈ (f(x + hᵢ + hⱼ) - f(x + hᵢ) - f(x + hⱼ) + f(x)) / hᵢhⱼ off the diagonal, and the central second
    /// difference on it.
    fn difference_cost_twice(&mut self, x: &DVector<f64>, cost: f64, hessian: &mut DMatrix<f64>) {
        let n = x.len();
        self.probe.copy_from(x);
        for i in 0..n {
            let h = difference_step::SECOND * x[i].abs().max(1.0);
            let above = x[i] + h;
            let h = above - x[i];
            let up = self.cost_at_probe(i, above);
            let down = self.cost_at_probe(i, x[i] - h);
            self.probe[i] = x[i];
            self.probed[0][i] = up;
            self.probed[1][i] = h;
            hessian[(i, i)] = ((up - cost) + (down - cost)) / (h * h);
        }
        for i in 0..n {
            let h_i = self.probed[1][i];
            for j in 0..i {
                let h_j = self.probed[1][j];
                self.probe[j] = x[j] + h_j;
                let both = self.cost_at_probe(i, x[i] + h_i);
                self.probe[j] = x[j];
                self.probe[i] = x[i];
                let entry = ((both - self.probed[0][i]) - (self.probed[0][j] - cost)) / (h_i * h_j);
                hessian[(i, j)] = entry;
                hessian[(j, i)] = entry;
            }
        }
    }
}

/// A ← (A + A') / 2.
pub(crate) fn symmetrize(a: &mut DMatrix<f64>) {
    for j in 0..a.ncols() {
        for i in 0..j {
            let mean = 0.5 * (a[(i, j)] + a[(j, i)]);
            a[(i, j)] = mean;
            a[(j, i)] = mean;
        }
    }
}

impl std::fmt::Debug for Oracle<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Oracle")
            .field("dimension", &self.dimension())
            .field("evaluations", &self.evaluations)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
