//! The family of Dixon and Maany.
//!
//! L. C. W. Dixon, Z. Maany, A family of test problems with sparse Hessians for unconstrained optimization,
//! Hatfield Polytechnic (1988); CUTEst's DIXMAANA to DIXMAANL.

use super::large;
use crate::functions::sized;
use crate::{DVector, Error};

/// DIXMAANA to DIXMAANL of CUTEst, n = 3m variables, 1-based:
///
/// f = 1 + Σᵢ₌₁ⁿ wᵢ xᵢ² + β Σᵢ₌₁ⁿ⁻¹ xᵢ² (xᵢ₊₁ + xᵢ₊₁²)² + γ Σᵢ₌₁²ᵐ xᵢ² xᵢ₊ₘ⁴ + γ Σᵢ₌₁ᵐ wᵢ xᵢ xᵢ₊₂ₘ, wᵢ = (i/n)ᵏ.
///
/// | letters | k | (β, γ) in turn |
/// |---|---|---|
/// | A B C D | 0 | (0, 0.125) (0.0625, 0.0625) (0.125, 0.125) (0.26, 0.26) |
/// | E F G H | 1 | the same |
/// | I J K L | 2 | the same |
///
/// Start (2, ..., 2); f = 1 at the origin. The condition of the Hessian there grows like nᵏ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dixmaan {
    n: usize,
    k: i32,
    beta: f64,
    gamma: f64,
}

impl Dixmaan {
    /// The member named `letter`, from 'A' to 'L', with `n` variables, a multiple of 3.
    ///
    /// # Errors
    /// [`Error::Parameter`] for any other `n` or letter.
    pub fn new(letter: char, n: usize) -> Result<Self, Error> {
        let n = sized(n, n > 0 && n.is_multiple_of(3), "a positive multiple of 3")?;
        let place = u32::from(letter).wrapping_sub(u32::from('A'));
        crate::error::check(place < 12, "letter", f64::from(place), "a letter from A to L")?;
        let (beta, gamma) =
            [(0.0, 0.125), (0.0625, 0.0625), (0.125, 0.125), (0.26, 0.26)][place as usize % 4];
        Ok(Self { n, k: place as i32 / 4, beta, gamma })
    }

    /// (2, ..., 2).
    pub fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 2.0)
    }

    fn minimizer(&self) -> Option<DVector<f64>> {
        Some(DVector::zeros(self.n))
    }

    fn weight(&self, i: usize) -> f64 {
        ((i + 1) as f64 / self.n as f64).powi(self.k)
    }

    fn value(&self, x: &[f64]) -> f64 {
        let (n, m) = (self.n, self.n / 3);
        let mut value = 1.0;
        for i in 0..n {
            let (square, weight) = (x[i] * x[i], self.weight(i));
            value += weight * square;
            if i + 1 < n {
                let u = x[i + 1] + x[i + 1] * x[i + 1];
                value += self.beta * square * u * u;
            }
            if i < 2 * m {
                value += self.gamma * square * x[i + m].powi(4);
            }
            if i < m {
                value += self.gamma * weight * x[i] * x[i + 2 * m];
            }
        }
        value
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (n, m) = (self.n, self.n / 3);
        gradient.fill(0.0);
        for i in 0..n {
            let (square, weight) = (x[i] * x[i], self.weight(i));
            gradient[i] += 2.0 * weight * x[i];
            if i + 1 < n {
                let (u, slope) = (x[i + 1] + x[i + 1] * x[i + 1], 1.0 + 2.0 * x[i + 1]);
                gradient[i] += 2.0 * self.beta * x[i] * u * u;
                gradient[i + 1] += 2.0 * self.beta * square * u * slope;
            }
            if i < 2 * m {
                let p = x[i + m];
                gradient[i] += 2.0 * self.gamma * x[i] * p.powi(4);
                gradient[i + m] += 4.0 * self.gamma * square * p.powi(3);
            }
            if i < m {
                gradient[i] += self.gamma * weight * x[i + 2 * m];
                gradient[i + 2 * m] += self.gamma * weight * x[i];
            }
        }
        self.value(x)
    }

    fn column(&self, x: &[f64], j: usize, push: &mut dyn FnMut(usize, f64)) {
        let (n, m) = (self.n, self.n / 3);
        let (beta, gamma) = (self.beta, self.gamma);
        // Each term couples i with one later variable: once j is the earlier of the two, once the later.
        let mut entries = [(0, 0.0); 9];
        let mut count = 0;
        let mut add = |row: usize, value: f64| {
            entries[count] = (row, value);
            count += 1;
        };
        let mut diagonal = 2.0 * self.weight(j);
        if j + 1 < n {
            let (u, slope) = (x[j + 1] + x[j + 1] * x[j + 1], 1.0 + 2.0 * x[j + 1]);
            diagonal += 2.0 * beta * u * u;
            add(j + 1, 4.0 * beta * x[j] * u * slope);
        }
        if j > 0 {
            let (u, slope, before) = (x[j] + x[j] * x[j], 1.0 + 2.0 * x[j], x[j - 1]);
            diagonal += 2.0 * beta * before * before * (slope * slope + 2.0 * u);
            add(j - 1, 4.0 * beta * before * u * slope);
        }
        if j < 2 * m {
            let p = x[j + m];
            diagonal += 2.0 * gamma * p.powi(4);
            add(j + m, 8.0 * gamma * x[j] * p.powi(3));
        }
        if j >= m {
            let before = x[j - m];
            diagonal += 12.0 * gamma * before * before * x[j] * x[j];
            add(j - m, 8.0 * gamma * before * x[j].powi(3));
        }
        if j < m {
            add(j + 2 * m, gamma * self.weight(j));
        }
        if j >= 2 * m {
            add(j - 2 * m, gamma * self.weight(j - 2 * m));
        }
        add(j, diagonal);
        let entries = &mut entries[..count];
        entries.sort_unstable_by_key(|entry| entry.0);
        // With m = 1 two terms can couple the same pair.
        for same in entries.chunk_by(|a, b| a.0 == b.0) {
            push(same[0].0, same.iter().map(|entry| entry.1).sum());
        }
    }
}

large!(Dixmaan, "DIXMAAN");
