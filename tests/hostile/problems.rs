//! Functions with their true gradients and Hessians: smooth and not, of any scale.

use extremum::{DMatrix, DVector, Hessian, Problem};

use super::dice::{Dice, fraction, hash};

/// f(x) = offset + factor φ(u), u_i = (x_i - shift_i) / scale_i.
#[derive(Clone, Debug)]
pub struct Landscape {
    pub shape: Shape,
    pub factor: f64,
    pub offset: f64,
    pub scale: Vec<f64>,
    pub shift: Vec<f64>,
}

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
    /// Σ u_i² / 2 + 10 (1 - cos 3 u_i).
    Waves,
    /// Σ exp(u_i) - u_i.
    Exponential,
    /// 1.
    Constant,
    /// NaN, infinities, and numbers of any size without order.
    Chaos { seed: u64 },
}

impl Shape {
    fn draw(dice: &mut Dice, n: usize) -> Self {
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
    fn is_smooth(&self) -> bool {
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
    fn axis(turn: u64, n: usize) -> Option<DVector<f64>> {
        let mut dice = Dice::new(turn);
        (turn != 0).then(|| DVector::from_fn(n, |_, _| dice.between(-1.0, 1.0)).normalize())
    }

    fn reflected(u: &DVector<f64>, axis: Option<&DVector<f64>>) -> DVector<f64> {
        axis.map_or_else(|| u.clone(), |v| u - v * (2.0 * v.dot(u)))
    }

    fn cost(&self, u: &DVector<f64>, x: &DVector<f64>) -> f64 {
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
            Self::Waves => sum(&|_, u| 0.5 * u * u + 10.0 * (1.0 - (3.0 * u).cos())),
            Self::Exponential => sum(&|_, u| u.exp() - u),
            Self::Constant => 1.0,
            Self::Chaos { seed } => chaos(seed ^ hash(x.as_slice())),
        }
    }

    /// ∂φ/∂u_i.
    fn slope(&self, u: &DVector<f64>, x: &DVector<f64>, i: usize) -> f64 {
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
    fn curvature(&self, u: &DVector<f64>, i: usize, j: usize) -> Option<f64> {
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

impl Landscape {
    pub fn draw(dice: &mut Dice) -> Self {
        let n = dice.pick(&[1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 10, 13, 20]);
        let shape = Shape::draw(dice, n);
        let factor = match dice.index(8) {
            0 => dice.power(-300.0, 300.0),
            1 => dice.pick(&[1e-323, 1e-310, 1e-300, 1e300, 1e308]),
            2 => dice.power(-12.0, 12.0),
            _ => 1.0,
        };
        let offset = match dice.index(6) {
            0 => dice.power(-2.0, 12.0) * dice.pick(&[1.0, -1.0]),
            1 => factor * dice.power(-2.0, 12.0) * dice.pick(&[1.0, -1.0]),
            _ => 0.0,
        };
        let spread = dice.pick(&[0.0, 0.0, 0.0, 1.0, 3.0, 8.0]);
        let all = if dice.chance(0.1) { dice.power(-150.0, 150.0) } else { 1.0 };
        let scale: Vec<f64> = (0..n).map(|_| all * dice.power(-spread, spread)).collect();
        let is_shifted = dice.flag();
        let shift =
            scale.iter().map(|s| if is_shifted { s * dice.between(-5.0, 5.0) } else { 0.0 });
        let shift = shift.collect();
        Self { shape, factor, offset, scale, shift }
    }

    /// Where runs start: mostly within the domain.
    pub fn draw_start(&self, dice: &mut Dice) -> Vec<f64> {
        let is_positive =
            matches!(self.shape, Shape::Barrier { .. } | Shape::Root { is_one_sided: true, .. });
        let reach = dice.pick(&[0.0, 1e-300, 1e-8, 1.0, 1.0, 1.0, 3.0, 3.0, 100.0]);
        let mut start = |(scale, shift): (&f64, &f64)| {
            let u = dice.between(if is_positive { 0.0 } else { -reach }, reach);
            shift + scale * u
        };
        self.scale.iter().zip(&self.shift).map(&mut start).collect()
    }

    fn local(&self, x: &DVector<f64>) -> DVector<f64> {
        DVector::from_fn(x.len(), |i, _| (x[i] - self.shift[i]) / self.scale[i])
    }

    /// See [`Shape::is_smooth`].
    pub fn is_smooth(&self) -> bool {
        self.shape.is_smooth()
    }

    /// True when the function is continuous: where a gradient's promise can only be broken further on.
    pub fn is_continuous(&self) -> bool {
        self.is_smooth() || matches!(self.shape, Shape::Kink | Shape::Edge | Shape::Root { .. })
    }

    /// The lowest value, where it is known and finite.
    pub fn minimum(&self) -> Option<f64> {
        let lowest = match &self.shape {
            Shape::Quadratic { eigenvalues, .. } if eigenvalues.iter().all(|q| *q >= 0.0) => 0.0,
            Shape::Chain if self.scale.len() > 1 => 0.0,
            Shape::Kink | Shape::Edge | Shape::Plateau | Shape::Waves | Shape::Root { .. } => 0.0,
            Shape::Shelf | Shape::Stairs | Shape::Jump => 0.0,
            Shape::Barrier { beyond } if *beyond != f64::NEG_INFINITY => {
                (self.scale.len() * (self.scale.len() + 1)) as f64 / 2.0
            }
            Shape::Exponential => self.scale.len() as f64,
            Shape::Constant => 1.0,
            _ => return None,
        };
        Some(self.offset + self.factor * lowest).filter(|minimum| minimum.is_finite())
    }
}

impl Problem for Landscape {
    fn dimension(&self) -> usize {
        self.scale.len()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.offset + self.factor * self.shape.cost(&self.local(x), x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        let u = self.local(x);
        if let Shape::Quadratic { eigenvalues, turn } = &self.shape {
            let axis = Shape::axis(*turn, u.len());
            let mut v = Shape::reflected(&u, axis.as_ref());
            v.iter_mut().zip(eigenvalues).for_each(|(v, q)| *v *= q);
            gradient.copy_from(&Shape::reflected(&v, axis.as_ref()));
        } else {
            gradient.iter_mut().enumerate().for_each(|(i, g)| *g = self.shape.slope(&u, x, i));
        }
        gradient.iter_mut().zip(&self.scale).for_each(|(g, s)| *g = self.factor * *g / s);
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Hessian> {
        let (n, u) = (x.len(), self.local(x));
        let mut hessian = match &self.shape {
            Shape::Quadratic { eigenvalues, turn } => {
                let axis = Shape::axis(*turn, n);
                let reflection = axis.map(|v| DMatrix::identity(n, n) - 2.0 * &v * v.transpose());
                let diagonal = DMatrix::from_diagonal(&DVector::from_vec(eigenvalues.clone()));
                reflection.map_or_else(|| diagonal.clone(), |r| &r * &diagonal * &r)
            }
            shape => {
                shape.curvature(&u, 0, 0)?;
                DMatrix::from_fn(n, n, |i, j| shape.curvature(&u, i, j).unwrap_or(0.0))
            }
        };
        for i in 0..n {
            for j in 0..n {
                hessian[(i, j)] *= self.factor / self.scale[i] / self.scale[j];
            }
        }
        Some(hessian.into())
    }
    fn hessian_product(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        match self.hessian(x) {
            Some(Hessian::Dense(hessian)) => {
                product.gemv(1.0, &hessian, v, 0.0);
                true
            }
            _ => false,
        }
    }
}
