//! The methods, and what theory says about them on a quadratic.

use extremum::convergence::Theory;
use extremum::first_order::{Adagrad, Adam, Momentum, Nesterov, RmsProp};
use extremum::line_search::FixedStep;
use extremum::{AnySolver, Bfgs, ConjugateGradient, GradientDescent, Lbfgs, Newton, Solver};

use super::Landscape;

pub struct Method {
    pub name: &'static str,
    pub solver: fn(&Landscape) -> Box<dyn AnySolver>,
    pub theory: fn(&Landscape) -> Option<Theory>,
}

/// The prediction for f - f*, on quadratics only.
fn on_quadratic(
    landscape: &Landscape,
    theory: fn(f64, f64) -> Result<Theory, extremum::Error>,
) -> Option<Theory> {
    let [m, l] = landscape.eigenvalues;
    landscape.is_quadratic.then(|| theory(m, l).ok()).flatten()
}

/// The largest step of a method whose steps do not adapt; on Rosenbrock's function curvature is larger far from the minimum.
fn lipschitz(landscape: &Landscape) -> f64 {
    if landscape.is_quadratic { landscape.eigenvalues[1] } else { 2.0 * landscape.eigenvalues[1] }
}

fn root_of_condition(landscape: &Landscape) -> f64 {
    (lipschitz(landscape) / landscape.eigenvalues[0]).sqrt()
}

pub static METHODS: [Method; 10] = [
    Method {
        name: "gradient descent",
        solver: |landscape| {
            let step = 2.0 / (landscape.eigenvalues[0] + lipschitz(landscape));
            GradientDescent::default().line_search(FixedStep::new(step)).boxed()
        },
        theory: |landscape| {
            let theory = on_quadratic(landscape, Theory::gradient_descent);
            theory.map(|theory| theory.raised(2.0))
        },
    },
    Method {
        name: "momentum",
        solver: |landscape| {
            let (root, l) = (root_of_condition(landscape), lipschitz(landscape));
            let step = 4.0 / (l.sqrt() + (l.sqrt() / root)).powi(2);
            let momentum = ((root - 1.0) / (root + 1.0)).powi(2);
            Momentum::new(step).momentum(momentum).boxed()
        },
        theory: |landscape| {
            on_quadratic(landscape, Theory::heavy_ball).map(|theory| theory.raised(2.0))
        },
    },
    Method {
        name: "Nesterov",
        solver: |landscape| {
            let root = root_of_condition(landscape);
            let momentum = (root - 1.0) / (root + 1.0);
            Nesterov::new(1.0 / lipschitz(landscape)).momentum(momentum).boxed()
        },
        theory: |landscape| {
            on_quadratic(landscape, Theory::nesterov).map(|theory| theory.raised(2.0))
        },
    },
    Method { name: "Adagrad", solver: |_| Adagrad::new(0.5).boxed(), theory: |_| None },
    Method { name: "RMSProp", solver: |_| RmsProp::new(1e-3).boxed(), theory: |_| None },
    Method { name: "Adam", solver: |_| Adam::new(1e-2).boxed(), theory: |_| None },
    Method {
        name: "conjugate gradients",
        solver: |_| ConjugateGradient::default().boxed(),
        theory: |landscape| on_quadratic(landscape, Theory::conjugate_gradient_gap),
    },
    Method { name: "BFGS", solver: |_| Bfgs::default().boxed(), theory: |_| Some(Theory::bfgs()) },
    Method { name: "L-BFGS", solver: |_| Lbfgs::default().boxed(), theory: |_| None },
    Method {
        name: "Newton",
        solver: |_| Newton::default().boxed(),
        theory: |landscape| (!landscape.is_quadratic).then(Theory::newton),
    },
];
