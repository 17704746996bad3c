//! What theory predicts, measured on the library's own solvers: table of `convergence::Theory`.

use extremum::convergence::{Case, Class, Lab, Measure, Rate, Theory, Verdict};
use extremum::first_order::{AcceleratedGradient, Momentum, Nesterov};
use extremum::line_search::{FixedStep, MoreThuente};
use extremum::scalar::{Bisection, GoldenSection, Halley, NewtonRoot, Secant};
use extremum::{
    AnySolver, Bfgs, ConjugateGradient, DVector, GradientDescent, Lbfgs, Newton, Problem, Random,
    Solver, from_fn,
};

/// ½ Σ λᵢ xᵢ², with its minimiser at 0.
fn quadratic(eigenvalues: Vec<f64>) -> impl Problem {
    let (n, by_gradient) = (eigenvalues.len(), eigenvalues.clone());
    from_fn(n, move |x| 0.5 * x.iter().zip(&eigenvalues).map(|(x, l)| l * x * x).sum::<f64>())
        .with_gradient(move |x, g| {
            for i in 0..x.len() {
                g[i] = by_gradient[i] * x[i];
            }
        })
}

/// Eigenvalues from 1 to κ, evenly spaced on a logarithmic scale.
fn spectrum(n: usize, condition: f64) -> Vec<f64> {
    (0..n).map(|i| condition.powf(i as f64 / (n - 1) as f64)).collect()
}

fn starts(n: usize, seed: u64) -> Vec<DVector<f64>> {
    let mut random = Random::new(seed);
    (0..6).map(|_| DVector::from_fn(n, |_, _| random.normal())).collect()
}

/// ‖x - x*‖ at each iteration.
fn distances(
    problem: &dyn Problem,
    minimizer: &[f64],
    x0: &DVector<f64>,
    solver: impl Fn() -> Box<dyn AnySolver> + Send + Sync,
) -> Vec<f64> {
    let case = Case::new("problem", problem, x0.clone()).minimizer(minimizer.to_vec());
    let lab = Lab::new().problem(case).solver("solver", |_| solver()).measure(Measure::Distance);
    let results = lab.run().unwrap();
    results.outcomes()[0].samples.iter().map(|sample| sample.value).collect()
}

/// The distances of several runs on a quadratic with the eigenvalues.
fn on_quadratic(
    eigenvalues: &[f64],
    solver: impl Fn() -> Box<dyn AnySolver> + Send + Sync,
) -> Vec<Vec<f64>> {
    let n = eigenvalues.len();
    let problem = quadratic(eigenvalues.to_vec());
    let minimizer = vec![0.0; n];
    starts(n, 1).iter().map(|x0| distances(&problem, &minimizer, x0, &solver)).collect()
}

fn squared(runs: &[Vec<f64>]) -> Vec<Vec<f64>> {
    runs.iter().map(|run| run.iter().map(|e| e * e).collect()).collect()
}

#[test]
fn gradient_descent_has_its_factor() {
    for condition in [3.0, 10.0, 100.0] {
        let step = 2.0 / (condition + 1.0);
        let runs = on_quadratic(&spectrum(8, condition), || {
            GradientDescent::default().line_search(FixedStep::new(step)).boxed()
        });
        let theory = Theory::gradient_descent(1.0, condition).unwrap();
        assert_eq!(
            theory.check(&runs),
            Verdict::Consistent,
            "{condition} {}",
            Rate::of_runs(&runs)
        );
        let squared = squared(&runs);
        assert_eq!(theory.clone().raised(2.0).check(&squared), Verdict::Consistent);
        // A step that is 20 % too short is slower, and is seen to be.
        let short = on_quadratic(&spectrum(8, condition), || {
            GradientDescent::default().line_search(FixedStep::new(0.8 * step)).boxed()
        });
        assert!(matches!(theory.check(&short), Verdict::Slower { .. }));
    }
}

