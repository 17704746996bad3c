//! Linear least squares with a full and with a deficient rank.

use super::{Residuals, sized, total};
use crate::{DVector, Error, Num, Real};

/// Checks m ≥ n ≥ `least`.
fn sizes(n: usize, m: usize, least: usize, range: &'static str) -> Result<(), Error> {
    sized(n, n >= least, range)?;
    crate::error::check(m >= n, "m", m as f64, "at least n")?;
    crate::memory::check_length::<f64>("m", m)
}

/// Σⱼ j xⱼ over j = `from`, ..., `to`, counted from 1.
fn moment<R: Real>(x: &[Num<R>], from: usize, to: usize) -> Num<R> {
    (from..=to).map(|j| j as f64 * x[j - 1]).sum()
}

/// The linear function of full rank.
///
/// rᵢ = xᵢ - (2/m) Σⱼ xⱼ - 1 for i ≤ n, -(2/m) Σⱼ xⱼ - 1 for n < i ≤ m; m ≥ n; start (1, ..., 1); minimum m - n at
/// (-1, ..., -1).
/// Moré, Garbow, Hillstrom (1981) problem 32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearFullRank {
    n: usize,
    m: usize,
}

impl LinearFullRank {
    /// With `n` variables and `m` residuals.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless m ≥ n ≥ 1.
    pub fn new(n: usize, m: usize) -> Result<Self, Error> {
        sizes(n, m, 1, "positive")?;
        Ok(Self { n, m })
    }
}

impl Residuals for LinearFullRank {
    const NAME: &'static str = "Linear full rank";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.m
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        let common = -2.0 / self.m as f64 * total(x) - 1.0;
        for &xi in x {
            out(xi + common);
        }
        for _ in self.n..self.m {
            out(common);
        }
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 1.0)
    }
    fn minima(&self) -> Vec<f64> {
        vec![(self.m - self.n) as f64]
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        vec![DVector::from_element(self.n, -1.0)]
    }
}

/// The linear function of rank 1.
///
/// rᵢ = i Σⱼ j xⱼ - 1; m ≥ n; start (1, ..., 1); minimum m (m - 1)/(2 (2m + 1)) wherever Σⱼ j xⱼ = 3/(2m + 1).
/// Moré, Garbow, Hillstrom (1981) problem 33.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearRankOne {
    n: usize,
    m: usize,
}

impl LinearRankOne {
    /// With `n` variables and `m` residuals.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless m ≥ n ≥ 1.
    pub fn new(n: usize, m: usize) -> Result<Self, Error> {
        sizes(n, m, 1, "positive")?;
        Ok(Self { n, m })
    }
}

impl Residuals for LinearRankOne {
    const NAME: &'static str = "Linear rank 1";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.m
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        let moment = moment(x, 1, self.n);
        for i in 1..=self.m {
            out(i as f64 * moment - 1.0);
        }
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 1.0)
    }
    fn minima(&self) -> Vec<f64> {
        let m = self.m as f64;
        vec![m * (m - 1.0) / (2.0 * (2.0 * m + 1.0))]
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        let mut x = DVector::zeros(self.n);
        x[0] = 3.0 / (2.0 * self.m as f64 + 1.0);
        vec![x]
    }
}

/// The linear function of rank 1 with zero columns and rows.
///
/// r₁ = rₘ = -1, rᵢ = (i - 1) Σⱼ₌₂ⁿ⁻¹ j xⱼ - 1 for 1 < i < m; m ≥ n ≥ 3; start (1, ..., 1); minimum
/// (m² + 3m - 6)/(2 (2m - 3)) wherever Σⱼ₌₂ⁿ⁻¹ j xⱼ = 3/(2m - 3).
/// Moré, Garbow, Hillstrom (1981) problem 34.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearRankOneZero {
    n: usize,
    m: usize,
}

impl LinearRankOneZero {
    /// With `n` variables and `m` residuals.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless m ≥ n ≥ 3.
    pub fn new(n: usize, m: usize) -> Result<Self, Error> {
        sizes(n, m, 3, "at least 3")?;
        Ok(Self { n, m })
    }
}

impl Residuals for LinearRankOneZero {
    const NAME: &'static str = "Linear rank 1 with zero columns and rows";

    fn dimension(&self) -> usize {
        self.n
    }
    fn residual_count(&self) -> usize {
        self.m
    }
    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        let moment = moment(x, 2, self.n - 1);
        out(Num::from(-1.0));
        for i in 2..self.m {
            out((i - 1) as f64 * moment - 1.0);
        }
        out(Num::from(-1.0));
    }
    fn start(&self) -> DVector<f64> {
        DVector::from_element(self.n, 1.0)
    }
    fn minima(&self) -> Vec<f64> {
        let m = self.m as f64;
        vec![(m * m + 3.0 * m - 6.0) / (2.0 * (2.0 * m - 3.0))]
    }
    fn minimizers(&self) -> Vec<DVector<f64>> {
        let mut x = DVector::zeros(self.n);
        x[1] = 1.5 / (2.0 * self.m as f64 - 3.0);
        vec![x]
    }
}
