//! Laws of the update rules that the traces of other libraries do not cover.

use extremum::first_order::{
    AcceleratedGradient, AdaBound, Adadelta, Adafactor, Adagrad, AggMo, AmsBound, Asgd, Lion,
    Madgrad, Momentum, Nesterov, QhAdam, Qhm, RmsProp, Rprop, Rule, Sgd, SignSgd, Signum, Swats,
    Update,
};
use extremum::schedule::{Exponential, PiecewiseConstant, Warmup};

/// The vectors that a rule remembers.
fn vectors(rule: impl Rule) -> usize {
    let n = 1000;
    let updater = rule.start::<f64>(n);
    postcard::to_stdvec(updater.state()).unwrap().len() / (8 * n)
}

#[test]
fn what_a_configuration_does_not_need_is_not_kept() {
    assert_eq!(vectors(Sgd::new(0.1)), 0);
    assert_eq!(vectors(Momentum::new(0.1)), 1);
    assert_eq!(vectors(Momentum::new(0.1).momentum(0.0)), 0);
    assert_eq!(vectors(Nesterov::new(0.1).momentum(0.0)), 0);
    assert_eq!(vectors(RmsProp::new(0.1)), 1);
    assert_eq!(vectors(RmsProp::new(0.1).centred()), 2);
    assert_eq!(vectors(RmsProp::new(0.1).momentum(0.5)), 2);
    assert_eq!(vectors(RmsProp::new(0.1).momentum(0.5).centred()), 3);
    assert_eq!(vectors(Lion::new(0.1).betas(0.0, 0.5)), 0);
    assert_eq!(vectors(Signum::new(0.1).beta(0.0)), 0);
    assert_eq!(vectors(Qhm::new(0.1).nu(0.0)), 0);
    assert_eq!(vectors(QhAdam::new(0.1).nus(0.0, 1.0)), 1);
    assert_eq!(vectors(AggMo::new(0.1, [0.0, 0.9, 0.99, 0.9])), 2);
    assert_eq!(vectors(Madgrad::new(0.1)), 3);
    assert_eq!(vectors(Madgrad::new(0.1).momentum(0.0)), 2);
    assert_eq!(vectors(Swats::new(0.1)), 2);
    assert_eq!(vectors(Swats::new(0.1).amsgrad()), 3);
}

/// ½ Σ wᵢ xᵢ² with weights from 1e-4 to 1.
fn weights() -> Vec<f64> {
    (0..50).map(|i| 10_f64.powf(-4.0 * f64::from(i) / 49.0)).collect()
}

/// The cost at the recommended point after each step from 1, .., 1.
fn costs(rule: AcceleratedGradient, steps: usize) -> Vec<f64> {
    let weights = weights();
    let mut x = vec![1.0; weights.len()];
    let mut z = x.clone();
    let mut updater = rule.start(x.len());
    let step = |_| {
        let g: Vec<f64> = x.iter().zip(&weights).map(|(x, w)| w * x).collect();
        updater.step(&mut x, &g).unwrap();
        updater.recommended(&x, &mut z).unwrap();
        0.5 * z.iter().zip(&weights).map(|(z, w)| w * z * z).sum::<f64>()
    };
    (0..steps).map(step).collect()
}

#[test]
fn the_accelerated_gradient_keeps_its_bound() {
    // Beck and Teboulle (2009), theorem 4.4: f(z_k) − f* ≤ 2 L ‖x₀ − x*‖² / (k + 1)², with L = 1 here.
    for (k, cost) in costs(AcceleratedGradient::new(1.0).restart(false), 2000).iter().enumerate() {
        assert!(*cost <= 2.0 * 50.0 / (k as f64 + 2.0).powi(2), "step {}: {cost}", k + 1);
    }
}

#[test]
fn restarts_make_the_accelerated_gradient_linear() {
    // Nesterov's constant momentum for a known condition κ, here 1e4: f(z_k) − f* ≤ (1 − 1/√κ)^k (f(x₀) + μ/2 ‖x₀‖²).
    // Restarts keep it without knowing κ (O'Donoghue and Candès (2015), section 3); the plain sequence is slower.
    let steps = 3000;
    let start = 0.5 * weights().iter().sum::<f64>() + 0.5 * 1e-4 * 50.0;
    let bound = |k: usize| 0.99_f64.powi(k as i32 + 1) * start;
    let restarted = costs(AcceleratedGradient::new(1.0), steps);
    assert!(restarted[steps - 1] < bound(steps - 1), "{}", restarted[steps - 1]);
    let plain = costs(AcceleratedGradient::new(1.0).restart(false), steps);
    let last = plain[steps - 100..].iter().copied().fold(0.0, f64::max);
    assert!(last > bound(steps - 100), "{last}");
}

#[test]
fn the_final_rate_follows_the_schedule() {
    // Bounds that have closed at once, and no momentum: gradient steps at α* α/α₀.
    let rule = |rate: AdaBound| rate.betas(0.0, 0.9).final_rate(0.8).gamma(1e300);
    let mut x = [0.0_f64];
    let mut updater = rule(AdaBound::new(Exponential::new(0.1, 0.5))).start(1);
    for expected in [-0.8, -1.2, -1.4] {
        updater.step(&mut x, &[1.0]).unwrap();
        assert!((x[0] - expected).abs() < 1e-15, "{x:?}");
    }
    // A warm-up from 0: the first rate that is positive is that of the second step.
    let mut x = [0.0_f64];
    let mut updater = rule(AdaBound::new(Warmup::new(0.0, 4, 0.4))).start(1);
    for expected in [0.0, -0.8, -2.4, -4.8] {
        updater.step(&mut x, &[1.0]).unwrap();
        assert!((x[0] - expected).abs() < 1e-14, "{x:?}");
    }
}

