//! Classification of stationary points, and checks of derivatives.

#![cfg(feature = "autodiff")]

use extremum::stationary::Reason;
use extremum::{
    AutoDiff, Bfgs, Bounds, Classification, DMatrix, DVector, Error, Formula, Kind, Lbfgs, Lbfgsb,
    Matrix, Minimizer, Mismatch, Num, Problem, Real, check_derivatives, classify, from_fn, problem,
};

/// A problem that gives less: its Hessian has to be differenced, or its gradient too.
struct Hidden<'a> {
    problem: &'a dyn Problem,
    gradient: bool,
}

impl Problem for Hidden<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.problem.cost(x)
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.problem.gradient(x, gradient);
    }
    fn has_gradient(&self) -> bool {
        self.gradient
    }
}

/// a f(x / s), with the derivatives that follow.
struct Rescaled<'a> {
    problem: &'a dyn Problem,
    factor: f64,
    lengths: Vec<f64>,
}

impl Rescaled<'_> {
    fn inner(&self, x: &DVector<f64>) -> DVector<f64> {
        DVector::from_fn(x.len(), |i, _| x[i] / self.lengths[i])
    }
}

impl Problem for Rescaled<'_> {
    fn dimension(&self) -> usize {
        self.problem.dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.factor * self.problem.cost(&self.inner(x))
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        self.problem.gradient(&self.inner(x), gradient);
        for (g, length) in gradient.iter_mut().zip(&self.lengths) {
            *g *= self.factor / length;
        }
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let Some(Matrix::Dense(mut h)) = self.problem.hessian(&self.inner(x)) else { return None };
        for j in 0..x.len() {
            for i in 0..x.len() {
                h[(i, j)] *= self.factor / self.lengths[i] / self.lengths[j];
            }
        }
        Some(h.into())
    }
}

/// Every form in which a problem can come: with its Hessian, with its gradient, with its cost only.
fn forms(problem: &dyn Problem) -> [(&'static str, Box<dyn Problem + Send + '_>); 3] {
    [
        ("hessian", Box::new(problem)),
        ("gradient", Box::new(Hidden { problem, gradient: true })),
        ("cost", Box::new(Hidden { problem, gradient: false })),
    ]
}

fn point(x: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(x)
}

fn reason(c: &Classification) -> Option<Reason> {
    match c.kind {
        Kind::Undecided { reason } => Some(reason),
        _ => None,
    }
}

fn published(name: &str) -> Box<dyn Problem> {
    use std::f64::consts::PI;
    match name {
        "x-cos-pi-x" => Box::new(problem!(1, |x| x[0] * (x[0] * PI).cos())),
        "cube" => Box::new(problem!(1, |x| x[0].powi(3))),
        "fourth-power" => Box::new(problem!(1, |x| x[0].powi(4))),
        "hyperbolic" => Box::new(problem!(2, |x| x[0].powi(2) - x[1].powi(2))),
        "monkey-saddle" => Box::new(problem!(2, |x| x[0].powi(3) - 3.0 * x[0] * x[1].powi(2))),
        "trough" => Box::new(problem!(2, |x| x[0].powi(2) + x[1].powi(4))),
        "himmelblau" => Box::new(problem!(2, |x| {
            (x[0] + x[1].powi(2) - 7.0).powi(2) + (x[0].powi(2) + x[1] - 11.0).powi(2)
        })),
        "muller-brown" => Box::new(AutoDiff(MullerBrown)),
        "rosenbrock" => Box::new(problem!(2, |x| {
            (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2)
        })),
        "three-hump-camel" => Box::new(problem!(2, |x| {
            x[0].powi(6) / 6.0 - 1.05 * x[0].powi(4)
                + 2.0 * x[0].powi(2)
                + x[0] * x[1]
                + x[1].powi(2)
        })),
        "styblinski-tang" => Box::new(problem!(2, |x| {
            (x[0].powi(4) - 16.0 * x[0].powi(2) + 5.0 * x[0]) / 2.0
                + (x[1].powi(4) - 16.0 * x[1].powi(2) + 5.0 * x[1]) / 2.0
        })),
        "double-well" => {
            Box::new(problem!(2, |x| x[0].powi(4) - 2.0 * x[0].powi(2) + x[1].powi(2)))
        }
        "three-well" => {
            Box::new(problem!(3, |x| x[0].powi(2) + x[1].powi(2) - x[2].powi(2) + x[2].powi(4)))
        }
        other => panic!("no function called {other}"),
    }
}

