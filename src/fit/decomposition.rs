//! The singular values of a Jacobian with columns of length 1, and what they tell about a fit.
//!
//! ```text
//! J = A D,  |Aⱼ| = 1;   [A r] = Q R by blocks of rows;   R = U Σ V';   (J'J)⁻¹ = D⁻¹ V Σ⁻² V' D⁻¹
//! rank: σᵢ > ε max(m, n) σ₁;   offset: |U'Q'r| √(m − n) / (|r − QQ'r| √n)
//! ```
//!
//! G. Golub, C. Van Loan, *Matrix computations*, 4th ed. (2013), sections 5.3.3 and 5.4.1 for the rank, P5.2.2 for
//! blocks of rows; D. Bates, D. Watts, Technometrics 23 (1981) 179-183 for the offset.

use nalgebra::{DMatrix, DVector, SVD};

use crate::Matrix;
use crate::linalg::power_of_two;
use crate::linalg::row_qr::{Rows, absorb};

/// So many rows are factored at once.
const ROWS: usize = 1024;
/// QR sweeps for the singular values, for each of them. They take two or three.
const SWEEPS: usize = 100;
/// A parameter belongs to a null direction when it has this share of it.
pub(super) const SHARE: f64 = 0.1;

/// The decomposition of J for some of its columns, and of r by them.
#[derive(Clone, Debug)]
pub(super) struct Decomposition {
    /// D, the lengths of the columns; 1 for a column of zeros.
    norms: DVector<f64>,
    /// Σ, descending, and V.
    values: DVector<f64>,
    vectors: DMatrix<f64>,
    /// U'Q'r.
    coordinates: DVector<f64>,
    rank: usize,
    /// |r − UU'r|.
    remainder: f64,
    rows: usize,
}

impl Decomposition {
    /// Of the columns `chosen`, where `points` of the rows are not 0. `None` when a number is not finite.
    pub fn of(
        jacobian: &Matrix,
        chosen: &[usize],
        residual: &DVector<f64>,
        points: usize,
    ) -> Option<Self> {
        let dense;
        let jacobian = match jacobian {
            Matrix::Dense(matrix) => matrix,
            Matrix::Sparse(_) => {
                dense = jacobian.to_dense();
                &dense
            }
        };
        let (m, n) = (residual.len(), chosen.len());
        let norms = chosen.iter().map(|&j| length(jacobian.column(j).as_slice()));
        let norms = DVector::from_iterator(n, norms);
        let all_finite = norms.iter().chain(residual).all(|x| x.is_finite());
        if !all_finite {
            return None;
        }
        let unit = |norm: f64| if norm > 0.0 { norm } else { 1.0 };
        let norms = norms.map(unit);
        let mut factor = DMatrix::zeros(n, n);
        let mut right = vec![0.0; n];
        let mut block = vec![0.0; ROWS.min(m) * (n + 1)];
        let mut beside = 0.0_f64;
        for top in (0..m).step_by(ROWS) {
            let rows = ROWS.min(m - top);
            let (a, b) = block[..rows * (n + 1)].split_at_mut(rows * n);
            for (column, (&j, norm)) in a.chunks_mut(rows).zip(chosen.iter().zip(&norms)) {
                for (entry, given) in
                    column.iter_mut().zip(jacobian.column(j).rows(top, rows).iter())
                {
                    *entry = given / norm;
                }
            }
            b.copy_from_slice(&residual.as_slice()[top..top + rows]);
            absorb(&mut factor, &mut right, &mut block, rows, Rows::Full);
            // What the columns leave of r.
            beside = beside.hypot(length(&block[rows * n..rows * (n + 1)]));
        }
        if n == 0 {
            let (values, coordinates) = (DVector::zeros(0), DVector::zeros(0));
            let vectors = DMatrix::zeros(0, 0);
            return Some(Self {
                norms,
                values,
                vectors,
                coordinates,
                rank: 0,
                remainder: beside,
                rows: points,
            });
        }
        let mut svd = SVD::try_new_unordered(factor, true, true, f64::EPSILON, SWEEPS * n.max(1))?;
        if !svd.singular_values.iter().all(|value| value.is_finite()) {
            return None;
        }
        svd.sort_by_singular_values();
        let vectors = svd.v_t?.transpose();
        let coordinates = svd.u?.transpose() * DVector::from_vec(right);
        let values = svd.singular_values;
        let floor = f64::EPSILON * m.max(n) as f64 * values.iter().copied().fold(0.0, f64::max);
        let rank = values.iter().filter(|value| **value > floor).count();
        let remainder = beside.hypot(coordinates.rows_range(rank..).norm());
        Some(Self { norms, values, vectors, coordinates, rank, remainder, rows: points })
    }

