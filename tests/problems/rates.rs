//! Rates of convergence against sequences whose rate is known, and against the theory of real runs.

#![cfg(feature = "convergence")]

use extremum::Random;
use extremum::convergence::{Class, Estimate, Rate};

const DRAWS: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Truth {
    Power(f64),
    Factor(f64),
    FactorAndPower(f64, f64),
    Order(f64),
}

/// Whether the class is right and the intervals hold the truth; `None` where nothing is claimed.
fn judge(rate: &Rate, truth: Truth) -> Option<(bool, bool)> {
    let holds = |estimate: &Estimate, truth: f64| {
        let rounding = 4.0 * f64::EPSILON * truth;
        estimate.low - rounding <= truth && truth <= estimate.high + rounding
    };
    match (&rate.class, truth) {
        (Class::Insufficient { .. }, _) => None,
        (Class::Sublinear { power }, Truth::Power(a)) => Some((true, holds(power, a))),
        (Class::Linear { factor }, Truth::Factor(rho)) => Some((true, holds(factor, rho))),
        (Class::LinearPolynomial { factor, power }, Truth::FactorAndPower(rho, a)) => {
            Some((true, holds(factor, rho) && holds(power, a)))
        }
        (Class::Order { order }, Truth::Order(p)) => Some((true, holds(order, p))),
        _ => Some((false, false)),
    }
}

/// Draws sequences and checks the shares: decided, of those with the right class, and of those with the truth within.
fn calibrate(
    name: &str,
    [decided, right, held]: [f64; 3],
    draw: impl Fn(&mut Random) -> (Truth, Vec<f64>),
) {
    let mut random = Random::new(11);
    let (mut claims, mut rights, mut holds) = (0, 0, 0);
    for _ in 0..DRAWS {
        let (truth, errors) = draw(&mut random);
        if let Some((is_right, is_held)) = judge(&Rate::of(&errors), truth) {
            claims += 1;
            rights += usize::from(is_right);
            holds += usize::from(is_held);
        }
    }
    let share = |a: usize, b: usize| a as f64 / b.max(1) as f64;
    let shares = [share(claims, DRAWS), share(rights, claims), share(holds, rights)];
    println!("{name}: decided {:.3}, right {:.3}, held {:.3}", shares[0], shares[1], shares[2]);
    let is_met = shares[0] >= decided && shares[1] >= right && shares[2] >= held;
    assert!(is_met, "{name}: {shares:?}, and not {:?}", [decided, right, held]);
}

fn between(random: &mut Random, low: f64, high: f64) -> f64 {
    low + (high - low) * random.unit()
}

/// Uniform in the logarithm.
fn scale(random: &mut Random, low: f64, high: f64) -> f64 {
    between(random, low.ln(), high.ln()).exp()
}

/// Multiplicative noise, and normal errors of the size of `floor`.
fn noisy(random: &mut Random, errors: Vec<f64>, noise: f64, floor: f64) -> Vec<f64> {
    let noisy = |e: f64| (e * (noise * random.normal()).exp() + floor * random.normal()).abs();
    errors.into_iter().map(noisy).collect()
}

/// None, little, or much noise, each in a third of the draws.
fn noise(random: &mut Random) -> f64 {
    [0.0, 0.02, 0.1][random.index(3)]
}

/// e_{k+1} = C e_kᵖ down to rounding, with a plateau. Of cubic sequences many have fewer than three usable pairs.
#[test]
fn orders_are_told() {
    for (p, decided) in [(1.618, 0.9), (2.0, 0.9), (3.0, 0.5)] {
        calibrate(&format!("order {p}"), [decided, 0.99, 0.93], |random| {
            let noise = noise(random);
            let (c, unit) = (scale(random, 0.3, 3.0), scale(random, 1e-6, 1e6));
            let mut e = between(random, 0.05, 0.7) / c.powf(1.0 / (p - 1.0));
            let mut errors = Vec::new();
            for _ in 0..14 {
                errors.push(e * unit);
                e = c * e.powf(p);
            }
            (Truth::Order(p), noisy(random, errors, noise, 2e-16 * unit))
        });
    }
}

/// Linear convergence before the quadratic phase, whose constant changes from step to step.
#[test]
fn a_damped_phase_does_not_hide_the_order() {
    calibrate("damped, then order 2", [0.9, 0.99, 0.93], |random| {
        let q = between(random, 0.3, 0.8);
        let count = 3 + random.index(17);
        let mut e = between(random, 0.1, 0.5) / q.powi(count as i32);
        let mut errors = Vec::new();
        for _ in 0..count {
            errors.push(e);
            e *= q * (0.1 * random.normal()).exp();
        }
        for _ in 0..8 {
            errors.push(e);
            e = e * e * (1.0 + between(random, -0.3, 0.3) * e);
        }
        (Truth::Order(2.0), noisy(random, errors, 0.0, 1e-16))
    });
}

