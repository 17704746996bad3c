//! One bowl, or two, with waves: the number of local minima grows exponentially with n.

use std::f64::consts::{E, PI};

use super::{GlobalFormula, any_size};
use crate::functions::sized;
use crate::{DVector, Error, Formula, Num, Real};

any_size! {
    /// Rastrigin's function 10n + Σ xᵢ² - 10 cos(2πxᵢ): f = 0 at the origin, a local minimum near each point of whole
    /// coordinates.
    ///
    /// H. Mühlenbein, M. Schomisch, J. Born, Parallel Computing 17 (1991) 619-632, for any n.
    Rastrigin, "rastrigin", n >= 1 ("at least 1"), box: [-5.12, 5.12], minimum: |_n| 0.0, at: 0.0,
    |x| x.iter().map(|&x| x * x + waves(x)).sum()
}

any_size! {
    /// Ackley's function -20 exp(-√(Σ xᵢ²/n)/5) - exp(Σ cos(2πxᵢ)/n) + 20 + e: f = 0 at the origin, the tip of a cone.
    ///
    /// At the tip, where there is no derivative, the gradient is 0 and the Hessian that of the waves.
    ///
    /// D. H. Ackley, A Connectionist Machine for Genetic Hillclimbing, Kluwer (1987); T. Bäck, Evolutionary Algorithms in
    /// Theory and Practice, Oxford University Press (1996), for any n.
    Ackley, "ackley", n >= 1 ("at least 1"), box: [-32.768, 32.768], minimum: |_n| 0.0, at: 0.0,
    |x| {
        let (mut squares, mut heights) = (Num::from(0.0), Num::from(0.0));
        for &x in x {
            squares += x * x;
            heights += waves(x);
        }
        let n = x.len() as f64;
        let radius = if squares == 0.0 { Num::from(0.0) } else { (squares / n).sqrt() };
        // The mean of cos - 1 is minus a tenth of the mean height.
        -20.0 * (-0.2 * radius).exp_m1() - E * (-0.1 * (heights / n)).exp_m1()
    }
}

any_size! {
    /// Lévy and Montalvo's function sin²(πw₁) + Σᵢ₌₁ⁿ⁻¹ (wᵢ - 1)² (1 + 10 sin²(πwᵢ + 1)) + (wₙ - 1)² (1 + sin²(2πwₙ))
    /// with wᵢ = 1 + (xᵢ - 1)/4: f = 0 at (1, ..., 1).
    ///
    /// A. V. Levy, A. Montalvo, SIAM J. Sci. Stat. Comput. 6 (1985) 15-29; in this form, with + 1 in the sine, by
    /// M. Laguna, R. Martí, J. Global Optimization 33 (2005) 235-255.
    Levy, "levy", n >= 1 ("at least 1"), box: [-10.0, 10.0], minimum: |_n| 0.0, at: 1.0,
    |x| {
        let Some((&last, others)) = x.split_last() else { return Num::from(0.0) };
        // In u = w - 1, where sin(πw + 1) = -sin(πu + 1).
        let u = |x: Num<R>| (x - 1.0) / 4.0;
        let valley: Num<R> = others
            .iter()
            .map(|&x| {
                let u = u(x);
                let sine = (PI * u + 1.0).sin();
                u * u * (1.0 + 10.0 * (sine * sine))
            })
            .sum();
        let (first, last) = ((PI * u(x[0])).sin(), u(last));
        let sine = (2.0 * PI * last).sin();
        first * first + valley + last * last * (1.0 + sine * sine)
    }
}

/// 10 (1 - cos 2πx), without cancellation.
fn waves<R: Real>(x: Num<R>) -> Num<R> {
    let sine = (PI * x).sin();
    20.0 * (sine * sine)
}

/// Griewank's function 1 + Σ xᵢ²/4000 - Π cos(xᵢ/√i): f = 0 at the origin.
///
/// A. O. Griewank, J. Optimization Theory and Applications 34 (1981) 11-39.
#[derive(Clone, Debug, PartialEq)]
pub struct Griewank {
    /// 1/√i.
    frequencies: Vec<f64>,
}

impl Griewank {
    /// With `n` variables, at least 1.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a smaller `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        let n = sized(n, n >= 1, "at least 1")?;
        Ok(Self { frequencies: (1..=n).map(|i| (i as f64).sqrt().recip()).collect() })
    }
}

impl Formula for Griewank {
    fn dimension(&self) -> usize {
        self.frequencies.len()
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        let (mut squares, mut product) = (Num::from(0.0), Num::from(1.0));
        for (&frequency, &x) in self.frequencies.iter().zip(x) {
            squares += x * x;
            product *= (frequency * x).cos();
        }
        squares / 4000.0 + (1.0 - product)
    }
}

impl GlobalFormula for Griewank {
    fn name(&self) -> &'static str {
        "griewank"
    }
    fn interval(&self) -> [f64; 2] {
        [-600.0, 600.0]
    }
    fn minimum(&self) -> f64 {
        0.0
    }
    fn minimizer(&self) -> DVector<f64> {
        DVector::zeros(self.frequencies.len())
    }
}

/// Lunacek's bi-Rastrigin function min(Σ (xᵢ - μ₁)², dn + s Σ (xᵢ - μ₂)²) + 10 Σ (1 - cos 2π(xᵢ - μ₁)), two funnels of
/// which the wide one, about μ₂, is the wrong one: f = 0 at (μ₁, ..., μ₁).
///
/// μ₁ = 2.5, d = 1, s = 1 - 1/(2√(n + 20) - 8.2), μ₂ = -√((μ₁² - d)/s). For n = 2 the second funnel has its bottom
/// outside the box.
///
/// M. Lunacek, D. Whitley, A. Sutton, "The impact of global structure on search", PPSN X, LNCS 5199, 2008, pp. 498-507.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiRastrigin {
    n: usize,
    /// s, the width of the second funnel.
    width: f64,
    /// μ₂, its centre.
    center: f64,
}

/// μ₁ and d.
const RIGHT_CENTER: f64 = 2.5;
const DEPTH: f64 = 1.0;

impl BiRastrigin {
    /// With `n` variables, at least 2: below, s is negative.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a smaller `n`.
    pub fn new(n: usize) -> Result<Self, Error> {
        let n = sized(n, n >= 2, "at least 2")?;
        let width = 1.0 - (2.0 * (n as f64 + 20.0).sqrt() - 8.2).recip();
        let center = -((RIGHT_CENTER * RIGHT_CENTER - DEPTH) / width).sqrt();
        Ok(Self { n, width, center })
    }
}

impl Formula for BiRastrigin {
    fn dimension(&self) -> usize {
        self.n
    }
    fn cost<R: Real>(&self, x: &[Num<R>]) -> Num<R> {
        let [mut right, mut wrong, mut heights] = [Num::from(0.0); 3];
        for &x in x {
            let (t, u) = (x - RIGHT_CENTER, x - self.center);
            right += t * t;
            wrong += u * u;
            heights += waves(t);
        }
        right.min(DEPTH * self.n as f64 + self.width * wrong) + heights
    }
}

impl GlobalFormula for BiRastrigin {
    fn name(&self) -> &'static str {
        "bi-rastrigin"
    }
    fn interval(&self) -> [f64; 2] {
        [-5.0, 5.0]
    }
    fn minimum(&self) -> f64 {
        0.0
    }
    fn minimizer(&self) -> DVector<f64> {
        DVector::from_element(self.n, RIGHT_CENTER)
    }
}
