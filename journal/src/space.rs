//! The one thread that has a next segment ready, and removes those that nobody needs any more.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::Options;
use crate::segment::{self, Segment};
use crate::tail::{Sealed, Tail};

/// How long until it looks again without being asked, and tries again where the disk was full.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Wakes the thread.
#[derive(Debug, Default)]
pub(crate) struct Caretaker {
    bell: Mutex<Bell>,
    rung: Condvar,
    /// One at a time makes and removes files.
    turn: Mutex<()>,
}

#[derive(Debug, Default)]
struct Bell {
    rung: bool,
    stop: bool,
}

impl Caretaker {
    pub(crate) fn wake(&self) {
        self.bell.lock().rung = true;
        self.rung.notify_one();
    }

    /// No file is made or removed for as long as this is kept.
    pub(crate) fn pause(&self) -> MutexGuard<'_, ()> {
        self.turn.lock()
    }

    pub(crate) fn stop(&self) {
        self.bell.lock().stop = true;
        self.rung.notify_one();
    }

    fn sleep(&self) -> bool {
        let mut bell = self.bell.lock();
        if !bell.rung && !bell.stop {
            self.rung.wait_for(&mut bell, LOOK_EVERY);
        }
        bell.rung = false;
        !bell.stop
    }
}

/// Takes care until told to stop.
pub(crate) fn run(caretaker: &Caretaker, tail: &Mutex<Tail>, folder: &Path, options: &Options) {
    let mut told = false;
    while caretaker.sleep() {
        retire(caretaker, tail, options, SystemTime::now());
        match prepare(caretaker, tail, folder, options) {
            Ok(()) => told = false,
            Err(error) if !told => {
                told = true;
                tracing::error!(
                    %error, folder = %folder.display(),
                    "no room for the next segment of the journal: make room on the disk; what runs \
                     can end, and nothing new is admitted once this segment is full"
                );
            }
            Err(_) => {}
        }
    }
}

/// Has the next segment ready, as far as the journal may grow.
pub(crate) fn prepare(
    caretaker: &Caretaker,
    tail: &Mutex<Tail>,
    folder: &Path,
    options: &Options,
) -> io::Result<()> {
    let _turn = caretaker.turn.lock();
    let (wanted, bytes) = {
        let tail = tail.lock();
        (tail.wants(), tail.bytes())
    };
    let Some((index, at_least)) = wanted else { return Ok(()) };
    // What opens until it is needed has to fit as well.
    let roomy = at_least <= options.segment_bytes;
    let size = if roomy { options.segment_bytes } else { at_least.saturating_mul(2) };
    if bytes.saturating_add(size) > options.max_bytes {
        return Err(io::Error::new(
            io::ErrorKind::QuotaExceeded,
            format!("the journal has grown to {bytes} bytes, of at most {}", options.max_bytes),
        ));
    }
    let path = segment::path(folder, index);
    // Beside one that is ready and has become too small.
    let made = path.with_extension("making");
    let file = options.disk.zeroed(&made, size).inspect_err(|_| {
        // Half of it helps nobody.
        let _ = std::fs::remove_file(&made);
    })?;
    tail.lock().offer(&made, Segment { file, path, index, bytes: size })
}

/// Removes segments that the store has everything of: after their time, or when room is short.
pub(crate) fn retire(
    caretaker: &Caretaker,
    tail: &Mutex<Tail>,
    options: &Options,
    now: SystemTime,
) {
    let _turn = caretaker.turn.lock();
    loop {
        let oldest = {
            let tail = tail.lock();
            let short = tail.bytes().saturating_add(options.segment_bytes) > options.max_bytes;
            let over = |sealed: &&Sealed| short || is_over(&sealed.path, options.keep, now);
            tail.reported().next().filter(over).map(|sealed| sealed.path.clone())
        };
        let Some(path) = oldest else { return };
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %path.display(), "a segment could not be removed");
            return;
        }
        tail.lock().forget_oldest();
    }
}

fn is_over(path: &Path, keep: Duration, now: SystemTime) -> bool {
    let written = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    written.is_ok_and(|written| now.duration_since(written).is_ok_and(|age| age >= keep))
}
