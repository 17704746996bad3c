//! A check whether the derivatives are those of the cost.

use nalgebra::DVector;

use super::check_jacobian::check_structure;
use super::differences::CostDifferences;
use super::face::Face;
use super::hessian_estimate::HessianEstimate;
use super::noise::{GradientNoise, cost_noise};
use super::{DerivativeReport, MOST_VARIABLES, Mismatch};
use crate::oracle::{UNWRITTEN, WRONG_LENGTH};
use crate::{Error, IntoVector, Oracle, Problem};

/// ε^(1/3), the step at which the error of a central difference of the cost is smallest, for a function that changes
/// over lengths of 1.
const STEP: f64 = 6.055_454_452_393_343e-6;
/// The ratio of successive steps, φ³: no two steps see the same slope by crossing the same stairs of rounding.
const RATIO: f64 = 4.236_067_977_499_79;
/// The most steps in a ladder.
const STEPS: i32 = 40;
/// A factor on top of the estimates, which for a smooth function are about 15 (gradient) and 3 (Hessian) times the
/// error.
const SAFETY: f64 = 4.0;

/// Compares the derivatives that the problem gives with central differences: the gradient with those of the cost; the
/// Hessian and its products, if given, with those of the gradient; `cost_and_gradient` with `cost` and `gradient`; the
/// Hessian with its transpose. The Jacobian of [`LeastSquares`](crate::LeastSquares) is compared with differences of the
/// residuals, and that of [`Constraints`](crate::Constraints) with differences of these; the Hessian of each constraint with
/// differences of its gradient. Of a large Jacobian, only the first rows are checked, up to 100000 entries.
///
/// The errors of the differences are estimated from the scatter over several steps, and from the effect of moving x by
/// its last digits. So there is no tolerance to choose: an entry is wrong when it differs by more than these errors. A
/// cost of 10⁸ with a gradient of 1 can be checked only to about 10⁻³, and the report says so in `allowed`.
///
/// A component that is not written, and a gradient replaced by a vector of another length, are reported as such.
/// Nothing is evaluated outside the problem's bounds.
///
/// Choose a point where no entry is 0 by accident: not the minimum, and not a point of symmetry. With more than 2000
/// variables, second derivatives are not checked.
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
/// When x has the wrong dimension, is not finite or lies outside the problem's bounds, or these have another dimension; when
/// the cost is not finite at x. A derivative that is not finite is a mismatch.
pub fn check_derivatives<P: Problem>(
    problem: &P,
    x: impl IntoVector,
) -> Result<DerivativeReport, Error> {
    let x = &x.into_vector();
    let n = problem.dimension();
    if x.len() != n {
        return Err(Error::Dimension { what: "x", expected: n, actual: x.len() });
    }
    if let Some((index, &value)) = x.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(Error::NonFiniteStart { index, value });
    }
    problem.bounds().map_or(Ok(()), |bounds| bounds.check(x))?;
    let mut report = DerivativeReport::default();
    check_at(&mut Oracle::new(problem), x, &mut report)?;
    check_structure(problem, x, &mut report)?;
    Ok(report)
}

/// Checks the derivatives of the cost.
pub(super) fn check_at(
    oracle: &mut Oracle<'_>,
    x: &DVector<f64>,
    report: &mut DerivativeReport,
) -> Result<(), Error> {
    let n = x.len();
    let cost = oracle.cost(x);
    if !cost.is_finite() {
        return Err(Error::NotInDomain { what: "cost".into(), value: cost });
    }
    let mut noise = DVector::zeros(n);
    if oracle.problem().has_gradient() {
        let [mut gradient, mut shared] = [(); 2].map(|()| unwritten(n));
        oracle.gradient(x, &mut gradient);
        let shared_cost = oracle.cost_and_gradient(x, &mut shared);
        if [&gradient, &shared].iter().any(|g| !is_whole(g, report)) {
            return Ok(());
        }
        let mut face = Face::whole(oracle, x);
        noise = GradientNoise::at(&mut face, x, &gradient).entries;
        check_gradient(&mut face, x, cost, [&gradient, &noise], report);
        let shared = (shared_cost, &shared);
        check_shared(&mut face, x, shared, (cost, &gradient), &noise, report);
    }
    if n <= MOST_VARIABLES {
        check_second(oracle, x, cost, &noise, report);
    }
    Ok(())
}

/// A vector that shows which components are not written.
fn unwritten(n: usize) -> DVector<f64> {
    DVector::repeat(n, f64::from_bits(UNWRITTEN))
}

/// False when a component was not written, or the vector was replaced.
fn is_whole(gradient: &DVector<f64>, report: &mut DerivativeReport) -> bool {
    let found = gradient.iter().enumerate().find_map(|(index, g)| match g.to_bits() {
        UNWRITTEN => Some(Mismatch::GradientNotWritten { index }),
        WRONG_LENGTH => Some(Mismatch::GradientReplaced { expected: gradient.len() }),
        _ => None,
    });
    // `gradient` and `cost_and_gradient` often have the same mistake.
    let is_new = |found: &Mismatch| !report.mismatches.contains(found);
    report.mismatches.extend(found.filter(is_new));
    found.is_none()
}

