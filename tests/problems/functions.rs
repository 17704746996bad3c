//! The test functions against published values, and their derivatives against differences.

#![cfg(feature = "autodiff")]

use extremum::functions::{self, TestFunction, classics, large, more_garbow_hillstrom, residuals};
use extremum::{AutoDiff, DMatrix, DVector, Error, Lbfgs, Matrix, Num, Problem, minimize};
use residuals::{Residuals, Squared};

/// Every function of the module, the large ones at sizes that leave a remainder in their blocked loops.
fn everything() -> Result<Vec<TestFunction>, Error> {
    let mut functions = more_garbow_hillstrom();
    functions.extend(classics());
    functions.push(residuals::Watson::new(9)?.into());
    functions.push(residuals::PenaltyTwo::new(10)?.into());
    functions.push(residuals::Chebyquad::new(9)?.into());
    functions.push(large::ExtendedRosenbrock::new(14)?.into());
    functions.push(large::ExtendedPowell::new(20)?.into());
    functions.push(large::Engval1::new(2)?.into());
    functions.push(large::Dixmaan::new('F', 9)?.into());
    functions.extend(large::all(9)?);
    functions.push(large::Vardim::new(1)?.into());
    Ok(functions)
}

fn gradient(problem: &dyn Problem, x: &DVector<f64>) -> DVector<f64> {
    let mut gradient = DVector::from_element(x.len(), f64::NAN);
    problem.gradient(x, &mut gradient);
    gradient
}

fn hessian(problem: &dyn Problem, x: &DVector<f64>) -> DMatrix<f64> {
    match problem.hessian(x).expect("every function here has one") {
        Matrix::Dense(matrix) => matrix,
        Matrix::Sparse(matrix) => {
            let mut dense = DMatrix::zeros(x.len(), x.len());
            for (i, j, value) in matrix.triplet_iter() {
                dense[(i, j)] += value;
            }
            dense
        }
    }
}

/// The start, and a point beside it at which no symmetry of the start is left.
fn points(function: &TestFunction) -> [DVector<f64>; 2] {
    let start = function.start();
    let beside = DVector::from_fn(start.len(), |j, _| {
        start[j] + 0.05 * (1.0 + start[j].abs()) * (j as f64 + 1.0).sin()
    });
    [start.clone(), beside]
}

/// f at the standard start, from the residual norms that MINPACK's test drivers print (squared) where they have the
/// problem, else as exact values of the formulas or from the literature's tables; six digits or more.
#[test]
fn costs_at_the_standard_starts_are_the_published_ones() {
    let published = [
        ("Rosenbrock", 24.2),
        ("Freudenstein-Roth", 400.5),
        ("Powell badly scaled", 1.0 + ((-1f64).exp() - 1e-4).powi(2)),
        ("Brown badly scaled", 999_998_000_003.0),
        ("Beale", 14.203125),
        ("Jennrich-Sampson", 64.58563f64.powi(2)),
        ("Helical valley", 2500.0),
        ("Bard", 6.456136f64.powi(2)),
        ("Gaussian", 3.88811e-6),
        ("Meyer", 41153.47f64.powi(2)),
        ("Gulf research and development", 12.11071),
        ("Box three-dimensional", 32.11158f64.powi(2)),
        ("Powell singular", 215.0),
        ("Wood", 19192.0),
        ("Kowalik-Osborne", 0.07289151f64.powi(2)),
        ("Brown-Dennis", 7_926_693.336),
        ("Osborne 1", 0.9375640f64.powi(2)),
        ("Biggs EXP6", 0.779070),
        ("Osborne 2", 1.446865f64.powi(2)),
        ("Watson", 30.0),
        ("Extended Rosenbrock", 121.0),
        ("Extended Powell singular", 645.0),
        ("Penalty I", 885.0626),
        ("Penalty II", 2.340009),
        ("Variably dimensioned", 2198551.1625),
        ("Trigonometric", 7.07576e-3),
        ("Brown almost-linear", 16.53022f64.powi(2)),
        ("Broyden tridiagonal", 21.0),
        ("Broyden banded", 360.0),
        ("Linear full rank", 50.0),
        ("Chebyquad", 0.1965139f64.powi(2)),
        ("Branin", 24.129964413622268),
        ("Himmelblau", 170.0),
        ("Booth", 74.0),
    ];
    for (name, value) in published {
        let function = functions::by_name(name).expect(name);
        let cost = function.cost(function.start());
        assert!((cost - value).abs() <= 2e-6 * value, "{name}: {cost} instead of {value}");
    }
}

