//! The 52 problems of Hock and Schittkowski (1981) in `examples/data`: the bits of formulas in Rust, published minima,
//! and derivatives of 50 digits from SymPy (`tests/data/hock_schittkowski/generate.py`).

use extremum::{
    AutoDiff, Bounds, Constraints, DVector, Expression, Limited, Matrix, Problem,
    check_derivatives, problem,
};
use serde_json::Value;

const PROBLEMS: &str = include_str!("../../../examples/data/hock-schittkowski.json");
const DERIVATIVES: &str = include_str!("../../data/hock_schittkowski/derivatives.json");

struct Case {
    name: String,
    x0: DVector<f64>,
    x_star: DVector<f64>,
    f_star: f64,
    objective: AutoDiff<Expression>,
    constraints: Vec<Expression>,
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn cases() -> Vec<Case> {
    let file: Value = serde_json::from_str(PROBLEMS).unwrap();
    let case = |problem: &Value| {
        let n = problem["n"].as_u64().unwrap() as usize;
        let read = |text: &Value| Expression::new(n, text.as_str().unwrap()).unwrap();
        Case {
            name: problem["name"].as_str().unwrap().into(),
            x0: numbers(&problem["x0"]).into(),
            x_star: numbers(&problem["x_star"]).into(),
            f_star: problem["f_star"].as_f64().unwrap(),
            objective: AutoDiff(read(&problem["objective"])),
            constraints: problem["constraints"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| read(&c["expr"]))
                .collect(),
        }
    };
    let cases: Vec<Case> = file["problems"].as_array().unwrap().iter().map(case).collect();
    assert_eq!(cases.len(), 52);
    cases
}

/// Cost, gradient, Hessian and a Hessian product, to the bit. Any NaN is the same.
fn bits(problem: &dyn Problem, x: &DVector<f64>) -> Vec<u64> {
    let (mut gradient, mut product) = (x.clone(), x.clone());
    let cost = problem.cost(x);
    let same = problem.cost_and_gradient(x, &mut gradient);
    assert!(problem.hessian_product(x, x, &mut product));
    let Some(Matrix::Dense(hessian)) = problem.hessian(x) else { panic!("no dense Hessian") };
    let all = [cost, same].into_iter().chain(gradient.iter().copied());
    let all = all.chain(hessian.iter().copied()).chain(product.iter().copied());
    all.map(|value| if value.is_nan() { u64::MAX } else { value.to_bits() }).collect()
}

/// The objectives that differ from one another, as a user of the library writes them.
fn by_hand() -> Vec<(&'static str, Box<dyn Problem>)> {
    vec![
        (
            "HS1",
            Box::new(problem!(2, |x| 100.0 * (x[1] - x[0].powi(2)).powi(2) + (1.0 - x[0]).powi(2))),
        ),
        ("HS3", Box::new(problem!(2, |x| x[1] + 0.00001 * (x[1] - x[0]).powi(2)))),
        ("HS4", Box::new(problem!(2, |x| (x[0] + 1.0).powi(3) / 3.0 + x[1]))),
        (
            "HS5",
            Box::new(problem!(2, |x| {
                (x[0] + x[1]).sin() + (x[0] - x[1]).powi(2) - 1.5 * x[0] + 2.5 * x[1] + 1.0
            })),
        ),
        (
            "HS24",
            Box::new(problem!(2, |x| {
                ((x[0] - 3.0).powi(2) - 9.0) * x[1].powi(3) / (27.0 * 3.0_f64.sqrt())
            })),
        ),
        ("HS26", Box::new(problem!(3, |x| (x[0] - x[1]).powi(2) + (x[1] - x[2]).powi(4)))),
        ("HS33", Box::new(problem!(3, |x| (x[0] - 1.0) * (x[0] - 2.0) * (x[0] - 3.0) + x[2]))),
        ("HS37", Box::new(problem!(3, |x| -x[0] * x[1] * x[2]))),
        (
            "HS38",
            Box::new(problem!(4, |x| {
                100.0 * (x[1] - x[0].powi(2)).powi(2)
                    + (1.0 - x[0]).powi(2)
                    + 90.0 * (x[3] - x[2].powi(2)).powi(2)
                    + (1.0 - x[2]).powi(2)
                    + 10.1 * ((x[1] - 1.0).powi(2) + (x[3] - 1.0).powi(2))
                    + 19.8 * (x[1] - 1.0) * (x[3] - 1.0)
            })),
        ),
        ("HS45", Box::new(problem!(5, |x| 2.0 - x[0] * x[1] * x[2] * x[3] * x[4] / 120.0))),
        (
            "HS49",
            Box::new(problem!(5, |x| {
                (x[0] - x[1]).powi(2)
                    + (x[2] - 1.0).powi(2)
                    + (x[3] - 1.0).powi(4)
                    + (x[4] - 1.0).powi(6)
            })),
        ),
        (
            "HS64",
            Box::new(problem!(3, |x| {
                5.0 * x[0]
                    + 50000.0 / x[0]
                    + 20.0 * x[1]
                    + 72000.0 / x[1]
                    + 10.0 * x[2]
                    + 144000.0 / x[2]
            })),
        ),
        ("HS71", Box::new(problem!(4, |x| x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2]))),
        (
            "HS74",
            Box::new(problem!(4, |x| {
                3.0 * x[0] + 0.000001 * x[0].powi(3) + 2.0 * x[1] + 0.000002 * x[1].powi(3) / 3.0
            })),
        ),
        ("HS80", Box::new(problem!(5, |x| (x[0] * x[1] * x[2] * x[3] * x[4]).exp()))),
        (
            "HS100",
            Box::new(problem!(7, |x| {
                (x[0] - 10.0).powi(2)
                    + 5.0 * (x[1] - 12.0).powi(2)
                    + x[2].powi(4)
                    + 3.0 * (x[3] - 11.0).powi(2)
                    + 10.0 * x[4].powi(6)
                    + 7.0 * x[5].powi(2)
                    + x[6].powi(4)
                    - 4.0 * x[5] * x[6]
                    - 10.0 * x[5]
                    - 8.0 * x[6]
            })),
        ),
        (
            "HS102",
            Box::new(problem!(7, |x| {
                10.0 * x[0] * x[3].powi(2) * x[6].powf(0.125) / (x[1] * x[5].powi(3))
                    + 15.0 * x[2] * x[3] / (x[0] * x[1].powi(2) * x[4] * x[6].powf(0.5))
                    + 20.0 * x[1] * x[5] / (x[0].powi(2) * x[3] * x[4].powi(2))
                    + 25.0 * x[0].powi(2) * x[1].powi(2) * x[4].powf(0.5) * x[6]
                        / (x[2] * x[5].powi(2))
            })),
        ),
        (
            "HS104",
            Box::new(problem!(8, |x| {
                0.4 * x[0].powf(0.67) * x[6].powf(-0.67)
                    + 0.4 * x[1].powf(0.67) * x[7].powf(-0.67)
                    + 10.0
                    - x[0]
                    - x[1]
            })),
        ),
        (
            "HS108",
            Box::new(problem!(9, |x| {
                -0.5 * (x[0] * x[3] - x[1] * x[2] + x[2] * x[8] - x[4] * x[8] + x[4] * x[7]
                    - x[5] * x[6])
            })),
        ),
        (
            "HS110",
            Box::new(problem!(10, |x| {
                let mut sum = (x[0] - 2.0).ln().powi(2) + (10.0 - x[0]).ln().powi(2);
                let mut product = x[0];
                for x in &x[1..] {
                    sum = sum + (x - 2.0).ln().powi(2) + (10.0 - x).ln().powi(2);
                    product *= x;
                }
                sum - product.powf(0.2)
            })),
        ),
        (
            "HS111",
            Box::new(problem!(10, |x| {
                const C: [f64; 10] =
                    [6.089, 17.164, 34.054, 5.914, 24.721, 14.986, 24.1, 10.708, 26.662, 22.179];
                let term = |i: usize| {
                    let sum = x[1..].iter().fold(x[0].exp(), |sum, x| sum + x.exp());
                    x[i].exp() * (-C[i] + x[i] - sum.ln())
                };
                (1..10).fold(term(0), |sum, i| sum + term(i))
            })),
        ),
    ]
}

