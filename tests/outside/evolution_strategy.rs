//! A population: the (1, λ) evolution strategy's simplest relative, one parent and one child.
//!
//! I. Rechenberg, *Evolutionsstrategie*, Frommann-Holzboog (1973): the 1/5 success rule, here as in S. Kern et al., "Learning
//! probability distributions in continuous evolutionary algorithms", Natural Computing 3 (2004) 77-112, section 3.

use std::ops::ControlFlow;

use extremum::solver::population::{Candidates, Space};
use extremum::stop::max_iterations;
use extremum::{
    Bounds, DVector, Error, Generations, Lbfgsb, Minimizer, Population, Random, Search, Stall,
    from_fn, minimize,
};
use extremum_tests::{bits, rosenbrock};

use super::{Recorded, resumes_to_the_same_bits};

// The extension.

/// x' = x + σ N(0, 1); if it is not worse, x ← x' and σ ← σ e^(1/3), else σ ← σ / e^(1/12): level at one success in five.
#[derive(Clone, Debug)]
struct OnePlusOne {
    seed: u64,
    sigma: f64,
}

impl Population for OnePlusOne {
    const NAME: &'static str = "OnePlusOne";
    /// The parent, its cost, and σ.
    type Memory = (DVector<f64>, f64, f64);

    fn seed(&self) -> u64 {
        self.seed
    }
    fn scale(&self) -> Option<f64> {
        Some(self.sigma)
    }
    fn begin(&self, space: &Space, _: &mut Random) -> Result<Self::Memory, Error> {
        Ok((space.x0().clone(), f64::INFINITY, self.sigma))
    }
    fn propose(
        &self,
        space: &Space,
        (x, cost, sigma): &mut Self::Memory,
        random: &mut Random,
        candidates: &mut Candidates,
    ) {
        let child = candidates.next(x.len());
        child.copy_from(x);
        if cost.is_finite() {
            child.iter_mut().for_each(|x| *x += *sigma * random.normal());
            space.reflect(child.as_mut_slice());
        }
    }
    fn learn(
        &self,
        space: &Space,
        memory: &mut Self::Memory,
        _: &mut Random,
        candidates: &[DVector<f64>],
        costs: &[f64],
    ) -> ControlFlow<Stall> {
        let (succeeds, least) = (costs[0] <= memory.1, 1e-12 * self.sigma);
        memory.2 *= if succeeds { 1.0_f64 / 3.0 } else { -1.0 / 12.0 }.exp();
        if succeeds {
            self.inject(space, memory, &candidates[0], costs[0]);
        }
        let size = memory.2 / self.sigma;
        let collapsed = Stall::Collapsed { size, tolerance: 1e-12 };
        if memory.2 > least { ControlFlow::Continue(()) } else { ControlFlow::Break(collapsed) }
    }
    fn inject(&self, _: &Space, memory: &mut Self::Memory, x: &DVector<f64>, cost: f64) {
        (memory.0, memory.1) = (x.clone(), cost);
    }
    fn is_valid(&self, space: &Space, memory: &Self::Memory) -> bool {
        memory.0.len() == space.dimension()
    }
}

// Its tests.

fn strategy(seed: u64) -> Generations<OnePlusOne> {
    Generations::new(OnePlusOne { seed, sigma: 1.0 })
}

/// On the sphere it converges linearly, by a factor e^(−0.2 / n) per cost in the distance for many variables (Rechenberg): from
/// 1 to 1e-6 in about 350 costs for n = 5, whatever the seed.
#[test]
fn it_converges_on_the_sphere() {
    let sphere = from_fn(5, |x| x.norm_squared());
    for seed in 0..10 {
        let run = Minimizer::new(&sphere, strategy(seed), [0.5, -0.5, 0.5, 0.5, -0.2]);
        let found = run.stop_when(extremum::stop::target(1e-12)).run().unwrap();
        assert!(found.termination.is_converged(), "{found}");
        assert!((150..1000).contains(&found.evaluations.cost), "{found}");
        assert_eq!(found.evaluations.cost, found.iterations + 1);
    }
    let found = minimize(&sphere, strategy(1), [1.0; 5]).unwrap();
    let is_collapsed = found.to_string().contains("the search has shrunk to");
    assert!(is_collapsed && found.cost < 1e-20 && !found.termination.is_converged(), "{found}");
}

/// What every population gets: checkpoints, ask and tell with the same points, threads, a polish.
#[test]
fn it_is_a_population_like_every_other() {
    let stop = || max_iterations(300);
    let run = resumes_to_the_same_bits(&rosenbrock(), &strategy(3), &[-1.2, 1.0], stop);
    let mut search = Search::new(OnePlusOne { seed: 3, sigma: 1.0 }, [-1.2, 1.0], None).unwrap();
    for _ in 0..=300 {
        let cost = extremum::Problem::cost(&rosenbrock(), &search.ask()[0]);
        assert!(search.tell(&[cost]).unwrap().is_continue());
    }
    assert_eq!((bits(search.best().0), search.best().1), (bits(&run.x), run.cost));

    let polished = strategy(3).polish(Lbfgsb::default());
    let found = minimize(rosenbrock(), polished, [-1.2, 1.0]).unwrap();
    assert!(found.cost < 1e-15, "{found}");
}

#[cfg(feature = "parallel")]
#[test]
fn threads_change_no_bit() {
    let problem = rosenbrock();
    let run = || Minimizer::new(&problem, strategy(5), [-1.2, 1.0]).max_iterations(200);
    let serial = run().run().unwrap();
    let parallel = run().evaluate_with(extremum::Parallel).run().unwrap();
    assert_eq!((bits(&serial.x), serial.evaluations), (bits(&parallel.x), parallel.evaluations));
}

/// Rosenbrock's function on x₀ ≤ 1/2: (1 − 1/2)² at x₁ = 1/4.
#[test]
fn it_keeps_bounds() {
    let bounds = Bounds::new([-2.0, -2.0], [0.5, 2.0]).unwrap();
    let problem = Recorded::new(rosenbrock().with_bounds(bounds));
    let found = minimize(&problem, strategy(2), [-1.2, 1.0]).unwrap();
    assert!((found.cost - 0.25).abs() < 1e-2 && problem.outside() == 0, "{found}");
    assert_eq!(problem.count() as u64, found.evaluations.cost);
}