struct MullerBrown;

impl Formula for MullerBrown {
    fn dimension(&self) -> usize {
        2
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        let term = |height: f64, [a, b, c]: [f64; 3], [x0, y0]: [f64; 2]| {
            let (u, v) = (x[0] - x0, x[1] - y0);
            (a * u * u + b * u * v + c * v * v).exp() * height
        };
        term(-200.0, [-1.0, 0.0, -10.0], [1.0, 0.0])
            + term(-100.0, [-1.0, 0.0, -10.0], [0.0, 0.5])
            + term(-170.0, [-6.5, 11.0, -6.5], [-0.5, 1.5])
            + term(15.0, [0.7, 0.6, 0.7], [-1.0, 1.0])
    }
}

/// Every published point, from the Hessian, the gradient and the cost; times 10⁻¹² and 10¹²; and with variables in
/// other units. The kind is the published one and the eigenvalues agree within their radii.
#[test]
fn published_points() {
    let mut count = 0;
    for line in
        include_str!("../data/stationary-points.txt").lines().filter(|l| !l.starts_with('#'))
    {
        let fields: Vec<&str> = line.split(" ; ").collect();
        let [name, kind, index, x, eigenvalues] = fields[..] else { panic!("{line}") };
        let numbers = |text: &str| -> Vec<f64> {
            text.split(' ').map(|number| number.parse().expect(number)).collect()
        };
        let (x, eigenvalues) = (numbers(x), numbers(eigenvalues));
        let published = published(name);
        for (factor, lengths) in [
            (1.0, [1.0, 1.0, 1.0]),
            (1e-12, [1.0, 1.0, 1.0]),
            (1e12, [1.0, 1.0, 1.0]),
            (1.0, [1e6, 1e-4, 1e3]),
        ] {
            let problem = Rescaled { problem: &published, factor, lengths: lengths.to_vec() };
            let there =
                DVector::from_fn(x.len(), |i, _| if x[i] == 0.0 { 0.0 } else { x[i] * lengths[i] });
            for (form, problem) in forms(&problem) {
                let case =
                    format!("{name} {x:?} times {factor} from the {form}, lengths {lengths:?}");
                let found = classify(&problem, &there).expect(&case);
                let expected = match kind {
                    "minimum" => Kind::Minimum,
                    "maximum" => Kind::Maximum,
                    "saddle" => Kind::Saddle { index: index.parse().expect(index) },
                    _ => Kind::Undecided { reason: Reason::Eigenvalues },
                };
                count += 1;
                if form == "cost" && lengths[1] < 1.0 && reason(&found).is_some() {
                    // Differences of the cost alone cannot follow every change of units, and say so.
                    continue;
                }
                assert_eq!(found.kind, expected, "{case}: {found}\n{found:?}");
                if lengths == [1.0; 3] {
                    for (found, truth) in found.eigenvalues.iter().zip(&eigenvalues) {
                        let error = (found.value - factor * truth).abs();
                        assert!(error <= found.radius, "{case}: {found} instead of {truth}");
                    }
                }
            }
        }
    }
    assert_eq!(count, 43 * 12);
}

/// Figures printed for the butterfly potential: 4 minima, 4 saddles, 1 maximum.
#[test]
fn butterfly() {
    let f = problem!(2, |x| {
        x[0].powi(4) - 1.5 * x[0].powi(2) * x[1].powi(2) + x[1].powi(4) - 2.0 * x[1].powi(3)
            + x[1].powi(2)
            + x[0].powi(2) * x[1]
            - 2.0 * x[0].powi(2)
    });
    // Nine digits of the point are enough.
    for (x, cost) in [
        ([2.030346799, 2.400744422], -5.684802978),
        ([-2.030346799, 2.400744422], -5.684802978),
        ([1.271944717, -0.633570107], -1.546231092),
        ([-1.271944717, -0.633570107], -1.546231092),
    ] {
        let found = classify(&f, point(&x)).expect("a point");
        assert!(found.is_minimum() && (found.cost - cost).abs() < 1e-9, "{found}");
        assert!(found.distance < 1e-8, "{}", found.distance);
    }
    assert_eq!(classify(&f, point(&[0.0, 0.0])).expect("a point").kind, Kind::Saddle { index: 1 });
}

