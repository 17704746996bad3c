//! Sums of many terms: the mean worked out directly, the bits on any number of threads, exact counts, and batches that
//! take every term once.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::measure;
use extremum::stop::{gradient_norm, max_iterations};
use extremum::{
    Batches, CancellationToken, DMatrix, DVector, Error, FiniteSum, Lbfgs, Minimizer, Newton,
    Oracle, Problem, Sum, minimize,
};

/// f_i(x) = (a_i·x - b_i)² / 2, with the terms of every call counted.
struct LeastSquares {
    a: DMatrix<f64>,
    b: DVector<f64>,
    evaluated: AtomicU64,
}

impl LeastSquares {
    /// Smooth columns that are far from dependent, and a right-hand side outside their span.
    fn new(terms: usize, n: usize) -> Self {
        let a = DMatrix::from_fn(terms, n, |i, j| (0.7 * i as f64 + 1.3 * (i * j) as f64).sin());
        let b = DVector::from_fn(terms, |i, _| (0.1 * i as f64).cos() + 0.5);
        Self { a, b, evaluated: AtomicU64::new(0) }
    }

    fn count(&self, batch: &[usize]) {
        self.evaluated.fetch_add(batch.len() as u64, Ordering::Relaxed);
    }

    fn residual(&self, i: usize, x: &DVector<f64>) -> f64 {
        (0..x.len()).map(|j| self.a[(i, j)] * x[j]).sum::<f64>() - self.b[i]
    }

    fn mean_cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        batch.iter().map(|&i| self.residual(i, x).powi(2) / 2.0).sum::<f64>() / batch.len() as f64
    }

    fn mean_gradient(&self, batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>) {
        gradient.fill(0.0);
        for &i in batch {
            let residual = self.residual(i, x);
            for j in 0..x.len() {
                gradient[j] += residual * self.a[(i, j)];
            }
        }
        *gradient /= batch.len() as f64;
    }
}

impl FiniteSum for LeastSquares {
    fn dimension(&self) -> usize {
        self.a.ncols()
    }
    fn terms(&self) -> usize {
        self.a.nrows()
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        self.count(batch);
        self.mean_cost(batch, x)
    }
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.count(batch);
        self.mean_gradient(batch, x, gradient);
    }
    fn cost_and_gradient(
        &self,
        batch: &[usize],
        x: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> f64 {
        self.count(batch);
        self.mean_gradient(batch, x, gradient);
        self.mean_cost(batch, x)
    }
}

fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

fn point(n: usize) -> DVector<f64> {
    DVector::from_fn(n, |j, _| 0.3 + 0.2 * j as f64)
}

fn bits(cost: f64, gradient: &DVector<f64>) -> Vec<u64> {
    std::iter::once(&cost).chain(gradient).map(|value| value.to_bits()).collect()
}

#[test]
fn the_whole_sum_is_the_mean_of_its_terms() {
    let x = point(3);
    for terms in [1, 2, 255, 256, 257, 1000, 16_384, 20_001] {
        let sum = Sum::new(LeastSquares::new(terms, 3));
        // (1/N) |Ax - b|²/2 and (1/N) A'(Ax - b)
        let residual = &sum.terms().a * &x - &sum.terms().b;
        let cost = residual.norm_squared() / 2.0 / terms as f64;
        let expected = sum.terms().a.tr_mul(&residual) / terms as f64;
        let mut gradient = DVector::from_element(3, f64::NAN);
        assert!((sum.cost(&x) - cost).abs() <= 1e-13 * cost, "{terms}");
        assert!((sum.cost_and_gradient(&x, &mut gradient) - cost).abs() <= 1e-13 * cost, "{terms}");
        assert!((&gradient - &expected).amax() <= 1e-13, "{terms}");
        gradient.fill(f64::NAN);
        sum.gradient(&x, &mut gradient);
        assert!((&gradient - &expected).amax() <= 1e-13, "{terms}");
    }
}

