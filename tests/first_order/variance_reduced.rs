//! Variance-reduced methods: steps worked out by hand, independently known minima, the rates of the theorems, exact
//! counts, and the contract of every solver: the same bits on any number of threads and through a checkpoint in the middle
//! of an epoch, no allocation, true reports of how a run ended.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::measure;
use extremum::stop::{gradient_norm, max_iterations};
use extremum::{
    AnySolver, Bounds, CancellationToken, Checkpoint, DMatrix, DVector, Error, FiniteSum, Katyusha,
    Lbfgs, Minimizer, Problem, Saga, Sarah, Solution, Solver, Stall, State, Stop, Structure, Sum,
    Svrg, Termination, from_fn, minimize,
};
use extremum_tests::seal::{sealed, unsealed};

/// f_i(x) = φ(a_i·x, b_i) + λ|x|²/2: least squares, φ = (s − b)²/2, or logistic, φ = ln(1 + exp(−b s)).
struct Regression {
    a: DMatrix<f64>,
    b: DVector<f64>,
    ridge: f64,
    logistic: bool,
    /// Terms evaluated.
    evaluated: AtomicU64,
    /// The batches and points of all calls, when they are asked for.
    log: Option<Mutex<Vec<Call>>>,
}

struct Call {
    batch: Vec<usize>,
    x: DVector<f64>,
}

/// Numbers between −1 and 1 that depend on a seed.
fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

impl Regression {
    fn new(terms: usize, n: usize, ridge: f64, logistic: bool) -> Self {
        let mut random = uniform(terms as u64 + 7 * n as u64);
        let a = DMatrix::from_fn(terms, n, |_, _| random());
        let b = DVector::from_fn(terms, |i, _| {
            let s = a.row(i).sum() + 0.5 * random();
            if logistic { s.signum() } else { s }
        });
        Self { a, b, ridge, logistic, evaluated: AtomicU64::new(0), log: None }
    }

    fn least_squares(terms: usize, n: usize, ridge: f64) -> Self {
        Self::new(terms, n, ridge, false)
    }

    fn logged(mut self) -> Self {
        self.log = Some(Mutex::default());
        self
    }

    fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.log.as_ref().unwrap().lock().unwrap())
    }

    /// The points at which all terms were evaluated.
    fn measured(&self) -> Vec<DVector<f64>> {
        let all = self.terms();
        self.calls().into_iter().filter(|c| c.batch.len() == all).map(|c| c.x).collect()
    }

    /// The largest Lipschitz constant of a term's gradient.
    fn smoothness(&self) -> f64 {
        let curvature = if self.logistic { 0.25 } else { 1.0 };
        self.a.row_iter().map(|a| a.norm_squared()).fold(0.0, f64::max) * curvature + self.ridge
    }

    /// The strong convexity of the mean of least squares.
    fn strong_convexity(&self) -> f64 {
        let hessian = self.a.tr_mul(&self.a) / self.terms() as f64;
        hessian.symmetric_eigenvalues().min() + self.ridge
    }

    /// The minimum of least squares, by the normal equations.
    fn solution(&self) -> DVector<f64> {
        let (terms, n) = self.a.shape();
        let hessian =
            self.a.tr_mul(&self.a) + DMatrix::identity(n, n) * (self.ridge * terms as f64);
        hessian.cholesky().unwrap().solve(&self.a.tr_mul(&self.b))
    }

    /// The mean over all terms, uncounted.
    fn mean(&self, x: &DVector<f64>) -> f64 {
        let all: Vec<usize> = (0..self.terms()).collect();
        self.value(&all, x)
    }

    fn value(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        let each = batch.iter().map(|&i| {
            let s: f64 = (0..x.len()).map(|j| self.a[(i, j)] * x[j]).sum();
            if self.logistic {
                (-self.b[i] * s).exp().ln_1p()
            } else {
                (s - self.b[i]).powi(2) / 2.0
            }
        });
        each.sum::<f64>() / batch.len() as f64 + self.ridge * x.norm_squared() / 2.0
    }
}

impl FiniteSum for Regression {
    fn dimension(&self) -> usize {
        self.a.ncols()
    }
    fn terms(&self) -> usize {
        self.a.nrows()
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        self.evaluated.fetch_add(batch.len() as u64, Ordering::Relaxed);
        self.value(batch, x)
    }
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
        self.evaluated.fetch_add(batch.len() as u64, Ordering::Relaxed);
        if let Some(log) = &self.log {
            log.lock().unwrap().push(Call { batch: batch.to_vec(), x: x.clone() });
        }
        g.fill(0.0);
        for &i in batch {
            let s: f64 = (0..x.len()).map(|j| self.a[(i, j)] * x[j]).sum();
            let b = self.b[i];
            let slope = if self.logistic { -b / (1.0 + (b * s).exp()) } else { s - b };
            for j in 0..x.len() {
                g[j] += slope * self.a[(i, j)];
            }
        }
        *g /= batch.len() as f64;
        g.axpy(self.ridge, x, 1.0);
    }
    fn cost_and_gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) -> f64 {
        self.gradient(batch, x, g);
        self.value(batch, x)
    }
}

