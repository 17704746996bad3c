//! Landscapes in two variables, most of them with several minima.
//!
//! Each function is a [`Formula`], so that `AutoDiff(Himmelblau)` has exact derivatives; [`classics()`] returns them
//! with their starts and minima. Minimisers are given to the last digit of f64; those with no closed form come from
//! Newton's method.

use std::f64::consts::PI;

use super::{TestFunction, residuals};
use crate::{Formula, Num, Real};

/// The twelve functions of this module and [`Beale`](residuals::Beale)'s.
#[inline]
pub fn classics() -> Vec<TestFunction> {
    vec![
        TestFunction::from_formula(
            "Himmelblau",
            Himmelblau,
            &[0.0, 0.0],
            &[0.0],
            &[
                &[3.0, 2.0],
                &[3.5844283403304917, -1.8481265269644036],
                &[-3.779310253377747, -3.2831859912861696],
                &[-2.805118086952745, 3.131312518250573],
            ],
        ),
        residuals::Beale.into(),
        TestFunction::from_formula("Booth", Booth, &[0.0, 0.0], &[0.0], &[&[1.0, 3.0]]),
        TestFunction::from_formula("Matyas", Matyas, &[5.0, -3.0], &[0.0], &[&[0.0, 0.0]]),
        TestFunction::from_formula(
            "Three-hump camel",
            ThreeHumpCamel,
            &[-3.0, 2.0],
            &[0.0, 0.2986384422368598],
            &[
                &[0.0, 0.0],
                &[-1.7475523458302888, 0.8737761729151444],
                &[1.7475523458302888, -0.8737761729151444],
            ],
        ),
        TestFunction::from_formula(
            "Six-hump camel",
            SixHumpCamel,
            &[0.5, -0.5],
            &[-1.0316284534898774, -0.21546382438371725, 2.1042503103112584],
            &[
                &[0.08984201310031806, -0.7126564030207396],
                &[-0.08984201310031806, 0.7126564030207396],
                &[1.7036067149699807, -0.7960835686726251],
                &[-1.7036067149699807, 0.7960835686726251],
                &[1.6071047529201974, 0.5686514548841314],
                &[-1.6071047529201974, -0.5686514548841314],
            ],
        ),
        TestFunction::from_formula(
            "Goldstein-Price",
            GoldsteinPrice,
            &[0.5, -0.5],
            &[3.0, 30.0, 84.0, 840.0],
            &[&[0.0, -1.0], &[-0.6, -0.4], &[1.8, 0.2], &[1.2, 0.8]],
        ),
        TestFunction::from_formula(
            "Branin",
            Branin,
            &[2.5, 7.5],
            &[10.0 / (8.0 * PI)],
            &[&[-PI, 12.275], &[PI, 2.275], &[3.0 * PI, 2.475]],
        ),
        TestFunction::from_formula(
            "McCormick",
            McCormick,
            &[0.0, 0.0],
            &[-0.75f64.sqrt() - PI / 3.0, -0.75f64.sqrt() + 2.0 * PI / 3.0],
            &[&[0.5 - PI / 3.0, -0.5 - PI / 3.0], &[0.5 + 2.0 * PI / 3.0, -0.5 + 2.0 * PI / 3.0]],
        ),
        TestFunction::from_formula("Easom", Easom, &[2.5, 2.5], &[-1.0], &[&[PI, PI]]),
        TestFunction::from_formula(
            "Mueller-Brown",
            MuellerBrown,
            &[-0.75, 0.55],
            &[-146.69951720995402, -108.16672411685235, -80.76781812965903],
            &[
                &[-0.5582236346330243, 1.4417258418046688],
                &[0.6234994049308765, 0.028037758528685668],
                &[-0.050010822998206056, 0.4666941048719721],
            ],
        ),
        TestFunction::from_formula(
            "Butterfly",
            Butterfly,
            &[1.0, 1.0],
            &[-5.684802978297607, -1.5462310915497537],
            &[
                &[2.030346799092724, 2.400744422246036],
                &[-2.030346799092724, 2.400744422246036],
                &[1.2719447174644365, -0.6335701072914404],
                &[-1.2719447174644365, -0.6335701072914404],
            ],
        ),
    ]
}

/// Documents a unit struct and makes it a formula in two variables.
macro_rules! plane {
    ($(#[$doc:meta])* $name:ident, |$x:ident, $y:ident| $cost:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name;

        impl Formula for $name {
            fn dimension(&self) -> usize {
                2
            }
            fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
                let ($x, $y) = (x[0], x[1]);
                $cost
            }
        }
    };
}

plane! {
    /// (x² + y - 11)² + (x + y² - 7)²: 4 minima with f = 0, 4 saddles, 1 maximum.
    ///
    /// D. M. Himmelblau, Applied Nonlinear Programming, McGraw-Hill (1972).
    Himmelblau, |x, y| (x * x + y - 11.0).powi(2) + (x + y * y - 7.0).powi(2)
}

plane! {
    /// (x + 2y - 7)² + (2x + y - 5)²: f = 0 at (1, 3).
    Booth, |x, y| (x + 2.0 * y - 7.0).powi(2) + (2.0 * x + y - 5.0).powi(2)
}

