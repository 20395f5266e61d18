//! What a sync adds to the money ledger: a transfer for each grant that was burnt, and one for what
//! the platform paid.

use std::collections::BTreeMap;

use ledger::{Credits, OrgId};
use store::SyncRequest;

use super::decide::Touched;
use super::read::Read;
use crate::column::count;

/// The organisation, the number of the transfer, the grant if it is a charge, and micro-credits.
pub(super) type Row = (String, i64, Option<String>, i64);

/// Numbered within each organisation: its grants by id, then its overrun.
pub(super) fn rows(request: &SyncRequest, read: &Read) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut numbers: BTreeMap<OrgId, u64> = BTreeMap::new();
    let mut row = |org: OrgId, grant: Option<String>, amount: Credits| {
        let last = read.orgs.get(&org).map_or(0, |figures| figures.last_transfer);
        let number = numbers.entry(org).or_insert(last);
        *number += 1;
        rows.push((hex(org.as_u128()), count(*number), grant, amount.micros_i64()));
    };
    for (id, account) in read.touched.iter().filter(|(_, account)| account.is_grant()) {
        let Touched { org, .. } = account;
        let burnt = account.spent.saturating_sub(account.spent_before);
        if !burnt.is_zero() {
            row(*org, Some(hex(id.as_u128())), burnt);
        }
    }
    let mut overruns: BTreeMap<OrgId, Credits> = BTreeMap::new();
    for charge in request.events.iter().filter(|charge| !charge.overrun.is_zero()) {
        let sum = overruns.entry(charge.org).or_default();
        *sum = sum.saturating_add(charge.overrun);
    }
    for (org, overrun) in overruns {
        row(org, None, overrun);
    }
    rows
}

fn hex(bits: u128) -> String {
    format!("{bits:032x}")
}
