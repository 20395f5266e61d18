//! Enough is left, but held: who waits, and in which order they pass.

use ledger::{
    Admission, Book, Change, Credits, GrantKind, KeyStanding, KeyStatus, LimitId, Refusal, Scope,
    ShortOn, Ticket,
};

use crate::org::{ADA, BEN, KEY, Org, ada, ben, credits, elastic, grant, held, key, limit};

fn tickets(decided: &[(Ticket, Result<ledger::Hold, Refusal>)]) -> Vec<Ticket> {
    decided.iter().map(|(ticket, _)| *ticket).collect()
}

#[test]
fn a_request_waits_for_what_is_held_and_is_refused_what_is_spent() {
    let mut org = Org::with(100);
    let hold = org.hold(&ada(), 60);
    assert_eq!(org.short(&ada(), 101).left, credits(100));
    let ticket = org.wait(&ada(), 41);
    let (decided, waiter) = held(org.end(hold, 59));
    assert_eq!((decided, waiter.amount()), (ticket, credits(41)));
    org.settle(waiter, 41);
    assert_eq!(org.short(&ada(), 1).left, Credits::ZERO);
}

#[test]
fn a_waiter_for_whom_too_little_is_left_is_told_so() {
    let mut org = Org::with(100);
    let hold = org.hold(&ada(), 60);
    let ticket = org.wait(&ada(), 41);
    match org.end(hold, 60).as_slice() {
        [(decided, Err(Refusal::Short(short)))] => {
            assert_eq!((*decided, short.left, short.required), (ticket, credits(40), credits(41)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn waiters_pass_in_order_of_arrival() {
    let mut org = Org::with(100);
    let hold = org.hold(&ada(), 100);
    let waiters = [org.wait(&ada(), 50), org.wait(&ada(), 60), org.wait(&ada(), 10)];
    let decided = org.end(hold, 0);
    assert_eq!(tickets(&decided), waiters[..1], "the third does not pass the second");
    let (_, first) = held(decided);
    assert_eq!(tickets(&org.end(first, 0)), waiters[1..]);
}

#[test]
fn a_newcomer_does_not_overtake_and_paths_without_the_short_account_pass() {
    let mut org = Org::with(1_000);
    org.limit(limit(1, Scope::Member(ADA), 100));
    let hold = org.hold(&ada(), 60);
    org.wait(&ada(), 50);
    org.wait(&ada(), 1);
    let beside = org.hold(&ben(), 500);
    assert_eq!(org.book.waiting(), 2);
    org.settle(beside, 0);
    assert_eq!(org.end(hold, 0).len(), 2);
}

#[test]
fn a_waiter_keeps_newcomers_off_every_account_it_is_short_on() {
    let mut org = Org::with(100);
    org.limit(limit(1, Scope::Member(ADA), 80));
    let hers = org.hold(&ada(), 50);
    let his = org.hold(&ben(), 40);
    let ticket = org.wait(&ada(), 70);
    // The ten that are free would pass Ben, if she did not wait for the grant too.
    org.wait(&ben(), 10);
    assert_eq!(org.end(hers, 0), Vec::new());
    assert_eq!(tickets(&org.end(his, 0)).first(), Some(&ticket));
}

#[test]
fn a_newcomer_burns_past_a_grant_that_is_waited_for() {
    let mut org = Org::new();
    let seat = grant(1, GrantKind::Seat, 10);
    let seat = ledger::Grant {
        access: ledger::Access::Listed { members: vec![ADA, BEN], groups: Vec::new() },
        ..seat
    };
    let seat = org.grant(seat);
    let hold = org.hold(&ada(), 6);
    org.wait(&ada(), 10);
    let bens = grant(2, GrantKind::TopUp, 100);
    let bens = ledger::Grant {
        access: ledger::Access::Listed { members: vec![BEN], groups: Vec::new() },
        ..bens
    };
    let top_up = org.grant(bens);
    let beside = org.hold(&ben(), 20);
    assert_eq!(crate::org::burnt(&beside), [(top_up, 20)]);
    assert_eq!(org.figures(seat), (4, 6, 0));
    org.settle(beside, 0);
    assert_eq!(org.end(hold, 0).len(), 1);
}

#[test]
fn the_one_after_the_last_place_is_told_that_credits_are_held() {
    let mut org = Org::with(10);
    let hold = org.hold(&ada(), 10);
    for _ in 0..Book::WAITING_MAX {
        org.wait(&ada(), 1);
    }
    let Refusal::CreditsHeld(short) = org.refusal(&ada(), 1) else { panic!("not held") };
    assert_eq!((short.left, short.held, short.required), (credits(10), credits(10), credits(1)));
    let decided = org.end(hold, 0);
    assert_eq!(decided.len(), 10);
    assert_eq!(org.book.waiting(), Book::WAITING_MAX - 10);
}

#[test]
fn when_one_leaves_those_behind_it_pass() {
    let mut org = Org::with(100);
    let hold = org.hold(&ada(), 60);
    let first = org.wait(&ada(), 50);
    let second = org.wait(&ada(), 40);
    let (refusal, decided) = org.book.leave(first, org.now).unwrap();
    let Refusal::CreditsHeld(short) = refusal else { panic!("{refusal:?}") };
    assert_eq!(short.on, ShortOn::Grants { restricted: None });
    let (ticket, waiter) = held(decided);
    assert_eq!(ticket, second);
    assert_eq!(org.book.leave(first, org.now), None, "it is out of the queue");
    org.settle(waiter, 0);
    org.settle(hold, 0);
}

#[test]
fn a_waiter_whose_key_is_revoked_is_refused() {
    let mut org = Org::with(100);
    let hold = org.hold(&ada(), 100);
    let ticket = org.wait(&ada(), 1);
    let decided = org.change(Change::Key(KeyStanding { status: KeyStatus::Revoked, ..key() }));
    assert_eq!(decided, [(ticket, Err(Refusal::CredentialEnded))]);
    org.settle(hold, 0);
}

#[test]
fn a_waiter_passes_when_there_is_more() {
    let mut org = Org::with(100);
    org.limit(limit(1, Scope::Key(KEY), 50));
    let holds = [org.hold(&ada(), 40), org.hold(&ben(), 60)];
    let ticket = org.wait(&ada(), 20);
    assert_eq!(org.change(Change::LimitRemoved(LimitId::from_u128(1))), Vec::new());
    let more = grant(7, GrantKind::TopUp, 20);
    let account = more.id.into();
    assert_eq!(
        org.change(Change::Grant { grant: more, spent: Credits::ZERO, refunded: Credits::ZERO }),
        Vec::new()
    );
    let leased = Change::Leased(vec![(account, credits(20))]);
    let (decided, waiter) = held(org.change(leased));
    assert_eq!(decided, ticket);
    for hold in holds.into_iter().chain([waiter]) {
        org.settle(hold, 0);
    }
}

#[test]
fn an_elastic_quote_takes_what_the_path_affords_but_not_below_its_least() {
    let mut org = Org::with(100);
    let first = org.hold(&ada(), 70);
    let Admission::Held(second) = org.ask(&ada(), elastic(20, 500)) else { panic!("30 are free") };
    assert_eq!((second.amount(), second.remaining()), (credits(30), Credits::ZERO));
    assert!(matches!(org.ask(&ada(), elastic(20, 500)), Admission::Waiting(_)));
    let (_, third) = held(org.end(second, 5));
    assert_eq!(third.amount(), credits(25));
    org.settle(third, 25);
    org.settle(first, 70);
    assert!(matches!(org.ask(&ada(), elastic(1, 500)), Admission::Refused(Refusal::Short(_))));
}

#[test]
fn an_account_that_is_waited_for_is_not_retired_under_its_waiter() {
    let mut org = Org::with(100);
    let daily = limit(1, Scope::Org, 50);
    org.apply(Change::Limit(daily.clone()));
    let opened = crate::org::period(&daily, 0, 100);
    org.apply(Change::PeriodOpened(opened));
    let account = opened.account;
    // Nothing of it is leased yet, so the first request waits for the store.
    let ticket = org.wait(&ada(), 10);
    org.now = crate::org::at(100);
    org.book.retire_ended(org.now);
    assert_eq!(org.account(account).left(), credits(50));
    let (refusal, _) = org.book.leave(ticket, org.now).unwrap();
    assert!(matches!(refusal, Refusal::CreditsHeld(_)));
    org.book.retire_ended(org.now);
    assert!(org.book.accounts().all(|known| known.id() != account));
}
