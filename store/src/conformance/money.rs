//! The money ledger, what accounts reach, what expires, and what is corrected.

use ledger::{AccountId, Charge, CountsFrom, Ending, GrantKind, LineSource, OrgId, Period, Scope};

use super::fixture::{HOUR, NOW, credits, grant, grant_id, limit, org_id, settle_in};
use super::node::Node;
use super::refused;
use crate::{
    AdjustmentRequest, Audit, Changed, EntryBook, EntryKind, Error, Threshold, UsageQuery,
};

/// An organisation with a promo of 100, which burns first, and a top-up of 200, all of it leased.
async fn funded<S: Audit>(store: &S) -> (OrgId, Node) {
    let org = settle_in(store, 1).await;
    let grants = [grant(1, GrantKind::Promo, 100), grant(2, GrantKind::TopUp, 200)];
    let mut node = Node::start(store, 7).await;
    for grant in grants {
        store.put_grant(org, &grant, None, NOW).await.expect("a grant");
        node.lease(store, org, grant.id, 1_000).await;
    }
    (org, node)
}

/// A request that the promo and the top-up paid.
fn split(node: &mut Node, promo: u64, top_up: u64) -> Charge {
    let line =
        |kind, number, amount| (LineSource::Grant(kind), AccountId::from(grant_id(number)), amount);
    let lines = [line(GrantKind::Promo, 1, promo), line(GrantKind::TopUp, 2, top_up)];
    node.charge_of(1, lines.into_iter().filter(|(_, _, amount)| *amount > 0))
}

fn correction(charge: &Charge, to: u64) -> AdjustmentRequest {
    AdjustmentRequest {
        org: charge.org,
        hold: charge.hold,
        charge: credits(to),
        actor: "ada".to_owned(),
        reason: "the answer was cut".to_owned(),
        name: None,
        now: NOW,
    }
}

/// The kind, the book and the amount of each line after so many.
async fn lines<S: Audit>(store: &S, org: OrgId, after: usize) -> Vec<(EntryKind, EntryBook, i64)> {
    let entries = store.entries(org).await.expect("entries");
    entries.iter().skip(after).map(|it| (it.kind, it.book, it.amount)).collect()
}

async fn spent<S: Audit>(store: &S, org: OrgId) -> Vec<(u64, u64)> {
    let accounts = store.accounts(org).await.expect("figures");
    accounts.iter().map(|it| (it.spent.micros(), it.refunded.micros())).collect()
}

/// Bought credits are told apart from given ones; a lowered grant gives back what it was given.
pub async fn a_grant_is_entered_when_it_is_given_and_when_it_changes<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut bought = grant(1, GrantKind::TopUp, 500);
    store.put_grant(org, &bought, None, NOW).await.expect("a grant");
    bought.amount = credits(300);
    store.put_grant(org, &bought, None, NOW).await.expect("a change");
    let book = EntryBook::Grant(bought.id.into());
    let kind = EntryKind::TopUp;
    let expected = [
        (kind, EntryBook::Issued, -500),
        (kind, book, 500),
        (kind, book, -200),
        (kind, EntryBook::Issued, 200),
    ];
    assert_eq!(lines(store, org, 0).await, expected);
}

/// However many requests it reports.
pub async fn a_sync_enters_one_charge_a_grant_and_what_the_platform_paid<S: Audit>(store: &S) {
    let (org, mut node) = funded(store).await;
    let mut last = split(&mut node, 10, 20);
    last.overrun = credits(7);
    let charges = [split(&mut node, 30, 0), split(&mut node, 5, 0), last];
    node.report(store, charges).await.expect("charges");
    let expected = [
        (EntryKind::Charge, EntryBook::Grant(grant_id(1).into()), -45),
        (EntryKind::Charge, EntryBook::Consumed, 45),
        (EntryKind::Charge, EntryBook::Grant(grant_id(2).into()), -20),
        (EntryKind::Charge, EntryBook::Consumed, 20),
        (EntryKind::Overrun, EntryBook::Platform, -7),
        (EntryKind::Overrun, EntryBook::Consumed, 7),
    ];
    assert_eq!(lines(store, org, 4).await, expected);
}

