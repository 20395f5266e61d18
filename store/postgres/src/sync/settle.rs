//! The accounts and leases as they are to be, and how far the journal is booked by that.

use std::collections::BTreeSet;

use ledger::Credits;
use store::{SyncAnswer, SyncRequest, Touched, TouchedAccounts};

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
    let (mut orgs, mut leased, mut epochs) = (vec![], vec![], vec![]);
    let (mut amounts, mut lost) = (vec![], vec![]);
    for (id, account) in moved() {
        for (epoch, amount) in &account.now.leases {
            orgs.push(account.now.org.uuid());
            leased.push(id.uuid());
            epochs.push(i64::from(epoch.0));
            amounts.push(amount.micros_i64());
            lost.push(account.now.lost.get(epoch).copied().unwrap_or_default().micros_i64());
        }
    }
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
        .bind(moved().map(|(_, account)| account.now.recalled).collect::<Vec<_>>())
        .bind(ceilings.collect::<Vec<_>>())
        .bind(orgs)
        .bind(leased)
        .bind(epochs)
        .bind(amounts)
        .bind(figures(|account| account.now.written_off))
        .bind(lost)
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
