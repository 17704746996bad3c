//! Many cases on several threads, with a watchdog, and the counts of findings.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use extremum::Error;

use super::checks::{Finding, Kind};
use super::dice::mixed;

/// After this long a case is called endless, and its thread is left to itself.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many threads are left to themselves before everything ends.
const MOST_ENDLESS: usize = 12;

/// What one case gave.
pub struct Verdict {
    /// The error that refused it.
    pub refusal: Option<Error>,
    /// Whose run it was.
    pub solver: &'static str,
    pub findings: Vec<Finding>,
}

/// The cases to run.
#[derive(Clone, Copy)]
pub struct Plan {
    pub cases: u64,
    pub first: u64,
    pub seed: u64,
    pub threads: usize,
    /// Findings of a kind that are shown in full.
    pub shown: u64,
    /// What the cases are called.
    pub name: &'static str,
    pub run: fn(u64) -> Verdict,
    /// A case as lines of Rust.
    pub code: fn(u64) -> String,
}

#[derive(Debug, Default)]
pub struct Tally {
    pub cases: u64,
    /// How often it was refused, and why.
    pub refused: BTreeMap<String, u64>,
    /// How often each solver was found at fault, and a seed.
    pub found: BTreeMap<(Kind, &'static str), (u64, u64)>,
    pub text: String,
}

/// The seed of a case.
pub fn case_seed(seed: u64, index: u64) -> u64 {
    mixed(mixed(seed.wrapping_add(1)) ^ index)
}

/// The case a thread works on; `None` once the thread is left to itself.
type Slot = Arc<Mutex<Option<(u64, Instant)>>>;

fn worker(plan: Plan, next: Arc<AtomicU64>, slot: Slot, send: mpsc::Sender<(u64, Verdict)>) {
    std::thread::spawn(move || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= plan.first + plan.cases {
                return;
            }
            let seed = case_seed(plan.seed, index);
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some((seed, Instant::now()));
            let verdict = (plan.run)(seed);
            let is_awaited = slot.lock().unwrap_or_else(PoisonError::into_inner).take().is_some();
            if !is_awaited || send.send((seed, verdict)).is_err() {
                return;
            }
        }
    });
}

impl Tally {
    /// Runs the cases of a plan.
    pub fn of(plan: Plan) -> Self {
        let (next, (send, receive)) = (Arc::new(AtomicU64::new(plan.first)), mpsc::channel());
        let mut tally = Self::default();
        let mut slots: Vec<Slot> = Vec::new();
        let hire = |slots: &mut Vec<Slot>| {
            let slot = Slot::default();
            worker(plan, next.clone(), slot.clone(), send.clone());
            slots.push(slot);
        };
        (0..plan.threads).for_each(|_| hire(&mut slots));
        let mut endless = 0;
        while tally.cases < plan.cases && endless < MOST_ENDLESS {
            match receive.recv_timeout(Duration::from_millis(100)) {
                Ok((seed, verdict)) => tally.take(plan, seed, verdict),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            for i in 0..slots.len() {
                let mut slot = slots[i].lock().unwrap_or_else(PoisonError::into_inner);
                let Some((seed, _)) = slot.take_if(|(_, since)| since.elapsed() > PATIENCE) else {
                    continue;
                };
                drop(slot);
                let what = format!("no end within {PATIENCE:?}");
                let findings = vec![Finding::new(Kind::Endless, what)];
                tally.take(plan, seed, Verdict { refusal: None, solver: "?", findings });
                endless += 1;
                slots.remove(i);
                hire(&mut slots);
                break;
            }
        }
        tally
    }

    fn take(&mut self, plan: Plan, seed: u64, verdict: Verdict) {
        self.cases += 1;
        if let Some(error) = &verdict.refusal {
            let name = format!("{error:?}");
            let name = name.split([' ', '{']).next().unwrap_or_default().to_owned();
            *self.refused.entry(name).or_default() += 1;
        }
        for Finding { kind, what } in &verdict.findings {
            if self.number(*kind) < plan.shown {
                let code = (plan.code)(seed);
                let text = format!("--{} {seed}: {kind:?}: {what}\n{code}\n", plan.name);
                eprintln!("{text}");
                self.text.push_str(&text);
            }
            self.found.entry((*kind, verdict.solver)).or_insert((0, seed)).0 += 1;
        }
    }

    /// True when nothing was found beyond what is known to happen.
    pub fn is_clean(&self) -> bool {
        self.found.keys().all(|(kind, _)| self.number(*kind) <= kind.known(self.cases))
    }

    fn number(&self, kind: Kind) -> u64 {
        self.found.iter().filter(|((k, _), _)| *k == kind).map(|(_, (number, _))| number).sum()
    }

    /// Why cases were refused, and what was found, by kind and solver, a line each.
    pub fn table(&self) -> String {
        let refused = self
            .refused
            .iter()
            .map(|(name, number)| format!("{:<16} {name:<22} {number:>6}\n", "Refused"));
        let found = self.found.iter().map(|((kind, solver), (number, seed))| {
            format!("{:<16} {solver:<22} {number:>6}, as seed {seed}\n", format!("{kind:?}"))
        });
        refused.chain(found).collect()
    }

    /// The counts, in one line.
    pub fn line(&self, plan: Plan) -> String {
        let counts = [
            ("panics", Kind::Panic),
            ("beyond budget", Kind::BeyondBudget),
            ("false converged", Kind::FalseConverged),
            ("other false claims", Kind::FalseClaim),
            ("above the start", Kind::AboveStart),
            ("wrong reports", Kind::WrongReport),
            ("wrong counts", Kind::WrongCount),
            ("repeated points", Kind::RepeatedPoint),
            ("different bits", Kind::DifferentBits),
            ("large allocations", Kind::LargeAllocation),
            ("endless", Kind::Endless),
        ];
        let counts = counts.map(|(name, kind)| format!("{} {name}", self.number(kind)));
        format!(
            "{} {}s, {} of them refused: {}",
            self.cases,
            plan.name,
            self.refused.values().sum::<u64>(),
            counts.join(", ")
        )
    }
}
