//! Laws of the rules that use norms, distances or the cost, and of those that average.

use extremum::first_order::{
    DAdaptAdaGrad, DAdaptAdam, DAdaptLion, DAdaptSgd, DoWg, Dog, Float, Lamb, Lars, Momo, MomoAdam,
    NovoGrad, PolyakStep, Prodigy, Rule, ScheduleFreeAdamW, ScheduleFreeRAdam, ScheduleFreeSgd,
    Sophia, Update, Updater, UpdaterState,
};

/// The cost and the gradient of ½ (x₀² + 4 x₁²).
fn evaluate<T: Float>(x: &[T]) -> (f64, [T; 2]) {
    let [a, b] = [x[0].f64(), x[1].f64()];
    (0.5 * (a * a + 4.0 * b * b), [T::of(a), T::of(4.0 * b)])
}

fn run<T: Float, R: Rule>(updater: &mut Updater<T, R>, x: &mut [T; 2], steps: usize) {
    for _ in 0..steps {
        let (cost, g) = evaluate(x);
        assert_eq!(updater.step_with_cost(x, &g, cost), Ok(Update::Taken), "{}", R::NAME);
    }
}

/// Calls a function with every rule.
macro_rules! for_all {
    ($law:ident) => {
        $law(Lamb::new(0.1));
        $law(Lamb::new(0.1).epsilon_root(0.1).decay(0.1));
        $law(Lars::new(1.0).trust(0.1));
        $law(Lars::new(1.0).trust(0.1).nesterov().momentum(0.5).decay(0.1).epsilon(0.1));
        $law(NovoGrad::new(0.1));
        $law(NovoGrad::new(0.1).gradient_averaging().rate_correction().epsilon_root(0.1));
        $law(ScheduleFreeSgd::new(0.1));
        $law(ScheduleFreeSgd::new(0.1).weights_ahead().weight_power(1.0).decay(0.1));
        $law(ScheduleFreeAdamW::new(0.1));
        $law(ScheduleFreeRAdam::new(0.1).beta2(0.9));
        $law(ScheduleFreeRAdam::new(0.1).gradient_steps());
        $law(Prodigy::new(1.0).initial_distance(0.01));
        $law(Prodigy::new(1.0).initial_distance(0.01).betas(0.0, 0.9).every(2).bias_correction());
        $law(DAdaptAdam::new(1.0).initial_distance(0.01).bias_correction());
        $law(DAdaptAdaGrad::new(1.0).initial_distance(0.01).momentum(0.5));
        $law(DAdaptSgd::new(0.1).initial_distance(0.01).decay(0.1));
        $law(DAdaptLion::new(0.1).initial_distance(0.01));
        $law(Dog::new(1.0).initial_distance(0.1));
        $law(Dog::new(1.0).initial_rate(0.1));
        $law(DoWg::new(1.0));
        $law(PolyakStep::new(1.0));
        $law(PolyakStep::new(1.0).scaling(0.5).never_climb().minimum(0.1));
        $law(Momo::new(0.1));
        $law(Momo::new(0.1).adaptive_bound().lower_bound(-1.0).decay(0.1));
        $law(MomoAdam::new(0.1));
        $law(MomoAdam::new(0.1).adaptive_bound().lower_bound(-1.0));
        $law(Sophia::new(0.1));
    };
}

/// f32 goes where f64 goes: twenty steps lose less than a thousandth.
fn agrees_in_f32<R: Rule>(rule: R) {
    let (mut wide, mut x) = (rule.clone().start(2), [1.0_f64, -2.0]);
    let (mut narrow, mut y) = (rule.start(2), [1.0_f32, -2.0]);
    run(&mut wide, &mut x, 20);
    run(&mut narrow, &mut y, 20);
    for (x, y) in x.iter().zip(y) {
        assert!((x - f64::from(y)).abs() < 1e-3, "{}: {x}, {y}", R::NAME);
    }
    assert_ne!(x, [1.0, -2.0], "{}", R::NAME);
}

#[test]
fn all_agree_in_f32() {
    for_all!(agrees_in_f32);
}

/// A state that is stored and restored goes on with the same bits.
fn resumes<R: Rule>(rule: R) {
    let (mut updater, mut x) = (rule.clone().start(2), [1.0, -2.0]);
    run(&mut updater, &mut x, 7);
    let bytes = postcard::to_allocvec(updater.state()).unwrap();
    let state: UpdaterState<f64, R::Memory> = postcard::from_bytes(&bytes).unwrap();
    let (mut resumed, mut y) = (rule.start(2), x);
    resumed.restore(state).unwrap();
    run(&mut updater, &mut x, 7);
    run(&mut resumed, &mut y, 7);
    assert_eq!(x, y, "{}", R::NAME);
    assert_eq!(updater.state(), resumed.state(), "{}", R::NAME);
}

#[test]
fn all_resume() {
    for_all!(resumes);
}

/// Gradients of zeros, also at first, leave no trace that a later gradient could not get over; those whose squares are
/// beyond all numbers are skipped, and so is a cost that is none.
fn survives<R: Rule>(rule: R) {
    let (mut updater, mut x) = (rule.start(2), [1.0, -2.0]);
    let mut point = [0.0_f64; 2];
    for _ in 0..3 {
        updater.step_with_cost(&mut x, &[0.0; 2], 10.0).unwrap();
        updater.recommended(&x, &mut point).unwrap();
        assert!(x.iter().chain(&point).all(|x| x.is_finite()), "{}: {x:?}", R::NAME);
    }
    let before = x;
    for bad in [f64::NAN, f64::INFINITY, 1e200] {
        let skipped = updater.step_with_cost(&mut x, &[bad, 1.0], 10.0);
        assert_eq!(skipped, Ok(Update::Skipped), "{}", R::NAME);
        assert_eq!(x, before, "{}", R::NAME);
    }
    if R::NEEDS_COST {
        assert_eq!(updater.step_with_cost(&mut x, &[1.0; 2], f64::NAN), Ok(Update::Skipped));
        assert!(updater.step(&mut x, &[1.0; 2]).is_err());
    }
    run(&mut updater, &mut x, 20);
    updater.recommended(&x, &mut point).unwrap();
    assert!(x.iter().chain(&point).all(|x| x.is_finite()), "{}: {x:?}", R::NAME);
    assert_ne!(x, before, "{}", R::NAME);
}

#[test]
fn all_survive_zeros_and_bad_numbers() {
    for_all!(survives);
}

/// Without a rate nothing moves.
fn rests<R: Rule>(rule: R) {
    let (mut updater, mut x) = (rule.start(2), [1.0, -2.0]);
    updater.scale_rate(0.0);
    run(&mut updater, &mut x, 5);
    assert_eq!(x, [1.0, -2.0], "{}", R::NAME);
}

#[test]
fn all_rest_without_a_rate() {
    for_all!(rests);
}

/// A rule that shares what it finds moves groups of the same settings as if they were one.
fn shares<R: Rule>(rule: R) {
    if !R::is_shared(0) || R::ROUNDS == 0 {
        return;
    }
    let (mut whole, mut x) = (rule.clone().start(2), [1.0, -2.0]);
    let (mut parts, mut y) = (rule.clone().group(1..2, rule).start(2), x);
    run(&mut whole, &mut x, 10);
    run(&mut parts, &mut y, 10);
    assert_eq!(x, y, "{}", R::NAME);
}

#[test]
fn all_that_share_do() {
    for_all!(shares);
}
