//! Laws of links and wrappers, applied to rules whose steps are known.

use extremum::Error;
use extremum::first_order::{
    Accumulate, Adagrad, Adam, AllFinite, ClipAdaptive, ClipNorm, Ema, Lookahead, Momentum, Noise,
    PolyakStep, Rule, Sam, Sgd, Sophia, Swa, Update, Updater,
};
use extremum::minimize;
use extremum::problem::from_fn;

/// The gradient of ½ (x₀² + 4 x₁²).
fn gradient(x: &[f64]) -> [f64; 2] {
    [x[0], 4.0 * x[1]]
}

fn run<R: Rule>(updater: &mut Updater<f64, R>, x: &mut [f64; 2], steps: usize) {
    for _ in 0..steps {
        let g = gradient(x);
        assert_eq!(updater.step(x, &g), Ok(Update::Taken));
    }
}

/// The points of a rule's first steps.
fn points(rule: impl Rule, steps: usize) -> Vec<[f64; 2]> {
    let (mut updater, mut x) = (rule.start(2), [1.0, -2.0]);
    (0..steps)
        .map(|_| {
            run(&mut updater, &mut x, 1);
            x
        })
        .collect()
}

fn recommended<R: Rule>(rule: R, steps: usize) -> [f64; 2] {
    let (mut updater, mut x, mut point) = (rule.start(2), [1.0, -2.0], [0.0; 2]);
    run(&mut updater, &mut x, steps);
    updater.recommended(&x, &mut point).unwrap();
    point
}

fn assert_close(a: [f64; 2], b: [f64; 2]) {
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-14 * b.abs().max(1.0), "{a} is not {b}"); // a few roundings
    }
}

#[test]
fn averages_are_those_of_the_points() {
    let all = points(Adam::new(0.1), 9);
    assert_eq!(points(Adam::new(0.1).then(Ema::new(0.8)).then(Swa::default()), 9), all);

    let (mut mean, mut weight) = ([0.0; 2], 0.0);
    for x in &all {
        mean = [0, 1].map(|i| 0.8 * mean[i] + (1.0 - 0.8) * x[i]);
        weight = 0.8 * weight + (1.0 - 0.8);
    }
    let debiased = mean.map(|mean| mean / weight);
    assert_close(recommended(Adam::new(0.1).then(Ema::new(0.8)), 9), debiased);

    let late = Adam::new(0.1).then(Swa::default().from_step(3).every(3));
    let mean = [0, 1].map(|i| (all[2][i] + all[5][i] + all[8][i]) / 3.0);
    assert_close(recommended(late.clone(), 9), mean);
    assert_eq!(recommended(late, 2), all[1]); // no point has come yet
}

#[test]
fn noise_depends_on_the_entry_alone() {
    // 400000 entries run on threads, in other blocks than 1001 do.
    let noise = |n: usize| {
        let mut x = vec![0.0_f64; n];
        let mut rule = Noise::new(1.0, 3).power(0.0).then(Sgd::new(1.0)).start(n);
        rule.step(&mut x, &vec![0.0; n]).unwrap();
        x
    };
    let all = noise(400_000);
    assert_eq!(all[..1001], noise(1001));

    let moment = |k: i32| all.iter().map(|x| x.powi(k)).sum::<f64>() / all.len() as f64;
    // Within five standard deviations of the moments of 400000 normal numbers.
    for (k, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
        let error = moment(k) - expected;
        assert!(error.abs() < 5.0 * (variance / 4e5_f64).sqrt(), "moment {k} is off by {error}");
    }
    let neighbours = all.windows(2).map(|x| x[0] * x[1]).sum::<f64>() / all.len() as f64;
    assert!(neighbours.abs() < 5.0 / 4e5_f64.sqrt());
}

#[test]
fn noise_fades() {
    let mut x = vec![0.0_f64; 40_000];
    let mut rule = Noise::new(1.0, 1).power(2.0).then(Sgd::new(1.0)).start(x.len());
    for step in 1..=4 {
        let before = x.clone();
        let zeros = vec![0.0; x.len()];
        rule.step(&mut x, &zeros).unwrap();
        let moved = x.iter().zip(&before).map(|(x, b)| (x - b).powi(2)).sum::<f64>() / 4e4;
        let variance = 1.0 / f64::from(step * step);
        assert!((moved / variance - 1.0).abs() < 5.0 * (2.0 / 4e4_f64).sqrt(), "{step}: {moved}");
    }
}

