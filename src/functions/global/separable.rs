//! Sums of functions of one coordinate each, with many local minima.

use std::f64::consts::PI;

use super::{GlobalFormula, any_size};
use crate::functions::sized;
use crate::{DVector, Error, Formula, Num, Real};

any_size! {
    /// Schwefel's function Σ c - xᵢ sin √|xᵢ|, c = 418.98...: f = 0 at (420.96..., ..., 420.96...), near a corner and far
    /// from the second lowest minimum.
    ///
    /// Outside the box it would be unbounded below; there each term is continued as a parabola of curvature 2 with the
    /// value and the slope of the border, which stays above 0.
    ///
    /// H.-P. Schwefel, Numerical Optimization of Computer Models, Wiley (1981), problem 2.26.
    Schwefel, "schwefel", n >= 1 ("at least 1"), box: [-SCHWEFEL_BORDER, SCHWEFEL_BORDER],
    minimum: |_n| 0.0, at: 420.96874635998205,
    |x| x.iter().map(|&x| schwefel(x)).sum()
}

/// c, the maximum of x sin √|x| for |x| up to 500.
const SCHWEFEL_PEAK: f64 = 418.9828872724337;

const SCHWEFEL_BORDER: f64 = 500.0;

/// One term of Schwefel's function.
fn schwefel<R: Real>(x: Num<R>) -> Num<R> {
    if x.value().abs() > SCHWEFEL_BORDER {
        let border = SCHWEFEL_BORDER.copysign(x.value());
        let root = SCHWEFEL_BORDER.sqrt();
        let slope = -(root.sin() + root / 2.0 * root.cos());
        let beyond = x - border;
        SCHWEFEL_PEAK - border * root.sin() + (slope + beyond) * beyond
    } else if x == 0.0 {
        // The derivative is 0, not that of the root times 0.
        Num::from(SCHWEFEL_PEAK)
    } else {
        SCHWEFEL_PEAK - x * x.abs().sqrt().sin()
    }
}

any_size! {
    /// Styblinski and Tang's function Σ (xᵢ⁴ - 16xᵢ² + 5xᵢ)/2: 2ⁿ minima, the lowest -39.16...n at
    /// (-2.90..., ..., -2.90...).
    ///
    /// M. A. Styblinski, T.-S. Tang, Neural Networks 3 (1990) 467-483.
    StyblinskiTang, "styblinski-tang", n >= 1 ("at least 1"), box: [-5.0, 5.0],
    minimum: |n| -39.16616570377141 * n, at: -2.903534027771177,
    |x| x
        .iter()
        .map(|&x| {
            let square = x * x;
            ((square - 16.0) * square + 5.0 * x) / 2.0
        })
        .sum()
}

/// Michalewicz' function -Σ sin(xᵢ) sin²ᵐ(i xᵢ²/π) with m = 10: n! minima in the box, in valleys that are narrow for
/// large m.
///
/// f* = -1.8013... for n = 2, -4.6876... for n = 5, -9.6601... for n = 10. Outside the box, where minima are lower, each
/// term is the square of the distance to the box.
///
/// Z. Michalewicz, Genetic Algorithms + Data Structures = Evolution Programs, Springer (1992).
#[derive(Clone, Debug, PartialEq)]
pub struct Michalewicz {
    minimizer: DVector<f64>,
    minimum: f64,
}

/// 2m.
const POWER: i32 = 20;

impl Michalewicz {
    /// With `n` variables, at least 1. Finds the minimiser, coordinate by coordinate, to the last digit.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a smaller `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        let n = sized(n, n >= 1, "at least 1")?;
        let minimizer = DVector::from_fn(n, |index, _| michalewicz_minimizer(index + 1));
        let terms = minimizer.iter().enumerate();
        let minimum =
            terms.map(|(index, &x)| michalewicz(index, Num::<f64>::from(x)).value()).sum();
        Ok(Self { minimizer, minimum })
    }
}

/// The term of xᵢ, i = index + 1.
fn michalewicz<R: Real>(index: usize, x: Num<R>) -> Num<R> {
    let inside = x.max(0.0).min(PI);
    let beyond = x - inside;
    let i = index as f64 + 1.0;
    beyond * beyond - inside.sin() * ((i / PI) * (inside * inside)).sin().powi(POWER)
}

/// The minimiser of the term of xᵢ.
///
/// sin²ᵐ(i x²/π) has a lobe for each k = 0, ..., i - 1, between the zeros √(k/i) π and √((k + 1)/i) π, highest in the
/// middle, at √((k + ½)/i) π. The product with sin x is largest in one of the two lobes whose middles enclose π/2.
fn michalewicz_minimizer(i: usize) -> f64 {
    let below = (i as f64 / 4.0 - 0.5).floor().max(0.0);
    let above = (below + 1.0).min(i as f64 - 1.0);
    let [a, b] = [below, above].map(|k| top_of_lobe(i as f64, k));
    let value = |x: f64| michalewicz(i - 1, Num::<f64>::from(x)).value();
    if value(a) <= value(b) { a } else { b }
}

/// Where the logarithm ln sin x + 2m ln |sin(i x²/π)|, concave on a lobe, has slope 0: by bisection until no number is
/// left between the ends.
fn top_of_lobe(i: f64, k: f64) -> f64 {
    let (mut left, mut right) = ((k / i).sqrt() * PI, ((k + 1.0) / i).sqrt() * PI);
    loop {
        let x = left + (right - left) / 2.0;
        if x <= left || x >= right {
            return left;
        }
        let slope = x.tan().recip()
            + f64::from(POWER) * (2.0 * i * x / PI) * (i * x * x / PI).tan().recip();
        if slope > 0.0 {
            left = x;
        } else {
            right = x;
        }
    }
}

impl Formula for Michalewicz {
    fn dimension(&self) -> usize {
        self.minimizer.len()
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        x.iter().enumerate().map(|(index, &x)| michalewicz(index, x)).sum()
    }
}

impl GlobalFormula for Michalewicz {
    fn name(&self) -> &'static str {
        "michalewicz"
    }
    fn interval(&self) -> [f64; 2] {
        [0.0, PI]
    }
    fn minimum(&self) -> f64 {
        self.minimum
    }
    fn minimizer(&self) -> DVector<f64> {
        self.minimizer.clone()
    }
}