/// The residual norms of MINPACK's drivers for the linear functions, which they run with n = 5 and m = 10 and 50; one
/// of them summed by hand.
#[test]
fn linear_functions_have_the_published_values() -> Result<(), Error> {
    let cases: [(TestFunction, f64, f64); 6] = [
        (residuals::LinearFullRank::new(5, 10)?.into(), 5.0, 2.236068),
        (residuals::LinearFullRank::new(5, 50)?.into(), 8.062258, 6.708204),
        (residuals::LinearRankOne::new(5, 10)?.into(), 291.5218733, 1.463850109),
        (residuals::LinearRankOne::new(5, 50)?.into(), 3101.600393, 3.482630165),
        (residuals::LinearRankOneZero::new(5, 10)?.into(), 126.0396763, 1.909727421),
        (residuals::LinearRankOneZero::new(5, 50)?.into(), 3_058_826f64.sqrt(), 3.691729402),
    ];
    for (function, first, last) in cases {
        let start = function.cost(function.start()).sqrt();
        assert!((start - first).abs() <= 1e-6 * first, "{}: {start}", function.name());
        let minimum = function.known_minima()[0].sqrt();
        assert!((minimum - last).abs() <= 1e-6 * last, "{}: {minimum}", function.name());
    }
    Ok(())
}

/// The minima of the paper's section 3 (six digits), and those of the classics' literature.
#[test]
fn published_minima_are_listed() -> Result<(), Error> {
    let published: &[(&str, &[f64])] = &[
        ("Freudenstein-Roth", &[0.0, 48.9842]),
        ("Jennrich-Sampson", &[124.362]),
        ("Bard", &[8.21487e-3, 17.4286]),
        ("Gaussian", &[1.12793e-8]),
        ("Meyer", &[87.9458]),
        ("Kowalik-Osborne", &[3.07505e-4, 1.02734e-3]),
        ("Brown-Dennis", &[85822.2]),
        ("Osborne 1", &[5.46489e-5]),
        ("Biggs EXP6", &[0.0, 5.65565e-3]),
        ("Osborne 2", &[4.01377e-2]),
        ("Watson", &[2.28767e-3]),
        ("Penalty I", &[2.24997e-5]),
        ("Penalty II", &[9.37629e-6]),
        ("Trigonometric", &[0.0, 2.79506e-5]),
        ("Brown almost-linear", &[0.0, 1.0]),
        ("Linear full rank", &[10.0]),
        ("Chebyquad", &[3.51687e-3]),
        ("Six-hump camel", &[-1.0316284535, -0.2154638244, 2.1042503103]),
        ("Goldstein-Price", &[3.0, 30.0, 84.0, 840.0]),
        ("Branin", &[0.397887]),
        ("McCormick", &[-1.9132229550]),
        ("Three-hump camel", &[0.0, 0.2986384422]),
        ("Mueller-Brown", &[-146.699517210, -108.166724117, -80.767818130]),
        ("Butterfly", &[-5.684802978, -1.546231092]),
    ];
    for &(name, minima) in published {
        let function = functions::by_name(name).expect(name);
        for &minimum in minima {
            assert!(function.is_known_minimum(minimum), "{name}: {minimum} is not listed");
        }
    }
    let sized: [(TestFunction, f64); 5] = [
        (residuals::Watson::new(9)?.into(), 1.39976e-6),
        (residuals::Watson::new(12)?.into(), 4.72238e-10),
        (residuals::PenaltyOne::new(10)?.into(), 7.08765e-5),
        (residuals::PenaltyTwo::new(10)?.into(), 2.93660e-4),
        (residuals::Chebyquad::new(10)?.into(), 6.50395e-3),
    ];
    for (function, minimum) in sized {
        let listed = function.known_minima().iter().any(|m| (m - minimum).abs() < 1e-5 * minimum);
        assert!(listed, "{}: {minimum} is not listed", function.name());
    }
    // The value in CG_DESCENT's own comment.
    let driver = TestFunction::from(large::ExponentialMinusLinear::new(100)?);
    assert!((driver.known_minima()[0] + 653.0786727331).abs() < 1e-10);
    Ok(())
}

