//! Update rules against the traces of PyTorch and optax, and what they do with bad numbers.

use extremum::Error;
use extremum::first_order::{
    Adadelta, Adagrad, Adam, AdamW, AmsGrad, ClipNorm, ClipValue, Decay, Lion, Momentum, Nesterov,
    RmsProp, Rule, Sgd, Step,
};
use serde_json::Value;

/// The gradient of a problem of the trace file.
fn gradient(problem: &str, x: &[f64]) -> Vec<f64> {
    match problem {
        "rosen2" => {
            let t = x[1] - x[0] * x[0];
            vec![-2.0 * (1.0 - x[0]) - 400.0 * x[0] * t, 200.0 * t]
        }
        "quad4" => {
            let b = [0.0, -91.0, -98.0, -93.0];
            (0..4)
                .map(|i| {
                    let a = |j: usize| 420.0 / (i + j + 1) as f64;
                    ((a(0) * x[0] + a(1) * x[1]) + a(2) * x[2]) + a(3) * x[3] - b[i]
                })
                .collect()
        }
        other => panic!("no problem {other}"),
    }
}

/// The largest error of a rule at a case's checkpoints, relative to what is allowed there.
fn worst<R: Rule>(rule: R, case: &Value) -> f64 {
    let problem = case["problem"].as_str().unwrap();
    let mut x: Vec<f64> =
        if problem == "rosen2" { vec![-1.2, 1.0] } else { vec![-1.5, 2.0, 0.5, 1.0] };
    let mut updater = rule.start(x.len());
    let steps = [1, 2, 3, 5, 10, 50, 100, 500];
    let mut worst = 0.0_f64;
    for (k, steps) in steps.into_iter().enumerate() {
        while updater.steps() < steps {
            let g = gradient(problem, &x);
            assert_eq!(updater.step(&mut x, &g).unwrap(), Step::Taken);
        }
        let dev = case["dev"][k].as_f64().unwrap();
        if dev > 1e-6 {
            continue; // the trace itself is chaotic here
        }
        let there = case["x"][k].as_array().unwrap().iter().map(|x| x.as_f64().unwrap());
        let (error, size) =
            x.iter().zip(there).fold((0.0_f64, 1.0_f64), |(error, size), (x, t)| {
                (error.max((x - t).abs()), size.max(t.abs()))
            });
        worst = worst.max(error / size / (100.0 * dev).max(1e-12));
    }
    worst
}