#[test]
fn a_bad_entry_skips_the_whole_step() {
    let n = 10_000;
    let mut g = vec![1.0_f32; n];
    g[n - 1] = f32::INFINITY;
    let mut x = vec![0.0_f32; n];
    let mut rule = AllFinite.then(Adam::new(0.1)).start(n);
    assert_eq!(rule.step(&mut x, &g), Ok(Update::Skipped));
    assert_eq!((rule.steps(), rule.skipped()), (0, 1));
    assert!(x.iter().all(|&x| x == 0.0));
}

#[test]
fn lookahead_with_a_whole_slow_step_is_its_rule() {
    let rule = || Momentum::new(0.1);
    let (with, without) = (points(Lookahead::new(rule()).slow_step(1.0), 12), points(rule(), 12));
    with.into_iter().zip(without).for_each(|(a, b)| assert_close(a, b));
    // Without any it goes back to the start.
    assert_eq!(points(Lookahead::new(rule()).slow_step(0.0), 5)[4], [1.0, -2.0]);
}

#[test]
fn a_rule_that_is_reset_starts_anew_from_the_slow_point() {
    // Adagrad's first squares, and Ema's mean, are those of a rule that was just made.
    let rule = || Adagrad::new(0.5).initial(0.3).then(Ema::new(0.5));
    let mut expected = [1.0, -2.0];
    for _ in 0..3 {
        let (mut updater, mut x) = (rule().start(2), expected);
        run(&mut updater, &mut x, 4);
        expected = [0, 1].map(|i| expected[i] + 0.25 * (x[i] - expected[i]));
    }
    let lookahead = Lookahead::new(rule()).period(4).slow_step(0.25);
    assert_close(recommended(lookahead.clone().reset_state(), 12), expected);
    assert_ne!(recommended(lookahead, 12), expected);
}

#[test]
fn sam_steps_with_the_gradient_uphill() {
    let radius = 0.3;
    let (mut updater, mut x) = (Sam::new(radius, Adam::new(0.1)).start(2), [1.0, -2.0]);
    let (mut adam, mut expected) = (Adam::new(0.1).start(2), x);
    for _ in 0..20 {
        let g = gradient(&expected);
        let norm = g[0].hypot(g[1]);
        let up = [0, 1].map(|i| expected[i] + radius / norm * g[i]);
        run(&mut updater, &mut x, 1);
        assert_close(x, up);
        let mut below = [0.0; 2];
        updater.recommended(&x, &mut below).unwrap();
        assert_close(below, expected);
        run(&mut updater, &mut x, 1);
        adam.step(&mut expected, &gradient(&up)).unwrap();
        assert_close(x, expected);
    }
}

#[test]
fn sam_without_a_radius_is_its_rule() {
    let (with, without) = (points(Sam::new(0.0, Adam::new(0.1)), 10), points(Adam::new(0.1), 5));
    assert_eq!(with.into_iter().skip(1).step_by(2).collect::<Vec<_>>(), without);
}

#[test]
fn sam_waits_uphill_for_a_good_gradient() {
    let (mut updater, mut x) = (Sam::new(0.5, Sgd::new(0.1)).start(2), [3.0, 4.0]);
    updater.step(&mut x, &[3.0, 4.0]).unwrap();
    assert_eq!(updater.step(&mut x, &[f64::NAN, 1.0]), Ok(Update::Skipped));
    assert_close(x, [3.3, 4.4]);
    updater.step(&mut x, &[1.0, 1.0]).unwrap();
    assert_close(x, [2.9, 3.9]);
}