#[test]
fn values_and_derivatives_have_the_bits_of_formulas_in_rust() {
    let cases = cases();
    let by_hand = by_hand();
    assert!(by_hand.len() >= 12);
    for (name, by_hand) in &by_hand {
        let case = cases.iter().find(|case| case.name == *name).unwrap();
        let between = |share: f64| &case.x0 * (1.0 - share) + &case.x_star * share;
        for x in [0.0, 0.3, 0.61, 1.0, -0.4, 1.7].map(between) {
            assert_eq!(bits(&case.objective, &x), bits(by_hand, &x), "{name} at {x}");
        }
    }
}

/// Powers with a variable exponent, of HS25, have those of `Num::pow`.
#[test]
fn variable_exponents_have_the_bits_of_pow() {
    let text = "(exp(-((62.56734118647011-x2)^x3)/x1)-0.01)^2";
    let by_hand =
        problem!(3, |x| ((-(62.56734118647011 - x[1]).pow(x[2]) / x[0]).exp() - 0.01).powi(2));
    let read = AutoDiff(Expression::new(3, text).unwrap());
    for x in [[100.0, 12.5, 3.0], [50.0, 25.0, 1.5], [1.0, 70.0, 2.0]] {
        let x = DVector::from(x.to_vec());
        assert_eq!(bits(&read, &x), bits(&by_hand, &x));
    }
}