#[test]
fn factors_are_told() {
    calibrate("linear", [0.9, 0.99, 0.93], |random| {
        let noise = noise(random);
        let n = scale(random, 20.0, 1000.0) as usize;
        let rho = scale(random, 1e-20, 1e-2).powf(1.0 / n as f64);
        let c = scale(random, 1e-8, 1e8);
        let errors = (0..n).map(|k| c * rho.powi(k as i32)).collect();
        let floor = c * scale(random, 1e-17, 1e-15);
        (Truth::Factor(rho), noisy(random, errors, noise, floor))
    });
}

/// Gradient descent with the best fixed step on a quadratic whose eigenvalues are spread evenly: each component falls by
/// its own factor, and the slowest decides.
#[test]
fn a_transient_does_not_hide_the_factor() {
    calibrate("gradient descent", [0.75, 0.99, 0.93], |random| {
        let noise = noise(random);
        let condition = scale(random, 3.0, 100.0);
        let m = 2 + random.index(10);
        let n = 10 + (condition * between(random, 5.0, 14.0)) as usize;
        let components: Vec<(f64, f64)> = (0..m)
            .map(|i| {
                let eigenvalue = 1.0 + (condition - 1.0) * i as f64 / (m - 1) as f64;
                (1.0 - 2.0 * eigenvalue / (1.0 + condition), random.normal())
            })
            .collect();
        let square = |k: i32| components.iter().map(|(r, x)| (x * r.powi(k)).powi(2)).sum::<f64>();
        let errors = (0..n).map(|k| square(k as i32).sqrt()).collect();
        let rho = (condition - 1.0) / (condition + 1.0);
        (Truth::Factor(rho), noisy(random, errors, noise, 1e-16))
    });
}

#[test]
fn factors_with_a_power_are_told() {
    calibrate("linear-polynomial", [0.85, 0.99, 0.93], |random| {
        let noise = noise(random);
        let n = scale(random, 40.0, 1000.0) as usize;
        let rho = (-between(random, 5.0, 30.0) / n as f64).exp();
        let power = [-1.0, -0.5, 1.0, 2.0][random.index(4)];
        let (c, first) = (scale(random, 1e-5, 1e5), random.index(2));
        let e = |k: usize| c * ((k + first) as f64).powf(power) * rho.powi(k as i32);
        let errors = (0..n).map(e).collect();
        (Truth::FactorAndPower(rho, power), noisy(random, errors, noise, 0.0))
    });
}

#[test]
fn powers_are_told() {
    calibrate("sublinear", [0.85, 0.99, 0.93], |random| {
        let noise = noise(random);
        let n = scale(random, 30.0, 5000.0) as usize;
        let (a, c) = (between(random, 0.4, 3.0), scale(random, 1e-8, 1e8));
        let errors = (0..n).map(|k| c * ((k + 1) as f64).powf(-a)).collect();
        (Truth::Power(a), noisy(random, errors, noise, 0.0))
    });
}

/// Runs of the same rate from different starts.
#[test]
fn runs_are_pooled() {
    let mut random = Random::new(5);
    let mut held = 0;
    for _ in 0..DRAWS {
        // Newton's method in one variable, 12 starts: three or four usable errors each.
        let runs: Vec<Vec<f64>> = (0..12)
            .map(|_| {
                let mut x = between(&mut random, 0.3, 0.9);
                let mut errors = Vec::new();
                for _ in 0..8 {
                    errors.push(x.abs());
                    // f = eˣ − x, x* = 0.
                    x -= (x.exp_m1()) / x.exp();
                }
                errors
            })
            .collect();
        let Class::Order { order } = Rate::of_runs(&runs).class else { continue };
        held += usize::from(order.holds(2.0));
    }
    assert!(held >= DRAWS * 93 / 100, "{held}");
}

