//! Problems within bounds: nine of Hock and Schittkowski, and those of Moré, Garbow and Hillstrom in boxes.
//!
//! W. Hock, K. Schittkowski, *Test Examples for Nonlinear Programming Codes*, Springer (1981); D. M. Gay, *A trust-region
//! approach to linearly constrained optimization*, in: Numerical Analysis, Lecture Notes in Mathematics 1066 (1984) 72-105, for
//! five boxes. The other boxes let every second variable go four fifths of the way to the free minimum. Their minima are the
//! best values that seven other solvers found.

use super::{TestFunction, more_garbow_hillstrom};
use crate::{AutoDiff, Bounded, Bounds, DVector, Formula, Num, Problem, Real};

/// The 43 problems, each with its start, projected into the bounds, and the values of the minima that may be found from it. Within their bounds their
/// [`bounds`](crate::Problem::bounds) are those of the literature.
///
/// ```
/// use extremum::functions::bounded;
/// use extremum::{Lbfgsb, minimize};
/// for problem in bounded().iter().filter(|problem| problem.name() == "Hock-Schittkowski 45") {
///     let found = minimize(problem, Lbfgsb::default(), problem.start())?;
///     assert_eq!((found.cost, found.x[4]), (1.0, 5.0));
/// }
/// # Ok::<(), extremum::Error>(())
/// ```
#[inline]
pub fn bounded() -> Vec<TestFunction> {
    let free = f64::INFINITY;
    let problems = [
        within("Hock-Schittkowski 1", Valley, &[-2.0, 1.0], &[-free, -1.5], &[free; 2], &[0.0]),
        within(
            "Hock-Schittkowski 2",
            Valley,
            &[-2.0, 1.5],
            &[-free, 1.5],
            &[free; 2],
            &[0.0504261879, 4.941229318],
        ),
        within("Hock-Schittkowski 3", Corner, &[10.0, 1.0], &[-free, 0.0], &[free; 2], &[0.0]),
        within(
            "Hock-Schittkowski 4",
            Cubic,
            &[1.125, 0.125],
            &[1.0, 0.0],
            &[free; 2],
            &[8.0 / 3.0],
        ),
        within(
            "Hock-Schittkowski 5",
            McCormick,
            &[0.0, 0.0],
            &[-1.5, -3.0],
            &[4.0, 3.0],
            &[-1.9132229549810367],
        ),
        within(
            "Hock-Schittkowski 25",
            Weibull,
            &[100.0, 12.5, 3.0],
            &[0.1, 0.0, 0.0],
            &[100.0, 25.6, 5.0],
            &[0.0],
        ),
        within(
            "Hock-Schittkowski 38",
            Colville,
            &[-3.0, -1.0, -3.0, -1.0],
            &[-10.0; 4],
            &[10.0; 4],
            &[0.0],
        ),
        within(
            "Hock-Schittkowski 45",
            Product,
            &[2.0; 5],
            &[0.0; 5],
            &[1.0, 2.0, 3.0, 4.0, 5.0],
            &[1.0],
        ),
        within(
            "Hock-Schittkowski 110",
            Logarithms,
            &[9.0; 10],
            &[2.001; 10],
            &[9.999; 10],
            &[-45.77846970744629],
        ),
    ];
    let boxed = BOXES.iter().filter_map(|&(number, name, limits, minima)| {
        let function = more_garbow_hillstrom().into_iter().nth(number - 1)?;
        let mut bounds = Bounds::unbounded(function.dimension());
        for &(i, lower, upper) in limits {
            bounds = bounds.limit(i, lower..=upper).ok()?;
        }
        let TestFunction { problem, mut start, .. } = function;
        bounds.project(&mut start);
        let problem = Box::new(Bounded(problem, bounds));
        Some(TestFunction { name, problem, start, minima: minima.to_vec(), minimizers: vec![] })
    });
    problems.into_iter().flatten().chain(boxed).collect()
}

/// A formula within bounds that are in order.
fn within(
    name: &'static str,
    formula: impl Formula + Send + 'static,
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    minima: &[f64],
) -> Option<TestFunction> {
    let (bounds, minima) = (Bounds::new(lower, upper).ok()?, minima.to_vec());
    let mut start = DVector::from_row_slice(start);
    bounds.project(&mut start);
    let problem = Box::new(Bounded(AutoDiff(formula), bounds));
    Some(TestFunction { name, problem, start, minima, minimizers: vec![] })
}

