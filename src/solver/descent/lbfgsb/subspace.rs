//! The minimum of the model over the free variables, the others at their place in the Cauchy point.
//!
//! With F the free variables and z the Cauchy point, B_FF s = −(g + B z)_F. By the formula of Sherman, Morrison and Woodbury
//! z + s = −g/θ − W q on F, q = C c/θ + u/θ², c = W'z, (I + C G/θ) u = C ((1 − θ t) p − G C c), G = W_F'W_F, p = −W_F'g. Byrd,
//! Lu, Nocedal & Zhu (1995), section 5.1.

use nalgebra::DMatrix;

use super::among::AmongFree;
use super::cauchy::{CauchyPoint, Path};
use super::compact::{Compact, Products};
use crate::linalg::{self, Pairs};

/// The workspace.
#[derive(Clone, Debug)]
pub(super) struct Subspace {
    /// I + C G/θ.
    system: DMatrix<f64>,
    /// G, at first without the units of W.
    gram: Products,
    /// C c.
    image: Vec<f64>,
    /// q.
    pub q: Vec<f64>,
    /// The right-hand side, then u.
    u: Vec<f64>,
}

impl Subspace {
    /// Room for m pairs.
    pub fn new(m: usize) -> Self {
        let (system, gram) = (DMatrix::zeros(2 * m, 2 * m), Products::new(m));
        let [image, q, u] = [(); 3].map(|()| vec![0.0; 2 * m]);
        Self { system, gram, image, q, u }
    }

    /// Computes q for B of k pairs; false when rounding left no answer.
    pub fn solve(
        &mut self,
        (pairs, compact, k): (&Pairs, &Compact, usize),
        among: &AmongFree,
        path: &mut Path,
        at: CauchyPoint,
    ) -> bool {
        let (size, theta) = (2 * k, compact.theta);
        let Self { system, gram, image, q, u } = self;
        among.beyond((pairs, k), &mut path.products, (&path.reach, at.last), gram);
        let gram = &mut gram.0;
        for j in 0..size {
            for i in 0..size {
                gram[(i, j)] *= compact.unit[i] * compact.unit[j];
            }
        }
        let (image, q, u) = (&mut image[..size], &mut q[..size], &mut u[..size]);
        compact.times(&path.c[..size], image);
        // W_F'r first, in q.
        for ((q, p), row) in q.iter_mut().zip(&path.p).zip(0..) {
            let along = linalg::dot(&linalg::column(gram, row)[..size], image);
            *q = (1.0 - theta * at.t) * p - along;
        }
        compact.times(q, u);
        let rows = system.nrows();
        for j in 0..size {
            let column = &mut system.as_mut_slice()[j * rows..][..size];
            compact.times(&linalg::column(gram, j)[..size], column);
            column.iter_mut().for_each(|entry| *entry /= theta);
            column[j] += 1.0;
        }
        if !eliminate(system, u) {
            return false;
        }
        for ((q, image), u) in q.iter_mut().zip(image).zip(u) {
            *q = (*image + *u / theta) / theta;
        }
        q.iter().all(|q| q.is_finite())
    }
}

/// Solves A x = b in place, by elimination with partial pivoting; false when a pivot is 0 or not finite.
fn eliminate(a: &mut DMatrix<f64>, b: &mut [f64]) -> bool {
    let n = b.len();
    for k in 0..n {
        let column = &linalg::column(a, k)[..n];
        let larger =
            |best: usize, i: usize| if column[i].abs() > column[best].abs() { i } else { best };
        let pivot = (k + 1..n).fold(k, larger);
        if !(column[pivot] != 0.0 && column[pivot].is_finite()) {
            return false;
        }
        b.swap(k, pivot);
        for j in k..n {
            a.swap((k, j), (pivot, j));
        }
        for i in k + 1..n {
            let factor = a[(i, k)] / a[(k, k)];
            a[(i, k)] = factor;
            b[i] -= factor * b[k];
        }
        for j in k + 1..n {
            let head = a[(k, j)];
            for i in k + 1..n {
                a[(i, j)] -= a[(i, k)] * head;
            }
        }
    }
    for k in (0..n).rev() {
        b[k] /= a[(k, k)];
        for i in 0..k {
            b[i] -= a[(i, k)] * b[k];
        }
    }
    true
}