/// Every method at its safe step for terms of that smoothness and strong convexity, with batches of `size`.
fn methods(smoothness: f64, convexity: f64, size: usize) -> Vec<Box<dyn AnySolver>> {
    vec![
        Svrg::new(0.1 / smoothness).batch_size(size).boxed(),
        Saga::new(1.0 / (3.0 * smoothness)).batch_size(size).boxed(),
        Sarah::new(0.5 / smoothness).batch_size(size).boxed(),
        Katyusha::new(smoothness, convexity).batch_size(size).boxed(),
        Svrg::new(0.1 / smoothness).batch_size(size).random_iterate().inner(40).boxed(),
        Sarah::new(0.5 / smoothness).batch_size(size).random_iterate().inner(40).boxed(),
    ]
}

/// Runs that many epochs.
fn epochs(problem: &dyn Problem, solver: impl Solver, x0: &[f64], count: u64) -> Solution {
    Minimizer::new(&problem, solver, x0).stop_when(max_iterations(count)).run().unwrap()
}

/// x²/2 and 3(x − 2)²/2: gradients x and 3x − 6, curvatures 1 and 3.
fn pair() -> Sum<Regression> {
    let root = 3.0_f64.sqrt();
    let a = DMatrix::from_column_slice(2, 1, &[1.0, root]);
    let b = DVector::from_vec(vec![0.0, 2.0 * root]);
    let terms = Regression { a, b, ..Regression::least_squares(2, 1, 0.0) };
    Sum::new(terms.logged())
}

/// The terms drawn, in order, as far as their gradients were evaluated, by twos where a step takes two.
fn drawn(problem: &Sum<Regression>, calls_per_step: usize) -> Vec<usize> {
    let single = problem.terms().calls().into_iter().filter(|c| c.batch.len() == 1);
    single.map(|c| c.batch[0]).step_by(calls_per_step).collect()
}

/// Each way to draw is met by some seed, and every x is the one worked out by hand in fractions.
fn check_by_hand(
    solver: impl Fn(u64) -> Box<dyn AnySolver>,
    draws: impl Fn(&Sum<Regression>) -> [usize; 2],
    expected: [[f64; 2]; 2],
) {
    let mut met = [[false; 2]; 2];
    for seed in 0..30 {
        let problem = pair();
        let found = epochs(&problem, solver(seed), &[0.0], 1);
        let [k, j] = draws(&problem);
        met[k][j] = true;
        let (name, x) = (solver(seed).name(), found.x[0]);
        assert!((x - expected[k][j]).abs() < 4e-15, "{name}, terms {k}, {j}: {x}");
    }
    assert_eq!(met, [[true; 2]; 2]);
}

#[test]
fn three_steps_of_svrg_are_those_worked_out_by_hand() {
    // From 0 with η = 1/4: v₀ = −3, v₁ = h_k x₁ − 3, v₂ = h_j x₂ − 3, h = (1, 3).
    check_by_hand(
        |seed| Svrg::new(0.25).inner(3).seed(seed).boxed(),
        |p| drawn(p, 2).try_into().unwrap(),
        [[1.734375, 1.078125], [1.453125, 0.984375]],
    );
}

#[test]
fn three_steps_of_sarah_are_those_worked_out_by_hand() {
    // v₂ = h_j (x₂ − x₁) + v₁.
    check_by_hand(
        |seed| Sarah::new(0.25).inner(3).seed(seed).boxed(),
        |p| drawn(p, 2).try_into().unwrap(),
        [[1.734375, 1.453125], [1.078125, 0.984375]],
    );
}

#[test]
fn three_steps_of_saga_are_those_worked_out_by_hand() {
    // T = (0, −6). v₀ = −3 and T stays; v₁ = h_k x₁ − 3, the mean of T gains h_k x₁/2; v₂ is at x₂ from these.
    check_by_hand(
        |seed| Saga::new(0.25).inner(3).seed(seed).boxed(),
        // Two calls fill the table.
        |p| drawn(p, 1)[3..].try_into().unwrap(),
        [[1.828125, 0.984375], [1.171875, 1.265625]],
    );
}

#[test]
fn two_steps_of_katyusha_are_those_worked_out_by_hand() {
    // L = 3, σ = ½, m = 2: τ₁ = α = 1/3, weights 1 and 7/6. x₁ = 0, z₁ = 1, y₁ = 1/3; x₂ = 7/18,
    // y₂ = 7/18 + (3 − h_k 7/18)/9. The first draw changes nothing.
    let by_hand = [547.0 / 1053.0, 166.0 / 351.0];
    check_by_hand(
        |seed| Katyusha::new(3.0, 0.5).inner(2).seed(seed).boxed(),
        |p| {
            let two = drawn(p, 2);
            [two[0], two[1]]
        },
        [by_hand, by_hand],
    );
    // The second epoch goes on with y and z: a straight transcription of algorithm 1.
    let problem = pair();
    epochs(&problem, Katyusha::new(3.0, 0.5).inner(2), &[0.0], 2);
    let gradient = |i: usize, x: f64| if i == 0 { x } else { 3.0 * x - 6.0 };
    let calls = problem.terms().calls();
    let last = calls.iter().rfind(|c| c.batch.len() == 2).unwrap().x[0];
    let single: Vec<usize> =
        calls.iter().filter(|c| c.batch.len() == 1).map(|c| c.batch[0]).collect();
    let (mut y, mut z, mut anchor) = (0.0, 0.0, 0.0_f64);
    for epoch in single.chunks(4) {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (t, &i) in epoch.iter().step_by(2).enumerate() {
            let x = z / 3.0 + anchor / 2.0 + y / 6.0;
            let v = 2.0 * anchor - 3.0 + gradient(i, x) - gradient(i, anchor);
            (z, y) = (z - v / 3.0, x - v / 9.0);
            let weight = (7.0_f64 / 6.0).powi(t as i32);
            (sum, weights) = (sum + weight * y, weights + weight);
        }
        anchor = sum / weights;
    }
    assert!((last - anchor).abs() < 1e-14, "{last} {anchor}");
}