/// Runs whose steps differ by chance, so that ln e wanders about its law, as with quasi-Newton methods. A power of k is
/// no factor, however uneven.
#[test]
fn uneven_runs_are_told() {
    let mut random = Random::new(7);
    const UNEVEN: usize = 60;
    // By law: decided, right, and with the truth in the interval.
    let mut counts = [[0; 3]; 3];
    for draw in 0..3 * UNEVEN {
        let law = draw % 3;
        let (rho, power) = (between(&mut random, 0.5, 0.95), between(&mut random, 0.5, 3.0));
        let n = if law == 1 { 300 } else { (30.0 / -f64::ln(rho)) as usize };
        let steps = if law == 2 { 30 } else { n };
        let count = if law == 2 { 24 } else { 5 + random.index(4) };
        let runs: Vec<Vec<f64>> = (0..count)
            .map(|_| {
                let mut y = random.normal();
                let mut errors = Vec::new();
                for k in 1..=steps {
                    errors.push(y.exp());
                    let fall = match law {
                        0 => -rho.ln(),
                        1 => power * (1.0 + 1.0 / k as f64).ln(),
                        _ => 0.08 * k as f64,
                    };
                    // The mean is 1.
                    y -= fall * (0.5 + random.unit() + 0.5 * random.normal());
                }
                errors
            })
            .collect();
        let (is_right, is_held) = match (Rate::of_runs(&runs).class, law) {
            (Class::Insufficient { .. }, _) => continue,
            (Class::Linear { factor }, 0) => (true, factor.holds(rho)),
            (Class::Sublinear { power: measured }, 1) => (true, measured.holds(power)),
            (Class::Superlinear, 2) => (true, true),
            _ => (false, false),
        };
        counts[law][0] += 1;
        counts[law][1] += usize::from(is_right);
        counts[law][2] += usize::from(is_held);
    }
    println!("linear, sublinear, superlinear: {counts:?} of {UNEVEN}");
    for [decided, right, held] in counts {
        assert!(decided - right <= 1 && 100 * held >= 93 * right, "{counts:?}");
    }
    assert!(counts[0][0] >= UNEVEN * 3 / 4 && counts[2][0] >= UNEVEN / 4, "{counts:?}");
}

/// e_{k+1}/e_k of rho^(k²) falls to 0, but every order above 1 is too much.
#[test]
fn superlinear_has_no_order() {
    for rate in [0.1, 0.3, 0.7] {
        let errors: Vec<f64> = (0..40).map(|k| (-rate * f64::from(k * k)).exp()).collect();
        assert_eq!(Rate::of(&errors).class, Class::Superlinear, "{rate}");
    }
}

#[test]
fn units_change_only_the_constant() {
    let newton = [0.5, 0.2, 0.03, 8e-4, 5e-7, 2e-13, 1e-17];
    let linear: Vec<f64> =
        (0..60).map(|k| 0.7_f64.powi(k) * (1.0 + 0.01 * f64::from(k % 3))).collect();
    let slow: Vec<f64> = (1..200).map(|k| 1.0 / f64::from(k)).collect();
    for errors in [&newton[..], &linear, &slow] {
        let here = Rate::of(errors);
        assert!(!matches!(here.class, Class::Insufficient { .. }), "{here}");
        for exponent in [-930, -300, 300, 650] {
            let unit = 2.0_f64.powi(exponent);
            let there = Rate::of(&errors.iter().map(|e| e * unit).collect::<Vec<_>>());
            let number = |rate: &Rate| match &rate.class {
                Class::Sublinear { power: number }
                | Class::Linear { factor: number }
                | Class::Order { order: number } => number.value,
                other => panic!("{other}"),
            };
            assert!((number(&here) - number(&there)).abs() < 1e-8, "{exponent}: {here}; {there}");
        }
    }
}

#[test]
fn what_does_not_converge_is_insufficient() {
    let nan = f64::NAN;
    let sequences: [&[f64]; 12] = [
        &[],
        &[1.0],
        &[1.0, 0.1],
        &[1.0, 0.5, 0.25],
        &[0.0; 50],
        &[1.0; 50],
        &[nan; 50],
        &[f64::INFINITY; 50],
        &[1e-320, 1e-322, 0.0],
        &[f64::MAX, f64::MIN_POSITIVE, f64::MAX, nan, -1.0, 0.0],
        &std::array::from_fn::<f64, 300, _>(|k| 1.1_f64.powi(k as i32)),
        &std::array::from_fn::<f64, 300, _>(|k| 1.0 + 1e-16 * k as f64),
    ];
    for errors in sequences {
        let rate = Rate::of(errors);
        let Class::Insufficient { have, need } = rate.class else { panic!("{errors:?}: {rate}") };
        assert!(have <= errors.len() && need > have, "{errors:?}: {rate}");
    }
    assert!(matches!(Rate::of_runs::<Vec<f64>>(&[]).class, Class::Insufficient { have: 0, .. }));
}
