//! `examples/gallery/train_digits.rs`: its data splits, its gradients, and the accuracies that it reaches.

#[path = "../../examples/gallery/train_digits/digits.rs"]
mod digits;
#[path = "../../examples/gallery/train_digits/layer.rs"]
mod layer;
#[path = "../../examples/gallery/train_digits/logistic.rs"]
mod logistic;
#[expect(dead_code, reason = "the rates are for the example's table")]
#[path = "../../examples/gallery/train_digits/methods.rs"]
mod methods;
#[path = "../../examples/gallery/train_digits/model.rs"]
mod model;
#[path = "../../examples/gallery/train_digits/network.rs"]
mod network;
#[expect(dead_code, reason = "the example's table has the losses and the times")]
#[path = "../../examples/gallery/train_digits/train.rs"]
mod train;

use digits::{CLASSES, Digits};
use extremum::stop::{gradient_norm, max_iterations};
use extremum::{DVector, FiniteSum, Lbfgs, Minimizer, Problem, Solver, State, Sum};
use logistic::Logistic;
use methods::methods;
use model::{Loss, Model};
use network::Network;
use train::train;

fn counts(digits: &Digits) -> [usize; CLASSES] {
    let mut counts = [0; CLASSES];
    for &label in &digits.labels {
        counts[label] += 1;
    }
    counts
}

/// The images in an order that does not depend on theirs.
fn sorted(parts: &[&Digits]) -> Vec<(usize, Vec<u64>)> {
    let mut rows: Vec<_> = parts
        .iter()
        .flat_map(|part| part.labels.iter().zip(&part.images))
        .map(|(&label, image)| (label, image.iter().map(|entry| entry.to_bits()).collect()))
        .collect();
    rows.sort();
    rows
}

