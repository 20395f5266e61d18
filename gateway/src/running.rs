//! An admitted request: its hold, and the one place where that ends.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bursar_config::Meter as MeterKind;
use bytes::Bytes;
use journal::{Lsn, Opened, Record};
use ledger::{Cause, Charge, Credits, Hold, PathIndex, WrittenPart};

use crate::growth::Growth;
use crate::identity::Caller;
use crate::meter::Meter;
use crate::metrics::Metrics;
use crate::org::Org;
use crate::quote::Quoted;
use crate::settlement::{Bill, How, due_by_now};
use crate::sync::Ledger;

/// A request that credits are held for. However it goes away, its hold ends exactly once.
pub(crate) struct Running {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) address: IpAddr,
    pub(crate) org: Arc<Org>,
    pub(crate) path: PathIndex,
    pub(crate) opened: Arc<Opened>,
    pub(crate) kind: MeterKind,
    pub(crate) quoted: Quoted,
    /// The record of the hold, which the first byte of the answer has to wait for.
    pub(crate) written: Lsn,
    /// What the provider is sent instead of the client's body.
    pub(crate) forward: Option<Bytes>,
    /// The bound that we set on the output.
    pub(crate) max_tokens: Option<u64>,
    pub(crate) hide_usage: bool,
    /// The provider has been sent the request's header.
    pub(crate) sent: bool,
    /// A byte of the answer may have reached the client.
    pub(crate) started: bool,
    /// [`Org::standings`] when the caller's own was last asked for.
    pub(crate) standings: u64,
    /// When its credential runs out, as of then.
    pub(crate) runs_out: ledger::Instant,
    /// Whether a stream ends once its caller may no longer spend.
    pub(crate) is_cut_when_barred: bool,
    /// The answer is a stream of events.
    pub(crate) is_stream: bool,
    /// The provider's status, or 0.
    pub(crate) status: u16,
    pub(crate) meter: Option<Meter>,
    pub(crate) growth: Option<Growth>,
    /// The last that was written down of how far the answer is.
    pub(crate) progress: Option<Progress>,
    /// The stream was ended by us, when so many bytes of the body were out.
    pub(crate) cut: Option<usize>,
    cutting: bool,
    hold: Option<Hold>,
    held: Credits,
    charged: Option<Credits>,
}

/// How far an answer was when that was last written down.
pub(crate) struct Progress {
    output_tokens: u64,
    at: Instant,
}

/// Output tokens, and time, between two records of how far an answer is.
const PROGRESS_TOKENS: u64 = 1_000;
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// The parts of a running request that are known when it is admitted.
pub(crate) struct Admitted {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) address: IpAddr,
    pub(crate) path: PathIndex,
    pub(crate) opened: Arc<Opened>,
    pub(crate) kind: MeterKind,
    pub(crate) quoted: Quoted,
    pub(crate) hold: Hold,
}

impl Running {
    /// A request whose hold record is written.
    pub(crate) fn new(admitted: Admitted, written: Lsn) -> Self {
        let Admitted { ledger, metrics, caller, address, path, opened, kind, quoted, hold } =
            admitted;
        let org = Arc::clone(&caller.org);
        metrics.holds.inc();
        Self {
            ledger,
            metrics,
            caller,
            address,
            org,
            path,
            opened,
            kind,
            quoted,
            written,
            forward: None,
            max_tokens: None,
            hide_usage: false,
            sent: false,
            started: false,
            standings: 0,
            runs_out: ledger::Instant::MAX,
            is_cut_when_barred: true,
            is_stream: false,
            status: 0,
            meter: None,
            growth: None,
            progress: None,
            cut: None,
            cutting: false,
            held: hold.amount(),
            hold: Some(hold),
            charged: None,
        }
    }

    pub(crate) const fn held(&self) -> Credits {
        self.held
    }