/// Zeros that MINPACK's tests of `hybrd` list for n = 10, to ten digits. The boundary value problem and its integral
/// equation share theirs.
#[test]
fn published_zeros_are_zeros() {
    let equation = [
        -0.04316498252,
        -0.08157715654,
        -0.1144857144,
        -0.1409735769,
        -0.1599086962,
        -0.1698772023,
        -0.1690899838,
        -0.1552495352,
        -0.1253558917,
        -0.07541653369,
    ];
    let tridiagonal = [
        -0.5707221320,
        -0.6818069500,
        -0.7022100760,
        -0.7055106299,
        -0.7049061557,
        -0.7014966070,
        -0.6918893224,
        -0.6657965144,
        -0.5960351090,
        -0.4164122575,
    ];
    let banded = [
        -0.4283028636,
        -0.4765964243,
        -0.5196524637,
        -0.5580993248,
        -0.5925061568,
        -0.6245036822,
        -0.6232394714,
        -0.6213938418,
        -0.6204535967,
        -0.5864692707,
    ];
    let trigonometric = [
        0.03439628896,
        0.03503231575,
        0.03571919584,
        0.03646522422,
        0.03728091174,
        0.03817986259,
        0.03918014110,
        0.04030650261,
        0.1797201917,
        0.1562408815,
    ];
    for (name, zero) in [
        ("Discrete boundary value", equation),
        ("Discrete integral equation", equation),
        ("Broyden tridiagonal", tridiagonal),
        ("Broyden banded", banded),
        ("Trigonometric", trigonometric),
    ] {
        let function = functions::by_name(name).expect(name);
        let cost = function.cost(&DVector::from_row_slice(&zero));
        // Ten residuals whose slopes are at most 10, with coordinates off by some 1e-10.
        assert!(cost <= 10.0 * 1e-9f64.powi(2), "{name}: {cost:e}");
    }
}

#[test]
fn known_minimizers_are_stationary_and_have_a_known_cost() -> Result<(), Error> {
    for function in everything()? {
        for x in function.known_minimizers() {
            let (cost, gradient, hessian) =
                (function.cost(x), gradient(&function, x), hessian(&function, x));
            let name = function.name();
            let known = function
                .known_minima()
                .iter()
                .any(|minimum| (cost - minimum).abs() <= 1e-12 * minimum.abs() + 1e-25);
            assert!(known, "{name}: f = {cost:e} at {x:?}");
            for i in 0..x.len() {
                // What an error of a few units in the last place of every coordinate would make of the gradient.
                let rounding: f64 =
                    (0..x.len()).map(|j| hessian[(i, j)].abs() * (x[j].abs() + 1e-3)).sum();
                let bound = 20.0 * f64::EPSILON * rounding;
                assert!(gradient[i].abs() <= bound, "{name}: {:e} > {bound:e}", gradient[i]);
            }
            let lowest = hessian.symmetric_eigenvalues().min();
            assert!(lowest >= -1e-9 * hessian.amax(), "{name}: eigenvalue {lowest:e} at {x:?}");
        }
    }
    Ok(())
}

/// The derivative of `value` along coordinate j by two central differences, extrapolated, and a bound on its error.
///
/// With steps h and h/2 the extrapolated difference is of fourth order, so that the difference of the two plain ones
/// bounds its truncation error. Rounding adds some ε (|v| + √|v|)/h: relative to the value v itself, and, where a sum
/// of squares is small because the terms of its residuals cancel, relative to terms of size 1 in a residual √|v|.
fn differenced(
    x: &DVector<f64>,
    j: usize,
    value: impl Fn(&DVector<f64>) -> DVector<f64>,
) -> (DVector<f64>, f64) {
    let h = 1e-4 * x[j].abs().max(0.1);
    let shifted = |shift: f64| {
        let mut y = x.clone();
        y[j] += shift;
        value(&y)
    };
    let central = |h: f64| (shifted(h) - shifted(-h)) / (2.0 * h);
    let (coarse, fine) = (central(h), central(0.5 * h));
    let size = value(x).amax();
    let rounding = 20.0 * f64::EPSILON * (size + size.sqrt()) / h;
    let bound = (&fine - &coarse).amax() + rounding;
    ((4.0 * fine - coarse) / 3.0, bound)
}

