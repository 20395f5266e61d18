//! What a sync adds to the money ledger: a transfer for each grant that was burnt, one for what the
//! platform paid, and one for each grant that was not lost after all with what it was burnt for.

use std::collections::BTreeMap;

use ledger::{AccountId, Credits, OrgId};
use store::{EntryBook, EntryKind, SyncRequest};

use super::decide::Touched;
use super::read::Read;
use crate::column::count;

/// The organisation, the number of the transfer, its kind, the book that it is from and the book that
/// it is to, each with its grant, and micro-credits.
pub(super) type Row =
    (String, i64, &'static str, &'static str, Option<String>, &'static str, Option<String>, i64);

/// Numbered within each organisation: its grants by id, its overrun, then what is no loss any more.
pub(super) fn rows(request: &SyncRequest, read: &Read) -> Vec<Row> {
    let mut transfers = Transfers { read, numbers: BTreeMap::new(), rows: Vec::new() };
    let grants = || read.touched.iter().filter(|(_, account)| account.is_grant());
    for (id, account) in grants() {
        let Touched { org, spent, before: (spent_before, _), .. } = account;
        let burnt = spent.saturating_sub(*spent_before);
        let (from, to) = (EntryBook::Grant(*id), EntryBook::Consumed);
        transfers.enter(*org, EntryKind::Charge, (from, to), burnt);
    }
    for (org, overrun) in overruns(request) {
        let books = (EntryBook::Platform, EntryBook::Consumed);
        transfers.enter(org, EntryKind::Overrun, books, overrun);
    }
    for (id, account) in grants() {
        let Touched { org, written_off, before: (_, written_off_before), .. } = account;
        let found = written_off_before.saturating_sub(*written_off);
        let books = (EntryBook::Consumed, EntryBook::Grant(*id));
        transfers.enter(*org, EntryKind::WriteOff, books, found);
    }
    transfers.rows
}

fn overruns(request: &SyncRequest) -> BTreeMap<OrgId, Credits> {
    let mut overruns: BTreeMap<OrgId, Credits> = BTreeMap::new();
    for charge in &request.events {
        let sum = overruns.entry(charge.org).or_default();
        *sum = sum.saturating_add(charge.overrun);
    }
    overruns
}

struct Transfers<'a> {
    read: &'a Read,
    /// The last number of each organisation.
    numbers: BTreeMap<OrgId, u64>,
    rows: Vec<Row>,
}

impl Transfers<'_> {
    /// Adds a movement, unless nothing moved.
    fn enter(
        &mut self,
        org: OrgId,
        kind: EntryKind,
        (from, to): (EntryBook, EntryBook),
        amount: Credits,
    ) {
        if amount.is_zero() {
            return;
        }
        let last = || self.read.orgs.get(&org).map_or(0, |figures| figures.last_transfer);
        let number = self.numbers.entry(org).or_insert_with(last);
        *number += 1;
        let grant = |book: EntryBook| book.account().map(AccountId::as_u128).map(hex);
        self.rows.push((
            hex(org.as_u128()),
            count(*number),
            kind.name(),
            from.name(),
            grant(from),
            to.name(),
            grant(to),
            amount.micros_i64(),
        ));
    }
}

fn hex(bits: u128) -> String {
    format!("{bits:032x}")
}
