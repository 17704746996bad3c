//! Functions of one variable: the laws of the methods, the counts of SciPy, and hostile functions.

use std::cell::RefCell;

use extremum::scalar::{
    Bisection, BrentMinimum, BrentRoot, GoldenSection, Halley, Minimum, NewtonRoot, Root, Secant,
};
use extremum::{Error, Random, Stall, Termination};

mod laws {
    use super::*;

    #[test]
    fn bisection_halves_the_bracket() {
        for max_evaluations in 2..40 {
            let method = Bisection::default().max_evaluations(max_evaluations);
            let root = method.solve(|x| x * x - 2.0, 1.0, 2.0).unwrap();
            let (low, high) = root.bracket.unwrap();
            assert_eq!(high - low, 0.5_f64.powi(max_evaluations as i32 - 2));
            assert!(low <= 2.0_f64.sqrt() && 2.0_f64.sqrt() <= high);
            assert_eq!(root.evaluations, max_evaluations);
        }
    }

    #[test]
    fn bisection_to_rounding_ends_at_neighbours() {
        let method = Bisection::default().relative_tolerance(0.0);
        let root = method.solve(|x| x * x - 3.0, -0.1, 1e300).unwrap();
        let (low, high) = root.bracket.unwrap();
        assert_eq!(low.next_up(), high);
        assert!(low * low < 3.0 && high * high > 3.0);
    }

    #[test]
    fn golden_section_shrinks_by_the_golden_section() {
        let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
        for max_evaluations in 2..30 {
            let method = GoldenSection::default().max_evaluations(max_evaluations);
            let minimum = method.minimize(|x| (x - 0.3).powi(2), -1.0, 2.0).unwrap();
            let (low, high) = minimum.bracket.unwrap();
            let expected = 3.0 * golden.powi(max_evaluations as i32 - 1);
            assert!(((high - low) / expected - 1.0).abs() < 1e-9, "{max_evaluations}");
            assert!(low <= 0.3 && 0.3 <= high && low <= minimum.x && minimum.x <= high);
        }
    }

    /// The errors of the points that a method evaluates.
    fn errors(root: f64, search: impl FnOnce(&mut dyn FnMut(f64))) -> Vec<f64> {
        let mut errors = Vec::new();
        search(&mut |x| errors.push((x - root).abs()));
        errors
    }

    /// log(e'/e) / log(e/e₀) of three errors in a row, the last of them that are above rounding.
    fn order(errors: &[f64]) -> f64 {
        let end = errors.iter().position(|e| *e < 1e-13).unwrap();
        let [e0, e1, e2] = errors[end - 3..end] else { unreachable!() };
        (e2 / e1).ln() / (e1 / e0).ln()
    }

    #[test]
    fn orders_of_convergence() {
        // exp x = 2.
        let root = 2.0_f64.ln();
        let newton = errors(root, |seen| {
            let f = |x: f64| {
                seen(x);
                (x.exp() - 2.0, x.exp())
            };
            assert!(NewtonRoot::default().solve(f, 1.5).unwrap().termination.is_converged());
        });
        assert!((order(&newton) - 2.0).abs() < 0.1, "{newton:?}");
        let halley = errors(root, |seen| {
            let f = |x: f64| {
                seen(x);
                (x.exp() - 2.0, x.exp(), x.exp())
            };
            assert!(Halley::default().solve(f, 2.0).unwrap().termination.is_converged());
        });
        assert!((order(&halley) - 3.0).abs() < 0.2, "{halley:?}");
        let secant = errors(root, |seen| {
            let f = |x: f64| {
                seen(x);
                x.exp() - 2.0
            };
            assert!(Secant::default().solve(f, 1.0, 0.9).unwrap().termination.is_converged());
        });
        assert!((order(&secant) - 1.618).abs() < 0.2, "{secant:?}");
    }

    #[test]
    fn newton_is_linear_at_multiple_roots() {
        for m in [2, 3, 5] {
            let errors = errors(1.0, |seen| {
                let f = |x: f64| {
                    seen(x);
                    ((x - 1.0).powi(m), f64::from(m) * (x - 1.0).powi(m - 1))
                };
                let root = NewtonRoot::default().relative_tolerance(1e-9).solve(f, 1.5).unwrap();
                assert!(root.termination.is_converged() && (root.x - 1.0).abs() < 1e-8);
            });
            for pair in errors.windows(2).take(20) {
                let factor = 1.0 - 1.0 / f64::from(m);
                assert!((pair[1] / pair[0] - factor).abs() < 1e-7, "{m}: {pair:?}");
            }
        }
    }
}

/// Roots: the functions of `scipy.optimize._tstutils`, from Alefeld, Potra and Shi, *Algorithm 748*, ACM TOMS 21 (1995).
mod roots {
    use super::*;

    type Function = fn(f64, [f64; 2]) -> f64;

