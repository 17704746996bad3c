//! Models fitted to measured tables.

use super::{Residuals, published};
use crate::{Num, Real};

const BARD: [f64; 15] =
    [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39];

/// Bard's rational model.
///
/// rᵢ = yᵢ - (x₁ + uᵢ/(vᵢ x₂ + wᵢ x₃)) with u = i, v = 16 - i, w = min(u, v); n = 3, m = 15; start (1, 1, 1), where
/// f = 41.6817; minimum 8.21487...·10⁻³ at (0.0824..., 1.133..., 2.343...), and 17.4286... for x₂, x₃ → -∞ at
/// x₁ = 0.8406...
/// Moré, Garbow, Hillstrom (1981) problem 8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bard;

impl Residuals for Bard {
    published!(
        "Bard", n = 3, m = BARD.len(), start: [1.0; 3],
        minima: [8.214877306578973e-3, 17.428693333333],
        minimizers: [[0.08241055974978907, 1.133036092029724, 2.3436951786425353]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for (i, y) in (1..).zip(BARD) {
            let (u, v) = (f64::from(i), f64::from(16 - i));
            out(y - (x[0] + u / (v * x[1] + u.min(v) * x[2])));
        }
    }
}

/// The normal density, to four digits.
const GAUSSIAN: [f64; 15] = [
    0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989, 0.3521, 0.2420, 0.1295, 0.0540,
    0.0175, 0.0044, 0.0009,
];

/// A Gaussian through a table of the normal density.
///
/// rᵢ = x₁ exp(-x₂ (tᵢ - x₃)²/2) - yᵢ with tᵢ = (8 - i)/2; n = 3, m = 15; start (0.4, 1, 0); minimum
/// 1.12793...·10⁻⁸ at (0.3989..., 1.0000..., 0).
/// Moré, Garbow, Hillstrom (1981) problem 9.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaussian;

impl Residuals for Gaussian {
    published!(
        "Gaussian", n = 3, m = GAUSSIAN.len(), start: [0.4, 1.0, 0.0],
        minima: [1.1279327696189352e-8],
        minimizers: [[0.39895613783875666, 1.0000190844878059, 0.0]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for (i, y) in (1..).zip(GAUSSIAN) {
            let t = f64::from(8 - i) / 2.0;
            out(x[0] * (-0.5 * x[1] * (t - x[2]).powi(2)).exp() - y);
        }
    }
}

const MEYER: [f64; 16] = [
    34780.0, 28610.0, 23650.0, 19630.0, 16370.0, 13720.0, 11540.0, 9744.0, 8261.0, 7030.0, 6005.0,
    5147.0, 4427.0, 3820.0, 3307.0, 2872.0,
];

/// Meyer's thermistor: an exponential fit whose coordinates differ by a factor of 10⁶.
///
/// rᵢ = x₁ exp(x₂/(tᵢ + x₃)) - yᵢ with tᵢ = 45 + 5i; n = 3, m = 16; start (0.02, 4000, 250), where
/// f = 1.69361·10⁹; minimum 87.9458... at (0.005609..., 6181.3..., 345.22...).
/// Moré, Garbow, Hillstrom (1981) problem 10.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Meyer;

impl Residuals for Meyer {
    published!(
        "Meyer", n = 3, m = MEYER.len(), start: [0.02, 4000.0, 250.0], minima: [87.94585517064287],
        minimizers: [[0.0056096364709469874, 6181.346346298423, 345.2236346245422]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for (i, y) in (1..).zip(MEYER) {
            out(x[0] * (x[1] / (f64::from(45 + 5 * i) + x[2])).exp() - y);
        }
    }
}

const KOWALIK_OSBORNE: [(f64, f64); 11] = [
    (0.1957, 4.0),
    (0.1947, 2.0),
    (0.1735, 1.0),
    (0.1600, 0.5),
    (0.0844, 0.25),
    (0.0627, 0.167),
    (0.0456, 0.125),
    (0.0342, 0.1),
    (0.0323, 0.0833),
    (0.0235, 0.0714),
    (0.0246, 0.0625),
];

/// Kowalik and Osborne's enzyme reaction.
///
/// rᵢ = yᵢ - x₁ (uᵢ² + uᵢ x₂)/(uᵢ² + uᵢ x₃ + x₄); n = 4, m = 11; start (0.25, 0.39, 0.415, 0.39), where
/// f = 5.31361·10⁻³; minimum 3.07505...·10⁻⁴ at (0.1928..., 0.1912..., 0.1230..., 0.1360...), and 1.02734...·10⁻³
/// for x → (∞, -14.07..., -∞, -∞).
/// Moré, Garbow, Hillstrom (1981) problem 15.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KowalikOsborne;

impl Residuals for KowalikOsborne {
    published!(
        "Kowalik-Osborne", n = 4, m = KOWALIK_OSBORNE.len(), start: [0.25, 0.39, 0.415, 0.39],
        minima: [3.0750560384923734e-4, 1.02734e-3],
        minimizers: [[
            0.1928069345790379, 0.19128232873436704, 0.12305650692632086, 0.13606233068379486,
        ]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for (y, u) in KOWALIK_OSBORNE {
            out(y - x[0] * (u * (u + x[1])) / (u * (u + x[2]) + x[3]));
        }
    }
}

const OSBORNE_ONE: [f64; 33] = [
    0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685,
    0.658, 0.628, 0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448,
    0.438, 0.431, 0.424, 0.420, 0.414, 0.411, 0.406,
];

/// Osborne's first function: two exponentials and a constant.
///
/// rᵢ = yᵢ - (x₁ + x₂ exp(-tᵢ x₄) + x₃ exp(-tᵢ x₅)) with tᵢ = 10 (i - 1); n = 5, m = 33; start
/// (0.5, 1.5, -1, 0.01, 0.02); minimum 5.46489...·10⁻⁵ at (0.3754..., 1.935..., -1.464..., 0.0128..., 0.0221...).
/// Moré, Garbow, Hillstrom (1981) problem 17.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OsborneOne;

impl Residuals for OsborneOne {
    published!(
        "Osborne 1", n = 5, m = OSBORNE_ONE.len(), start: [0.5, 1.5, -1.0, 0.01, 0.02],
        minima: [5.464894697482556e-5],
        minimizers: [[
            0.37541005210695194, 1.9358469127123639, -1.4646871366134195, 0.012867534640057278,
            0.022122699661672615,
        ]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for (i, y) in (0..).zip(OSBORNE_ONE) {
            let t = f64::from(10 * i);
            out(y - (x[0] + x[1] * (-t * x[3]).exp() + x[2] * (-t * x[4]).exp()));
        }
    }
}

const OSBORNE_TWO: [f64; 65] = [
    1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608,
    0.655, 0.616, 0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661,
    0.612, 0.558, 0.533, 0.495, 0.500, 0.423, 0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428,
    0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559,
    0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054,
];

/// Osborne's second function: an exponential and three Gaussian peaks.
///
/// rᵢ = yᵢ - (x₁ exp(-tᵢ x₅) + x₂ exp(-(tᵢ - x₉)² x₆) + x₃ exp(-(tᵢ - x₁₀)² x₇) + x₄ exp(-(tᵢ - x₁₁)² x₈)) with
/// tᵢ = (i - 1)/10; n = 11, m = 65; start (1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5); minimum
/// 4.01377...·10⁻² at (1.31, 0.4315, 0.6336, 0.5993, 0.7539, 0.9056, 1.3651, 4.8248, 2.3988, 4.5689, 5.6754).
/// Moré, Garbow, Hillstrom (1981) problem 19.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OsborneTwo;

impl Residuals for OsborneTwo {
    published!(
        "Osborne 2", n = 11, m = OSBORNE_TWO.len(),
        start: [1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5],
        minima: [4.013773629354776e-2],
        minimizers: [[
            1.3099771546273007, 0.43155379460298887, 0.633661698960724, 0.5994305347859162,
            0.7541832263280113, 0.9042885798596338, 1.3658118352370283, 4.823698817227157,
            2.3986848661317546, 4.568874597667672, 5.6753414705806415,
        ]],
    );

    fn residuals<R: Real>(&self, x: &[Num<R>], out: &mut impl FnMut(Num<R>)) {
        for (i, y) in (0..).zip(OSBORNE_TWO) {
            let t = f64::from(i) / 10.0;
            let peak =
                |height: usize| x[height] * (-(t - x[height + 7]).powi(2) * x[height + 4]).exp();
            out(y - (x[0] * (-t * x[4]).exp() + peak(1) + peak(2) + peak(3)));
        }
    }
}
