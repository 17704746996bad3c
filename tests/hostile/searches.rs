//! Solvers that restart a local solver.

use extremum::first_order::{Adam, RmsProp};
use extremum::{BarzilaiBorwein, BasinHopping, Domain, MultiStart, NelderMead, Solver};

use super::dice::Dice;
use super::solvers::{Any, Said, lbfgsb, line_search, said, searched, settings};

fn local(dice: &mut Dice, is_bounded: bool) -> Said<Any> {
    let rate = dice.power(-4.0, 0.0);
    let local = match dice.index(10) {
        0 => Said::new(Adam::new(rate).boxed(), format!("Adam::new({rate:?})")),
        1 => Said::new(RmsProp::new(rate).boxed(), format!("RmsProp::new({rate:?})")),
        2 => Said::new(NelderMead::default().boxed(), "NelderMead::default()"),
        _ => line_search(dice, 0),
    };
    if is_bounded { kept(dice, local) } else { local }
}

/// A local solver for problems within bounds: now and then one that is refused. A look ahead draws it, which leaves all
/// other cases as they were.
pub fn kept(dice: &Dice, local: Said<Any>) -> Said<Any> {
    let mut ahead = dice.clone();
    match ahead.index(20) {
        _ if local.value.domain() >= Domain::Bounded => local,
        0 => local,
        1..=12 => lbfgsb(&mut ahead, 0),
        _ => searched(&mut ahead, 0, said!(BarzilaiBorwein::default())),
    }
}

/// `MultiStart` or `BasinHopping`.
pub fn global(dice: &mut Dice, is_bounded: bool) -> Said<Any> {
    let local = local(dice, is_bounded);
    let needs_scale = dice.chance(if is_bounded { 0.6 } else { 0.97 });
    macro_rules! finished {
        ($said:expr) => {{
            let said = $said;
            let scale = dice.size();
            if needs_scale {
                Said::new(
                    said.value.scale(scale).boxed(),
                    format!("{}.scale({scale:?})", said.text),
                )
            } else {
                said.map(Solver::boxed)
            }
        }};
    }
    if dice.flag() {
        let text = format!("MultiStart::new({}.boxed())", local.text);
        let said = Said::new(MultiStart::new(local.value), text);
        finished!(settings!(
            dice,
            said,
            starts(steps),
            until_complete(flag),
            gradient_norm(tiny),
            seed(seed)
        ))
    } else {
        let text = format!("BasinHopping::new({}.boxed())", local.text);
        let said = Said::new(BasinHopping::new(local.value), text);
        finished!(settings!(
            dice,
            said,
            hops(steps),
            hops_in_vain(steps),
            temperature(size),
            gradient_norm(tiny),
            seed(seed),
        ))
    }
}