#[test]
fn gradients_match_differences_of_the_cost() -> Result<(), Error> {
    for function in everything()? {
        for x in points(&function) {
            let mut gradient = DVector::from_element(x.len(), f64::NAN);
            let cost = function.cost_and_gradient(&x, &mut gradient);
            let name = function.name();
            let alone = function.cost(&x);
            assert!((cost - alone).abs() <= 1e-14 * alone.abs(), "{name}: {cost} {alone}");
            for j in 0..x.len() {
                let (difference, bound) =
                    differenced(&x, j, |x| DVector::from_element(1, function.cost(x)));
                let error = (gradient[j] - difference[0]).abs();
                assert!(error <= bound, "{name}, entry {j} at {x:?}: {error:e} > {bound:e}");
                // The bound itself must be small, or the comparison says nothing.
                assert!(bound <= 1e-4 * gradient.amax(), "{name}, entry {j}: bound {bound:e}");
            }
        }
    }
    Ok(())
}

#[test]
fn hessians_match_differences_of_the_gradient() -> Result<(), Error> {
    for function in everything()? {
        for x in points(&function) {
            let hessian = hessian(&function, &x);
            let name = function.name();
            assert!((&hessian - hessian.transpose()).amax() <= 1e-14 * hessian.amax(), "{name}");
            for j in 0..x.len() {
                let (difference, bound) = differenced(&x, j, |x| gradient(&function, x));
                let error = (hessian.column(j) - difference).amax();
                assert!(error <= bound, "{name}, column {j} at {x:?}: {error:e} > {bound:e}");
                assert!(bound <= 1e-4 * hessian.amax(), "{name}, column {j}: bound {bound:e}");
            }
        }
    }
    Ok(())
}

#[test]
fn hand_written_functions_equal_their_formulas() -> Result<(), Error> {
    fn compare(formula: &dyn Problem, by_hand: TestFunction) {
        for x in points(&by_hand) {
            let (cost, other) = (formula.cost(&x), by_hand.cost(&x));
            assert!((cost - other).abs() <= 1e-12 * cost, "{}", by_hand.name());
            let (first, second) = (gradient(formula, &x), gradient(&by_hand, &x));
            assert!((&first - second).amax() <= 1e-12 * first.amax(), "{}", by_hand.name());
            let (first, second) = (hessian(formula, &x), hessian(&by_hand, &x));
            assert!((&first - second).amax() <= 1e-12 * first.amax(), "{}", by_hand.name());
        }
    }
    for n in [2, 8, 22] {
        let formula = AutoDiff(Squared(residuals::ExtendedRosenbrock::new(n)?));
        compare(&formula, large::ExtendedRosenbrock::new(n)?.into());
    }
    for n in [4, 16, 28] {
        let formula = AutoDiff(Squared(residuals::ExtendedPowellSingular::new(n)?));
        compare(&formula, large::ExtendedPowell::new(n)?.into());
    }
    Ok(())
}