/// 80 % of 300 are 240; the grant that was burnt last is named.
pub async fn credits_are_told_as_low_and_as_exhausted_once<S: Audit>(store: &S) {
    let (org, mut node) = funded(store).await;
    for (promo, top_up) in [(100, 139), (0, 1), (0, 59), (0, 1)] {
        let charge = split(&mut node, promo, top_up);
        node.report(store, [charge]).await.expect("a charge");
    }
    let told = store.threshold_events(org).await.expect("events");
    let told: Vec<_> =
        told.iter().map(|it| (it.account, it.threshold, it.remaining.micros())).collect();
    let account = grant_id(2).into();
    let expected =
        [(account, Threshold::CreditsLow, 60), (account, Threshold::CreditsExhausted, 0)];
    assert_eq!(told, expected);
}

/// By what is spent, or by a lower amount; each once, though it be raised and lowered again.
pub async fn a_limit_is_told_at_80_percent_and_when_nothing_is_left<S: Audit>(store: &S) {
    let (org, mut node) = funded(store).await;
    let mut ceiling = limit(1, Scope::Org, Period::Day, 100);
    store.put_limit(org, &ceiling, CountsFrom::Now, NOW).await.expect("a limit");
    let period = store.open_periods(org, NOW).await.expect("a period").remove(0);
    node.lease(store, org, period.account, 100).await;
    let lines = [
        (LineSource::Limit, period.account, 80),
        (LineSource::Grant(GrantKind::Promo), grant_id(1).into(), 80),
    ];
    let charge = node.charge_of(1, lines);
    node.report(store, [charge]).await.expect("a charge");
    for amount in [70, 200, 60] {
        ceiling.amount = credits(amount);
        store.put_limit(org, &ceiling, CountsFrom::Now, NOW).await.expect("a change");
    }
    let told = store.threshold_events(org).await.expect("events");
    let told: Vec<_> = told.iter().map(|it| (it.account, it.threshold, it.amount)).collect();
    let expected = [
        (period.account, Threshold::Limit80, credits(100)),
        (period.account, Threshold::Limit100, credits(70)),
    ];
    assert_eq!(told, expected);
}

/// Not before its last lease is back, once, and no clock that is set back leases it again.
pub async fn what_is_left_of_a_grant_expires_once_nobody_has_any_of_it<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut promo = grant(1, GrantKind::Promo, 100);
    promo.end = NOW.plus_micros(HOUR);
    store.put_grant(org, &promo, None, NOW).await.expect("a grant");
    let mut node = Node::start(store, 7).await;
    node.lease(store, org, promo.id, 100).await;
    let charge = node.charge(1, (GrantKind::Promo, promo.id), 30);
    node.report(store, [charge]).await.expect("a charge");
    assert_eq!(store.expire(NOW).await.expect("none"), []);
    assert_eq!(store.expire(promo.end).await.expect("none"), [], "70 are leased");
    let call = node.call(org).giving_back(promo.id, 70);
    store.sync(&call).await.expect("a return");
    let expired = store.expire(promo.end).await.expect("one");
    assert_eq!(expired.iter().map(|it| it.amount).collect::<Vec<_>>(), [credits(70)]);
    assert_eq!(store.expire(promo.end).await.expect("none"), []);
    let kind = EntryKind::Expiry;
    let expected = [(kind, EntryBook::Grant(promo.id.into()), -70), (kind, EntryBook::Expired, 70)];
    assert_eq!(lines(store, org, 4).await, expected);
    assert_eq!(node.lease(store, org, promo.id, 100).await, credits(0), "at its old time");
    promo.end = NOW.plus_micros(2 * HOUR);
    store.put_grant(org, &promo, None, NOW).await.expect("a later end");
    assert_eq!(node.lease(store, org, promo.id, 100).await, credits(70), "its own again");
}

