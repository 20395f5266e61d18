//! What a sync has reached: limits by themselves, and what their organisations can spend.

use ledger::{AccountId, Instant, LineSource};
use store::{Level, SyncRequest, Threshold, credit_thresholds, limit_thresholds};

use super::decide::Touched;
use super::read::Read;

/// The number of the account, the threshold, and the amount and what remains of it in
/// micro-credits.
pub(super) type Row = (i64, &'static str, i64, i64);

pub(super) fn rows(request: &SyncRequest, read: &Read) -> Vec<Row> {
    let row = |account: &Touched, threshold: Threshold, level: Level| {
        let (amount, remaining) = (level.amount().micros_i64(), level.remaining().micros_i64());
        (account.number, threshold.name(), amount, remaining)
    };
    let mut rows = Vec::new();
    for account in read.touched.values().filter(|it| !it.is_grant() && !it.closed) {
        let amount = account.amount;
        let reached = limit_thresholds((amount, account.before.0), (amount, account.spent));
        rows.extend(reached.map(|it| row(account, it, Level::new(amount, account.spent))));
    }
    for (org, figures) in &read.orgs {
        let grants = || live(read, request.now).filter(|account| account.org == *org);
        let Some(last) = burnt_last(request, read, |account| account.org == *org) else {
            continue;
        };
        let before = grants().fold(Level::default(), |sum, it| sum.and(it.level_before()));
        let now = grants().fold(Level::default(), |sum, it| sum.and(it.level()));
        let after = figures.level.without(before).and(now);
        rows.extend(credit_thresholds(figures.level, after).map(|it| row(last, it, after)));
    }
    rows
}

/// The touched grants that live.
fn live(read: &Read, now: Instant) -> impl Iterator<Item = &Touched> {
    read.touched.values().filter(move |account| account.is_grant() && account.lives(now))
}

/// The grant that paid last, of those that are meant and live.
fn burnt_last<'a>(
    request: &SyncRequest,
    read: &'a Read,
    meant: impl Fn(&Touched) -> bool,
) -> Option<&'a Touched> {
    let lines = request.events.iter().rev().flat_map(|charge| charge.lines.iter().rev());
    let burnt = lines.filter(|line| line.source != LineSource::Limit && !line.amount.is_zero());
    let account = |id: AccountId| read.touched.get(&id);
    burnt
        .filter_map(|line| account(line.account))
        .find(|account| account.lives(request.now) && meant(account))
}
