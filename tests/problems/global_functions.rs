//! The global test functions against published minima and textbook formulas, and the laws of their transformations.

#![cfg(feature = "autodiff")]

use std::f64::consts::{E, FRAC_PI_2, PI, TAU};
use std::hint::black_box;

use allocation_counter::measure;
use extremum::functions::global::{self, GlobalFormula, GlobalFunction, NAMES, by_name};
use extremum::{
    Bounds, DVector, Error, Formula, Lbfgs, Num, Problem, Random, Real, check_derivatives, minimize,
};

/// Every function, those of any size with 2, 5 and 11 variables.
fn everything() -> Vec<GlobalFunction> {
    let sized = NAMES.iter().flat_map(|name| [2, 5, 11].map(|n| by_name(name, n)));
    let fixed = ["hartmann-3", "hartmann-6", "shekel-5", "shekel-7", "shekel-10"]
        .into_iter()
        .zip([3, 6, 4, 4, 4])
        .map(|(name, n)| by_name(name, n));
    let functions: Vec<_> = sized.chain(fixed).flatten().collect();
    assert_eq!(functions.len(), 11 * 3 + 5);
    functions
}

/// The function as it is, shifted, rotated, and both.
fn transformed(function: &GlobalFunction) -> [GlobalFunction; 4] {
    let shifted = function.clone().shifted(3, 0.8).unwrap();
    let (rotated, both) = (function.clone().rotated(5), shifted.clone().rotated(5));
    [function.clone(), shifted, rotated, both]
}

/// A point in the box stretched by `factor` about its centre.
fn point(function: &GlobalFunction, factor: f64, random: &mut Random) -> DVector<f64> {
    let bounds = function.usual_bounds();
    bounds.lower().zip_map(bounds.upper(), |lower, upper| {
        let u = random.bits() as f64 / 2f64.powi(64);
        (lower + upper) / 2.0 + factor * (upper - lower) * (u - 0.5)
    })
}

fn gradient(problem: &dyn Problem, x: &DVector<f64>) -> DVector<f64> {
    let mut gradient = DVector::from_element(x.len(), f64::NAN);
    problem.gradient(x, &mut gradient);
    gradient
}

#[track_caller]
fn assert_close(value: f64, expected: f64, relative: f64) {
    let error = (value - expected).abs();
    assert!(error <= relative * expected.abs().max(1.0), "{value} is not {expected}");
}

/// Minima as printed by Dixon and Szegö, Jamil and Yang, and Surjanovic and Bingham's library.
#[test]
fn minima_are_the_published_ones() {
    let published = [
        ("michalewicz", 2, -1.8013, 1e-4),
        ("michalewicz", 5, -4.687658, 1e-6),
        ("michalewicz", 10, -9.66015, 1e-5),
        ("styblinski-tang", 1, -39.16617, 1e-5),
        ("styblinski-tang", 4, 4.0 * -39.16617, 1e-5),
        ("hartmann-3", 3, -3.86278, 1e-5),
        ("hartmann-6", 6, -3.32237, 1e-5),
        ("shekel-5", 4, -10.1532, 1e-4),
        ("shekel-7", 4, -10.4029, 1e-4),
        ("shekel-10", 4, -10.5364, 1e-4),
    ];
    for (name, n, minimum, relative) in published {
        let function = by_name(name, n).unwrap();
        assert_close(function.minimum(), minimum, relative / 2.0);
    }
    let zero = ["sphere", "ellipsoid", "rosenbrock", "rastrigin", "ackley", "griewank"];
    for name in zero.into_iter().chain(["schwefel", "levy", "bi-rastrigin"]) {
        assert_eq!(by_name(name, 7).unwrap().minimum(), 0.0, "{name}");
    }
    let minimizers: [(&str, &[f64]); 5] = [
        ("hartmann-3", &[0.114614, 0.555649, 0.852547]),
        ("hartmann-6", &[0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]),
        ("schwefel", &[420.9687, 420.9687]),
        ("styblinski-tang", &[-2.903534, -2.903534]),
        ("michalewicz", &[2.2029, FRAC_PI_2]),
    ];
    for (name, minimizer) in minimizers {
        let found = by_name(name, minimizer.len()).unwrap().minimizer().clone();
        let digits = (found - DVector::from_row_slice(minimizer)).amax();
        assert!(digits < 6e-5, "{name}: {digits:e}");
    }
}

