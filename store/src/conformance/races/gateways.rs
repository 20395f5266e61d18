//! Gateways meet each other.

use ledger::{AccountId, CountsFrom, Credits, GrantKind, HoldId, OrgId, Period, Scope};

use super::super::fixture::{NOW, credits, grant, grant_id, limit, settle_in};
use super::super::node::Node;
use super::ROUNDS;
use crate::{Ask, Asked, Audit, Error, SyncAnswer, SyncRequest, Threshold, Verdict};

const TOP_UP: GrantKind = GrantKind::TopUp;

/// An organisation, and two gateways that have nothing of it yet.
async fn two_gateways<S: Audit>(store: &S) -> (OrgId, Node, Node) {
    let org = settle_in(store, 1).await;
    (org, Node::start(store, 7).await, Node::start(store, 8).await)
}

/// Two calls at once.
async fn both<S: Audit>(
    (one, call): (&S, SyncRequest),
    (other, another): (&S, SyncRequest),
) -> (SyncAnswer, SyncAnswer) {
    let (first, second) = tokio::join!(one.sync(&call), other.sync(&another));
    (first.expect("a call"), second.expect("another call"))
}

fn sum(answers: &(SyncAnswer, SyncAnswer)) -> Credits {
    let granted = answers.0.granted.iter().chain(&answers.1.granted);
    granted.fold(Credits::ZERO, |sum, granted| sum.saturating_add(granted.amount))
}

/// What the one gets is what the other does not.
pub async fn two_gateways_lease_no_more_than_there_is<S: Audit>(one: &S, other: &S) {
    let (org, mut mine, mut theirs) = two_gateways(one).await;
    for round in 1..=ROUNDS {
        one.put_grant(org, &grant(round, TOP_UP, 100), None, NOW).await.expect("a grant");
        let wish = |node: &mut Node| node.call(org).wishing(grant_id(round), Credits::MAX);
        let answers = both((one, wish(&mut mine)), (other, wish(&mut theirs))).await;
        assert_eq!(sum(&answers), credits(100), "round {round}: {answers:?}");
    }
}

fn asking(node: &mut Node, org: OrgId, account: AccountId, amount: u64) -> SyncRequest {
    let mut call = node.call(org);
    call.ask.push(Ask {
        hold: HoldId { node: node.id, epoch: node.epoch, n: 1 },
        limits: Vec::new(),
        grants: vec![Asked { account, own: Credits::ZERO }],
        least: credits(amount),
        most: credits(amount),
    });
    call
}

/// And the other one hears that they are held.
pub async fn of_two_requests_for_the_last_credits_one_is_leased<S: Audit>(one: &S, other: &S) {
    let (org, mut mine, mut theirs) = two_gateways(one).await;
    for round in 1..=ROUNDS {
        one.put_grant(org, &grant(round, TOP_UP, 10), None, NOW).await.expect("a grant");
        let ask = |node: &mut Node| asking(node, org, grant_id(round).into(), 10);
        let answers = both((one, ask(&mut mine)), (other, ask(&mut theirs))).await;
        assert_eq!(sum(&answers), credits(10), "round {round}: {answers:?}");
        let mut verdicts = [&answers.0, &answers.1].map(|answer| answer.verdicts.clone());
        verdicts.sort_unstable_by_key(|verdicts| verdicts.first() == Some(&Verdict::Held));
        assert_eq!(verdicts, [[Verdict::Leased], [Verdict::Held]], "round {round}");
    }
}

/// A gateway that has not heard the answer in time asks again while the first call is still under way.
pub async fn a_call_that_comes_twice_at_once_is_booked_once<S: Audit>(one: &S, other: &S) {
    let (org, mut node, _) = two_gateways(one).await;
    one.put_grant(org, &grant(1, TOP_UP, 1_000), None, NOW).await.expect("a grant");
    node.lease(one, org, grant_id(1), 500).await;
    for round in 1..=ROUNDS {
        let charge = node.charge(1, (TOP_UP, grant_id(1)), 10);
        let mut call = node.call(org);
        if round.is_multiple_of(2) {
            call = call.charging([charge]).wishing(grant_id(1), credits(20));
        }
        let answers = tokio::join!(one.sync(&call), other.sync(&call));
        let expected = one.sync(&call).await.expect("the same call once more");
        for answer in <[_; 2]>::from(answers) {
            match answer {
                Ok(answer) => assert_eq!(answer, expected, "round {round}"),
                Err(error) => assert!(error.is_transient(), "round {round}: {error}"),
            }
        }
    }
    let charges = one.charges(org).await.expect("charges");
    assert_eq!(u128::try_from(charges.len()).ok(), Some(ROUNDS / 2));
    assert!(one.reconcile().await.expect("figures").holds());
}