/// The interval of textbooks, from the residuals of a line through (k, ln e), excludes the true factor: what is left of
/// other eigenvalues is not noise.
#[test]
fn the_interval_of_textbooks_excludes_the_factor_and_ours_contains_it() {
    let runs = on_quadratic(&spectrum(8, 10.0), || {
        GradientDescent::default().line_search(FixedStep::new(2.0 / 11.0)).boxed()
    });
    let truth: f64 = 9.0 / 11.0;
    let (mut textbooks, mut ours) = (0, 0);
    for run in &runs {
        let used: Vec<f64> = run.iter().copied().take_while(|e| *e > 1e-12 * run[0]).collect();
        let n = used.len() as f64;
        let k_mean = 0.5 * (n - 1.0);
        let y_mean = used.iter().map(|e| e.ln()).sum::<f64>() / n;
        let (mut skk, mut sky) = (0.0, 0.0);
        for (k, e) in used.iter().enumerate() {
            skk += (k as f64 - k_mean).powi(2);
            sky += (k as f64 - k_mean) * (e.ln() - y_mean);
        }
        let slope = sky / skk;
        let residual = |(k, e): (usize, &f64)| e.ln() - y_mean - slope * (k as f64 - k_mean);
        let rss: f64 = used.iter().enumerate().map(|pair| residual(pair).powi(2)).sum();
        // Student's 97.5 % quantile is below 2.1 for more than 20 errors.
        let half = 2.1 * (rss / (n - 2.0) / skk).sqrt();
        textbooks += usize::from((slope - truth.ln()).abs() <= half);
        let Class::Linear { factor } = Rate::of(run).class else { panic!("{}", Rate::of(run)) };
        ours += usize::from(factor.holds(truth));
    }
    assert_eq!((textbooks, ours), (0, runs.len()));
}

#[test]
fn momentum_has_its_factors() {
    for condition in [10.0_f64, 100.0] {
        let root = condition.sqrt();
        let beta = ((root - 1.0) / (root + 1.0)).powi(2);
        let step = 4.0 / (root + 1.0).powi(2);
        let heavy_ball =
            on_quadratic(&spectrum(8, condition), || Momentum::new(step).momentum(beta).boxed());
        let theory = Theory::heavy_ball(1.0, condition).unwrap();
        let verdict = theory.check(&heavy_ball);
        assert_eq!(verdict, Verdict::Consistent, "{condition} {}", Rate::of_runs(&heavy_ball));
        let beta = (root - 1.0) / (root + 1.0);
        let nesterov = on_quadratic(&spectrum(8, condition), || {
            Nesterov::new(1.0 / condition).momentum(beta).boxed()
        });
        let theory = Theory::nesterov(1.0, condition).unwrap();
        let verdict = theory.check(&nesterov);
        assert_eq!(verdict, Verdict::Consistent, "{condition} {}", Rate::of_runs(&nesterov));
    }
}

/// The theorems assume exact line searches.
fn exact() -> ConjugateGradient {
    ConjugateGradient::default()
        .line_search(MoreThuente::default().sufficient_decrease(1e-8).curvature(1e-6))
}

#[test]
fn conjugate_gradients_keep_their_bound_and_end() {
    // f - f*, from the costs.
    let gaps = |eigenvalues: &[f64]| -> Vec<Vec<f64>> {
        let problem = quadratic(eigenvalues.to_vec());
        let run = |x0: &DVector<f64>| {
            let case = Case::new("quadratic", &problem, x0.clone()).minimum(0.0);
            let lab = Lab::new().problem(case).solver("CG", |_| exact().boxed());
            let results = lab.run().unwrap();
            results.outcomes()[0].samples.iter().map(|sample| sample.value).collect()
        };
        starts(eigenvalues.len(), 2).iter().map(run).collect()
    };
    for condition in [10.0, 1e3] {
        let runs = gaps(&spectrum(40, condition));
        let theory = Theory::conjugate_gradient_gap(1.0, condition).unwrap();
        assert_eq!(theory.check(&runs), Verdict::BoundHolds);
    }
    for distinct in 2..=6_usize {
        let eigenvalues: Vec<f64> = (0..30).map(|i| 1.0 + (i % distinct) as f64).collect();
        let theory = Theory::conjugate_gradient_steps(distinct);
        let runs = gaps(&eigenvalues);
        let short: Vec<_> = runs.iter().map(|run| &run[..run.len().min(12)]).collect();
        assert_eq!(theory.check(&runs), Verdict::Consistent, "{distinct}: {short:.1?}");
    }
}

/// Σ exp(cᵢ xᵢ) - cᵢ xᵢ + ½ (Σ xᵢ)² / 10: strictly convex, with the minimiser 0 and third derivatives that are not 0 there.
fn convex() -> impl Problem {
    let c = |i: usize| 1.0 + 0.3 * i as f64;
    let rest = |x: &DVector<f64>| x.sum();
    from_fn(5, move |x| {
        let terms = x.iter().enumerate().map(|(i, x)| (c(i) * x).exp() - c(i) * x);
        terms.sum::<f64>() + 0.05 * rest(x).powi(2)
    })
    .with_gradient(move |x, g| {
        for i in 0..5 {
            g[i] = c(i) * ((c(i) * x[i]).exp() - 1.0) + 0.1 * rest(x);
        }
    })
    .with_hessian(move |x| {
        let diagonal = |i: usize| c(i) * c(i) * (c(i) * x[i]).exp();
        let h = |i: usize, j: usize| 0.1 + if i == j { diagonal(i) } else { 0.0 };
        extremum::DMatrix::from_fn(5, 5, h)
    })
}

