//! What the benches measure with: a test problem, the time of an iteration without its evaluations, and the memory bandwidth.

use std::hint::black_box;
use std::time::{Duration, Instant};

use extremum::stop::{gradient_norm, max_iterations};
use extremum::{DMatrix, DVector, Matrix, Minimizer, Problem, Run, Solver};

use crate::Shared;

/// The median; NaN of nothing.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of the ratios of times that were measured one after the other.
pub fn median_ratio(own: &[f64], first: &[f64]) -> f64 {
    median(own.iter().zip(first).map(|(own, first)| own / first).collect())
}

/// The geometric mean; NaN of nothing.
pub fn geometric_mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for value in values {
        sum += value.ln();
        count += 1;
    }
    (sum / f64::from(count)).exp()
}

/// A run of many iterations, restarted whenever it ends.
pub struct Course<'a, S: Solver> {
    problem: &'a Shared<'a>,
    solver: S,
    x0: DVector<f64>,
    run: Option<Run<'a, S>>,
    steps: u64,
    own: Vec<f64>,
}

impl<'a, S: Solver + Clone> Course<'a, S> {
    /// A run on a problem that times its evaluations.
    pub fn new(problem: &'a Shared<'a>, solver: S, x0: DVector<f64>) -> Self {
        Self { problem, solver, x0, run: None, steps: 0, own: Vec::new() }
    }

    /// The library's part of every iteration so far, in seconds.
    pub fn into_own(self) -> Vec<f64> {
        self.own
    }

    /// Makes an iteration that is neither among the first 12 nor the last, and returns the time of the library's part.
    pub fn step(&mut self) -> Duration {
        loop {
            let run = self.run.get_or_insert_with(|| {
                self.steps = 0;
                start(self.problem, self.solver.clone(), self.x0.clone())
            });
            let (inside, clock) = (self.problem.spent(), Instant::now());
            let flow = run.step();
            let own = clock.elapsed().saturating_sub(self.problem.spent() - inside);
            self.steps += 1;
            if flow.is_break() {
                self.run = None;
            } else if self.steps > 12 {
                self.own.push(own.as_secs_f64());
                return own;
            }
        }
    }
}

/// A run to a gradient of norm 1e-6, of 300 iterations at most, at its start.
pub fn start<'a, P: Problem, S: Solver>(problem: &'a P, solver: S, x0: DVector<f64>) -> Run<'a, S> {
    Minimizer::new(problem, solver, x0)
        .stop_when(gradient_norm(1e-6).or(max_iterations(300)))
        .start()
        .expect("the start is in the domain")
}

/// Repeated measurements of a time, in seconds.
#[derive(Clone, Copy)]
pub struct Measured {
    /// The shortest.
    pub best: f64,
    /// The median.
    pub median: f64,
}

impl Measured {
    /// `None` without a measurement.
    pub fn of(mut seconds: Vec<f64>) -> Option<Self> {
        seconds.sort_by(f64::total_cmp);
        let best = *seconds.first()?;
        Some(Self { best, median: seconds[seconds.len() / 2] })
    }

    /// Both changed alike.
    pub fn map(self, change: impl Fn(f64) -> f64) -> Self {
        Self { best: change(self.best), median: change(self.median) }
    }
}

/// Σ cᵢ (xᵢ²/2 + xᵢ⁴/4) with cᵢ from 1 to 1000, evenly spread in the logarithm.
pub struct Spread {
    c: DVector<f64>,
}

impl Spread {
    /// n from 2.
    pub fn new(n: usize) -> Self {
        Self { c: DVector::from_fn(n, |i, _| 1000_f64.powf(i as f64 / (n - 1) as f64)) }
    }

    /// The start.
    pub fn start(&self) -> DVector<f64> {
        DVector::from_fn(self.c.len(), |i, _| 1.0 + 0.1 * (i % 7) as f64)
    }

    /// Starts near it.
    pub fn starts(&self, count: usize) -> Vec<DVector<f64>> {
        (0..count).map(|k| self.start() * (1.0 + 0.01 * k as f64)).collect()
    }
}

impl Problem for Spread {
    fn dimension(&self) -> usize {
        self.c.len()
    }