/// The number of the function in the collection, a name, (variable, lower, upper), and the values of minima.
type Boxed = (usize, &'static str, &'static [(usize, f64, f64)], &'static [f64]);

#[rustfmt::skip]
const BOXES: [Boxed; 34] = [
    (3, "Powell badly scaled, Gay", &[(0, 0.0, 1.0), (1, 1.0, 9.0)], &[1.5125936724383845e-10]),
    (4, "Brown badly scaled, Gay", &[(0, 0.0, 1000000.0), (1, 3e-05, 100.0)], &[783.9999992951841]),
    (5, "Beale, Gay", &[(0, 0.6, 10.0), (1, 0.5, 100.0)], &[0.0]),
    (7, "Helical valley, Gay", &[(0, -100.0, 0.8), (1, -1.0, 1.0), (2, -1.0, 1.0)], &[0.9904221209613998]),
    (9, "Gaussian, Gay", &[(0, 0.398, 4.2), (1, 1.0, 2.0), (2, -0.5, 0.1)], &[1.1279327696190228e-08]),
    (1, "Rosenbrock, boxed", &[(0, -2.2, 0.56)], &[0.19359999999999997]),
    (2, "Freudenstein-Roth, boxed", &[(0, -0.5, 9.230223)], &[50.912518110121994]),
    (3, "Powell badly scaled, boxed", &[(0, -1.0, 9e-06)], &[8.846271482856967e-09]),
    (5, "Beale, boxed", &[(0, 0.0, 2.6)], &[0.04109688520374533]),
    (6, "Jennrich-Sampson, boxed", &[(0, 0.26626, 1.3)], &[124.69560666088586]),
    (7, "Helical valley, boxed", &[(0, -2.0, 0.6), (2, 0.0, 1.0)], &[6.886428209971049]),
    (8, "Bard, boxed", &[(0, 0.265928, 2.0), (2, 0.0, 2.074956)], &[0.23790742606952148]),
    (9, "Gaussian, boxed", &[(0, 0.399165, 1.4), (2, -1.0, 0.0)], &[1.143595714836414e-07]),
    (11, "Gulf research and development, boxed", &[(0, 4.0, 41.0), (2, -0.85, 1.23)], &[0.01925490371430241]),
    (12, "Box three-dimensional, boxed", &[(0, -1.0, 0.8), (2, 4.8, 21.0)], &[16.41723187700686]),
    (13, "Powell singular, boxed", &[(0, 0.60018, 4.0), (2, -1.0, 3.6e-05)], &[0.45084275258896855]),
    (14, "Wood, boxed", &[(0, -4.0, 0.2), (2, -4.0, 0.2)], &[6.6343328445378695]),
    (15, "Kowalik-Osborne, boxed", &[(0, 0.204246, 1.25), (2, 0.181445, 1.415)], &[0.0003712405449858436]),
    (16, "Brown-Dennis, boxed", &[(0, -4.275552, 26.0), (2, -6.0, -1.322752)], &[139455.77196781256]),
    (17, "Osborne 1, boxed", &[(0, 0.400328, 1.5), (2, -1.37175, 0.0), (4, -0.98, 0.021698)], &[0.006116326521548928]),
    (18, "Biggs EXP6, boxed", &[(0, 0.0, 3.4), (2, 0.0, 2.6), (4, 1.0, 2.0)], &[0.0001748627214910503]),
    (19, "Osborne 2, boxed", &[(0, 0.30000000000000004, 1.307982), (2, 0.636929, 1.65), (4, -0.4, 0.723347), (6, 2.092649, 6.0), (8, 1.0, 2.318948), (10, 4.5, 5.640273)], &[0.0836819786592978]),
    (21, "Extended Rosenbrock, boxed", &[(0, -2.2, 0.56), (2, -2.2, 0.56), (4, -2.2, 0.56), (6, -2.2, 0.56), (8, -2.2, 0.56)], &[0.9679999999999999]),
    (22, "Extended Powell singular, boxed", &[(0, 0.600207, 4.0), (2, -1.0, 5.2e-05), (4, 0.600207, 4.0), (6, -1.0, 5.2e-05), (8, 0.600207, 4.0), (10, -1.0, 5.2e-05)], &[1.3526009176609817]),
    (23, "Penalty I, boxed", &[(0, 0.400006, 2.0), (2, 0.800006, 4.0)], &[0.3025398400087509]),
    (24, "Penalty II, boxed", &[(0, 0.259999, 1.5), (2, 0.484081, 1.5)], &[0.0036093680007150087]),
    (25, "Variably dimensioned, boxed", &[(0, -0.09999999999999998, 0.98), (2, -0.30000000000000004, 0.94), (4, -0.5, 0.9), (6, -0.7, 0.86), (8, -0.9, 0.82)], &[0.1152760677703783]),
    (26, "Trigonometric, boxed", &[(0, 0.064121, 1.1), (2, 0.067011, 1.1), (4, 0.070901, 1.1), (6, -0.9, 0.186529), (8, 0.088006, 1.1)], &[0.00014155153130285033]),
    (27, "Brown almost-linear, boxed", &[(0, -0.5, 0.883544), (2, -0.5, 0.883544), (4, -0.5, 0.883544), (6, -0.5, 0.883544), (8, -0.5, 0.883544)], &[0.03891741304862616]),
    (28, "Discrete boundary value, boxed", &[(0, -1.0826446280991735, -0.051061), (2, -1.1983471074380165, -0.131258), (4, -1.2479338842975207, -0.177514), (6, -1.231404958677686, -0.181553), (8, -1.1487603305785123, -0.130037)], &[2.6807867246381746e-05]),
    (29, "Discrete integral equation, boxed", &[(0, -1.0826446280991735, -0.051061), (2, -1.1983471074380165, -0.131258), (4, -1.2479338842975207, -0.177514), (6, -1.231404958677686, -0.181553), (8, -1.1487603305785123, -0.130037)], &[0.001012402220292872]),
    (30, "Broyden tridiagonal, boxed", &[(0, -2.0, -0.656578), (2, -2.0, -0.761768), (4, -2.0, -0.763925), (6, -2.0, -0.753511), (8, -2.0, -0.676828)], &[0.4053355831504131]),
    (31, "Broyden banded, boxed", &[(0, -2.0, -0.542642), (2, -2.0, -0.615722), (4, -2.0, -0.674005), (6, -2.0, -0.698592), (8, -2.0, -0.696363)], &[2.186906959075445]),
    (35, "Chebyquad, boxed", &[(0, 0.056744, 1.1111111111111112), (2, 0.27973, 1.3333333333333333), (4, 0.511111, 1.5555555555555556), (6, -0.2222222222222222, 0.801083)], &[0.0035168737256952944, 0.004454365759]),
];

/// Documents a unit struct and makes it a formula in n variables.
macro_rules! formula {
    ($(#[$doc:meta])* $name:ident, $n:literal, |$x:ident| $cost:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name;

        impl Formula for $name {
            fn dimension(&self) -> usize {
                $n
            }
            fn cost<R: Real>(&self, $x: &[Num<R>]) -> Num<R> {
                $cost
            }
        }
    };
}

formula! {
    /// 100 (x₂ - x₁²)² + (1 - x₁)²: problems 1 and 2.
    Valley, 2, |x| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)
}

formula! {
    /// x₂ + 10⁻⁵ (x₂ - x₁)²: problem 3.
    Corner, 2, |x| x[1] + 1e-5 * (x[1] - x[0]).powi(2)
}

formula! {
    /// (x₁ + 1)³ / 3 + x₂: problem 4.
    Cubic, 2, |x| (x[0] + 1.0).powi(3) / 3.0 + x[1]
}

formula! {
    /// sin(x₁ + x₂) + (x₁ - x₂)² - 1.5 x₁ + 2.5 x₂ + 1: problem 5, McCormick's function.
    McCormick, 2, |x| (x[0] + x[1]).sin() + (x[0] - x[1]).powi(2) - 1.5 * x[0] + 2.5 * x[1] + 1.0
}

formula! {
    /// Σ (exp(-(uᵢ - x₂)^x₃ / x₁) - i/100)², uᵢ = 25 + (-50 ln(i/100))^(2/3), i = 1..99: problem 25. Flat at its start.
    Weibull, 3, |x| {
        let square = |i: u32| {
            let share = f64::from(i) / 100.0;
            let u = 25.0 + (-50.0 * share.ln()).powf(2.0 / 3.0);
            ((-(x[2] * (u - x[1]).ln()).exp() / x[0]).exp() - share).powi(2)
        };
        (2..100).fold(square(1), |sum, i| sum + square(i))
    }
}

formula! {
    /// Colville's function: problem 38.
    Colville, 4, |x| {
        100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)
            + 90.0 * (x[3] - x[2] * x[2]).powi(2) + (1.0 - x[2]).powi(2)
            + 10.1 * ((x[1] - 1.0).powi(2) + (x[3] - 1.0).powi(2))
            + 19.8 * ((x[1] - 1.0) * (x[3] - 1.0))
    }
}

formula! {
    /// 2 - x₁ x₂ x₃ x₄ x₅ / 120: problem 45.
    Product, 5, |x| 2.0 - x[0] * x[1] * x[2] * x[3] * x[4] / 120.0
}

formula! {
    /// Σ (ln²(xᵢ - 2) + ln²(10 - xᵢ)) - (Π xᵢ)^0.2, i = 1..10: problem 110.
    Logarithms, 10, |x| {
        let squares = |x: Num<R>| (x - 2.0).ln().powi(2) + (10.0 - x).ln().powi(2);
        let sum = x[1..].iter().fold(squares(x[0]), |sum, &x| sum + squares(x));
        sum - x[1..].iter().fold(x[0], |product, &x| product * x).powf(0.2)
    }
}
