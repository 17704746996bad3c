//! Many variables: dense problems above the sizes at which factorizations take the place of eigenvectors, and faer that
//! of the library's own, and a million variables without a matrix. After `init` nothing allocates.

use allocation_counter::measure;
use extremum::solver::trust_region::{MoreSorensen, NewtonModel};
use extremum::stop::{gradient_norm, max_iterations};
use extremum::{
    AnySolver, DMatrix, DVector, Matrix, Minimizer, Newton, Problem, Solver, TrustRegion,
};

/// Σ (xᵢ⁴/4 − cᵢ xᵢ²/2) + Σ xᵢ xⱼ / 10n over i ≠ j; cᵢ is 1 for odd i and −1 for even i, so that 0 is a saddle.
struct Wells(usize);

impl Wells {
    fn sign(i: usize) -> f64 {
        if i % 2 == 1 { 1.0 } else { -1.0 }
    }
}

impl Problem for Wells {
    fn dimension(&self) -> usize {
        self.0
    }

    fn cost(&self, x: &DVector<f64>) -> f64 {
        let own = x.iter().enumerate().map(|(i, x)| 0.25 * x.powi(4) - 0.5 * Self::sign(i) * x * x);
        own.sum::<f64>() + 0.1 * (x.sum().powi(2) - x.norm_squared()) / self.0 as f64
    }

    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        let (sum, share) = (x.sum(), 0.2 / self.0 as f64);
        for (i, (g, x)) in gradient.iter_mut().zip(x).enumerate() {
            *g = x.powi(3) - Self::sign(i) * x + share * (sum - x);
        }
    }

    fn write_hessian(&self, x: &DVector<f64>, hessian: &mut Matrix) -> bool {
        if !matches!(hessian, Matrix::Dense(h) if h.nrows() == self.0) {
            *hessian = Matrix::Dense(DMatrix::zeros(self.0, self.0));
        }
        let Matrix::Dense(h) = hessian else { return false };
        h.fill(0.2 / self.0 as f64);
        for (i, x) in x.iter().enumerate() {
            h[(i, i)] = 3.0 * x * x - Self::sign(i);
        }
        true
    }
}

fn dense() -> [Box<dyn AnySolver>; 5] {
    [
        TrustRegion::default().boxed(),
        TrustRegion::new(NewtonModel, MoreSorensen).boxed(),
        TrustRegion::cubic().boxed(),
        TrustRegion::dogleg().boxed(),
        Newton::default().boxed(),
    ]
}

/// From a point without symmetry, from near the saddle, and from the saddle itself.
#[test]
fn every_dense_method_finds_a_minimum_and_allocates_nothing() {
    for n in [30, 50, 70, 150] {
        let problem = Wells(n);
        for (kind, scale) in [("far", 3.0), ("near", 1e-6), ("saddle", 0.0)] {
            let start = DVector::from_fn(n, |i, _| scale * (1.3 * i as f64).sin());
            for solver in dense() {
                let label = format!("{} of {n} variables, {kind}", solver.name());
                let mut run = Minimizer::new(&problem, &solver, &start)
                    .stop_when(gradient_norm(1e-8).or(max_iterations(500)))
                    .start()
                    .unwrap();
                loop {
                    let mut flow = None;
                    let made = measure(|| flow = Some(run.step()));
                    assert_eq!(made.count_total, 0, "{label}");
                    if flow.unwrap().is_break() {
                        break;
                    }
                }
                let found = run.finish();
                assert!(found.termination.is_converged(), "{label}: {found}");
                let mut hessian = Matrix::default();
                problem.write_hessian(&found.x, &mut hessian);
                let least = hessian.to_dense().symmetric_eigenvalues().min();
                assert!(least > 0.1, "{label}: {least}");
            }
        }
    }
}

/// Σ (xᵢ − xᵢ₊₁)²/2 + Σ (xᵢ² − 1)²/4: 0 at ±(1, .., 1).
struct Chain(usize);

impl Chain {
    /// out ← L v + d v, with the second differences L.
    fn write(v: &DVector<f64>, d: impl Fn(usize) -> f64, out: &mut DVector<f64>) {
        for i in 0..v.len() {
            let before = if i > 0 { v[i] - v[i - 1] } else { 0.0 };
            let after = if i + 1 < v.len() { v[i] - v[i + 1] } else { 0.0 };
            out[i] = before + after + d(i) * v[i];
        }
    }
}

impl Problem for Chain {
    fn dimension(&self) -> usize {
        self.0
    }

    fn cost(&self, x: &DVector<f64>) -> f64 {
        let steps: f64 = x.as_slice().windows(2).map(|x| (x[0] - x[1]).powi(2)).sum();
        0.5 * steps + 0.25 * x.iter().map(|x| (x * x - 1.0).powi(2)).sum::<f64>()
    }

    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        Self::write(x, |i| x[i] * x[i] - 1.0, gradient);
    }

    fn hessian_product(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        Self::write(v, |i| 3.0 * x[i] * x[i] - 1.0, product);
        true
    }
}

/// All memory of a run is at most 60 vectors.
#[test]
fn a_million_variables_take_memory_in_proportion() {
    let solvers = [TrustRegion::steihaug().boxed(), TrustRegion::gltr().boxed()];
    for (solver, n) in solvers.into_iter().zip([1_000_000, 100_000]) {
        let problem = Chain(n);
        let start = DVector::from_fn(n, |i, _| 2.0 + (i as f64).sin());
        let mut found = None;
        let memory = measure(|| {
            let run = Minimizer::new(&problem, &solver, start);
            found = Some(run.stop_when(gradient_norm(1e-6).or(max_iterations(50))).run().unwrap());
        });
        let found = found.unwrap();
        let label = solver.name();
        assert!(found.termination.is_converged(), "{label}: {}", found.termination);
        assert!(found.cost < 1e-6, "{label}: {}", found.cost);
        let vectors = memory.bytes_max as f64 / (8 * n) as f64;
        println!("{label}: {vectors:.1} vectors");
        assert!(vectors < 60.0, "{label}: {vectors}");
    }
}