/// The eigenvalues of a point on the way to a degenerate one are no evidence.
#[test]
fn degenerate_points_are_undecided() {
    let whitney = problem!(2, |x| (x[1] - x[0].powi(2)) * (x[1] - 2.0 * x[0].powi(2)));
    for (form, problem) in forms(&whitney) {
        let found = classify(&problem, point(&[0.0, 0.0])).expect("a point");
        assert_eq!(reason(&found), Some(Reason::Eigenvalues), "{form}: {found}");
        assert_eq!(found.index_range(), 0..=1);
        assert_eq!(found.escape_direction(), None);
    }
    // With eigenvalues of both signs it is a saddle, whatever the third is.
    let folded = problem!(3, |x| x[0].powi(2) - x[1].powi(2) + x[2].powi(4));
    for (form, problem) in forms(&folded) {
        let found = classify(&problem, point(&[0.0, 0.0, 0.0])).expect("a point");
        assert_eq!(found.kind, Kind::Saddle { index: 1 }, "{form}");
        assert_eq!(found.index_range(), 1..=2);
        assert!(found.to_string().contains("1 to 2 of 3"), "{found}");
    }
    // Not a minimum, though the rest is unknown.
    let ridge = problem!(2, |x| x[0].powi(4) - x[1].powi(2));
    let found = classify(&ridge, point(&[0.0, 0.0])).expect("a point");
    assert_eq!(reason(&found), Some(Reason::Eigenvalues));
    assert_eq!(found.index_range(), 1..=2);
    let (direction, curvature) = found.escape_direction().expect("a way down");
    assert_eq!((direction[1].abs(), curvature), (1.0, -2.0));
    // Near the degenerate point the Hessian is regular, but no regular stationary point is there.
    for power in [3, 4, 6] {
        let flat = problem!(1, with(power: i32), |x| x[0].powi(*power));
        for x in [1e-1, 1e-3, -1e-3, 1e-7] {
            for (form, problem) in forms(&flat) {
                let found = classify(&problem, point(&[x])).expect("a point");
                assert!(reason(&found).is_some(), "x^{power} at {x} from the {form}: {found}");
            }
        }
    }
}

/// (x - 1)³ and (x - 1)⁴ written out: near 1 the gradient is rounding errors, or even exactly 0, where the Hessian is
/// not; no digit of it can be trusted to mean a stationary point.
#[test]
fn rounding_is_not_stationary() {
    let cube = problem!(1, |x| x[0].powi(3) - 3.0 * x[0].powi(2) + 3.0 * x[0]);
    let fourth =
        problem!(1, |x| x[0].powi(4) - 4.0 * x[0].powi(3) + 6.0 * x[0].powi(2) - 4.0 * x[0]);
    let mut random = Random(99);
    for (problem, reach) in [(&cube as &dyn Problem, 1e-5), (&fourth, 1e-3)] {
        for (form, problem) in forms(problem) {
            for _ in 0..5000 {
                let t = (10_f64.powf(-5.0 * random.next()) * reach).copysign(random.symmetric());
                let found = classify(&problem, point(&[1.0 + t])).expect("a point");
                assert!(reason(&found).is_some(), "at 1 + {t:e} from the {form}: {found}");
            }
        }
    }
}

/// Small gradients, and nothing there.
#[test]
fn flat_is_not_stationary() {
    let decay = problem!(1, |x| (-x[0]).exp());
    let bell = problem!(1, |x| -(1.0 + x[0].powi(2)).recip());
    let fit = problem!(2, |x| {
        (1..6).map(|t| (1.0 - x[0] * (1.0 - (-x[1] * f64::from(t)).exp())).powi(2)).sum::<Num<_>>()
    });
    let saddle = problem!(2, |x| (-x[0]).exp() + x[1].powi(2));
    let linear = problem!(2, |x| 1e-9 * x[0] + x[1].powi(2));
    let parabola = problem!(1, |x| (x[0] - 5.0).powi(2));
    let cases: [(&str, &dyn Problem, Vec<f64>); 9] = [
        ("decay", &decay, vec![40.0]),
        ("decay", &decay, vec![300.0]),
        ("bell", &bell, vec![1e4]),
        ("bell", &bell, vec![1e8]),
        ("fit", &fit, vec![1.0, 6.0]),
        ("saddle", &saddle, vec![40.0, 0.0]),
        ("linear", &linear, vec![0.0, 0.0]),
        ("parabola", &parabola, vec![0.0]),
        ("parabola", &parabola, vec![4.9]),
    ];
    for (name, problem, x) in cases {
        for (form, problem) in forms(problem) {
            let found = classify(&problem, point(&x)).expect("a point");
            assert!(
                reason(&found).is_some(),
                "{name} at {x:?} from the {form}: {found}\n{found:?}"
            );
        }
    }
}

