//! Faults that random hostile runs have found: the run again, from its seed, and what must hold for it.

#![cfg(feature = "parallel")]

use extremum_hostile::run_case;

/// Runs that nothing may be found wrong with.
fn assert_clean(seeds: &[u64]) {
    for &seed in seeds {
        let findings = run_case(seed).findings;
        assert!(findings.is_empty(), "cargo run --example hostile -- --case {seed}: {findings:?}");
    }
}

/// Costs in which large terms cancel have errors that a step may not see.
#[test]
fn a_gradient_lost_in_cancellation_is_not_small() {
    assert_clean(&[
        2865909546019615523,
        9763832415149376440,
        9705853999419859302,
        6716467096728996474,
        12729875194631445213,
        11726594559092819073,
    ]);
}

/// A step as long as a whole plateau is wide shows no slope.
#[test]
fn a_gradient_beyond_a_plateau_is_not_small() {
    assert_clean(&[17557878355887058669, 7048592444363812576]);
}

/// Where a bound cuts off a gradient, its promise is not known from the rest of it.
#[test]
fn a_promise_cut_off_by_bounds_is_not_small() {
    assert_clean(&[8518468528240564265, 12052283402018559556, 5854560351467466095]);
}

/// Bounds that touch leave x a little room, and a tolerance of 0 none.
#[test]
fn bounds_that_touch_are_not_equal() {
    assert_clean(&[7742472294527216100, 2608391988375990904]);
}

/// Over a few of the last digits of x a right gradient says nothing of the cost.
#[test]
fn a_gradient_is_not_blamed_for_the_rounding_of_x() {
    assert_clean(&[11189689749193219271, 13687683356579388893]);
}

/// Next to a cusp, and in narrow waves, the cost rises over all but the shortest steps.
#[test]
fn a_gradient_is_not_blamed_for_a_cusp() {
    assert_clean(&[7561533594701006436, 16164631484820950267, 1189582858124254790]);
}

/// A start where the square of the gradient overflows is not the way to minus infinity.
#[test]
fn a_low_start_is_not_unbounded() {
    assert_clean(&[14607167976895295800, 10164469867216478853, 16843271522151013743]);
}

/// A run that is resumed is judged again, and by the same gradient; one that was interrupted before it was judged, with
/// the reason that the solver had to end it.
#[test]
fn a_resumed_run_comes_to_the_same_end() {
    assert_clean(&[
        14200244669848073656,
        13055384376360410269,
        5283653007810528383,
        2488484136244066765,
        16482721884023586631,
        3282929712718799282,
        17071173622437427676,
        3197037365794094274,
        4198023115133312607,
        8243422616532731168,
        12708598978991586267,
        8108766660990749007,
        1626920108346466400,
        3964558068584939093,
    ]);
}

/// A smaller population than that before a restart.
#[test]
fn every_generation_of_restarts_is_resumed() {
    assert_clean(&[11712835378185896127, 17509238801639178866]);
}

/// Where the slope of a step overflows, the radius shrinks until it does not.
#[test]
fn a_trust_region_shrinks_from_an_overflow() {
    assert_clean(&[8156379984928231578]);
}

/// A trial may lower the cost and still lie above the ceiling, which sinks as changes of the cost fade.
#[test]
fn no_step_of_a_trust_region_lacks_a_gradient() {
    assert_clean(&[4183852675398905044]);
}

/// A product with a differenced Hessian changes nothing about the error that is known of the gradient.
#[test]
fn a_product_keeps_the_error_of_the_gradient() {
    assert_clean(&[11958450787057812616, 4854037585187049526]);
}

/// The first radius and the first conjugate direction need the same product.
#[test]
fn a_trust_region_makes_no_product_twice() {
    assert_clean(&[3714046303030218396]);
}