/// Their costs at the start as the CUTEst files and the formulas give them.
#[test]
fn large_functions_start_where_they_should() -> Result<(), Error> {
    let cases: [(TestFunction, f64); 23] = [
        (large::ExtendedRosenbrock::new(5000)?.into(), 60500.0),
        (large::ExtendedPowell::new(5000)?.into(), 268_750.0),
        (large::Arwhead::new(5000)?.into(), 14997.0),
        (large::Engval1::new(5000)?.into(), 294_941.0),
        (large::Dixmaan::new('A', 3000)?.into(), 28501.0),
        (large::ChainedRosenbrock::new(2)?.into(), 24.2),
        (large::Tridia::new(5000)?.into(), 12_502_499.0),
        (large::Dixon3dq::new(10_000)?.into(), 8.0),
        (large::Dqdrtic::new(5000)?.into(), 9_041_382.0),
        (large::Power::new(1000)?.into(), 333_833_500.0),
        (large::Quartc::new(3)?.into(), 2.0),
        (large::Woods::new(4000)?.into(), 19_192_000.0),
        (large::Broydn3d::new(5000)?.into(), 5011.0),
        (large::Cragglvy::new(4)?.into(), (1f64.exp() - 2.0).powi(4) + 2.0),
        (large::Edensch::new(2000)?.into(), 33_999.0),
        (large::Freuroth::new(2)?.into(), 400.5),
        (large::Freuroth::new(5000)?.into(), 5_048_556.5),
        (large::Bdqrtic::new(5000)?.into(), 1_129_096.0),
        (large::Liarwhd::new(5000)?.into(), 2_925_000.0),
        (large::Nondia::new(5000)?.into(), 1_999_604.0),
        (large::Tquartic::new(5000)?.into(), 0.81),
        (large::Penalty1::new(4)?.into(), 885.06264),
        (large::Vardim::new(10)?.into(), 2_198_551.162_5),
    ];
    for (function, expected) in cases {
        let cost = function.cost(function.start());
        assert!((cost - expected).abs() <= 1e-12 * expected, "{}: {cost}", function.name());
    }
    Ok(())
}

/// The files of CUTEst list minima to five or six digits for some sizes, MINPACK's drivers those of the penalty function.
#[test]
fn solvers_find_the_minima_that_the_files_list() -> Result<(), Error> {
    let listed: [(TestFunction, f64); 13] = [
        (large::Cragglvy::new(10)?.into(), 1.886566),
        (large::Cragglvy::new(100)?.into(), 32.270),
        (large::Cragglvy::new(1000)?.into(), 336.42),
        (large::Edensch::new(36)?.into(), 219.28),
        (large::Edensch::new(2000)?.into(), 12003.2),
        (large::Freuroth::new(10)?.into(), 1014.1),
        (large::Freuroth::new(1000)?.into(), 121_470.0),
        (large::Bdqrtic::new(100)?.into(), 378.769),
        (large::Bdqrtic::new(1000)?.into(), 3983.82),
        (large::Broydn3d::new(100)?.into(), 0.0),
        (large::Penalty1::new(10)?.into(), 7.08765e-5),
        (large::Penalty1::new(100)?.into(), 9.02491e-4),
        (large::Penalty1::new(1000)?.into(), 9.686175e-3),
    ];
    for (function, minimum) in listed {
        let found = minimize(&function, Lbfgs::default(), function.start())?;
        assert!((found.cost - minimum).abs() <= 5e-5 * minimum.max(1e-6), "{found}");
        assert!(function.is_known_minimum(found.cost), "{}: {found}", function.name());
    }
    Ok(())
}