/// A minimum or a maximum found with parameters of very different sizes, and strongly correlated.
#[test]
fn badly_scaled_parameters() {
    let t = [109.65, 112.48, 120.95, 125.8, 140.2, 147.64, 151.3, 166.62];
    // y = b₀ exp(-b₁ / (t + b₂)) with b = (5e-3, 6e3, 3e2), fitted exactly: the form of NIST's MGH10.
    let truth: [f64; 3] = [5e-3, 6e3, 3e2];
    let y: Vec<f64> = t.iter().map(|t| truth[0] * (truth[1] / (t + truth[2])).exp()).collect();
    let (t, y) = (&t[..], &y[..]);
    let fit = problem!(3, with(t: [f64], y: [f64]), |b| {
        t.iter().zip(y).map(|(&t, &y)| (b[0] * (b[1] / (b[2] + t)).exp() - y).powi(2)).sum::<Num<_>>()
    });
    let found = classify(&fit, point(&truth)).expect("a point");
    assert!(found.is_minimum(), "{found}\n{found:?}");
    assert!(found.eigenvalues.iter().all(|e| e.is_decided()), "{found:?}");
    // All eigenvalues of D A D, to many digits, over 24 orders of magnitude.
    let lengths = [1.0, 1e6, 1e-6];
    let core = [[2.0, 0.5, 0.3], [0.5, 1.0, -0.2], [0.3, -0.2, 1.5]];
    for sign in [1.0, -1.0] {
        let h = DMatrix::from_fn(3, 3, |i, j| sign * core[i][j] / lengths[i] / lengths[j]);
        let quadratic = from_fn(3, |x| 0.5 * x.dot(&(&h * x)))
            .with_gradient(|x, g| g.copy_from(&(&h * x)))
            .with_hessian(|_| h.clone());
        let found = classify(&quadratic, DVector::zeros(3)).expect("a point");
        assert_eq!(found.kind, if sign > 0.0 { Kind::Minimum } else { Kind::Maximum });
        assert!(found.eigenvalues.iter().all(|e| e.is_decided()), "{found:?}");
        // The least one is det H / ((1, 3) minor), as far as the others are larger.
        let determinant = |m: [[f64; 2]; 2]| m[0][0] * m[1][1] - m[0][1] * m[1][0];
        let minor = determinant([[2.0, 0.3], [0.3, 1.5]]);
        let full = 2.0 * determinant([[1.0, -0.2], [-0.2, 1.5]])
            - 0.5 * determinant([[0.5, -0.2], [0.3, 1.5]])
            + 0.3 * determinant([[0.5, 1.0], [0.3, -0.2]]);
        let least = if sign > 0.0 { found.eigenvalues[0] } else { found.eigenvalues[2] };
        let expected = sign * full / minor * 1e-12;
        assert!((least.value / expected - 1.0).abs() < 1e-10, "{least} {expected:e}");
        assert!(least.radius < 1e-12 * least.value.abs() * 1e3);
    }
    // A saddle whose negative eigenvalue drowns: only the balanced Hessian shows it, and the way down is real.
    let h = DMatrix::from_row_slice(2, 2, &[1e12, 1e2, 1e2, -1e-8]);
    let saddle = from_fn(2, |x| 0.5 * x.dot(&(&h * x)))
        .with_gradient(|x, g| g.copy_from(&(&h * x)))
        .with_hessian(|_| h.clone());
    let found = classify(&saddle, DVector::zeros(2)).expect("a point");
    assert_eq!(found.kind, Kind::Saddle { index: 1 }, "{found:?}");
    let (direction, curvature) = found.escape_direction().expect("a way down");
    assert!(curvature < 0.0 && direction.dot(&(&h * &direction)) < 0.0);
}

