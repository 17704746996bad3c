//! A formula as a list of steps, each of which pushes its result on a stack.

use super::{Num, Real};

/// An evaluation with at most this many intermediate results at a time allocates nothing.
const FEW: usize = 8;

/// Where a step finds a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operand {
    Constant(f64),
    /// By its index.
    Variable(usize),
    /// On top of the stack, from which it is taken.
    Stacked,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Call(Function, Operand),
    /// Of two stacked operands the second is on top.
    Combine(Operator, Operand, Operand),
}

/// The steps, in the order of evaluation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Program {
    steps: Vec<Step>,
    result: Operand,
    /// The number of results on the stack after the last step, and its largest value so far.
    height: usize,
    depth: usize,
}

impl Program {
    pub fn new() -> Self {
        Self { steps: Vec::new(), result: Operand::Constant(0.0), height: 0, depth: 0 }
    }

    /// Appends a function of a number, or computes it when the number is constant.
    pub fn call(&mut self, function: Function, a: Operand) -> Operand {
        if let Operand::Constant(a) = a {
            return Operand::Constant(function.of(Num::<f64>::from(a)).value());
        }
        self.push(Step::Call(function, a), &[a])
    }

    /// Appends an operation with two numbers, or computes it when both are constant.
    pub fn combine(&mut self, operator: Operator, a: Operand, b: Operand) -> Operand {
        if let (Operand::Constant(a), Operand::Constant(b)) = (a, b) {
            return Operand::Constant(operator.with_constant(Num::<f64>::from(a), b).value());
        }
        self.push(Step::Combine(operator, a, b), &[a, b])
    }

    fn push(&mut self, step: Step, operands: &[Operand]) -> Operand {
        let taken = operands.iter().filter(|operand| **operand == Operand::Stacked).count();
        self.steps.push(step);
        self.height = self.height + 1 - taken;
        self.depth = self.depth.max(self.height);
        Operand::Stacked
    }

    /// Ends the program: the operand is its result.
    pub fn returning(mut self, result: Operand) -> Self {
        self.result = result;
        self.steps.shrink_to_fit();
        self
    }

    pub fn evaluate<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        if self.depth <= FEW {
            return self.evaluate_on(&mut [Num::from(0.0); FEW], x);
        }
        self.evaluate_on(&mut vec![Num::from(0.0); self.depth], x)
    }

    /// Evaluates on a stack that has a place for every intermediate result.
    fn evaluate_on<R: Real>(&self, stack: &mut [Num<R>], x: &[Num<R>]) -> Num<R> {
        let mut height = 0;
        for &step in &self.steps {
            let mut take = |operand| take(operand, x, stack, &mut height);
            let value = match step {
                Step::Call(function, a) => function.of(take(a)),
                Step::Combine(operator, Operand::Constant(a), b) => {
                    operator.constant_with(a, take(b))
                }
                Step::Combine(operator, a, Operand::Constant(b)) => {
                    operator.with_constant(take(a), b)
                }
                Step::Combine(operator, a, b) => {
                    let b = take(b);
                    operator.of(take(a), b)
                }
            };
            stack[height] = value;
            height += 1;
        }
        take(self.result, x, stack, &mut height)
    }
}

#[inline]
fn take<R: Real>(operand: Operand, x: &[Num<R>], stack: &[Num<R>], height: &mut usize) -> Num<R> {
    match operand {
        Operand::Constant(value) => Num::from(value),
        Operand::Variable(index) => x[index],
        Operand::Stacked => {
            *height -= 1;
            stack[*height]
        }
    }
}

macro_rules! functions {
    ($($variant:ident $name:ident)+) => {
        /// A function of one number.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(super) enum Function {
            Negate,
            $($variant),+
        }

        impl Function {
            pub fn by_name(name: &str) -> Option<Self> {
                match name {
                    "log" => Some(Self::Ln),
                    $(stringify!($name) => Some(Self::$variant),)+
                    _ => None,
                }
            }

            #[inline]
            fn of<R: Real>(self, x: Num<R>) -> Num<R> {
                match self {
                    Self::Negate => -x,
                    $(Self::$variant => x.$name()),+
                }
            }
        }
    };
}

functions! {
    Abs abs
    Sqrt sqrt
    Cbrt cbrt
    Exp exp
    Ln ln
    Log2 log2
    Log10 log10
    Sin sin
    Cos cos
    Tan tan
    Asin asin
    Acos acos
    Atan atan
    Sinh sinh
    Cosh cosh
    Tanh tanh
    Asinh asinh
    Acosh acosh
    Atanh atanh
}

/// An operation with two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Atan2,
    Min,
    Max,
}

impl Operator {
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "pow" => Self::Power,
            "atan2" => Self::Atan2,
            "min" => Self::Min,
            "max" => Self::Max,
            _ => return None,
        })
    }

    #[inline]
    fn of<R: Real>(self, a: Num<R>, b: Num<R>) -> Num<R> {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Power => a.pow(b),
            Self::Atan2 => a.atan2(b),
            Self::Min => a.min(b),
            Self::Max => a.max(b),
        }
    }

    /// The first number is constant: the arithmetic that a formula in Rust has with `f64` on the left.
    #[inline]
    fn constant_with<R: Real>(self, a: f64, b: Num<R>) -> Num<R> {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            _ => self.of(Num::from(a), b),
        }
    }

    /// The second number is constant.
    #[inline]
    fn with_constant<R: Real>(self, a: Num<R>, b: f64) -> Num<R> {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Power => power(a, b),
            _ => self.of(a, Num::from(b)),
        }
    }
}

/// x to a constant power, by `powi` where it is a whole number.
#[inline]
fn power<R: Real>(x: Num<R>, exponent: f64) -> Num<R> {
    let whole = exponent as i32;
    if f64::from(whole) == exponent { x.powi(whole) } else { x.powf(exponent) }
}
