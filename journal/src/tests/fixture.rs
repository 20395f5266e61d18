//! A journal in a temporary folder, on a disk that does as it is told.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ledger::{
    AccountId, Charge, Credits, Ending, Epoch, GrantKind, HoldId, Instant, KeyId, Line, LineSource,
    MemberId, NodeId, OrgId, Shard, Surface, Tool, Unit, Usage, WrittenPart,
};
use parking_lot::{Condvar, Mutex};
use tempfile::TempDir;

use crate::boot::BootId;
use crate::{
    AppliedUpTo, ClosedJournal, Disk, Due, Journal, LocalDisk, Lsn, Opened, Options, Owner, Record,
    space,
};

pub(super) const OWNER: Owner = Owner { store: 5, node: NodeId(7) };
pub(super) const ID: u128 = 99;
pub(super) const BOOT: BootId = BootId(1);

pub(super) fn org() -> OrgId {
    OrgId::from_u128(1)
}

pub(super) fn shard() -> Shard {
    org().shard()
}

/// A disk whose syncs can be held up and whose room can run out.
#[derive(Debug, Default)]
pub(super) struct TameDisk {
    held: Mutex<bool>,
    released: Condvar,
    pub(super) fails: AtomicBool,
    /// Files that may still be made; none can where it is full.
    pub(super) full: AtomicBool,
    pub(super) made: AtomicU64,
}

impl TameDisk {
    /// Has every sync wait, so that nothing becomes durable, until the guard is dropped: a test
    /// that fails does not hang.
    pub(super) fn hold(self: &Arc<Self>) -> HeldUp {
        *self.held.lock() = true;
        HeldUp(Arc::clone(self))
    }
}

/// Syncs wait for as long as this lives.
pub(super) struct HeldUp(Arc<TameDisk>);

impl Drop for HeldUp {
    fn drop(&mut self) {
        *self.0.held.lock() = false;
        self.0.released.notify_all();
    }
}

impl Disk for TameDisk {
    fn zeroed(&self, path: &Path, bytes: u64) -> io::Result<File> {
        if self.full.load(Ordering::SeqCst) {
            return Err(ErrorKind::StorageFull.into());
        }
        self.made.fetch_add(1, Ordering::SeqCst);
        LocalDisk.zeroed(path, bytes)
    }

    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        LocalDisk.write(file, bytes, offset)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        let mut held = self.held.lock();
        while *held {
            self.released.wait(&mut held);
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("a broken disk"));
        }
        LocalDisk.sync(file)
    }
}

/// A folder with a journal in it, started and stopped at will.
pub(super) struct Place {
    pub(super) folder: TempDir,
    pub(super) disk: Arc<TameDisk>,
    pub(super) options: Options,
    pub(super) epoch: u32,
    pub(super) applied: Vec<AppliedUpTo>,
}

impl Place {
    pub(super) fn new() -> Self {
        Self::with_segments_of(64 << 10)
    }

    pub(super) fn with_segments_of(segment_bytes: u64) -> Self {
        let disk = Arc::new(TameDisk::default());
        let options = Options {
            segment_bytes,
            max_bytes: 4 << 20,
            disk: Arc::clone(&disk) as Arc<dyn Disk>,
            ..Options::default()
        };
        let folder = tempfile::tempdir().unwrap();
        Self { folder, disk, options, epoch: 0, applied: Vec::new() }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn closed(&self) -> Result<ClosedJournal, crate::Error> {
        ClosedJournal::open(self.path(), OWNER, None, ID, self.options.clone())
    }

    pub(super) fn start(&mut self) -> Journal {
        self.start_in(BOOT)
    }

    pub(super) fn start_in(&mut self, boot: BootId) -> Journal {
        self.epoch += 1;
        let closed = self.closed().unwrap();
        let fails = Box::new(|_: &io::Error| {});
        closed.start_in(boot, Epoch(self.epoch), &self.applied, fails).unwrap()
    }

    /// Why it cannot be opened or started.
    pub(super) fn error(&self) -> String {
        let started = self.closed().and_then(|closed| {
            closed.start_in(BOOT, Epoch(self.epoch + 1), &self.applied, Box::new(|_| {}))
        });
        started.map(drop).unwrap_err().to_string()
    }

    pub(super) fn segments(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<_> =
            entries.filter(|path| path.extension().is_some_and(|it| it == "journal")).collect();
        paths.sort();
        paths
    }

    /// The same files in another place.
    pub(super) fn copy(&self) -> Self {
        let copy =
            Self { epoch: self.epoch, applied: self.applied.clone(), ..Self::with_segments_of(0) };
        let mut copy = copy;
        copy.options.segment_bytes = self.options.segment_bytes;
        for entry in std::fs::read_dir(self.path()).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
        }
        copy
    }
}

