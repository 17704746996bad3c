//! Damaged checkpoints: refused, or the run continues like any other.

use std::time::Instant;

use extremum::stop::{gradient_norm, max_evaluations, max_iterations};
use extremum::{Checkpoint, Error, Minimizer, Solution, Solver};

use super::cases::Case;
use super::checks::{Finding, Kind};
use super::dice::Dice;
use super::faults::Fault;
use super::report::Verdict;
use super::runs::{End, caught};
use super::seal::{sealed, unsealed};

/// What resuming and a few steps may hold at once. The runs themselves need less than one.
const MOST_BYTES: u64 = 64 << 20;

/// Steps before and after the damage, at most.
const STEPS: usize = 12;

const BUDGET: u64 = 400;

/// A case that breaks nothing by itself.
fn sound(seed: u64) -> Case {
    let mut case = Case::draw(seed);
    case.fault = Fault::Nothing;
    case.budget = BUDGET;
    case
}

/// A checkpoint of the case after some steps; `None` where it does not start.
fn taken(case: &Case, steps: usize) -> Option<Vec<u8>> {
    let problem = case.problem();
    let terms = Minimizer::new(&problem, &case.solver.value, case.start.as_slice());
    let mut run = terms.stop_when(case.stop()).start().ok()?;
    for _ in 0..steps {
        if run.step().is_break() {
            break;
        }
    }
    run.checkpoint().to_bytes().ok()
}

/// The bytes with one kind of damage, and what it is.
fn damage(dice: &mut Dice, bytes: &mut Vec<u8>) -> String {
    let at = dice.index(bytes.len());
    match dice.index(6) {
        0 => {
            bytes.truncate(at);
            format!("cut off at {at}")
        }
        1 => {
            let length = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
            let kept = 1 + dice.index(length.len());
            bytes.splice(
                at..(at + 1).min(bytes.len()),
                length[length.len() - kept..].iter().copied(),
            );
            format!("a length of {kept} bytes at {at}")
        }
        2 => {
            let (value, end) = (dice.odd(), (at + 8).min(bytes.len()));
            bytes[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
            format!("{value:?} at {at}")
        }
        3 => {
            let (byte, end) = (dice.bits() as u8, (at + 1 + dice.index(16)).min(bytes.len()));
            bytes[at..end].fill(byte);
            format!("{byte} from {at} to {end}")
        }
        _ => {
            let flips: Vec<(usize, u8)> = (0..1 + dice.index(4))
                .map(|_| (dice.index(bytes.len()), 1 << dice.index(8)))
                .collect();
            flips.iter().for_each(|(at, bit)| bytes[*at] ^= bit);
            format!("flipped {flips:?}")
        }
    }
}

fn resumed(case: &Case, bytes: &[u8]) -> Result<Solution, Error> {
    let problem = case.problem();
    let stop = gradient_norm(1e-8).or(max_evaluations(2 * BUDGET)).or(max_iterations(1 << 40));
    let terms = Minimizer::new(&problem, &case.solver.value, case.start.as_slice()).stop_when(stop);
    let mut run = terms.resume(Checkpoint::from_bytes(bytes)?)?;
    for _ in 0..STEPS {
        if run.step().is_break() {
            break;
        }
    }
    let _ = run.checkpoint().to_bytes();
    Ok(run.finish())
}

/// Damages the checkpoint of a seed and takes it up.
pub fn run_checkpoint(seed: u64) -> Verdict {
    let (case, mut dice) = (sound(seed), Dice::new(!seed));
    let (steps, is_foreign) = (dice.index(STEPS), dice.chance(0.1));
    let source = if is_foreign { sound(dice.bits()) } else { sound(seed) };
    let (solver, mut findings) = (case.solver.value.name(), Vec::new());
    let taken = caught(|| taken(&source, steps)).unwrap_or_default();
    let Some(mut bytes) = taken.filter(|bytes| !bytes.is_empty()) else {
        return Verdict { refusal: None, solver, findings };
    };
    let damage = if is_foreign {
        "another run's".to_owned()
    } else if dice.chance(0.1) {
        damage(&mut dice, &mut bytes)
    } else {
        // The checksum would refuse all of it: what is left is a forged file.
        bytes = unsealed(&bytes).to_vec();
        let damage = damage(&mut dice, &mut bytes);
        bytes = sealed(bytes);
        damage
    };
    let (mut end, started) = (None, Instant::now());
    let memory = allocation_counter::measure(|| end = Some(caught(|| resumed(&case, &bytes))));
    let end = match end {
        Some(Ok(Ok(found))) => End::Found(Box::new(found)),
        Some(Ok(Err(error))) => End::Refused(error),
        Some(Err(Some(message))) => End::Panicked(message),
        _ => End::Planned,
    };
    let mut fault = |kind, what: String| {
        let what = format!("{what} (step {steps}, {damage}, {:?})", started.elapsed());
        findings.push(Finding::new(kind, what));
    };
    if memory.bytes_max > MOST_BYTES {
        fault(Kind::LargeAllocation, format!("{} bytes at once", memory.bytes_max));
    }
    match &end {
        End::Panicked(message) => fault(Kind::Panic, message.clone()),
        End::Found(found) => {
            let is_within = case.bounds.as_ref().is_none_or(|bounds| bounds.contain(&found.x));
            if found.x.len() != case.start.len()
                || found.x.iter().any(|x| !x.is_finite())
                || !is_within
            {
                fault(Kind::WrongReport, format!("x = {:?}", found.x.as_slice()));
            }
            if !found.cost.is_finite() {
                fault(Kind::WrongReport, format!("cost {}", found.cost));
            }
        }
        End::Refused(_) | End::Planned => {}
    }
    let refusal = match end {
        End::Refused(error) => Some(error),
        _ => None,
    };
    Verdict { refusal, solver, findings }
}