/// The documented order of summation: chunks of 256, weighted by their sizes, one after the other. It holds with and
/// without threads.
#[test]
fn the_bits_are_the_same_on_any_number_of_threads() {
    let sum = Sum::new(LeastSquares::new(40_001, 4));
    let x = point(4);
    let all: Vec<usize> = (0..40_001).collect();
    let (mut cost, mut gradient, mut part) = (0.0, DVector::zeros(4), DVector::zeros(4));
    for chunk in all.chunks(256) {
        let weight = chunk.len() as f64 / all.len() as f64;
        cost += weight * sum.terms().mean_cost(chunk, &x);
        sum.terms().mean_gradient(chunk, &x, &mut part);
        for j in 0..4 {
            gradient[j] += weight * part[j];
        }
    }
    let expected = bits(cost, &gradient);
    for threads in [1, 2, 8] {
        let found = on_threads(threads, || {
            let mut gradient = DVector::zeros(4);
            let cost = sum.cost_and_gradient(&x, &mut gradient);
            assert_eq!(cost.to_bits(), sum.cost(&x).to_bits(), "{threads}");
            let both = bits(cost, &gradient);
            sum.gradient(&x, &mut gradient);
            assert_eq!(both, bits(cost, &gradient), "{threads}");
            both
        });
        assert_eq!(found, expected, "{threads} threads");
    }
    let runs = [1, 2, 8].map(|threads| {
        let run = || Minimizer::new(&sum, Lbfgs::default(), [1.0; 4]).stop_when(max_iterations(5));
        let found = on_threads(threads, || run().run().unwrap());
        (bits(found.cost, &found.x), found.evaluations)
    });
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0], runs[2]);
}

#[test]
fn a_minimum_of_least_squares_solves_the_normal_equations() {
    let sum = Sum::new(LeastSquares::new(2_000, 5));
    let (a, b) = (&sum.terms().a, &sum.terms().b);
    let expected = a.tr_mul(a).cholesky().unwrap().solve(&a.tr_mul(b));
    let run = Minimizer::new(&sum, Lbfgs::default(), [0.0; 5]).stop_when(gradient_norm(1e-12));
    let found = run.run().unwrap();
    assert!(found.termination.is_converged(), "{found}");
    assert!((&found.x - &expected).amax() < 1e-10, "{} {expected}", found.x);
    assert!(found.to_string().contains(&format!(", {} terms", found.evaluations.terms)));
}

#[test]
fn every_term_that_is_evaluated_is_counted() {
    let evaluated = |sum: &Sum<LeastSquares>| sum.terms().evaluated.swap(0, Ordering::Relaxed);
    let sum = Sum::new(LeastSquares::new(700, 3));
    let x = point(3);
    let mut oracle = Oracle::new(&sum);
    let mut gradient = DVector::zeros(3);
    assert_eq!(oracle.terms(), Some(700));
    oracle.batch_cost_and_gradient(&[3, 5, 8], &x, &mut gradient);
    oracle.batch_gradient(&[699], &x, &mut gradient);
    oracle.batch_cost(&[0; 300], &x);
    assert_eq!((oracle.evaluations().terms, evaluated(&sum)), (304, 304));
    assert_eq!((oracle.evaluations().cost, oracle.evaluations().gradient), (0, 0));
    oracle.cost(&x);
    oracle.gradient(&x, &mut gradient);
    let cost = oracle.cost_and_gradient(&x, &mut gradient);
    assert_eq!((oracle.evaluations().terms, evaluated(&sum)), (304 + 2100, 2100));
    assert_eq!((oracle.evaluations().cost, oracle.evaluations().gradient), (2, 2));
    // One gradient for each of the three columns.
    oracle.hessian(&x, (cost, &gradient), &mut DMatrix::zeros(3, 3));
    assert_eq!((oracle.evaluations().terms, evaluated(&sum)), (304 + 4200, 2100));

    let found = minimize(&sum, Lbfgs::default(), [1.0; 3]).unwrap();
    assert_eq!(found.evaluations.terms, evaluated(&sum));
    let found = minimize(&sum, Newton::default(), [1.0; 3]).unwrap();
    assert_eq!(found.evaluations.terms, evaluated(&sum));
}

