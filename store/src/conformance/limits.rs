//! Limits are set, changed and removed.

use ledger::{CountsFrom, Credits, GrantKind, LimitId, Period, Scope, Tool};

use super::fixture::{
    DAY, NOW, credits, grant, group_id, key, key_id, limit, member, member_id, project_id,
    settle_in,
};
use super::node::Node;
use super::refused;
use crate::{Audit, Error, MAX_PATH};

const START: CountsFrom = CountsFrom::PeriodStart;

/// Its identity is (scope, tool, period), and it keeps it.
pub async fn a_limit_is_one_of_its_scope_tool_and_period<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut month = limit(1, Scope::Member(member_id(1)), Period::Month, 100);
    store.put_limit(org, &month, START, NOW).await.expect("a limit");
    let same = limit(2, Scope::Member(member_id(1)), Period::Month, 200);
    refused!(store.put_limit(org, &same, START, NOW).await, Error::Conflict(_));
    let mut others = vec![same; 3];
    others[0].tool = Some(Tool::new("chatbot"));
    others[1].scope = Scope::Member(member_id(11));
    others[2].period = Period::Week;
    for (other, id) in others.iter_mut().zip(2..) {
        other.id = LimitId::from_u128(id);
        store.put_limit(org, other, START, NOW).await.expect("another identity");
    }
    month.period = Period::Day;
    refused!(store.put_limit(org, &month, START, NOW).await, Error::Conflict(_));
    month.period = Period::Month;
    month.amount = credits(300);
    store.put_limit(org, &month, START, NOW).await.expect("another amount");
    let limits = store.load(org).await.expect("a load").expect("the organisation").limits;
    others.push(month);
    others.sort_by_key(|limit| limit.id);
    assert_eq!(limits, others);
}

/// A limit of nobody would never count.
pub async fn a_limit_needs_a_scope_that_is_there<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    settle_in(store, 3).await;
    let there = [
        Scope::Org,
        Scope::Group(group_id(1)),
        Scope::Project(project_id(1)),
        Scope::Member(member_id(1)),
        Scope::Key(key_id(1)),
    ];
    for (scope, id) in there.into_iter().zip(1..) {
        let limit = limit(id, scope, Period::Day, 1);
        store.put_limit(org, &limit, START, NOW).await.expect("a limit");
    }
    let elsewhere = [
        Scope::Group(group_id(3)),
        Scope::Project(project_id(3)),
        Scope::Member(member_id(3)),
        Scope::Key(key_id(3)),
    ];
    for scope in elsewhere {
        let limit = limit(9, scope, Period::Day, 1);
        refused!(store.put_limit(org, &limit, START, NOW).await, Error::Conflict(_));
    }
    let unknown = LimitId::from_u128(1);
    refused!(store.remove_limit(org, unknown).await, Error::Conflict(_));
}

/// The period of the day and those to come; what has ended stays as it was.
pub async fn a_changed_amount_reaches_the_accounts_that_have_not_ended<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut day = limit(1, Scope::Org, Period::Day, 100);
    store.put_limit(org, &day, START, NOW).await.expect("a limit");
    let (tomorrow, after) = (NOW.plus_micros(DAY), NOW.plus_micros(2 * DAY));
    let today = store.open_periods(org, NOW).await.expect("a period").remove(0);
    store.open_periods(org, tomorrow).await.expect("a period");
    day.amount = credits(70);
    // The first instant after it is not in a period.
    store.put_limit(org, &day, START, today.end).await.expect("a change");
    store.open_periods(org, after).await.expect("a period");
    let mut accounts = store.accounts(org).await.expect("figures");
    accounts.sort_by_key(|account| account.start);
    let amounts: Vec<_> = accounts.iter().map(|account| account.amount).collect();
    assert_eq!(amounts, [credits(100), credits(70), credits(70)]);
}

/// Lowered below what is out, an account has nothing available; nothing is ever negative.
pub async fn a_lowered_limit_leases_nothing_until_it_has_room_again<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut day = limit(1, Scope::Org, Period::Day, 100);
    store.put_limit(org, &day, START, NOW).await.expect("a limit");
    let account = store.open_periods(org, NOW).await.expect("a period")[0].account;
    let mut node = Node::start(store, 7).await;
    assert_eq!(node.lease(store, org, account, 80).await, credits(80));
    day.amount = credits(50);
    store.put_limit(org, &day, START, NOW).await.expect("a lower limit");
    assert_eq!(node.lease(store, org, account, 1).await, Credits::ZERO);
    store.sync(&node.call(org).giving_back(account, 40)).await.expect("what is owed");
    assert_eq!(node.lease(store, org, account, 60).await, credits(10));
    let figures = store.accounts(org).await.expect("figures").remove(0);
    assert_eq!((figures.amount, figures.leased), (credits(50), credits(50)));
}

/// Whoever calls with whatever tool passes at most so many.
pub async fn a_path_has_at_most_sixteen_accounts<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let put = async |id: u128, scope, period, tool: Option<&str>| {
        let mut limit = limit(id, scope, period, 1);
        limit.tool = tool.map(Tool::new);
        store.put_limit(org, &limit, START, NOW).await
    };
    for (period, id) in Period::ALL.into_iter().zip(1..) {
        put(id, Scope::Org, period, None).await.expect("five");
        put(10 + id, Scope::Group(group_id(1)), period, None).await.expect("ten");
    }
    for id in 1..=3 {
        store.put_grant(org, &grant(id, GrantKind::TopUp, 1), None, NOW).await.expect("thirteen");
    }
    let mut ended = grant(4, GrantKind::TopUp, 1);
    ended.end = NOW;
    store.put_grant(org, &ended, None, NOW).await.expect("one that nobody burns");
    for (period, id) in [Period::Day, Period::Week].into_iter().zip(21..) {
        put(id, Scope::Key(key_id(1)), period, None).await.expect("fifteen");
        put(10 + id, Scope::Key(key_id(11)), period, None).await.expect("another's key");
    }
    put(41, Scope::Member(member_id(1)), Period::Day, Some("chatbot")).await.expect("sixteen");
    put(42, Scope::Member(member_id(1)), Period::Day, Some("images")).await.expect("another tool");
    assert_eq!(MAX_PATH, 16);
    refused!(put(43, Scope::Project(project_id(1)), Period::Day, None).await, Error::Conflict(_));
    // Refused, it is not there; elsewhere there is still room.
    put(44, Scope::Member(member_id(11)), Period::Day, None).await.expect("the other's sixteenth");
    let mut second = key(1, 12);
    second.standing.member = member(1, 1).standing.id;
    store.put_key(&second, None).await.expect("a second key of the first member");
    put(45, Scope::Key(key_id(12)), Period::Day, None).await.expect("one key at a time");
}