/// Where minimisers end: gradients of 10⁻⁶, not 0. And from a saddle they go on.
#[test]
fn ends_of_runs() {
    let rosenbrock = problem!(2, |x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0].powi(2)).powi(2));
    for (form, problem) in forms(&rosenbrock) {
        for trial in 0..20 {
            let angle = f64::from(trial);
            let x =
                point(&[1.0 + 1e-6 * angle.sin(), 1.0 + 2e-6 * angle.sin() + 1e-9 * angle.cos()]);
            let found = classify(&problem, &x).expect("a point");
            assert!(found.is_minimum(), "{form} {trial}: {found}\n{found:?}");
            assert!(found.distance < 1e-5);
            assert!((found.eigenvalues[0].value - 0.39936).abs() < 0.02, "{found}");
        }
    }
    let wells = problem!(2, |x| x[0].powi(4) - 2.0 * x[0].powi(2) + x[1].powi(2));
    let run = |verify: bool| {
        let run = Minimizer::new(&wells, Bfgs::default(), [0.0, 1.0]);
        if verify { run.verify().run() } else { run.run() }.expect("a run")
    };
    assert!(run(false).x[0].abs() < 1e-3, "gradients keep to the axis of symmetry");
    let found = run(true);
    assert!((found.x[0].abs() - 1.0).abs() < 1e-6, "{found}");
    assert!(found.classification.is_some_and(|c| c.is_minimum()));
}

/// Σ λᵢ xᵢ²/2 − x₀² + x₀⁴/4, λᵢ from 1 to 100, in 5000 variables, whose axis x₀ = 0 leads to a saddle.
#[test]
fn a_way_down_among_many_variables() {
    let n = 5000;
    let slope = move |i: usize| 1.0 + 99.0 * i as f64 / n as f64;
    let problem = |bounds: Option<Bounds>| {
        let problem = from_fn(n, move |x| {
            let rest = x.iter().enumerate().skip(1).map(|(i, x)| 0.5 * slope(i) * x * x);
            rest.sum::<f64>() - x[0] * x[0] + 0.25 * x[0].powi(4)
        })
        .with_gradient(move |x, g| {
            for (i, (g, x)) in g.iter_mut().zip(x).enumerate() {
                *g = slope(i) * x;
            }
            g[0] = x[0].powi(3) - 2.0 * x[0];
        });
        match bounds {
            Some(bounds) => problem.with_bounds(bounds),
            None => problem,
        }
    };
    let start = DVector::from_fn(n, |i, _| if i == 0 { 0.0 } else { 0.5 });
    let found = classify(&problem(None), DVector::zeros(n)).expect("a point");
    assert_eq!(found.kind, Kind::Undecided { reason: Reason::TooLarge });
    let (v, curvature) = found.escape_direction().expect("a way down");
    let exact = -2.0 * v[0] * v[0]
        + v.iter().enumerate().skip(1).map(|(i, v)| slope(i) * v * v).sum::<f64>();
    assert!(exact < 0.0 && (curvature - exact).abs() < 1e-4, "{curvature} {exact}");
    let minimum = DVector::from_fn(n, |i, _| if i == 0 { 2.0_f64.sqrt() } else { 0.0 });
    let found = classify(&problem(None), minimum).expect("a point");
    assert!(found.escape_direction().is_none());
    for x0 in [&start, &DVector::zeros(n)] {
        let found =
            Minimizer::new(&problem(None), Lbfgs::default(), x0).verify().run().expect("a run");
        assert!(found.termination.is_converged() && (found.cost + 1.0).abs() < 1e-9, "{found}");
        // The way down leads through the free variables alone: here half of the others are held.
        let lower = DVector::from_fn(n, |i, _| if i % 2 == 1 { 0.25 } else { -4.0 });
        let bounds = Bounds::new(lower.as_slice(), DVector::repeat(n, 4.0).as_slice()).unwrap();
        let start = lower.zip_map(x0, f64::max);
        let bounded = problem(Some(bounds));
        let run = Minimizer::new(&bounded, Lbfgsb::default(), start);
        let found = run.verify().run().expect("a run");
        let rest: f64 = (1..n).step_by(2).map(|i| 0.5 * slope(i) * 0.0625).sum();
        assert!(found.termination.is_converged(), "{found}");
        assert!((found.cost - rest + 1.0).abs() < 1e-9 * rest, "{found}");
        assert!((1..n).step_by(2).all(|i| found.x[i] == 0.25));
    }
}

/// xorshift64*: uniform numbers in [0, 1).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }
    fn symmetric(&mut self) -> f64 {
        2.0 * self.next() - 1.0
    }
    fn orthogonal(&mut self, n: usize) -> DMatrix<f64> {
        DMatrix::from_fn(n, n, |_, _| self.symmetric()).qr().q()
    }
}

