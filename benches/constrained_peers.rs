//! pounce and slsqp on the problems of this library, which count their evaluations.
//!
//! - pounce: an interior point method, Ipopt's in Rust. Dense derivatives, exact Hessians of the Lagrangian, its
//!   defaults but for what it prints. A run that fails goes up its ladder of second attempts, as in its own front ends.
//!   Its application is set up before the clock starts.
//! - slsqp: Kraft's sequential quadratic programming, translated from NLopt. It knows constraints c ≤ 0 only, one at a
//!   time, and takes as feasible what exceeds 0 by nothing: an equality would never be. So it gets every constraint
//!   relaxed by 1e-8, and equalities as two inequalities; they are answered from one evaluation of all. It has no
//!   tolerances by default: here relative ones of 1e-8 for the cost and for x, which it tests at feasible points only,
//!   and a limit of evaluations, which is no success. These are the best for it of tolerances from 1e-12 to 1e-6, and
//!   relaxations of 0, 1e-9, 1e-8 and 1e-7.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use extremum::{Bounds, Constraints, DMatrix, DVector, Matrix, Problem, Structure};
use pounce_rs::prelude::{
    ApplicationReturnStatus, BoundsInfo, IndexStyle, IpoptApplication, IpoptCq, IpoptData, NlpInfo,
    Solution, SparsityRequest, StartingPoint, TNLP,
};
use pounce_rs::restoration::run_second_opinion_ladder;
use slsqp::{Func, StopTols, SuccessStatus, minimize};

/// By how much slsqp may violate a constraint.
const RELAXED: f64 = 1e-8;
const TOLERANCE: f64 = 1e-8;
const MAX_EVALUATIONS: usize = 20_000;
/// What pounce takes for infinite.
const INFINITE: f64 = 2e19;

/// Where a run ended.
pub struct Run {
    pub x: DVector<f64>,
    /// The library says that it succeeded.
    pub claims: bool,
    pub seconds: f64,
    /// Costs, gradients, Hessians.
    pub counts: [u64; 3],
}

/// A problem that counts the evaluations of its cost.
pub struct Counted {
    problem: &'static dyn Problem,
    counts: [AtomicU64; 3],
}

impl Counted {
    pub fn new(problem: &'static dyn Problem) -> Self {
        Self { problem, counts: [const { AtomicU64::new(0) }; 3] }
    }

    pub fn counts(&self) -> [u64; 3] {
        self.counts.each_ref().map(|count| count.load(Relaxed))
    }

    fn count(&self, which: &[usize]) {
        which.iter().for_each(|&i| _ = self.counts[i].fetch_add(1, Relaxed));
    }

    fn constraints(&self) -> Option<&'static dyn Constraints> {
        self.problem.structure().constraints
    }

    fn limits(&self) -> Bounds {
        self.constraints().map_or_else(|| Bounds::unbounded(0), |all| all.limits().clone())
    }

    fn box_bounds(&self) -> Bounds {
        let none = || Bounds::unbounded(self.problem.dimension());
        self.problem.bounds().cloned().unwrap_or_else(none)
    }
}

impl Problem for Counted {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.count(&[0]);
        self.problem.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.count(&[1]);
        self.problem.gradient(x, gradient);
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        self.count(&[0, 1]);
        self.problem.cost_and_gradient(x, gradient)
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        self.count(&[2]);
        self.problem.hessian(x)
    }
    fn write_hessian(&self, x: &DVector<f64>, hessian: &mut Matrix) -> bool {
        self.count(&[2]);
        self.problem.write_hessian(x, hessian)
    }
    fn hessian_product(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        self.count(&[2]);
        self.problem.hessian_product(x, v, product)
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.problem.bounds()
    }
    fn structure(&self) -> Structure<'_> {
        self.problem.structure()
    }
}

/// The problem for pounce, with its start and the point where the run ended.
struct ForPounce {
    problem: Counted,
    x0: DVector<f64>,
    end: DVector<f64>,
}

impl TNLP for ForPounce {
    fn get_nlp_info(&mut self) -> Option<NlpInfo> {
        let (n, m) = (self.x0.len(), self.problem.limits().dimension());
        let [n, m, entries, triangle] = [n, m, m * n, n * (n + 1) / 2].map(|number| number as i32);
        let index_style = IndexStyle::C;
        Some(NlpInfo { n, m, nnz_jac_g: entries, nnz_h_lag: triangle, index_style })
    }

