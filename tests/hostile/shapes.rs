//! Smooth and nonsmooth functions of many kinds, with their derivatives.

use extremum::DVector;

use super::dice::{Dice, fraction, hash};

/// φ(u).
#[derive(Clone, Debug)]
pub enum Shape {
    /// ½ u'Qu, Q with these eigenvalues, turned by a reflection along a random vector, or not turned (0).
    Quadratic { eigenvalues: Vec<f64>, turn: u64 },
    /// Rosenbrock's, chained: Σ 100 (u_{i+1} - u_i²)² + Σ (1 - u_i)².
    Chain,
    /// Σ (i+1) (u_i - ln u_i), and this value where some u_i is not positive.
    Barrier { beyond: f64 },
    /// Σ |u_i| + u_i² / 10.
    Kink,
    /// max |u_i|.
    Edge,
    /// |u|² within the unit ball, 5 without it.
    Shelf,
    /// 1 - exp(-|u|²): flat far away.
    Plateau,
    /// Σ ⌊8 |u_i|⌋ / 8.
    Stairs,
    /// |u|², times 1 + level · noise(x).
    Noise { level: f64 },
    /// Σ |u_i|^power with an infinite slope at 0; NaN below 0 or not.
    Root { power: f64, is_one_sided: bool },
    /// |u|², and 1 more where u_0 > 0.3.
    Jump,
    /// |u|², and -infinity where u_0 < -1.
    Abyss,
    /// Σ (i+1) u_i.
    Slope,
    /// Σ u_i^(1 + i mod 9), unbounded where a power is odd.
    Powers,
    /// Σ u_i² / 2 + 10 (1 - cos 3 u_i), as 20 sin² (3/2) u_i: 1 - cos 3 u is 0 to the last bit where |u| < 5e-9, and the
    /// costs are those of u² / 2 there, whose slope is not that of the waves.
    Waves,
    /// Σ exp(u_i) - u_i.
    Exponential,
    /// 1.
    Constant,
    /// NaN, infinities, and numbers of any size without order.
    Chaos { seed: u64 },
}

impl Shape {
    pub fn draw(dice: &mut Dice, n: usize) -> Self {
        match dice.index(22) {
            0..=3 => {
                let condition = dice.between(0.0, 16.0);
                let is_convex = dice.flag();
                let eigenvalue = |_| {
                    let sign = if is_convex || dice.chance(0.7) { 1.0 } else { -1.0 };
                    sign * if dice.chance(0.03) { 0.0 } else { dice.power(-condition, 0.0) }
                };
                let eigenvalues = (0..n).map(eigenvalue).collect();
                Self::Quadratic { eigenvalues, turn: if dice.flag() { dice.bits() } else { 0 } }
            }
            4..=5 => Self::Chain,
            6 => Self::Barrier { beyond: f64::NAN },
            7 => Self::Barrier { beyond: dice.pick(&[f64::INFINITY, f64::NEG_INFINITY]) },
            8 => Self::Kink,
            9 => Self::Edge,
            10 => Self::Shelf,
            11 => Self::Plateau,
            12 => Self::Stairs,
            13 => Self::Noise { level: dice.power(-16.0, 0.0) },
            14 => Self::Root { power: dice.between(0.1, 1.0), is_one_sided: dice.flag() },
            15 => Self::Jump,
            16 => Self::Abyss,
            17 => dice.pick(&[Self::Slope, Self::Constant].each_ref()).clone(),
            18 => Self::Powers,
            19 => Self::Waves,
            20 => Self::Exponential,
            _ => Self::Chaos { seed: dice.bits() },
        }
    }

    /// True where the derivatives at a point say how the function goes on around it.
    pub fn is_smooth(&self) -> bool {
        matches!(
            self,
            Self::Quadratic { .. }
                | Self::Chain
                | Self::Barrier { .. }
                | Self::Plateau
                | Self::Slope
                | Self::Powers
                | Self::Waves
                | Self::Exponential
                | Self::Constant
        )
    }

    /// The reflection I - 2vv'/v'v of a quadratic.
    pub fn axis(turn: u64, n: usize) -> Option<DVector<f64>> {
        let mut dice = Dice::new(turn);
        (turn != 0).then(|| DVector::from_fn(n, |_, _| dice.between(-1.0, 1.0)).normalize())
    }

    pub fn reflected(u: &DVector<f64>, axis: Option<&DVector<f64>>) -> DVector<f64> {
        axis.map_or_else(|| u.clone(), |v| u - v * (2.0 * v.dot(u)))
    }