/// A case's rule and options; `None` when the trace is of something else.
fn run(case: &Value) -> Option<f64> {
    let hyper = &case["hyper"];
    let number = |name: &str, default: f64| hyper[name].as_f64().unwrap_or(default);
    let flag = |name: &str| hyper[name].as_bool().unwrap_or(false);
    let beta = |k: usize, default: f64| hyper["betas"][k].as_f64().unwrap_or(default);
    let (lib, opt) = (case["lib"].as_str()?, case["opt"].as_str()?);
    let lr = number("lr", number("learning_rate", 1e-3));
    let lambda = if lib == "torch" { number("weight_decay", 0.0) } else { 0.0 };
    let decay = match flag("decoupled_weight_decay") {
        true => Decay::decoupled(lambda, lr),
        false => Decay::l2(lambda),
    };
    if flag("maximize") {
        return None;
    }
    let adam = || {
        Adam::new(lr)
            .betas(beta(0, number("b1", 0.9)), beta(1, number("b2", 0.999)))
            .epsilon(number("eps", 1e-8))
    };
    Some(match (lib, opt) {
        ("torch", "SGD") if flag("nesterov") => {
            worst(decay.then(Nesterov::new(lr).momentum(number("momentum", 0.0))), case)
        }
        ("torch", "SGD") if hyper["momentum"].is_null() => worst(decay.then(Sgd::new(lr)), case),
        ("torch", "SGD") => {
            let rule = Momentum::new(lr).momentum(number("momentum", 0.0));
            worst(decay.then(rule.dampening(number("dampening", 0.0))), case)
        }
        ("torch", "Adam") if flag("amsgrad") => {
            let rule = AmsGrad::new(lr).betas(beta(0, 0.9), beta(1, 0.999));
            worst(decay.then(rule.epsilon(number("eps", 1e-8))), case)
        }
        ("torch", "Adam") => worst(decay.then(adam()), case),
        ("optax", "adam") if hyper["eps_root"].is_null() && !flag("nesterov") => {
            worst(adam(), case)
        }
        ("torch", "AdamW") if !flag("amsgrad") => {
            let rule = AdamW::new(lr).betas(beta(0, 0.9), beta(1, 0.999));
            let rule = rule.epsilon(number("eps", 1e-8)).decay(number("weight_decay", 0.01));
            worst(rule, case)
        }
        ("torch", "Adagrad") => {
            let rule = Adagrad::new(lr).rate_decay(number("lr_decay", 0.0));
            let rule = rule.initial(number("initial_accumulator_value", 0.0));
            worst(decay.then(rule.epsilon(number("eps", 1e-10))), case)
        }
        ("torch", "Adadelta") => {
            let rule = Adadelta::new(lr).rho(number("rho", 0.9)).epsilon(number("eps", 1e-6));
            worst(decay.then(rule), case)
        }
        ("torch", "RMSprop") => {
            let rule = RmsProp::new(lr).smoothing(number("alpha", 0.99));
            let rule = rule.momentum(number("momentum", 0.0)).epsilon(number("eps", 1e-8));
            let rule = if flag("centered") { rule.centred() } else { rule };
            worst(decay.then(rule), case)
        }
        // Its other options are not those of the paper.
        ("pytorch_optimizer", "Lion")
            if hyper
                .as_object()?
                .keys()
                .all(|k| ["lr", "betas", "weight_decay"].contains(&&**k)) =>
        {
            let rule = Lion::new(lr).betas(beta(0, 0.9), beta(1, 0.99));
            worst(rule.decay(number("weight_decay", 0.0)), case)
        }
        ("optax", "chain(clip,sgd-momentum)") => {
            let clip = ClipValue::new(number("max_delta", 1.0));
            let momentum = number("momentum", 0.0);
            if flag("nesterov") {
                worst(clip.then(Nesterov::new(lr).momentum(momentum)), case)
            } else {
                worst(clip.then(Momentum::new(lr).momentum(momentum)), case)
            }
        }
        ("optax", "chain(clip_by_global_norm,adam)") => {
            worst(ClipNorm::new(number("max_norm", 1.0)).then(adam()), case)
        }
        _ => return None,
    })
}

#[test]
fn traces_of_torch_and_optax() {
    let mut compared = 0;
    for file in ["traces", "more_traces"] {
        let text = std::fs::read_to_string(format!("tests/data/first_order/{file}.json")).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        for case in file["cases"].as_array().unwrap() {
            if let Some(worst) = run(case) {
                compared += 1;
                let label = format!("{} {} {}", case["lib"], case["opt"], case["hyper"]);
                assert!(worst <= 1.0, "{label}: {worst} of what is allowed");
            }
        }
    }
    assert!(compared >= 60, "{compared} cases compared");
}

#[test]
fn bad_gradients_are_skipped_and_counted() {
    let n = 10_000;
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200] {
        let (mut x, mut g) = (vec![1.0; n], vec![0.5; n]);
        let mut adam = Adam::new(0.1).start(n);
        let mut clipped = ClipNorm::new(1.0).then(Adam::new(0.1)).start(n);
        g[9_000] = bad;
        assert_eq!(adam.step(&mut x, &g), Ok(Step::Skipped));
        assert_eq!((adam.skipped(), x[9_000]), (1, 1.0));
        assert!((x[0] - 0.9).abs() < 1e-8, "the other blocks move");
        let before = x.clone();
        assert_eq!(clipped.step(&mut x, &g), Ok(Step::Skipped));
        assert_eq!((clipped.skipped(), clipped.steps(), &x), (1, 0, &before));
        g.fill(bad);
        assert_eq!(adam.step(&mut x, &g), Ok(Step::Skipped));
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
    assert_eq!(Sgd::new(0.0).start(2).step(&mut x, &[1.0, 1.0]), Ok(Step::Taken));
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