    fn get_bounds_info(&mut self, to: BoundsInfo<'_>) -> bool {
        let (x, g) = (self.problem.box_bounds(), self.problem.limits());
        let sides =
            [(to.x_l, x.lower()), (to.x_u, x.upper()), (to.g_l, g.lower()), (to.g_u, g.upper())];
        for (to, from) in sides {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = from.clamp(-INFINITE, INFINITE));
        }
        true
    }

    fn get_starting_point(&mut self, start: StartingPoint<'_>) -> bool {
        start.x.copy_from_slice(self.x0.as_slice());
        true
    }

    fn eval_f(&mut self, x: &[f64], _: bool) -> Option<f64> {
        Some(self.problem.cost(&DVector::from_column_slice(x)))
    }

    fn eval_grad_f(&mut self, x: &[f64], _: bool, to: &mut [f64]) -> bool {
        let mut gradient = DVector::zeros(x.len());
        self.problem.gradient(&DVector::from_column_slice(x), &mut gradient);
        to.copy_from_slice(gradient.as_slice());
        true
    }

    fn eval_g(&mut self, x: &[f64], _: bool, to: &mut [f64]) -> bool {
        let mut values = DVector::zeros(to.len());
        if let Some(constraints) = self.problem.constraints() {
            constraints.values(&DVector::from_column_slice(x), &mut values);
        }
        to.copy_from_slice(values.as_slice());
        true
    }

    fn eval_jac_g(&mut self, x: Option<&[f64]>, _: bool, mode: SparsityRequest<'_>) -> bool {
        let (n, m) = (self.x0.len(), self.problem.limits().dimension());
        match (mode, x, self.problem.constraints()) {
            (SparsityRequest::Structure { irow, jcol }, ..) => {
                // By columns.
                let places = (0..n).flat_map(|j| (0..m).map(move |i| (i, j)));
                write_places(places, irow, jcol);
                true
            }
            (SparsityRequest::Values { values }, Some(x), Some(constraints)) => {
                let mut jacobian = Matrix::default();
                let is_given = constraints.jacobian(&DVector::from_column_slice(x), &mut jacobian);
                values.copy_from_slice(jacobian.to_dense().as_slice());
                is_given
            }
            (SparsityRequest::Values { values }, ..) => values.is_empty(),
        }
    }

    fn eval_h(
        &mut self,
        x: Option<&[f64]>,
        _: bool,
        factor: f64,
        lambda: Option<&[f64]>,
        _: bool,
        mode: SparsityRequest<'_>,
    ) -> bool {
        let n = self.x0.len();
        // The lower triangle.
        let places = (0..n).flat_map(|j| (j..n).map(move |i| (i, j)));
        match (mode, x) {
            (SparsityRequest::Structure { irow, jcol }, _) => write_places(places, irow, jcol),
            (SparsityRequest::Values { values }, Some(x)) => {
                let x = DVector::from_column_slice(x);
                let Some(hessian) = self.problem.hessian(&x) else { return false };
                let mut hessian = hessian.to_dense() * factor;
                if let (Some(constraints), Some(lambda)) = (self.problem.constraints(), lambda) {
                    let lambda = DVector::from_column_slice(lambda);
                    let Some(sum) = constraints.hessian(&x, &lambda) else { return false };
                    hessian += sum.to_dense();
                }
                values.iter_mut().zip(places).for_each(|(value, place)| *value = hessian[place]);
            }
            (SparsityRequest::Values { .. }, None) => return false,
        }
        true
    }

    fn finalize_solution(&mut self, found: Solution<'_>, _: &IpoptData, _: &IpoptCq) {
        self.end.copy_from_slice(found.x);
    }
}

fn write_places(
    places: impl Iterator<Item = (usize, usize)>,
    rows: &mut [i32],
    columns: &mut [i32],
) {
    for (place, (row, column)) in places.zip(rows.iter_mut().zip(columns)) {
        (*row, *column) = (place.0 as i32, place.1 as i32);
    }
}

