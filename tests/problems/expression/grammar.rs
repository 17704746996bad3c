//! What a text means: against the same formula in Rust.

use std::f64::consts::{E, PI};

use allocation_counter::measure;
use extremum::{
    AutoDiff, Bounds, Constrained, Constraints, DVector, Error, Expression, Lbfgs, Limited, Matrix,
    Problem, check_derivatives, minimize,
};

#[track_caller]
fn value(text: &str, x: &[f64]) -> f64 {
    let formula = Expression::new(x.len(), text).unwrap_or_else(|error| panic!("{error}"));
    AutoDiff(formula).cost(&DVector::from_column_slice(x))
}

#[test]
fn operators_bind_as_in_mathematics() {
    let [a, b, c] = [3.0_f64, 2.0, 5.0];
    for (text, expected) in [
        ("x1-x2-x3", a - b - c),
        ("x1/x2/x3", a / b / c),
        ("x1/x2*x3", a / b * c),
        ("x1+x2*x3", a + b * c),
        ("x1*x2+x3", a * b + c),
        ("-x1^2", -(a * a)),
        ("-x1**2", -(a * a)),
        ("(-x1)^2", a * a),
        ("x1^x2^x3", a.powf(b.powf(c))),
        ("(x1^x2)^x3", a.powf(b).powf(c)),
        ("x1**x2**2", a.powf(b * b)),
        ("x1^-x2", a.powf(-b)),
        ("x1^-x2*x3", a.powf(-b) * c),
        ("x1^-2^2", a.powi(-4)),
        ("-x1*-x2", a * b),
        ("x1--x2", a + b),
        ("x1-+-x2", a + b),
        ("- -x1", a),
        ("2^-1", 0.5),
        ("-2^2", -4.0),
        ("x1*-x2^2", a * -(b * b)),
        (" x1\t+\n( x2 )\r\n * x3 ", a + b * c),
        ("1e2+1E-2+.5+2.+1.5e+1", 100.0 + 0.01 + 0.5 + 2.0 + 15.0),
        ("2*e", 2.0 * E),
        ("pi*x1", PI * a),
    ] {
        assert_eq!(value(text, &[a, b, c]).to_bits(), expected.to_bits(), "{text}");
    }
}