impl Journal {
    /// Has the next segment ready, without waiting for the thread that cares for it.
    pub(super) fn prepare(&self) {
        space::prepare(
            &self.shared.caretaker,
            &self.shared.tail,
            &self.shared.folder,
            &self.shared.options,
        )
        .unwrap();
    }

    pub(super) fn hold(&self, n: u64) -> Lsn {
        self.append(shard(), Record::Hold(Arc::new(opened(n)))).unwrap()
    }

    pub(super) fn settle(&self, n: u64) -> Lsn {
        self.append(shard(), Record::Settle(Arc::new(charge(n)))).unwrap()
    }

    pub(super) fn progress(&self, n: u64, tokens: u64) -> Lsn {
        let record = Record::Progress { hold: hold_id(n), due: due(tokens) };
        self.append(shard(), record).unwrap()
    }

    /// Waits, as a thread may, until all that is written is durable.
    pub(super) fn flush(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.durable(self.written())).unwrap();
    }

    /// The numbers of the charges that are to be reported.
    pub(super) fn reported(&self) -> Vec<u64> {
        self.report(shard()).charges.iter().map(|charge| charge.hold.n).collect()
    }
}

pub(super) fn credits(micros: u64) -> Credits {
    Credits::from_micros(micros).unwrap()
}

pub(super) fn hold_id(n: u64) -> HoldId {
    HoldId { node: OWNER.node, epoch: Epoch(1), n }
}

pub(super) fn due(tokens: u64) -> Due {
    Due { usage: Usage::default().with(Unit::OutputToken, tokens), cost: credits(10 * tokens) }
}

pub(super) fn part(account: u128, amount: u64, grant: Option<GrantKind>) -> WrittenPart {
    let account = AccountId::from_u128(account);
    WrittenPart { account, amount: credits(amount), grant, ends: Instant::MAX }
}

pub(super) fn opened(n: u64) -> Opened {
    Opened {
        hold: hold_id(n),
        org: org(),
        member: MemberId::from_u128(2),
        key: Some(KeyId::from_u128(3)),
        group: None,
        project: None,
        surface: Surface::Api,
        tool: Tool::new("chatbot"),
        provider: "openai".into(),
        model: "gpt-mock".into(),
        price_book: "7".into(),
        body_hash: [3; 32],
        keyed: n.is_multiple_of(2),
        admitted: Instant::from_seconds(1_000),
        held: credits(500),
        parts: vec![part(20, 500, None), part(21, 500, Some(GrantKind::Allocation))],
        due_at_start: due(1),
    }
}

pub(super) fn charge(n: u64) -> Charge {
    let Opened { hold, org, member, key, group, project, surface, .. } = opened(n);
    let line = |account, source| Line {
        account: AccountId::from_u128(account),
        source,
        amount: credits(n + 1),
    };
    let lines = [line(20, LineSource::Limit), line(21, LineSource::Grant(GrantKind::Allocation))];
    Charge {
        hold,
        org,
        member,
        key,
        group,
        project,
        surface,
        tool: Tool::new("chatbot"),
        provider: "openai".into(),
        model: "gpt-mock".into(),
        admitted: Instant::from_seconds(1_000),
        ended: Instant::from_seconds(1_001),
        ending: Ending::Settled,
        usage: Usage::default().with(Unit::OutputToken, n),
        outputs: 1,
        held: credits(500),
        charged: credits(n + 1),
        overrun: Credits::ZERO,
        lines: lines.into_iter().collect(),
        price_book: "7".into(),
        body_hash: [3; 32],
        status: 200,
    }
}

impl Journal {
    /// Has the next segment ready, if there is room for one.
    pub(super) fn try_prepare(&self) {
        let _ = space::prepare(
            &self.shared.caretaker,
            &self.shared.tail,
            &self.shared.folder,
            &self.shared.options,
        );
    }

    /// Looks for segments that may go.
    pub(super) fn retire(&self, now: std::time::SystemTime) {
        space::retire(&self.shared.caretaker, &self.shared.tail, &self.shared.options, now);
    }

    /// Gives up the segment that was ready.
    pub(super) fn forget_next(&self) {
        self.shared.tail.lock().forget_next();
    }
}
