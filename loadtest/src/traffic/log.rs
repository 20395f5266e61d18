//! The generator's own log: every answer, and how many calls are under way.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use parking_lot::Mutex;

use super::Answered;

/// What the callers saw, shared by all of them.
#[derive(Default)]
pub(crate) struct Log {
    numbers: AtomicU64,
    in_flight: AtomicU64,
    answers: Mutex<Vec<Answered>>,
}

impl Log {
    /// The number of the next call.
    pub(crate) fn begin(&self) -> u64 {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// A call has ended.
    pub(crate) fn end(&self, answered: Answered) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.answers.lock().push(answered);
    }

    /// Calls begun and not ended.
    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Looks at the answers that have come since so many, and returns how many there are now.
    pub(crate) fn look(&self, since: usize, mut at: impl FnMut(&Answered)) -> usize {
        let answers = self.answers.lock();
        answers.iter().skip(since).for_each(&mut at);
        answers.len()
    }

    /// Every answer so far.
    pub(crate) fn answers(&self) -> Vec<Answered> {
        self.answers.lock().clone()
    }
}

/// Writes each answer as a line of JSON.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write(file: &Path, answers: &[Answered]) -> Result<()> {
    let out = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
    let mut out = BufWriter::new(out);
    for answer in answers {
        serde_json::to_writer(&mut out, &answer.line())?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}
