//! The normal distribution that candidates are drawn from, and what it learns from their ranks: Hansen (2016), figure 6.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::constants::Constants;
use super::covariance::Covariance;
use crate::Random;
use crate::linalg::{axpy, dot};

/// N(m, σ² S C S), S the diagonal matrix of the first standard deviations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Distribution {
    /// m.
    pub mean: DVector<f64>,
    /// S, which does not change.
    pub scales: DVector<f64>,
    /// σ, 1 at the start.
    pub sigma: f64,
    pub covariance: Covariance,
    /// p_σ and p_c.
    sigma_path: DVector<f64>,
    path: DVector<f64>,
    /// g, and the generation of the last eigendecomposition.
    pub generation: u64,
    decomposed: u64,
    /// z, and then ⟨y⟩_w.
    work: DVector<f64>,
    /// c_μ w°, in the order of ranks.
    factors: Vec<f64>,
}

/// A step y from the mean, and y'C⁻¹y.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Step {
    pub y: DVector<f64>,
    pub squared_length: f64,
}

impl Step {
    pub fn new(n: usize) -> Self {
        Self { y: DVector::zeros(n), squared_length: 0.0 }
    }
}

impl Distribution {
    pub fn new(scales: DVector<f64>, is_diagonal: bool) -> Self {
        let n = scales.len();
        let zeros = DVector::zeros(n);
        Self {
            mean: zeros.clone(),
            scales,
            sigma: 1.0,
            covariance: Covariance::new(n, is_diagonal),
            sigma_path: zeros.clone(),
            path: zeros.clone(),
            generation: 0,
            decomposed: 0,
            work: zeros,
            factors: Vec::new(),
        }
    }

    /// Starts again from the mean that was written, with workspace for a population.
    pub fn restart(&mut self, sigma: f64, population: usize) {
        self.factors.clear();
        self.factors.reserve(population);
        self.sigma = sigma;
        self.covariance.reset();
        self.sigma_path.fill(0.0);
        self.path.fill(0.0);
        (self.generation, self.decomposed) = (0, 0);
    }

    pub fn is_valid(&self, n: usize, is_diagonal: bool) -> bool {
        let vectors = [&self.mean, &self.scales, &self.sigma_path, &self.path, &self.work];
        vectors.iter().all(|vector| vector.len() == n)
            && self.covariance.is_valid(n, is_diagonal)
            && self.decomposed <= self.generation
            && self.generation < u64::MAX / 2
    }

    /// Decomposes C, if it is due, before a generation is drawn.
    pub fn prepare(&mut self, constants: &Constants) {
        if self.generation >= self.decomposed + constants.eigen_gap {
            self.covariance.decompose();
            self.decomposed = self.generation;
        }
    }

    /// Draws y ~ N(0, C) and x = m + σ S y (38) to (40).
    pub fn sample(&mut self, random: &mut Random, step: &mut Step, x: &mut [f64]) {
        let mut squares = 0.0;
        for z in self.work.as_mut_slice() {
            *z = random.normal();
            squares += *z * *z;
        }
        step.squared_length = squares;
        let y = step.y.as_mut_slice();
        self.covariance.sample(self.work.as_slice(), y);
        let (mean, scales) = (self.mean.as_slice(), self.scales.as_slice());
        for (((x, m), s), y) in x.iter_mut().zip(mean).zip(scales).zip(y) {
            *x = m + self.sigma * *y * s;
        }
    }

    /// The step to x, cut to the longest that is allowed: Hansen (2011), equations 3 and 4. False when there is none.
    pub fn step_to(&mut self, x: &[f64], step: &mut Step) -> bool {
        let n = x.len() as f64;
        for (((y, x), m), s) in step.y.iter_mut().zip(x).zip(&self.mean).zip(&self.scales) {
            *y = (x - m) / s / self.sigma;
        }
        let length = self.covariance.squared_length(step.y.as_slice()).sqrt();
        let longest = n.sqrt() + 2.0 * n / (n + 2.0);
        if length > longest {
            step.y *= longest / length;
        }
        step.squared_length = length.min(longest).powi(2);
        length.is_finite() && step.y.iter().all(|y| y.is_finite())
    }

