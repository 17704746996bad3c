//! A run repeated on threads, through a checkpoint and after an interruption: the same bits.

use extremum::{Checkpoint, Solution, Termination};

use super::cases::Case;
use super::checks::{Finding, Kind};
use super::dice::Dice;
use super::runs::{End, Way, caught, end, terms};
use super::solvers::Family;

/// The run again: on threads, and through bytes.
pub fn repeated(case: &Case, end: &End, dice: &mut Dice, findings: &mut Vec<Finding>) {
    let Some(found) = end.found() else { return };
    let mut compare = |again: End, how: &str| {
        let other = again.found();
        let same = other.is_some_and(|other| {
            bits(other) == bits(found) && other.evaluations == found.evaluations
        });
        if !same {
            findings.push(Finding::new(Kind::DifferentBits, format!("{how}:\n{found}\n{again:?}")));
        }
    };
    let is_shared = case.family == Family::Population || case.landscape().is_none();
    if is_shared && case.fault.is_pure() && dice.chance(0.3) {
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool of threads");
            let way = Way { is_parallel: true, ..Way::default() };
            compare(
                pool.install(|| self::end(case, &case.problem(), way)),
                &format!("on {threads} threads"),
            );
        }
    }
    if found.iterations > 0 && dice.chance(0.3) {
        let cut = dice.index(found.iterations as usize) as u64;
        let way = Way { cut: Some(cut), ..Way::default() };
        compare(self::end(case, &case.problem(), way), &format!("resumed after step {cut}"));
    }
}

/// A run that is cancelled in the middle of a step and taken up again.
pub fn interrupted(case: &Case, dice: &mut Dice, findings: &mut Vec<Finding>) {
    let way = Way { iterations: Some(1 + dice.index(25) as u64), ..Way::default() };
    let problem = case.problem();
    let End::Found(whole) = end(case, &problem, way) else { return };
    let counts = problem.counts();
    let mut cancelling = case.problem();
    cancelling.cancel_at = 1 + dice.index((counts[0] + counts[1]) as usize) as u64;
    let at = cancelling.cancel_at;
    let resumed = caught(|| {
        let Ok(mut run) = terms(case, &cancelling, way).start() else { return None };
        while run.step().is_continue() {}
        let checkpoint = run.checkpoint();
        if run.finish().termination != Termination::Cancelled {
            return None;
        }
        let bytes = checkpoint.to_bytes().ok()?;
        Some(
            Checkpoint::from_bytes(&bytes)
                .and_then(|read| Ok(terms(case, &case.problem(), way).resume(read)?.complete())),
        )
    });
    match resumed {
        Ok(Some(Ok(resumed))) if bits(&resumed) != bits(&whole) => {
            let what = format!("interrupted at call {at}, resumed:\n{whole}\n{resumed}");
            findings.push(Finding::new(Kind::DifferentBits, what));
        }
        Ok(Some(Err(error))) => {
            let what = format!("interrupted at call {at}, not resumed: {error}");
            findings.push(Finding::new(Kind::DifferentBits, what));
        }
        Err(Some(message)) => {
            findings.push(Finding::new(Kind::Panic, format!("interrupted at call {at}: {message}")))
        }
        _ => {}
    }
}

/// What must be the same in two runs, to the last bit.
fn bits(found: &Solution) -> (Vec<u64>, u64, Option<u64>, u64, String) {
    let x = found.x.iter().map(|x| x.to_bits()).collect();
    let norm = found.gradient_norm.map(f64::to_bits);
    (x, found.cost.to_bits(), norm, found.iterations, format!("{:?}", found.termination))
}
