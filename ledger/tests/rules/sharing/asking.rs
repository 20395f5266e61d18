//! Who waits for the store, and what its word does.

use ledger::{Admission, Answer, Change, Credits, Limit, LimitId, Refusal, Scope, Verdict};

use super::{answer, figures, leased, with_limit};
use crate::org::{ADA, BEN, Org, ada, at, ben, credits, elastic, held, limit, period};

#[test]
fn what_is_not_leased_is_asked_for_and_waited_for() {
    let (mut org, account, pool) = with_limit();
    org.apply(leased(account, 25));
    org.apply(leased(pool, 8));
    let ticket = org.wait(&ada(), 10);
    let [ask] = <[_; 1]>::try_from(org.book.asks(16)).unwrap();
    assert_eq!((ask.ticket, ask.least, ask.most), (ticket, credits(10), credits(10)));
    assert_eq!(ask.limits, [(account, Credits::ZERO)]);
    assert_eq!(ask.grants, [(pool, Credits::ZERO)]);
    assert_eq!(org.returned(), [(account, 10), (pool, 8)], "what is free towards it goes along");
    let answered = Answer {
        leased: vec![(account, credits(10)), (pool, credits(10))],
        figures: vec![figures(account, 40, false), figures(pool, 0, false)],
        recalled: Vec::new(),
        verdicts: vec![(ticket, Verdict::Leased)],
    };
    let (decided, hold) = held(org.book.take_answer(answered, org.now));
    assert_eq!((decided, hold.amount()), (ticket, credits(10)));
    assert_eq!(org.figures(account), (15, 10, 0));
    org.settle(hold, 10);
}

#[test]
fn a_request_takes_less_than_its_quote_only_once_the_store_has_answered() {
    let (mut org, account, pool) = with_limit();
    org.apply(leased(pool, 100));
    org.apply(leased(account, 30));
    let Admission::Waiting(ticket) = org.ask(&ada(), elastic(20, 50)) else { panic!("30 of 50") };
    let decided = answer(&mut org, ticket, Verdict::Held, Vec::new());
    let (_, hold) = held(decided);
    assert_eq!(hold.amount(), credits(30));
    org.settle(hold, 0);
}

#[test]
fn while_the_store_is_away_less_than_the_quote_will_do() {
    let (mut org, account, pool) = with_limit();
    org.apply(leased(pool, 100));
    org.apply(leased(account, 30));
    let Admission::Waiting(ticket) = org.ask(&ada(), elastic(20, 50)) else { panic!("30 of 50") };
    let Admission::Waiting(_) = org.ask(&ben(), elastic(20, 30)) else { panic!("she was first") };
    let (decided, hold) = held(org.book.unanswered(org.now));
    assert_eq!((decided, hold.amount()), (ticket, credits(30)));
    let (_, second) = held(org.end(hold, 5));
    assert_eq!(second.amount(), credits(25));
    org.settle(second, 0);
}

#[test]
fn credits_on_silent_gateways_are_in_doubt_unless_there_are_enough_here() {
    let (mut org, account, pool) = with_limit();
    let ticket = org.wait(&ada(), 10);
    match answer(&mut org, ticket, Verdict::InDoubt, Vec::new()).as_slice() {
        [(decided, Err(Refusal::CreditsInDoubt(short)))] => {
            assert_eq!((*decided, short.left), (ticket, credits(60)));
        }
        other => panic!("{other:?}"),
    }
    org.apply(leased(pool, 100));
    let ticket = org.wait(&ada(), 10);
    let there = Answer {
        leased: vec![(account, credits(10))],
        verdicts: vec![(ticket, Verdict::InDoubt)],
        ..Answer::default()
    };
    let (_, hold) = held(org.book.take_answer(there, org.now));
    org.settle(hold, 0);
}

#[test]
fn what_is_not_short_keeps_the_rest_of_its_lease_when_the_store_is_asked() {
    let (mut org, account, pool) = with_limit();
    org.apply(leased(pool, 500));
    org.wait(&ada(), 10);
    org.wait(&ben(), 20);
    assert_eq!(org.book.asks(16).len(), 2);
    assert_eq!(org.returned(), [(pool, 10), (pool, 20)]);
    org.book.asks(1);
    assert_eq!(org.returned(), [(pool, 10)]);
    assert_eq!(org.figures(account), (0, 0, 0));
}

