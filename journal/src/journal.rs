//! The journal of a running gateway.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use ledger::{Epoch, HoldId, Instant, Shard};
use parking_lot::Mutex;

use crate::boot::BootId;
use crate::error::{Error, Result};
use crate::frame::Draft;
use crate::newest::{self, Newest};
use crate::replay::{Replayed, replay};
use crate::segment::{self, Header, Segment};
use crate::space::{self, Caretaker};
use crate::syncing::{self, Durable};
use crate::tail::{Refused, Tail, prepared};
use crate::{
    AppliedUpTo, ClosedJournal, Durability, Failed, Found, Full, Lsn, Options, Orphan, Record,
    Report, codec,
};

/// The write-ahead log of one start of one gateway.
///
/// Two positions: what is *written* survives a killed process, what is *durable* a power loss.
/// Appending never waits for the disk. The order law is the callers': a hold or a give-back leaves
/// the book before its record is appended, a settlement or a grant enters it only after.
pub struct Journal {
    pub(crate) shared: Arc<Shared>,
    orphans: Vec<Orphan>,
    latest: Instant,
    threads: Vec<JoinHandle<()>>,
    _lock: File,
}

/// What becomes of a gateway whose disk has failed: it has to end, since a retry may lie.
pub type OnFailure = Box<dyn Fn(&io::Error) + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) options: Options,
    pub(crate) tail: Mutex<Tail>,
    durable: Durable,
    pub(crate) caretaker: Caretaker,
    failed: AtomicBool,
    on_failure: OnFailure,
}

/// How the journal is, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The last record that was written.
    pub written: Lsn,
    /// The last record that is durable.
    pub durable: Lsn,
    /// Records that the store has not acknowledged.
    pub unreported: usize,
    /// Holds that have not ended.
    pub open_holds: usize,
    /// Bytes of all segments.
    pub bytes: u64,
    /// Whether a hold would find no room.
    pub full: bool,
}

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl ClosedJournal {
    /// Goes on with the journal as a new start of its gateway: replays what the store may not know,
    /// and begins a segment.
    ///
    /// `on_failure` is called once, from a thread of the journal's, when the disk fails.
    ///
    /// # Errors
    /// [`Error`]: a record that the store does not have is missing or damaged, or the disk refuses.
    pub fn start(
        self,
        epoch: Epoch,
        applied: &[AppliedUpTo],
        on_failure: OnFailure,
    ) -> Result<Journal> {
        let boot = BootId::current().map_err(Error::io("read", "/proc/sys/kernel".as_ref()))?;
        self.start_in(boot, epoch, applied, on_failure)
    }

    pub(crate) fn start_in(
        self,
        boot: BootId,
        epoch: Epoch,
        applied: &[AppliedUpTo],
        on_failure: OnFailure,
    ) -> Result<Journal> {
        let Replayed { table, sealed } = replay(&self, applied, boot)?;
        let (orphans, latest) = (table.orphans(boot), table.latest());
        let index = self.segments.last().map_or(0, |last| last.header.index) + 1;
        let header = Header {
            owner: self.owner,
            journal: self.id,
            index,
            first: self.last.next(),
            durable: self.last,
            epoch,
            boot,
        };
        let Self { folder, options, lock, .. } = self;
        let path = segment::path(&folder, index);
        let bytes = options.segment_bytes.max(table.reserved().saturating_mul(4));
        let made = options.disk.zeroed(&prepared(&path), bytes);
        let file = made.map_err(Error::io("write to", &path))?;
        let first = Segment { file, path: path.clone(), index, bytes };
        let begun = Tail::begin(&*options.disk, header, first, table, sealed);
        let mut tail = begun.map_err(Error::io("write to", &path))?;
        for segment in tail.unsynced().segments {
            options.disk.sync(&segment.file).map_err(Error::io("sync", &path))?;
        }
        newest::write(&folder, Newest { index, durable: header.first })
            .map_err(Error::io("write to", &folder))?;
        let shared = Shared {
            folder,
            options,
            durable: Durable::default(),
            tail: Mutex::new(tail),
            caretaker: Caretaker::default(),
            failed: AtomicBool::new(false),
            on_failure,
        };
        shared.durable.begin(header.first);
        let shared = Arc::new(shared);
        let threads = start_threads(&shared).map_err(Error::io("watch over", &path))?;
        shared.caretaker.wake();
        Ok(Journal { shared, orphans, latest, threads, _lock: lock })
    }
}

