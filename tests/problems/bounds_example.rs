//! The fit within bounds of `examples/gallery/bounds.rs`.
#![cfg(feature = "autodiff")]

#[path = "../../examples/gallery/bounds/fits.rs"]
mod fits;
#[expect(dead_code, reason = "names, units and the curve are for the example's output")]
#[path = "../../examples/gallery/bounds/model.rs"]
mod model;

use extremum::stationary::Side;
use extremum::{Lbfgsb, TrustRegion};
use fits::{digits_without, fit, prices};
use model::{Spectrum, bounds, start};

/// Against scipy.optimize.least_squares (1.17.1, `trf` within the same bounds, Jacobian by complex steps): its ½ χ², and
/// the multipliers as its gradient J'r at the two bounds.
#[test]
fn active_bounds_and_multipliers() {
    let spectrum = Spectrum::read();
    let bounds = bounds().unwrap();
    let start = start(&bounds);
    let sizes = start.abs();
    let problem = spectrum.within(bounds);
    let descended = fit(&problem, Lbfgsb::default().typical_x(&sizes), &start).unwrap();
    let trusted = fit(&problem, TrustRegion::tron(), &start).unwrap();
    for fit in [descended, trusted] {
        assert!((fit.found.cost - 219.791_304_340_142).abs() < 1e-9, "{}", fit.found);
        assert_eq!(fit.active(), [(7, Side::Lower), (8, Side::Lower)]);
        for (bound, known) in fit.class.active.iter().zip([57.003_569, 4.795_966]) {
            assert!((bound.multiplier - known).abs() < 2e-5, "{bound}: {}", bound.multiplier);
        }
    }
}

/// A multiplier is the derivative of the least cost with respect to the bound.
#[test]
fn multipliers_are_slopes() {
    let spectrum = Spectrum::read();
    let bounds = bounds().unwrap();
    let start = start(&bounds);
    let held = fit(&spectrum.within(bounds), TrustRegion::tron(), &start).unwrap();
    let prices = prices(&spectrum, &held).unwrap();
    assert_eq!(prices.len(), 2);
    for price in prices {
        assert!(price.agrees(), "{}: {} and {}", price.bound, price.predicted(), price.mean());
        // The least cost is convex in the bound here: relaxing it gains less and less.
        assert!(price.fall < price.predicted() && price.predicted() < price.rise);
        assert!(price.whole > price.fall);
    }
}

/// With the background alone at its bound, 0, the fit is the one that NIST certifies.
#[test]
fn certified_without_the_resolution() {
    assert!(digits_without(&Spectrum::read(), "width").unwrap() > 8.0);
}