/// 1000 random functions ½ z'Hz + cubic + quartic terms, z = x - x*, of scales 10⁻⁶ to 10⁶, with eigenvalues of H
/// between 10⁻⁹ and 1 relative to the scale. No eigenvalue is wrong by more than its radius, and no kind is wrong.
#[test]
fn radii_hold_on_random_functions() {
    const N: usize = 5;
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut undecided, mut ratios) = ([0; 2], Vec::new());
    for trial in 0..1000 {
        let scale = 10_f64.powf(6.0 * random.symmetric());
        let q = random.orthogonal(N);
        let c = random.orthogonal(N);
        let values: Vec<f64> = (0..N)
            .map(|_| 10_f64.powf(-9.0 * random.next()).copysign(random.symmetric()))
            .collect();
        let diagonal = DMatrix::from_diagonal(&DVector::from_column_slice(&values));
        let mut h = &q * diagonal * q.transpose() * scale;
        h = (&h + h.transpose()) * 0.5;
        let centre = DVector::from_fn(N, |_, _| 3.0 * random.symmetric());
        let (cubic, quartic) = (random.symmetric() * scale, random.next() * scale);
        let problem = from_fn(N, |x| {
            let z = x - &centre;
            let w = &c * &z;
            0.5 * z.dot(&(&h * &z))
                + w.iter().map(|w| cubic * w.powi(3) + quartic * w.powi(4)).sum::<f64>()
        })
        .with_gradient(|x, g| {
            let z = x - &centre;
            let w = &c * &z;
            let slopes = w.map(|w| 3.0 * cubic * w * w + 4.0 * quartic * w.powi(3));
            g.copy_from(&(&h * &z + c.tr_mul(&slopes)));
        });
        let analytic = Rescaled { problem: &problem, factor: 1.0, lengths: vec![1.0; N] };
        let mut truth: Vec<f64> = values.iter().map(|v| v * scale).collect();
        truth.sort_by(f64::total_cmp);
        let index = truth.iter().filter(|v| **v < 0.0).count();
        for (form, problem) in
            [&analytic as &dyn Problem, &Hidden { problem: &problem, gradient: false }]
                .iter()
                .enumerate()
        {
            let found = classify(problem, &centre).expect("a point");
            for (found, truth) in found.eigenvalues.iter().zip(&truth) {
                let error = (found.value - truth).abs();
                assert!(error <= found.radius, "trial {trial} {form}: {found:?} is {truth}");
                ratios.push(found.radius / error);
            }
            assert!(found.index_range().contains(&index), "trial {trial} {form}: {found}");
            match found.kind {
                Kind::Minimum => assert_eq!(index, 0, "trial {trial} {form}"),
                Kind::Maximum => assert_eq!(index, N, "trial {trial} {form}"),
                Kind::Saddle { index: least } => assert!(least <= index && index < N && least > 0),
                _ => undecided[form] += 1,
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!("undecided {undecided:?}, median radius / error {}", ratios[ratios.len() / 2]);
    // Not so wide that nothing is said: differences of gradients are good to 10⁻¹⁰.
    assert!(undecided[0] <= 20, "{undecided:?}");
}

#[test]
fn bad_calls_are_errors() {
    let log = from_fn(2, |x| x[0].ln() + x[1]);
    let classified = |x: &[f64]| classify(&log, point(x)).expect_err("a bad call");
    assert!(matches!(classified(&[1.0]), Error::Dimension { expected: 2, actual: 1, .. }));
    assert!(matches!(classified(&[f64::NAN, 1.0]), Error::NonFiniteStart { index: 0, .. }));
    assert!(matches!(classified(&[-1.0, 1.0]), Error::NotInDomain { .. }));
    let checked = |x: &[f64]| check_derivatives(&log, point(x)).expect_err("a bad call");
    assert!(matches!(checked(&[1.0]), Error::Dimension { expected: 2, actual: 1, .. }));
    assert!(matches!(checked(&[1.0, f64::INFINITY]), Error::NonFiniteStart { index: 1, .. }));
    assert!(matches!(checked(&[-1.0, 1.0]), Error::NotInDomain { .. }));
}

#[test]
fn bad_hessians_are_undecided() {
    let with = |hessian: DMatrix<f64>| {
        let problem = from_fn(2, |x| x.norm_squared())
            .with_gradient(|x, g| g.copy_from(&(x * 2.0)))
            .with_hessian(move |_| hessian.clone());
        classify(&problem, point(&[1e-4, 0.0])).expect("a point")
    };
    assert_eq!(reason(&with(DMatrix::identity(3, 3))), Some(Reason::NotFinite));
    assert_eq!(reason(&with(DMatrix::identity(2, 2) * f64::NAN)), Some(Reason::NotFinite));
    assert_eq!(reason(&with(DMatrix::identity(2, 2) * f64::INFINITY)), Some(Reason::NotFinite));
    // Not the gradient's: its Newton step misses.
    assert_eq!(reason(&with(DMatrix::identity(2, 2) * -2.0)), Some(Reason::NoContraction));
    let lopsided = with(DMatrix::from_row_slice(2, 2, &[2.0, 1.0, -1.0, 2.0]));
    assert!(lopsided.errors.asymmetry > 1.0);
    for size in [1e-300, 1e300] {
        let quadratic = from_fn(2, |x| 0.5 * size * x.norm_squared())
            .with_gradient(|x, g| g.copy_from(&(x * size)))
            .with_hessian(|_| DMatrix::identity(2, 2) * size);
        let found = classify(&quadratic, point(&[0.0, 0.0])).expect("a point");
        assert!(found.is_minimum(), "{size}: {found:?}");
    }
    let nothing = from_fn(0, |_| 1.0);
    assert!(classify(&nothing, DVector::zeros(0)).expect("a point").is_minimum());
    let many = from_fn(3000, |x| x.norm_squared()).with_gradient(|x, g| g.copy_from(&(x * 2.0)));
    let found = classify(&many, DVector::zeros(3000)).expect("a point");
    assert_eq!(reason(&found), Some(Reason::TooLarge));
}

#[test]
fn reads_well_and_survives_serialisation() {
    let bowl = problem!(3, |x| x[0].powi(2) + 3.0 * x[1].powi(2) + 5.0 * x[2].powi(2));
    let found = classify(&bowl, DVector::zeros(3)).expect("a point");
    let text = found.to_string();
    assert!(
        text.starts_with("minimum: all 3 eigenvalues positive, the least 2.000e0 ± "),
        "{text}"
    );
    let bytes = postcard::to_stdvec(&found).expect("bytes");
    assert_eq!(postcard::from_bytes::<Classification>(&bytes), Ok(found));
}

/// Right derivatives raise no alarm: at scales of 10⁻¹² to 10¹², with an offset of 10⁸, in other units.
#[test]
fn right_derivatives_pass() {
    let rosenbrock = problem!(4, |x| {
        (0..3)
            .map(|i| (1.0 - x[i]).powi(2) + 100.0 * (x[i + 1] - x[i].powi(2)).powi(2))
            .sum::<Num<_>>()
    });
    let exponentials = problem!(3, |x| {
        (1..20)
            .map(|k| (x[0] * (-x[1] * (0.1 * f64::from(k))).exp() - x[2]).powi(2))
            .sum::<Num<_>>()
    });
    let raised = problem!(4, |x| {
        (0..3)
            .map(|i| (1.0 - x[i]).powi(2) + 100.0 * (x[i + 1] - x[i].powi(2)).powi(2))
            .sum::<Num<_>>()
            + 1e8
    });
    let wavy = problem!(2, |x| (x[0] * 50.0).sin() * (x[1] * 3.0).cosh() + x[0] * x[1]);
    let functions: [(&str, &dyn Problem, usize); 4] = [
        ("rosenbrock", &rosenbrock, 4),
        ("exponentials", &exponentials, 3),
        ("raised", &raised, 4),
        ("wavy", &wavy, 2),
    ];
    let mut random = Random(7);
    for (name, problem, n) in functions {
        for factor in [1.0, 1e-12, 1e12] {
            for lengths in [[1.0; 4], [1e3, 1e-3, 10.0, 1e-4]] {
                let problem = Rescaled { problem, factor, lengths: lengths.to_vec() };
                for trial in 0..40 {
                    let mut x = DVector::from_fn(n, |i, _| 2.0 * random.symmetric() * lengths[i]);
                    if trial == 0 {
                        x = DVector::from_fn(n, |i, _| lengths[i]);
                    }
                    let report = check_derivatives(&problem, &x).expect("a point");
                    assert!(report.passes(), "{name} times {factor} at {x:?}: {report}");
                    assert_eq!((report.checked, report.unchecked), (n + 1 + n + n * n, 0));
                }
            }
        }
    }
}

/// A problem with errors to be found.
struct Wrong {
    gradient: f64,
    hessian: f64,
    mixed: f64,
    product: f64,
    shared: f64,
    factor: f64,
}

const RIGHT: Wrong =
    Wrong { gradient: 0.0, hessian: 0.0, mixed: 0.0, product: 0.0, shared: 0.0, factor: 1.0 };

/// f = x₀² x₁ + exp(x₂) x₀.
impl Problem for Wrong {
    fn dimension(&self) -> usize {
        3
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        self.factor * (x[0] * x[0] * x[1] + x[2].exp() * x[0])
    }
    fn gradient(&self, x: &DVector<f64>, g: &mut DVector<f64>) {
        g[0] = 2.0 * x[0] * x[1] + x[2].exp();
        g[1] = x[0] * x[0] + self.gradient;
        g[2] = x[2].exp() * x[0];
        *g *= self.factor;
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let e = x[2].exp();
        let mut h = DMatrix::from_row_slice(
            3,
            3,
            &[2.0 * x[1], 2.0 * x[0], e, 2.0 * x[0], 0.0, 0.0, e, 0.0, e * x[0]],
        );
        h[(2, 2)] += self.hessian;
        h[(1, 0)] += self.mixed;
        Some((h * self.factor).into())
    }
    fn hessian_product(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        let e = x[2].exp();
        product[0] = 2.0 * x[1] * v[0] + 2.0 * x[0] * v[1] + e * v[2];
        product[1] = 2.0 * x[0] * v[0];
        product[2] = e * v[0] + e * x[0] * v[2] + self.product * v[1];
        *product *= self.factor;
        true
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, g: &mut DVector<f64>) -> f64 {
        self.gradient(x, g);
        g[2] += self.shared * self.factor;
        self.cost(x) + 2.0 * self.shared * self.factor
    }
}

#[test]
fn wrong_derivatives_are_found() {
    let x = point(&[1.1, -0.7, 0.4]);
    for factor in [1.0, 1e-12, 1e12] {
        let check = |problem: Wrong| {
            check_derivatives(&Wrong { factor, ..problem }, &x).expect("a point").mismatches
        };
        assert_eq!(check(RIGHT), []);
        for error in [1.0, 1e-3, 1e-6] {
            let found = check(Wrong { gradient: error, ..RIGHT });
            let [Mismatch::GradientEntry { index: 1, given, differenced, allowed }] = found[..]
            else {
                panic!("{error} {found:?}");
            };
            assert!(((given - differenced) / factor / error - 1.0).abs() < 1e-2);
            assert!(allowed < 1e-8 * factor);

            let found = check(Wrong { hessian: error, ..RIGHT });
            let [Mismatch::HessianEntry { row: 2, column: 2, .. }] = found[..] else {
                panic!("{error} {found:?}");
            };
            let found = check(Wrong { mixed: error, ..RIGHT });
            let [
                Mismatch::HessianEntry { row: 1, column: 0, .. },
                Mismatch::HessianAsymmetry { row: 1, column: 0, .. },
            ] = found[..]
            else {
                panic!("{error} {found:?}");
            };
            let found = check(Wrong { product: error, ..RIGHT });
            let [Mismatch::HessianProductEntry { row: 2, column: 1, .. }] = found[..] else {
                panic!("{error} {found:?}");
            };
            let found = check(Wrong { shared: error, ..RIGHT });
            let [Mismatch::SharedCost { .. }, Mismatch::SharedGradient { index: 2, .. }] =
                found[..]
            else {
                panic!("{error} {found:?}");
            };
        }
    }
    let report = check_derivatives(&Wrong { gradient: 0.5, ..RIGHT }, &x).expect("a point");
    let text = report.to_string();
    assert!(text.contains("\ngradient[1] is 1.71"), "{text}");
    assert!(text.contains(", differences say 1.2"), "{text}");
    let nan = check_derivatives(&Wrong { gradient: f64::NAN, ..RIGHT }, &x).expect("a point");
    assert!(!nan.passes(), "{nan}");
    let small = from_fn(2, |x| x.sum()).with_hessian(|_| DMatrix::zeros(1, 1));
    let report = check_derivatives(&small, point(&[1.0, 1.0])).expect("a point");
    assert_eq!(report.mismatches, [Mismatch::HessianSize { rows: 1, expected: 2 }]);
    // Nothing to compare with at the edge of the domain.
    let edge =
        from_fn(1, |x| if x[0] > 1.0 { f64::NAN } else { x[0] }).with_gradient(|_, g| g[0] = 1.0);
    let report = check_derivatives(&edge, point(&[1.0])).expect("a point");
    assert!(report.passes() && report.unchecked == 1, "{report}");
}