/// f* was computed by another program, which has its own parser.
#[test]
fn costs_at_the_minima_are_the_known_ones() {
    for case in cases() {
        let error = (case.objective.cost(&case.x_star) - case.f_star).abs();
        assert!(error <= 1e-12 * case.f_star.abs().max(1.0), "{}: {error:e}", case.name);
    }
}

/// Each number to 1e-14 of the larger of itself and the largest number of its kind.
#[track_caller]
fn assert_close(actual: &[f64], expected: &[f64], what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0, |most: f64, e| most.max(e.abs()));
    for (a, e) in actual.iter().zip(expected) {
        assert!((a - e).abs() <= 1e-14 * scale, "{what}: {a:e}, with 50 digits {e:e}");
    }
}

#[test]
fn derivatives_agree_with_those_of_fifty_digits() {
    let known: Value = serde_json::from_str(DERIVATIVES).unwrap();
    let known = known.as_array().unwrap();
    let cases = cases();
    assert_eq!(known.len(), cases.len());
    for (case, known) in cases.into_iter().zip(known) {
        assert_eq!(case.name, known["name"]);
        let name = case.name;
        let x = DVector::from(numbers(&known["x"]));
        let n = x.len();
        let v = DVector::from_fn(n, |i, _| 1.0 + (i + 1) as f64 / 4.0);
        let (mut gradient, mut product) = (x.clone(), x.clone());
        let cost = case.objective.cost_and_gradient(&x, &mut gradient);
        assert_close(&[cost], &[known["cost"].as_f64().unwrap()], &name);
        assert_close(gradient.as_slice(), &numbers(&known["gradient"]), &name);
        assert!(case.objective.hessian_product(&x, &v, &mut product));
        assert_close(product.as_slice(), &numbers(&known["product"]), &name);
        let hessian = case.objective.hessian(&x).unwrap().to_dense();
        assert_close((hessian * &v).as_slice(), &numbers(&known["product"]), &name);

        let m = case.constraints.len();
        let limits = Bounds::new(vec![0.0; m], vec![f64::INFINITY; m]).unwrap();
        let constraints = Limited(case.constraints, limits);
        let (mut values, mut jacobian) = (DVector::zeros(m), Matrix::default());
        constraints.values(&x, &mut values);
        assert_close(values.as_slice(), &numbers(&known["constraints"]), &name);
        if m > 0 {
            assert!(constraints.jacobian(&x, &mut jacobian));
            for (row, known) in
                jacobian.to_dense().row_iter().zip(known["jacobian"].as_array().unwrap())
            {
                let row: Vec<f64> = row.iter().copied().collect();
                assert_close(&row, &numbers(known), &name);
            }
            let multipliers = DVector::from_fn(m, |i, _| (i + 1) as f64);
            let hessian = constraints.hessian(&x, &multipliers).unwrap().to_dense();
            assert_close((hessian * &v).as_slice(), &numbers(&known["weighted"]), &name);
        }
        let problem = extremum::Constrained(case.objective, constraints);
        let report = check_derivatives(&problem, &x).unwrap();
        assert!(report.passes(), "{name}: {report}");
    }
}