#[test]
fn a_batch_is_the_mean_over_its_terms() {
    let sum = Sum::new(LeastSquares::new(3_000, 2));
    let x = point(2);
    let batch: Vec<usize> = (0..3_000).rev().step_by(3).collect();
    let mut oracle = Oracle::new(&sum);
    let (mut gradient, mut expected) = (DVector::zeros(2), DVector::zeros(2));
    let cost = oracle.batch_cost_and_gradient(&batch, &x, &mut gradient);
    sum.terms().mean_gradient(&batch, &x, &mut expected);
    assert!((cost - sum.terms().mean_cost(&batch, &x)).abs() < 1e-14);
    assert!((&gradient - &expected).amax() < 1e-14);
    assert_eq!(cost.to_bits(), oracle.batch_cost(&batch, &x).to_bits());
}

#[test]
fn the_structure_is_seen_through_pointers() {
    let terms: Box<dyn FiniteSum> = Box::new(LeastSquares::new(5, 2));
    let problem: Arc<dyn Problem + Send> =
        Arc::new(Sum::new(Arc::new(LeastSquares::new(7, 2)))) as Arc<dyn Problem + Send>;
    assert_eq!(Oracle::new(&&problem).terms(), Some(7));
    assert_eq!(Oracle::new(&Box::new(Sum::new(&terms))).terms(), Some(5));
    assert!(problem.structure().sum.is_some_and(|sum| sum.dimension() == 2));
}

#[test]
fn what_cannot_be_evaluated_reads_as_nan_and_is_not_counted() {
    let x = point(2);
    let sum = Sum::new(LeastSquares::new(4, 2));
    let plain = extremum::from_fn(2, |x| x[0] * x[1]);
    let mut gradient = DVector::zeros(2);
    for (problem, batch) in
        [(&sum as &dyn Problem, &[4][..]), (&sum, &[]), (&plain, &[0]), (&plain, &[])]
    {
        let mut oracle = Oracle::new(problem);
        assert!(oracle.batch_cost(batch, &x).is_nan());
        gradient.fill(0.0);
        oracle.batch_gradient(batch, &x, &mut gradient);
        assert!(gradient.iter().all(|g| g.is_nan()));
        gradient.fill(0.0);
        assert!(oracle.batch_cost_and_gradient(batch, &x, &mut gradient).is_nan());
        assert!(gradient.iter().all(|g| g.is_nan()));
        assert_eq!(oracle.evaluations().terms, 0);
    }
    assert_eq!(Oracle::new(&plain).terms(), None);

    let empty = Sum::new(LeastSquares::new(0, 2));
    assert!(empty.cost(&x).is_nan());
    assert_eq!(minimize(&empty, Lbfgs::default(), [0.0; 2]).unwrap_err(), Error::EmptySum);

    let token = CancellationToken::new();
    token.cancel();
    let run = Minimizer::new(&sum, Lbfgs::default(), [0.0; 2]).cancelled_by(&token).run();
    assert!(matches!(run, Err(Error::Interrupted { .. })));
    assert_eq!(sum.terms().evaluated.load(Ordering::Relaxed), 0);
}

#[test]
fn nothing_is_allocated_after_the_first_call() {
    // One chunk, and several on one thread.
    for terms in [100, 1_000] {
        let sum = Sum::new(LeastSquares::new(terms, 3));
        let batch: Vec<usize> = (0..terms).rev().collect();
        let x = point(3);
        on_threads(1, || {
            let mut oracle = Oracle::new(&sum);
            let mut gradient = DVector::zeros(3);
            let mut evaluate = || {
                black_box(oracle.cost(&x));
                oracle.gradient(&x, &mut gradient);
                black_box(oracle.cost_and_gradient(&x, &mut gradient));
                black_box(oracle.batch_cost_and_gradient(&batch, &x, &mut gradient));
            };
            evaluate();
            assert_eq!(measure(evaluate).count_total, 0, "{terms}");
        });
    }
    let mut batches = Batches::new(10, 4, 1).unwrap();
    let draws = measure(|| {
        for _ in 0..10 {
            black_box(batches.draw());
        }
    });
    assert_eq!(draws.count_total, 0);
}