#[test]
fn the_minimizer_is_where_the_minimum_is() {
    for plain in everything() {
        for function in transformed(&plain) {
            let (x, minimum) = (function.minimizer(), function.minimum());
            let cost = function.cost(x);
            let allowed = 4.0 * f64::EPSILON * minimum.abs();
            assert!((cost - minimum).abs() <= allowed, "{function:?}: {cost}");
            let slope = gradient(&function, x).amax();
            assert!(slope < 1e-12 * (1.0 + minimum.abs()), "{function:?}: {slope:e}");
        }
    }
}

/// f(x) as textbooks have it, with whatever cancels.
fn textbook(name: &str, x: &[f64]) -> Option<f64> {
    let n = x.len() as f64;
    let sum = |term: &dyn Fn(usize, f64) -> f64| -> f64 {
        x.iter().enumerate().map(|(i, &x)| term(i, x)).sum()
    };
    let squares = sum(&|_, x| x * x);
    let cosines = |offset: f64| sum(&|_, x| (TAU * (x - offset)).cos());
    Some(match name {
        "sphere" => squares,
        "ellipsoid" => sum(&|i, x| 1e6f64.powf(i as f64 / (n - 1.0)) * x * x),
        "rosenbrock" => {
            x.windows(2).map(|x| 100.0 * (x[1] - x[0].powi(2)).powi(2) + (1.0 - x[0]).powi(2)).sum()
        }
        "rastrigin" => 10.0 * n + squares - 10.0 * cosines(0.0),
        "ackley" => {
            -20.0 * (-0.2 * (squares / n).sqrt()).exp() - (cosines(0.0) / n).exp() + 20.0 + E
        }
        "griewank" => {
            let cosine = |(i, x): (usize, &f64)| (x / (i as f64 + 1.0).sqrt()).cos();
            1.0 + squares / 4000.0 - x.iter().enumerate().map(cosine).product::<f64>()
        }
        "schwefel" => 418.9828872724337 * n - sum(&|_, x| x * x.abs().sqrt().sin()),
        "levy" => {
            let w: Vec<f64> = x.iter().map(|x| 1.0 + (x - 1.0) / 4.0).collect();
            let (last, others) = w.split_last().unwrap();
            let valley = |w: &f64| (w - 1.0).powi(2) * (1.0 + 10.0 * (PI * w + 1.0).sin().powi(2));
            (PI * w[0]).sin().powi(2)
                + others.iter().map(valley).sum::<f64>()
                + (last - 1.0).powi(2) * (1.0 + (TAU * last).sin().powi(2))
        }
        "michalewicz" => -sum(&|i, x| x.sin() * ((i as f64 + 1.0) * x * x / PI).sin().powi(20)),
        "styblinski-tang" => sum(&|_, x| x.powi(4) - 16.0 * x.powi(2) + 5.0 * x) / 2.0,
        "bi-rastrigin" => {
            let s = 1.0 - 1.0 / (2.0 * (n + 20.0).sqrt() - 8.2);
            let wrong = -((2.5f64.powi(2) - 1.0) / s).sqrt();
            let funnel = |center: f64| sum(&|_, x| (x - center).powi(2));
            funnel(2.5).min(n + s * funnel(wrong)) + 10.0 * (n - cosines(2.5))
        }
        _ => return None,
    })
}