plane! {
    /// 0.26 (x² + y²) - 0.48 x y, a quadratic with eigenvalues 0.04 and 1: f = 0 at the origin.
    Matyas, |x, y| 0.26 * (x * x + y * y) - 0.48 * (x * y)
}

plane! {
    /// 2x² - 1.05x⁴ + x⁶/6 + x y + y²: 3 minima, the lowest f = 0 at the origin, and 2 saddles.
    ThreeHumpCamel, |x, y| 2.0 * x.powi(2) - 1.05 * x.powi(4) + x.powi(6) / 6.0 + x * y + y * y
}

plane! {
    /// (4 - 2.1x² + x⁴/3) x² + x y + (4y² - 4) y²: 6 minima, 7 saddles, 2 maxima; the lowest minimum
    /// -1.0316... at ±(0.0898..., -0.7126...).
    ///
    /// L. C. W. Dixon, G. P. Szegö, Towards Global Optimisation 2, North-Holland (1978).
    SixHumpCamel, |x, y| {
        let (s, t) = (x * x, y * y);
        (4.0 - 2.1 * s + s * s / 3.0) * s + x * y + (4.0 * t - 4.0) * t
    }
}

plane! {
    /// (1 + (x + y + 1)² (19 - 14x + 3x² - 14y + 6xy + 3y²)) ·
    /// (30 + (2x - 3y)² (18 - 32x + 12x² + 48y - 36xy + 27y²)): f = 3 at (0, -1), local minima 30, 84 and 840.
    ///
    /// A. A. Goldstein, J. F. Price, Math. Comp. 25 (1971) 569-574.
    GoldsteinPrice, |x, y| {
        let sum = 19.0 - 14.0 * x + 3.0 * (x * x) - 14.0 * y + 6.0 * (x * y) + 3.0 * (y * y);
        let difference =
            18.0 - 32.0 * x + 12.0 * (x * x) + 48.0 * y - 36.0 * (x * y) + 27.0 * (y * y);
        (1.0 + (x + y + 1.0).powi(2) * sum) * (30.0 + (2.0 * x - 3.0 * y).powi(2) * difference)
    }
}

plane! {
    /// (y - 5.1/(4π²) x² + 5/π x - 6)² + 10 (1 - 1/(8π)) cos x + 10: f = 10/(8π) at (-π, 12.275), (π, 2.275),
    /// (3π, 2.475) and, outside the customary box -5 ≤ x ≤ 10, 0 ≤ y ≤ 15, at every further odd multiple of π.
    ///
    /// F. H. Branin, IBM J. Res. Dev. 16 (1972) 504-522.
    Branin, |x, y| {
        let parabola = y - 5.1 / (4.0 * PI * PI) * (x * x) + 5.0 / PI * x - 6.0;
        parabola.powi(2) + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0
    }
}

plane! {
    /// sin(x + y) + (x - y)² - 1.5x + 2.5y + 1: minima -√¾ - π/3 + kπ at (½ - π/3 + kπ, -½ - π/3 + kπ).
    ///
    /// The customary box -1.5 ≤ x ≤ 4, -3 ≤ y ≤ 4 holds those of k = 0 and 1, which are the ones listed; without it the
    /// cost is unbounded below.
    ///
    /// G. P. McCormick, Math. Programming 10 (1976) 147-175.
    McCormick, |x, y| (x + y).sin() + (x - y).powi(2) - 1.5 * x + 2.5 * y + 1.0
}

plane! {
    /// -cos x cos y exp(-(x - π)² - (y - π)²): f = -1 at (π, π), and flat far from it.
    Easom, |x, y| -(x.cos() * y.cos() * (-(x - PI).powi(2) - (y - PI).powi(2)).exp())
}

/// The four terms of the Müller-Brown surface, rows (A, a, b, c, x̂, ŷ).
const MUELLER_BROWN: [[f64; 6]; 4] = [
    [-200.0, -1.0, 0.0, -10.0, 1.0, 0.0],
    [-100.0, -1.0, 0.0, -10.0, 0.0, 0.5],
    [-170.0, -6.5, 11.0, -6.5, -0.5, 1.5],
    [15.0, 0.7, 0.6, 0.7, -1.0, 1.0],
];

plane! {
    /// The Müller-Brown surface Σₖ Aₖ exp(aₖ (x - x̂ₖ)² + bₖ (x - x̂ₖ)(y - ŷₖ) + cₖ (y - ŷₖ)²), k = 1, ..., 4, the usual
    /// model of a reaction path: 3 minima, the lowest -146.6995..., and 2 saddles.
    ///
    /// K. Müller, L. D. Brown, Theor. Chim. Acta 53 (1979) 75-93.
    MuellerBrown, |x, y| MUELLER_BROWN
        .iter()
        .map(|&[height, a, b, c, x0, y0]| {
            let (u, v) = (x - x0, y - y0);
            height * (a * (u * u) + b * (u * v) + c * (v * v)).exp()
        })
        .sum()
}

plane! {
    /// x⁴ - 1.5x²y² + y⁴ - 2y³ + y² + x²y - 2x²: 4 minima, 4 saddles, 1 maximum; the lowest minima -5.6848... at
    /// (±2.0303..., 2.4007...).
    Butterfly, |x, y| {
        let (s, t) = (x * x, y * y);
        s * s - 1.5 * (s * t) + t * t - 2.0 * (t * y) + t + s * y - 2.0 * s
    }
}
