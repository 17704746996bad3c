//! Laws of Adam's relatives that the traces do not cover.

use extremum::first_order::{
    AdEmaMix, AdaBelief, AdaMax, Adam, AdamW, Adan, Adopt, AmsGrad, Nadam, RAdam, Rule, Yogi,
};

/// x after some steps on ½ ‖x‖², whose gradient is x.
fn path(rule: impl Rule, steps: usize) -> Vec<f64> {
    let mut x = vec![1.0, -2.0, 0.5];
    let mut updater = rule.start(3);
    for _ in 0..steps {
        let g = x.clone();
        updater.step(&mut x, &g).unwrap();
    }
    x
}

fn assert_same(a: &[f64], b: &[f64]) {
    // Different orders of the same operations.
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-14), "{a:?} {b:?}");
}

#[test]
fn rules_that_are_the_same_with_some_options() {
    for steps in [1, 2, 50] {
        let adam = path(Adam::new(0.01), steps);
        assert_same(&path(AdamW::new(0.01).decay(0.0), steps), &adam);
        assert_same(&path(AdEmaMix::new(0.01).alpha(0.0), steps), &adam);
        assert_same(
            &path(Nadam::new(0.01).constant_momentum(), steps),
            &path(Adam::new(0.01).nesterov(), steps),
        );
        // v that only rises is its own maximum.
        let short = path(Adam::new(1e-6).betas(0.9, 0.999), steps);
        assert_same(&path(AmsGrad::new(1e-6), steps), &short);
    }
}

#[test]
fn radam_moves_from_the_sixth_step_on_when_it_waits() {
    let rule = || RAdam::new(0.1).decay(0.5).waiting();
    assert_eq!(path(rule(), 5), [1.0, -2.0, 0.5]);
    assert!(path(rule(), 6)[0] < 1.0);
    // Without waiting, the first step is x − α g after the decay.
    assert_same(&path(RAdam::new(0.1).decay(0.5), 1), &[0.85, -1.7, 0.425]);
    let belief = || AdaBelief::new(0.1).waiting();
    assert_eq!(path(belief(), 5), [1.0, -2.0, 0.5]);
    assert!(path(belief(), 6)[0] < 1.0);
}

#[test]
fn the_place_of_epsilon() {
    // m̂ = g and u = |g|.
    let x = path(AdaMax::new(0.1).epsilon(1.0), 1);
    assert_same(&x, &[1.0 - 0.1 / 2.0, -2.0 + 0.2 / 3.0, 0.5 - 0.05 / 1.5]);
    assert_same(&path(AdaMax::new(0.1).epsilon(1.0).epsilon_outside(), 1), &x);
    // At the second step, max(β₂ u, |g| + ε) and max(β₂ u, |g|) + ε differ where the maximum is the old u.
    let twice = |rule: AdaMax| {
        let mut x = [0.0];
        let mut updater = rule.betas(0.0, 0.5).epsilon(1.0).start(1);
        updater.step(&mut x, &[9.0]).unwrap();
        x = [0.0];
        updater.step(&mut x, &[2.0]).unwrap();
        x
    };
    assert_same(&twice(AdaMax::new(1.0)), &[-2.0 / 5.0]);
    assert_same(&twice(AdaMax::new(1.0).epsilon_outside()), &[-2.0 / 5.5]);
    // √v = 0.1 g at the first step of Adam with β₂ = 0.99; α √(1 − β₂)/(1 − β₁) = 0.1 · 0.1 / 0.1.
    let rule = Adam::new(0.1).betas(0.9, 0.99).epsilon(0.1).epsilon_hat();
    assert_same(&path(rule, 1)[..1], &[1.0 - 0.1 * 0.1 / (0.1 + 0.1)]);
}

#[test]
fn adan_decays_by_a_division_or_by_a_product() {
    let decayed = |rule: Adan| {
        let mut x = [3.0];
        rule.decay(0.5).start(1).step(&mut x, &[0.0]).unwrap();
        x
    };
    assert_same(&decayed(Adan::new(0.1)), &[3.0 / 1.05]);
    assert_same(&decayed(Adan::new(0.1).decoupled()), &[3.0 * 0.95]);
}

#[test]
fn parameters_out_of_range_are_errors() {
    let refused = |result: Result<_, _>| assert!(result.is_err());
    let (mut x, g) = ([1.0], [1.0]);
    refused(Nadam::new(0.1).momentum_decay(-1.0).start(1).step(&mut x, &g));
    refused(RAdam::new(0.1).threshold(3.9).start(1).step(&mut x, &g));
    refused(AdaBelief::new(0.1).epsilon_root(-1.0).start(1).step(&mut x, &g));
    refused(AdaBelief::new(0.1).threshold(f64::NAN).start(1).step(&mut x, &g));
    refused(Yogi::new(0.1).initial(f64::INFINITY).start(1).step(&mut x, &g));
    refused(Adan::new(0.1).betas(0.9, 1.0, 0.9).start(1).step(&mut x, &g));
    refused(Adopt::new(0.1).clip(-1.0).start(1).step(&mut x, &g));
    refused(AdEmaMix::new(0.1).warmup(0.0).start(1).step(&mut x, &g));
    refused(AmsGrad::new(0.1).betas(0.9, f64::NAN).start(1).step(&mut x, &g));
    assert_eq!(x, [1.0]);
}
