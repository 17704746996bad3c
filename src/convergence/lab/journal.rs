//! Finished trials on disk, so that a laboratory that was killed goes on where it was.
//!
//! ```text
//! file   = "extremum lab\n", the fingerprint of the laboratory, records
//! record = length of what follows, its checksum, (place among the trials, outcome) as postcard writes it
//! ```
//!
//! Numbers have eight bytes, little-endian. A record at the end that is not whole was being written when the laboratory was
//! killed; it is cut off.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::outcome::Outcome;
use super::refused;
use crate::Error;
use crate::fingerprint::checksum;

const MAGIC: &[u8; 13] = b"extremum lab\n";
/// Of the magic bytes and the fingerprint.
const HEADER: usize = MAGIC.len() + 8;

/// The outcomes so far, by the place of their trials, and the file that they are written to.
pub(super) struct Journal {
    done: Vec<bool>,
    inner: Mutex<Inner>,
}

struct Inner {
    outcomes: Vec<Option<Outcome>>,
    finished: usize,
    file: Option<File>,
}

impl Journal {
    /// A journal that is not written.
    pub fn none(trials: usize) -> Self {
        Self::new(vec![None; trials], None)
    }

    fn new(outcomes: Vec<Option<Outcome>>, file: Option<File>) -> Self {
        let done: Vec<bool> = outcomes.iter().map(Option::is_some).collect();
        let finished = done.iter().filter(|done| **done).count();
        Self { done, inner: Mutex::new(Inner { outcomes, finished, file }) }
    }

    /// Reads the journal, or begins it.
    pub fn open(path: &Path, fingerprint: u64, trials: usize) -> Result<Self, Error> {
        let failed = |error: &dyn std::fmt::Display| {
            refused(format!("its journal {} cannot be used: {error}", path.display()))
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|error| failed(&error))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        let header: Vec<u8> = [&MAGIC[..], &fingerprint.to_le_bytes()[..]].concat();
        if bytes.len() < HEADER && header.starts_with(&bytes) {
            let begin = |file: &mut File| {
                file.seek(SeekFrom::Start(0))?;
                file.write_all(&header)?;
                file.flush()
            };
            begin(&mut file).map_err(|error| failed(&error))?;
            return Ok(Self::new(vec![None; trials], Some(file)));
        }
        if !bytes.starts_with(MAGIC) {
            return Err(failed(&"it is another kind of file"));
        }
        if !bytes.starts_with(&header) {
            return Err(failed(
                &"it belongs to a laboratory with other problems, starts, solvers or limits",
            ));
        }
        let (outcomes, end) = records(&bytes, trials);
        let cut = |file: &mut File| {
            file.set_len(end as u64)?;
            file.seek(SeekFrom::Start(end as u64))
        };
        cut(&mut file).map_err(|error| failed(&error))?;
        Ok(Self::new(outcomes, Some(file)))
    }

    /// The number of trials that are finished.
    pub fn finished(&self) -> usize {
        self.lock().finished
    }

    /// True when the file had this trial.
    pub fn has(&self, index: usize) -> bool {
        self.done[index]
    }

    /// Adds the outcome of a trial, and returns the number of those that are finished.
    pub fn add(&self, index: usize, outcome: Outcome) -> Result<usize, Error> {
        let record = record(index, &outcome)?;
        let mut inner = self.lock();
        if let Some(file) = &mut inner.file {
            let written = file.write_all(&record).and_then(|()| file.flush());
            written.map_err(|error| refused(format!("its journal cannot be written: {error}")))?;
        }
        inner.outcomes[index] = Some(outcome);
        inner.finished += 1;
        Ok(inner.finished)
    }

    /// The outcomes in the order of the trials.
    pub fn into_outcomes(self) -> Vec<Outcome> {
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        inner.outcomes.into_iter().flatten().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing is left half done where a lock is held.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn record(index: usize, outcome: &Outcome) -> Result<Vec<u8>, Error> {
    let content = postcard::to_stdvec(&(index, outcome))
        .map_err(|error| refused(format!("an outcome cannot be written: {error}")))?;
    let length = (content.len() as u64).to_le_bytes();
    Ok([&length[..], &checksum(&content).to_le_bytes()[..], &content[..]].concat())
}

/// The outcomes in the file, and where the last whole record ends.
fn records(bytes: &[u8], trials: usize) -> (Vec<Option<Outcome>>, usize) {
    let mut outcomes = vec![None; trials];
    let mut end = HEADER;
    while let Some((content, next)) = content(bytes, end) {
        match postcard::from_bytes::<(usize, Outcome)>(content) {
            Ok((index, outcome)) if index < trials => outcomes[index] = Some(outcome),
            _ => break,
        }
        end = next;
    }
    (outcomes, end)
}

/// What a whole and undamaged record at `start` contains, and where it ends.
fn content(bytes: &[u8], start: usize) -> Option<(&[u8], usize)> {
    let number = |at: usize| {
        let bytes = bytes.get(at..at.checked_add(8)?)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    };
    let (length, sum) = (usize::try_from(number(start)?).ok()?, number(start + 8)?);
    let begin = start + 16;
    let content = bytes.get(begin..begin.checked_add(length)?)?;
    (checksum(content) == sum).then_some((content, begin + length))
}