type OfOne = (&'static str, fn(f64) -> f64);
type OfTwo = (&'static str, fn(f64, f64) -> f64);

#[test]
fn functions_are_those_of_f64() {
    let functions: [OfOne; 20] = [
        ("abs", f64::abs),
        ("sqrt", f64::sqrt),
        ("cbrt", f64::cbrt),
        ("exp", f64::exp),
        ("ln", f64::ln),
        ("log", f64::ln),
        ("log2", f64::log2),
        ("log10", f64::log10),
        ("sin", f64::sin),
        ("cos", f64::cos),
        ("tan", f64::tan),
        ("asin", f64::asin),
        ("acos", f64::acos),
        ("atan", f64::atan),
        ("sinh", f64::sinh),
        ("cosh", f64::cosh),
        ("tanh", f64::tanh),
        ("asinh", f64::asinh),
        ("acosh", f64::acosh),
        ("atanh", f64::atanh),
    ];
    for (name, function) in functions {
        for x in [0.3_f64, 1.7, -0.4] {
            // Of a variable, and of a constant.
            for text in [format!("{name}(x1)"), format!("{name} ({x})")] {
                let (actual, expected) = (value(&text, &[x]), function(x));
                let is_same =
                    actual.to_bits() == expected.to_bits() || actual.is_nan() && expected.is_nan();
                assert!(is_same, "{text} at {x}: {actual}, in Rust {expected}");
            }
        }
    }
    let functions: [OfTwo; 4] =
        [("min", f64::min), ("max", f64::max), ("atan2", f64::atan2), ("pow", f64::powf)];
    for (name, function) in functions {
        for (a, b) in [(0.3, 1.7), (1.7, -0.4)] {
            let texts = [
                format!("{name}(x1, x2)"),
                format!("{name}({a}, x2)"),
                format!("{name}(x1, {b})"),
                format!("{name}({a}, {b})"),
            ];
            for text in texts {
                assert_eq!(value(&text, &[a, b]).to_bits(), function(a, b).to_bits(), "{text}");
            }
        }
    }
}

#[test]
fn variables_may_have_names() {
    let names = ["t", "e", "sin", "Überschuss", "_x1"];
    let text = "t + 10*e + 100*sin(sin) + 1000*Überschuss - _x1/exp(1)";
    let [t, e, sin, more, x1] = [1.0, 2.0, 0.5_f64, 4.0, 5.0];
    let x = DVector::from_vec(vec![t, e, sin, more, x1]);
    let expected = t + 10.0 * e + 100.0 * sin.sin() + 1000.0 * more - x1 / 1.0_f64.exp();
    assert_eq!(AutoDiff(Expression::named(&names, text).unwrap()).cost(&x), expected);
}

/// More intermediate results at a time than fit into the buffer on the stack, with the derivatives of the same formula
/// without parentheses.
#[test]
fn results_that_are_nested_on_the_right() {
    let nested = |levels: usize| {
        let terms: Vec<String> = (1..=levels).map(|i| format!("sin({i}*x1)*x2")).collect();
        terms.join("+(") + &")".repeat(levels - 1)
    };
    let x = DVector::from_vec(vec![0.7, -1.3]);
    for levels in [2, 7, 8, 9, 10, 50] {
        let problem = AutoDiff(Expression::new(2, &nested(levels)).unwrap());
        let mut gradient = DVector::zeros(2);
        let cost = problem.cost_and_gradient(&x, &mut gradient);
        let sum = |term: &dyn Fn(f64) -> f64| (1..=levels).map(|i| term(i as f64)).sum::<f64>();
        let expected = [
            sum(&|i| (i * x[0]).sin() * x[1]),
            sum(&|i| i * (i * x[0]).cos() * x[1]),
            sum(&|i| (i * x[0]).sin()),
        ];
        for (actual, expected) in [cost, gradient[0], gradient[1]].into_iter().zip(expected) {
            assert!((actual - expected).abs() <= 1e-12 * levels as f64, "{levels} levels");
        }
        let allocated = measure(|| _ = problem.cost_and_gradient(&x, &mut gradient)).count_total;
        assert_eq!(allocated, u64::from(levels > 8), "{levels} levels");
    }
}

/// x₁ + x₂ on the circle x₁² + x₂² = 2 above the line x₁ = x₂ - 3, all from text.
#[test]
fn constraints_share_the_variables_of_the_cost() {
    let names = ["width", "height"];
    let texts = ["width^2 + height^2", "width - height"];
    let formulas: Result<Vec<_>, _> = texts.iter().map(|t| Expression::named(&names, t)).collect();
    let limits = Bounds::new([2.0, -3.0], [2.0, f64::INFINITY]).unwrap();
    let constraints = Limited(formulas.unwrap(), limits);
    let x = DVector::from_vec(vec![1.5, -0.5]);

    let (mut values, mut jacobian) = (DVector::zeros(2), Matrix::default());
    constraints.values(&x, &mut values);
    assert_eq!(values.as_slice(), [2.5, 2.0]);
    assert!(constraints.jacobian(&x, &mut jacobian));
    assert_eq!(jacobian.to_dense().as_slice(), [3.0, 1.0, -1.0, -1.0]);
    let hessian = constraints.hessian(&x, &DVector::from_vec(vec![0.5, 7.0])).unwrap().to_dense();
    assert_eq!(hessian.as_slice(), [1.0, 0.0, 0.0, 1.0]);

    let cost = AutoDiff(Expression::named(&names, "width + height").unwrap());
    let problem = Constrained(cost, constraints);
    assert!(check_derivatives(&problem, &x).unwrap().passes());
    let refused = minimize(&problem, Lbfgs::default(), [1.0, 1.0]);
    assert!(matches!(refused, Err(Error::ConstraintsNotSupported { .. })));
}
