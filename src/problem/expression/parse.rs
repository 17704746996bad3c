//! From text to a [`Program`]: operators by precedence climbing (V. Pratt, "Top down operator precedence", POPL 1973),
//! as the crate winnow implements it.
//!
//! The parser appends steps as soon as it has read their operands, so it builds no tree, and a long text takes no deep
//! stack. What is nested does take stack, and is counted.

use std::borrow::Cow;
use std::f64::consts::{E, PI};

use winnow::Parser;
use winnow::ascii::{digit0, digit1};
use winnow::combinator::{Infix, Prefix, alt, expression, opt, preceded, terminated};
use winnow::error::{ErrMode, ParserError};
use winnow::stream::{LocatingSlice, Location, Stateful, Stream};
use winnow::token::{one_of, take_while};

use super::Names;
use super::program::{Function, Operand, Operator, Program};
use crate::Error;

/// Parentheses, arguments, signs and exponents within each other. A level takes up to 14 KiB of stack without
/// optimisation.
const MAX_NESTING: usize = 64;

type Input<'a> = Stateful<LocatingSlice<&'a str>, State<'a>>;

type Parsed<T> = Result<T, ErrMode<Refusal>>;

#[derive(Debug)]
struct State<'a> {
    names: &'a Names<'a>,
    program: Program,
    nesting: usize,
}

/// Where and why the text is no formula. What fails without a reason of its own has looked for an operand.
#[derive(Debug)]
struct Refusal {
    offset: usize,
    reason: Cow<'static, str>,
}

impl ParserError<Input<'_>> for Refusal {
    type Inner = Self;

    fn from_input(input: &Input<'_>) -> Self {
        let reason = "expected a number, a variable, a function or `(`".into();
        Self { offset: input.current_token_start(), reason }
    }
    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// The program of a text.
pub(super) fn parse(text: &str, names: &Names<'_>) -> Result<Program, Error> {
    let state = State { names, program: Program::new(), nesting: 0 };
    let mut input = Stateful { input: LocatingSlice::new(text), state };
    let parsed = preceded(blanks, formula).parse_next(&mut input).and_then(|result| {
        match input.peek_token() {
            None => Ok(result),
            Some(')') => Err(refusal(&input, "there is no `(` for this `)`")),
            Some(_) => Err(refusal(&input, "expected an operator")),
        }
    });
    match parsed.map_err(ErrMode::into_inner) {
        Ok(result) => Ok(input.state.program.returning(result)),
        Err(Ok(Refusal { offset, reason })) => Err(refuse(text, offset, reason)),
        Err(Err(_)) => Err(refuse(text, text.len(), "it is incomplete".into())),
    }
}

/// The error that points at an offset, in bytes, of a text.
pub(super) fn refuse(text: &str, offset: usize, reason: Cow<'static, str>) -> Error {
    const AROUND: usize = 36;
    let before = text[..offset].chars().count();
    let left = before.saturating_sub(AROUND);
    let shown = text.chars().skip(left).take(2 * AROUND);
    let shown = shown.map(|c| if c.is_control() { ' ' } else { c });
    let (dots, gap) = if left > 0 { ("..", 2) } else { ("", 0) };
    let more = if text.chars().nth(left + 2 * AROUND).is_some() { ".." } else { "" };
    let excerpt: String = dots.chars().chain(shown).chain(more.chars()).collect();
    let pointer = " ".repeat(before - left + gap) + "^";
    Error::Expression { position: before + 1, reason: reason.into_owned(), excerpt, pointer }
}

/// `Err` unless a variable can have this name.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let is_right =
        |(offset, c): &(usize, char)| if *offset == 0 { is_start(*c) } else { is_rest(*c) };
    let wrong = name.char_indices().find(|character| !is_right(character));
    let reason = "a variable's name consists of letters, digits and `_`, and starts with no digit";
    match wrong {
        Some((offset, _)) => Err(refuse(name, offset, reason.into())),
        None if name.is_empty() => Err(refuse(name, 0, reason.into())),
        None => Ok(()),
    }
}

fn is_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_rest(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// An error at the current place that ends the parse.
fn refusal(input: &Input<'_>, reason: impl Into<Cow<'static, str>>) -> ErrMode<Refusal> {
    refusal_at(input.current_token_start(), reason)
}

fn refusal_at(offset: usize, reason: impl Into<Cow<'static, str>>) -> ErrMode<Refusal> {
    ErrMode::Cut(Refusal { offset, reason: reason.into() })
}

/// Starts one more level of nesting.
fn enter(input: &mut Input<'_>) -> Parsed<()> {
    input.state.nesting += 1;
    if input.state.nesting > MAX_NESTING {
        let reason = format!("the formula is nested more than {MAX_NESTING} levels deep here");
        return Err(refusal(input, reason));
    }
    Ok(())
}

fn blanks(input: &mut Input<'_>) -> Parsed<()> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

fn formula(input: &mut Input<'_>) -> Parsed<Operand> {
    expression(terminated(operand, blanks)).prefix(sign).infix(operator).parse_next(input)
}

/// Binding powers, from the weakest.
const SUM: i64 = 1;
const PRODUCT: i64 = 2;
const SIGN: i64 = 3;
const POWER: i64 = 4;

fn sign<'a>(input: &mut Input<'a>) -> Parsed<Prefix<Input<'a>, Operand, ErrMode<Refusal>>> {
    let sign = terminated(one_of(['+', '-']), blanks).parse_next(input)?;
    enter(input)?;
    Ok(match sign {
        '-' => Prefix(SIGN, |input, a| {
            input.state.nesting -= 1;
            Ok(input.state.program.call(Function::Negate, a))
        }),
        _ => Prefix(SIGN, |input, a| {
            input.state.nesting -= 1;
            Ok(a)
        }),
    })
}