#[test]
fn costs_are_those_of_the_textbook_formulas() {
    let mut random = Random::new(1);
    let mut checked = 0;
    for function in everything() {
        for _ in 0..50 {
            let x = point(&function, 1.0, &mut random);
            if let Some(expected) = textbook(function.name(), x.as_slice()) {
                assert_close(function.cost(&x), expected, 1e-12);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 11 * 3 * 50);
}

/// Known values at exact points, for the tables: one term of Shekel's function at the centre of its first well alone is
/// -1/c₁, and the exponentials of Hartmann's vanish far away.
#[test]
fn tables_have_their_limits() {
    let shekel = by_name("shekel-5", 4).unwrap();
    let at_well = shekel.cost(&DVector::from_element(4, 4.0));
    let others = 1.0 / 36.2 + 1.0 / 64.2 + 1.0 / 16.4 + 1.0 / 20.4;
    assert_close(at_well, -(10.0 + others), 1e-15);
    let hartmann = by_name("hartmann-6", 6).unwrap();
    assert_eq!(hartmann.cost(&DVector::from_element(6, 1e3)), 0.0);
}

#[test]
fn nothing_is_below_the_minimum_inside_or_outside_the_box() {
    let mut random = Random::new(2);
    for plain in everything() {
        for function in transformed(&plain) {
            for factor in [1.0, 1.5, 4.0] {
                for _ in 0..500 {
                    let x = point(&function, factor, &mut random);
                    let cost = function.cost(&x);
                    assert!(cost >= function.minimum(), "{function:?}: {cost} at {x}");
                }
            }
            // Beside the minimiser, where rounding may be all there is of the difference.
            for scale in [1e-3, 1e-6, 1e-9] {
                for _ in 0..50 {
                    let step = scale * (point(&plain, 1.0, &mut random) - plain.minimizer());
                    let cost = function.cost(&(function.minimizer() + step));
                    let rounding = 1e-14 * function.minimum().abs().max(400.0);
                    assert!(cost >= function.minimum() - rounding, "{function:?}: {cost}");
                }
            }
        }
    }
}

/// The minimum of Michalewicz' terms by a scan of the interval, fine enough for the narrowest lobe.
#[test]
fn every_term_of_michalewicz_is_at_its_minimum() {
    let n = 60;
    let function = by_name("michalewicz", n).unwrap();
    let steps = 20_000;
    for (i, &x) in function.minimizer().iter().enumerate() {
        let term = |x: f64| -x.sin() * ((i as f64 + 1.0) * x * x / PI).sin().powi(20);
        let scanned = (0..=steps).map(|k| term(PI * k as f64 / steps as f64));
        let lowest = scanned.fold(f64::INFINITY, f64::min);
        assert!(term(x) <= lowest, "{i}: {} is above {lowest}", term(x));
        assert!(term(x) > lowest - 1e-3);
    }
}

/// Where a formula is continued outside its box, cost and slope go through the border.
#[test]
fn continuations_are_smooth() {
    for name in ["schwefel", "michalewicz"] {
        let function = by_name(name, 2).unwrap();
        let bounds = function.usual_bounds();
        for corner in [bounds.lower(), bounds.upper()] {
            let outward = (corner - (bounds.lower() + bounds.upper()) / 2.0).normalize() * 1e-7;
            let (inside, outside) = (corner - &outward, corner + &outward);
            assert!((function.cost(&inside) - function.cost(&outside)).abs() < 1e-5);
            let kink = gradient(&function, &inside) - gradient(&function, &outside);
            assert!(kink.amax() < 1e-5, "{name}: {kink}");
        }
    }
}

#[test]
fn derivatives_pass_the_check() {
    let mut random = Random::new(3);
    for plain in everything() {
        for function in transformed(&plain) {
            for factor in [0.9, 1.3] {
                let mut x = point(&function, factor, &mut random);
                if let Some(bounds) = function.bounds() {
                    x = x.zip_zip_map(bounds.lower(), bounds.upper(), |x, l, u| x.clamp(l, u));
                }
                let report = check_derivatives(&function, &x).unwrap();
                assert!(report.passes(), "{function:?}: {report}");
            }
        }
    }
}

#[test]
fn a_rotation_keeps_lengths_and_a_shift_keeps_differences() {
    let mut random = Random::new(4);
    for n in [1, 2, 3, 10, 100] {
        let plain = by_name("sphere", n).unwrap();
        let rotated = plain.clone().rotated(n as u64);
        let moved = plain.clone().shifted(8, 0.8).unwrap();
        for _ in 0..10 {
            let x = point(&plain, 1.0, &mut random);
            let norm = plain.cost(&x);
            assert!((rotated.cost(&x) - norm).abs() <= 1e-14 * norm);
            assert!((moved.cost(&(&x + moved.minimizer())) - norm).abs() <= 1e-13 * norm);
        }
    }
}

/// f(x) = x₁: its gradient, rotated, is the first row of the matrix.
struct FirstCoordinate(usize);

impl Formula for FirstCoordinate {
    fn dimension(&self) -> usize {
        self.0
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        x[0]
    }
}

impl GlobalFormula for FirstCoordinate {
    fn name(&self) -> &'static str {
        "first coordinate"
    }
    fn interval(&self) -> [f64; 2] {
        [0.0, 1.0]
    }
    fn minimum(&self) -> f64 {
        f64::NEG_INFINITY
    }
    fn minimizer(&self) -> DVector<f64> {
        DVector::zeros(self.0)
    }
}

/// A row of a uniform rotation is a uniform point of the sphere: every entry r has E r = 0, E r² = 1/n and
/// E r⁴ = 3/(n (n + 2)). A Q whose R has no fixed signs fails by its first entry.
#[test]
fn rotations_are_uniform() {
    let (n, count) = (3, 4000);
    let mut moments = [[0.0; 3]; 3];
    for seed in 0..count {
        let function = GlobalFunction::new(FirstCoordinate(n)).unwrap().rotated(seed);
        let row = gradient(&function, &DVector::zeros(n));
        assert_close(row.norm(), 1.0, 1e-14);
        for (sums, r) in moments.iter_mut().zip(row.iter()) {
            for (sum, power) in sums.iter_mut().zip([1, 2, 4]) {
                *sum += r.powi(power) / count as f64;
            }
        }
    }
    // Five standard deviations of a mean of 4000: r has variance 1/3, r² 1/5 - 1/9, r⁴ 1/9 - 1/25.
    for [first, second, fourth] in moments {
        assert!(first.abs() < 0.046, "{first}");
        assert!((second - 1.0 / 3.0).abs() < 0.024, "{second}");
        assert!((fourth - 0.2).abs() < 0.022, "{fourth}");
    }
}

#[test]
fn shifts_are_uniform_in_their_box() {
    let region = Bounds::new(vec![-4.1, 0.0], vec![4.1, 1.0]).unwrap();
    let count = 4000;
    let mut mean = DVector::zeros(2);
    let mut square = 0.0;
    for seed in 0..count {
        let function = by_name("rastrigin", 2).unwrap().shifted_within(seed, &region).unwrap();
        let s = function.minimizer();
        assert!(s[0].abs() <= 4.1 && (0.0..=1.0).contains(&s[1]));
        mean += s / count as f64;
        square += s[0] * s[0] / count as f64;
        assert_eq!(function.bounds(), Some(function.usual_bounds()));
    }
    assert!(mean[0].abs() < 0.19 && (mean[1] - 0.5).abs() < 0.023, "{mean}");
    assert!((square - 4.1 * 4.1 / 3.0).abs() < 0.4, "{square}");
    let half = by_name("shekel-7", 4).unwrap().shifted(1, 0.5).unwrap();
    assert!(half.minimizer().iter().all(|s| (2.5..=7.5).contains(s)));
}

#[test]
fn the_same_seeds_give_the_same_bits() {
    let mut random = Random::new(5);
    let make = |seed| by_name("ackley", 10).unwrap().shifted(seed, 0.8).unwrap().rotated(seed);
    let (one, again, other) = (make(1), make(1), make(2));
    assert_eq!(one.minimizer(), again.minimizer());
    assert_ne!(one.minimizer(), other.minimizer());
    for _ in 0..20 {
        let x = point(&one, 1.0, &mut random);
        assert_eq!(one.cost(&x).to_bits(), again.cost(&x).to_bits());
        assert_eq!(gradient(&one, &x), gradient(&again, &x));
        assert_ne!(one.cost(&x), other.cost(&x));
    }
    // The order of the two does not matter.
    let swapped = by_name("ackley", 10).unwrap().rotated(1).shifted(1, 0.8).unwrap();
    let x = point(&one, 1.0, &mut random);
    assert_eq!(one.cost(&x).to_bits(), swapped.cost(&x).to_bits());
}

#[test]
fn cost_and_gradient_have_the_bits_of_the_cost() {
    let mut random = Random::new(6);
    for plain in everything() {
        for function in transformed(&plain) {
            let x = point(&function, 1.0, &mut random);
            let mut gradient = DVector::zeros(x.len());
            assert_eq!(function.cost_and_gradient(&x, &mut gradient), function.cost(&x));
        }
    }
}

#[test]
fn nothing_allocates_after_the_first_call() {
    for plain in everything() {
        for function in transformed(&plain) {
            let x = function.minimizer().add_scalar(0.1);
            let (mut gradient, mut product) = (x.clone(), x.clone());
            let mut evaluate = || {
                black_box(function.cost(&x));
                black_box(function.cost_and_gradient(&x, &mut gradient));
                function.gradient(&x, &mut gradient);
                assert!(function.hessian_product(&x, &gradient, &mut product));
            };
            evaluate();
            assert_eq!(measure(evaluate).count_total, 0, "{function:?}");
        }
    }
}

#[test]
fn a_local_search_beside_the_minimizer_finds_it() {
    for name in ["rastrigin", "schwefel", "levy", "michalewicz", "bi-rastrigin"] {
        let function = by_name(name, 5).unwrap().shifted(9, 0.8).unwrap().rotated(9);
        let function = function.without_bounds();
        assert!(function.bounds().is_none());
        let start = function.minimizer().add_scalar(0.01);
        let found = minimize(&function, Lbfgs::default(), &start).unwrap();
        assert_close(found.cost, function.minimum(), 1e-9);
        assert!((found.x - function.minimizer()).amax() < 1e-4, "{name}");
    }
}

#[test]
fn bad_calls_are_errors() {
    assert!(matches!(by_name("rastrign", 2), Err(Error::UnknownFunction { .. })));
    for name in NAMES {
        assert!(matches!(by_name(name, 0), Err(Error::Parameter { name: "n", .. })), "{name}");
    }
    assert!(global::BiRastrigin::new(1).is_err() && global::Ellipsoid::new(1).is_err());
    let sphere = || by_name("sphere", 3).unwrap();
    for fraction in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(sphere().shifted(1, fraction), Err(Error::Parameter { .. })));
    }
    let two = Bounds::new(vec![0.0; 2], vec![1.0; 2]).unwrap();
    assert!(matches!(sphere().shifted_within(1, &two), Err(Error::Dimension { .. })));
    let half_space = Bounds::new(vec![0.0; 3], vec![f64::INFINITY; 3]).unwrap();
    assert!(matches!(sphere().shifted_within(1, &half_space), Err(Error::Parameter { .. })));
    assert!(matches!(sphere().with_bounds(vec![0.0], vec![1.0]), Err(Error::Dimension { .. })));
    assert!(matches!(sphere().with_bounds([1.0; 3], [0.0; 3]), Err(Error::Bounds { .. })));
    let bounded = sphere().with_bounds([-1.0; 3], [2.0; 3]).unwrap();
    assert_eq!(bounded.bounds(), Some(&Bounds::new([-1.0; 3], [2.0; 3]).unwrap()));
}