#[test]
fn least_squares_end_at_the_normal_equations() {
    for size in [1, 7, 32] {
        let problem = Sum::new(Regression::least_squares(100, 5, 0.05));
        let terms = problem.terms();
        let expected = terms.solution();
        for solver in methods(terms.smoothness(), terms.strong_convexity(), size) {
            let run = Minimizer::new(&problem, &solver, [0.0; 5]).stop_when(gradient_norm(1e-12));
            let found = run.run().unwrap();
            let name = solver.name();
            assert!(found.termination.is_converged(), "{name} {size}: {found}");
            assert!((&found.x - &expected).amax() < 1e-10, "{name} {size}: {found}");
        }
    }
}

#[test]
fn logistic_regression_ends_where_lbfgs_does() {
    let problem = Sum::new(Regression::new(200, 4, 0.02, true));
    let stop = || gradient_norm(1e-12);
    let run = Minimizer::new(&problem, Lbfgs::default(), [0.0; 4]).stop_when(stop());
    let expected = run.run().unwrap();
    assert!(expected.termination.is_converged(), "{expected}");
    for solver in methods(problem.terms().smoothness(), 0.02, 1) {
        let found = Minimizer::new(&problem, &solver, [0.0; 4]).stop_when(stop()).run().unwrap();
        assert!(found.termination.is_converged(), "{}: {found}", solver.name());
        assert!((&found.x - &expected.x).amax() < 1e-10, "{}: {found}", solver.name());
    }
}

/// Means over seeds 0, .., 199 of what `value` says of the points measured after 0, .., `count` epochs.
fn means(
    terms: impl Fn() -> Regression,
    solver: impl Fn(u64) -> Box<dyn AnySolver>,
    count: usize,
    value: impl Fn(&Regression, &DVector<f64>) -> f64,
) -> Vec<f64> {
    const SEEDS: u64 = 200;
    let mut means = vec![0.0; count + 1];
    for seed in 0..SEEDS {
        let problem = Sum::new(terms().logged());
        let start = vec![0.0; problem.dimension()];
        epochs(&problem, solver(seed), &start, count as u64);
        let mut measured = problem.terms().measured();
        // An epoch of no steps measures nothing.
        while measured.len() <= count {
            measured.push(measured.last().unwrap().clone());
        }
        for (mean, x) in means.iter_mut().zip(&measured) {
            *mean += value(problem.terms(), x) / SEEDS as f64;
        }
    }
    means
}

#[test]
fn svrg_is_as_fast_as_its_theorem_says() {
    let terms = || Regression::least_squares(20, 2, 0.1);
    let (smoothness, convexity) = (terms().smoothness(), terms().strong_convexity());
    let least = terms().mean(&terms().solution());
    for (eta, steps) in [(0.1_f64, 50.0), (0.05, 60.0), (0.2, 40.0)] {
        let m = (steps * smoothness / convexity) as usize;
        // α of theorem 1, η in units of 1/L.
        let contraction = convexity * eta / smoothness * (1.0 - 2.0 * eta) * m as f64;
        let factor = 1.0 / contraction + 2.0 * eta / (1.0 - 2.0 * eta);
        assert!(factor < 1.0);
        let solver = |seed| Svrg::new(eta / smoothness).inner(m).seed(seed);
        let gap = |t: &Regression, x: &DVector<f64>| t.mean(x) - least;
        let random = means(terms, |seed| solver(seed).random_iterate().boxed(), 2, gap);
        let last = means(terms, |seed| solver(seed).boxed(), 2, gap);
        for gaps in [random, last] {
            assert!(gaps[1] <= factor * gaps[0], "{factor}: {gaps:?}");
            assert!(gaps[2] <= factor * factor * gaps[0], "{factor}: {gaps:?}");
        }
    }
}

#[test]
fn saga_is_as_fast_as_its_theorem_says() {
    for (count, size, ridge) in [(20, 1, 0.1), (60, 1, 0.01), (60, 3, 0.01)] {
        let terms = || Regression::least_squares(count, 2, ridge);
        let (smoothness, convexity) = (terms().smoothness(), terms().strong_convexity());
        let solution = terms().solution();
        // Batches of equal size are as smooth as their terms.
        let groups = (count / size) as f64;
        let rate = 1.0 - (1.0 / (4.0 * groups)).min(convexity / (3.0 * smoothness));
        let distances = means(
            terms,
            |seed| Saga::new(1.0 / (3.0 * smoothness)).batch_size(size).seed(seed).boxed(),
            20,
            |_, x| (x - &solution).norm_squared(),
        );
        let start = DVector::zeros(2);
        let gap = terms().mean(&start) - terms().mean(&solution);
        let constant = distances[0] + 2.0 * groups / (3.0 * smoothness) * gap;
        for (epoch, distance) in distances.iter().enumerate() {
            let bound = rate.powf(epoch as f64 * groups) * constant;
            assert!(*distance <= bound, "{count} {size} {epoch}: {distance} > {bound}");
        }
        assert!(distances[20] < 0.1 * distances[0], "{distances:?}");
    }
}

