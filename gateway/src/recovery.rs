//! After a restart, before anyone is let in: what the dead start left is ended, reported and given
//! back.

use journal::{Orphan, Record};
use ledger::{Cause, Charge, Credits, Ending, Instant, settle_written};

use crate::gateway::StartError;
use crate::sync::{Ledger, Wish};

/// What a recovery has found and done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Records that the store had not been told, those of the holds that recovery ended included.
    pub records: usize,
    /// Requests that were charged by what the journal knew of them.
    pub indeterminate: usize,
    /// What they were charged together.
    pub charged: Credits,
    /// Requests of whose answer nothing had reached the client: not charged.
    pub released: usize,
}

impl Ledger {
    /// Ends every open hold of earlier starts in the journal, then has the store take in all that
    /// it was not told, and take back the leases that those starts had.
    ///
    /// A crash in it repeats nothing: what was ended is written down before it is reported.
    ///
    /// # Errors
    /// The disk failed, or the store does not acknowledge.
    pub(crate) async fn recover(&self) -> Result<Recovered, StartError> {
        let mut recovered = Recovered::default();
        for orphan in self.journal().orphans() {
            let charge = ended(orphan, self.now());
            match charge.ending {
                Ending::Indeterminate => recovered.indeterminate += 1,
                Ending::Released(_) | Ending::Settled | Ending::Estimated => {
                    recovered.released += 1;
                }
            }
            recovered.charged = recovered.charged.saturating_add(charge.charged);
            tracing::debug!(request = %charge.hold, charged = %charge.charged, "ended by recovery");
            let shard = charge.org.shard();
            let written = self.journal().append(shard, Record::Settle(charge.into()));
            written.map_err(|_full| StartError::JournalFull)?;
        }
        self.tell_a_store_that_went_back().await?;
        recovered.records = self.journal().status().unreported;
        for shard in self.journal().unreported() {
            self.sync(shard, Wish::default()).await?;
        }
        self.give_back_earlier_leases().await?;
        self.has_told_everything();
        Ok(recovered)
    }
}

/// The last row of the table of who pays: the gateway died.
fn ended(orphan: &Orphan, now: Instant) -> Charge {
    let opened = &orphan.opened;
    let due = orphan.due.unwrap_or_default();
    let settled = settle_written(&orphan.parts, due.cost);
    let ending = match orphan.due {
        Some(_) => Ending::Indeterminate,
        None => Ending::Released(Cause::Gateway),
    };
    Charge {
        hold: opened.hold,
        org: opened.org,
        member: opened.member,
        key: opened.key,
        group: opened.group,
        project: opened.project,
        surface: opened.surface,
        tool: opened.tool.clone(),
        provider: opened.provider.clone(),
        model: opened.model.clone(),
        admitted: opened.admitted,
        ended: now.max(opened.admitted),
        ending,
        usage: due.usage,
        outputs: 0,
        held: settled.held,
        charged: settled.charged,
        overrun: Credits::ZERO,
        lines: settled.lines,
        price_book: opened.price_book.clone(),
        body_hash: opened.body_hash,
        status: 0,
    }
}