/// What the next start is told of its journal has the call, or the call was fenced.
pub async fn a_start_and_a_call_of_the_start_before_come_one_after_the_other<S: Audit>(
    one: &S,
    other: &S,
) {
    let (org, mut node, _) = two_gateways(one).await;
    for round in 1..=ROUNDS {
        let call = node.call(org);
        let registration = node.registration();
        let (called, started) = tokio::join!(one.sync(&call), other.register(&registration));
        let started = started.expect("a start");
        let seq = started.applied.first().map_or(0, |(_, applied)| applied.seq);
        match called {
            Ok(_) => assert_eq!(seq, call.seq, "round {round}"),
            Err(Error::Fenced { current }) => {
                assert_eq!((current, seq), (started.epoch, call.seq - 1), "round {round}");
            }
            Err(error) => unreachable!("round {round}: {error}"),
        }
        node.registered(&started);
    }
}

/// Each burns a grant of its own, so that they have no account in common.
pub async fn the_transfers_of_two_gateways_are_numbered_without_a_gap<S: Audit>(
    one: &S,
    other: &S,
) {
    let (org, mut mine, mut theirs) = two_gateways(one).await;
    for (number, node) in [(1, &mut mine), (2, &mut theirs)] {
        one.put_grant(org, &grant(number, TOP_UP, 1_000), None, NOW).await.expect("a grant");
        node.lease(one, org, grant_id(number), 1_000).await;
    }
    for _ in 1..=ROUNDS {
        let burn = |node: &mut Node, number| {
            let charge = node.charge(1, (TOP_UP, grant_id(number)), 10);
            node.call(org).charging([charge])
        };
        both((one, burn(&mut mine, 1)), (other, burn(&mut theirs, 2))).await;
    }
    let entries = one.entries(org).await.expect("entries");
    let numbers = entries.iter().filter(|entry| entry.line == 1).map(|entry| entry.transfer);
    assert!(numbers.eq((1..).take(entries.len() / 2)), "{entries:#?}");
    assert!(one.reconcile().await.expect("figures").holds());
}

/// Neither alone takes an organisation's credits down to a fifth; both together do.
pub async fn what_two_gateways_reach_together_is_told_once<S: Audit>(one: &S, other: &S) {
    let (org, mut mine, mut theirs) = two_gateways(one).await;
    for (number, node) in [(1, &mut mine), (2, &mut theirs)] {
        one.put_grant(org, &grant(number, TOP_UP, 100), None, NOW).await.expect("a grant");
        node.lease(one, org, grant_id(number), 100).await;
    }
    let burn = |node: &mut Node, number| {
        let charge = node.charge(1, (TOP_UP, grant_id(number)), 80);
        node.call(org).charging([charge])
    };
    both((one, burn(&mut mine, 1)), (other, burn(&mut theirs, 2))).await;
    let told = one.threshold_events(org).await.expect("thresholds");
    let told: Vec<_> = told.iter().map(|event| (event.threshold, event.remaining)).collect();
    assert_eq!(told, [(Threshold::CreditsLow, credits(40))]);
}

/// Both are told of the same accounts.
pub async fn a_period_is_opened_once_by_two_gateways<S: Audit>(one: &S, other: &S) {
    let org = settle_in(one, 1).await;
    for (number, period) in [(1, Period::Day), (2, Period::Month), (3, Period::Total)] {
        let limit = limit(number, Scope::Org, period, 100);
        one.put_limit(org, &limit, CountsFrom::PeriodStart, NOW).await.expect("a limit");
    }
    for day in 0..8 {
        let at = NOW.plus_micros(day * super::super::fixture::DAY);
        let (mine, theirs) = tokio::join!(one.open_periods(org, at), other.open_periods(org, at));
        assert_eq!(mine.expect("periods"), theirs.expect("periods"), "day {day}");
    }
    // Eight days, of two months, and all time.
    assert_eq!(one.accounts(org).await.expect("accounts").len(), 8 + 1 + 1);
}