    fn f1(x: f64, _: [f64; 2]) -> f64 {
        x * (x - 1.0)
    }
    fn f2(x: f64, _: [f64; 2]) -> f64 {
        x * x - 1.0
    }
    fn f3(x: f64, _: [f64; 2]) -> f64 {
        x * (x - 1.0) * (x - 2.0) * (x - 3.0)
    }
    fn f4(x: f64, _: [f64; 2]) -> f64 {
        if x == 1.0 { 0.0 } else { (x - 1.0).signum() + 0.1 * x }
    }
    fn aps01(x: f64, _: [f64; 2]) -> f64 {
        x.sin() - x / 2.0
    }
    fn aps02(x: f64, _: [f64; 2]) -> f64 {
        let term = |i: i32| {
            let i = f64::from(i);
            (2.0 * i - 5.0).powi(2) / (x - i * i).powi(3)
        };
        -2.0 * (1..21).map(term).sum::<f64>()
    }
    fn aps03(x: f64, [a, b]: [f64; 2]) -> f64 {
        a * x * (b * x).exp()
    }
    fn aps04(x: f64, [n, a]: [f64; 2]) -> f64 {
        x.powf(n) - a
    }
    fn aps05(x: f64, _: [f64; 2]) -> f64 {
        x.sin() - 0.5
    }
    fn aps06(x: f64, [n, _]: [f64; 2]) -> f64 {
        2.0 * x * (-n).exp() - 2.0 * (-n * x).exp() + 1.0
    }
    fn aps07(x: f64, [n, _]: [f64; 2]) -> f64 {
        (1.0 + (1.0 - n).powi(2)) * x - (1.0 - n * x).powi(2)
    }
    fn aps08(x: f64, [n, _]: [f64; 2]) -> f64 {
        x * x - (1.0 - x).powf(n)
    }
    fn aps09(x: f64, [n, _]: [f64; 2]) -> f64 {
        (1.0 + (1.0 - n).powi(4)) * x - (1.0 - n * x).powi(4)
    }
    fn aps10(x: f64, [n, _]: [f64; 2]) -> f64 {
        (-n * x).exp() * (x - 1.0) + x.powf(n)
    }
    fn aps11(x: f64, [n, _]: [f64; 2]) -> f64 {
        (n * x - 1.0) / ((n - 1.0) * x)
    }
    fn aps12(x: f64, [n, _]: [f64; 2]) -> f64 {
        x.powf(1.0 / n) - n.powf(1.0 / n)
    }
    fn aps13(x: f64, _: [f64; 2]) -> f64 {
        if x == 0.0 { 0.0 } else { x / (1.0 / (x * x)).exp() }
    }
    fn aps14(x: f64, [n, _]: [f64; 2]) -> f64 {
        n / 20.0 * if x <= 0.0 { -1.0 } else { x / 1.5 + x.sin() - 1.0 }
    }
    fn aps15(x: f64, [n, _]: [f64; 2]) -> f64 {
        if x < 0.0 {
            -0.859
        } else if x > 2e-3 / (1.0 + n) {
            std::f64::consts::E - 1.859
        } else {
            ((n + 1.0) * x / 2.0 * 1000.0).exp() - 1.859
        }
    }

    type Row = (Function, [f64; 2], f64, f64, f64, u64);