/// A run of pounce.
pub fn pounce(problem: Counted, x0: &DVector<f64>) -> Run {
    let mut application = IpoptApplication::new();
    application.initialize().expect("its defaults are valid");
    let options = application.options_mut();
    options.set_integer_value("print_level", 0, true, true).expect("the level is valid");
    options.set_string_value("sb", "yes", true, true).expect("the option exists");
    let problem = Rc::new(RefCell::new(ForPounce { problem, x0: x0.clone(), end: x0.clone() }));
    let shared: Rc<RefCell<dyn TNLP>> = problem.clone();

    let clock = Instant::now();
    application.defer_end_verdict();
    let status = application.optimize_tnlp(Rc::clone(&shared));
    let first = application.statistics();
    let last = run_second_opinion_ladder(&mut application, shared, status, first, &mut |_| {});
    let seconds = clock.elapsed().as_secs_f64();

    let claims = matches!(
        last.status,
        ApplicationReturnStatus::SolveSucceeded | ApplicationReturnStatus::SolvedToAcceptableLevel
    );
    let problem = problem.borrow();
    Run { x: problem.end.clone(), claims, seconds, counts: problem.problem.counts() }
}

/// c(x) and its Jacobian at the last x.
struct Memory {
    x: Vec<f64>,
    values: DVector<f64>,
    jacobian: Option<DMatrix<f64>>,
}

/// A constraint of slsqp: sign (cᵢ(x) − limit) ≤ 0, relaxed.
struct OneSide<'a> {
    constraints: &'a dyn Constraints,
    memory: &'a RefCell<Memory>,
    index: usize,
    sign: f64,
    limit: f64,
}

impl OneSide<'_> {
    fn value(&self, x: &[f64], gradient: Option<&mut [f64]>) -> f64 {
        let memory = &mut *self.memory.borrow_mut();
        let point = || DVector::from_column_slice(x);
        if memory.x != x {
            x.clone_into(&mut memory.x);
            self.constraints.values(&point(), &mut memory.values);
            memory.jacobian = None;
        }
        if let Some(gradient) = gradient {
            let jacobian = memory.jacobian.get_or_insert_with(|| {
                let mut jacobian = Matrix::default();
                self.constraints.jacobian(&point(), &mut jacobian);
                jacobian.to_dense()
            });
            let row = jacobian.row(self.index);
            gradient.iter_mut().zip(row.iter()).for_each(|(g, c)| *g = self.sign * c);
        }
        self.sign * (memory.values[self.index] - self.limit) - RELAXED
    }
}

/// A run of slsqp.
pub fn slsqp(problem: Counted, x0: &DVector<f64>) -> Run {
    let (bounds, limits) = (problem.box_bounds(), problem.limits());
    let values = DVector::zeros(limits.dimension());
    let memory = RefCell::new(Memory { x: Vec::new(), values, jacobian: None });
    let mut sides = Vec::new();
    if let Some(constraints) = problem.constraints() {
        for index in 0..limits.dimension() {
            for (sign, limit) in [(-1.0, limits.lower()[index]), (1.0, limits.upper()[index])] {
                if limit.is_finite() {
                    sides.push(OneSide { constraints, memory: &memory, index, sign, limit });
                }
            }
        }
    }
    let callbacks: Vec<_> = sides
        .iter()
        .map(|side| |x: &[f64], gradient: Option<&mut [f64]>, _: &mut ()| side.value(x, gradient))
        .collect();
    let callbacks: Vec<_> = callbacks.iter().map(|callback| callback as &dyn Func<()>).collect();
    let cost = |x: &[f64], gradient: Option<&mut [f64]>, _: &mut ()| {
        let x = DVector::from_column_slice(x);
        let Some(to) = gradient else { return problem.cost(&x) };
        let mut gradient = DVector::zeros(x.len());
        let cost = problem.cost_and_gradient(&x, &mut gradient);
        to.copy_from_slice(gradient.as_slice());
        cost
    };
    let corners = bounds.lower().iter().copied().zip(bounds.upper().iter().copied());
    let corners: Vec<_> = corners.collect();
    let rules = StopTols { ftol_rel: TOLERANCE, xtol_rel: TOLERANCE, ..StopTols::default() };

    let clock = Instant::now();
    let found =
        minimize(cost, x0.as_slice(), &corners, &callbacks, (), MAX_EVALUATIONS, Some(rules));
    let seconds = clock.elapsed().as_secs_f64();

    let (claims, x) = match found {
        Ok((SuccessStatus::MaxEvalReached | SuccessStatus::MaxTimeReached, x, _)) => (false, x),
        Ok((_, x, _)) => (true, x),
        Err((_, x, _)) => (false, x),
    };
    Run { x: DVector::from_vec(x), claims, seconds, counts: problem.counts() }
}
