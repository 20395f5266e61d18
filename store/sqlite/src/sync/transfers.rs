//! What a sync adds to the money ledger, as rows.

use std::collections::BTreeMap;

use ledger::{AccountId, Credits, OrgId};
use store::{Burnt, EntryBook, EntryKind, Found, SyncRequest, found, transfers};

use super::read::Read;
use crate::column::count;

/// The organisation, the number of the transfer, its kind, the book that it is from and the book that
/// it is to, each with its grant, and micro-credits.
pub(super) type Row =
    (String, i64, &'static str, &'static str, Option<String>, &'static str, Option<String>, i64);

pub(super) fn rows(request: &SyncRequest, read: &Read) -> Vec<Row> {
    let mut last: BTreeMap<OrgId, u64> =
        read.orgs.iter().map(|(org, figures)| (*org, figures.last_transfer)).collect();
    let mut rows = Vec::new();
    let before = |org: OrgId, last: &BTreeMap<_, u64>| last.get(&org).copied().unwrap_or(0);
    for Burnt { org, transfer, grant, amount } in
        transfers(request, &read.touched, |org| before(org, &last))
    {
        last.insert(org, transfer);
        let (kind, from) = match grant {
            Some(grant) => (EntryKind::Charge, EntryBook::Grant(grant)),
            None => (EntryKind::Overrun, EntryBook::Platform),
        };
        rows.push(row(org, transfer, kind, (from, EntryBook::Consumed), amount));
    }
    for Found { org, transfer, grant, amount } in found(&read.touched, |org| before(org, &last)) {
        let books = (EntryBook::Consumed, EntryBook::Grant(grant));
        rows.push(row(org, transfer, EntryKind::WriteOff, books, amount));
    }
    rows
}

fn row(
    org: OrgId,
    transfer: u64,
    kind: EntryKind,
    (from, to): (EntryBook, EntryBook),
    amount: Credits,
) -> Row {
    let grant = |book: EntryBook| book.account().map(AccountId::as_u128).map(hex);
    (
        hex(org.as_u128()),
        count(transfer),
        kind.name(),
        from.name(),
        grant(from),
        to.name(),
        grant(to),
        amount.micros_i64(),
    )
}

fn hex(bits: u128) -> String {
    format!("{bits:032x}")
}
