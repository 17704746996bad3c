//! Weighted least squares with an intercept for each run.

use super::window::Run;

/// A linear fit of ln e: the coefficients of its columns, without the intercepts.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub coefficients: Vec<f64>,
    /// The coefficients' variances, in units of the residual variance.
    pub variances: Vec<f64>,
    /// Residuals, each times the square root of its weight.
    pub residuals: Vec<f64>,
    /// Their sum of squares.
    pub rss: f64,
    /// Parameters, with the intercepts.
    pub parameters: usize,
}

impl Fit {
    /// Fits y = intercept of the run + Σ coefficient · column(k), by modified Gram-Schmidt. `None` where the columns are
    /// dependent or not finite.
    pub fn of(runs: &[Run], columns: &[&dyn Fn(f64) -> f64]) -> Option<Self> {
        let mut basis: Vec<Vec<f64>> =
            columns.iter().map(|column| centred(runs, |run, i| run.mean_of(i, *column))).collect();
        let mut residuals = centred(runs, |run, i| run.y[i]);
        let m = basis.len();
        let mut r = vec![vec![0.0; m]; m];
        let mut projections = vec![0.0; m];
        for j in 0..m {
            let (before, rest) = basis.split_at_mut(j);
            let column = &mut rest[0];
            let size = norm(column);
            // Twice, which makes the columns orthogonal to rounding (Björck 1996, section 2.4.5).
            for _ in 0..2 {
                for (i, q) in before.iter().enumerate() {
                    let share = dot(q, column);
                    r[i][j] += share;
                    subtract(column, share, q);
                }
            }
            r[j][j] = norm(column);
            if r[j][j].is_nan() || r[j][j] <= 1e-11 * size || size == 0.0 {
                return None;
            }
            column.iter_mut().for_each(|x| *x /= r[j][j]);
            projections[j] = dot(column, &residuals);
            subtract(&mut residuals, projections[j], column);
        }
        let mut coefficients = projections;
        let mut variances = vec![0.0; m];
        for j in (0..m).rev() {
            let known: f64 = (j + 1..m).map(|l| r[j][l] * coefficients[l]).sum();
            coefficients[j] = (coefficients[j] - known) / r[j][j];
        }
        for (j, variance) in variances.iter_mut().enumerate() {
            // Row j of R⁻¹, from R' x = e_j read backwards.
            let mut row = vec![0.0; m];
            row[j] = 1.0 / r[j][j];
            for l in j + 1..m {
                let known: f64 = (j..l).map(|i| row[i] * r[i][l]).sum();
                row[l] = -known / r[l][l];
            }
            *variance = dot(&row, &row);
        }
        let rss = dot(&residuals, &residuals);
        let parameters = m + runs.len();
        rss.is_finite().then_some(Self { coefficients, variances, residuals, rss, parameters })
    }
}

/// Values minus their weighted mean over each run, times the square roots of the weights.
fn centred(runs: &[Run], value: impl Fn(&Run, usize) -> f64) -> Vec<f64> {
    let mut all = Vec::with_capacity(runs.iter().map(Run::len).sum());
    for run in runs {
        let values = (0..run.len()).map(|i| value(run, i));
        let mean = values.clone().zip(&run.weight).map(|(x, w)| x * w).sum::<f64>()
            / run.weight.iter().sum::<f64>();
        all.extend(values.zip(&run.weight).map(|(x, w)| (x - mean) * w.sqrt()));
    }
    all
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

fn subtract(from: &mut [f64], times: f64, what: &[f64]) {
    from.iter_mut().zip(what).for_each(|(x, q)| *x -= times * q);
}