    /// Function, parameters, bracket, root, and the calls of SciPy 1.17.1: a loop over
    /// `scipy.optimize._tstutils.get_tests("aps")` and `get_tests("original")` printed
    /// `brentq(f, a, b, args, full_output=True)[1].function_calls` with its tolerances, xtol = 2e-12 and rtol = 4 ε.
    #[rustfmt::skip]
    #[expect(clippy::approx_constant, reason = "the ends as SciPy prints them")]
    const SCIPY: &[Row] = &[
        (f1, [0.0, 0.0], 0.5, 1.7320508075688772, 1.0, 11),
        (f2, [0.0, 0.0], 0.5, 1.7320508075688772, 1.0, 9),
        (f3, [0.0, 0.0], 0.5, 1.7320508075688772, 1.0, 10),
        (f4, [0.0, 0.0], 0.5, 1.7320508075688772, 1.0, 42),
        (aps01, [0.0, 0.0], 1.5707963267948966, 3.141592653589793, 1.895494267033981, 9),
        (aps02, [0.0, 0.0], 1.000000001, 3.999999999, 3.0229153472730568, 15),
        (aps02, [0.0, 0.0], 4.000000001, 8.999999999, 6.6837535608080785, 9),
        (aps02, [0.0, 0.0], 9.000000001, 15.999999999, 11.238701655002211, 15),
        (aps02, [0.0, 0.0], 16.000000001, 24.999999999, 19.67600008062341, 13),
        (aps02, [0.0, 0.0], 25.000000001, 35.999999999, 29.828227326504756, 13),
        (aps02, [0.0, 0.0], 36.000000001, 48.999999999, 41.906116195289414, 12),
        (aps02, [0.0, 0.0], 49.000000001, 63.999999999, 55.95359580014309, 12),
        (aps02, [0.0, 0.0], 64.000000001, 80.999999999, 71.9856655865878, 12),
        (aps02, [0.0, 0.0], 81.000000001, 99.999999999, 90.00886853916667, 12),
        (aps02, [0.0, 0.0], 100.000000001, 120.999999999, 110.0265327483302, 11),
        (aps03, [-40.0, -1.0], -9.0, 31.0, 0.0, 17),
        (aps03, [-100.0, -2.0], -9.0, 31.0, 0.0, 19),
        (aps03, [-200.0, -3.0], -9.0, 31.0, 0.0, 20),
        (aps04, [4.0, 0.2], 0.0, 5.0, 0.668740304976422, 15),
        (aps04, [6.0, 0.2], 0.0, 5.0, 0.76472449133173, 17),
        (aps04, [8.0, 0.2], 0.0, 5.0, 0.8177654339579425, 17),
        (aps04, [10.0, 0.2], 0.0, 5.0, 0.8513399225207846, 17),
        (aps04, [12.0, 0.2], 0.0, 5.0, 0.8744852722211679, 18),
        (aps04, [4.0, 1.0], 0.0, 5.0, 1.0, 15),
        (aps04, [6.0, 1.0], 0.0, 5.0, 1.0, 15),
        (aps04, [8.0, 1.0], 0.0, 5.0, 1.0, 15),
        (aps04, [10.0, 1.0], 0.0, 5.0, 1.0, 16),
        (aps04, [12.0, 1.0], 0.0, 5.0, 1.0, 17),
        (aps05, [0.0, 0.0], 0.0, 1.5, 0.5235987755982988, 9),
        (aps06, [1.0, 0.0], 0.0, 1.0, 0.4224777096412367, 8),
        (aps06, [2.0, 0.0], 0.0, 1.0, 0.3066994104832037, 10),
        (aps06, [3.0, 0.0], 0.0, 1.0, 0.22370545765466296, 9),
        (aps06, [4.0, 0.0], 0.0, 1.0, 0.17171914751950837, 10),
        (aps06, [5.0, 0.0], 0.0, 1.0, 0.13825715505682407, 10),
        (aps06, [20.0, 0.0], 0.0, 1.0, 0.03465735902085385, 13),
        (aps06, [40.0, 0.0], 0.0, 1.0, 0.01732867951399863, 14),
        (aps06, [60.0, 0.0], 0.0, 1.0, 0.011552453009332421, 14),
        (aps06, [80.0, 0.0], 0.0, 1.0, 0.008664339756999316, 15),
        (aps06, [100.0, 0.0], 0.0, 1.0, 0.006931471805599454, 14),
        (aps07, [5.0, 0.0], 0.0, 1.0, 0.0384025518406219, 9),
        (aps07, [10.0, 0.0], 0.0, 1.0, 0.0099000099980005, 9),
        (aps07, [20.0, 0.0], 0.0, 1.0, 0.0024937500390620117, 8),
        (aps08, [2.0, 0.0], 0.0, 1.0, 0.5, 3),
        (aps08, [5.0, 0.0], 0.0, 1.0, 0.34595481584824206, 9),
        (aps08, [10.0, 0.0], 0.0, 1.0, 0.24512233375330722, 10),
        (aps08, [15.0, 0.0], 0.0, 1.0, 0.19554762353656563, 11),
        (aps08, [20.0, 0.0], 0.0, 1.0, 0.16492095727644096, 13),
        (aps09, [1.0, 0.0], 0.0, 1.0, 0.2755080409994844, 10),
        (aps09, [2.0, 0.0], 0.0, 1.0, 0.1377540204997422, 11),
        (aps09, [4.0, 0.0], 0.0, 1.0, 0.010305283778156442, 8),
        (aps09, [5.0, 0.0], 0.0, 1.0, 0.0036171081789040634, 7),
        (aps09, [8.0, 0.0], 0.0, 1.0, 0.0004108729184963954, 7),
        (aps09, [15.0, 0.0], 0.0, 1.0, 2.598957589290763e-05, 7),
        (aps09, [20.0, 0.0], 0.0, 1.0, 7.668595122185337e-06, 6),
        (aps10, [1.0, 0.0], 0.0, 1.0, 0.401058137541547, 8),
        (aps10, [5.0, 0.0], 0.0, 1.0, 0.5161535187579336, 9),
        (aps10, [10.0, 0.0], 0.0, 1.0, 0.5395222269084158, 9),
        (aps10, [15.0, 0.0], 0.0, 1.0, 0.5481822943406552, 12),
        (aps10, [20.0, 0.0], 0.0, 1.0, 0.5527046666784878, 12),
        (aps11, [2.0, 0.0], 0.01, 1.0, 0.5, 4),
        (aps11, [5.0, 0.0], 0.01, 1.0, 0.2, 12),
        (aps11, [15.0, 0.0], 0.01, 1.0, 0.06666666666666667, 13),
        (aps11, [20.0, 0.0], 0.01, 1.0, 0.05, 14),
        (aps12, [2.0, 0.0], 1.0, 100.0, 2.0, 6),
        (aps12, [3.0, 0.0], 1.0, 100.0, 3.0, 10),
        (aps12, [4.0, 0.0], 1.0, 100.0, 4.0, 10),
        (aps12, [5.0, 0.0], 1.0, 100.0, 5.0, 11),
        (aps13, [0.0, 0.0], -1.0, 4.0, 0.0, 18),
        (aps14, [1.0, 0.0], -1000.0, 1.5707963267948966, 0.6238065189616124, 18),
        (aps14, [2.0, 0.0], -1000.0, 1.5707963267948966, 0.6238065189616124, 18),
        (aps14, [3.0, 0.0], -1000.0, 1.5707963267948966, 0.6238065189616124, 18),
        (aps14, [4.0, 0.0], -1000.0, 1.5707963267948966, 0.6238065189616124, 18),
        (aps15, [20.0, 0.0], -1000.0, 0.0001, 5.905130559421972e-05, 32),
        (aps15, [21.0, 0.0], -1000.0, 0.0001, 5.6367155339937e-05, 32),
        (aps15, [22.0, 0.0], -1000.0, 0.0001, 5.391640945559192e-05, 32),
        (aps15, [23.0, 0.0], -1000.0, 0.0001, 5.166989239494225e-05, 32),
    ];

