//! Schedules against the rates of torch and optax, and their laws at the first and last steps.

use extremum::Error;
use extremum::schedule::*;
use serde_json::Value;

use crate::traces::reference::schedules as reference;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect()
}

/// The rates of every trace in the file; another file of the same form can be given in `SCHEDULE_TRACES`.
#[test]
fn the_rates_of_torch_and_optax() {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/data/schedules.json");
    let path = std::env::var("SCHEDULE_TRACES").unwrap_or_else(|_| own.into());
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for trace in file["schedules"].as_array().unwrap() {
        let (lib, name) = (trace["lib"].as_str().unwrap(), trace["schedule"].as_str().unwrap());
        let (base, hyper) = (trace["base_lr"].as_f64(), trace["hyper"].as_object().unwrap());
        let expected = numbers(&trace["lr"]);
        let actual = if name == "ReduceLROnPlateau" {
            reference::plateau(base.unwrap(), hyper, &numbers(&trace["metrics"])).unwrap()
        } else {
            let schedule = reference::schedule(lib, name, base, hyper)
                .unwrap_or_else(|| panic!("{lib} {name} {hyper:?} is not mapped"));
            schedule.check().unwrap();
            (0..expected.len() as u64).map(|step| schedule.at(step)).collect()
        };
        assert_eq!(actual.len(), expected.len());
        let largest = expected.iter().fold(0.0, |a: f64, &b| a.max(b));
        for (step, (a, e)) in actual.iter().zip(&expected).enumerate() {
            // The second term: where a rate ends near 0, the library's own sum has the rounding error of its terms.
            let close = (a - e).abs() <= 1e-12 * e + 2e-15 * largest;
            assert!(close, "{lib} {name} {hyper:?} at {step}: {a:e}, there {e:e}");
        }
    }
}

/// One of each, with the shortest lengths (`n` = 1) or longer ones.
fn every_schedule(n: u64) -> Vec<Box<dyn Schedule>> {
    let pieces = PiecewiseConstant::new(0.4).factor(n, 0.5).value(2 * n, 0.1);
    vec![
        Box::new(0.1),
        Box::new(StepDecay::new(0.1, n)),
        Box::new(StepDecay::new(0.0, n).factor(2.0)),
        Box::new(Exponential::new(0.1, 0.9).every(n).begin(n)),
        Box::new(Exponential::new(0.0, 1e300).every(n)),
        Box::new(Exponential::new(0.1, 1e300).scaled(1e300).times(0.0)),
        Box::new(Polynomial::new(0.1, 0.0, n).power(0.5)),
        Box::new(InverseTime::new(0.1, 1e300).every(n)),
        Box::new(InverseSqrt::new(0.1, n)),
        Box::new(InverseSqrt::noam(n, n)),
        Box::new(pieces.clone()),
        Box::new(pieces.clone().interpolated(Curve::Cosine)),
        Box::new(pieces.polynomial_tail(3 * n, n, 2.0, 0.01)),
        Box::new(Cosine::new(0.1, n).power(0.0)),
        Box::new(Cosine::new(0.1, n).end(0.01).periodic()),
        Box::new(WarmRestarts::new(0.1, n).end(0.01).peak_factor(0.5)),
        Box::new(WarmRestarts::new(0.1, n).multiplier(u64::MAX)),
        Box::new(Warmup::new(0.0, n, Cosine::new(0.1, n))),
        Box::new(WarmupStableDecay::new(0.1, n - 1, n - 1, n).curve(Curve::Sqrt)),
        Box::new(OneCycle::new(0.1, n)),
        Box::new(OneCycle::new(0.1, n).three_phases()),
        Box::new(OneCycle::new(0.1, n).rise(0.0).return_at(1.0).on_whole_steps()),
        Box::new(Cyclic::new(0.01, 0.1, n)),
        Box::new(Cyclic::new(0.01, 0.1, n).triangular2()),
        Box::new(Cyclic::new(0.1, 0.01, n).exp_range(1e300)),
        Box::new(Cyclic::new(0.01, 0.1, n).down(u64::MAX)),
        Box::new(Cosine::new(0.1, n).delayed(n).then(n, 0.1)),
    ]
}

#[test]
fn every_rate_is_a_number() {
    for n in [1, 2, 3, 7, 1000, u64::MAX / 4] {
        for schedule in every_schedule(n) {
            schedule.check().unwrap();
            let near = [n - 1, n, n + 1, 2 * n, 3 * n, 4 * n - 1];
            for step in (0..50).chain(near).chain([1 << 53, u64::MAX - 1, u64::MAX]) {
                let rate = schedule.at(step);
                assert!(rate.is_finite() && rate >= 0.0, "{schedule:?} at {step}: {rate}");
            }
        }
    }
}

