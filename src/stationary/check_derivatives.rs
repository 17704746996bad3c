//! Are the derivatives those of the cost?

use nalgebra::DVector;

use super::differences::CostDifferences;
use super::measured::{Measured, cost_noise, gradient_noise};
use super::{DerivativeReport, MOST_VARIABLES, Mismatch};
use crate::{Error, Oracle, Problem};

/// ε^(1/3), where the error of a central difference of the cost is least for a function that changes over lengths of 1.
const STEP: f64 = 6.055_454_452_393_343e-6;
/// From one step to the next.
const RATIO: f64 = 4.0;
/// Beyond the estimates, which for a smooth function are about 15 (gradient) and 3 (Hessian) times the error.
const SAFETY: f64 = 4.0;

/// Compares the derivatives that the problem gives with central differences: the gradient with those of the cost; the
/// Hessian and its products, if given, with those of the gradient; `cost_and_gradient` with `cost` and `gradient`; the
/// Hessian with its transpose.
///
/// The differences come with bounds for their own errors, from several step sizes and from what moving x by its last
/// place changes. So there is no tolerance to choose: an entry is wrong when it differs by more than these errors. A
/// cost of 10⁸ with a gradient of 1 can be checked to about 10⁻³ only, and the report says so in `allowed`.
///
/// Check where no entry is 0 by accident: not at the minimum, not at a point of symmetry. With more than 2000 variables
/// second derivatives are not checked.
///
/// ```
/// use extremum::{DVector, Mismatch, check_derivatives, from_fn};
/// let problem = from_fn(2, |x| x[0].sin() * x[1]).with_gradient(|x, g| {
///     g[0] = x[0].cos() * x[1];
///     g[1] = -x[0].sin(); // the sign is wrong
/// });
/// let report = check_derivatives(&problem, &DVector::from_vec(vec![1.0, 2.0]))?;
/// assert!(!report.passes());
/// let [Mismatch::GradientEntry { index: 1, differenced, .. }] = report.mismatches[..] else {
///     panic!("{report}");
/// };
/// assert!((differenced - 1.0_f64.sin()).abs() < 1e-9);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// # Errors
/// When x has the wrong dimension or is not finite, or the cost is not finite there. A derivative that is not finite is
/// a mismatch.
pub fn check_derivatives<P: Problem>(
    problem: &P,
    x: &DVector<f64>,
) -> Result<DerivativeReport, Error> {
    let n = problem.dimension();
    if x.len() != n {
        return Err(Error::Dimension { what: "x", expected: n, actual: x.len() });
    }
    if let Some((index, &value)) = x.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(Error::NonFiniteStart { index, value });
    }
    let mut oracle = Oracle::new(problem);
    let cost = oracle.cost(x);
    if !cost.is_finite() {
        return Err(Error::NotInDomain { what: "cost".into(), value: cost });
    }
    let mut gradient = DVector::zeros(n);
    oracle.gradient(x, &mut gradient);
    let noise = gradient_noise(&mut oracle, x, cost, &gradient);
    let mut report = DerivativeReport::default();
    if problem.has_gradient() {
        check_gradient(&mut oracle, x, cost, [&gradient, &noise], &mut report);
        check_shared(&mut oracle, x, cost, [&gradient, &noise], &mut report);
    }
    if n <= MOST_VARIABLES {
        check_second(&mut oracle, x, cost, &noise, &mut report);
    }
    Ok(report)
}

fn check_gradient(
    oracle: &mut Oracle<'_>,
    x: &DVector<f64>,
    cost: f64,
    [gradient, noise]: [&DVector<f64>; 2],
    report: &mut DerivativeReport,
) {
    let cost_noise = cost_noise(oracle, x, cost);
    for index in 0..x.len() {
        let given = gradient[index];
        let (differenced, error) = slope(oracle, x, index, cost, cost_noise);
        let allowed = SAFETY * (error + noise[index].max(0.0) + 4.0 * f64::EPSILON * given.abs());
        report.compare([given, differenced, allowed], || Mismatch::GradientEntry {
            index,
            given,
            differenced,
            allowed,
        });
    }
}