    #[test]
    fn brent_takes_no_more_evaluations_than_scipy() {
        let method = BrentRoot::default().absolute_tolerance(2e-12);
        let (mut ours, mut theirs) = (0, 0);
        for (i, &(f, parameters, low, high, root, calls)) in SCIPY.iter().enumerate() {
            let found = method.solve(|x| f(x, parameters), low, high).unwrap();
            assert!(found.termination.is_converged(), "{i}: {found:?}");
            // All derivatives of this one are 0 at its root, and so are its values near it.
            let is_flat = f as usize == aps13 as Function as usize;
            let tolerance = if is_flat { 0.04 } else { 2e-12 + 1e-14 * root.abs() };
            assert!((found.x - root).abs() <= tolerance, "{i}: {found:?}, root {root}");
            assert!(found.evaluations <= calls + 1, "{i}: {found:?}, SciPy {calls}");
            ours += found.evaluations;
            theirs += calls;
        }
        println!("{ours} evaluations, SciPy {theirs}");
        assert!(ours <= theirs + 1, "{ours} evaluations, SciPy {theirs}");
    }

    #[test]
    fn every_method_with_a_bracket_finds_them_to_rounding() {
        for (i, &(f, parameters, low, high, root, _)) in SCIPY.iter().enumerate() {
            let brent = BrentRoot::default().solve(|x| f(x, parameters), low, high).unwrap();
            let bisection = Bisection::default().solve(|x| f(x, parameters), low, high).unwrap();
            for found in [brent, bisection] {
                let is_flat = f as usize == aps13 as Function as usize;
                let tolerance = if is_flat { 0.04 } else { 1e-14 * root.abs() };
                assert!(found.termination.is_converged(), "{i}: {found:?}");
                assert!((found.x - root).abs() <= tolerance, "{i}: {found:?}, root {root}");
                let (a, b) = found.bracket.unwrap();
                assert!(low <= a && a <= found.x && found.x <= b && b <= high, "{i}: {found:?}");
            }
        }
    }
}

mod minima {
    use super::*;

    type Function = fn(f64) -> f64;

    type Row = (Function, f64, f64, f64, u64, u64);

    /// Function, interval, minimum, and the calls of SciPy 1.17.1, printed for the same formulas in Python with `math`:
    /// `minimize_scalar(f, method="bounded", bounds=(a, b)).nfev` with xatol = 1e-5, and
    /// `minimize_scalar(f, bracket=(0.5, 0.6)).nfev` with xtol = 1.48e-8.
    #[rustfmt::skip]
    const SCIPY: &[Row] = &[
        (|x| (x - 1.5).powi(2) - 0.8, -3.0, 4.0, 1.5, 6, 9),
        (|x| x.powi(4) - 3.0 * x, 0.0, 2.0, 0.9085602964160698, 11, 13),
        (|x| x * x, -1.0, 2.5, 0.0, 6, 9),
        (|x| (x - 1.0).cosh(), -2.0, 3.0, 1.0, 8, 12),
        (|x| x.exp() - 2.0 * x, -1.0, 2.0, std::f64::consts::LN_2, 10, 13),
        (|x| if x > 0.0 { x * x.ln() } else { f64::INFINITY }, 0.01, 2.0, 0.36787944117144233, 11, 12),
        (|x| -x * (-x).exp(), 0.0, 5.0, 1.0, 12, 14),
        (|x| (x - 0.3).abs(), -1.0, 2.0, 0.3, 20, 27),
        (|x| (x - 2.0).powi(4) + 1.0, -1.0, 4.0, 2.0, 25, 30),
        (|x| x.sin(), 3.0, 6.5, 1.5 * std::f64::consts::PI, 9, 15),
        (|x| -1.0 / (1.0 + (x - 0.7).powi(2)), -3.0, 3.0, 0.7, 10, 11),
        (|x| (1.0 + (x + 2.0).powi(2)).sqrt(), -7.0, 3.0, -2.0, 6, 15),
        (|x| x.powi(6) - x, 0.0, 3.0, 0.6988271187715792, 13, 13),
        (|x| (-x).exp() + x * x, -2.0, 2.0, 0.35173371124919584, 9, 11),
    ];

