//! The end game: Newton's method on the first-order conditions with the active constraints and bounds held.
//!
//! ```text
//! | ∇²L  A'  |  | d  |     | ∇f − A'λ |
//! | A   −δ I |  | −p |  =  −| a − b    |,   x⁺ = P(x + d),  λ⁺ = λ + p
//! ```
//!
//! with the free variables alone, A the Jacobian of the active constraints a, b the limits at which they are, all
//! scaled as in L, and δ = 10⁻¹², by which dependent constraints leave a solution. A step is kept when it halves the
//! error of the conditions.
//!
//! E. Birgin, J. Martínez, "Improving ultimate convergence of an augmented Lagrangian method", Optim. Methods Softw. 23
//! (2008) 177-195.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::AugmentedLagrangianState;
use super::function::Function;
use super::points::Point;
use crate::{Bounds, Matrix, Oracle, State};

/// No larger systems are solved: they are dense.
const LARGEST: usize = 500;
/// δ
const SHIFT: f64 = 1e-12;
/// Where the scaled conditions are further from fulfilled, the active constraints are not known yet.
const NEAR: f64 = 1e-2;
/// After a step that was not kept, the error has to fall by this factor.
const NEARER: f64 = 0.1;

/// Whether the next step is one of Newton's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Newton {
    pub is_next: bool,
    /// False once the problem gave no second derivatives.
    is_possible: bool,
    /// The error at which the last step was not kept.
    failed_at: f64,
    #[serde(skip)]
    system: System,
}

/// Workspace; equal to any other.
#[derive(Clone, Debug, Default)]
struct System {
    matrix: DMatrix<f64>,
    hessian: DMatrix<f64>,
    right: Vec<f64>,
    /// The free variables and the active constraints.
    free: Vec<usize>,
    active: Vec<usize>,
}

impl PartialEq for System {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl System {
    fn new(n: usize, m: usize) -> Self {
        Self {
            matrix: DMatrix::zeros(n + m, n + m),
            hessian: DMatrix::zeros(n, n),
            right: Vec::with_capacity(n + m),
            free: Vec::with_capacity(n),
            active: Vec::with_capacity(m),
        }
    }

    /// Writes the free variables and the active constraints; `lagrangian` is ∇f − J'λ.
    fn identify(
        &mut self,
        here: &Point,
        bounds: Option<&Bounds>,
        lagrangian: &DVector<f64>,
        is_active: impl Fn(usize) -> bool,
    ) {
        let is_held = |j: usize| {
            bounds.is_some_and(|bounds| {
                let (x, g, lower, upper) =
                    (here.x[j], lagrangian[j], bounds.lower()[j], bounds.upper()[j]);
                lower == upper || (x == lower && g >= 0.0) || (x == upper && g <= 0.0)
            })
        };
        self.free.clear();
        self.free.extend((0..here.x.len()).filter(|j| !is_held(*j)));
        self.active.clear();
        self.active.extend((0..here.values.len()).filter(|i| is_active(*i)));
    }

    /// Writes the system. The Hessian is there, unscaled.
    fn assemble(
        &mut self,
        here: &Point,
        function: &Function,
        lagrangian: &DVector<f64>,
        targets: impl Fn(usize) -> f64,
    ) {
        let Self { matrix, hessian, right, free, active } = self;
        let k = free.len();
        right.clear();
        for (row, &j) in free.iter().enumerate() {
            for (column, &l) in free.iter().enumerate() {
                matrix[(row, column)] = function.scale * hessian[(j, l)];
            }
            right.push(-function.scale * lagrangian[j]);
        }
        for (row, &i) in active.iter().enumerate() {
            for (column, &j) in free.iter().enumerate() {
                let entry = function.scales[i] * entry(&here.jacobian, i, j);
                matrix[(k + row, column)] = entry;
                matrix[(column, k + row)] = entry;
            }
            for other in 0..active.len() {
                matrix[(k + row, k + other)] = if other == row { -SHIFT } else { 0.0 };
            }
            right.push(targets(i) - function.scales[i] * here.values[i]);
        }
    }

    /// Solves the system by elimination with partial pivoting, in place; false when it is singular.
    fn solve(&mut self) -> bool {
        let Self { matrix: a, right, .. } = self;
        let size = right.len();
        for k in 0..size {
            let larger = |p: usize, i: usize| if a[(i, k)].abs() > a[(p, k)].abs() { i } else { p };
            let pivot = (k + 1..size).fold(k, larger);
            if !a[(pivot, k)].is_normal() {
                return false;
            }
            if pivot != k {
                a.swap_rows(k, pivot);
                right.swap(k, pivot);
            }
            for i in k + 1..size {
                let factor = a[(i, k)] / a[(k, k)];
                if factor != 0.0 {
                    for j in k + 1..size {
                        a[(i, j)] -= factor * a[(k, j)];
                    }
                    right[i] -= factor * right[k];
                }
            }
        }
        for k in (0..size).rev() {
            let known: f64 = (k + 1..size).map(|j| a[(k, j)] * right[j]).sum();
            right[k] = (right[k] - known) / a[(k, k)];
        }
        right.iter().all(|entry| entry.is_finite())
    }
}

fn entry(matrix: &Matrix, i: usize, j: usize) -> f64 {
    match matrix {
        Matrix::Dense(matrix) => matrix[(i, j)],
        Matrix::Sparse(matrix) => {
            let column = matrix.col(j);
            column.row_indices().binary_search(&i).map_or(0.0, |at| column.values()[at])
        }
    }
}

impl Newton {
    pub fn new(n: usize, m: usize) -> Self {
        let is_possible = m > 0 && n + m <= LARGEST;
        let system = if is_possible { System::new(n, m) } else { System::default() };
        Self { is_next: false, is_possible, failed_at: f64::INFINITY, system }
    }