/// |v_t|² in one epoch of SARAH, from the points at which it evaluates: v_t = (x_t − x_{t+1})/η.
#[test]
fn the_estimate_of_sarah_goes_to_zero_within_an_epoch() {
    // Each term is ridge-strongly convex.
    let terms = || Regression::least_squares(30, 3, 0.5);
    let (smoothness, convexity) = (terms().smoothness(), 0.5);
    let eta = 1.0 / smoothness;
    let steps = 200;
    let mut squares = vec![0.0; steps - 1];
    for seed in 0..100 {
        let problem = Sum::new(terms().logged());
        epochs(&problem, Sarah::new(eta).inner(steps).seed(seed), &[0.0; 3], 1);
        let calls = problem.terms().calls();
        // x₀, then x_t of the two points of each later step.
        let here: Vec<_> = calls[1..].iter().filter(|c| c.batch.len() == 1).step_by(2).collect();
        let points: Vec<_> = std::iter::once(&calls[0]).chain(here).map(|c| &c.x).collect();
        assert_eq!(points.len(), steps);
        for (square, pair) in squares.iter_mut().zip(points.windows(2)) {
            *square += ((pair[0] - pair[1]) / eta).norm_squared() / 100.0;
        }
    }
    // Theorem 1b.
    let rate = 1.0 - 2.0 * convexity * smoothness * eta / (convexity + smoothness);
    for (t, square) in squares.iter().enumerate() {
        assert!(*square <= rate.powi(t as i32) * squares[0] * (1.0 + 1e-12), "{t}: {square}");
    }
    assert!(squares[steps - 2] < 1e-12 * squares[0], "{}", squares[steps - 2]);
}

#[test]
fn sarah_is_as_fast_as_its_theorem_says() {
    let terms = || Regression::least_squares(20, 2, 0.1);
    let (smoothness, convexity) = (terms().smoothness(), terms().strong_convexity());
    let eta = 0.5 / smoothness;
    let m = (10.0 * smoothness / convexity) as usize;
    let sigma =
        1.0 / (convexity * eta * (m + 1) as f64) + eta * smoothness / (2.0 - eta * smoothness);
    assert!(sigma < 1.0);
    let squares = means(
        terms,
        |seed| Sarah::new(eta).inner(m).seed(seed).random_iterate().boxed(),
        3,
        |t, x| {
            let residual = &t.a * x - &t.b;
            (t.a.tr_mul(&residual) / 20.0 + x * t.ridge).norm_squared()
        },
    );
    for (s, square) in squares.iter().enumerate() {
        assert!(*square <= sigma.powi(s as i32) * squares[0], "{sigma}: {squares:?}");
    }
}

#[test]
fn katyusha_overtakes_svrg_where_the_condition_is_far_above_the_number_of_terms() {
    let mut terms = Regression::least_squares(50, 5, 1e-4);
    for j in 0..5 {
        terms.a.column_mut(j).scale_mut(0.3_f64.powi(j as i32));
    }
    let (smoothness, convexity) = (terms.smoothness(), terms.strong_convexity());
    assert!(smoothness / convexity > 100.0 * 50.0);
    let problem = Sum::new(terms);
    let run = |solver: Box<dyn AnySolver>| {
        let run = Minimizer::new(&problem, solver, [0.0; 5]).stop_when(gradient_norm(1e-8));
        let found = run.run().unwrap();
        assert!(found.termination.is_converged(), "{found}");
        found
    };
    for seed in 0..3 {
        let fast = run(Katyusha::new(smoothness, convexity).seed(seed).boxed());
        // As many steps an epoch, and a step beyond what theorem 1 allows.
        let slow = run(Svrg::new(0.25 / smoothness).inner(100).seed(seed).boxed());
        assert!(10 * fast.iterations < slow.iterations, "{fast} {slow}");
    }
}

#[test]
fn terms_are_counted_exactly() {
    for (size, groups) in [(1, 60), (4, 15), (60, 1)] {
        let problem = Sum::new(Regression::least_squares(60, 3, 0.1));
        let n = 60;
        let per_epoch: [(Box<dyn AnySolver>, u64, u64); 4] = [
            (Svrg::new(1e-3).batch_size(size).boxed(), n + 2 * (groups - 1) * size as u64, 0),
            (Sarah::new(1e-3).batch_size(size).boxed(), n + 2 * (groups - 1) * size as u64, 0),
            (Saga::new(1e-3).batch_size(size).boxed(), n + groups * size as u64, n),
            (
                Katyusha::new(10.0, 1.0).batch_size(size).boxed(),
                n + 2 * 2 * groups * size as u64,
                0,
            ),
        ];
        for (solver, epoch, once) in per_epoch {
            problem.terms().evaluated.store(0, Ordering::Relaxed);
            let found = epochs(&problem, &solver, &[0.0; 3], 5);
            let name = solver.name();
            assert_eq!(found.evaluations.terms, n + once + 5 * epoch, "{name}, {size}");
            assert_eq!(found.evaluations.terms, problem.terms().evaluated.load(Ordering::Relaxed));
            assert_eq!((found.evaluations.cost, found.evaluations.gradient), (6, 6), "{name}");
        }
    }
}