    fn cost(&self, x: &DVector<f64>) -> f64 {
        let (x, x_tail) = x.as_slice().as_chunks::<8>();
        let (c, c_tail) = self.c.as_slice().as_chunks::<8>();
        let mut lanes = [0.0; 8];
        for (x, c) in x.iter().zip(c) {
            for l in 0..8 {
                let square = x[l] * x[l];
                lanes[l] += c[l] * square * (0.5 + 0.25 * square);
            }
        }
        let tail = x_tail.iter().zip(c_tail).map(|(x, c)| c * x * x * (0.5 + 0.25 * x * x));
        lanes.iter().sum::<f64>() + tail.sum::<f64>()
    }

    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        for ((g, x), c) in gradient.as_mut_slice().iter_mut().zip(x.as_slice()).zip(&self.c) {
            *g = c * x * (1.0 + x * x);
        }
    }

    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        // In blocks that stay in cache between the two passes.
        let mut cost = 0.0;
        let blocks = x.as_slice().chunks(1024).zip(self.c.as_slice().chunks(1024));
        for ((x, c), g) in blocks.zip(gradient.as_mut_slice().chunks_mut(1024)) {
            let mut lanes = [0.0; 8];
            let (xs, x_tail) = x.as_chunks::<8>();
            let (cs, c_tail) = c.as_chunks::<8>();
            let (gs, g_tail) = g.as_chunks_mut::<8>();
            for ((x, c), g) in xs.iter().zip(cs).zip(gs) {
                for l in 0..8 {
                    let square = x[l] * x[l];
                    g[l] = c[l] * x[l] * (1.0 + square);
                    lanes[l] += c[l] * square * (0.5 + 0.25 * square);
                }
            }
            for ((x, c), g) in x_tail.iter().zip(c_tail).zip(g_tail) {
                *g = c * x * (1.0 + x * x);
                cost += c * x * x * (0.5 + 0.25 * x * x);
            }
            cost += lanes.iter().sum::<f64>();
        }
        cost
    }

    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let diagonal = DVector::from_fn(x.len(), |i, _| self.c[i] * (1.0 + 3.0 * x[i] * x[i]));
        Some(DMatrix::from_diagonal(&diagonal).into())
    }
}

/// The time of one call, from 40 loops of a millisecond or so.
pub fn time<T>(mut call: impl FnMut() -> T) -> Measured {
    let mut count = 1_u32;
    let mut each_of = |count: u32| {
        let clock = Instant::now();
        for _ in 0..count {
            black_box(call());
        }
        clock.elapsed().as_secs_f64() / f64::from(count)
    };
    while each_of(count) * f64::from(count) < 1e-3 && count < 1 << 30 {
        count *= 2;
    }
    let mut times: Vec<f64> = (0..40).map(|_| each_of(count)).collect();
    times.sort_by(f64::total_cmp);
    Measured { best: times[0], median: times[20] }
}

/// The machine's memory bandwidth.
pub struct Memory {
    /// 512 MiB, far larger than any cache.
    array: Vec<f64>,
    /// Seconds per number read in the passes since the last bench began.
    passes: Vec<f64>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// Allocates the array.
    pub fn new() -> Self {
        Self { array: vec![1.0; 1 << 26], passes: Vec::new() }
    }

    /// Forgets the passes so far.
    pub fn clear(&mut self) {
        self.passes.clear();
    }

    /// The length of the array.
    pub fn numbers(&self) -> usize {
        self.array.len()
    }

    /// Another pass over the array.
    pub fn measure(&mut self) {
        let clock = Instant::now();
        black_box(sum(black_box(&self.array)));
        self.passes.push(clock.elapsed().as_secs_f64() / self.array.len() as f64);
    }

    /// The time to read `count` numbers from memory; `None` without a pass.
    pub fn read(&self, count: f64) -> Option<Measured> {
        Measured::of(self.passes.clone()).map(|each| each.map(|each| each * count))
    }

    /// The time to read the same n numbers again.
    pub fn hot_read(&self, n: usize) -> Option<Measured> {
        Some(time(|| sum(black_box(&self.array[..n]))))
    }

    /// The time to read the same n numbers again and to overwrite them.
    pub fn hot_read_and_write(&mut self, n: usize) -> Option<Measured> {
        let array = &mut self.array[..n];
        Some(time(|| {
            let by = black_box(1e-9);
            black_box(&mut *array).iter_mut().for_each(|a| *a += by);
        }))
    }
}

/// Σ xᵢ in 32 partial sums: enough that only memory limits it.
fn sum(x: &[f64]) -> f64 {
    let (chunks, tail) = x.as_chunks::<32>();
    let mut lanes = [0.0; 32];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    lanes.iter().chain(tail).sum()
}