    #[test]
    fn brent_takes_no_more_evaluations_than_scipy() {
        let (mut ours, mut theirs) = (0, 0);
        for (i, &(f, low, high, x, calls, _)) in SCIPY.iter().enumerate() {
            // SciPy's tolerance is √2.2e-16 |x| + xatol / 3.
            let method = BrentMinimum::default()
                .absolute_tolerance(1e-5 / 3.0)
                .relative_tolerance(2.2e-16_f64.sqrt());
            let found = method.minimize(f, low, high).unwrap();
            assert!(found.termination.is_converged(), "{i}: {found:?}");
            assert!(found.evaluations <= calls + 1, "{i}: {found:?}, SciPy {calls}");
            assert!((found.x - x).abs() < 5e-5, "{i}: {found:?}");
            ours += found.evaluations;
            theirs += calls;
        }
        println!("{ours} evaluations, SciPy {theirs}");
        assert!(ours <= theirs, "{ours} evaluations, SciPy {theirs}");
    }

    #[test]
    fn brent_from_two_points_takes_no_more_evaluations_than_scipy() {
        let (mut ours, mut theirs) = (0, 0);
        for (i, &(f, _, _, x, _, calls)) in SCIPY.iter().enumerate() {
            let method =
                BrentMinimum::default().absolute_tolerance(1e-11).relative_tolerance(1.48e-8);
            let found = method.minimize_from(f, 0.5, 0.6).unwrap();
            assert!(found.termination.is_converged(), "{i}: {found:?}");
            assert!(found.evaluations <= calls + 1, "{i}: {found:?}, SciPy {calls}");
            // The sine has another minimum on that side.
            let x = if i == 9 { -0.5 * std::f64::consts::PI } else { x };
            let tolerance = if i == 8 { 5e-4 } else { 1e-7 };
            assert!((found.x - x).abs() < tolerance, "{i}: {found:?}");
            ours += found.evaluations;
            theirs += calls;
        }
        println!("{ours} evaluations, SciPy {theirs}");
        assert!(ours <= theirs, "{ours} evaluations, SciPy {theirs}");
    }

    #[test]
    fn golden_section_finds_them() {
        for (i, &(f, low, high, x, ..)) in SCIPY.iter().enumerate() {
            let found = GoldenSection::default().minimize(f, low, high).unwrap();
            let tolerance = if i == 8 { 5e-4 } else { 1e-7 };
            assert!(found.termination.is_converged(), "{i}: {found:?}");
            assert!((found.x - x).abs() < tolerance, "{i}: {found:?}");
        }
    }

    #[test]
    fn a_minimum_at_an_end_is_approached() {
        let found = BrentMinimum::default().minimize(|x| x, 1.0, 2.0).unwrap();
        assert!(found.termination.is_converged() && found.x - 1.0 < 1e-7);
    }

    #[test]
    fn a_cost_without_a_minimum_is_unbounded() {
        let found = BrentMinimum::default().minimize_from(|x| -x, 0.0, 1.0).unwrap();
        assert!(matches!(found.termination, Termination::Unbounded { .. }), "{found:?}");
        assert!(found.x > 1e300 && found.bracket.is_none() && found.evaluations < 1000);
    }
}

mod endings {
    use super::*;