#[test]
fn no_point_is_measured_twice() {
    for size in [1, 7] {
        let problem = Sum::new(Regression::least_squares(30, 2, 0.1).logged());
        for solver in methods(problem.terms().smoothness(), 0.1, size) {
            let found = epochs(&problem, &solver, &[0.0; 2], 40);
            let points = problem.terms().measured();
            assert_eq!(points.len() as u64, found.evaluations.gradient);
            let bits: std::collections::HashSet<_> =
                points.iter().map(|x| (x[0].to_bits(), x[1].to_bits())).collect();
            assert_eq!(bits.len(), points.len(), "{}", solver.name());
        }
    }
}

/// Batches of uneven sizes weigh their terms evenly: the minimum is that of the mean, not of the mean of means.
#[test]
fn uneven_batches_do_not_move_the_minimum() {
    let problem = Sum::new(Regression::least_squares(10, 2, 0.1).logged());
    let expected = problem.terms().solution();
    for size in [3, 4, 6, 9] {
        for solver in methods(problem.terms().smoothness(), 0.1, size) {
            let run = Minimizer::new(&problem, &solver, [0.0; 2]).stop_when(gradient_norm(1e-12));
            let found = run.run().unwrap();
            assert!((&found.x - &expected).amax() < 1e-10, "{} {size}: {found}", solver.name());
            let mut sizes = std::collections::BTreeSet::new();
            let mut counts = [0; 10];
            let mut batches = std::collections::HashSet::new();
            for Call { batch, .. } in problem.terms().calls() {
                if batch.len() < 10 && batches.insert(batch.clone()) {
                    sizes.insert(batch.len());
                    batch.iter().for_each(|&i| counts[i] += 1);
                }
            }
            assert_eq!(counts, [1; 10], "every term is in one batch");
            assert!(sizes.last().unwrap() - sizes.first().unwrap() <= 1);
            assert!(*sizes.last().unwrap() <= size);
        }
    }
}

#[test]
fn with_all_terms_in_a_batch_the_methods_are_gradient_descent() {
    for terms in [1, 12] {
        let problem = Sum::new(Regression::least_squares(terms, 3, 0.1).logged());
        let step = 0.3 / problem.terms().smoothness();
        let solvers: [Box<dyn AnySolver>; 3] = [
            Svrg::new(step).batch_size(terms).inner(20).boxed(),
            Sarah::new(step).batch_size(terms).inner(20).boxed(),
            Saga::new(step).batch_size(terms).inner(20).boxed(),
        ];
        let (mut x, mut g) = (DVector::from_element(3, 1.0), DVector::zeros(3));
        for _ in 0..60 {
            problem.gradient(&x, &mut g);
            x.axpy(-step, &g, 1.0);
        }
        for solver in solvers {
            let found = epochs(&problem, &solver, &[1.0; 3], 3);
            // Rounding of twenty sums of three gradients.
            assert!((&found.x - &x).amax() < 1e-14, "{}: {} {x}", solver.name(), found.x);
        }
        // One step an epoch has the bits of gradient descent.
        let one = epochs(&problem, Svrg::new(step).inner(1), &[1.0; 3], 60);
        assert_eq!(one.x, x);
    }
}

#[test]
fn the_seed_decides() {
    let problem = Sum::new(Regression::least_squares(30, 2, 0.1));
    let run = |seed| epochs(&problem, Svrg::new(0.01).batch_size(4).seed(seed), &[0.0; 2], 3).x;
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

fn bits(found: &Solution) -> Vec<u64> {
    let norm = found.gradient_norm.unwrap();
    found.x.iter().chain([&found.cost, &norm]).map(|v| v.to_bits()).collect()
}

#[test]
fn the_bits_are_the_same_on_any_number_of_threads() {
    // Batches of several chunks of 256 terms.
    let problem = Sum::new(Regression::new(3_000, 4, 0.01, true));
    for solver in methods(problem.terms().smoothness(), 0.01, 600) {
        let runs = [1, 2].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            bits(&pool.install(|| epochs(&problem, &solver, &[0.0; 4], 5)))
        });
        assert_eq!(runs[0], runs[1], "{}", solver.name());
    }
}

#[test]
fn no_step_allocates() {
    let problem = Sum::new(Regression::new(40, 3, 0.1, true));
    for size in [1, 7] {
        for solver in methods(problem.terms().smoothness(), 0.1, size) {
            let mut run = Minimizer::new(&problem, &solver, [0.0; 3])
                .stop_when(gradient_norm(1e-8))
                .start()
                .unwrap();
            let mut flow = None;
            while flow != Some(true) {
                let made = measure(|| flow = Some(run.step().is_break()));
                assert_eq!(made.count_total, 0, "{}", solver.name());
            }
            assert!(run.finish().termination.is_converged());
        }
    }
    // Where every epoch is undone.
    let fragile =
        Sum::new(Fragile { terms: Regression::least_squares(8, 2, 0.1), fault: only_at_0 });
    for solver in methods(10.0, 0.1, 1) {
        let mut run = Minimizer::new(&fragile, &solver, [0.0; 2]).start().unwrap();
        let mut over = false;
        while !over {
            assert_eq!(measure(|| over = run.step().is_break()).count_total, 0);
        }
    }
}