/// The same functions written as their sources write them, with indices from 1 and no thought of speed.
#[test]
fn large_functions_are_their_published_sums() -> Result<(), Error> {
    type Sum = fn(usize, &dyn Fn(usize) -> f64) -> f64;
    let n = 12;
    let cases: [(TestFunction, Sum); 5] = [
        (large::Genrose::new(n)?.into(), |n, x| {
            let term = |i| 100.0 * (x(i) - x(i - 1).powi(2)).powi(2) + (x(i) - 1.0).powi(2);
            1.0 + (2..=n).map(term).sum::<f64>()
        }),
        (large::Cragglvy::new(n)?.into(), |n, x| {
            let term = |i: usize| {
                let (a, b, c, d) = (x(2 * i - 1), x(2 * i), x(2 * i + 1), x(2 * i + 2));
                (a.exp() - b).powi(4)
                    + 100.0 * (b - c).powi(6)
                    + ((c - d).tan() + c - d).powi(4)
                    + a.powi(8)
                    + (d - 1.0).powi(2)
            };
            (1..n / 2).map(term).sum()
        }),
        (large::Schmvett::new(n)?.into(), |n, x| {
            let term = |i: usize| {
                let (a, b, c) = (x(i), x(i + 1), x(i + 2));
                -1.0 / (1.0 + (a - b).powi(2))
                    - ((std::f64::consts::PI * b + c) / 2.0).sin()
                    - (-((a + c) / b - 2.0).powi(2)).exp()
            };
            (1..n - 1).map(term).sum()
        }),
        (large::Tquartic::new(n)?.into(), |n, x| {
            let term = |i| (x(1).powi(2) - x(i).powi(2)).powi(2);
            (x(1) - 1.0).powi(2) + (2..=n).map(term).sum::<f64>()
        }),
        (large::Tridia::new(n)?.into(), |n, x| {
            let term = |i: usize| i as f64 * (2.0 * x(i) - x(i - 1)).powi(2);
            (x(1) - 1.0).powi(2) + (2..=n).map(term).sum::<f64>()
        }),
    ];
    for (function, sum) in cases {
        for x in points(&function) {
            let (cost, expected) = (function.cost(&x), sum(n, &|i| x[i - 1]));
            assert!((cost - expected).abs() <= 1e-13 * expected.abs(), "{}", function.name());
        }
    }
    // Broyden's tridiagonal function is in both collections.
    let (ours, other) = (large::Broydn3d::new(9)?, residuals::BroydenTridiagonal::new(9)?);
    let x = &points(&ours.into())[1];
    let (cost, expected) = (ours.cost(x), AutoDiff(Squared(other)).cost(x));
    assert!((cost - expected).abs() <= 1e-13 * expected);
    Ok(())
}

#[test]
fn sizes_are_those_of_the_paper() -> Result<(), Error> {
    fn check<T: Residuals>(problem: T, n: usize, m: usize) {
        let x: Vec<Num<f64>> = problem.start().iter().map(|&x| Num::from(x)).collect();
        let mut count = 0;
        problem.residuals(&x, &mut |_| count += 1);
        let sizes = (problem.dimension(), x.len(), problem.residual_count(), count);
        assert_eq!(sizes, (n, n, m, m), "{}", T::NAME);
    }
    check(residuals::Rosenbrock, 2, 2);
    check(residuals::FreudensteinRoth, 2, 2);
    check(residuals::PowellBadlyScaled, 2, 2);
    check(residuals::BrownBadlyScaled, 2, 3);
    check(residuals::Beale, 2, 3);
    check(residuals::JennrichSampson, 2, 10);
    check(residuals::HelicalValley, 3, 3);
    check(residuals::Bard, 3, 15);
    check(residuals::Gaussian, 3, 15);
    check(residuals::Meyer, 3, 16);
    check(residuals::GulfResearch, 3, 99);
    check(residuals::Box3d, 3, 10);
    check(residuals::PowellSingular, 4, 4);
    check(residuals::Wood, 4, 6);
    check(residuals::KowalikOsborne, 4, 11);
    check(residuals::BrownDennis, 4, 20);
    check(residuals::OsborneOne, 5, 33);
    check(residuals::BiggsExp6, 6, 13);
    check(residuals::OsborneTwo, 11, 65);
    check(residuals::Watson::new(31)?, 31, 31);
    check(residuals::ExtendedRosenbrock::new(4)?, 4, 4);
    check(residuals::ExtendedPowellSingular::new(8)?, 8, 8);
    check(residuals::PenaltyOne::new(7)?, 7, 8);
    check(residuals::PenaltyTwo::new(7)?, 7, 14);
    check(residuals::VariablyDimensioned::new(7)?, 7, 9);
    check(residuals::Trigonometric::new(7)?, 7, 7);
    check(residuals::BrownAlmostLinear::new(7)?, 7, 7);
    check(residuals::DiscreteBoundaryValue::new(7)?, 7, 7);
    check(residuals::DiscreteIntegralEquation::new(7)?, 7, 7);
    check(residuals::BroydenTridiagonal::new(7)?, 7, 7);
    check(residuals::BroydenBanded::new(7)?, 7, 7);
    check(residuals::LinearFullRank::new(7, 9)?, 7, 9);
    check(residuals::LinearRankOne::new(7, 9)?, 7, 9);
    check(residuals::LinearRankOneZero::new(7, 9)?, 7, 9);
    check(residuals::Chebyquad::new(7)?, 7, 7);

    let collection: Vec<usize> = more_garbow_hillstrom().iter().map(Problem::dimension).collect();
    let expected = [
        2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 6, 11, 6, 10, 12, 4, 4, 10, 10, 10, 10,
        10, 10, 10, 10, 10, 10, 8,
    ];
    assert_eq!(collection, expected);
    Ok(())
}