    fn stall(termination: &Termination) -> Stall {
        match termination {
            Termination::Stalled { reason, .. } => *reason,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_pole_is_not_a_root() {
        let f = |x: f64| 1.0 / (x - 0.3);
        let bisection = Bisection::default().solve(f, 0.0, 1.0).unwrap();
        let brent = BrentRoot::default().solve(f, 0.0, 1.0).unwrap();
        for root in [bisection, brent] {
            assert!(matches!(stall(&root.termination), Stall::Jump { value, .. } if value > 1e12));
            // The best point is an end.
            assert_eq!((root.x, root.value), (1.0, f(1.0)));
            let (low, high) = root.bracket.unwrap();
            assert!(low <= 0.3 && 0.3 <= high && high - low < 1e-15);
        }
        for x in [0.3 + 1e-14, 0.3 - 1e-15, 0.4, 1.0] {
            let f = |x: f64| (1.0 / (x - 0.3), -(x - 0.3).powi(-2));
            let newton = NewtonRoot::default().absolute_tolerance(1e-6).solve(f, x).unwrap();
            assert!(!newton.termination.is_converged() || newton.value.abs() < 1e-5, "{newton:?}");
        }
        let tan = |x: f64| (x.tan(), x.cos().powi(-2));
        let newton = NewtonRoot::default().solve(tan, std::f64::consts::FRAC_PI_2).unwrap();
        assert!(!newton.termination.is_converged() || newton.value.abs() < 1e-12, "{newton:?}");
    }

    #[test]
    fn nan_within_the_bracket_is_said() {
        let f = |x: f64| if x > 0.4 && x < 0.6 { f64::NAN } else { x - 0.5 };
        let root = Bisection::default().solve(f, 0.0, 1.0).unwrap();
        assert_eq!(stall(&root.termination), Stall::NotANumber { x: 0.5 });
        assert_eq!((root.x, root.value, root.evaluations), (1.0, 0.5, 3));
    }

    #[test]
    fn newton_says_where_it_cannot_go_on() {
        let level = NewtonRoot::default().solve(|x| (x * x + 1.0, 2.0 * x), 0.0).unwrap();
        assert_eq!(stall(&level.termination), Stall::NoNextPoint { x: 0.0 });
        // The cycle 0, 1, 0, 1, ..
        let f = |x: f64| (x.powi(3) - 2.0 * x + 2.0, 3.0 * x * x - 2.0);
        let cycle = NewtonRoot::default().solve(f, 0.0).unwrap();
        assert_eq!(stall(&cycle.termination), Stall::NoNextPoint { x: 1.0 });
        assert_eq!((cycle.evaluations, cycle.x), (2, 1.0));
        // Steps into the NaN of the logarithm are halved.
        let log = NewtonRoot::default().solve(|x| (x.ln(), 1.0 / x), 100.0).unwrap();
        assert!(log.termination.is_converged() && (log.x - 1.0).abs() < 1e-15, "{log:?}");
    }

    #[test]
    fn exact_zeros() {
        let at_low = BrentRoot::default().solve(|x| x, 0.0, 1.0).unwrap();
        assert_eq!((at_low.termination, at_low.evaluations), (Termination::Zero, 1));
        let middle = Bisection::default().solve(|x| x, -1.0, 1.0).unwrap();
        assert_eq!((middle.x, middle.evaluations), (0.0, 3));
        assert_eq!(middle.bracket, Some((0.0, 0.0)));
        let newton = NewtonRoot::default().solve(|x| (x - 1.0, 1.0), 5.0).unwrap();
        assert_eq!((newton.termination, newton.evaluations), (Termination::Zero, 2));
    }

    #[test]
    fn bad_calls_are_errors() {
        let f = |x: f64| x;
        let brent = BrentRoot::default();
        for (low, high) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            assert!(matches!(brent.solve(f, low, high), Err(Error::Interval { .. })));
            let minimum = BrentMinimum::default().minimize(f, low, high);
            assert!(matches!(minimum, Err(Error::Interval { .. })));
            let minimum = GoldenSection::default().minimize(f, low, high);
            assert!(matches!(minimum, Err(Error::Interval { .. })));
        }
        assert!(matches!(brent.solve(f, 1.0, 2.0), Err(Error::NoSignChange { .. })));
        assert!(matches!(brent.solve(|_| f64::NAN, 1.0, 2.0), Err(Error::NoSignChange { .. })));
        for tolerance in [-1.0, f64::NAN, f64::INFINITY] {
            let method = brent.absolute_tolerance(tolerance);
            assert!(matches!(method.solve(f, -1.0, 2.0), Err(Error::Parameter { .. })));
            let method = Secant::default().relative_tolerance(tolerance);
            assert!(matches!(method.solve(f, -1.0, 2.0), Err(Error::Parameter { .. })));
            let method = BrentMinimum::default().absolute_tolerance(tolerance);
            assert!(matches!(method.minimize_from(f, -1.0, 2.0), Err(Error::Parameter { .. })));
        }
        let none = brent.max_evaluations(0);
        assert!(matches!(none.solve(f, -1.0, 2.0), Err(Error::Parameter { .. })));
        let newton = NewtonRoot::default();
        assert!(matches!(newton.solve(|x| (x, 1.0), f64::NAN), Err(Error::NonFiniteStart { .. })));
        assert!(matches!(newton.solve(|x| (x.ln(), 1.0), -1.0), Err(Error::NotInDomain { .. })));
        assert!(matches!(Secant::default().solve(f, 1.0, 1.0), Err(Error::Parameter { .. })));
        let from = BrentMinimum::default().minimize_from(f, 1.0, 1.0);
        assert!(matches!(from, Err(Error::Parameter { .. })));
    }

    #[test]
    fn scales_do_not_matter() {
        for scale in [1e-300, 1e-150, 1.0, 1e150, 1e300] {
            let f = |x: f64| (x / scale).powi(3) - 2.0;
            let root = BrentRoot::default().solve(f, 0.0, 3.0 * scale).unwrap();
            assert!((root.x / scale - 2.0_f64.cbrt()).abs() < 1e-14, "{root:?}");
            assert!(root.termination.is_converged() && root.evaluations < 15);
            let g = |x: f64| scale * (x.powi(3) - 2.0);
            let root = BrentRoot::default().solve(g, 0.0, 3.0).unwrap();
            assert!((root.x - 2.0_f64.cbrt()).abs() < 1e-14 && root.evaluations < 15);
            let secant = Secant::default().solve(f, scale, 2.0 * scale).unwrap();
            assert!((secant.x / scale - 2.0_f64.cbrt()).abs() < 1e-14, "{secant:?}");
            let h = |x: f64| (x / scale - 1.0).powi(2);
            let minimum = BrentMinimum::default().minimize(h, 0.0, 5.0 * scale).unwrap();
            assert!((minimum.x / scale - 1.0).abs() < 1e-7 && minimum.evaluations < 20);
            let golden = GoldenSection::default().minimize(h, 0.0, 5.0 * scale).unwrap();
            assert!((golden.x / scale - 1.0).abs() < 1e-7 && golden.evaluations < 60);
        }
        let method = Bisection::default().relative_tolerance(0.0);
        let denormal = method.solve(|x| if x > 3e-323 { 1.0 } else { -1.0 }, -f64::MAX, f64::MAX);
        let (low, high) = denormal.unwrap().bracket.unwrap();
        assert_eq!((low, high), (3e-323, 3e-323_f64.next_up()));
    }
}

mod hostile {
    use super::*;

