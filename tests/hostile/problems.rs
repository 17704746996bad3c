//! Functions of any scale, with their true gradients and Hessians.

use extremum::{DMatrix, DVector, Matrix, Problem};

use super::dice::Dice;
use super::shapes::Shape;

/// f(x) = offset + factor φ(u), u_i = (x_i - shift_i) / scale_i.
#[derive(Clone, Debug)]
pub struct Landscape {
    pub shape: Shape,
    pub factor: f64,
    pub offset: f64,
    pub scale: Vec<f64>,
    pub shift: Vec<f64>,
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
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
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
            Some(Matrix::Dense(hessian)) => {
                product.gemv(1.0, &hessian, v, 0.0);
                true
            }
            _ => false,
        }
    }
}