    pub(crate) const fn hold(&self) -> Option<&Hold> {
        self.hold.as_ref()
    }

    /// Nothing more goes out after what is relayed now.
    pub(crate) const fn end_stream(&mut self) {
        self.cutting = true;
    }

    pub(crate) const fn is_cut_now(&self) -> bool {
        self.cutting
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.hold.is_some()
    }

    /// Takes an extension into the hold, once it is written down; whether it was. One that was not
    /// goes back.
    pub(crate) fn extend(&mut self, extension: Hold) -> bool {
        let Some(hold) = self.hold.take() else {
            self.org.close(extension.release());
            return false;
        };
        let parts = extension.parts().iter().map(WrittenPart::from).collect();
        let record = Record::Extend { hold: hold.id(), parts };
        let written = self.ledger.journal().append(self.org.shard(), record).is_ok();
        let hold = if written {
            hold.join(extension)
        } else {
            tracing::warn!("the journal is full: a stream gets no more than it has");
            self.org.close(extension.release());
            hold
        };
        self.held = hold.amount();
        self.hold = Some(hold);
        written
    }

    /// Says how far the answer is, for whoever has to charge it if we die. The first time says that
    /// it has started.
    pub(crate) fn note_progress(&mut self, output_tokens: u64) {
        self.progress = Some(Progress { output_tokens, at: Instant::now() });
        let record =
            Record::Progress { hold: self.opened.hold, due: due_by_now(self, output_tokens) };
        // One too many for a full journal is missed by nobody but a start after a crash.
        let _ = self.ledger.journal().append(self.org.shard(), record);
    }

    /// Whether it is time to say again how far the answer is.
    pub(crate) fn is_progress_due(&self, output_tokens: u64) -> bool {
        self.progress.as_ref().is_some_and(|last| {
            output_tokens > last.output_tokens
                && (output_tokens - last.output_tokens >= PROGRESS_TOKENS
                    || last.at.elapsed() >= PROGRESS_EVERY)
        })
    }

    /// Ends the hold, the first time; what was charged, every time.
    ///
    /// The record is appended before anything of the hold is free again.
    pub(crate) fn end(&mut self, how: How<'_>) -> Credits {
        if let Some(charged) = self.charged {
            return charged;
        }
        if let Some(extension) = self.growth.as_mut().and_then(Growth::late_extension) {
            self.extend(extension);
        }
        let Some(hold) = self.hold.take() else { return Credits::ZERO };
        let bill = Bill::of(self, how);
        let settlement = hold.settle(bill.cost);
        let charged = settlement.charged();
        let charge = Charge {
            hold: self.opened.hold,
            org: self.opened.org,
            member: self.opened.member,
            key: self.opened.key,
            group: self.opened.group,
            project: self.opened.project,
            surface: self.opened.surface,
            tool: self.opened.tool.clone(),
            provider: Arc::clone(&self.opened.provider),
            model: Arc::clone(&self.opened.model),
            admitted: self.opened.admitted,
            ended: self.org.now(),
            ending: bill.ending,
            usage: bill.usage,
            outputs: bill.outputs,
            held: settlement.held(),
            charged,
            overrun: settlement.overrun(),
            lines: Charge::lines_of(&settlement),
            price_book: Arc::clone(&self.opened.price_book),
            body_hash: self.opened.body_hash,
            status: self.status,
        };
        self.metrics.ended(&charge);
        // An ending always has room.
        let _ = self.ledger.journal().append(self.org.shard(), Record::Settle(Arc::new(charge)));
        self.org.close(settlement);
        self.charged = Some(charged);
        charged
    }
}

impl Drop for Running {
    /// The net for a panic or a torn-down runtime: the same table as everywhere.
    fn drop(&mut self) {
        self.metrics.holds.dec();
        if self.is_open() {
            let how = if self.started { How::Cut } else { How::Undelivered(Cause::Gateway) };
            self.end(how);
        }
    }
}
