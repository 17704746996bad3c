//! Texts that are no formulas: an error that points at the place, and never a panic, a hang or an overflow of the
//! stack.

use std::time::{Duration, Instant};

use extremum::{AutoDiff, DVector, Error, Expression, Problem, Random};

#[track_caller]
fn refused(text: &str) -> (usize, String) {
    match Expression::new(2, text) {
        Err(Error::Expression { position, reason, .. }) => (position, reason),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn errors_point_at_the_place() {
    for (text, position, reason) in [
        ("", 1, "expected a number"),
        ("  ", 3, "expected a number"),
        ("x1+", 4, "expected a number"),
        ("*x1", 1, "expected a number"),
        ("x1+*x2", 4, "expected a number"),
        ("x1^*x2", 4, "expected a number"),
        ("x1***x2", 5, "expected a number"),
        ("()", 2, "expected a number"),
        ("min(x1,)", 8, "expected a number"),
        (".", 1, "expected a number"),
        ("x1 x2", 4, "expected an operator"),
        ("2x1", 2, "expected an operator"),
        ("2 (x1)", 3, "expected an operator"),
        ("x1(x2)", 3, "expected an operator"),
        ("2e", 2, "expected an operator"),
        ("1..2", 3, "expected an operator"),
        ("x1 = 2", 4, "expected an operator"),
        ("x1, x2", 3, "expected an operator"),
        ("(x1", 4, "`)`"),
        ("((x1+1)*2", 10, "`)`"),
        ("x1)", 3, "`(`"),
        ("sin(x1, x2)", 7, "one number"),
        ("atan2(x1)", 9, "two numbers"),
        ("max(x1, x2, 3)", 11, "two numbers"),
        ("sin x1", 5, "sin is a function"),
        ("max", 4, "max is a function"),
        ("frob(x1)", 1, "there is no function frob"),
        ("x1 + y", 6, "there is no variable y: the variables are x1 to x2"),
        ("x0", 1, "there is no variable x0"),
        ("x01", 1, "there is no variable x01"),
        ("x3", 1, "there is no variable x3"),
        ("x", 1, "there is no variable x"),
        ("X1", 1, "there is no variable X1"),
        ("x99999999999999999999", 1, "there is no variable"),
        ("x1 + 1e999", 6, "beyond the range"),
        ("x1 + é*2", 6, "there is no variable é"),
        ("x1*2 + 🙂", 8, "expected a number"),
        ("x1 \u{0}", 4, "expected an operator"),
    ] {
        let (at, why) = refused(text);
        assert_eq!(at, position, "{text}: {why}");
        assert!(why.contains(reason), "{text}: {why}");
    }
}

#[test]
fn the_message_shows_the_place() {
    let error = Expression::new(1, "sin(x1)\t+\n2*y").unwrap_err();
    let lines = "\
the formula cannot be read at character 13: there is no variable y: the variable is x1
  sin(x1) + 2*y
              ^";
    assert_eq!(error.to_string(), lines);

    // Of a long text, a window around the place.
    let text = format!("{}y{}", "x1+".repeat(1000), "+x1".repeat(1000));
    let message = Expression::new(1, &text).unwrap_err().to_string();
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines[0].contains("at character 3001"));
    assert!(lines[1].len() < 100 && lines[1].ends_with(".."));
    assert_eq!(lines[1].as_bytes()[lines[2].find('^').unwrap()], b'y');
}

#[test]
fn malformed_names_are_refused() {
    for (names, position, reason) in [
        (["a", "2b"], 1, "starts with no digit"),
        (["a", ""], 1, "starts with no digit"),
        (["a", "b c"], 2, "letters, digits"),
        (["a", "ä+"], 2, "letters, digits"),
        (["a", "a"], 1, "two variables have this name"),
    ] {
        match Expression::named(&names, "a") {
            Err(Error::Expression { position: at, reason: why, .. }) => {
                assert_eq!(at, position, "{names:?}");
                assert!(why.contains(reason), "{names:?}: {why}");
            }
            other => panic!("{names:?}: {other:?}"),
        }
    }
    let unknown = Expression::named(&["a", "b"], "c").unwrap_err().to_string();
    assert!(
        unknown.contains("there is no variable c: choose one of the 2 names that were given"),
        "{unknown}"
    );
}

/// On the stack that a main thread has where it is smallest, 1 MiB. Sixty-four levels are read.
#[test]
fn nesting_does_not_overflow_the_stack() {
    let on_a_small_stack = |text: String| {
        let read = move || Expression::new(2, &text).err();
        std::thread::Builder::new().stack_size(1 << 20).spawn(read).unwrap().join().unwrap()
    };
    for (open, close) in [
        ("(", ")"),
        ("-", ""),
        ("x1^", ""),
        ("sin(", ")"),
        ("min(x1,", ")"),
        ("1+2*3^(", ")"),
        ("1+1*sin(", ")"),
    ] {
        let per_level = open.matches(['(', '-', '^']).count();
        let nested = |levels: usize| open.repeat(levels) + "x1" + &close.repeat(levels);
        assert_eq!(on_a_small_stack(nested(64 / per_level)), None, "{open}");
        for text in [nested(65), nested(100_000), open.repeat(100_000)] {
            let Some(Error::Expression { reason, .. }) = on_a_small_stack(text) else {
                panic!("{open}")
            };
            assert!(reason.contains("nested more than 64 levels"), "{open}: {reason}");
        }
    }
}

#[test]
fn long_texts_are_read_in_time() {
    let start = Instant::now();
    let sum = format!("x1{}", "+x2*x1".repeat(50_000));
    let cost = AutoDiff(Expression::new(2, &sum).unwrap()).cost(&DVector::from_vec(vec![2.0, 1.0]));
    assert_eq!(cost, 100_002.0);
    assert_eq!(refused(&format!("{sum}+")).0, sum.len() + 2);
    refused(&"7".repeat(1_000_000));
    refused(&"x".repeat(1_000_000));
    refused(&"x1 ".repeat(300_000));
    refused(&" ".repeat(1_000_000));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

const PIECES: [&str; 48] = [
    "x1", "x2", "x3", "x", "1", "2", "0", "0.5", ".5", "3.", "1e3", "1e-3", "1e999", "e", "pi",
    "+", "-", "*", "/", "^", "**", "(", ")", "(", ")", ",", " ", "\n", "sin(", "exp(", "ln(",
    "sqrt(", "min(", "atan2(", "pow(", "abs", ".", "..", "é", "π", "🙂", "\u{0}", "\u{301}", "_",
    "$", "=", "[", "\"",
];

/// Random texts of three kinds: of any characters, of pieces of formulas, and formulas with a few characters changed.
/// What is read has to evaluate.
#[test]
fn random_texts_never_panic() {
    let mut random = Random::new(7);
    let mut below = |n: usize| random.index(n);
    let formula = "100*(x2-x1^2)^2+(1-x1)^2-exp(-sin(x1)*x2)/sqrt(2+abs(x2))+atan2(x1, pow(x2, 3))";
    let (mut read, mut refused) = (0, 0);
    for round in 0..30_000 {
        let text: String = match round % 3 {
            0 => (0..below(20)).map(|_| char::from_u32(below(0x300) as u32).unwrap()).collect(),
            1 => (0..below(12)).map(|_| PIECES[below(PIECES.len())]).collect(),
            _ => {
                let mut characters: Vec<char> = formula.chars().collect();
                for _ in 0..=below(3) {
                    let at = below(characters.len());
                    match below(3) {
                        0 => _ = characters.remove(at),
                        1 => characters.insert(at, formula.as_bytes()[below(formula.len())].into()),
                        _ => characters[at] = formula.as_bytes()[below(formula.len())].into(),
                    }
                }
                characters.into_iter().collect()
            }
        };
        match Expression::new(2, &text) {
            Ok(formula) => {
                read += 1;
                let x = DVector::from_vec(vec![0.7, -1.3]);
                let (problem, mut gradient) = (AutoDiff(formula), x.clone());
                let cost = problem.cost_and_gradient(&x, &mut gradient);
                let same = problem.cost(&x);
                assert!(
                    cost.to_bits() == same.to_bits() || cost.is_nan() && same.is_nan(),
                    "{text}"
                );
                problem.hessian(&x).unwrap();
            }
            Err(error) => {
                refused += 1;
                let Error::Expression { position, .. } = error else { panic!("{text}: {error}") };
                assert!((1..=text.chars().count() + 1).contains(&position), "{text}: {error}");
            }
        }
    }
    assert!(read > 500 && refused > 10_000, "{read} read, {refused} refused");
}