fn check_gradient(
    face: &mut Face,
    x: &DVector<f64>,
    cost: f64,
    [gradient, noise]: [&DVector<f64>; 2],
    report: &mut DerivativeReport,
) {
    for index in 0..x.len() {
        let given = gradient[index];
        let (differenced, error) = slope(face, x, index, cost);
        let allowed = SAFETY * (error + noise[index].max(0.0) + 4.0 * f64::EPSILON * given.abs());
        report.compare([given, differenced, allowed], || Mismatch::GradientEntry {
            index,
            given,
            differenced,
            allowed,
        });
    }
}

/// A difference of the cost in a ladder of steps, longest first.
struct Rung {
    /// The step by which errors are divided.
    h: f64,
    slope: f64,
    /// The error in it from the rounding of f(x ± h), and of a multiple of x within f.
    rounding: f64,
    /// True when the two costs are the same number.
    is_flat: bool,
}

/// ∂f/∂xⱼ and its error, by the step of a ladder with the smallest error, which is the sum of
///
/// - the change from the next longer step, for truncation;
/// - the rounding, and the largest error η of f = |s(h') - s(h)| h' that shorter steps h' show, divided by h: a
///   function that cancels inside has larger errors than its value suggests.
///
/// A step is excluded when three shorter ones in a row agree with each other but not with it (it may be longer than a
/// period of f), or when f does not change over it although it changes over longer ones.
fn slope(face: &mut Face, x: &DVector<f64>, j: usize, cost: f64) -> (f64, f64) {
    let ladder = ladder(face, x, j, cost);
    let mut best = (f64::NAN, f64::INFINITY);
    for k in 1..ladder.len().saturating_sub(2) {
        let (longer, rung, shorter) = (&ladder[..k], &ladder[k], &ladder[k + 1..]);
        let is_lost = rung.is_flat && longer.iter().any(|longer| !longer.is_flat);
        if is_lost || shorter.windows(3).any(|three| contradict(three, rung)) {
            continue;
        }
        let scatter = shorter.iter().map(|s| (s.slope - rung.slope).abs() * s.h);
        let truncation = (ladder[k - 1].slope - rung.slope).abs();
        let error = truncation + rung.rounding + scatter.fold(0.0, f64::max) / rung.h;
        if error < best.1 {
            best = (rung.slope, error);
        }
    }
    best
}

/// True when three steps agree to a fifth, and differ more from `rung` than from each other.
fn contradict(three: &[Rung], rung: &Rung) -> bool {
    let slopes = || three.iter().map(|s| s.slope);
    let (low, high) =
        (slopes().fold(f64::INFINITY, f64::min), slopes().fold(f64::NEG_INFINITY, f64::max));
    let (spread, middle) = (high - low, three[1].slope);
    let agree = spread <= 0.2 * middle.abs() && three.iter().all(|s| !s.is_flat);
    agree && (rung.slope - middle).abs() > 2.0 * spread + three[1].rounding
}

/// Steps from about 0.006 max(1, |x|), or what the bounds allow, down to the last digits of x, or far below where x
/// is small.
fn ladder(face: &mut Face, x: &DVector<f64>, j: usize, cost: f64) -> Vec<Rung> {
    let mut differences = CostDifferences::new(x, cost);
    let size = x[j].abs();
    let longest = face.fitting(j, x[j], STEP * face.length(j, x[j]) * RATIO.powi(5));
    let shortest = if size == 0.0 {
        STEP * 1e-15
    } else {
        (STEP * size.min(1.0) / RATIO.powi(4)).min(STEP * 1e-6).max(4.0 * f64::EPSILON * size)
    };
    let count = ((longest / shortest).log(RATIO).ceil() as i32).clamp(4, STEPS);
    (0..=count)
        .map(|k| {
            let (slope, costs, h) = differences.first(face, j, longest * RATIO.powi(-k));
            let largest = costs[0].abs().max(costs[1].abs()).max(cost.abs());
            let rounding = f64::EPSILON * (4.0 * largest + slope.abs() * size) / h;
            Rung { h, slope, rounding, is_flat: costs[0] == costs[1] }
        })
        .collect()
}

fn check_shared(
    face: &mut Face,
    x: &DVector<f64>,
    (shared, shared_gradient): (f64, &DVector<f64>),
    (alone, gradient): (f64, &DVector<f64>),
    noise: &DVector<f64>,
    report: &mut DerivativeReport,
) {
    let rounding = 16.0 * (1.0 + x.len() as f64) * f64::EPSILON;
    let allowed = rounding * alone.abs() + SAFETY * cost_noise(face, x, alone);
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
    let mut product = unwritten(n);
    let has_product = problem.hessian_product(x, &DVector::zeros(n), &mut product);
    let hessian = problem.hessian(x);
    if let Some(given) = hessian.as_ref().filter(|given| given.shape() != (n, n)) {
        report.mismatches.push(Mismatch::HessianSize { rows: given.rows(), expected: n });
    }
    let hessian = hessian.filter(|given| given.shape() == (n, n));
    if hessian.is_none() && !has_product {
        return;
    }
    let measured = HessianEstimate::differenced(&mut Face::whole(oracle, x), x, cost, noise);
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
        let mut product = unwritten(n);
        problem.hessian_product(x, &unit, &mut product);
        if product.len() != n {
            report.mismatches.push(Mismatch::HessianProductReplaced { expected: n });
            return;
        }
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
