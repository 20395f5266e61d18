//! Limits count: the accounts of their periods, and what those open with.

use ledger::{CountsFrom, GrantKind, Instant, Period, PeriodOpened, Scope, Tool};

use super::fixture::{
    DAY, HOUR, NOW, credits, grant, grant_id, group_id, key_id, limit, member_id, org, project_id,
    settle_in,
};
use super::node::Node;
use crate::Audit;

const START: CountsFrom = CountsFrom::PeriodStart;

async fn opened<S: Audit>(store: &S, at: Instant) -> PeriodOpened {
    store.open_periods(super::fixture::org_id(1), at).await.expect("a period").remove(0)
}

/// Asked for again, the period has the same account, with what was spent of it since.
pub async fn a_period_is_opened_once<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let day = limit(1, Scope::Org, Period::Day, 100);
    store.put_limit(org, &day, START, NOW).await.expect("a limit");
    store.put_grant(org, &grant(1, GrantKind::Seat, 90), None, NOW).await.expect("a grant");
    let first = opened(store, NOW).await;
    let midnight = NOW.micros() - NOW.micros().rem_euclid(DAY);
    assert_eq!((first.limit, first.spent), (day.id, credits(0)));
    assert_eq!(first.start, Instant::from_micros(midnight));
    assert_eq!(first.end, first.start.plus_micros(DAY));
    let mut node = Node::start(store, 7).await;
    node.lease(store, org, first.account, 100).await;
    node.lease(store, org, grant_id(1), 90).await;
    let lines = [
        (ledger::LineSource::Limit, first.account, 30),
        (ledger::LineSource::Grant(GrantKind::Seat), grant_id(1).into(), 30),
    ];
    let charge = node.charge_of(1, lines);
    node.report(store, [charge]).await.expect("a charge");
    let again = opened(store, first.start).await;
    assert_eq!(again, PeriodOpened { spent: credits(30), ..first });
    let last = Instant::from_micros(first.end.micros() - 1);
    assert_eq!(opened(store, last).await, again);
    let next = opened(store, first.end).await;
    assert_eq!((next.start, next.spent), (first.end, credits(0)));
    assert_ne!(next.account, first.account);
}

/// Of its scope and its tool, admitted within the period: charges that were booked before.
pub async fn a_period_opens_with_what_its_scope_has_spent<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    store.put_grant(org, &grant(1, GrantKind::Seat, 100_000), None, NOW).await.expect("a grant");
    let mut node = Node::start(store, 7).await;
    node.lease(store, org, grant_id(1), 100_000).await;
    let mut spend = async |micros: i64, amount, tool: &str| {
        let mut charge = node.charge(1, (GrantKind::Seat, grant_id(1)), amount);
        charge.admitted = NOW.plus_micros(micros);
        charge.ended = charge.admitted.plus_micros(2 * HOUR);
        charge.tool = Tool::new(tool);
        (charge.group, charge.project) = (Some(group_id(1)), Some(project_id(1)));
        if amount == 1_000 {
            charge.member = member_id(11);
            charge.key = None;
            (charge.group, charge.project) = (None, None);
        }
        node.report(store, [charge]).await.expect("a charge");
    };
    // NOW is half past nine: the day began nine and a half hours ago.
    spend(-10 * HOUR, 1, "chatbot").await;
    spend(-19 * HOUR / 2 - 1, 2, "chatbot").await;
    spend(-19 * HOUR / 2, 10, "chatbot").await;
    spend(-HOUR, 100, "images").await;
    spend(0, 1_000, "chatbot").await;
    let own = [
        (Scope::Org, None, 1_110),
        (Scope::Org, Some("chatbot"), 1_010),
        (Scope::Group(group_id(1)), None, 110),
        (Scope::Project(project_id(1)), Some("images"), 100),
        (Scope::Member(member_id(1)), None, 110),
        (Scope::Member(member_id(11)), None, 1_000),
        (Scope::Key(key_id(1)), Some("chatbot"), 10),
        (Scope::Key(key_id(11)), None, 0),
    ];
    for ((scope, tool, _), id) in own.into_iter().zip(1..) {
        let mut day = limit(id, scope, Period::Day, 5);
        day.tool = tool.map(Tool::new);
        store.put_limit(org, &day, START, NOW).await.expect("a limit");
    }
    let opened = store.open_periods(org, NOW).await.expect("periods");
    let spent: Vec<_> = opened.iter().map(|period| period.spent).collect();
    assert_eq!(spent, own.map(|(_, _, spent)| credits(spent)));
    for account in store.accounts(org).await.expect("figures") {
        let opened = opened.iter().find(|period| period.account == account.id);
        assert!(opened.is_none_or(|period| period.spent == account.opened_with));
    }
}

