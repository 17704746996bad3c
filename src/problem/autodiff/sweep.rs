//! Derivatives, a chunk of directions at a time. Compiled once per kind of number: the formula is behind a pointer.

use nalgebra::{DMatrix, DVector, SVector};
use num_dual::{Derivative, DualSVec64, HyperDualSVec64};

use super::Num;
use super::scratch::{Pooled, with_constants, with_variables};

/// A formula for one kind of number.
type Evaluate<'a, R> = &'a dyn Fn(&[Num<R>]) -> Num<R>;

/// The value: one evaluation of the formula.
pub(super) fn value(evaluate: Evaluate<'_, f64>, x: &DVector<f64>) -> f64 {
    let mut value = f64::NAN;
    with_variables(x, &mut |variables| value = evaluate(variables).value());
    value
}

/// Writes the gradient and returns the value: ⌈n / N⌉ evaluations of the formula.
pub(super) fn gradient<const N: usize>(
    evaluate: Evaluate<'_, DualSVec64<N>>,
    x: &DVector<f64>,
    gradient: &mut DVector<f64>,
) -> f64
where
    DualSVec64<N>: Pooled,
{
    let mut value = f64::NAN;
    with_variables::<DualSVec64<N>>(x, &mut |variables| {
        for (chunk, entries) in gradient.as_mut_slice().chunks_mut(N).enumerate() {
            for (k, variable) in variables.iter_mut().skip(chunk * N).take(N).enumerate() {
                variable.0 = variable.0.derivative(k);
            }
            let cost = evaluate(variables).0;
            write(cost.re, cost.eps.0.as_ref().map(|eps| eps.as_slice()), entries);
            value = cost.re;
            for variable in variables.iter_mut().skip(chunk * N).take(N) {
                variable.0.eps = Derivative::none();
            }
        }
    });
    value
}

/// Formulas for one kind of number: they write their values.
type EvaluateAll<'a, R> = &'a dyn Fn(&[Num<R>], &mut [Num<R>]);

/// Writes the values: one evaluation of the formulas.
pub(super) fn values(evaluate: EvaluateAll<'_, f64>, x: &DVector<f64>, values: &mut DVector<f64>) {
    with_variables(x, &mut |variables| {
        with_constants(values.len(), &mut |found| {
            evaluate(variables, found);
            for (value, found) in values.iter_mut().zip(found.iter()) {
                *value = found.value();
            }
        });
    });
}

/// Writes the Jacobian, m × n: ⌈n / N⌉ evaluations of the formulas.
pub(super) fn jacobian<const N: usize>(
    evaluate: EvaluateAll<'_, DualSVec64<N>>,
    x: &DVector<f64>,
    jacobian: &mut DMatrix<f64>,
) where
    DualSVec64<N>: Pooled,
{
    let n = x.len();
    with_variables::<DualSVec64<N>>(x, &mut |variables| {
        with_constants::<DualSVec64<N>>(jacobian.nrows(), &mut |found| {
            for left in (0..n).step_by(N) {
                for (k, variable) in variables.iter_mut().skip(left).take(N).enumerate() {
                    variable.0 = variable.0.derivative(k);
                }
                evaluate(variables, found);
                for (i, value) in found.iter().enumerate() {
                    let mut entries = [0.0; N];
                    let derivatives = value.0.eps.0.as_ref().map(|eps| eps.as_slice());
                    write(value.0.re, derivatives, &mut entries);
                    for (j, entry) in (left..n.min(left + N)).zip(entries) {
                        jacobian[(i, j)] = entry;
                    }
                }
                for variable in variables.iter_mut().skip(left).take(N) {
                    variable.0.eps = Derivative::none();
                }
            }
        });
    });
}

/// Writes r''(x)[v, v] = d²r(x + t v)/dt² at t = 0: one evaluation of the formulas.
pub(super) fn second_derivative(
    evaluate: EvaluateAll<'_, HyperDualSVec64<1, 1>>,
    x: &DVector<f64>,
    v: &DVector<f64>,
    out: &mut DVector<f64>,
) {
    with_variables::<HyperDualSVec64<1, 1>>(x, &mut |variables| {
        for (variable, &v) in variables.iter_mut().zip(v.iter()) {
            let along = Derivative::some(SVector::<f64, 1>::new(v));
            (variable.0.eps1, variable.0.eps2) =
                (along, Derivative::some(SVector::<f64, 1>::new(v).transpose()));
        }
        with_constants(out.len(), &mut |found| {
            evaluate(variables, found);
            for (entry, found) in out.as_mut_slice().chunks_mut(1).zip(found.iter()) {
                let second = found.0.eps1eps2.0.as_ref().map(|eps| eps.as_slice());
                write(found.0.re, second, entry);
            }
        });
    });
}