/// Cancels a token at its k-th call.
struct Cancelling<'a> {
    terms: &'a Regression,
    token: CancellationToken,
    at: u64,
    calls: AtomicU64,
}

impl FiniteSum for Cancelling<'_> {
    fn dimension(&self) -> usize {
        self.terms.dimension()
    }
    fn terms(&self) -> usize {
        self.terms.terms()
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        self.terms.cost(batch, x)
    }
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
        if 1 + self.calls.fetch_add(1, Ordering::Relaxed) == self.at {
            self.token.cancel();
        }
        self.terms.gradient(batch, x, g);
    }
}

fn through_bytes(checkpoint: &Checkpoint) -> Checkpoint {
    Checkpoint::from_bytes(&checkpoint.to_bytes().unwrap()).unwrap()
}

#[test]
fn an_epoch_that_was_cancelled_half_way_goes_on_with_the_same_bits() {
    let terms = Regression::new(11, 2, 0.1, true);
    let problem = Sum::new(&terms);
    for size in [1, 3] {
        for solver in methods(terms.smoothness(), 0.1, size) {
            let stop = || gradient_norm(1e-9).or(max_iterations(4));
            let full = Minimizer::new(&problem, &solver, [1.0; 2]).stop_when(stop()).run().unwrap();
            // The first call is the start's.
            for at in 2.. {
                let token = CancellationToken::new();
                let calls = AtomicU64::new(0);
                let cut = Sum::new(Cancelling { terms: &terms, token: token.clone(), at, calls });
                let mut run = Minimizer::new(&cut, &solver, [1.0; 2])
                    .stop_when(stop())
                    .cancelled_by(&token)
                    .start()
                    .unwrap();
                while run.step().is_continue() {}
                let checkpoint = through_bytes(&run.checkpoint());
                if run.finish().termination != Termination::Cancelled {
                    assert!(at > 20);
                    break;
                }
                let resumed = Minimizer::new(&problem, &solver, [0.0; 2]).stop_when(stop());
                let resumed = resumed.resume(checkpoint).unwrap().complete();
                let label = format!("{} with {size}, call {at}", solver.name());
                assert_eq!(bits(&resumed), bits(&full), "{label}");
                assert_eq!(resumed.termination, full.termination, "{label}");
            }
        }
    }
}

/// Terms whose gradient and cost are faulty at some points.
struct Fragile {
    terms: Regression,
    /// What replaces cost and gradient there.
    fault: fn(&[usize], &DVector<f64>) -> Option<f64>,
}

impl FiniteSum for Fragile {
    fn dimension(&self) -> usize {
        self.terms.dimension()
    }
    fn terms(&self) -> usize {
        self.terms.terms()
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        (self.fault)(batch, x).unwrap_or_else(|| self.terms.cost(batch, x))
    }
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
        match (self.fault)(batch, x) {
            Some(fault) => g.fill(fault),
            None => self.terms.gradient(batch, x, g),
        }
    }
}

fn only_at_0(_: &[usize], x: &DVector<f64>) -> Option<f64> {
    (x.amax() > 0.0).then_some(f64::NAN)
}

/// Runs, and checks what must hold at every end.
fn honest(problem: &dyn Problem, solver: &dyn AnySolver, x0: &[f64], stop: Stop) -> Solution {
    let run = Minimizer::new(&problem, solver, x0).stop_when(stop.or(max_iterations(3_000)));
    let found = run
        .observe(|p| assert!(p.cost.is_finite() && p.x.iter().all(|x| x.is_finite())))
        .run()
        .unwrap();
    let mut gradient = DVector::zeros(x0.len());
    let cost = problem.cost_and_gradient(&found.x, &mut gradient);
    assert_eq!(found.cost.to_bits(), cost.to_bits(), "{}: {found}", solver.name());
    assert_eq!(found.gradient_norm, Some(gradient.amax()), "{}: {found}", solver.name());
    let start = problem.cost(&DVector::from_column_slice(x0));
    assert!(found.cost <= start, "{}: {found}", solver.name());
    found
}

#[test]
fn gradients_that_are_nan_everywhere_else_leave_the_start() {
    for fault in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let terms = Regression::least_squares(8, 2, 0.1);
        let only = match fault {
            f if f.is_nan() => only_at_0,
            f if f > 0.0 => {
                |_: &[usize], x: &DVector<f64>| (x.amax() > 0.0).then_some(f64::INFINITY)
            }
            _ => |_: &[usize], x: &DVector<f64>| (x.amax() > 0.0).then_some(f64::NEG_INFINITY),
        };
        let problem = Sum::new(Fragile { terms, fault: only });
        for solver in methods(10.0, 0.1, 1) {
            let found = honest(&problem, &solver, &[0.0; 2], gradient_norm(1e-6));
            assert_eq!(found.x.as_slice(), [0.0; 2], "{}: {found}", solver.name());
            if fault == f64::NEG_INFINITY {
                let end = &found.termination;
                assert!(matches!(end, Termination::Unbounded { .. }), "{}: {end}", solver.name());
            } else {
                let reason = Stall::Diverged { halvings: 30 };
                assert_eq!(
                    found.termination,
                    Termination::Stalled { reason, gradient_norm: found.gradient_norm },
                    "{}",
                    solver.name()
                );
                assert!(found.evaluations.cost <= 40);
            }
        }
    }
}

