//! Means of terms with known derivatives: least squares and logistic losses of random data.

use std::sync::atomic::{AtomicU64, Ordering};

use extremum::{DVector, FiniteSum};

use super::dice::{Dice, hash};

/// f_i(x) = loss(a_i'x - b_i), with NaN in place of some points when `poison` is not 0.
#[derive(Clone, Debug)]
pub struct Terms {
    pub n: usize,
    pub terms: usize,
    pub seed: u64,
    pub size: f64,
    pub loss: Loss,
    pub poison: u64,
}

#[derive(Clone, Copy, Debug)]
pub enum Loss {
    /// r² / 2.
    Square,
    /// ln(1 + exp(r)) + 0.05 r².
    Logistic,
    /// |r|.
    Absolute,
}

impl Terms {
    pub fn draw(dice: &mut Dice) -> Self {
        Self {
            n: dice.pick(&[1, 2, 3, 5, 8]),
            terms: dice.pick(&[1, 2, 3, 7, 16, 40, 300, 600]),
            seed: dice.bits(),
            size: if dice.chance(0.2) { dice.power(-150.0, 150.0) } else { 1.0 },
            loss: dice.pick(&[Loss::Square, Loss::Logistic, Loss::Absolute]),
            poison: if dice.chance(0.2) { 1 + dice.index(20) as u64 } else { 0 },
        }
    }

    pub fn draw_start(&self, dice: &mut Dice) -> Vec<f64> {
        (0..self.n).map(|_| dice.between(-3.0, 3.0)).collect()
    }

    pub fn is_smooth(&self) -> bool {
        !matches!(self.loss, Loss::Absolute) && self.poison == 0
    }

    /// Adds each term's loss, and its slope times a_i, to what the callers sum up.
    fn each(&self, batch: &[usize], x: &DVector<f64>, mut add: impl FnMut(f64, f64, &[f64])) {
        let is_poisoned = self.poison != 0 && hash(x.as_slice()).is_multiple_of(self.poison);
        let mut row = vec![0.0; self.n];
        for &i in batch {
            let mut dice = Dice::new(self.seed ^ (i as u64) << 20);
            row.iter_mut().for_each(|a| *a = dice.between(-1.0, 1.0));
            let b = dice.between(-2.0, 2.0);
            let r = row.iter().zip(x).map(|(a, x)| a * x).sum::<f64>() - b;
            let (loss, slope) = match self.loss {
                _ if is_poisoned => (f64::NAN, f64::NAN),
                Loss::Square => (r * r / 2.0, r),
                Loss::Logistic => (
                    r.max(0.0) + (-r.abs()).exp().ln_1p() + 0.05 * r * r,
                    1.0 / (1.0 + (-r).exp()) + 0.1 * r,
                ),
                Loss::Absolute => (r.abs(), if r == 0.0 { 0.0 } else { r.signum() }),
            };
            add(self.size * loss, self.size * slope, &row);
        }
    }
}

/// Terms that are counted where they are evaluated.
#[derive(Debug)]
pub struct Counted {
    pub terms: Terms,
    pub calls: AtomicU64,
}

impl Counted {
    pub fn count(&self, terms: usize) {
        self.calls.fetch_add(terms as u64, Ordering::Relaxed);
    }
}

impl FiniteSum for Counted {
    fn dimension(&self) -> usize {
        self.terms.n
    }
    fn terms(&self) -> usize {
        self.terms.terms
    }
    fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
        self.count(batch.len());
        let mut sum = 0.0;
        self.terms.each(batch, x, |loss, _, _| sum += loss);
        sum / batch.len() as f64
    }
    fn gradient(&self, batch: &[usize], x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.cost_and_gradient(batch, x, gradient);
    }
    fn cost_and_gradient(
        &self,
        batch: &[usize],
        x: &DVector<f64>,
        gradient: &mut DVector<f64>,
    ) -> f64 {
        self.count(batch.len());
        let mut sum = 0.0;
        gradient.fill(0.0);
        self.terms.each(batch, x, |loss, slope, row| {
            sum += loss;
            gradient.iter_mut().zip(row).for_each(|(g, a)| *g += slope * a);
        });
        *gradient /= batch.len() as f64;
        sum / batch.len() as f64
    }
}