fn on_convex(solver: impl Fn() -> Box<dyn AnySolver> + Send + Sync) -> Vec<Vec<f64>> {
    let problem = convex();
    let all = (0..4).flat_map(|seed| starts(5, 10 + seed));
    all.map(|x0| distances(&problem, &[0.0; 5], &x0, &solver)).collect()
}

#[test]
fn newton_has_order_two() {
    let runs = on_convex(|| Newton::default().boxed());
    assert_eq!(Theory::newton().check(&runs), Verdict::Consistent);
    let rate = Rate::of_runs(&runs);
    let Class::Order { order } = rate.class else { panic!("{rate}") };
    assert!((order.value - 2.0).abs() < 0.05, "{rate}");
}

#[test]
fn quasi_newton_methods_are_superlinear_and_linear() {
    let runs = on_convex(|| Bfgs::default().boxed());
    assert_eq!(Theory::bfgs().check(&runs), Verdict::Consistent, "{}", Rate::of_runs(&runs));
    let runs = on_quadratic(&spectrum(100, 1e3), || Lbfgs::default().memory(5).boxed());
    assert_eq!(Theory::lbfgs().check(&runs), Verdict::Consistent, "{}", Rate::of_runs(&runs));
}

#[test]
fn a_degenerate_minimum_slows_newton_and_gradient_descent() {
    let quartic = from_fn(1, |x| x[0].powi(4))
        .with_gradient(|x, g| g[0] = 4.0 * x[0].powi(3))
        .with_hessian(|x| extremum::DMatrix::from_element(1, 1, 12.0 * x[0] * x[0]));
    let starts: Vec<DVector<f64>> = [1.0, 1.3, 0.7].map(|x| DVector::from_element(1, x)).into();
    let runs = |solver: &(dyn Fn() -> Box<dyn AnySolver> + Send + Sync)| -> Vec<Vec<f64>> {
        starts.iter().map(|x0| distances(&quartic, &[0.0], x0, solver)).collect()
    };
    // f' = 4 x³: a root of multiplicity 3.
    let newton = runs(&|| Newton::default().boxed());
    let theory = Theory::newton_on_multiple_root(3.0).unwrap();
    assert_eq!(theory.check(&newton), Verdict::Consistent, "{}", Rate::of_runs(&newton));
    let descent = runs(&|| GradientDescent::default().line_search(FixedStep::new(0.1)).boxed());
    let theory = Theory::gradient_descent_on_power(4.0).unwrap();
    assert_eq!(theory.check(&descent), Verdict::Consistent, "{}", Rate::of_runs(&descent));
    let gaps: Vec<Vec<f64>> =
        descent.iter().map(|run| run.iter().map(|e| e.powi(4)).collect()).collect();
    assert_eq!(theory.raised(4.0).check(&gaps), Verdict::Consistent);
}

/// Nesterov's worst quadratic, ½ (x₁² + Σ (xᵢ - xᵢ₊₁)² + xₙ²) / 4 - x₁ / 4: bounds hold at every k, though the slopes are others.
#[test]
fn convex_bounds_hold_at_every_iteration() {
    let n = 400;
    let cost = move |x: &DVector<f64>| {
        let inner: f64 = (1..n).map(|i| (x[i - 1] - x[i]).powi(2)).sum();
        0.125 * (x[0].powi(2) + inner + x[n - 1].powi(2)) - 0.25 * x[0]
    };
    let problem = from_fn(n, cost).with_gradient(move |x, g| {
        for i in 0..n {
            let before = if i > 0 { x[i - 1] } else { 0.0 };
            let after = if i + 1 < n { x[i + 1] } else { 0.0 };
            g[i] = 0.25 * (2.0 * x[i] - before - after);
        }
        g[0] -= 0.25;
    });
    let minimizer = DVector::from_fn(n, |i, _| 1.0 - (i + 1) as f64 / (n + 1) as f64);
    let gaps = |solver: &(dyn Fn() -> Box<dyn AnySolver> + Send + Sync)| -> Vec<f64> {
        let case = Case::new("chain", &problem, vec![0.0; n]).minimum(cost(&minimizer));
        let lab = Lab::new().problem(case).solver("solver", |_| solver()).max_iterations(1000);
        let results = lab.run().unwrap();
        let error = |sample| results.error(0, sample);
        results.outcomes()[0].samples.iter().map(error).collect()
    };
    let r = minimizer.norm();
    let descent = gaps(&|| GradientDescent::default().line_search(FixedStep::new(1.0)).boxed());
    assert_eq!(descent.len(), 1001);
    let theory = Theory::convex_gradient_descent_gap(1.0, r).unwrap();
    assert_eq!(theory.check(std::slice::from_ref(&descent)), Verdict::BoundHolds);
    let accelerated = gaps(&|| AcceleratedGradient::new(1.0).restart(false).boxed());
    let theory = Theory::convex_nesterov_gap(1.0, r).unwrap();
    assert_eq!(theory.check(&[accelerated]), Verdict::BoundHolds);
    // A hundredth of the bound does not hold here: the check can fail.
    let tight = Theory::convex_gradient_descent_gap(0.01, r).unwrap();
    assert!(matches!(tight.check(&[descent]), Verdict::Slower { by } if by > 1.0));
}

