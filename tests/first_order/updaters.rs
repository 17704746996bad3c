//! Update rules: bad numbers, bad calls, no allocation, stored states. Their numbers are tested by
//! `examples/gallery/first_order_traces.rs`.

use extremum::Error;
use extremum::first_order::{Adam, AdamW, ClipNorm, Decay, Float, Lamb, Rule, Sgd, Update};

#[test]
fn bad_gradients_are_skipped_and_counted() {
    let n = 10_000;
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200] {
        let (mut x, mut g) = (vec![1.0; n], vec![0.5; n]);
        let mut adam = Adam::new(0.1).start(n);
        let mut clipped = ClipNorm::new(1.0).then(Adam::new(0.1)).start(n);
        g[9_000] = bad;
        assert_eq!(adam.step(&mut x, &g), Ok(Update::Skipped));
        assert_eq!((adam.skipped(), x[9_000]), (1, 1.0));
        assert!((x[0] - 0.9).abs() < 1e-8, "the other blocks move");
        let before = x.clone();
        assert_eq!(clipped.step(&mut x, &g), Ok(Update::Skipped));
        assert_eq!((clipped.skipped(), clipped.steps(), &x), (1, 0, &before));
        g.fill(bad);
        assert_eq!(adam.step(&mut x, &g), Ok(Update::Skipped));
        assert_eq!((adam.steps(), adam.skipped(), &x), (1, 2, &before));
    }
}

#[test]
fn bad_calls_are_errors_and_change_nothing() {
    let mut x = [1.0, 2.0];
    let wrong = Adam::new(0.1).start(3).step(&mut x, &[1.0, 1.0]);
    assert!(matches!(wrong, Err(Error::Dimension { what: "x", expected: 3, actual: 2 })));
    for rate in [f64::NAN, f64::INFINITY, -1.0] {
        let wrong = Adam::new(rate).start(2).step(&mut x, &[1.0, 1.0]);
        assert!(matches!(wrong, Err(Error::Parameter { .. })), "{rate}");
    }
    let wrong = Adam::new(0.1).betas(1.0, 0.9).start(2).step(&mut x, &[1.0, 1.0]);
    assert!(matches!(wrong, Err(Error::Parameter { name: "beta 1", .. })));
    assert_eq!(Sgd::new(0.0).start(2).step(&mut x, &[1.0, 1.0]), Ok(Update::Taken));
    assert_eq!(x, [1.0, 2.0]);
}

#[test]
fn a_step_allocates_nothing() {
    let (mut x, g) = (vec![1.0_f32; 5000], vec![0.1_f32; 5000]);
    let mut rule = ClipNorm::new(1.0).then(Decay::l2(0.1)).then(AdamW::new(1e-3)).start(5000);
    rule.step(&mut x, &g).unwrap();
    let info = allocation_counter::measure(|| {
        for _ in 0..10 {
            rule.step(&mut x, &g).unwrap();
        }
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_stored_state_goes_on_with_the_same_bits() {
    let mut straight = AdamW::new(0.1).start(2);
    let mut x = [1.0, 2.0];
    for k in 0..5 {
        straight.step(&mut x, &[0.1 * f64::from(k), -1.0]).unwrap();
    }
    let bytes = serde_json::to_string(straight.state()).unwrap();
    let mut resumed = AdamW::new(0.1).start(2);
    resumed.restore(serde_json::from_str(&bytes).unwrap()).unwrap();
    let mut y = x;
    straight.step(&mut x, &[3.0, 4.0]).unwrap();
    resumed.step(&mut y, &[3.0, 4.0]).unwrap();
    assert_eq!(x.map(f64::to_bits), y.map(f64::to_bits));
    assert!(AdamW::new(0.1).start::<f64>(3).restore(straight.state().clone()).is_err());
}

/// With sums, a bad block, and a length that no halving divides evenly.
#[test]
fn the_bits_are_the_same_on_any_number_of_threads() {
    fn run<T: Float>(threads: usize) -> (Vec<u64>, u64) {
        let n = 300_001;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let rule = ClipNorm::new(1.0).then(Decay::l2(0.01)).then(Lamb::new(1e-2));
        let (mut clipped, mut plain) = (rule.start::<T>(n), AdamW::new(1e-2).start::<T>(n));
        let mut x: Vec<T> = (0..n).map(|i| T::of((i as f64 * 0.37).sin())).collect();
        let mut g: Vec<T> = (0..n).map(|i| T::of((i as f64 * 0.11).cos())).collect();
        pool.install(|| {
            for _ in 0..3 {
                assert_eq!(clipped.step(&mut x, &g), Ok(Update::Taken));
            }
            g[200_000] = T::of(f64::NAN);
            assert_eq!(plain.step(&mut x, &g), Ok(Update::Skipped));
        });
        (x.iter().map(|x| x.f64().to_bits()).collect(), plain.skipped())
    }
    assert!(run::<f32>(1) == run::<f32>(2) && run::<f32>(1) == run::<f32>(5));
    assert!(run::<f64>(1) == run::<f64>(2) && run::<f64>(1) == run::<f64>(5));
}