#[test]
fn an_epoch_takes_every_term_once() {
    for (terms, size) in [(1, 1), (10, 3), (10, 5), (10, 10), (257, 16)] {
        let mut batches = Batches::new(terms, size, 3).unwrap();
        assert!(batches.is_valid() && batches.current().is_empty());
        let mut orders = Vec::new();
        for epoch in 0..4 {
            let mut order = Vec::new();
            for batch in 0..terms.div_ceil(size) {
                assert_eq!(batches.epoch(), epoch);
                let drawn = batches.draw().to_vec();
                assert_eq!(drawn.len(), size.min(terms - batch * size));
                assert_eq!(drawn, batches.current());
                order.extend(drawn);
                assert_eq!(batches.position(), order.len());
                assert_eq!(batches.is_epoch_end(), order.len() == terms);
                assert!(batches.is_valid());
            }
            assert_eq!(batches.epoch(), epoch + 1);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..terms).collect::<Vec<_>>());
            assert!(terms < 10 || !orders.contains(&order), "an order twice");
            orders.push(order);
        }
    }
}

/// The permutations of seed 7 by an independent implementation in Python of what the header of `batches.rs` says.
#[test]
fn the_orders_of_a_seed_are_fixed() {
    let orders = [
        [5, 3, 9, 8, 1, 6, 2, 0, 4, 7],
        [3, 1, 0, 6, 8, 4, 5, 7, 2, 9],
        [3, 5, 2, 9, 8, 6, 4, 7, 1, 0],
    ];
    let mut batches = Batches::new(10, 10, 7).unwrap();
    for order in orders {
        assert_eq!(batches.draw(), order);
    }
    let mut other = Batches::new(10, 10, 8).unwrap();
    assert_ne!(other.draw(), orders[0]);
}

/// Each of the 24 orders of four terms has the same chance: Pearson's statistic has 23 degrees of freedom, and exceeds
/// 49.73 with probability 0.001.
#[test]
fn all_orders_are_equally_likely() {
    let mut batches = Batches::new(4, 4, 0).unwrap();
    let mut counts = std::collections::HashMap::new();
    for _ in 0..24_000 {
        *counts.entry(batches.draw().to_vec()).or_insert(0.0) += 1.0;
    }
    assert_eq!(counts.len(), 24);
    let statistic: f64 = counts.values().map(|count: &f64| (count - 1e3).powi(2) / 1e3).sum();
    assert!(statistic < 49.73, "{statistic}");
}

#[test]
fn batches_saved_in_the_middle_of_an_epoch_go_on_alike() {
    let mut batches = Batches::new(11, 3, 5).unwrap();
    for _ in 0..20 {
        let bytes = postcard::to_stdvec(&batches).unwrap();
        let mut resumed: Batches = postcard::from_bytes(&bytes).unwrap();
        assert!(resumed.is_valid() && resumed == batches);
        let mut on = batches.clone();
        for _ in 0..9 {
            assert_eq!(resumed.draw(), on.draw());
        }
        batches.draw();
    }
}

#[test]
fn hostile_batches_are_told_and_survived() {
    // seed, size, epoch, drawn, order
    type Parts = (u64, usize, u64, usize, Vec<usize>);
    let good: Parts = (7, 4, 0, 2, vec![5, 3, 9, 8, 1, 6, 2, 0, 4, 7]);
    let read = |parts: &Parts| -> Batches {
        postcard::from_bytes(&postcard::to_stdvec(parts).unwrap()).unwrap()
    };
    assert!(read(&good).is_valid());
    let changes: [fn(&mut Parts); 10] = [
        |p| p.0 = 8,
        |p| p.1 = 0,
        |p| p.1 = 11,
        |p| p.1 = usize::MAX,
        |p| p.2 = u64::MAX,
        |p| p.3 = 4,
        |p| p.3 = usize::MAX,
        |p| p.4[0] = 3,
        |p| p.4[0] = usize::MAX,
        |p| p.4.clear(),
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut parts = good.clone();
        change(&mut parts);
        let mut batches = read(&parts);
        assert!(!batches.is_valid(), "change {i}");
        for _ in 0..5 {
            black_box((batches.current().len(), batches.epoch(), batches.is_epoch_end()));
            batches.draw();
        }
    }
}

#[test]
fn bad_sizes_are_refused() {
    for (terms, size) in [(0, 0), (0, 1), (5, 0), (5, 6), (usize::MAX, 1), (usize::MAX >> 6, 1)] {
        let refused = Batches::new(terms, size, 0).unwrap_err();
        assert!(matches!(refused, Error::Parameter { .. }), "{refused}");
    }
}
