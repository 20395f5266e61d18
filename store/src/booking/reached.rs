//! What a sync has reached: limits by themselves, and what their organisations can spend.

use ledger::{AccountId, Instant, LineSource, OrgId};

use super::{Standing, Touched, TouchedAccounts};
use crate::{Level, SyncRequest, Threshold, ThresholdEvent, credit_thresholds, limit_thresholds};

/// A threshold that a sync reached, and whose it is.
pub type Reached = (OrgId, ThresholdEvent);

/// The thresholds that were reached; `orgs` has what the grants of each charged organisation came to
/// before the sync, all that live together.
#[must_use]
pub fn reached(
    request: &SyncRequest,
    accounts: &TouchedAccounts,
    orgs: impl IntoIterator<Item = (OrgId, Level)>,
) -> Vec<Reached> {
    let at = request.now;
    let event = |account: AccountId, threshold: Threshold, level: Level| {
        let (amount, remaining) = (level.amount(), level.remaining());
        ThresholdEvent { account, threshold, at, amount, remaining }
    };
    let mut reached = Vec::new();
    let limits = accounts.iter().filter(|(_, it)| !it.now.is_grant() && !it.now.closed);
    for (id, Touched { before, now }) in limits {
        let thresholds = limit_thresholds((before.amount, before.spent), (now.amount, now.spent));
        let level = Level::new(now.amount, now.spent);
        reached.extend(thresholds.map(|it| (now.org, event(*id, it, level))));
    }
    for (org, level) in orgs {
        let Some(last) = burnt_last(request, accounts, org) else { continue };
        let sum = |of: fn(&Touched) -> &Standing| {
            let grants = living_grants(accounts, org, at);
            grants.fold(Level::default(), |sum, account| sum.and(of(account).level()))
        };
        let after = level.without(sum(|it| &it.before)).and(sum(|it| &it.now));
        reached.extend(credit_thresholds(level, after).map(|it| (org, event(last, it, after))));
    }
    reached
}

fn living_grants(
    accounts: &TouchedAccounts,
    org: OrgId,
    now: Instant,
) -> impl Iterator<Item = &Touched> {
    accounts.values().filter(move |account| {
        account.now.is_grant() && account.now.lives(now) && account.now.org == org
    })
}

/// The grant of an organisation that paid last, of those that live.
fn burnt_last(request: &SyncRequest, accounts: &TouchedAccounts, org: OrgId) -> Option<AccountId> {
    let lines = request.events.iter().rev().flat_map(|charge| charge.lines.iter().rev());
    let mut burnt = lines.filter(|line| line.source != LineSource::Limit && !line.amount.is_zero());
    let lives = |id: AccountId| {
        let account = accounts.get(&id).map(|account| &account.now);
        account.is_some_and(|account| account.lives(request.now) && account.org == org)
    };
    burnt.find(|line| lives(line.account)).map(|line| line.account)
}
