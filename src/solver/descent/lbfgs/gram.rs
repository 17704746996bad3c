//! The two-loop recursion of L-BFGS on coefficients, for long vectors.
//!
//! The vectors of the recursion stay in the span of g, s₁..s_m, y₁..y_m:
//!
//! q = g − Σ αⱼ yⱼ,  r = γ q + Σ cⱼ sⱼ,  d = −r,
//!
//! and its scalars need only the inner products sᵢ'yⱼ, yᵢ'yⱼ, sᵢ'g and yᵢ'g, kept in two m × m Gram matrices (as in
//! the compact form of Byrd, Nocedal & Schnabel 1994). So each stored vector is read twice an iteration, once for its
//! products with the new y and g and once for d, while the loops over vectors read it four times.

use serde::{Deserialize, Serialize};

/// Inner products of m pairs and of the current gradient, the oldest pair first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Gram {
    /// Column i has ρᵢ sⱼ'yᵢ for j < i and ρᵢ sᵢ'yⱼ for j > i: what the two loops read at pair i.
    rho_sy: Square,
    /// yᵢ'yⱼ.
    yy: Square,
    /// sᵢ'g and yᵢ'g at the current point.
    sg: Vec<f64>,
    yg: Vec<f64>,
    /// The coefficients of r on sᵢ.
    on_s: Vec<f64>,
    /// sᵢ'y, sᵢ'g, yᵢ'y and yᵢ'g with the newest y and g, of the pairs before it.
    pub products: Vec<[f64; 4]>,
}

/// An m × m matrix, column after column, with room in each for an even number of entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Square {
    entries: Vec<f64>,
}

impl Square {
    fn zeros(m: usize) -> Self {
        Self { entries: vec![0.0; padded(m) * padded(m)] }
    }

    /// Column j of a matrix with columns of `stride` entries.
    fn column(&self, j: usize, stride: usize) -> &[f64] {
        &self.entries[j * stride..(j + 1) * stride]
    }

    /// Moves every entry one row and one column up.
    fn forget_first(&mut self, stride: usize) {
        self.entries.copy_within(stride + 1.., 0);
    }
}

/// The padded length of vectors with m entries.
fn padded(m: usize) -> usize {
    m.next_multiple_of(2)
}

impl Gram {
    pub fn new(m: usize) -> Self {
        let zeros = || vec![0.0; padded(m)];
        Self {
            rho_sy: Square::zeros(m),
            yy: Square::zeros(m),
            sg: zeros(),
            yg: zeros(),
            on_s: zeros(),
            products: vec![[0.0; 4]; padded(m)],
        }
    }

    /// True when there is room for m pairs.
    pub fn is_valid(&self, m: usize) -> bool {
        let size = padded(m);
        [&self.rho_sy, &self.yy].iter().all(|a| a.entries.len() == size * size)
            && [&self.sg, &self.yg, &self.on_s].iter().all(|v| v.len() == size)
            && self.products.len() == size
    }

    /// Discards the oldest pair.
    pub fn forget_first(&mut self) {
        let stride = self.sg.len();
        self.rho_sy.forget_first(stride);
        self.yy.forget_first(stride);
    }

    /// Takes the products of the first `k` pairs with the new gradient.
    pub fn take_gradient(&mut self, k: usize) {
        let Self { sg, yg, products, .. } = self;
        for ((&[_, s_g, _, y_g], sg), yg) in products[..k].iter().zip(sg).zip(yg) {
            (*sg, *yg) = (s_g, y_g);
        }
    }

    /// Takes the products of the new pair, the last of ρ: with those before it, and [y'y, s'g, y'g].
    pub fn take_pair(&mut self, rho: &[f64], [y_y, s_g, y_g]: [f64; 3]) {
        let (stride, k) = (self.sg.len(), rho.len() - 1);
        let Self { rho_sy, yy, sg, yg, products, .. } = self;
        for (i, &[s_y, _, y_y, _]) in products[..k].iter().enumerate() {
            rho_sy.entries[k * stride + i] = rho[k] * s_y;
            rho_sy.entries[i * stride + k] = rho[i] * s_y;
            yy.entries[k * stride + i] = y_y;
            yy.entries[i * stride + k] = y_y;
        }
        yy.entries[k * stride + k] = y_y;
        (sg[k], yg[k]) = (s_g, y_g);
    }

    /// The coefficients of r on s, which it returns, and on y, which are those in `on_y` with their signs changed.
    pub fn recur(&mut self, rho: &[f64], gamma: f64, on_y: &mut [f64]) -> &[f64] {
        let (stride, length) = (self.sg.len(), rho.len());
        let Self { rho_sy, yy, sg, yg, on_s, .. } = self;
        let sg = &sg[..length];
        let (on_s, yg) = (&mut on_s[..padded(length)], &yg[..padded(length)]);
        // First loop, newest to oldest: αᵢ = ρᵢ sᵢ'q, then q ← q − αᵢ yᵢ. Here `on_y` has αᵢ, `on_s` yᵢ'q.
        on_s.copy_from_slice(yg);
        for i in (0..length).rev() {
            let column = &rho_sy.column(i, stride)[..length];
            let mut alpha = rho[i] * sg[i];
            for j in (i + 1..length).rev() {
                alpha -= on_y[j] * column[j];
            }
            on_y[i] = alpha;
            let (column, _) = yy.column(i, stride).as_chunks::<2>();
            for (q, yy) in on_s.as_chunks_mut::<2>().0.iter_mut().zip(column) {
                for l in 0..2 {
                    q[l] -= alpha * yy[l];
                }
            }
        }
        // Second loop, oldest to newest, with r = γ q: βᵢ = ρᵢ yᵢ'r, then r ← r + sᵢ (αᵢ − βᵢ); d = −r.
        for i in 0..length {
            let column = &rho_sy.column(i, stride)[..length];
            let mut beta_alpha = gamma * rho[i] * on_s[i] - on_y[i];
            for j in 0..i {
                beta_alpha -= on_s[j] * column[j];
            }
            on_s[i] = beta_alpha;
            on_y[i] *= gamma;
        }
        &on_s[..length]
    }
}