#[test]
fn steps_with_bad_gradients_are_skipped_and_counted() {
    // Term 3 alone is NaN at every call away from 0; in the mean of all it is not.
    let fault = |batch: &[usize], x: &DVector<f64>| {
        (batch.len() == 1 && batch[0] == 3 && x.amax() > 0.0).then_some(f64::NAN)
    };
    let problem = Sum::new(Fragile { terms: Regression::least_squares(8, 2, 0.1), fault });
    let smoothness = problem.terms().terms.smoothness();
    fn skipped<S: Solver>(
        problem: &dyn Problem,
        solver: S,
        count: impl Fn(&S::State) -> u64,
    ) -> (u64, f64) {
        let mut run = Minimizer::new(&problem, solver, [0.0; 2]).start().unwrap();
        for _ in 0..20 {
            let _ = run.step();
        }
        (count(run.state()), run.state().cost())
    }
    let step = 0.1 / smoothness;
    let start = problem.cost(&DVector::zeros(2));
    for (count, cost) in [
        skipped(&problem, Svrg::new(step), |s| s.skipped()),
        skipped(&problem, Sarah::new(step), |s| s.skipped()),
        skipped(&problem, Saga::new(step), |s| s.skipped()),
        skipped(&problem, Katyusha::new(smoothness, 0.1), |s| s.skipped()),
    ] {
        // 20 epochs of 8 or 16 draws among 8 terms.
        assert!((5..80).contains(&count) && cost.is_finite() && cost < start, "{count} {cost}");
    }
}

#[test]
fn a_step_that_is_far_too_long_is_halved_until_it_is_not() {
    let problem = Sum::new(Regression::least_squares(50, 3, 0.1));
    let smoothness = problem.terms().smoothness();
    let expected = problem.terms().solution();
    for solver in [
        Svrg::new(1e4 / smoothness).inner(400).boxed(),
        Sarah::new(1e4 / smoothness).inner(400).boxed(),
        Saga::new(1e4 / smoothness).inner(400).boxed(),
        Katyusha::new(1e-4 * smoothness, 1e-4 * smoothness).inner(400).boxed(),
    ] {
        let found = honest(&problem, &solver, &[0.0; 3], gradient_norm(1e-9));
        let name = solver.name();
        // A step that diverges within the range of numbers is not told from one that comes back.
        assert!(
            found.termination.is_converged() || found.termination.is_stalled(),
            "{name}: {found}"
        );
        if found.termination.is_converged() {
            assert!((&found.x - &expected).amax() < 1e-7, "{name}: {found}");
        }
    }
}

#[test]
fn a_minimum_at_the_start_and_sums_of_one_kind_are_survived() {
    let solution = Regression::least_squares(9, 2, 0.1).solution();
    let problem = Sum::new(Regression::least_squares(9, 2, 0.1));
    let never = || max_iterations(3_000);
    for solver in methods(5.0, 0.1, 2) {
        // Goes round at the floor and ends by itself.
        let found = honest(&problem, &solver, solution.as_slice(), never());
        assert!((found.x - &solution).amax() < 1e-14, "{}", solver.name());
        assert!(found.termination.is_stalled(), "{}: {}", solver.name(), found.termination);
    }
    let flat =
        Sum::new(Fragile { terms: Regression::least_squares(4, 2, 0.1), fault: |_, _| Some(0.0) });
    for solver in methods(5.0, 0.1, 1) {
        let found = honest(&flat, &solver, &[1.0; 2], never());
        let zero = Termination::GradientNorm { norm: 0.0, tolerance: 0.0 };
        assert_eq!((found.termination, found.iterations), (zero, 1));
    }
}

