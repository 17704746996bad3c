//! Differences around x, central where the bounds leave room.
//!
//! ```text
//! a, b = ±h, or h and 2h where a bound is nearer:   s_a = (f(x + a) − f(x)) / a
//! f' ≈ (a s_b − b s_a) / (a − b)        f'' ≈ 2 (s_a − s_b) / (a − b)
//! ```

use nalgebra::DVector;

use super::face::Face;

/// The longer step, with which truncation errors are estimated, is √5 times the shorter one: where rounding makes f a
/// staircase, the two never see the same slope by crossing the same stairs.
pub(super) const FARTHER: f64 = 2.236_067_977_499_79;
/// The ratio of successive lengths in the search for that of a variable.
const GROWTH: f64 = 256.0;

/// The lengths to which steps are relative, in the order in which they are tried: |x| itself, which suits a capacitance
/// of 10⁻⁸; longer ones up to 1, or what the bounds allow, in case x is 0 up to rounding; and shorter ones, in case the
/// function changes over less than |x|.
fn lengths(x: f64, longest: f64) -> impl Iterator<Item = f64> {
    let first = if x == 0.0 { longest } else { x.abs().min(longest) };
    let next =
        move |length: &f64| Some((length * GROWTH).min(longest)).filter(|next| next > length);
    let longer = std::iter::successors(Some(first), next);
    longer.chain((1..=4).map(move |k| first * GROWTH.powi(-k)))
}

/// The step for one variable with the smallest relative error, and the result with it. `longest` is the largest length,
/// `unit` a step relative to it. `attempt` returns an error, the size that it is relative to, and its result; the first
/// error of at most `accurate` is good enough.
pub(super) fn best_step<T>(
    [x, longest]: [f64; 2],
    unit: f64,
    accurate: f64,
    mut attempt: impl FnMut(f64) -> ([f64; 2], T),
) -> (f64, T) {
    let mut steps = lengths(x, longest).map(|length| unit * length);
    // A zero without any error says nothing: the step may be too short to show.
    let relative = |[error, size]: [f64; 2]| match error / size {
        ratio if ratio.is_nan() => f64::INFINITY,
        ratio => ratio,
    };
    let first = steps.next().unwrap_or(unit);
    let (error, found) = attempt(first);
    let mut best = (relative(error), first, found);
    for h in steps {
        if best.0 <= accurate {
            break;
        }
        let (error, found) = attempt(h);
        if relative(error) < best.0 {
            best = (relative(error), h, found);
        }
    }
    (best.1, best.2)
}

/// Differences of the gradient around x.
pub(super) struct GradientDifferences {
    probe: DVector<f64>,
    sides: [DVector<f64>; 2],
    /// The gradient at x, once it is needed.
    here: Option<DVector<f64>>,
}

impl GradientDifferences {
    pub fn new(x: &DVector<f64>) -> Self {
        let zeros = DVector::zeros(x.len());
        Self { probe: x.clone(), sides: [zeros.clone(), zeros], here: None }
    }

    /// ∂∇f/∂xⱼ with step h; the largest |∇f| in it, by components; and h, reduced by the larger errors of one-sided
    /// differences.
    pub fn column(
        &mut self,
        face: &mut Face,
        j: usize,
        h: f64,
    ) -> (DVector<f64>, DVector<f64>, f64) {
        let x = self.probe[j];
        let points = face.sides(j, x, h);
        for (point, side) in points.into_iter().zip(&mut self.sides) {
            self.probe[j] = point;
            face.gradient(&self.probe, side);
        }
        self.probe[j] = x;
        let [first, second] = &self.sides;
        let largest = first.zip_map(second, |a, b| a.abs().max(b.abs()));
        // The points actually evaluated, since x ± h is rounded.
        let [a, b] = points.map(|point| point - x);
        if a * b < 0.0 {
            return ((first - second) / (points[0] - points[1]), largest, h);
        }
        let here = self.here.get_or_insert_with(|| {
            let mut here = first.clone();
            face.gradient(&self.probe, &mut here);
            here
        });
        let column = ((second - &*here) * (a / b) - (first - &*here) * (b / a)) / (a - b);
        (column, largest.zip_map(here, |l, g| l.max(g.abs())), 0.25 * a.abs())
    }
}

/// Differences of the cost around x.
pub(super) struct CostDifferences {
    probe: DVector<f64>,
    cost: f64,
}

impl CostDifferences {
    pub fn new(x: &DVector<f64>, cost: f64) -> Self {
        Self { probe: x.clone(), cost }
    }

    /// ∂f/∂xⱼ with step h, the costs in it, and h, reduced by the larger errors of one-sided differences.
    pub fn first(&mut self, face: &mut Face, j: usize, h: f64) -> (f64, [f64; 2], f64) {
        let x = self.probe[j];
        let points = face.sides(j, x, h);
        let costs = points.map(|point| self.at(face, [j, j], [point, point]));
        let [a, b] = points.map(|point| point - x);
        if a * b < 0.0 {
            return ((costs[0] - costs[1]) / (points[0] - points[1]), costs, h);
        }
        let [up, down] = costs.map(|cost| cost - self.cost);
        ((down * (a / b) - up * (b / a)) / (a - b), costs, 0.25 * a.abs())
    }

    /// ∂²f/∂xᵢ∂xⱼ by the second difference, or by the four corners of a rectangle when i ≠ j; the largest |f| in it;
    /// and the area by which errors are divided.
    pub fn second(
        &mut self,
        face: &mut Face,
        [i, j]: [usize; 2],
        [h, k]: [f64; 2],
    ) -> (f64, f64, f64) {
        let (x, y) = (self.probe[i], self.probe[j]);
        let (sides, across) = (face.sides(i, x, h), face.sides(j, y, k));
        if i == j {
            let costs = sides.map(|point| self.at(face, [i, i], [point, point]));
            let [a, b] = sides.map(|point| point - x);
            let [up, down] = costs.map(|cost| cost - self.cost);
            let largest = costs[0].abs().max(costs[1].abs());
            return (2.0 * (up / a - down / b) / (a - b), largest, a * a);
        }
        // With one-sided differences the rectangle begins at x.
        let edges = |[a, b]: [f64; 2], x: f64| if (a > x) == (b > x) { [a, x] } else { [a, b] };
        let ([a, b], [c, d]) = (edges(sides, x), edges(across, y));
        let corners = [[a, c], [a, d], [b, c], [b, d]];
        let costs = corners.map(|corner| self.at(face, [i, j], corner));
        let largest = costs.into_iter().fold(0.0, |m: f64, f| m.max(f.abs()));
        let area = (a - b) * (c - d);
        let difference = (costs[0] - costs[1]) - (costs[2] - costs[3]);
        (difference / area, largest, 0.25 * area.abs())
    }

    /// f with other values of variables i and j.
    fn at(&mut self, face: &mut Face, [i, j]: [usize; 2], [x, y]: [f64; 2]) -> f64 {
        let (x_i, x_j) = (self.probe[i], self.probe[j]);
        (self.probe[i], self.probe[j]) = (x, y);
        let cost = face.cost(&self.probe);
        (self.probe[i], self.probe[j]) = (x_i, x_j);
        cost
    }
}
