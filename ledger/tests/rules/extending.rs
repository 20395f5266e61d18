//! More for a hold that runs.

use ledger::{
    Admission, Change, Grant, GrantKind, Hold, KeyStanding, KeyStatus, LimitId, Refusal, Scope,
};

use crate::org::{Org, ada, at, ben, burnt, credits, grant, held, key, limit, period};

fn more(org: &mut Org, hold: Hold, amount: u64) -> Hold {
    match org.extend(&hold, &ada(), amount) {
        Admission::Held(extension) => hold.join(extension),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hold_and_its_extension_are_one_hold_that_ends_once() {
    let mut org = Org::with(100);
    let limit = org.limit(limit(1, Scope::Org, 100));
    let hold = org.hold(&ada(), 30);
    let hold = more(&mut org, hold, 20);
    assert_eq!((hold.amount(), hold.parts().len()), (credits(50), 2));
    assert_eq!(org.figures(limit), (50, 50, 0));
    org.settle(hold, 45);
    assert_eq!(org.figures(limit), (55, 0, 0));
    org.now = at(100);
    org.book.retire_ended(org.now);
    assert!(org.book.accounts().all(|account| account.id() != limit), "nothing runs on it");
}

#[test]
fn an_extension_stays_on_the_period_of_its_hold() {
    let mut org = Org::with(100);
    let daily = limit(1, Scope::Org, 50);
    let today = org.limit(daily.clone());
    let hold = org.hold(&ada(), 30);
    org.now = at(100);
    // The next period is not even open.
    assert!(matches!(org.refusal(&ada(), 1), Refusal::PeriodUnopened(_)));
    let hold = more(&mut org, hold, 20);
    assert_eq!(org.figures(today), (0, 50, 0));
    let tomorrow = org.open(&daily, period(&daily, 100, 200));
    org.settle(hold, 0);
    assert_eq!(org.figures(tomorrow), (50, 0, 0));
}

#[test]
fn an_extension_that_waits_does_not_need_the_next_period() {
    let mut org = Org::with(100);
    org.limit(limit(1, Scope::Org, 50));
    let [hold, other] = [org.hold(&ada(), 20), org.hold(&ben(), 30)];
    let Admission::Waiting(ticket) = org.extend(&hold, &ada(), 10) else { panic!("it is held") };
    org.now = at(100);
    let (decided, extension) = held(org.end(other, 0));
    assert_eq!(decided, ticket);
    let hold = hold.join(extension);
    org.settle(hold, 0);
}

#[test]
fn what_a_hold_has_itself_cannot_come_free_for_it() {
    let mut org = Org::with(100);
    let hold = org.hold(&ada(), 60);
    let beside = org.hold(&ben(), 30);
    match org.extend(&hold, &ada(), 41) {
        Admission::Refused(Refusal::Short(short)) => {
            assert_eq!((short.left, short.required), (credits(100), credits(101)));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(org.extend(&hold, &ada(), 40), Admission::Waiting(_)));
    let (_, extension) = held(org.end(beside, 0));
    let hold = hold.join(extension);
    org.settle(hold, 100);
}

#[test]
fn more_for_a_hold_of_nothing_passes_the_limits_of_the_day() {
    let mut org = Org::with(100);
    org.limit(limit(1, Scope::Org, 10));
    let hold = org.hold(&ada(), 0);
    let answer = org.extend(&hold, &ada(), 11);
    assert!(matches!(answer, Admission::Refused(Refusal::Short(_))), "{answer:?}");
    let hold = more(&mut org, hold, 10);
    assert_eq!(hold.parts().len(), 2);
    org.settle(hold, 0);
}

#[test]
fn a_limit_that_is_new_does_not_count_what_ran_before_it() {
    let mut org = Org::with(100);
    let hold = org.hold(&ada(), 30);
    org.limit(limit(1, Scope::Org, 10));
    let hold = more(&mut org, hold, 30);
    org.settle(hold, 0);
}

#[test]
fn a_limit_that_is_removed_no_longer_stops_an_extension_that_waits() {
    let mut org = Org::with(100);
    org.limit(limit(1, Scope::Org, 50));
    let [hold, other] = [org.hold(&ada(), 20), org.hold(&ben(), 30)];
    let Admission::Waiting(ticket) = org.extend(&hold, &ada(), 10) else { panic!("it is held") };
    let (decided, extension) = held(org.change(Change::LimitRemoved(LimitId::from_u128(1))));
    assert_eq!(decided, ticket);
    assert_eq!(burnt(&extension), [(grant(1_000, GrantKind::TopUp, 0).id.into(), 10)]);
    org.settle(hold.join(extension), 30);
    org.settle(other, 0);
}

#[test]
fn a_revoked_key_gets_no_more() {
    let mut org = Org::with(100);
    let hold = org.hold(&ada(), 30);
    org.apply(Change::Key(KeyStanding { status: KeyStatus::Revoked, ..key() }));
    assert_eq!(org.extend(&hold, &ada(), 1), Admission::Refused(Refusal::CredentialEnded));
    org.settle(hold, 30);
}

#[test]
fn nobody_waits_for_more_of_a_hold_that_has_ended() {
    let mut org = Org::with(100);
    let [hold, other] = [org.hold(&ada(), 60), org.hold(&ben(), 40)];
    let Admission::Waiting(ticket) = org.extend(&hold, &ada(), 30) else { panic!("it is held") };
    match org.end(hold, 60).as_slice() {
        [(decided, Err(Refusal::CreditsHeld(_)))] => assert_eq!(*decided, ticket),
        other => panic!("{other:?}"),
    }
    assert_eq!(org.book.waiting(), 0);
    org.settle(other, 0);
}

#[test]
fn an_extension_burns_the_ended_grants_of_its_hold_first_and_in_their_order() {
    let mut org = Org::new();
    let ending = |n, kind| Grant { end: at(50), ..grant(n, kind, 20) };
    let allocation = org.grant(ending(1, GrantKind::Allocation));
    let promo = org.grant(ending(2, GrantKind::Promo));
    let top_up = org.grant(grant(3, GrantKind::TopUp, 100));
    let first = org.hold(&ada(), 15);
    let hold = org.hold(&ada(), 10);
    assert_eq!(burnt(&hold), [(promo, 5), (allocation, 5)]);
    org.settle(first, 0);
    org.now = at(50);
    let hold = more(&mut org, hold, 40);
    assert_eq!(burnt(&hold), [(promo, 20), (allocation, 20), (top_up, 10)]);
    org.settle(hold, 45);
    assert_eq!(org.account(top_up).spent(), credits(5));
}

#[test]
fn a_grant_that_came_in_between_burns_in_its_place() {
    let mut org = Org::with(40);
    let hold = org.hold(&ada(), 30);
    let seat = org.grant(grant(1, GrantKind::Seat, 20));
    let hold = more(&mut org, hold, 20);
    assert_eq!(burnt(&hold).first(), Some(&(seat, 20)));
    org.settle(hold, 20);
    assert_eq!(org.account(seat).spent(), credits(20));
}