    /// The number of parameters that the data tell, or of combinations of them.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The columns that were chosen.
    pub fn columns(&self) -> usize {
        self.norms.len()
    }

    /// σ₁/σₙ.
    pub fn condition(&self) -> f64 {
        let values = self.values.as_slice();
        values.first().zip(values.last()).map_or(1.0, |(first, last)| first / last)
    }

    /// The relative offset of Bates and Watts; `None` where no degree of freedom is left.
    pub fn offset(&self) -> Option<f64> {
        let freedom = self.rows.checked_sub(self.rank).filter(|freedom| *freedom > 0)?;
        let along = self.coordinates.rows_range(..self.rank).norm();
        if along == 0.0 {
            return Some(0.0);
        }
        let scale = (freedom as f64 / self.rank as f64).sqrt();
        Some(along / self.remainder * scale)
    }

    /// The Gauss-Newton step −J⁺r.
    pub fn step(&self) -> DVector<f64> {
        let mut shares = -self.coordinates.rows_range(..self.rank).into_owned();
        for (share, value) in shares.iter_mut().zip(&self.values) {
            *share /= value;
        }
        let step = self.vectors.columns_range(..self.rank) * shares;
        step.component_div(&self.norms)
    }

    /// A with (J'J)⁻¹ = A A', n × rank; of the pseudo-inverse when the rank is not n.
    pub fn root(&self) -> DMatrix<f64> {
        let mut root = self.vectors.columns_range(..self.rank).into_owned();
        for (mut column, value) in root.column_iter_mut().zip(&self.values) {
            column /= *value;
            column.component_div_assign(&self.norms);
        }
        root
    }

    /// The parameters that the data do not tell: those with a share of a null direction of A.
    pub fn untold(&self) -> Vec<usize> {
        let null = self.vectors.columns_range(self.rank..);
        let has_share = |j: &usize| null.row(*j).iter().any(|share| share.abs() > SHARE);
        (0..self.columns()).filter(has_share).collect()
    }

    /// For each null direction the parameters that have a share of it.
    pub fn null_directions(&self) -> Vec<Vec<usize>> {
        let null = self.vectors.columns_range(self.rank..);
        let parts = |column: nalgebra::DVectorView<'_, f64>| {
            (0..column.len()).filter(|&j| column[j].abs() > SHARE).collect()
        };
        null.column_iter().map(|column| parts(column.as_view())).collect()
    }

    /// True when the row g of a Jacobian is a combination of those that were seen: it has no share of a null direction.
    pub fn tells(&self, row: &DVector<f64>) -> bool {
        let scaled = row.component_div(&self.norms);
        let null = self.vectors.columns_range(self.rank..);
        let share = null.tr_mul(&scaled).norm();
        share <= f64::EPSILON.sqrt() * scaled.norm()
    }
}

/// |v| without overflow.
fn length(v: &[f64]) -> f64 {
    let largest = v.iter().fold(0.0_f64, |most, x| if x.abs() <= most { most } else { x.abs() });
    if largest == 0.0 || !largest.is_finite() {
        return largest;
    }
    let unit = power_of_two(largest);
    unit * v.iter().map(|x| (x / unit).powi(2)).sum::<f64>().sqrt()
}