    /// Learns from the steps of a generation, the best first.
    pub fn learn<'a>(&mut self, c: &Constants, ranked: impl Iterator<Item = &'a Step> + Clone) {
        let n = self.mean.len() as f64;
        self.generation += 1;

        // The mean (41), (42).
        let weighted = self.work.as_mut_slice();
        weighted.fill(0.0);
        for (step, weight) in ranked.clone().zip(&c.weights).take(c.parents) {
            axpy(*weight, step.y.as_slice(), weighted);
        }
        for ((m, y), s) in self.mean.iter_mut().zip(&*weighted).zip(&self.scales) {
            *m = (*m + self.sigma * y * s).clamp(f64::MIN, f64::MAX);
        }

        // The path of the step size (43), and h_σ.
        let rate = c.sigma_rate;
        let gain = (rate * (2.0 - rate) * c.effective).sqrt();
        let path = self.sigma_path.as_mut_slice();
        self.covariance.add_whitened(weighted, [1.0 - rate, gain], path);
        let length = dot(path, path).sqrt();
        let forgotten = 1.0 - (1.0 - rate).powf(2.0 * self.generation as f64);
        let is_short = length / forgotten.sqrt() < (1.4 + 2.0 / (n + 1.0)) * c.expected_norm;
        let missing = if is_short { 0.0 } else { c.path_rate * (2.0 - c.path_rate) };

        // The path of the covariance matrix (45), and the matrix (46), (47).
        self.path *= 1.0 - c.path_rate;
        if is_short {
            let gain = (c.path_rate * (2.0 - c.path_rate) * c.effective).sqrt();
            axpy(gain, weighted, self.path.as_mut_slice());
        }
        let total: f64 = c.weights.iter().sum();
        let decay = 1.0 + c.rank_one * (missing - 1.0) - c.rank_mu * total;
        self.factors.clear();
        self.factors.extend(ranked.clone().zip(&c.weights).map(|(step, weight)| {
            let length = if *weight < 0.0 { step.squared_length.max(1e-100) / n } else { 1.0 };
            c.rank_mu * weight / length
        }));
        let weighted = self.factors.iter().copied().zip(ranked.map(|step| step.y.as_slice()));
        self.covariance.learn(decay, (c.rank_one, self.path.as_slice()), weighted);

        // The step size (44), by a factor of at most e, and within numbers whose products are finite.
        let change = rate / c.sigma_damping * (length / c.expected_norm - 1.0);
        self.sigma = (self.sigma * change.min(1.0).exp()).min(1e100);
    }

    /// Halves the step size when no candidate of a generation was usable.
    pub fn shrink(&mut self) {
        self.generation += 1;
        self.sigma /= 2.0;
    }

    /// The largest standard deviation of a coordinate, or component of the path if that is larger, relative to the
    /// first.
    pub fn extent(&self) -> f64 {
        let deviation = |i| self.covariance.variance(i).max(0.0).sqrt().max(self.path[i].abs());
        self.sigma * (0..self.mean.len()).map(deviation).fold(0.0, f64::max)
    }

    /// True when a fifth of a coordinate's standard deviation, or a tenth of one axis in turn, does not change the mean.
    pub fn is_without_effect(&self) -> bool {
        let n = self.mean.len();
        let axis = (self.generation % n.max(1) as u64) as usize;
        let moves = |i: usize, length: f64| {
            self.mean[i] != self.mean[i] + self.sigma * length * self.scales[i]
        };
        let deviation = |i| 0.2 * self.covariance.variance(i).max(0.0).sqrt();
        (0..n).any(|i| !moves(i, deviation(i)))
            || (0..n).all(|i| !moves(i, 0.1 * self.covariance.axis(i, axis)))
    }
}
