//! What a sync adds to the money ledger, as columns.

use std::collections::BTreeMap;

use ledger::{Credits, OrgId};
use store::{Burnt, EntryBook, EntryKind, Found, SyncRequest, found, transfers as burnt};

use super::charge::Query;
use super::read::Read;
use crate::column::{Id, count};

/// A movement of credits and its number.
pub(super) struct Transfer {
    org: OrgId,
    number: u64,
    kind: EntryKind,
    from: EntryBook,
    to: EntryBook,
    amount: Credits,
}

pub(super) fn transfers(request: &SyncRequest, read: &Read) -> Vec<Transfer> {
    let mut last: BTreeMap<OrgId, u64> =
        read.orgs.iter().map(|(org, figures)| (*org, figures.last_transfer)).collect();
    let before = |last: &BTreeMap<_, _>, org| last.get(&org).copied().unwrap_or(0);
    let mut transfers = Vec::new();
    for Burnt { org, transfer: number, grant, amount } in
        burnt(request, &read.touched, |org| before(&last, org))
    {
        last.insert(org, number);
        let (kind, from) = match grant {
            Some(grant) => (EntryKind::Charge, EntryBook::Grant(grant)),
            None => (EntryKind::Overrun, EntryBook::Platform),
        };
        transfers.push(Transfer { org, number, kind, from, to: EntryBook::Consumed, amount });
    }
    for Found { org, transfer: number, grant, amount } in
        found(&read.touched, |org| before(&last, org))
    {
        let (from, to) = (EntryBook::Consumed, EntryBook::Grant(grant));
        transfers.push(Transfer { org, number, kind: EntryKind::WriteOff, from, to, amount });
    }
    transfers
}

/// Binds an array for every column, in the order of the statement.
pub(super) fn bind<'a>(query: Query<'a>, transfers: &[Transfer]) -> Query<'a> {
    query
        .bind(column(transfers, |it| it.org.uuid()))
        .bind(column(transfers, |it| count(it.number)))
        .bind(column(transfers, |it| it.kind.name()))
        .bind(column(transfers, |it| it.from.name()))
        .bind(column(transfers, |it| it.from.account().map(Id::uuid)))
        .bind(column(transfers, |it| it.to.name()))
        .bind(column(transfers, |it| it.to.account().map(Id::uuid)))
        .bind(column(transfers, |it| it.amount.micros_i64()))
}

fn column<T>(transfers: &[Transfer], of: impl Fn(&Transfer) -> T) -> Vec<T> {
    transfers.iter().map(of).collect()
}
