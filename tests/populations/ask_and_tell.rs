//! Ask and tell: evaluated by the caller, the candidates give the same run; a wrong number of costs is refused and loses
//! nothing; a stored search continues with the same bits.

use extremum::stop::max_iterations;
use extremum::{
    Bounds, CmaEs, DVector, DifferentialEvolution, Error, Generations, GeneticAlgorithm, Minimizer,
    NelderMead, ParticleSwarm, PatternSearch, Population, RandomSearch, Search, SimulatedAnnealing,
    SobolSearch, from_fn,
};

fn rastrigin(x: &DVector<f64>) -> f64 {
    x.iter().map(|x| x * x - 10.0 * (std::f64::consts::TAU * x).cos() + 10.0).sum()
}

fn bounds() -> Bounds {
    Bounds::new([-5.12; 3], [5.12; 3]).unwrap()
}

fn told<P: Population>(search: &mut Search<P>, generations: u64) -> Result<(), Error> {
    while search.generation() < generations {
        let costs: Vec<f64> = search.ask().iter().map(rastrigin).collect();
        let _ = search.tell(&costs)?;
    }
    Ok(())
}

fn check<P: Population>(population: P) -> Result<(), Error> {
    let start = || Search::new(population.clone(), [2.0; 3], Some(bounds()));
    let problem = from_fn(3, rastrigin).with_bounds(bounds());

    // The run's first generation is that of its start.
    let solver = Generations::new(population.clone()).without_polish();
    let found = Minimizer::new(&problem, solver, [2.0; 3]).stop_when(max_iterations(29)).run()?;
    let mut search = start()?;
    told(&mut search, found.iterations + 1)?;
    assert_eq!(search.best(), (&found.x, found.cost), "{}", P::NAME);

    // Refused, and nothing lost.
    let mut other = start()?;
    assert_eq!(other.tell(&[1.0]), Err(Error::Costs { expected: 0, actual: 1 }), "{}", P::NAME);
    let asked = other.ask().to_vec();
    assert_eq!(asked[0].as_slice(), [2.0; 3], "{}", P::NAME);
    let wrong = vec![0.0; asked.len() + 1];
    let expected = Error::Costs { expected: asked.len(), actual: asked.len() + 1 };
    assert_eq!(other.tell(&wrong), Err(expected), "{}", P::NAME);
    assert!(other.tell(&[]).is_err() && other.ask() == asked, "{}", P::NAME);

    // Stored while candidates wait, and taken up by another.
    told(&mut other, 9)?;
    let waiting = other.ask().to_vec();
    let mut resumed = start()?;
    resumed.restore(other.state().clone())?;
    assert_eq!(resumed.ask(), waiting, "{}", P::NAME);
    told(&mut resumed, found.iterations + 1)?;
    assert_eq!(resumed.best(), search.best(), "{}", P::NAME);

    // A better point from elsewhere is taken in, between generations and within the bounds only.
    assert!(resumed.inject(&DVector::zeros(3), 0.0) && resumed.best().1 == 0.0, "{}", P::NAME);
    assert!(!resumed.inject(&DVector::from_element(3, 9.0), -1.0), "{}", P::NAME);
    assert!(!resumed.inject(&DVector::zeros(2), -1.0), "{}", P::NAME);
    assert!(!resumed.inject(&DVector::zeros(3), f64::NAN), "{}", P::NAME);
    let _ = resumed.ask();
    assert!(!resumed.inject(&DVector::zeros(3), -1.0), "{}", P::NAME);
    told(&mut resumed, found.iterations + 10)?;
    assert_eq!(resumed.best().1, 0.0, "{}", P::NAME);

    // All costs bad.
    let mut bad = start()?;
    for cost in [f64::NAN, f64::INFINITY, f64::NAN, f64::MAX, f64::NAN] {
        let n = bad.ask().len();
        let _ = bad.tell(&vec![cost; n])?;
        assert!(bad.ask().iter().all(|x| bounds().contain(x)), "{}", P::NAME);
    }
    Ok(())
}

#[test]
fn every_population_can_be_asked_and_told() -> Result<(), Error> {
    check(RandomSearch::default())?;
    check(SobolSearch::default())?;
    check(CmaEs::default())?;
    check(CmaEs::default().separable().bipop())?;
    check(DifferentialEvolution::default())?;
    check(ParticleSwarm::default())?;
    check(ParticleSwarm::comprehensive_learning())?;
    check(GeneticAlgorithm::default())?;
    check(SimulatedAnnealing::classical())?;
    check(SimulatedAnnealing::fast())?;
    check(SimulatedAnnealing::generalized())?;
    check(NelderMead::default())?;
    check(PatternSearch::default())
}
