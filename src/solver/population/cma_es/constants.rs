//! The constants of the method, from the number of variables and the population size: Hansen (2016), table 1; for a diagonal
//! covariance matrix Ros & Hansen (2008), equation 4.

use serde::{Deserialize, Serialize};

/// The comments give the paper's symbols.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Constants {
    /// w₁ ≥ .. ≥ w_λ: the first `parents` are positive and have the sum 1, the rest is not positive.
    pub weights: Vec<f64>,
    /// μ.
    pub parents: usize,
    /// μ_eff = 1 / Σ wᵢ² over the parents.
    pub effective: f64,
    /// c_σ.
    pub sigma_rate: f64,
    /// d_σ.
    pub sigma_damping: f64,
    /// c_c.
    pub path_rate: f64,
    /// c₁.
    pub rank_one: f64,
    /// c_μ.
    pub rank_mu: f64,
    /// E‖N(0, I)‖.
    pub expected_norm: f64,
    /// Generations between two eigendecompositions.
    pub eigen_gap: u64,
}

/// λ = 4 + ⌊3 ln n⌋ (48).
pub(super) fn default_population(n: usize) -> usize {
    4 + (3.0 * (n.max(1) as f64).ln()).floor() as usize
}

impl Constants {
    /// For n variables and a population of λ ≥ 2.
    pub fn new(n: usize, population: usize, is_separable: bool) -> Self {
        let n = n.max(1) as f64;
        // (49)
        let middle = (population as f64 + 1.0) / 2.0;
        let mut weights: Vec<f64> =
            (1..=population).map(|rank| middle.ln() - (rank as f64).ln()).collect();
        let parents = population / 2;
        let (positive, negative) = weights.split_at_mut(parents);
        let effective = effective_number(positive);
        let effective_negative = effective_number(negative);

        // (57), (58) with α_cov = 2; a diagonal matrix has less to learn and learns faster.
        let speed = if is_separable { (n + 2.0) / 3.0 } else { 1.0 };
        let rank_one = (speed * 2.0 / ((n + 1.3).powi(2) + effective)).min(1.0);
        let share = 0.25 + effective + 1.0 / effective - 2.0;
        let rank_mu = (speed * 2.0 * share / ((n + 2.0).powi(2) + effective)).min(1.0 - rank_one);

        // (50) to (53)
        let no_decay = 1.0 + rank_one / rank_mu;
        let as_positive = 1.0 + 2.0 * effective_negative / (effective + 2.0);
        let positive_definite = (1.0 - rank_one - rank_mu) / (n * rank_mu);
        let least = no_decay.min(as_positive).min(positive_definite).max(0.0);
        scale_to(positive, 1.0);
        scale_to(negative, if rank_mu > 0.0 { least } else { 0.0 });

        // (55), (56)
        let sigma_rate = (effective + 2.0) / (n + effective + 5.0);
        let excess = ((effective - 1.0) / (n + 1.0)).sqrt() - 1.0;
        let gap = 0.5 / (n * (rank_one + rank_mu));
        Self {
            weights,
            parents,
            effective,
            sigma_rate,
            sigma_damping: 1.0 + 2.0 * excess.max(0.0) + sigma_rate,
            path_rate: (4.0 + effective / n) / (n + 4.0 + 2.0 * effective / n),
            rank_one,
            rank_mu,
            expected_norm: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
            // Five times as rarely as in appendix B.2, as in Hansen's purecma: the matrix changes too little to affect the
            // number of evaluations, and decompositions would cost as much as everything else together.
            eigen_gap: (gap.ceil() as u64).max(1),
        }
    }
}

/// (Σ w)² / Σ w², 0 for no weights.
fn effective_number(weights: &[f64]) -> f64 {
    let sum: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

/// Scales weights to the sum of their magnitudes.
fn scale_to(weights: &mut [f64], total: f64) {
    let sum: f64 = weights.iter().map(|w| w.abs()).sum();
    if sum > 0.0 {
        for weight in weights {
            *weight *= total / sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(actual: f64, expected: f64) {
        assert!((actual - expected).abs() <= 1e-12 * expected.abs(), "{actual}, not {expected}");
    }

    /// n, λ, μ_eff, c_c, c₁, c_μ and the weights as pycma 4.5 prints them.
    #[test]
    fn constants_are_those_of_pycma() {
        let ten = Constants::new(10, default_population(10), false);
        assert_eq!((ten.weights.len(), ten.parents), (10, 5));
        assert_close(ten.effective, 3.1672992814107017);
        assert_close(ten.path_rate, 0.29499038303562225);
        assert_close(ten.rank_one, 0.015283824524751714);
        assert_close(ten.rank_mu, 0.02355177665041747);
        let weights = [
            0.45627264690340597,
            0.2707530970017852,
            0.16223111715866978,
            0.08523354710016448,
            0.025509591835974777,
            -0.08001260758087224,
            -0.22176416099914653,
            -0.34455494178482093,
            -0.45286408637842196,
            -0.5497499176973853,
        ];
        for (actual, expected) in ten.weights.iter().zip(weights) {
            assert_close(*actual, expected);
        }

        let forty = Constants::new(40, default_population(40), false);
        assert_eq!((forty.weights.len(), forty.parents), (15, 7));
        assert_close(forty.effective, 4.5409152090759575);
        assert_close(forty.path_rate, 0.09300921663424917);
        assert_close(forty.rank_one, 0.0011694327252618397);
        assert_close(forty.rank_mu, 0.0034052196437063466);
        assert_close(forty.weights[0], 0.34479619859202054);
        assert_eq!(forty.weights[7], 0.0);
        assert_close(forty.weights[14], -0.3083672593205417);
    }

    /// Table 1 of the tutorial by hand, where pycma differs: c_σ = (μ_eff + 2) / (n + μ_eff + 5).
    #[test]
    fn step_size_constants_are_those_of_the_tutorial() {
        let ten = Constants::new(10, 10, false);
        assert_close(ten.sigma_rate, 5.167_299_281_410_702 / 18.167_299_281_410_702);
        assert_close(ten.sigma_damping, 1.0 + ten.sigma_rate);
        // The exact mean, √2 Γ(5.5) / Γ(5).
        assert!((ten.expected_norm - 3.0843_f64).abs() < 1e-3);
        // √((μ_eff − 1) / (n + 1)) is above 1 for large populations.
        let large = Constants::new(2, 100, false);
        let excess = ((large.effective - 1.0) / 3.0).sqrt() - 1.0;
        assert!(excess > 0.0);
        assert_close(large.sigma_damping, 1.0 + 2.0 * excess + large.sigma_rate);
    }

    /// A matrix that is updated by the largest negative weights stays positive definite, for every population.
    #[test]
    fn weights_leave_the_matrix_positive_definite() {
        for n in [1, 2, 5, 30, 300] {
            for population in [2, 3, 4, 5, 20, 1000] {
                for is_separable in [false, true] {
                    let c = Constants::new(n, population, is_separable);
                    let negative: f64 = c.weights.iter().filter(|w| **w < 0.0).sum();
                    let all: f64 = c.weights.iter().sum();
                    let decay = 1.0 - c.rank_one - c.rank_mu * all;
                    let least = decay + c.rank_mu * negative * n as f64;
                    assert!(least >= -1e-15, "{n} {population}: {least}");
                    assert!(c.weights.windows(2).all(|pair| pair[0] >= pair[1]));
                }
            }
        }
    }
}