/// The smallest sizes allowed can be evaluated, with derivatives, and one less is refused.
#[test]
fn sizes_outside_the_definition_are_refused() -> Result<(), Error> {
    let smallest: [TestFunction; 30] = [
        residuals::Watson::new(2)?.into(),
        residuals::ExtendedRosenbrock::new(2)?.into(),
        residuals::ExtendedPowellSingular::new(4)?.into(),
        residuals::PenaltyOne::new(2)?.into(),
        residuals::PenaltyTwo::new(1)?.into(),
        residuals::VariablyDimensioned::new(1)?.into(),
        residuals::Trigonometric::new(1)?.into(),
        residuals::BrownAlmostLinear::new(3)?.into(),
        residuals::DiscreteBoundaryValue::new(1)?.into(),
        residuals::DiscreteIntegralEquation::new(1)?.into(),
        residuals::BroydenTridiagonal::new(1)?.into(),
        residuals::BroydenBanded::new(1)?.into(),
        residuals::LinearFullRank::new(1, 1)?.into(),
        residuals::LinearRankOne::new(1, 1)?.into(),
        residuals::LinearRankOneZero::new(3, 3)?.into(),
        residuals::Chebyquad::new(1)?.into(),
        residuals::Chebyquad::new(2)?.into(),
        large::ExtendedRosenbrock::new(2)?.into(),
        large::ExtendedPowell::new(4)?.into(),
        large::ExponentialMinusLinear::new(1)?.into(),
        large::ChainedRosenbrock::new(2)?.into(),
        large::Engval1::new(2)?.into(),
        large::Arwhead::new(2)?.into(),
        large::Dixmaan::new('F', 3)?.into(),
        large::Tridia::new(2)?.into(),
        large::Dixon3dq::new(2)?.into(),
        large::Broydn3d::new(3)?.into(),
        large::Cragglvy::new(4)?.into(),
        large::Bdqrtic::new(5)?.into(),
        large::Penalty1::new(2)?.into(),
    ];
    for function in smallest.into_iter().chain(large::all(5)?) {
        let x = function.start();
        assert!(function.cost(x).is_finite(), "{}", function.name());
        assert!(gradient(&function, x).iter().all(|g| g.is_finite()), "{}", function.name());
        assert!(hessian(&function, x).iter().all(|h| h.is_finite()), "{}", function.name());
    }
    let refused = [
        residuals::Watson::new(1).err(),
        residuals::Watson::new(32).err(),
        residuals::ExtendedRosenbrock::new(9).err(),
        residuals::ExtendedPowellSingular::new(10).err(),
        residuals::PenaltyOne::new(1).err(),
        residuals::BrownAlmostLinear::new(2).err(),
        residuals::Chebyquad::new(0).err(),
        residuals::LinearFullRank::new(10, 9).err(),
        residuals::LinearRankOneZero::new(2, 9).err(),
        large::ExtendedRosenbrock::new(0).err(),
        large::ExtendedPowell::new(6).err(),
        large::Dixmaan::new('A', 10).err(),
        large::Arwhead::new(1).err(),
        large::Woods::new(6).err(),
        large::Cragglvy::new(5).err(),
        large::Bdqrtic::new(4).err(),
        large::Broydn3d::new(2).err(),
        large::Vardim::new(0).err(),
        large::all(4).err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(Error::Parameter { .. })), "{error:?}");
    }
    Ok(())
}

#[test]
fn names_are_unique_and_find_their_function() {
    for function in more_garbow_hillstrom().iter().chain(&classics()) {
        let found = functions::by_name(&function.name().to_uppercase());
        let start = found.map(|found| found.start().clone());
        assert_eq!(start.as_ref(), Some(function.start()), "{}", function.name());
    }
    assert!(functions::by_name("no such function").is_none());
}