fn start_threads(shared: &Arc<Shared>) -> io::Result<Vec<JoinHandle<()>>> {
    let syncing = Arc::clone(shared);
    let caring = Arc::clone(shared);
    let syncing = move || {
        let Shared { durable, tail, folder, options, .. } = &*syncing;
        let put_off = options.durability.put_off();
        if let Err(error) = syncing::run(durable, tail, &*options.disk, folder, put_off) {
            syncing.fail(&error);
        }
    };
    let caring = move || {
        let Shared { caretaker, tail, folder, options, .. } = &*caring;
        space::run(caretaker, tail, folder, options);
    };
    let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
    Ok(vec![thread("journal-sync").spawn(syncing)?, thread("journal-space").spawn(caring)?])
}

impl Shared {
    fn fail(&self, error: &io::Error) {
        if !self.failed.swap(true, Ordering::AcqRel) {
            self.durable.fail();
            (self.on_failure)(error);
        }
    }
}

impl Journal {
    /// Writes a record down; never waits for a sync of the disk.
    ///
    /// # Errors
    /// [`Full`] for a record that opens or extends a hold, when the room that is left is kept for
    /// endings, and for a give-back or a lease where there is no room at all; and for every record
    /// once the disk has failed.
    pub fn append(&self, shard: Shard, record: Record) -> Result<Lsn, Full> {
        let Shared { tail, durable, options, .. } = &*self.shared;
        if self.shared.failed.load(Ordering::Acquire) {
            return Err(Full);
        }
        let appended = SCRATCH.with_borrow_mut(|scratch| {
            let draft = Draft::new(scratch, |to| codec::write_record(to, shard, &record));
            let mut tail = tail.lock();
            if matches!(record, Record::Hold(_))
                && tail.table.unreported() >= options.unreported_max
            {
                return Err(Refused::Full);
            }
            let lsn = tail.append(&*options.disk, durable.position(), shard, record, draft)?;
            Ok((lsn, !tail.has_next()))
        });
        match appended {
            Ok((lsn, wants_segment)) => {
                durable.written();
                if wants_segment {
                    self.shared.caretaker.wake();
                }
                Ok(lsn)
            }
            Err(Refused::Full) => Err(Full),
            Err(Refused::Disk(error)) => {
                self.shared.fail(&error);
                Err(Full)
            }
        }
    }

    /// Waits until everything up to a record survives a power loss.
    ///
    /// # Errors
    /// [`Failed`] when it never will: the disk has failed.
    pub async fn durable(&self, lsn: Lsn) -> Result<(), Failed> {
        self.shared.durable.wait(lsn).await
    }

    /// Waits, where the journal is strict, until the first byte of an answer may go out: until its
    /// hold survives a power loss.
    ///
    /// # Errors
    /// [`Failed`] when it never will: the disk has failed.
    pub async fn before_first_byte(&self, hold: Lsn) -> Result<(), Failed> {
        match self.shared.options.durability {
            Durability::Strict if hold > self.shared.durable.position() => self.durable(hold).await,
            Durability::Strict | Durability::Relaxed => Ok(()),
        }
    }

    /// The last record that was written.
    #[must_use]
    pub fn written(&self) -> Lsn {
        self.shared.tail.lock().written()
    }

    /// What happened to a hold that the store may not know of yet.
    #[must_use]
    pub fn find(&self, hold: HoldId) -> Option<Found> {
        self.shared.tail.lock().table.find(hold)
    }

    /// The holds that earlier starts left open, in the order in which they were taken. They are open
    /// until a settle of each is appended.
    #[must_use]
    pub fn orphans(&self) -> &[Orphan] {
        &self.orphans
    }

    /// The latest instant that earlier starts have written down, as far as they were replayed:
    /// time for money does not go back behind it.
    #[must_use]
    pub const fn latest(&self) -> Instant {
        self.latest
    }

    /// The shards with something to report.
    #[must_use]
    pub fn unreported(&self) -> Vec<Shard> {
        self.shared.tail.lock().table.unreported_shards()
    }

    /// Everything durable of a shard that has not been applied, in order.
    #[must_use]
    pub fn report(&self, shard: Shard) -> Report {
        let durable = self.shared.durable.position();
        self.shared.tail.lock().table.report(shard, durable)
    }

    /// The store has acknowledged a sync of the shard that reported everything up to `lsn`.
    pub fn applied(&self, shard: Shard, seq: u64, lsn: Lsn) {
        self.shared.tail.lock().table.applied(shard, seq, lsn);
    }

    /// How the journal is.
    #[must_use]
    pub fn status(&self) -> Status {
        let tail = self.shared.tail.lock();
        Status {
            written: tail.written(),
            durable: self.shared.durable.position(),
            unreported: tail.table.unreported(),
            open_holds: tail.table.open_holds(),
            bytes: tail.bytes(),
            full: tail.is_full(),
        }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Drop for Journal {
    /// Syncs what is not yet durable, and ends the threads.
    fn drop(&mut self) {
        self.shared.durable.stop();
        self.shared.caretaker.stop();
        for thread in self.threads.drain(..) {
            // One that broke off has said so.
            let _ = thread.join();
        }
    }
}
