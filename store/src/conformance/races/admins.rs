//! Admins meet each other, and gateways.

use ledger::{CountsFrom, Credits, Grant, GrantKind, LimitId, Period, Scope};

use super::super::fixture::{HOUR, NOW, credits, grant, grant_id, limit, settle_in};
use super::super::node::Node;
use super::ROUNDS;
use crate::{AdjustmentRequest, Audit, Error, Retirement, SILENT_AFTER_MICROS};

const TOP_UP: GrantKind = GrantKind::TopUp;
const START: CountsFrom = CountsFrom::PeriodStart;

/// And the other is told to change that one.
pub async fn of_two_limits_of_one_identity_one_is_set<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    for round in 1..=ROUNDS {
        let mine = limit(round * 2, Scope::Org, Period::Day, 100);
        let theirs = limit(round * 2 + 1, Scope::Org, Period::Day, 200);
        let set = tokio::join!(
            one.put_limit(org, &mine, START, NOW),
            other.put_limit(org, &theirs, START, NOW)
        );
        let stands = match set {
            (Ok(_), Err(Error::Conflict(_))) => mine,
            (Err(Error::Conflict(_)), Ok(_)) => theirs,
            set => unreachable!("round {round}: {set:?}"),
        };
        let limits = one.load(org).await.expect("a load").expect("the organisation").limits;
        assert_eq!(limits, std::slice::from_ref(&stands));
        one.remove_limit(org, stands.id).await.expect("a limit that there is");
    }
}

/// Both are answered the same grant, whatever id each had made for it.
pub async fn a_named_grant_that_is_asked_for_twice_at_once_is_made_once<S: Audit>(
    one: &S,
    other: &S,
) {
    let org = settle_in(one, 1).await;
    for round in 1..=ROUNDS {
        let (asked, name) = (grant(round, TOP_UP, 100), format!("invoice {round}"));
        let (mine, theirs) = tokio::join!(
            one.put_grant(org, &asked, Some(&name), NOW),
            other.put_grant(org, &asked, Some(&name), NOW)
        );
        assert_eq!(mine.expect("a grant"), theirs.expect("a grant"), "round {round}");
    }
    let entries = one.entries(org).await.expect("entries");
    assert_eq!(u128::try_from(entries.len()).ok(), Some(ROUNDS * 2));
}

/// The second one finds the charge lowered already.
pub async fn two_corrections_at_once_give_back_what_one_would<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    one.put_grant(org, &grant(1, TOP_UP, 1_000), None, NOW).await.expect("a grant");
    let mut node = Node::start(one, 7).await;
    node.lease(one, org, grant_id(1), 1_000).await;
    for round in 1..=ROUNDS {
        let charge = node.charge(1, (TOP_UP, grant_id(1)), 100);
        node.report(one, [charge.clone()]).await.expect("a charge");
        let correction = AdjustmentRequest {
            org,
            hold: charge.hold,
            charge: credits(40),
            actor: "ada".to_owned(),
            reason: "the answer was cut".to_owned(),
            name: None,
            now: NOW,
        };
        let (mine, theirs) = tokio::join!(one.adjust(&correction), other.adjust(&correction));
        let mut before = [mine, theirs].map(|adjusted| adjusted.expect("a correction").before);
        before.sort_unstable();
        assert_eq!(before, [credits(40), credits(100)], "round {round}");
    }
    let back = one.adjustments(org).await.expect("corrections");
    assert!(back.iter().all(|it| it.amount == credits(60)));
    assert_eq!(u128::try_from(back.len()).ok(), Some(ROUNDS));
    assert!(one.reconcile().await.expect("figures").holds());
}

/// A gateway's clock has not come to the end yet, another's has.
pub async fn a_grant_is_either_leased_or_over<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    let mut node = Node::start(one, 7).await;
    let end = NOW.plus_micros(HOUR);
    for round in 1..=ROUNDS {
        let grant = Grant { end, ..grant(round, TOP_UP, 100) };
        one.put_grant(org, &grant, None, NOW).await.expect("a grant");
        let wish = node.call(org).wishing(grant.id, Credits::MAX);
        let (answer, expired) = tokio::join!(one.sync(&wish), other.expire(end));
        let granted = answer.expect("a call").granted;
        let expired = expired.expect("an expiry");
        let is_over = expired.iter().any(|it| it.grant == grant.id && it.amount == credits(100));
        let is_leased = granted.first().is_some_and(|granted| granted.amount == credits(100));
        assert!(is_over != is_leased, "round {round}: {granted:?}, {expired:?}");
    }
    assert!(one.reconcile().await.expect("figures").holds());
}

/// What was leased of it stays with the gateway, and the ledger knows how much that may be.
pub async fn a_limit_is_leased_either_before_it_is_lowered_or_after<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    let mut node = Node::start(one, 7).await;
    for round in 1..=ROUNDS {
        let id = LimitId::from_u128(0x6000 + round);
        let scope = Scope::Org;
        let period = if round.is_multiple_of(2) { Period::Day } else { Period::Month };
        let mut limit = limit(round, scope, period, 100);
        one.put_limit(org, &limit, START, NOW).await.expect("a limit");
        let periods = one.open_periods(org, NOW).await.expect("periods");
        let account = periods.iter().find(|it| it.limit == id).expect("its account").account;
        limit.amount = credits(30);
        let wish = node.call(org).wishing(account, Credits::MAX);
        let (answer, lowered) =
            tokio::join!(one.sync(&wish), other.put_limit(org, &limit, START, NOW));
        lowered.expect("a lowered limit");
        let granted = answer.expect("a call").granted;
        let leased = granted.first().map_or(Credits::ZERO, |granted| granted.amount);
        assert!([credits(100), credits(30)].contains(&leased), "round {round}: {leased}");
        one.remove_limit(org, id).await.expect("a limit that there is");
    }
    assert!(one.reconcile().await.expect("figures").holds());
}

/// What the gateway gets is lost with it, or it gets nothing any more.
pub async fn a_gateway_leases_before_it_is_retired_or_not_at_all<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    let later = NOW.plus_micros(SILENT_AFTER_MICROS + 1);
    for round in 1..=ROUNDS {
        one.put_grant(org, &grant(round, TOP_UP, 100), None, NOW).await.expect("a grant");
        let mut node = Node::start(one, 100 + u32::try_from(round).expect("few rounds")).await;
        let wish = node.call(org).wishing(grant_id(round), Credits::MAX);
        let retirement = Retirement { node: node.id, assume_spent: true, now: later };
        let (leased, retired) = tokio::join!(one.sync(&wish), other.retire(&retirement));
        let lost = retired.expect("it is silent").written_off;
        match leased {
            Ok(_) => {
                assert_eq!(lost.iter().map(|it| it.amount).collect::<Vec<_>>(), [credits(100)])
            }
            Err(Error::Fenced { .. }) => assert_eq!(lost, [], "round {round}"),
            Err(error) => unreachable!("round {round}: {error}"),
        }
    }
    assert!(one.reconcile().await.expect("figures").holds());
}
