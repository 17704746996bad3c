//! All stationary points in a box, by searches from a lattice of starts.

use std::fmt;

use extremum::{
    Bounds, Classification, DVector, Error, Kind, Lbfgs, Matrix, Newton, Problem, classify,
    minimize,
};

/// Starts along each axis.
const STARTS: usize = 12;

/// A stationary point and its classification.
pub struct Found {
    pub x: DVector<f64>,
    pub class: Classification,
}

/// The number of points of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub minima: usize,
    pub saddles: usize,
    pub maxima: usize,
    pub undecided: usize,
}

impl Counts {
    pub fn of(found: &[Found]) -> Self {
        let mut counts = Self::default();
        for point in found {
            *match point.class.kind {
                Kind::Minimum => &mut counts.minima,
                Kind::Maximum => &mut counts.maxima,
                Kind::Saddle { .. } => &mut counts.saddles,
                _ => &mut counts.undecided,
            } += 1;
        }
        counts
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minima, saddles, maxima, undecided } = self;
        write!(f, "minima {minima}, saddles {saddles}, maxima {maxima}, undecided {undecided}")
    }
}

/// Σ (-1)^index over the points that are decided.
pub fn index_sum(found: &[Found]) -> i64 {
    let sign = |point: &Found| {
        let index = match point.class.kind {
            Kind::Minimum => 0,
            Kind::Maximum => point.x.len(),
            Kind::Saddle { index } => index,
            _ => return 0,
        };
        if index.is_multiple_of(2) { 1 } else { -1 }
    };
    found.iter().map(sign).sum()
}

/// The stationary points of a function in a box that the searches find, lowest first. There may be others;
/// [`winding_number`] is a check.
pub fn stationary_points(problem: &dyn Problem, bounds: &Bounds) -> Result<Vec<Found>, Error> {
    let mut found: Vec<Found> = Vec::new();
    for start in lattice(bounds) {
        let ends = [
            minimize(problem, Newton::default(), &start)?,
            minimize(Negative(problem), Newton::default(), &start)?,
            minimize(SquaredGradient(problem), Lbfgs::default(), &start)?,
        ];
        for end in ends {
            let Some(x) = polish(problem, end.x) else { continue };
            let inside =
                (0..x.len()).all(|i| (bounds.lower()[i]..=bounds.upper()[i]).contains(&x[i]));
            let known = found.iter().any(|f| (&f.x - &x).amax() <= 1e-6 * x.amax().max(1.0));
            if inside && !known {
                let class = classify(&problem, &x)?;
                found.push(Found { x, class });
            }
        }
    }
    found.sort_by(|a, b| a.class.cost.total_cmp(&b.class.cost));
    Ok(found)
}

/// The centres of STARTSⁿ equal cells.
fn lattice(bounds: &Bounds) -> impl Iterator<Item = DVector<f64>> {
    let n = bounds.dimension();
    (0..STARTS.pow(n as u32)).map(move |cell| {
        DVector::from_fn(n, |i, _| {
            let digit = cell / STARTS.pow(i as u32) % STARTS;
            let (low, high) = (bounds.lower()[i], bounds.upper()[i]);
            low + (high - low) * (digit as f64 + 0.5) / STARTS as f64
        })
    })
}

/// Newton's method on ∇f = 0, which converges to stationary points of every kind: in a few steps near a regular point,
/// linearly near a degenerate one. `None` when it does not converge.
fn polish(problem: &dyn Problem, mut x: DVector<f64>) -> Option<DVector<f64>> {
    let mut gradient = DVector::zeros(x.len());
    let mut length = f64::INFINITY;
    for _ in 0..60 {
        problem.gradient(&x, &mut gradient);
        if gradient.amax() == 0.0 {
            return Some(x);
        }
        let Some(Matrix::Dense(hessian)) = problem.hessian(&x) else { return None };
        let step = hessian.lu().solve(&gradient)?;
        x -= &step;
        length = step.amax() / x.amax().max(1.0);
        if length <= 4.0 * f64::EPSILON {
            break;
        }
    }
    (length <= 1e-12).then_some(x)
}

/// -f, whose minima are the maxima of f.
struct Negative<'a>(&'a dyn Problem);

impl Problem for Negative<'_> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        -self.0.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.0.gradient(x, gradient);
        gradient.neg_mut();
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        match self.0.hessian(x)? {
            Matrix::Dense(hessian) => Some(Matrix::Dense(-hessian)),
            Matrix::Sparse(hessian) => Some(Matrix::Sparse(-hessian)),
        }
    }
}

/// ½ |∇f|², which is 0 at the stationary points of f, saddles included. Its gradient is ∇²f ∇f.
struct SquaredGradient<'a>(&'a dyn Problem);

impl Problem for SquaredGradient<'_> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        let mut slope = DVector::zeros(x.len());
        self.0.gradient(x, &mut slope);
        0.5 * slope.norm_squared()
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.cost_and_gradient(x, gradient);
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        let mut slope = DVector::zeros(x.len());
        self.0.gradient(x, &mut slope);
        if !self.0.hessian_product(x, &slope, gradient) {
            gradient.fill(f64::NAN);
        }
        0.5 * slope.norm_squared()
    }
}

/// The number of turns of ∇f while x goes once around the box: Σ (-1)^index over the stationary points inside, if none is
/// degenerate (Poincaré and Hopf). 1 for every function that increases outwards. `None` above two variables.
pub fn winding_number(problem: &dyn Problem, bounds: &Bounds) -> Option<i64> {
    /// Points along each side.
    const SIDE: usize = 500;
    let (low, high) = (bounds.lower(), bounds.upper());
    let gradient = |x: DVector<f64>| {
        let mut gradient = DVector::zeros(x.len());
        problem.gradient(&x, &mut gradient);
        gradient
    };
    match problem.dimension() {
        1 => {
            let sign = |x: &DVector<f64>| gradient(x.clone())[0].signum() as i64;
            Some((sign(high) - sign(low)) / 2)
        }
        2 => {
            let corners =
                [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]];
            let angle = |k: usize| {
                let ([a, b], [c, d]) = (corners[k / SIDE % 4], corners[(k / SIDE + 1) % 4]);
                let t = (k % SIDE) as f64 / SIDE as f64;
                let slope = gradient(DVector::from_vec(vec![a + t * (c - a), b + t * (d - b)]));
                slope[1].atan2(slope[0])
            };
            let turn = std::f64::consts::TAU;
            let turned = |k| (angle(k + 1) - angle(k)) / turn;
            let turns: f64 = (0..4 * SIDE).map(|k| turned(k) - turned(k).round()).sum();
            Some(turns.round() as i64)
        }
        _ => None,
    }
}