/// Limits get the whole back, grants in reverse burn order; the event stays, usage is lowered.
pub async fn a_correction_gives_back_to_every_account_of_the_charge<S: Audit>(store: &S) {
    let (org, mut node) = funded(store).await;
    let mut charge = split(&mut node, 100, 50);
    charge.ending = Ending::Indeterminate;
    node.report(store, [charge.clone()]).await.expect("a charge");
    let adjusted = store.adjust(&correction(&charge, 80)).await.expect("a correction");
    assert_eq!((adjusted.before, adjusted.after), (credits(150), credits(80)));
    assert_eq!(spent(store, org).await, [(80, 20), (0, 50)]);
    let told = store.changes_since(crate::ChangeSeq(0), 100).await.expect("the feed");
    let total = credits(50);
    let refunded = Changed::Refunded { account: grant_id(2).into(), total };
    assert!(told.iter().any(|it| it.what == refunded), "{told:?}");
    let adjusted = store.adjust(&correction(&charge, 0)).await.expect("another");
    assert_eq!((adjusted.before, adjusted.after), (credits(80), credits(0)));
    let kinds: Vec<_> = lines(store, org, 8).await.iter().map(|it| (it.0, it.2)).collect();
    let [adjustment, refund] = [EntryKind::Adjustment, EntryKind::Refund];
    let expected =
        [(adjustment, -20), (adjustment, 20), (adjustment, -50), (adjustment, 50), (refund, -80)];
    assert_eq!(kinds[..5], expected);
    assert_eq!(
        store.charge(charge.org, charge.hold).await.expect("it stays"),
        Some(charge.clone())
    );
    let (from, until) = (ledger::Instant::MIN, ledger::Instant::MAX);
    let whole = UsageQuery { org, member: None, from, until };
    assert_eq!(store.usage(&whole).await.expect("usage")[0].charged, credits(0));
    let listed = store.indeterminate(None).await.expect("a list").remove(0);
    assert_eq!((listed.charge, listed.charged), (charge, credits(0)));
    assert_eq!(listed.adjustments.iter().map(|it| it.number).collect::<Vec<_>>(), [1, 1, 2]);
    assert_eq!(node.lease(store, org, grant_id(1), 1_000).await, credits(100));
}

/// A correction only lowers, and only what the organisation was charged.
pub async fn a_correction_that_would_raise_a_charge_is_refused<S: Audit>(store: &S) {
    let (org, mut node) = funded(store).await;
    let charge = split(&mut node, 40, 0);
    node.report(store, [charge.clone()]).await.expect("a charge");
    refused!(store.adjust(&correction(&charge, 41)).await, Error::Conflict(_));
    let mut unknown = correction(&charge, 1);
    unknown.hold.n += 1;
    refused!(store.adjust(&unknown).await, Error::Conflict(_));
    let strangers = AdjustmentRequest { org: org_id(2), ..correction(&charge, 1) };
    refused!(store.adjust(&strangers).await, Error::Conflict(_));
    let same = store.adjust(&correction(&charge, 40)).await.expect("nothing to do");
    assert_eq!(same.before, same.after);
    assert_eq!(store.adjustments(org).await.expect("none"), []);
}

/// The same name is the same correction, whatever the charge is by then.
pub async fn a_named_correction_is_made_once<S: Audit>(store: &S) {
    let (org, mut node) = funded(store).await;
    let charge = split(&mut node, 40, 0);
    node.report(store, [charge.clone()]).await.expect("a charge");
    let named = AdjustmentRequest { name: Some("ticket 4".to_owned()), ..correction(&charge, 30) };
    let first = store.adjust(&named).await.expect("a correction");
    store.adjust(&correction(&charge, 10)).await.expect("another");
    let later = AdjustmentRequest { now: NOW.plus_micros(HOUR), ..named.clone() };
    assert_eq!(store.adjust(&later).await.expect("the same"), first);
    let other = AdjustmentRequest { charge: credits(5), ..named };
    refused!(store.adjust(&other).await, Error::NameTaken(_));
    assert_eq!(spent(store, org).await[0], (10, 30));
}
