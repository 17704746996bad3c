//! Checkpoints: a run as bytes.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use crate::fingerprint::checksum;
use crate::oracle::Differences;
use crate::stop::{History, Validated};
use crate::{Error, Evaluations, Record, Solver, Termination};

/// Raised when the layout of a state's bytes changes.
const FORMAT: u32 = 12;

/// A run that can be resumed later, in another process, with the same bits as if it had never stopped.
///
/// It can be resumed only by the same solver with the same parameters ([`Solver::fingerprint`]), on a problem of the same
/// dimension; otherwise [`Minimizer::resume`](crate::Minimizer::resume) returns [`Error::Checkpoint`]. The stopping rules
/// and limits may differ. The bytes contain a format number, now 12, and end with a checksum of 8 bytes:
/// [`from_bytes`](Self::from_bytes) refuses damaged ones and those of another format.
///
/// ```
/// use extremum::{Bfgs, Checkpoint, Minimizer, from_fn};
/// let problem = from_fn(1, |x| x[0].cosh()).with_gradient(|x, g| g[0] = x[0].sinh());
/// let mut run = Minimizer::new(&problem, Bfgs::default(), [2.0]).start()?;
/// let _ = run.step();
/// let bytes = run.checkpoint().to_bytes()?;
///
/// let resumed = Minimizer::new(&problem, Bfgs::default(), [2.0]).resume(Checkpoint::from_bytes(&bytes)?)?;
/// while run.step().is_continue() {}
/// assert_eq!(run.finish().x, resumed.complete().x);
/// # Ok::<(), extremum::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    format: u32,
    solver: String,
    fingerprint: u64,
    /// The state's bytes, or why it could not be written.
    state: Result<Vec<u8>, String>,
    pub(crate) x0: DVector<f64>,
    pub(crate) iteration: u64,
    pub(crate) evaluations: Evaluations,
    pub(crate) differences: Differences,
    pub(crate) history: History,
    pub(crate) trace: Vec<Record>,
    pub(crate) validated: Option<Validated>,
    /// Why the solver ended the run, if the run was interrupted before it could judge that.
    pub(crate) unjudged: Option<Termination>,
}

impl Checkpoint {
    pub(crate) fn new<S: Solver>(
        solver: &S,
        state: &S::State,
        x0: DVector<f64>,
        (iteration, evaluations, differences): (u64, Evaluations, Differences),
        history: History,
        trace: Vec<Record>,
        validated: Option<Validated>,
    ) -> Self {
        Self {
            format: FORMAT,
            solver: solver.name().to_owned(),
            fingerprint: solver.fingerprint(),
            state: postcard::to_stdvec(state).map_err(|error| error.to_string()),
            x0,
            iteration,
            evaluations,
            differences,
            history,
            trace,
            validated,
            unjudged: None,
        }
    }

    /// The checkpoint as bytes, to be written to a file.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the state cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        if let Err(reason) = &self.state {
            return Err(Error::Checkpoint { reason: reason.clone() });
        }
        let written = postcard::to_stdvec(self);
        let mut bytes = written.map_err(|e| Error::Checkpoint { reason: e.to_string() })?;
        bytes.extend(checksum(&bytes).to_le_bytes());
        Ok(bytes)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the bytes are damaged or have another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let sealed = bytes.split_last_chunk();
        let Some((bytes, _)) = sealed.filter(|(b, sum)| checksum(b).to_le_bytes() == **sum) else {
            let reason = "its checksum does not match: it is damaged, or of another version";
            return Err(Error::Checkpoint { reason: reason.to_owned() });
        };
        let checkpoint: Self = postcard::from_bytes(bytes)
            .map_err(|error| Error::Checkpoint { reason: error.to_string() })?;
        if checkpoint.format != FORMAT {
            let reason =
                format!("its format is {}, this version reads {FORMAT}", checkpoint.format);
            return Err(Error::Checkpoint { reason });
        }
        if !checkpoint.counts_can_grow() {
            let reason = "its counts are beyond those of any run".to_owned();
            return Err(Error::Checkpoint { reason });
        }
        Ok(checkpoint)
    }

    /// False for counts so large that going on would overflow them.
    fn counts_can_grow(&self) -> bool {
        let Evaluations { hessian, hessian_product, terms, panics, .. } = self.evaluations;
        let calls = [self.evaluations.largest(), hessian, hessian_product, terms, panics];
        let validated = self.validated.iter().map(|validated| &validated.since);
        let mut counts = calls.iter().chain([&self.iteration]).chain(validated);
        counts.all(|count| *count < u64::MAX / 2) && self.history.is_valid()
    }

    /// The state, for the solver that made it.
    pub(crate) fn state<S: Solver>(&self, solver: &S) -> Result<S::State, Error> {
        if self.solver != solver.name() {
            let reason = format!("it was made by {}, not by {}", self.solver, solver.name());
            return Err(Error::Checkpoint { reason });
        }
        if self.fingerprint != solver.fingerprint() {
            let reason = format!("it was made by {} with other parameters", self.solver);
            return Err(Error::Checkpoint { reason });
        }
        let bytes = self.state.as_ref().map_err(|e| Error::Checkpoint { reason: e.clone() })?;
        postcard::from_bytes(bytes).map_err(|error| Error::Checkpoint { reason: error.to_string() })
    }
}