#[test]
fn a_rate_inside_the_momentum_works_on_new_gradients_only() {
    let rule = || {
        let rate = PiecewiseConstant::new(0.1).value(1, 0.2);
        RmsProp::new(rate).smoothing(0.0).epsilon(0.0).momentum(0.5)
    };
    for (rule, expected) in [(rule(), -0.1 - 0.2 * 1.5), (rule().rate_inside(), -0.1 - 0.25)] {
        let (mut x, mut updater) = ([0.0_f64], rule.start(1));
        updater.step(&mut x, &[3.0]).unwrap();
        updater.step(&mut x, &[7.0]).unwrap();
        assert!((x[0] - expected).abs() < 1e-15, "{x:?} {expected}");
    }
}

#[test]
fn equal_momenta_may_share_a_velocity() {
    // Each has its own: 0.5 · 1 + 1 twice. They share one: after a step 1.5 (1 and 1.5), then 1.75 and 1.875.
    for (rule, expected) in [
        (AggMo::new(1.0, [0.5, 0.5]), 1.0 + 1.5),
        (AggMo::new(1.0, [0.5, 0.5]).shared(), (1.0 + 1.5) / 2.0 + (1.75 + 1.875) / 2.0),
    ] {
        let (mut x, mut updater) = ([0.0_f64], rule.start(1));
        updater.step(&mut x, &[-1.0]).unwrap();
        updater.step(&mut x, &[-1.0]).unwrap();
        assert_eq!(x, [expected]);
    }
}

#[test]
fn no_gradient_and_no_epsilon_are_no_reason_to_skip() {
    let mut x = [1.0_f64, 1.0];
    let g = [0.0, 1.0];
    let mut adagrad = Adagrad::new(0.1).epsilon(0.0).start(2);
    assert_eq!(adagrad.step(&mut x, &g), Ok(Update::Taken));
    let mut madgrad = Madgrad::new(0.1).epsilon(0.0).start(2);
    assert_eq!(madgrad.step(&mut x, &g), Ok(Update::Taken));
    let mut bound = AdaBound::new(0.1).epsilon(0.0).start(2);
    assert_eq!(bound.step(&mut x, &g), Ok(Update::Taken));
    assert_eq!(x[0], 1.0);
}

#[test]
fn swats_goes_on_from_a_stored_state_before_and_after_its_switch() {
    let weights = [1.0, 4.0];
    let rule = || Swats::new(0.05).betas(0.5, 0.5).tolerance(0.0, 0.1);
    let run = |pauses: &[usize]| {
        let (mut x, mut updater) = ([1.0_f64, -2.0], rule().start(2));
        for step in 0..60 {
            if pauses.contains(&step) {
                let state = updater.state().clone();
                updater = rule().start(2);
                updater.restore(state).unwrap();
            }
            let g = [weights[0] * x[0], weights[1] * x[1]];
            updater.step(&mut x, &g).unwrap();
        }
        x
    };
    assert_eq!(run(&[]), run(&[1, 2, 3, 5, 30]));
}

/// Twenty steps on ½ Σ wᵢ xᵢ² in both types: f32 may differ by some of its roundings, 6e-8 each.
fn types_agree<R: Rule>(rule: R) {
    let weights = [1.0, 3.0, 10.0];
    let (mut x, mut wide) = ([1.0_f64, -2.0, 3.0], rule.clone().start(3));
    let (mut y, mut narrow) = ([1.0_f32, -2.0, 3.0], rule.start(3));
    for _ in 0..20 {
        let g: Vec<f64> = x.iter().zip(weights).map(|(x, w)| w * x).collect();
        let h: Vec<f32> = y.iter().zip(weights).map(|(y, w)| w as f32 * y).collect();
        assert_eq!(wide.step(&mut x, &g), Ok(Update::Taken), "{}", R::NAME);
        assert_eq!(narrow.step(&mut y, &h), Ok(Update::Taken), "{}", R::NAME);
    }
    for (x, y) in x.iter().zip(y) {
        assert!((x - f64::from(y)).abs() < 1e-5, "{}: {x} and {y}", R::NAME);
    }
}

/// A rate of 0 moves nothing.
fn rests<R: Rule>(rule: R) {
    let (mut x, mut updater) = ([1.0_f64, -2.0], rule.start(2));
    for _ in 0..3 {
        assert_eq!(updater.step(&mut x, &[3.0, -0.1]), Ok(Update::Taken), "{}", R::NAME);
    }
    assert_eq!(x, [1.0, -2.0], "{}", R::NAME);
}

macro_rules! for_all {
    ($law:ident, $rate:expr) => {
        $law(Sgd::new($rate));
        $law(Momentum::new($rate));
        $law(Nesterov::new($rate));
        $law(AcceleratedGradient::new($rate));
        $law(Adagrad::new($rate));
        $law(Adadelta::new($rate));
        $law(RmsProp::new($rate).centred().momentum(0.5));
        $law(Asgd::new($rate));
        $law(Adafactor::new($rate));
        $law(AdaBound::new($rate));
        $law(AmsBound::new($rate));
        $law(Lion::new($rate));
        $law(SignSgd::new($rate));
        $law(Signum::new($rate));
        $law(Qhm::new($rate));
        $law(QhAdam::new($rate));
        $law(AggMo::new($rate, [0.0, 0.5, 0.9]));
        $law(Madgrad::new($rate));
        $law(Swats::new($rate));
    };
}

#[test]
fn f32_and_f64_agree() {
    for_all!(types_agree, 0.01);
    types_agree(Rprop::new(0.01));
}

#[test]
fn a_rate_of_zero_moves_nothing() {
    for_all!(rests, 0.0);
}
