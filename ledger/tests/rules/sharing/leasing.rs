//! What is leased, and what becomes of it when a ceiling is lowered.

use ledger::{Answer, Change, Credits, Figures, GrantKind, LimitId, Scope};

use super::{figures, leased, with_limit};
use crate::org::{Org, ada, burnt, credits, grant, held, limit, period};

#[test]
fn what_is_leased_is_spent_without_asking() {
    let (mut org, pool) = Org::sharing(1_000);
    org.apply(leased(pool, 100));
    let hold = org.hold(&ada(), 70);
    assert_eq!(hold.remaining(), credits(930), "others may have the rest leased, and it is there");
    assert_eq!(org.figures(pool), (30, 70, 0));
    org.settle(hold, 60);
    let path = org.book.path(&ada());
    assert_eq!(org.book.remaining(path, org.now), credits(940));
}

#[test]
fn figures_never_lower_what_is_known_to_be_charged() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(30))]));
    let hold = org.hold(&ada(), 30);
    org.settle(hold, 30);
    // Of a request that was under way when the hold ended.
    org.apply(Change::Figures(figures(account, 45, false)));
    assert_eq!(org.account(account).spent(), credits(70));
    org.apply(Change::Figures(figures(account, 75, false)));
    assert_eq!(org.account(account).spent(), credits(75));
    let adjusted = Figures { refunded: credits(20), ..figures(account, 55, false) };
    org.apply(Change::Figures(adjusted));
    org.apply(Change::Refunded { account, total: credits(20) });
    assert_eq!(org.account(account).spent(), credits(55), "told twice, given back once");
}

/// A charge is written down before it is in the book: the store may have it in between.
#[test]
fn a_charge_that_the_store_told_first_is_counted_once_when_nothing_runs() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(40)), (pool, credits(40))]));
    let hold = org.hold(&ada(), 30);
    let told = |org: &mut Org, spent| {
        let figures = vec![figures(account, spent, false)];
        let told = Answer { figures, ..Answer::default() };
        assert!(org.book.take_answer(told, org.now).is_empty());
        org.account(account).spent()
    };
    assert_eq!(told(&mut org, 70), credits(70));
    org.settle(hold, 30);
    assert_eq!(told(&mut org, 70), credits(100), "it ended after the request was made");
    org.returned();
    assert_eq!(told(&mut org, 70), credits(70));
    let another = org.hold(&ada(), 10);
    org.settle(another, 10);
    assert_eq!(told(&mut org, 70), credits(80), "the store does not know it yet");
    org.returned();
    assert_eq!(told(&mut org, 80), credits(80));
}

#[test]
fn a_later_grant_burns_only_once_the_store_has_nothing_of_the_earlier() {
    let (mut org, top_up) = Org::sharing(100);
    let seat = org.unleased(grant(1, GrantKind::Seat, 50));
    org.apply(Change::Leased(vec![(seat, credits(5)), (top_up, credits(50))]));
    let first = org.hold(&ada(), 5);
    let ticket = org.wait(&ada(), 10);
    org.apply(Change::Figures(figures(seat, 0, false)));
    let (decided, hold) = held(org.change(Change::Figures(figures(seat, 0, true))));
    assert_eq!((decided, burnt(&hold)), (ticket, vec![(top_up, 10)]));
    org.settle(first, 0);
    // What comes free of the seat burns first, and with it what is behind it.
    let both = org.hold(&ada(), 8);
    assert_eq!(burnt(&both), [(seat, 5), (top_up, 3)]);
    org.settle(both, 0);
    // What goes back is there again.
    org.book.give_back(seat, Credits::MAX);
    org.wait(&ada(), 8);
    org.settle(hold, 0);
}

#[test]
fn a_lower_limit_takes_all_of_the_lease_since_others_may_have_the_rest() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(50)), (pool, credits(50))]));
    let hold = org.hold(&ada(), 30);
    org.apply(Change::Limit(limit(1, Scope::Org, 95)));
    assert_eq!(org.returned(), [(account, 20)]);
    assert_eq!(org.figures(account), (0, 30, 30));
    org.settle(hold, 10);
    assert_eq!(org.returned(), [(account, 20)], "the rest of what ran goes back as well");
    assert_eq!(org.figures(account), (0, 0, 0));
}

#[test]
fn what_is_leased_after_a_lowering_is_within_it_and_what_was_leased_before_goes_back() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(50))]));
    let hold = org.hold(&ada(), 30);
    assert_eq!(org.returned(), []);
    org.apply(Change::Limit(limit(1, Scope::Org, 95)));
    org.apply(leased(account, 5));
    assert_eq!(org.returned(), [(account, 5)], "of a request that was under way");
    org.apply(leased(account, 7));
    assert_eq!(org.figures(account), (7, 30, 0));
    org.settle(hold, 10);
    assert_eq!(org.figures(account), (27, 0, 0));
}

#[test]
fn a_higher_ceiling_forgives_nothing_until_the_store_has_leased_within_it() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(50))]));
    let hold = org.hold(&ada(), 30);
    org.apply(Change::Limit(limit(1, Scope::Org, 50)));
    org.apply(Change::Limit(limit(1, Scope::Org, 90)));
    assert_eq!(org.figures(account), (0, 30, 30), "others may have had the rest of the fifty");
    org.settle(hold, 0);
    assert_eq!(org.returned(), [(account, 30)]);
}

#[test]
fn a_limit_that_is_revived_takes_back_what_ran_on_it_and_what_was_leased_before() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(50))]));
    let hold = org.hold(&ada(), 20);
    org.apply(Change::LimitRemoved(LimitId::from_u128(1)));
    org.apply(Change::Limit(limit(1, Scope::Org, 50)));
    org.apply(Change::PeriodOpened(period(&limit(1, Scope::Org, 50), 0, 100)));
    org.apply(leased(account, 5));
    assert_eq!(org.returned(), [(account, 10), (account, 5)]);
    assert_eq!(org.figures(account), (0, 20, 20));
    org.settle(hold, 5);
    assert_eq!(org.returned(), [(account, 15)]);
}

#[test]
fn a_refund_is_left_at_once_and_asked_for() {
    let (mut org, account, pool) = with_limit();
    org.apply(leased(pool, 100));
    org.apply(Change::Figures(figures(account, 100, true)));
    org.apply(Change::Refunded { account, total: credits(30) });
    assert_eq!(org.account(account).left(), credits(30));
    let path = org.book.path(&ada());
    assert_eq!(org.book.remaining(path, org.now), credits(30));
    org.wait(&ada(), 30);
}