#[test]
fn only_what_is_short_goes_back_for_one_that_will_be_told_so() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(500))]));
    org.wait(&ada(), 61);
    org.book.asks(16);
    assert_eq!(org.returned(), [(account, 30)], "so that nobody has any of it");
}

#[test]
fn an_extension_tells_the_store_what_its_hold_has_already() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(30))]));
    let hold = org.hold(&ada(), 30);
    let Admission::Waiting(ticket) = org.extend(&hold, &ada(), 5) else { panic!("none is free") };
    let [ask] = <[_; 1]>::try_from(org.book.asks(16)).unwrap();
    assert_eq!((ask.ticket, ask.hold), (ticket, hold.id()));
    assert_eq!(ask.limits, [(account, credits(30))]);
    assert_eq!(ask.grants, [(pool, credits(30))]);
    let more = Answer {
        leased: vec![(account, credits(5)), (pool, credits(5))],
        verdicts: vec![(ticket, Verdict::Leased)],
        ..Answer::default()
    };
    let (_, extension) = held(org.book.take_answer(more, org.now));
    org.settle(hold.join(extension), 35);
    assert_eq!(org.account(account).spent(), credits(75));
}

#[test]
fn what_was_leased_for_one_that_has_left_is_there_for_others() {
    let (mut org, account, pool) = with_limit();
    let ticket = org.wait(&ada(), 10);
    org.book.asks(16);
    let (refusal, _) = org.book.leave(ticket, org.now).unwrap();
    assert!(matches!(refusal, Refusal::CreditsHeld(_)));
    let late = Answer {
        leased: vec![(account, credits(10)), (pool, credits(10))],
        verdicts: vec![(ticket, Verdict::Leased)],
        ..Answer::default()
    };
    assert_eq!(org.book.take_answer(late, org.now), Vec::new());
    let hold = org.hold(&ben(), 10);
    org.settle(hold, 10);
}

#[test]
fn a_newcomer_does_not_overtake_and_whom_the_store_has_leased_to_may() {
    let (mut org, pool) = Org::sharing(1_000);
    let hers = org.unleased_limit(limit(1, Scope::Member(ADA), 100));
    let his = org.unleased_limit(limit(2, Scope::Member(BEN), 100));
    org.apply(leased(his, 50));
    let first = org.wait(&ada(), 50);
    org.apply(leased(pool, 40));
    let second = org.wait(&ben(), 10);
    assert_eq!(org.book.asks(16).len(), 2);
    let answered = Answer {
        leased: vec![(his, credits(10)), (pool, credits(10))],
        verdicts: vec![(first, Verdict::Held), (second, Verdict::Leased)],
        ..Answer::default()
    };
    let (decided, hold) = held(org.book.take_answer(answered, org.now));
    assert_eq!(decided, second, "she waits for her own limit");
    assert_eq!(org.figures(hers), (0, 0, 0));
    org.settle(hold, 10);
}

#[test]
fn an_account_is_not_retired_under_one_that_will_be_asked_for() {
    let (mut org, _) = Org::sharing(1_000);
    let daily: Limit = limit(1, Scope::Org, 100);
    let account = org.unleased_limit(daily.clone());
    org.apply(leased(account, 50));
    org.wait(&ada(), 10);
    org.now = at(100);
    org.book.retire_ended(org.now);
    let [ask] = <[_; 1]>::try_from(org.book.asks(16)).unwrap();
    assert_eq!(ask.limits, [(account, Credits::ZERO)], "it is short of the grant alone");
    // The next decision finds the period of the day.
    org.apply(Change::PeriodOpened(period(&daily, 100, 200)));
    let [ask] = <[_; 1]>::try_from(org.book.asks(16)).unwrap();
    assert_eq!(ask.limits, [(period(&daily, 100, 200).account, Credits::ZERO)]);
    assert!(org.book.account(account).is_none());
    org.apply(Change::LimitRemoved(LimitId::from_u128(1)));
}

#[test]
fn a_gateway_that_leases_everything_asks_for_nobody() {
    let mut org = Org::with(10);
    let hold = org.hold(&ada(), 10);
    org.wait(&ada(), 1);
    assert_eq!(org.book.asks(16), []);
    assert_eq!(org.end(hold, 0).len(), 1);
}