/// A search for ln c that shows every point it evaluates.
type Search<'a> = dyn Fn(f64, &mut dyn FnMut(f64)) + 'a;

/// The sequences that the methods of one variable make, seen by their functions.
#[test]
fn methods_of_one_variable_have_their_orders() {
    let f = |x: f64, c: f64| x.exp() - c;
    let runs = |search: &Search<'_>| -> Vec<Vec<f64>> {
        let of = |i: i32| {
            let c = 1.5 + 0.5 * f64::from(i);
            let mut errors = Vec::new();
            search(c, &mut |x| errors.push((x - c.ln()).abs()));
            errors
        };
        (0..8).map(of).collect()
    };
    let newton = runs(&|c, seen| {
        let g = |x: f64| {
            seen(x);
            (f(x, c), x.exp())
        };
        NewtonRoot::default().solve(g, 2.5).unwrap();
    });
    assert_eq!(Theory::newton().check(&newton), Verdict::Consistent, "{}", Rate::of_runs(&newton));
    let halley = runs(&|c, seen| {
        let g = |x: f64| {
            seen(x);
            (f(x, c), x.exp(), x.exp())
        };
        Halley::default().solve(g, 3.5).unwrap();
    });
    assert_eq!(Theory::halley().check(&halley), Verdict::Consistent, "{}", Rate::of_runs(&halley));
    let secant = runs(&|c, seen| {
        let g = |x: f64| {
            seen(x);
            f(x, c)
        };
        Secant::default().solve(g, 3.0, 2.5).unwrap();
    });
    assert_eq!(Theory::secant().check(&secant), Verdict::Consistent, "{}", Rate::of_runs(&secant));
    // Brackets, by their widths.
    let widths = |bracket: &dyn Fn(u64) -> (f64, f64)| -> Vec<f64> {
        (2..40).map(bracket).map(|(low, high)| high - low).collect()
    };
    let bisection = widths(&|evaluations| {
        let method = Bisection::default().max_evaluations(evaluations);
        method.solve(|x| x * x - 2.0, 1.0, 2.0).unwrap().bracket.unwrap()
    });
    assert_eq!(Theory::bisection().check(&[bisection]), Verdict::Consistent);
    let golden = widths(&|evaluations| {
        let method = GoldenSection::default().max_evaluations(evaluations);
        let method = method.absolute_tolerance(0.0).relative_tolerance(0.0);
        method.minimize(|x| (x - 0.3).powi(2), -1.0, 2.0).unwrap().bracket.unwrap()
    });
    assert_eq!(Theory::golden_section().check(&[golden]), Verdict::Consistent);
}

#[test]
fn bad_parameters_are_refused() {
    for (m, l) in [(0.0, 1.0), (2.0, 1.0), (-1.0, 1.0), (1.0, f64::INFINITY), (f64::NAN, 1.0)] {
        assert!(Theory::gradient_descent(m, l).is_err() && Theory::nesterov(m, l).is_err());
        assert!(Theory::heavy_ball(m, l).is_err() && Theory::conjugate_gradient_gap(m, l).is_err());
    }
    assert!(Theory::newton_on_multiple_root(1.0).is_err());
    assert!(Theory::gradient_descent_on_power(2.0).is_err());
    // Nothing is said of nothing.
    for theory in [Theory::newton(), Theory::bfgs(), Theory::conjugate_gradient_steps(3)] {
        assert_eq!(theory.check(&[]), Verdict::Insufficient);
        assert_eq!(theory.check(&[vec![]]), Verdict::Insufficient);
        assert_eq!(theory.check(&[vec![f64::NAN; 5]]), Verdict::Insufficient);
        assert_eq!(theory.check(&[vec![1.0, 0.5]]), Verdict::Insufficient);
    }
}
