//! The money ledger: every movement at once as its two lines.

use ledger::{AccountId, Credits, Instant, LineSource, OrgId};

use super::state::{Accounts, State};
use crate::{Entry, EntryBook, EntryCause, EntryKind, SyncRequest};

/// A movement of credits from one book to another.
pub(super) struct Transfer {
    pub(super) kind: EntryKind,
    pub(super) from: EntryBook,
    pub(super) to: EntryBook,
    pub(super) amount: Credits,
    pub(super) cause: EntryCause,
}

impl State {
    /// Writes a movement down, unless nothing moved.
    pub(super) fn transfer(&mut self, org: OrgId, at: Instant, transfer: Transfer) {
        let Transfer { kind, from, to, amount, cause } = transfer;
        if amount.is_zero() {
            return;
        }
        let lines = self.entries.entry(org).or_default();
        let number = lines.last().map_or(0, |last| last.transfer) + 1;
        let amount = amount.micros_i64();
        for (line, book, amount) in [(1, from, -amount), (2, to, amount)] {
            let cause = cause.clone();
            lines.push(Entry { transfer: number, line, kind, at, book, amount, cause });
        }
    }

    /// What a sync moved: what is spent of each grant now and was not, and what the platform paid.
    pub(super) fn enter_sync(&mut self, request: &SyncRequest, before: &Accounts) {
        let SyncRequest { node, epoch, seq, now, .. } = *request;
        let cause = EntryCause::Sync { node, epoch, seq };
        let mut charged: Vec<(OrgId, AccountId, Credits)> = Vec::new();
        for (id, account) in &self.money.accounts {
            let spent_before = before.accounts.get(id).map_or(Credits::ZERO, |known| known.spent);
            let burnt = account.spent.saturating_sub(spent_before);
            if account.source != LineSource::Limit {
                charged.push((account.org, *id, burnt));
            }
        }
        for (org, account, amount) in charged {
            let (from, to) = (EntryBook::Grant(account), EntryBook::Consumed);
            let kind = EntryKind::Charge;
            self.transfer(org, now, Transfer { kind, from, to, amount, cause: cause.clone() });
        }
        let orgs: Vec<_> = self.orgs.keys().copied().collect();
        for org in orgs {
            let events = request.events.iter().filter(|charge| charge.org == org);
            let amount = events.fold(Credits::ZERO, |sum, it| sum.saturating_add(it.overrun));
            let (from, to) = (EntryBook::Platform, EntryBook::Consumed);
            let kind = EntryKind::Overrun;
            self.transfer(org, now, Transfer { kind, from, to, amount, cause: cause.clone() });
        }
        // What was written off and spent after all is a charge, and no loss.
        let mut found: Vec<(OrgId, AccountId, Credits)> = Vec::new();
        for (id, account) in &self.money.accounts {
            let known = before.accounts.get(id).map_or(Credits::ZERO, |known| known.written_off);
            if account.source != LineSource::Limit {
                found.push((account.org, *id, known.saturating_sub(account.written_off)));
            }
        }
        for (org, account, amount) in found {
            let (from, to) = (EntryBook::Consumed, EntryBook::Grant(account));
            let (kind, cause) = (EntryKind::WriteOff, cause.clone());
            self.transfer(org, now, Transfer { kind, from, to, amount, cause });
        }
    }
}