/// ∂f/∂xⱼ and its error: of a ladder of steps the one that agrees best with both its neighbours. The longer one shows
/// truncation, the shorter one rounding.
fn slope(
    oracle: &mut Oracle<'_>,
    x: &DVector<f64>,
    j: usize,
    cost: f64,
    cost_noise: f64,
) -> (f64, f64) {
    let mut differences = CostDifferences::new(x, cost);
    let longest = STEP * x[j].abs().max(1.0) * RATIO.powi(5);
    let shortest = STEP * if x[j] == 0.0 { 1e-3 } else { x[j].abs().max(1e-6) } / RATIO.powi(2);
    let count = ((longest / shortest).log(RATIO).ceil() as i32).clamp(2, 40);
    let ladder: Vec<[f64; 2]> = (0..=count)
        .map(|k| {
            let h = longest * RATIO.powi(-k);
            let (slope, largest) = differences.first(oracle, j, h);
            [slope, (cost_noise + 4.0 * f64::EPSILON * largest.max(cost.abs())) / h]
        })
        .collect();
    let mut best = (f64::NAN, f64::INFINITY);
    for triple in ladder.windows(3) {
        let [[long, _], [slope, rounding], [short, _]] = [triple[0], triple[1], triple[2]];
        let error = (long - slope).abs() + (slope - short).abs() + rounding;
        if error < best.1 {
            best = (slope, error);
        }
    }
    best
}

fn check_shared(
    oracle: &mut Oracle<'_>,
    x: &DVector<f64>,
    alone: f64,
    [gradient, noise]: [&DVector<f64>; 2],
    report: &mut DerivativeReport,
) {
    let rounding = 16.0 * (1.0 + x.len() as f64) * f64::EPSILON;
    let mut shared_gradient = DVector::zeros(x.len());
    let shared = oracle.cost_and_gradient(x, &mut shared_gradient);
    let allowed = rounding * alone.abs() + SAFETY * cost_noise(oracle, x, alone);
    report.compare([shared, alone, allowed], || Mismatch::SharedCost { shared, alone });
    for index in 0..x.len() {
        let (shared, alone) = (shared_gradient[index], gradient[index]);
        let allowed = rounding * gradient.amax() + SAFETY * noise[index].max(0.0);
        // An entry that is not finite was reported already.
        if alone.is_finite() {
            report.compare([shared, alone, allowed], || Mismatch::SharedGradient {
                index,
                shared,
                alone,
            });
        }
    }
}

fn check_second(
    oracle: &mut Oracle<'_>,
    x: &DVector<f64>,
    cost: f64,
    noise: &DVector<f64>,
    report: &mut DerivativeReport,
) {
    let n = x.len();
    let problem = oracle.problem();
    let mut product = DVector::zeros(n);
    let has_product = problem.hessian_product(x, &DVector::zeros(n), &mut product);
    let hessian = problem.hessian(x);
    if let Some(given) = hessian.as_ref().filter(|given| !given.is_square(n)) {
        report.mismatches.push(Mismatch::HessianSize { rows: given.dimension(), expected: n });
    }
    let hessian = hessian.filter(|given| given.is_square(n));
    if hessian.is_none() && !has_product {
        return;
    }
    let measured = Measured::differenced(oracle, x, cost, noise);
    let root = measured.hessian.diagonal().map(|h| h.abs().sqrt());
    let rounding = (4.0 + n as f64) * f64::EPSILON;
    let mut allowed = measured.error();
    for j in 0..n {
        for i in 0..n {
            let size = measured.hessian[(i, j)].abs() + root[i] * root[j];
            allowed[(i, j)] = SAFETY * (allowed[(i, j)] + rounding * size);
        }
    }
    if let Some(given) = hessian {
        let mut dense = nalgebra::DMatrix::zeros(n, n);
        given.write_to(&mut dense);
        for column in 0..n {
            for row in 0..n {
                let ij = (row, column);
                let (given, differenced, allowed) = (dense[ij], measured.hessian[ij], allowed[ij]);
                report.compare([given, differenced, allowed], || Mismatch::HessianEntry {
                    row,
                    column,
                    given,
                    differenced,
                    allowed,
                });
                let (lower, upper) = (given, dense[(column, row)]);
                let size = lower.abs() + upper.abs() + root[row] * root[column];
                if row > column && (lower - upper).abs() > 16.0 * rounding * size {
                    report.mismatches.push(Mismatch::HessianAsymmetry {
                        row,
                        column,
                        lower,
                        upper,
                    });
                }
            }
        }
    }
    for column in (0..n).filter(|_| has_product) {
        let unit = DVector::from_fn(n, |i, _| if i == column { 1.0 } else { 0.0 });
        problem.hessian_product(x, &unit, &mut product);
        for row in 0..n {
            let ij = (row, column);
            let (given, differenced, allowed) = (product[row], measured.hessian[ij], allowed[ij]);
            report.compare([given, differenced, allowed], || Mismatch::HessianProductEntry {
                row,
                column,
                given,
                differenced,
                allowed,
            });
        }
    }
}
