//! A formula that is given as text.
//!
//! The text is parsed once, by a Pratt parser of the crate winnow, into a list of steps, and the steps are evaluated on
//! any kind of number. Constants are computed while the text is parsed, in the order in which it writes them.

mod parse;
mod program;

use std::collections::HashMap;

use program::Program;

use super::{Formula, Num, Real};
use crate::Error;

/// A cost f: ℝⁿ → ℝ that is given as text. It is a [`Formula`], so [`AutoDiff`](crate::AutoDiff) makes it a problem
/// with exact derivatives.
///
/// ```
/// use extremum::{AutoDiff, DVector, Expression, Lbfgs, Problem, minimize};
///
/// let rosenbrock = AutoDiff(Expression::new(2, "100*(x2 - x1^2)^2 + (1 - x1)^2")?);
/// let mut gradient = DVector::zeros(2);
/// let cost = rosenbrock.cost_and_gradient(&DVector::from_vec(vec![-1.2, 1.0]), &mut gradient);
/// assert_eq!(cost, 24.199999999999996);
/// assert!((gradient[0] + 215.6).abs() < 1e-12 && (gradient[1] + 88.0).abs() < 1e-12);
///
/// let found = minimize(&rosenbrock, Lbfgs::default(), [-1.2, 1.0])?;
/// assert!((found.x[0] - 1.0).abs() < 1e-6);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **Grammar.** Operators, from the weakest to the strongest:
///
/// | | |
/// |---|---|
/// | `a + b`, `a - b` | from left to right |
/// | `a * b`, `a / b` | from left to right; the `*` must be written |
/// | `-a`, `+a` | |
/// | `a ^ b`, `a ** b` | from right to left: `-x^2^3` is −(x⁸) |
///
/// - Numbers are decimal: `2`, `0.5`, `.5`, `1e-3`.
/// - Constants are `pi` and `e`, unless a variable has that name.
/// - Functions of one number: `abs`, `sqrt`, `cbrt`, `exp`, `ln` or `log` (natural), `log2`, `log10`, `sin`, `cos`,
///   `tan`, `asin`, `acos`, `atan`, `sinh`, `cosh`, `tanh`, `asinh`, `acosh`, `atanh`; angles are in radians.
/// - Functions of two numbers: `min(a, b)`, `max(a, b)`, `atan2(y, x)`, `pow(a, b)`, which is `a ^ b`.
/// - Upper and lower case differ. Blanks and line breaks may stand between any two of these.
///
/// **Values** have the bits of the same formula in [`problem!`](crate::problem!), and so have its derivatives. A power
/// with a constant exponent is [`Num::powi`] when the exponent is a whole number and [`Num::powf`] otherwise; a power
/// whose exponent depends on the variables is [`Num::pow`].
///
/// **Cost.** Beside the same formula in [`problem!`](crate::problem!), with 2 to 20 variables, the cost takes 2 to 4
/// times as long, about 3 ns more per operation; a gradient takes 3 to 6 times as long, and a Hessian 3 to 12 times. An
/// evaluation allocates one buffer when it has to hold more than eight intermediate results, as few formulas do, and
/// nothing otherwise.
///
/// **Constraints.** A `Vec` of expressions is a [`VectorFormula`](crate::VectorFormula), and
/// [`Limited`](crate::Limited) makes constraints of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    dimension: usize,
    program: Program,
}

impl Expression {
    /// The formula `text` of the n variables `x1`, `x2`, .. `xn`. Not all of them need to occur.
    ///
    /// # Errors
    /// [`Error::Expression`] for a text that is no formula, with the place and the reason; also for one that is nested
    /// more than 64 levels deep.
    ///
    /// ```
    /// use extremum::{Error, Expression};
    ///
    /// let error = Expression::new(2, "x1 + 2*(x2 - x3)").unwrap_err();
    /// assert!(matches!(error, Error::Expression { position: 14, .. }));
    /// let lines = "\
    /// the formula cannot be read at character 14: there is no variable x3: the variables are x1 to x2
    ///   x1 + 2*(x2 - x3)
    ///                ^";
    /// assert_eq!(error.to_string(), lines);
    /// ```
    pub fn new(n: usize, text: &str) -> Result<Self, Error> {
        let program = parse::parse(text, &Names::Numbered(n))?;
        Ok(Self { dimension: n, program })
    }

    /// The formula `text` of variables with names of their own, in their order in x. A name consists of letters, digits
    /// and `_`, and does not start with a digit.
    ///
    /// ```
    /// use extremum::{AutoDiff, DVector, Expression, Problem};
    ///
    /// let volume = AutoDiff(Expression::named(&["radius", "height"], "pi * radius^2 * height")?);
    /// assert_eq!(volume.cost(&DVector::from_vec(vec![2.0, 3.0])), std::f64::consts::PI * 4.0 * 3.0);
    /// # Ok::<(), extremum::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new), and for a name that is malformed or given twice.
    pub fn named(names: &[impl AsRef<str>], text: &str) -> Result<Self, Error> {
        let mut indices = HashMap::with_capacity(names.len());
        for (index, name) in names.iter().map(AsRef::as_ref).enumerate() {
            parse::check_name(name)?;
            if indices.insert(name, index).is_some() {
                return Err(parse::refuse(name, 0, "two variables have this name".into()));
            }
        }
        let program = parse::parse(text, &Names::Given(indices))?;
        Ok(Self { dimension: names.len(), program })
    }
}

impl Formula for Expression {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        self.program.evaluate(x)
    }
}

/// The names of the variables.
#[derive(Debug)]
enum Names<'a> {
    /// x1 to xn.
    Numbered(usize),
    /// Each name with its index.
    Given(HashMap<&'a str, usize>),
}

impl Names<'_> {
    /// The index of a variable, from 0.
    fn index(&self, name: &str) -> Option<usize> {
        match self {
            Self::Numbered(n) => {
                let number = name.strip_prefix('x').filter(|digits| !digits.starts_with('0'))?;
                let number: usize = number.parse().ok()?;
                (number <= *n).then(|| number - 1)
            }
            Self::Given(indices) => indices.get(name).copied(),
        }
    }

    /// Which variables there are, in words.
    fn list(&self) -> String {
        match self {
            Self::Numbered(0) => "there are no variables".into(),
            Self::Numbered(1) => "the variable is x1".into(),
            Self::Numbered(n) => format!("the variables are x1 to x{n}"),
            Self::Given(indices) => {
                format!("choose one of the {} names that were given", indices.len())
            }
        }
    }
}