#[test]
fn gathered_gradients_are_one() {
    // Of one gradient, it is its rule; of equal ones, the mean is, and the sum is with the rate times k.
    assert_eq!(points(Accumulate::new(1, Adam::new(0.1)), 5), points(Adam::new(0.1), 5));
    let every_third = |rule| points(rule, 15).into_iter().skip(2).step_by(3).collect::<Vec<_>>();
    let mean = every_third(Accumulate::new(3, Sgd::new(0.1)));
    mean.into_iter().zip(points(Sgd::new(0.1), 5)).for_each(|(a, b)| assert_close(a, b));
    let sum = every_third(Accumulate::new(3, Sgd::new(0.1)).sum());
    sum.into_iter().zip(points(Sgd::new(0.3), 5)).for_each(|(a, b)| assert_close(a, b));

    // The cost is a mean as well: (1 + 3)/2 over ‖(2, 0)‖².
    let (mut updater, mut x) = (Accumulate::new(2, PolyakStep::new(9.0)).start(2), [0.0; 2]);
    updater.step_with_cost(&mut x, &[1.0, 1.0], 1.0).unwrap();
    updater.step_with_cost(&mut x, &[3.0, -1.0], 3.0).unwrap();
    assert_eq!(x, [-1.0, 0.0]);
}

#[test]
fn wrappers_count_gradients_and_wrap_each_other() {
    let rule = Lookahead::new(Sam::new(0.1, Accumulate::new(3, Sgd::new(0.1)))).period(6);
    assert_eq!(rule.gradients(), 2);
    let all = points(rule, 12);
    assert_eq!(all[1], [1.0, -2.0]); // gathering
    assert_ne!(all[5], [1.0, -2.0]);
    // Half the way back, after six steps of two gradients.
    let inner = points(Sam::new(0.1, Accumulate::new(3, Sgd::new(0.1))), 12);
    assert_eq!(inner[..11], all[..11]);
    assert_close(all[11], [0, 1].map(|i| ([1.0, -2.0][i] + inner[11][i]) / 2.0));
}

#[test]
fn norms_run_over_all_groups_or_over_one() {
    let sgd = |link| Rule::then(link, Sgd::new(1.0));
    let mut x = [0.0, 0.0];
    let clip = ClipNorm::new(1.0).then(Sgd::new(1.0));
    clip.clone().group(1..2, clip).start(2).step(&mut x, &[3.0, 4.0]).unwrap();
    assert_close(x, [-0.6, -0.8]);

    let mut x = [1.0, 2.0];
    let clip = sgd(ClipAdaptive::new(0.5));
    clip.clone().group(1..2, clip).start(2).step(&mut x, &[3.0, 0.5]).unwrap();
    assert_close(x, [0.5, 1.5]);
}

#[test]
fn sophia_is_a_clipped_newton_step() {
    let rule = || Sophia::new(0.5).betas(0.0, 0.0).curvature_factor(1.0);
    let (mut updater, mut x) = (rule().start(2), [0.5, -20.0]);
    updater.show_curvature(&x, &[1.0, 4.0]).unwrap();
    run(&mut updater, &mut x, 1);
    assert_close(x, [0.25, -19.5]); // half the way, and the rate
    assert_eq!(rule().period(3).curvature_period(), Some(3));

    // Hutchinson's estimate is exact when the Hessian is diagonal.
    let problem = from_fn(2, |x| 0.5 * (x[0] * x[0] + 4.0 * x[1] * x[1]));
    let found = minimize(&problem, rule(), [1.0, -2.0]).unwrap();
    assert!(found.x.amax() < 1e-6, "{found:?}");
}

#[test]
fn bad_settings_are_errors() {
    let bad: [Result<Update, Error>; 6] = [
        Lookahead::new(Sgd::new(1.0)).period(0).start(1).step(&mut [0.0], &[1.0]),
        Lookahead::new(Sgd::new(1.0)).slow_step(1.5).start(1).step(&mut [0.0], &[1.0]),
        Sam::new(-1.0, Sgd::new(1.0)).start(1).step(&mut [0.0], &[1.0]),
        Accumulate::new(0, Sgd::new(1.0)).start(1).step(&mut [0.0], &[1.0]),
        Accumulate::new(1, Sgd::new(f64::NAN)).start(1).step(&mut [0.0], &[1.0]),
        Sgd::new(1.0).then(Swa::default().every(0)).start(1).step(&mut [0.0], &[1.0]),
    ];
    for result in bad {
        assert!(matches!(result, Err(Error::Parameter { .. })), "{result:?}");
    }
}
