//! One thread for each network, and one network for each core.
//!
//! The layers are small: candle distributes sums that take microseconds, and its threads spin while they wait for each
//! other. On two shared cores, one thread was three times as fast as two. So each network has one thread, and as many
//! networks train in parallel as there are cores. candle reads the number of threads from the environment only.

use std::env;
use std::iter;
use std::panic::resume_unwind;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The environment variable that candle and rayon read.
const VARIABLE: &str = "RAYON_NUM_THREADS";

/// Restarts this program with one thread per network, unless the environment sets the number. `None`: continue.
pub fn restart_with_one_thread() -> crate::Result<Option<ExitCode>> {
    if env::var_os(VARIABLE).is_some() {
        return Ok(None);
    }
    let status = Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(VARIABLE, "1")
        .status()?;
    Ok(Some(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}

/// The results of `run(0)`, ..., `run(count - 1)`, in this order, as many at a time as there are cores.
pub fn side_by_side<T: Send>(
    count: usize,
    run: impl Fn(usize) -> crate::Result<T> + Sync,
) -> crate::Result<Vec<T>> {
    let cores = thread::available_parallelism()?.get();
    let next = AtomicUsize::new(0);
    let work = || {
        let numbers = iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        numbers.take_while(|&k| k < count).map(|k| (k, run(k))).collect::<Vec<_>>()
    };
    let mut results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores.min(count)).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        threads.into_iter().flat_map(join).collect()
    });
    results.sort_by_key(|(k, _)| *k);
    results.into_iter().map(|(_, result)| result).collect()
}