    /// φ(u), u the local coordinates of x.
    pub fn cost(&self, u: &DVector<f64>, x: &DVector<f64>) -> f64 {
        let r = u.norm_squared();
        let sum =
            |term: &dyn Fn(usize, f64) -> f64| u.iter().enumerate().map(|(i, u)| term(i, *u)).sum();
        match self {
            Self::Quadratic { eigenvalues, turn } => {
                let v = Self::reflected(u, Self::axis(*turn, u.len()).as_ref());
                0.5 * v.iter().zip(eigenvalues).map(|(v, q)| q * v * v).sum::<f64>()
            }
            Self::Chain => {
                let links = u.as_slice().windows(2).map(|u| 100.0 * (u[1] - u[0] * u[0]).powi(2));
                links.sum::<f64>() + u.iter().map(|u| (1.0 - u).powi(2)).sum::<f64>()
            }
            Self::Barrier { beyond } if u.iter().any(|u| *u <= 0.0) => *beyond,
            Self::Barrier { .. } => sum(&|i, u| (i + 1) as f64 * (u - u.ln())),
            Self::Kink => sum(&|_, u| u.abs() + 0.1 * u * u),
            Self::Edge => u.amax(),
            Self::Shelf => {
                if r < 1.0 {
                    r
                } else {
                    5.0
                }
            }
            Self::Plateau => 1.0 - (-r).exp(),
            Self::Stairs => sum(&|_, u| (8.0 * u.abs()).floor() / 8.0),
            Self::Noise { level } => r * (1.0 + level * (2.0 * fraction(hash(x.as_slice())) - 1.0)),
            Self::Root { is_one_sided: true, .. } if u.iter().any(|u| *u < 0.0) => f64::NAN,
            Self::Root { power, .. } => sum(&|_, u| u.abs().powf(*power)),
            Self::Jump => r + f64::from(u8::from(u[0] > 0.3)),
            Self::Abyss => {
                if u[0] < -1.0 {
                    f64::NEG_INFINITY
                } else {
                    r
                }
            }
            Self::Slope => sum(&|i, u| (i + 1) as f64 * u),
            Self::Powers => sum(&|i, u| u.powi(1 + i as i32 % 9)),
            Self::Waves => sum(&|_, u| 0.5 * u * u + 20.0 * (1.5 * u).sin().powi(2)),
            Self::Exponential => sum(&|_, u| u.exp() - u),
            Self::Constant => 1.0,
            Self::Chaos { seed } => chaos(seed ^ hash(x.as_slice())),
        }
    }

    /// ∂φ/∂u_i.
    pub fn slope(&self, u: &DVector<f64>, x: &DVector<f64>, i: usize) -> f64 {
        let (n, r) = (u.len(), u.norm_squared());
        let v = u[i];
        let sign = if v == 0.0 { 0.0 } else { v.signum() };
        match self {
            Self::Quadratic { .. } => unreachable!("all at once"),
            Self::Chain => {
                let ahead = if i + 1 < n { -400.0 * v * (u[i + 1] - v * v) } else { 0.0 };
                let behind = if i > 0 { 200.0 * (v - u[i - 1] * u[i - 1]) } else { 0.0 };
                ahead + behind - 2.0 * (1.0 - v)
            }
            Self::Barrier { .. } if u.iter().any(|u| *u <= 0.0) => f64::NAN,
            Self::Barrier { .. } => (i + 1) as f64 * (1.0 - 1.0 / v),
            Self::Kink => sign + 0.2 * v,
            Self::Edge => {
                if i == u.icamax() {
                    sign
                } else {
                    0.0
                }
            }
            Self::Shelf => {
                if r < 1.0 {
                    2.0 * v
                } else {
                    0.0
                }
            }
            Self::Plateau => 2.0 * v * (-r).exp(),
            Self::Stairs | Self::Constant => 0.0,
            Self::Noise { .. } | Self::Jump => 2.0 * v,
            Self::Root { is_one_sided: true, .. } if u.iter().any(|u| *u < 0.0) => f64::NAN,
            Self::Root { power, .. } => sign * power * v.abs().powf(power - 1.0),
            Self::Abyss => {
                if u[0] < -1.0 {
                    f64::NAN
                } else {
                    2.0 * v
                }
            }
            Self::Slope => (i + 1) as f64,
            Self::Powers => {
                let p = 1 + i as i32 % 9;
                f64::from(p) * v.powi(p - 1)
            }
            Self::Waves => v + 30.0 * (3.0 * v).sin(),
            Self::Exponential => v.exp() - 1.0,
            Self::Chaos { seed } => chaos(seed ^ hash(x.as_slice()) ^ (i as u64 + 1)),
        }
    }

    /// ∂²φ/∂u_i∂u_j, where it is simple.
    pub fn curvature(&self, u: &DVector<f64>, i: usize, j: usize) -> Option<f64> {
        let on_diagonal = |value: f64| Some(if i == j { value } else { 0.0 });
        let v = u[i];
        match self {
            Self::Chain => Some(if i == j {
                let ahead = if i + 1 < u.len() { 1200.0 * v * v - 400.0 * u[i + 1] } else { 0.0 };
                2.0 + ahead + if i > 0 { 200.0 } else { 0.0 }
            } else if i.abs_diff(j) == 1 {
                -400.0 * u[i.min(j)]
            } else {
                0.0
            }),
            Self::Barrier { .. } => on_diagonal((i + 1) as f64 / (v * v)),
            Self::Kink => on_diagonal(0.2),
            Self::Waves => on_diagonal(1.0 + 90.0 * (3.0 * v).cos()),
            Self::Exponential => on_diagonal(v.exp()),
            Self::Slope | Self::Constant | Self::Stairs | Self::Edge => Some(0.0),
            Self::Noise { .. } | Self::Jump | Self::Shelf | Self::Abyss => on_diagonal(2.0),
            _ => None,
        }
    }
}

fn chaos(hash: u64) -> f64 {
    match hash % 16 {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 if hash % 64 == 2 => f64::NEG_INFINITY,
        3 => f64::from_bits(hash.rotate_left(7)),
        _ => fraction(hash.rotate_left(17)) - 0.5,
    }
}
