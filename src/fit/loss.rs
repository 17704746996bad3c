//! Losses that limit the influence of outliers.
//!
//! ```text
//! cost ½ Σ c² ρ((rᵢ/c)²) = ½ Σ r̃ᵢ²,   r̃ = c g(r/c),   g(u) = sign(u) √ρ(u²)
//! ```
//!
//! P. Huber, *Robust statistics* (1981), chapters 4 and 7; J. Beaton and J. Tukey, Technometrics 16 (1974) 147-185. The
//! form ρ(z) of a squared residual is that of B. Triggs et al., *Bundle adjustment*, LNCS 1883 (2000) 298-372, section
//! 2.2.

use serde::{Deserialize, Serialize};

/// What a residual costs, as a function of z = (r/c)² with a scale c: ½ c² ρ(z). Near 0 all are ρ(z) ≈ z, the square.
///
/// | loss | ρ(z) | tuning k |
/// |---|---|---|
/// | `Huber` | z up to 1, then 2√z − 1 | 1.3450 |
/// | `SoftL1` | 2 (√(1 + z) − 1) | 1.2871 |
/// | `Cauchy` | ln(1 + z) | 2.3849 |
/// | `Arctan` | arctan z | 2.5714 |
/// | `Tukey` | (1 − (1 − z)³)/3 up to 1, then 1/3 | 4.6851 |
///
/// With c = k s the parameters have 95 % of the efficiency of least squares when the errors are normal with standard
/// deviation s. The first two are convex. With the others far outliers count less and less, in the end not at all, and
/// there may be several minima: they need a good start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// Squares near 0, absolute values beyond c.
    Huber,
    /// The same with a smooth passage.
    SoftL1,
    /// The likelihood of errors with Cauchy's distribution.
    Cauchy,
    /// At most c² π/4 for a residual.
    Arctan,
    /// Tukey's biweight: at most c²/6 for a residual, and no influence beyond c.
    Tukey,
}

/// Below this, series have fewer errors than differences.
const SMALL: f64 = 1e-3;
/// Squares of this are finite.
const LARGE: f64 = 1e100;

/// g and its first two derivatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Transformed {
    pub value: f64,
    pub slope: f64,
    pub curvature: f64,
}

impl Loss {
    /// The scale c = k s for 95 % efficiency at normal errors of standard deviation s.
    pub fn tuning(self) -> f64 {
        match self {
            Self::Huber => 1.3449975,
            Self::SoftL1 => 1.2870992,
            Self::Cauchy => 2.3849471,
            Self::Arctan => 2.5714006,
            Self::Tukey => 4.6850649,
        }
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Huber => "Huber",
            Self::SoftL1 => "soft L1",
            Self::Cauchy => "Cauchy",
            Self::Arctan => "arctan",
            Self::Tukey => "Tukey",
        }
    }

    /// g(u) = sign(u) √ρ(u²), g'(u) and g''(u).
    pub(super) fn transform(self, u: f64) -> Transformed {
        let [value, slope, curvature] = self.of_positive(u.abs());
        let sign = 1.0_f64.copysign(u);
        Transformed { value: sign * value, slope, curvature: sign * curvature }
    }

    fn of_positive(self, u: f64) -> [f64; 3] {
        match self {
            Self::Huber if u <= 1.0 => [u, 1.0, 0.0],
            Self::Huber => {
                let half = u - 0.5;
                let root = 2.0_f64.sqrt() * half.sqrt();
                [root, 1.0 / root, -1.0 / (root * (2.0 * half))]
            }
            Self::SoftL1 => {
                // h = √(1 + u²), g = u / q, q = √((1 + h)/2).
                let h = u.hypot(1.0);
                let q = (0.5 * h + 0.5).sqrt();
                [u / q, q / h, -(u / h) * ((h + 2.0) / h) / (4.0 * q * h)]
            }
            Self::Tukey if u >= 1.0 => [(1.0_f64 / 3.0).sqrt(), 0.0, 0.0],
            Self::Tukey => {
                let z = u * u;
                let (phi, slope) = (1.0 - z + z * z / 3.0, -1.0 + 2.0 * z / 3.0);
                from_square(u, [phi, slope], [(1.0 - z).powi(2), -2.0 * (1.0 - z)])
            }
            Self::Cauchy if u > LARGE => {
                let root = (2.0 * u.ln()).sqrt();
                [root, 1.0 / (u * root), -(1.0 / u) / (u * root)]
            }
            Self::Cauchy => {
                let z = u * u;
                let first = 1.0 / (1.0 + z);
                let [phi, slope] = if z < SMALL {
                    let phi = 1.0 - z * (1.0 / 2.0 - z * (1.0 / 3.0 - z * (1.0 / 4.0 - z / 5.0)));
                    [phi, -1.0 / 2.0 + z * (2.0 / 3.0 - z * (3.0 / 4.0 - z * 4.0 / 5.0))]
                } else {
                    let phi = z.ln_1p() / z;
                    [phi, (first - phi) / z]
                };
                from_square(u, [phi, slope], [first, -first * first])
            }
            Self::Arctan if u > LARGE => [std::f64::consts::FRAC_PI_2.sqrt(), 0.0, 0.0],
            Self::Arctan => {
                let z = u * u;
                let first = 1.0 / (1.0 + z * z);
                let [phi, slope] = if z < SMALL {
                    let w = z * z;
                    [1.0 - w * (1.0 / 3.0 - w / 5.0), -z * (2.0 / 3.0 - w * 4.0 / 5.0)]
                } else {
                    let phi = z.atan() / z;
                    [phi, (first - phi) / z]
                };
                from_square(u, [phi, slope], [first, -2.0 * z * first * first])
            }
        }
    }
}

/// From φ = ρ/z, φ' and ρ', ρ'', functions of z = u²: g = u √φ, g' = ρ'/√φ, g'' = 2u dg'/dz.
fn from_square(u: f64, [phi, phi_slope]: [f64; 2], [rho_1, rho_2]: [f64; 2]) -> [f64; 3] {
    let root = phi.sqrt();
    let slope = rho_1 / root;
    [u * root, slope, 2.0 * u * (rho_2 - 0.5 * rho_1 * phi_slope / phi) / root]
}