    /// Makes room after a checkpoint; false for a state that does not fit.
    pub fn restore(&mut self, n: usize, m: usize) -> bool {
        let new = Self::new(n, m);
        self.system = new.system;
        (new.is_possible || !self.is_possible) && !self.failed_at.is_nan()
    }

    /// Decides at the end of an inner run whether a step of Newton's is worth trying, by the errors of the scaled
    /// conditions and of the others.
    pub fn look(&mut self, scaled: f64, error: f64) {
        self.is_next = self.is_possible && scaled <= NEAR && error <= NEARER * self.failed_at;
    }
}

impl<L: State> AugmentedLagrangianState<L> {
    /// Makes one step of Newton's method, unless it cannot be made or does not halve the error. `None` when it was
    /// interrupted.
    pub(super) fn newton(&mut self, problem: &mut Oracle<'_>) -> Option<()> {
        let next = self.propose(problem);
        problem.uninterrupted().is_continue().then_some(())?;
        let Some(index) = next else {
            self.newton.is_next = false;
            self.newton.failed_at = self.conditions.error();
            return Some(());
        };
        let index = index?;
        let (before, error) = (self.points.current(), self.conditions);
        // λ + p, and 0 where a constraint is not active.
        let Self { newton, function, multipliers, work, .. } = self;
        let System { free, active, right, .. } = &newton.system;
        let kept = &mut work.work.weights;
        kept.copy_from(multipliers);
        multipliers.fill(0.0);
        for (row, &i) in active.iter().enumerate() {
            let change = -right[free.len() + row] * function.scales[i] / function.scale;
            multipliers[i] = kept[i] + change;
        }
        self.points.go_to(index);
        let is_finite = self.points.here().is_finite();
        if is_finite {
            self.measure();
        }
        if is_finite && self.conditions.error() <= 0.5 * error.error() {
            self.consider(true);
            let Self { function, multipliers, .. } = self;
            for (i, y) in multipliers.iter().enumerate() {
                function.y[i] = y * function.scale / function.scales[i];
            }
            return Some(());
        }
        self.points.go_to(before);
        self.multipliers.copy_from(&self.work.work.weights);
        self.conditions = error;
        self.newton.is_next = false;
        self.newton.failed_at = error.error();
        Some(())
    }

    /// Evaluates x + d: `None` when there is no such step, `Some(None)` when it was interrupted.
    fn propose(&mut self, problem: &mut Oracle<'_>) -> Option<Option<usize>> {
        let Self { points, function, multipliers, newton, work, .. } = self;
        let (bounds, work) = (work.bounds.as_ref(), &mut work.work);
        let (here, system) = (points.here(), &mut newton.system);
        let has_hessian = problem.given_hessian(&here.x, &mut system.hessian)
            && problem.constraint_hessian(&here.x, multipliers, &mut work.curvature);
        if !has_hessian {
            newton.is_possible &= problem.uninterrupted().is_break();
            return None;
        }
        work.curvature.subtract_from(&mut system.hessian);
        here.jacobian.transpose_times(multipliers, &mut work.lagrangian);
        for (l, g) in work.lagrangian.iter_mut().zip(&here.gradient) {
            *l = g - *l;
        }
        // The limit of an active constraint is that of its multiplier's sign.
        let target = |i: usize| {
            let [lower, upper] = function.sides(i);
            match multipliers[i] {
                _ if lower == upper => Some(lower),
                y if y > 0.0 => Some(lower),
                y if y < 0.0 => Some(upper),
                _ => None,
            }
        };
        system.identify(here, bounds, &work.lagrangian, |i| target(i).is_some());
        let targets = |i: usize| target(i).unwrap_or(f64::NAN);
        system.assemble(here, function, &work.lagrangian, targets);
        if !system.solve() {
            return None;
        }
        work.x.copy_from(&here.x);
        for (d, &j) in system.right.iter().zip(&system.free) {
            work.x[j] += d;
        }
        if let Some(bounds) = bounds {
            bounds.project(&mut work.x);
        }
        Some(points.find(problem, &work.x, true))
    }
}