    /// A function with faults, drawn by a seed.
    fn value(kind: usize, shift: f64, scale: f64, x: f64) -> f64 {
        let u = x / scale - shift;
        match kind {
            0 => u,
            1 => 1.0 / u,
            2 => u.signum() * (1.0 + u.abs()),
            3 => u.ln(),
            4 => {
                if u.abs() < 0.1 {
                    0.0
                } else {
                    u.powi(3)
                }
            }
            5 => {
                if (u * 7.0).sin() > 0.6 {
                    f64::NAN
                } else {
                    u * u - 0.5
                }
            }
            6 => u.tan(),
            7 => u.exp() * 1e300,
            8 => (u * 50.0).sin(),
            9 => {
                if u > 0.3 {
                    f64::INFINITY
                } else {
                    u - 0.1
                }
            }
            10 => -1.0 / (u * u),
            11 => (u * 1e3).floor(),
            12 => {
                (u.to_bits().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / 2f64.powi(52) - 1.0
            }
            13 => u.powi(9),
            14 => 0.0 * u,
            15 => (u - 0.5).powi(2) / u,
            _ => {
                if u < 0.2 {
                    f64::NEG_INFINITY
                } else {
                    u
                }
            }
        }
    }

    /// Counts, and what was evaluated.
    struct Seen {
        points: RefCell<Vec<(f64, f64)>>,
    }

    impl Seen {
        fn check(
            &self,
            x: f64,
            value: f64,
            evaluations: u64,
            limit: u64,
            bracket: Option<(f64, f64)>,
        ) {
            let points = self.points.borrow();
            assert_eq!(points.len() as u64, evaluations);
            assert!(evaluations <= limit);
            let same = |p: &(f64, f64)| p.0 == x && p.1.to_bits() == value.to_bits();
            assert!(points.iter().any(same), "{x} {value} in {points:?}");
            if let Some((low, high)) = bracket {
                assert!(low <= high);
            }
        }

        fn root(&self, found: Result<Root, Error>, limit: u64, bracketing: bool) {
            let Ok(root) = found else { return };
            self.check(root.x, root.value, root.evaluations, limit, root.bracket);
            let points = self.points.borrow();
            let measure = |v: f64| if v.is_nan() { f64::INFINITY } else { v.abs() };
            // Never worse than the better end, or the start.
            let given = &points[..points.len().min(if bracketing { 2 } else { 1 })];
            if !matches!(root.termination, Termination::Bracket { .. }) {
                let is_best = given.iter().all(|p| measure(root.value) <= measure(p.1));
                assert!(is_best, "{root:?} {points:?}");
            }
            match root.termination {
                Termination::Zero => assert_eq!(root.value, 0.0),
                Termination::Bracket { width, tolerance } => {
                    assert!(width <= tolerance && root.value.is_finite());
                    let (low, high) = root.bracket.unwrap();
                    assert_eq!(high - low, width);
                    let at = |x| points.iter().find(|p| p.0 == x).unwrap().1;
                    assert!((at(low) > 0.0) != (at(high) > 0.0));
                    // One side fell, or the first bracket was narrow enough.
                    let fell = |end: f64| {
                        let first = given.iter().find(|p| (p.1 > 0.0) == (at(end) > 0.0));
                        measure(at(end)) < measure(first.unwrap().1)
                    };
                    assert!(points.len() == 2 || fell(low) || fell(high), "{root:?}");
                }
                Termination::Step { length, tolerance } => assert!(length <= tolerance),
                Termination::MaxEvaluations { limit: said } => {
                    assert_eq!((said, root.evaluations), (limit, limit));
                }
                Termination::Stalled { .. } => {}
                other => panic!("{other}"),
            }
        }

        fn minimum(&self, found: Result<Minimum, Error>, limit: u64) {
            let Ok(minimum) = found else { return };
            self.check(minimum.x, minimum.value, minimum.evaluations, limit, minimum.bracket);
            let points = self.points.borrow();
            let finite = points.iter().map(|p| p.1).filter(|v| v.is_finite());
            if let Some(lowest) = finite.reduce(f64::min) {
                assert_eq!(minimum.value, lowest, "{minimum:?} {points:?}");
            }
            match minimum.termination {
                Termination::Bracket { width, tolerance } => {
                    assert!(width <= tolerance && minimum.value.is_finite());
                    let (low, high) = minimum.bracket.unwrap();
                    assert!(low <= minimum.x && minimum.x <= high, "{minimum:?}");
                }
                Termination::MaxEvaluations { limit: said } => {
                    assert_eq!((said, minimum.evaluations), (limit, limit));
                }
                Termination::Stalled { .. } | Termination::Unbounded { .. } => {}
                other => panic!("{other}"),
            }
        }
    }

    #[test]
    fn nothing_goes_wrong() {
        let mut random = Random::new(1);
        let mut uniform = |low: f64, high: f64| low + (high - low) * random.unit();
        for case in 0..20_000 {
            let kind = case % 17;
            let scale = 10_f64.powi(uniform(-300.0, 300.0) as i32);
            let shift = uniform(-1.0, 1.0);
            let ends = [uniform(-3.0, 3.0) * scale, uniform(-3.0, 3.0) * scale];
            let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
            let limit = [1, 2, 3, 4, 7, 100, 10_000][uniform(0.0, 7.0) as usize];
            let absolute = [0.0, 0.0, 1e-9, 0.1, f64::MAX][uniform(0.0, 5.0) as usize];
            let absolute = (absolute * scale).min(f64::MAX);
            let relative = [0.0, 1e-15, 1e-8, 0.1, 1.0_f64.next_down()][uniform(0.0, 5.0) as usize];
            let seen = || Seen { points: RefCell::default() };
            macro_rules! set {
                ($method:ty) => {
                    <$method>::default()
                        .max_evaluations(limit)
                        .absolute_tolerance(absolute)
                        .relative_tolerance(relative)
                };
            }
            let f = |s: &Seen, x: f64| {
                let v = value(kind, shift, scale, x);
                s.points.borrow_mut().push((x, v));
                v
            };
            // A slope that is right only roughly.
            let slope = |x: f64| {
                let h = 1e-6 * scale;
                (value(kind, shift, scale, x + h) - value(kind, shift, scale, x - h)) / (2.0 * h)
            };
            let s = seen();
            let bisection = set!(Bisection).solve(|x| f(&s, x), low, high);
            s.root(bisection.clone(), limit, true);
            let s = seen();
            let brent = set!(BrentRoot).solve(|x| f(&s, x), low, high);
            s.root(brent.clone(), limit, true);
            let s = seen();
            let secant = set!(Secant).solve(|x| f(&s, x), low, high);
            s.root(secant.clone(), limit, true);
            if kind == 1 {
                // A pole alone: the only zeros are where 1/u is rounded to it.
                for root in [bisection, brent, secant].into_iter().flatten() {
                    let is_step = matches!(root.termination, Termination::Step { .. });
                    let is_narrowed = root.evaluations > 2;
                    assert!(
                        !is_step
                            && (!is_narrowed
                                || root.value == 0.0
                                || !root.termination.is_converged()),
                        "{root:?}"
                    );
                }
            }
            let s = seen();
            s.root(set!(NewtonRoot).solve(|x| (f(&s, x), slope(x)), low), limit, false);
            let s = seen();
            let halley = set!(Halley).solve(|x| (f(&s, x), slope(x), slope(-x) / scale), low);
            s.root(halley, limit, false);
            let s = seen();
            s.minimum(set!(BrentMinimum).minimize(|x| f(&s, x), low, high), limit);
            let s = seen();
            s.minimum(set!(BrentMinimum).minimize_from(|x| f(&s, x), low, high), limit);
            let s = seen();
            s.minimum(set!(GoldenSection).minimize(|x| f(&s, x), low, high), limit);
        }
    }
}