/// Where midnight is not at a whole hour UTC, the hour is told apart at it.
pub async fn a_period_that_begins_within_an_hour_counts_from_there<S: Audit>(store: &S) {
    let id = settle_in(store, 1).await;
    let mut kolkata = org(1);
    kolkata.time_zone = "Asia/Kolkata".to_owned();
    store.put_org(&kolkata).await.expect("half an hour off");
    store.put_grant(id, &grant(1, GrantKind::Seat, 1_000), None, NOW).await.expect("a grant");
    let mut node = Node::start(store, 7).await;
    node.lease(store, id, grant_id(1), 1_000).await;
    // Midnight there was at 18:30 UTC, fifteen hours ago.
    let mut charges = Vec::new();
    for (micros, amount) in [(-1, 1), (0, 10), (HOUR / 2 - 1, 20), (HOUR / 2, 40), (15 * HOUR, 80)]
    {
        let mut charge = node.charge(1, (GrantKind::Seat, grant_id(1)), amount);
        charge.admitted = NOW.plus_micros(micros - 15 * HOUR);
        charges.push(charge);
    }
    // They end in another order than they came.
    for place in [1, 2, 0, 4, 3] {
        node.report(store, [charges[place].clone()]).await.expect("a charge");
    }
    let day = limit(1, Scope::Org, Period::Day, 100);
    store.put_limit(id, &day, START, NOW).await.expect("a limit");
    let opened = opened(store, NOW).await;
    assert_eq!(opened.start, NOW.plus_micros(-15 * HOUR));
    assert_eq!(opened.spent, credits(150));
}

/// A total has no start: everything that was ever charged counts.
pub async fn a_total_counts_from_the_beginning<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    store.put_grant(org, &grant(1, GrantKind::Seat, 1_000), None, NOW).await.expect("a grant");
    let mut node = Node::start(store, 7).await;
    node.lease(store, org, grant_id(1), 1_000).await;
    for days in [400, 40, 0] {
        let mut charge = node.charge(1, (GrantKind::Seat, grant_id(1)), 5);
        charge.admitted = NOW.plus_micros(-days * DAY);
        node.report(store, [charge]).await.expect("a charge");
    }
    let total = limit(1, Scope::Org, Period::Total, 100);
    store.put_limit(org, &total, START, NOW).await.expect("a limit");
    let opened = opened(store, NOW).await;
    assert_eq!(opened.spent, credits(15));
    assert_eq!((opened.start, opened.end), (Instant::MIN, Instant::MAX));
}

/// Only the first: the next one is a period like any other.
pub async fn a_limit_that_counts_from_now_opens_its_first_period_at_zero<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    store.put_grant(org, &grant(1, GrantKind::Seat, 1_000), None, NOW).await.expect("a grant");
    let mut node = Node::start(store, 7).await;
    node.lease(store, org, grant_id(1), 1_000).await;
    let charge = node.charge(1, (GrantKind::Seat, grant_id(1)), 5);
    node.report(store, [charge]).await.expect("a charge");
    let day = limit(1, Scope::Org, Period::Day, 100);
    store.put_limit(org, &day, CountsFrom::Now, NOW).await.expect("a limit");
    assert_eq!(opened(store, NOW).await.spent, credits(0));
    node.now = NOW.plus_micros(DAY);
    let charge = node.charge(1, (GrantKind::Seat, grant_id(1)), 7);
    node.report(store, [charge]).await.expect("a charge");
    assert_eq!(opened(store, node.now).await.spent, credits(7));
}

/// What is open stays as it is, and the next period begins where it ends.
pub async fn a_change_of_zone_acts_from_the_next_period<S: Audit>(store: &S) {
    let id = settle_in(store, 1).await;
    let day = limit(1, Scope::Org, Period::Day, 100);
    store.put_limit(id, &day, START, NOW).await.expect("a limit");
    let today = opened(store, NOW).await;
    let mut moved = org(1);
    // Nine hours ahead: its midnight is at 15:00 UTC.
    moved.time_zone = "Asia/Tokyo".to_owned();
    store.put_org(&moved).await.expect("a change of zone");
    assert_eq!(opened(store, NOW).await, today);
    let rest = opened(store, today.end).await;
    assert_eq!((rest.start, rest.end), (today.end, today.end.plus_micros(15 * HOUR)));
    let whole = opened(store, rest.end).await;
    assert_eq!((whole.start, whole.end), (rest.end, rest.end.plus_micros(DAY)));
}

/// The account that was closed keeps what it counted; the new one counts what both would have.
pub async fn a_removed_limit_opens_another_account_when_it_is_revived<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    store.put_grant(org, &grant(1, GrantKind::Seat, 1_000), None, NOW).await.expect("a grant");
    let day = limit(1, Scope::Org, Period::Day, 100);
    store.put_limit(org, &day, START, NOW).await.expect("a limit");
    let first = opened(store, NOW).await;
    let mut node = Node::start(store, 7).await;
    node.lease(store, org, grant_id(1), 1_000).await;
    node.lease(store, org, first.account, 60).await;
    let both = |node: &mut Node, amount| {
        let limit = (ledger::LineSource::Limit, first.account, amount);
        let seat = (ledger::LineSource::Grant(GrantKind::Seat), grant_id(1).into(), amount);
        node.charge_of(1, [limit, seat])
    };
    let charge = both(&mut node, 10);
    node.report(store, [charge]).await.expect("a charge");
    store.remove_limit(org, day.id).await.expect("a removal");
    assert_eq!(store.open_periods(org, NOW).await.expect("no periods"), []);
    // A hold from before the removal ends on the account that it was taken from.
    let charge = both(&mut node, 20);
    node.report(store, [charge]).await.expect("a charge");
    assert_eq!(node.lease(store, org, first.account, 5).await, credits(0));
    store.put_limit(org, &day, START, NOW).await.expect("a revival");
    let second = opened(store, NOW).await;
    assert_ne!(second.account, first.account);
    assert_eq!((second.start, second.end), (first.start, first.end));
    assert_eq!(second.spent, credits(30));
    assert_eq!(node.lease(store, org, second.account, 100).await, credits(70));
}