/// The class counts are those of the archive's description of the file; the first rows of the first image are as
/// scikit-learn's documentation of its copy prints them.
#[test]
fn the_file_is_the_published_one() {
    let digits = Digits::read().unwrap();
    assert_eq!(digits.len(), 1797);
    assert_eq!(counts(&digits), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    let first = digits.images[0].map(|entry| (4.0 * entry) as u8);
    assert_eq!(first[..8], [0, 0, 5, 13, 9, 1, 0, 0]);
    assert_eq!(first[8..16], [0, 0, 13, 15, 10, 15, 5, 0]);
    for image in &digits.images {
        let (pixels, bias) = image.split_at(64);
        assert!(pixels.iter().all(|p| (0.0..=4.0).contains(p) && (4.0 * p).fract() == 0.0));
        assert_eq!(bias, [1.0]);
    }
}

#[test]
fn a_split_takes_a_fifth_of_every_class_and_loses_no_image() {
    let all = Digits::read().unwrap();
    let tests: Vec<_> = (0..3)
        .map(|seed| {
            let [train, test] = all.stratified(seed).unwrap();
            for (tested, class) in counts(&test).into_iter().zip(counts(&all)) {
                assert_eq!(tested as f64, (class as f64 / 5.0).round());
            }
            assert_eq!(sorted(&[&train, &test]), sorted(&[&all]));
            test.images
        })
        .collect();
    assert!(tests[0] != tests[1] && tests[1] != tests[2] && tests[0] != tests[2]);

    let [train, test] = all.other_writers();
    assert_eq!([train.len(), test.len()], [1438, 359]);
    assert_eq!([train.images, test.images].concat(), all.images);
}

/// Every entry against central differences. Their error is h² f'''/6 and ε f/h, both about 1e-10 at h = 1e-5.
fn check_gradient<M: Model>(model: &M, x: &DVector<f64>) {
    let digits = Digits::read().unwrap();
    let loss = Loss { model, digits: &digits, penalty: 0.01 };
    let batch = [3, 1000, 3, 42, 1796];
    let mut gradient = DVector::zeros(x.len());
    let cost = loss.cost_and_gradient(&batch, x, &mut gradient);
    assert_eq!(cost, loss.cost(&batch, x));
    let mut moved = x.clone();
    for i in 0..x.len() {
        let h = 1e-5;
        let mut at = |x_i| {
            moved[i] = x_i;
            loss.cost(&batch, &moved)
        };
        let difference = (at(x[i] + h) - at(x[i] - h)) / (2.0 * h);
        moved[i] = x[i];
        let error = (gradient[i] - difference).abs();
        assert!(error < 2e-9, "entry {i}: {} for {difference}", gradient[i]);
    }
}

#[test]
fn gradients_agree_with_differences() {
    let x = DVector::from_fn(Logistic.dimension(), |i, _| 0.1 * (1.7 * i as f64).sin());
    check_gradient(&Logistic, &x);
    check_gradient(&Network, &Network.start(1));
}

/// Without weights every class has probability 1/10: the loss is ln 10, its gradient by a bias 1/10 less the part of the
/// class.
#[test]
fn logistic_regression_at_zero() {
    let digits = Digits::read().unwrap();
    let problem = Sum::new(Loss { model: &Logistic, digits: &digits, penalty: 0.5 });
    let mut gradient = DVector::zeros(650);
    let cost = problem.cost_and_gradient(&DVector::zeros(650), &mut gradient);
    assert!((cost - 10.0_f64.ln()).abs() < 1e-14);
    for (k, count) in counts(&digits).into_iter().enumerate() {
        assert!((gradient[640 + k] - (0.1 - count as f64 / 1797.0)).abs() < 1e-15);
    }
}

/// Scores beyond what e^a can be have losses all the same: log Σ e^a is max a there.
#[test]
fn cross_entropy_does_not_overflow() {
    let (loss, delta) = layer::cross_entropy(&[2000.0, 0.0, -2000.0], 1);
    assert_eq!((loss, delta), (2000.0, [1.0, -1.0, 0.0]));
}

/// The penalised loss is λ-strongly convex: it has one minimum f*, and f(x) - f* ≤ ‖∇f(x)‖² / (2λ) everywhere
/// (Boyd and Vandenberghe, Convex Optimization, eq. (9.9)). L-BFGS finds f* to 1e-12, and every method comes within one
/// per cent of it, Adagrad the least near.
#[test]
fn every_method_finds_the_minimum_of_logistic_regression() {
    let [_, digits] = Digits::read().unwrap().stratified(0).unwrap();
    let penalty = 0.1;
    let problem = Sum::new(Loss { model: &Logistic, digits: &digits, penalty });
    let best = Minimizer::new(&problem, Lbfgs::default(), Logistic.start(0))
        .stop_when(gradient_norm(1e-8))
        .run()
        .unwrap();
    assert!(best.termination.is_converged());

    let epochs = 100;
    for method in methods(epochs, digits.len(), 7) {
        let name = method.solver.name();
        let mut run = Minimizer::new(&problem, method.solver, Logistic.start(0))
            .stop_when(max_iterations(epochs))
            .start()
            .unwrap();
        while run.step().is_continue() {}
        let x = run.state().current();
        let mut gradient = DVector::zeros(x.len());
        let excess = problem.cost_and_gradient(x, &mut gradient) - best.cost;
        let bound = gradient.norm_squared() / (2.0 * penalty);
        assert!((-1e-12..=bound + 1e-12).contains(&excess), "{name}: {excess:e}, {bound:e}");
        assert!(excess < 1e-2 * best.cost, "{name}: {excess:e} above {}", best.cost);
    }
}

/// What the example is for: the mean over five seeds of the last epoch.
#[test]
fn the_network_reads_digits() {
    let all = Digits::read().unwrap();
    let mean = |split: &dyn Fn(u64) -> [Digits; 2]| {
        let accuracy = |seed| {
            let digits = split(seed);
            let methods = methods(40, digits[0].len(), seed);
            let adam = methods.iter().find(|method| method.solver.name() == "Adam").unwrap();
            train(&Network, &digits, &adam.solver, 40, seed, || ()).unwrap().accuracy
        };
        (0..5).map(accuracy).sum::<f64>() / 5.0
    };
    let random = mean(&|seed| all.stratified(seed).unwrap());
    let writers = mean(&|_| all.other_writers());
    assert!(random >= 0.975 && writers >= 0.9, "{random}, {writers}");
}
