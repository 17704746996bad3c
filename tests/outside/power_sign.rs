//! An update rule: PowerSign.
//!
//! I. Bello, B. Zoph, V. Vasudevan, Q. Le, "Neural optimizer search with reinforcement learning", ICML (2017), section 4.4.

use std::f64::consts::E;

use extremum::first_order::{
    ClipNorm, Columns, Entry, FirstOrder, Now, Number, Rule, Update, Values,
};
use extremum::schedule::{Cosine, Rate};
use extremum::stop::{gradient_norm, max_iterations};
use extremum::{Bounds, DMatrix, DVector, Error, FiniteSum, Minimizer, Sum, minimize};
use extremum_tests::quadratic;

use super::resumes_to_the_same_bits;

// The extension.

/// m ← β m + (1 − β) g, x ← x − α e^(sign(g) sign(m)) g.
#[derive(Clone, Debug)]
struct PowerSign {
    rate: Rate,
    beta: f64,
}

impl Rule for PowerSign {
    const NAME: &'static str = "PowerSign";
    /// m
    type Slots = Columns<1>;
    type Memory = ();
    /// α and β
    type Plan = [f64; 2];

    fn check(&self) -> Result<(), Error> {
        let (name, value, range) = ("beta", self.beta, "0 to 1, 1 excluded");
        if !(0.0..1.0).contains(&value) {
            return Err(Error::Parameter { name, value, range });
        }
        self.rate.check()
    }
    fn memory(&self) {}
    fn first<V: Number>(&self, _: V) -> Values<Self, V> {
        [V::of(0.0)]
    }
    fn plan(&self, now: &Now, (): &mut ()) -> [f64; 2] {
        [now.rate(&self.rate), self.beta]
    }
    #[inline(always)]
    fn update<V: Number>(
        [rate, beta]: &[f64; 2],
        mut at: Entry<V>,
        [m]: [V; 1],
    ) -> (Entry<V>, [V; 1]) {
        let m = V::of(*beta) * m + V::of(1.0 - beta) * at.g;
        let (zero, agrees) = (V::of(0.0), at.g.sign() * m.sign());
        let grows = zero.less(agrees, V::of(E), V::of(1.0));
        let power = agrees.less(zero, V::of(1.0 / E), grows);
        at.x = at.x - V::of(*rate) * power * at.g;
        (at, [m])
    }
}

// Its tests.

fn rule(rate: impl Into<Rate>) -> PowerSign {
    PowerSign { rate: rate.into(), beta: 0.9 }
}

/// In every lane and in the rest of a vector. Gradients 1 and then −1/100: m is 0.1, then 0.089, so that the power is e and
/// then 1/e. Where the gradient is 0, nothing moves.
#[test]
fn two_steps_on_both_kinds_of_numbers() {
    for n in [1, 3, 16, 37] {
        let (mut x, mut y) = (vec![1.0_f64; n], vec![1.0_f32; n]);
        x.push(5.0);
        y.push(5.0);
        let (mut of_x, mut of_y) = (rule(0.5).start(n + 1), rule(0.5).start(n + 1));
        for g in [1.0, -0.01] {
            let mut gradient = vec![g; n];
            gradient.push(0.0);
            assert_eq!(of_x.step(&mut x, &gradient), Ok(Update::Taken));
            let gradient: Vec<f32> = gradient.iter().map(|g| *g as f32).collect();
            assert_eq!(of_y.step(&mut y, &gradient), Ok(Update::Taken));
        }
        let expected = 1.0 - 0.5 * E + 0.5 * 0.01 / E;
        assert!(x[..n].iter().all(|x| (x - expected).abs() < 1e-15), "{x:?}");
        assert!(y[..n].iter().all(|y| (f64::from(*y) - expected).abs() < 1e-6), "{y:?}");
        assert_eq!((x[n], y[n]), (5.0, 5.0));
    }
}

/// On x²/2 with α e = 1/2, m and g agree while x does not change its sign: x halves at each step.
#[test]
fn it_is_a_solver() {
    let bowl =
        extremum::from_fn(3, |x| 0.5 * x.norm_squared()).with_gradient(|x, g| *g = x.clone());
    let solver = FirstOrder::new(rule(0.5 / E));
    let found = minimize(&bowl, &solver, [1.0, -1.0, 0.5]).unwrap();
    assert!(found.termination.is_converged(), "{found}");
    assert_eq!((found.iterations, found.solver.as_str()), (20, "PowerSign"));

    let ellipse =
        quadratic(DMatrix::from_diagonal(&DVector::from_vec(vec![1.0, 10.0])), DVector::zeros(2));
    let chain = FirstOrder::new(ClipNorm::new(1.0).then(rule(0.05)));
    let stop = || gradient_norm(1e-6).or(max_iterations(2000));
    let found = resumes_to_the_same_bits(&ellipse, &chain, &[-1.2, 1.0], stop);
    assert!(found.termination.is_converged() && found.cost < 1e-12, "{found}");

    let bounds = Bounds::new([-2.0, -2.0], [2.0, 2.0]).unwrap();
    let refused = minimize(ellipse.with_bounds(bounds), &chain, [-1.2, 1.0]).unwrap_err();
    assert_eq!(refused, Error::BoundsNotSupported { solver: "PowerSign" });
    let refused = minimize(&bowl, FirstOrder::new(PowerSign { beta: 1.0, ..rule(0.1) }), [1.0; 3]);
    assert!(matches!(refused, Err(Error::Parameter { name: "beta", .. })));
}

/// On mini-batches, with a schedule, and for a part of the parameters only.
#[test]
fn it_takes_batches_schedules_and_groups() {
    /// (x − i)² / 2 for i = 0 to 99, with the mean 49.5.
    struct Squares;
    impl FiniteSum for Squares {
        fn dimension(&self) -> usize {
            1
        }
        fn terms(&self) -> usize {
            100
        }
        fn cost(&self, batch: &[usize], x: &DVector<f64>) -> f64 {
            batch.iter().map(|&i| (x[0] - i as f64).powi(2) / 2.0).sum::<f64>() / batch.len() as f64
        }
        fn gradient(&self, batch: &[usize], x: &DVector<f64>, g: &mut DVector<f64>) {
            g[0] = batch.iter().map(|&i| x[0] - i as f64).sum::<f64>() / batch.len() as f64;
        }
    }
    let sum = Sum::new(Squares);
    let solver = rule(Cosine::new(0.1, 300)).batches(10, 7);
    let found = Minimizer::new(&sum, solver, [0.0]).stop_when(max_iterations(30)).run().unwrap();
    assert!((found.x[0] - 49.5).abs() < 2.0, "{found}");
    assert_eq!(found.evaluations.terms, 100 * (30 + 31));

    let mut x = [1.0, 1.0];
    let mut groups = rule(0.0).group(1..2, rule(1.0 / E)).start(2);
    groups.step(&mut x, &[0.5, 0.5]).unwrap();
    assert_eq!((x[0], (x[1] - 0.5_f64).abs() < 1e-15), (1.0, true));
}
