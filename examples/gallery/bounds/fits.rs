//! The fits, and what the bounds that hold one cost.

use std::error::Error;

use extremum::stationary::{ActiveBound, Side};
use extremum::{
    Bounds, Classification, DVector, Minimizer, Problem, Solution, Solver, TrustRegion,
};

use super::model::{BACKGROUND, PARAMETERS, Spectrum, bounds, start};

/// What a run found, and what kind of point that is.
pub struct Fit {
    pub found: Solution,
    pub class: Classification,
}

impl Fit {
    /// The parameters that are held, each with the side.
    pub fn active(&self) -> Vec<(usize, Side)> {
        self.class.active.iter().map(|bound| (bound.index, bound.side)).collect()
    }
}

/// Fits and classifies.
///
/// # Errors
/// Those of the run and of the classification, and any end but a minimum.
pub fn fit<P: Problem>(
    problem: &P,
    solver: impl Solver,
    start: &DVector<f64>,
) -> Result<Fit, Box<dyn Error>> {
    let found = Minimizer::new(problem, solver, start).max_iterations(1_000).run()?;
    let class = found.classify(problem)?;
    if !class.is_minimum() {
        return Err(format!("{} ended at no minimum: {class}", found.solver).into());
    }
    Ok(Fit { found, class })
}

/// What a bound costs.
pub struct Price {
    pub bound: ActiveBound,
    /// How far it is moved.
    pub step: f64,
    /// By how much the cost of the fit falls when it is moved outwards, and rises when it is moved inwards.
    pub fall: f64,
    pub rise: f64,
    /// By how much the cost falls without it.
    pub whole: f64,
}

impl Price {
    pub fn predicted(&self) -> f64 {
        self.bound.multiplier * self.step
    }

    /// The mean of fall and rise is λh + O(h³), where each of them is λh + O(h²).
    pub fn mean(&self) -> f64 {
        0.5 * (self.fall + self.rise)
    }

    /// True when the mean is as predicted, to a part in 10⁴.
    pub fn agrees(&self) -> bool {
        (self.mean() - self.predicted()).abs() <= 1e-4 * self.predicted()
    }
}

/// What the bounds that hold a fit cost, each found by three more fits.
///
/// # Errors
/// As [`fit`].
pub fn prices(spectrum: &Spectrum, held: &Fit) -> Result<Vec<Price>, Box<dyn Error>> {
    let price = |bound: &ActiveBound| -> Result<Price, Box<dyn Error>> {
        let parameter = &PARAMETERS[bound.index];
        let (lower, upper) = (parameter.lower, parameter.upper);
        let step = 1e-3 * (upper - lower);
        let cost = |outwards: f64| -> Result<f64, Box<dyn Error>> {
            let limits = match bound.side {
                Side::Lower => lower - outwards..=upper,
                _ => lower..=upper + outwards,
            };
            Ok(refit(spectrum, bounds()?.limit(bound.index, limits)?)?.found.cost)
        };
        let here = held.found.cost;
        let [fall, rise] = [here - cost(step)?, cost(-step)? - here];
        Ok(Price { bound: *bound, step, fall, rise, whole: here - cost(f64::INFINITY)? })
    };
    let has_room = |bound: &&ActiveBound| bound.side != Side::Fixed;
    held.class.active.iter().filter(has_room).map(price).collect()
}

/// The number of digits of the worst parameter that agree with NIST's fit, which has no background, when the parameters whose
/// name begins so have no bounds.
///
/// # Errors
/// As [`fit`], and when the background is not the only parameter that is held.
pub fn digits_without(spectrum: &Spectrum, name: &str) -> Result<f64, Box<dyn Error>> {
    let mut wide = bounds()?;
    for (i, _) in PARAMETERS.iter().enumerate().filter(|(_, p)| p.name.starts_with(name)) {
        wide = wide.limit(i, ..)?;
    }
    let fit = refit(spectrum, wide)?;
    if fit.active() != [(BACKGROUND, Side::Lower)] {
        return Err(format!("not only the background is held: {}", fit.class).into());
    }
    let error = |(b, known): (&f64, &f64)| ((b - known) / known).abs();
    let worst = fit.found.x.iter().zip(&spectrum.certified).map(error).fold(1e-11, f64::max);
    Ok(-worst.log10())
}

fn refit(spectrum: &Spectrum, bounds: Bounds) -> Result<Fit, Box<dyn Error>> {
    let start = start(&bounds);
    fit(&spectrum.within(bounds), TrustRegion::tron(), &start)
}
