//! The minimum of a model in the ball whose matrix T is tridiagonal and whose gradient is a multiple of e₁.
//!
//! T + λ I = L D L', L unit lower bidiagonal: n multiply-adds for each [shift](super::shifted).

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::shifted::{Length, Shifted, Work, minimise};

/// T, of which the leading rows are in use, and the minimum h.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tridiagonal {
    pub diagonal: DVector<f64>,
    /// Row k + 1 of column k.
    pub coupling: DVector<f64>,
    pub h: DVector<f64>,
    #[serde(skip)]
    room: Room,
}

/// What holds nothing from one call to the next.
#[derive(Clone, Debug, Default, PartialEq)]
struct Room {
    pivots: DVector<f64>,
    gradient: DVector<f64>,
    work: DVector<f64>,
    low: DVector<f64>,
}

impl Room {
    fn new(most: usize) -> Self {
        let zeros = || DVector::zeros(most);
        Self { pivots: zeros(), gradient: zeros(), work: zeros(), low: zeros() }
    }
}

impl Tridiagonal {
    /// For at most so many rows.
    pub fn new(most: usize) -> Self {
        let zeros = || DVector::zeros(most);
        Self { diagonal: zeros(), coupling: zeros(), h: zeros(), room: Room::new(most) }
    }

    /// Completes a loaded one; false when it does not have that many rows.
    pub fn restore(&mut self, most: usize) -> bool {
        self.room = Room::new(most);
        [&self.diagonal, &self.coupling, &self.h].iter().all(|v| v.len() == most)
    }

    /// Writes h for the gradient `norm` e₁ and the leading rows.
    pub fn minimise(&mut self, rows: usize, norm: f64, radius: f64) {
        let Self { diagonal, coupling, h, room } = self;
        let Room { pivots, gradient, work, low } = room;
        let [diagonal, coupling] = [&diagonal.as_slice()[..rows], &coupling.as_slice()[..rows]];
        let [pivots, gradient, h, y, z] =
            [pivots, gradient, h, work, low].map(|v| &mut v.as_mut_slice()[..rows]);
        gradient.fill(0.0);
        gradient[0] = norm;
        // All eigenvectors have a first component and a last one.
        z.fill(0.0);
        z[rows - 1] = 1.0;
        let mut shifted = Rows { diagonal, coupling, pivots, end: rows };
        let length = Length::Ball(radius);
        minimise(&mut shifted, gradient, length, &mut None, h, Work { y, z });
    }

    /// Component k of T h for as many rows.
    pub fn times(&self, rows: usize, k: usize) -> f64 {
        let mut sum = self.diagonal[k] * self.h[k];
        if k > 0 {
            sum += self.coupling[k - 1] * self.h[k - 1];
        }
        if k + 1 < rows {
            sum += self.coupling[k] * self.h[k + 1];
        }
        sum
    }

    /// The size of the last row of so many.
    pub fn size(&self, rows: usize) -> f64 {
        let before = if rows > 1 { self.coupling[rows - 2] } else { 0.0 };
        self.diagonal[rows - 1].abs() + before
    }

    /// T ← α T.
    pub fn scale(&mut self, alpha: f64) {
        self.diagonal *= alpha;
        self.coupling *= alpha;
    }
}

/// The leading rows and the pivots D.
struct Rows<'a> {
    diagonal: &'a [f64],
    coupling: &'a [f64],
    pivots: &'a mut [f64],
    /// The first row that was not factorized.
    end: usize,
}

impl Shifted for Rows<'_> {
    fn least_diagonal(&self) -> f64 {
        self.diagonal.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Those of Gershgorin.
    fn bounds(&mut self) -> [f64; 2] {
        let [mut least, mut most] = [f64::INFINITY, f64::NEG_INFINITY];
        for (i, d) in self.diagonal.iter().enumerate() {
            let before = if i > 0 { self.coupling[i - 1].abs() } else { 0.0 };
            let after = if i + 1 < self.diagonal.len() { self.coupling[i].abs() } else { 0.0 };
            (least, most) = (least.min(d - before - after), most.max(d + before + after));
        }
        [least, most]
    }

    fn factorize(&mut self, lambda: f64) -> bool {
        let mut taken = 0.0;
        for (i, d) in self.diagonal.iter().enumerate() {
            let pivot = d + lambda - taken;
            (self.pivots[i], self.end) = (pivot, i);
            if !(pivot > 0.0 && pivot.is_finite()) {
                return false;
            }
            taken = self.coupling[i] * (self.coupling[i] / pivot);
        }
        self.end = self.diagonal.len();
        true
    }

    fn solve(&self, x: &mut [f64]) {
        for i in 1..x.len() {
            x[i] -= self.coupling[i - 1] / self.pivots[i - 1] * x[i - 1];
        }
        for (x, pivot) in x.iter_mut().zip(&*self.pivots) {
            *x /= pivot;
        }
        for i in (1..x.len()).rev() {
            x[i - 1] -= self.coupling[i - 1] / self.pivots[i - 1] * x[i];
        }
    }

    /// L'v = e_k, where pivot k is not positive.
    fn failure(&self, v: &mut [f64]) -> f64 {
        let pivot = self.pivots[self.end];
        v.fill(0.0);
        v[self.end] = 1.0;
        for i in (0..self.end).rev() {
            v[i] = -self.coupling[i] / self.pivots[i] * v[i + 1];
        }
        let squares: f64 = v.iter().map(|v| v * v).sum();
        v.iter_mut().for_each(|v| *v /= squares.sqrt());
        if pivot < 0.0 { pivot / squares } else { 0.0 }
    }
}
