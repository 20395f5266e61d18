//! The accounts and leases as they are to be, and how far the journal is booked by that.

use std::collections::BTreeSet;

use ledger::{AccountId, Credits, Epoch, OrgId};
use store::{Standing, SyncAnswer, SyncRequest, Touched, TouchedAccounts};

use crate::column::{Id, count};
use crate::error::Result;
use crate::session::Session;

const SETTLE: &str = include_str!("settle.sql");

pub(super) async fn settle(
    tx: &mut Session,
    request: &SyncRequest,
    fingerprint: &[u8; 32],
    accounts: &TouchedAccounts,
    answer: &SyncAnswer,
) -> Result<()> {
    let moved = || accounts.iter().filter(|(_, account)| account.moved());
    let figures = |figure: fn(&Touched) -> Credits| {
        moved().map(|(_, account)| figure(account).micros_i64()).collect::<Vec<_>>()
    };
    let leases: Vec<_> = moved().flat_map(leases).collect();
    // Only what is leased again as it was may pass an amount.
    let again: BTreeSet<_> = request.regranted.iter().map(|granted| granted.account).collect();
    let ceilings = moved()
        .map(|(id, account)| if again.contains(id) { account.now.taken().micros_i64() } else { 0 });
    let applied = sqlx::query(SETTLE)
        .bind(i16::from(request.shard.number()))
        .bind(i64::from(request.node.0))
        .bind(i64::from(request.epoch.0))
        .bind(count(request.seq))
        .bind(count(request.lsn))
        .bind(fingerprint.as_slice())
        .bind(answer.encode())
        .bind(moved().map(|(id, _)| id.uuid()).collect::<Vec<_>>())
        .bind(figures(|account| account.now.spent))
        .bind(figures(|account| account.now.leased))
        .bind(figures(|account| account.now.written_off))
        .bind(moved().map(|(_, account)| account.now.recalled).collect::<Vec<_>>())
        .bind(ceilings.collect::<Vec<_>>())
        .bind(leases.iter().map(|lease| lease.org.uuid()).collect::<Vec<_>>())
        .bind(leases.iter().map(|lease| lease.account.uuid()).collect::<Vec<_>>())
        .bind(leases.iter().map(|lease| i64::from(lease.epoch.0)).collect::<Vec<_>>())
        .bind(leases.iter().map(|lease| lease.amount.micros_i64()).collect::<Vec<_>>())
        .bind(leases.iter().map(|lease| lease.written_off.micros_i64()).collect::<Vec<_>>())
        .execute(tx)
        .await?;
    match applied.rows_affected() {
        1 => Ok(()),
        _ => {
            let meanwhile = "another call has booked the same part of the journal meanwhile";
            Err(store::Error::Unavailable(meanwhile.to_owned()).into())
        }
    }
}

/// What one start of the gateway has of an account.
struct Lease {
    org: OrgId,
    account: AccountId,
    epoch: Epoch,
    amount: Credits,
    written_off: Credits,
}

fn leases((id, account): (&AccountId, &Touched)) -> Vec<Lease> {
    let Standing { org, ref leases, ref lost, .. } = account.now;
    let lease = |(epoch, amount): (&Epoch, &Credits)| {
        let written_off = lost.get(epoch).copied().unwrap_or_default();
        Lease { org, account: *id, epoch: *epoch, amount: *amount, written_off }
    };
    leases.iter().map(lease).collect()
}