#[test]
fn bad_calls_are_refused() {
    let sum = Sum::new(Regression::least_squares(6, 2, 0.1));
    let refused = |problem: &dyn Problem, solver: &dyn AnySolver| {
        let error = minimize(problem, solver, vec![0.0; problem.dimension()]).unwrap_err();
        assert!(error.to_string().len() > 20);
        error
    };
    let parameter_of = |result: Result<Solution, Error>, expected: &str| match result {
        Err(Error::Parameter { name, .. }) => assert_eq!(name, expected),
        other => panic!("{other:?}"),
    };
    let parameter = |solver: Box<dyn AnySolver>, expected: &str| {
        parameter_of(Err(refused(&sum, &solver)), expected)
    };
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        parameter(Svrg::new(bad).boxed(), "step");
        parameter(Saga::new(bad).boxed(), "step");
        parameter(Sarah::new(bad).boxed(), "step");
        parameter(Katyusha::new(bad, 0.1).boxed(), "smoothness");
        parameter(Katyusha::new(1.0, bad).boxed(), "strong_convexity");
    }
    parameter(Katyusha::new(1.0, 2.0).boxed(), "strong_convexity");
    for size in [0, 7, usize::MAX] {
        for solver in methods(1.0, 0.1, size) {
            parameter(solver, "batch_size");
        }
    }
    parameter(Svrg::new(0.1).inner(0).boxed(), "inner");
    parameter(Saga::new(0.1).inner(0).boxed(), "inner");
    parameter(Svrg::new(0.1).random_iterate().inner(1).boxed(), "inner");

    struct Boxed(Sum<Regression>, Bounds);
    impl Problem for Boxed {
        fn dimension(&self) -> usize {
            self.0.dimension()
        }
        fn cost(&self, x: &DVector<f64>) -> f64 {
            self.0.cost(x)
        }
        fn gradient(&self, x: &DVector<f64>, g: &mut DVector<f64>) {
            self.0.gradient(x, g);
        }
        fn structure(&self) -> Structure<'_> {
            self.0.structure()
        }
        fn bounds(&self) -> Option<&Bounds> {
            Some(&self.1)
        }
    }
    let bounds = Bounds::new([0.0; 2], [1.0; 2]).unwrap();
    let boxed = Boxed(Sum::new(Regression::least_squares(6, 2, 0.1)), bounds);
    let plain = from_fn(2, |x| x.norm_squared());
    let empty = Sum::new(Regression::least_squares(0, 2, 0.1));
    for solver in methods(1.0, 0.1, 1) {
        let name = solver.name();
        assert!(
            matches!(refused(&boxed, &solver), Error::BoundsNotSupported { solver, .. } if solver == name)
        );
        assert_eq!(refused(&plain, &solver), Error::NotASum { solver: name });
        assert_eq!(refused(&empty, &solver), Error::EmptySum);
    }

    /// A table of N rows of n numbers is beyond the addresses of a process.
    struct Wide;
    impl FiniteSum for Wide {
        fn dimension(&self) -> usize {
            1 << 23
        }
        fn terms(&self) -> usize {
            1 << 21
        }
        fn cost(&self, _: &[usize], _: &DVector<f64>) -> f64 {
            panic!("refused before any evaluation")
        }
        fn gradient(&self, _: &[usize], _: &DVector<f64>, _: &mut DVector<f64>) {
            panic!("refused before any evaluation")
        }
    }
    parameter_of(minimize(Sum::new(Wide), Saga::new(0.1), vec![0.0; 1 << 23]), "table");
}

/// An `Err`, or a run from a finite point that ends.
fn survives(solver: &dyn AnySolver, problem: &dyn Problem, bytes: &[u8]) {
    let Ok(checkpoint) = Checkpoint::from_bytes(&sealed(bytes.to_vec())) else { return };
    let run = Minimizer::new(&problem, solver, [0.0; 2]);
    let Ok(run) = run.stop_when(gradient_norm(1e-6).or(max_iterations(8))).resume(checkpoint)
    else {
        return;
    };
    let found = run.complete();
    assert!(found.x.len() == 2 && found.x.iter().all(|x| x.is_finite()), "{found}");
    assert!(found.cost.is_finite(), "{found}");
}

#[test]
fn hostile_bytes_are_refused_or_survived() {
    let terms = Regression::least_squares(6, 2, 0.1);
    let problem = Sum::new(&terms);
    for solver in methods(terms.smoothness(), 0.1, 2) {
        // In the middle of an epoch.
        let token = CancellationToken::new();
        let calls = AtomicU64::new(0);
        let cut = Sum::new(Cancelling { terms: &terms, token: token.clone(), at: 12, calls });
        let run = Minimizer::new(&cut, &solver, [1.0; 2]).stop_when(max_iterations(9));
        let mut run = run.cancelled_by(&token).start().unwrap();
        while run.step().is_continue() {}
        let bytes = run.checkpoint().to_bytes().unwrap();
        let bytes = unsealed(&bytes).to_vec();
        survives(&solver, &problem, &bytes);
        for length in 0..bytes.len() {
            survives(&solver, &problem, &bytes[..length]);
        }
        for i in 0..bytes.len() {
            let mut hostile = bytes.clone();
            for flip in [0x01, 0x40, 0x80] {
                hostile[i] = bytes[i] ^ flip;
                survives(&solver, &problem, &hostile);
            }
            for value in [f64::NAN, f64::INFINITY, f64::MAX, 0.0] {
                let mut hostile = bytes.clone();
                if let Some(place) = hostile.get_mut(i..i + 8) {
                    place.copy_from_slice(&value.to_le_bytes());
                    survives(&solver, &problem, &hostile);
                }
            }
            let mut hostile = bytes.clone();
            hostile.splice(i..=i, [[0xff; 9].as_slice(), &[0x01]].concat());
            survives(&solver, &problem, &hostile);
        }
    }
}

#[test]
fn a_checkpoint_of_other_terms_batches_or_seed_is_refused() {
    let problem = Sum::new(Regression::least_squares(12, 2, 0.1));
    let of = |terms| Sum::new(Regression::least_squares(terms, 2, 0.1));
    let solver = || Svrg::new(0.05).batch_size(3).seed(1);
    let mut run = Minimizer::new(&problem, solver(), [0.0; 2]).start().unwrap();
    let _ = run.step();
    let checkpoint = run.checkpoint();
    let resume = |problem: &Sum<Regression>, solver: Svrg| {
        let run = Minimizer::new(problem, solver, [0.0; 2]).resume(checkpoint.clone());
        run.map(|run| run.progress().iteration)
    };
    assert_eq!(resume(&problem, solver()), Ok(1));
    for result in [
        resume(&of(11), solver()),
        resume(&of(0), solver()),
        resume(&problem, solver().batch_size(4)),
        resume(&problem, solver().seed(2)),
        resume(&problem, solver().inner(1)),
    ] {
        assert!(result.is_err(), "{result:?}");
    }
}