#[test]
fn bad_parameters_are_refused_and_do_not_panic() {
    let bad: Vec<(&str, Box<dyn Schedule>)> = vec![
        ("the rate", Box::new(f64::NAN)),
        ("the rate", Box::new(-0.1)),
        ("every", Box::new(StepDecay::new(0.1, 0))),
        ("factor", Box::new(StepDecay::new(0.1, 1).factor(f64::NAN))),
        ("factor", Box::new(Exponential::new(0.1, -0.5))),
        ("every", Box::new(Exponential::new(0.1, 0.5).every(0))),
        ("end", Box::new(Exponential::new(0.1, 0.5).end(-1.0))),
        ("steps", Box::new(Polynomial::new(0.1, 0.0, 0))),
        ("power", Box::new(Polynomial::new(0.1, 0.0, 9).power(f64::NAN))),
        ("decay", Box::new(InverseTime::new(0.1, -1.0))),
        ("warmup", Box::new(InverseSqrt::new(0.1, 0))),
        ("scale", Box::new(InverseSqrt::noam(0, 4))),
        ("step", Box::new(PiecewiseConstant::new(0.1).value(9, 0.1).value(8, 0.1))),
        (
            "value",
            Box::new(PiecewiseConstant::new(0.1).factor(9, -1.0).interpolated(Curve::Linear)),
        ),
        ("peak", Box::new(Cosine::new(f64::INFINITY, 9))),
        ("steps", Box::new(Cosine::new(0.1, 0).periodic())),
        ("steps", Box::new(WarmRestarts::new(0.1, 0).multiplier(2))),
        ("multiplier", Box::new(WarmRestarts::new(0.1, 9).multiplier(0))),
        ("peak_factor", Box::new(WarmRestarts::new(0.1, 9).peak_factor(2.0))),
        ("steps", Box::new(Warmup::new(0.0, 0, 0.1))),
        ("the rate", Box::new(Warmup::new(0.0, 9, f64::NAN))),
        ("decay", Box::new(WarmupStableDecay::new(0.1, 1, 1, 0))),
        ("rise", Box::new(OneCycle::new(0.1, 9).rise(f64::NAN))),
        ("return_at", Box::new(OneCycle::new(0.1, 9).return_at(0.2))),
        ("steps", Box::new(OneCycle::new(0.1, 0))),
        ("up", Box::new(Cyclic::new(0.0, 0.1, 0).down(0))),
        ("down", Box::new(Cyclic::new(0.0, 0.1, 9).down(0))),
        ("exp_range", Box::new(Cyclic::new(0.0, 0.1, 9).exp_range(f64::NAN))),
        ("factor", Box::new(0.1.scaled(-1.0))),
        ("the rate", Box::new(0.1.then(5, f64::NAN.delayed(3)).times(1.0))),
    ];
    for (parameter, schedule) in bad {
        for step in [0, 1, 9, u64::MAX] {
            schedule.at(step);
        }
        match schedule.check() {
            Err(Error::Parameter { name, .. }) => assert_eq!(name, parameter, "{schedule:?}"),
            other => panic!("{schedule:?}: {other:?}"),
        }
        assert!(Rate::from(schedule).check().is_err());
    }
    for first in [f64::NAN, -1.0, f64::INFINITY] {
        assert!(Rate::from(by_step(move |_| first)).check().is_err());
    }
    let rule = ReduceOnPlateau::new();
    for rule in [
        rule.factor(1.0),
        rule.factor(f64::NAN),
        rule.threshold(1.0),
        rule.threshold(-1.0).absolute(),
        rule.base(0.0),
        rule.min_rate(-1.0),
        rule.min_change(f64::NAN),
    ] {
        assert!(rule.check().is_err(), "{rule:?}");
    }
    assert!(rule.check().is_ok());
}

/// A saved plateau goes on as if nothing had happened, also when it has not seen anything yet.
#[test]
fn a_plateau_resumes() {
    let metric = |i: u32| if i.is_multiple_of(5) { f64::NAN } else { 1.0 / f64::from(i.min(9)) };
    for stop in [0, 1, 12, 20] {
        let mut plateau = ReduceOnPlateau::new().patience(2).cooldown(1).start();
        let whole: Vec<f64> = (1..30).map(|i| plateau.observe(metric(i))).collect();
        let mut first = ReduceOnPlateau::new().patience(2).cooldown(1).start();
        let mut parts: Vec<f64> = (1..=stop).map(|i| first.observe(metric(i))).collect();
        let saved = serde_json::to_string(&first).unwrap();
        let mut second: Plateau = serde_json::from_str(&saved).unwrap();
        parts.extend((stop + 1..30).map(|i| second.observe(metric(i))));
        assert_eq!(whole, parts);
    }
}
