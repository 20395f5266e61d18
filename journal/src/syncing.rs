//! The one thread that has what was written survive a power loss, and those who wait for it.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use crate::disk::{Disk, sync_folder};
use crate::newest::{self, Newest};
use crate::tail::{Tail, Unsynced};
use crate::{Failed, Lsn};

/// How far the disk is, and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Durable {
    position: AtomicU64,
    /// Something was written since the last sync began.
    pending: AtomicBool,
    bell: Mutex<Bell>,
    rung: Condvar,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Bell {
    pending: bool,
    hurry: bool,
    stop: bool,
}

#[derive(Debug, Default)]
struct Waiting {
    failed: bool,
    waiters: Vec<(Lsn, oneshot::Sender<()>)>,
}

impl Durable {
    pub(crate) fn position(&self) -> Lsn {
        Lsn(self.position.load(Ordering::Acquire))
    }

    /// Says that something was written.
    pub(crate) fn written(&self) {
        // Only the first since the last sync has to wake the thread.
        if !self.pending.swap(true, Ordering::AcqRel) {
            self.bell.lock().pending = true;
            self.rung.notify_one();
        }
    }

    /// Waits until everything up to a record is on disk, and has that not be put off.
    pub(crate) async fn wait(&self, lsn: Lsn) -> Result<(), Failed> {
        let told = {
            let mut waiting = self.waiting.lock();
            if lsn <= self.position() {
                return Ok(());
            }
            if waiting.failed {
                return Err(Failed);
            }
            let (tell, told) = oneshot::channel();
            waiting.waiters.push((lsn, tell));
            told
        };
        self.hurry();
        told.await.map_err(|_| Failed)
    }

    fn hurry(&self) {
        self.bell.lock().hurry = true;
        self.rung.notify_one();
    }

    pub(crate) fn stop(&self) {
        self.bell.lock().stop = true;
        self.rung.notify_one();
    }

    /// Sleeps until there is something to sync that cannot be put off; false when it is over.
    fn next(&self, put_off: Duration) -> bool {
        let mut bell = self.bell.lock();
        while !bell.pending && !bell.stop && !bell.hurry {
            self.rung.wait(&mut bell);
        }
        if !bell.hurry && !bell.stop {
            self.rung.wait_for(&mut bell, put_off);
        }
        let more = bell.pending || bell.hurry || !bell.stop;
        (bell.pending, bell.hurry) = (false, false);
        self.pending.store(false, Ordering::Release);
        more
    }

    fn reached(&self, lsn: Lsn) {
        let mut waiting = self.waiting.lock();
        self.position.store(lsn.0, Ordering::Release);
        for (_, waiter) in waiting.waiters.extract_if(.., |(until, _)| *until <= lsn) {
            // Whoever hung up is not told.
            let _ = waiter.send(());
        }
    }

    pub(crate) fn begin(&self, lsn: Lsn) {
        self.position.store(lsn.0, Ordering::Release);
    }

    /// Tells everyone who waits that it was in vain.
    pub(crate) fn fail(&self) {
        let mut waiting = self.waiting.lock();
        waiting.failed = true;
        waiting.waiters.clear();
    }
}

/// Syncs until told to stop, and once more then.
///
/// # Errors
/// The disk failed: what was written last may be lost, whatever a second try would say.
pub(crate) fn run(
    durable: &Durable,
    tail: &Mutex<Tail>,
    disk: &dyn Disk,
    folder: &Path,
    put_off: Duration,
) -> io::Result<()> {
    let mut synced = None;
    while durable.next(put_off) {
        let Unsynced { segments, until, index } = tail.lock().unsynced();
        for segment in &segments {
            disk.sync(&segment.file)?;
        }
        if segments.len() > 1 {
            sync_folder(folder)?;
            newest::write(folder, Newest { index, durable: until })?;
        }
        durable.reached(until);
        synced = Some(Newest { index, durable: until });
    }
    match synced {
        // An orderly end leaves nothing that could be taken for a torn tail.
        Some(newest) => newest::write(folder, newest),
        None => Ok(()),
    }
}