/// Writes Σ wᵢ ∇²rᵢ(x) as [`hessian`] does.
pub(super) fn weighted_hessian<const B: usize>(
    evaluate: EvaluateAll<'_, HyperDualSVec64<B, B>>,
    x: &DVector<f64>,
    weights: &DVector<f64>,
    out: &mut DMatrix<f64>,
) where
    HyperDualSVec64<B, B>: Pooled,
{
    let weighted = |x: &[Num<HyperDualSVec64<B, B>>]| {
        let mut sum = Num::from(0.0);
        with_constants(weights.len(), &mut |found| {
            evaluate(x, found);
            sum = found.iter().zip(weights).map(|(value, weight)| value * *weight).sum();
        });
        sum
    };
    hessian(&weighted, x, out);
}

/// Writes ∇²f(x) v: ⌈n / N⌉ evaluations of the formula.
pub(super) fn hessian_product<const N: usize>(
    evaluate: Evaluate<'_, HyperDualSVec64<1, N>>,
    x: &DVector<f64>,
    v: &DVector<f64>,
    product: &mut DVector<f64>,
) where
    HyperDualSVec64<1, N>: Pooled,
{
    with_variables::<HyperDualSVec64<1, N>>(x, &mut |variables| {
        for (variable, &v) in variables.iter_mut().zip(v.iter()) {
            variable.0.eps1 = Derivative::some(SVector::<f64, 1>::new(v));
        }
        for (chunk, entries) in product.as_mut_slice().chunks_mut(N).enumerate() {
            for (k, variable) in variables.iter_mut().skip(chunk * N).take(N).enumerate() {
                variable.0 = variable.0.derivative2(k);
            }
            let cost = evaluate(variables).0;
            write(cost.re, cost.eps1eps2.0.as_ref().map(|eps| eps.as_slice()), entries);
            for variable in variables.iter_mut().skip(chunk * N).take(N) {
                variable.0.eps2 = Derivative::none();
            }
        }
    });
}

/// The derivatives of a value that depends on the variables, 0 of one that does not. Where there is no value there
/// are no derivatives either: a constant +infinity outside the domain must not look like a stationary point.
fn write(value: f64, derivatives: Option<&[f64]>, entries: &mut [f64]) {
    match derivatives {
        _ if !value.is_finite() => entries.fill(f64::NAN),
        Some(derivatives) => {
            for (entry, derivative) in entries.iter_mut().zip(derivatives) {
                *entry = *derivative;
            }
        }
        None => entries.fill(0.0),
    }
}

/// Writes the Hessian in blocks of B × B, those of the lower triangle: k (k + 1) / 2 evaluations of the formula, where
/// k = ⌈n / B⌉.
pub(super) fn hessian<const B: usize>(
    evaluate: Evaluate<'_, HyperDualSVec64<B, B>>,
    x: &DVector<f64>,
    hessian: &mut DMatrix<f64>,
) where
    HyperDualSVec64<B, B>: Pooled,
{
    let n = x.len();
    with_variables::<HyperDualSVec64<B, B>>(x, &mut |variables| {
        for top in (0..n).step_by(B) {
            for (k, variable) in variables.iter_mut().skip(top).take(B).enumerate() {
                variable.0 = variable.0.derivative1(k);
            }
            for left in (0..=top).step_by(B) {
                for (k, variable) in variables.iter_mut().skip(left).take(B).enumerate() {
                    variable.0 = variable.0.derivative2(k);
                }
                let cost = evaluate(variables).0;
                for i in top..n.min(top + B) {
                    for j in left..(i + 1).min(left + B) {
                        let entry = match &cost.eps1eps2.0 {
                            _ if !cost.re.is_finite() => f64::NAN,
                            Some(block) => block[(i - top, j - left)],
                            None => 0.0,
                        };
                        hessian[(i, j)] = entry;
                        hessian[(j, i)] = entry;
                    }
                }
                for variable in variables.iter_mut().skip(left).take(B) {
                    variable.0.eps2 = Derivative::none();
                }
            }
            for variable in variables.iter_mut().skip(top).take(B) {
                variable.0.eps1 = Derivative::none();
            }
        }
    });
}
