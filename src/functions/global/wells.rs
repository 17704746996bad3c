//! A few wells of different depths in a plain, with the tables of L. C. W. Dixon, G. P. Szegö, Towards Global
//! Optimisation 2, North-Holland (1978), pp. 1-15. All centres lie in the box, so that no point outside it is lower.
//! Minimisers come from Newton's method in 50 digits.

use super::GlobalFormula;
use crate::{DVector, Formula, Num, Real};

/// Hartmann's functions -Σᵢ₌₁⁴ cᵢ exp(-Σⱼ aᵢⱼ (xⱼ - pᵢⱼ)²) in 3 and in 6 variables.
///
/// For n = 3, p₄₁ is 0.03815, as Dixon and Szegö have it; codes that round it to 0.0381 have f* = -3.862779787...
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hartmann {
    name: &'static str,
    rates: [&'static [f64]; 4],
    centers: [&'static [f64]; 4],
    minimum: f64,
    minimizer: &'static [f64],
}

/// c.
const HARTMANN_DEPTHS: [f64; 4] = [1.0, 1.2, 3.0, 3.2];

impl Hartmann {
    /// In 3 variables: 4 minima, the lowest -3.8627... at (0.1146..., 0.5556..., 0.8525...).
    pub fn three() -> Self {
        Self {
            name: "hartmann-3",
            rates: [&[3.0, 10.0, 30.0], &[0.1, 10.0, 35.0], &[3.0, 10.0, 30.0], &[0.1, 10.0, 35.0]],
            centers: [
                &[0.3689, 0.1170, 0.2673],
                &[0.4699, 0.4387, 0.7470],
                &[0.1091, 0.8732, 0.5547],
                &[0.03815, 0.5743, 0.8828],
            ],
            minimum: -3.8627821478207554,
            minimizer: &[0.11461433858967197, 0.5556488499718569, 0.8525469535208657],
        }
    }

    /// In 6 variables: the lowest minimum -3.3223... at (0.2016..., 0.1500..., 0.4768..., 0.2753..., 0.3116..., 0.6573...).
    pub fn six() -> Self {
        Self {
            name: "hartmann-6",
            rates: [
                &[10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
                &[0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
                &[3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
                &[17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
            ],
            centers: [
                &[0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
                &[0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
                &[0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
                &[0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
            ],
            minimum: -3.3223680114155147,
            minimizer: &[
                0.20168951100670543,
                0.15001069182345797,
                0.476873974221897,
                0.2753324304940561,
                0.31165161660011326,
                0.6573005340656203,
            ],
        }
    }
}

impl Formula for Hartmann {
    fn dimension(&self) -> usize {
        self.minimizer.len()
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        let mut sum = Num::from(0.0);
        for ((depth, rates), centers) in HARTMANN_DEPTHS.iter().zip(self.rates).zip(self.centers) {
            let mut exponent = Num::from(0.0);
            for ((&x, &rate), &center) in x.iter().zip(rates).zip(centers) {
                let t = x - center;
                exponent -= rate * (t * t);
            }
            sum -= *depth * exponent.exp();
        }
        sum
    }
}

impl GlobalFormula for Hartmann {
    fn name(&self) -> &'static str {
        self.name
    }
    fn interval(&self) -> [f64; 2] {
        [0.0, 1.0]
    }
    fn minimum(&self) -> f64 {
        self.minimum
    }
    fn minimizer(&self) -> DVector<f64> {
        DVector::from_row_slice(self.minimizer)
    }
}

/// Shekel's foxholes -Σᵢ₌₁ᵐ 1 / (cᵢ + Σⱼ (xⱼ - aᵢⱼ)²) in 4 variables: m minima, each near one aᵢ, the lowest near
/// (4, 4, 4, 4).
///
/// a₇ is (5, 5, 3, 3), as Dixon and Szegö have it, not the (5, 3, 5, 3) of some codes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shekel {
    name: &'static str,
    /// m.
    wells: usize,
    minimum: f64,
    minimizer: [f64; 4],
}

/// a.
const SHEKEL_CENTERS: [[f64; 4]; 10] = [
    [4.0, 4.0, 4.0, 4.0],
    [1.0, 1.0, 1.0, 1.0],
    [8.0, 8.0, 8.0, 8.0],
    [6.0, 6.0, 6.0, 6.0],
    [3.0, 7.0, 3.0, 7.0],
    [2.0, 9.0, 2.0, 9.0],
    [5.0, 5.0, 3.0, 3.0],
    [8.0, 1.0, 8.0, 1.0],
    [6.0, 2.0, 6.0, 2.0],
    [7.0, 3.6, 7.0, 3.6],
];

/// c.
const SHEKEL_WIDTHS: [f64; 10] = [0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5];

impl Shekel {
    /// With 5 wells: f* = -10.1531...
    pub fn five() -> Self {
        let (a, b) = (4.000037152819676, 4.00013327659156);
        Self { name: "shekel-5", wells: 5, minimum: -10.153199679058227, minimizer: [a, b, a, b] }
    }

    /// With 7 wells: f* = -10.4029...
    pub fn seven() -> Self {
        Self {
            name: "shekel-7",
            wells: 7,
            minimum: -10.40294056681866,
            minimizer: [
                4.000572916185823,
                4.000689366185305,
                3.9994897088591506,
                3.9996061588586316,
            ],
        }
    }

    /// With 10 wells: f* = -10.5364...
    pub fn ten() -> Self {
        Self {
            name: "shekel-10",
            wells: 10,
            minimum: -10.536409816692043,
            minimizer: [
                4.000746531592046,
                4.000592934138532,
                3.9996633980403224,
                3.9995098005868077,
            ],
        }
    }
}

impl Formula for Shekel {
    fn dimension(&self) -> usize {
        4
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        let mut sum = Num::from(0.0);
        for (center, &width) in SHEKEL_CENTERS.iter().zip(&SHEKEL_WIDTHS).take(self.wells) {
            let mut square = Num::from(width);
            for (&x, &center) in x.iter().zip(center) {
                let t = x - center;
                square += t * t;
            }
            sum -= square.recip();
        }
        sum
    }
}

impl GlobalFormula for Shekel {
    fn name(&self) -> &'static str {
        self.name
    }
    fn interval(&self) -> [f64; 2] {
        [0.0, 10.0]
    }
    fn minimum(&self) -> f64 {
        self.minimum
    }
    fn minimizer(&self) -> DVector<f64> {
        DVector::from_row_slice(&self.minimizer)
    }
}