fn operator<'a>(input: &mut Input<'a>) -> Parsed<Infix<Input<'a>, Operand, ErrMode<Refusal>>> {
    let symbol = terminated(alt(("**", "^", "*", "/", "+", "-")), blanks).parse_next(input)?;
    Ok(match symbol {
        "+" => Infix::Left(SUM, |input, a, b| Ok(input.state.program.combine(Operator::Add, a, b))),
        "-" => Infix::Left(SUM, |input, a, b| {
            Ok(input.state.program.combine(Operator::Subtract, a, b))
        }),
        "*" => Infix::Left(PRODUCT, |input, a, b| {
            Ok(input.state.program.combine(Operator::Multiply, a, b))
        }),
        "/" => Infix::Left(PRODUCT, |input, a, b| {
            Ok(input.state.program.combine(Operator::Divide, a, b))
        }),
        _ => {
            // No operator is stronger, so what is entered here is also left.
            enter(input)?;
            Infix::Right(POWER, |input, a, b| {
                input.state.nesting -= 1;
                Ok(input.state.program.combine(Operator::Power, a, b))
            })
        }
    })
}

fn operand(input: &mut Input<'_>) -> Parsed<Operand> {
    alt((number, parenthesis, named)).parse_next(input)
}

fn number(input: &mut Input<'_>) -> Parsed<Operand> {
    let offset = input.current_token_start();
    let digits = alt(((digit1, opt(('.', digit0))).void(), ('.', digit1).void()));
    let exponent = opt((one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1));
    let text = (digits, exponent).take().parse_next(input)?;
    match text.parse() {
        Ok(value) if f64::is_finite(value) => Ok(Operand::Constant(value)),
        _ => Err(refusal_at(offset, "the number is beyond the range of f64")),
    }
}

fn parenthesis(input: &mut Input<'_>) -> Parsed<Operand> {
    open(input)?;
    let inside = inner(input)?;
    close(input, "expected an operator or `)`")?;
    Ok(inside)
}

fn open(input: &mut Input<'_>) -> Parsed<()> {
    '('.parse_next(input)?;
    enter(input)
}

/// What stands in parentheses. From here there is no way back to another reading of the text.
fn inner(input: &mut Input<'_>) -> Parsed<Operand> {
    preceded(blanks, formula).parse_next(input).map_err(ErrMode::cut)
}

fn close(input: &mut Input<'_>, expected: &'static str) -> Parsed<()> {
    input.state.nesting -= 1;
    expect(input, ')', expected)
}

fn expect(input: &mut Input<'_>, symbol: char, expected: &'static str) -> Parsed<()> {
    let is_there: Option<char> = opt(symbol).parse_next(input)?;
    is_there.map(|_| ()).ok_or_else(|| refusal(input, expected))
}

/// A variable, a constant, or a function with its arguments.
fn named(input: &mut Input<'_>) -> Parsed<Operand> {
    let offset = input.current_token_start();
    let name = (one_of(is_start), take_while(0.., is_rest)).take();
    let name = terminated(name, blanks).parse_next(input)?;
    let (function, operator) = (Function::by_name(name), Operator::by_name(name));
    let is_call = input.peek_token() == Some('(');
    match (function, operator, input.state.names.index(name)) {
        (Some(function), ..) if is_call => function_of_one(input, function),
        (_, Some(operator), _) if is_call => function_of_two(input, operator),
        (.., Some(index)) => Ok(Operand::Variable(index)),
        (None, None, None) => match name {
            "pi" => Ok(Operand::Constant(PI)),
            "e" => Ok(Operand::Constant(E)),
            _ => Err(refusal_at(offset, unknown(name, is_call, input.state.names))),
        },
        _ => Err(refusal(input, format!("{name} is a function: expected `(`"))),
    }
}

fn function_of_one(input: &mut Input<'_>, function: Function) -> Parsed<Operand> {
    open(input)?;
    let a = inner(input)?;
    close(input, "expected an operator or `)`: the function takes one number")?;
    Ok(input.state.program.call(function, a))
}

fn function_of_two(input: &mut Input<'_>, operator: Operator) -> Parsed<Operand> {
    open(input)?;
    let a = inner(input)?;
    expect(input, ',', "expected an operator or `,`: the function takes two numbers")?;
    let b = inner(input)?;
    close(input, "expected an operator or `)`: the function takes two numbers")?;
    Ok(input.state.program.combine(operator, a, b))
}

/// What is said of a name that is not known.
fn unknown(name: &str, is_call: bool, names: &Names<'_>) -> String {
    let shown: Cow<'_, str> = match name.char_indices().nth(40) {
        Some((end, _)) => format!("{}..", &name[..end]).into(),
        None => name.into(),
    };
    if is_call {
        format!("there is no function {shown}")
    } else {
        format!("there is no variable {shown}: {}", names.list())
    }
}
