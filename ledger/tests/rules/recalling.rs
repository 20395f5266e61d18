//! The store wants accounts back: whatever is free of them and nobody here waits for.

use ledger::{Change, Credits, LimitId, Scope};

use crate::org::{Org, ada, ben, credits, held, limit};

#[test]
fn a_recall_takes_what_is_free_and_the_rest_as_holds_end() {
    let mut org = Org::with(1_000);
    let account = org.limit(limit(1, Scope::Org, 100));
    let hold = org.hold(&ada(), 80);
    org.apply(Change::Recalled(vec![account]));
    assert_eq!(org.returned(), [(account, 20)]);
    assert_eq!(org.short(&ada(), 101).left, credits(100), "the limit is as it was");
    org.settle(hold, 70);
    assert_eq!(org.returned(), [(account, 10)]);
    assert_eq!(org.figures(account), (0, 0, 0));
}

#[test]
fn who_waits_here_comes_before_a_recall() {
    let mut org = Org::with(1_000);
    let account = org.limit(limit(1, Scope::Org, 100));
    let hold = org.hold(&ada(), 80);
    org.apply(Change::Recalled(vec![account]));
    let ticket = org.wait(&ben(), 30);
    let (decided, waiter) = held(org.end(hold, 0));
    assert_eq!((decided, waiter.amount()), (ticket, credits(30)));
    assert_eq!(org.returned(), [(account, 20), (account, 50)]);
    org.settle(waiter, 0);
}

#[test]
fn a_recall_holds_until_a_set_comes_without_it() {
    let mut org = Org::with(1_000);
    let account = org.limit(limit(1, Scope::Org, 100));
    let holds = [org.hold(&ada(), 50), org.hold(&ada(), 50)];
    let [first, second] = holds;
    org.apply(Change::Recalled(vec![account]));
    org.settle(first, 0);
    assert_eq!(org.returned(), [(account, 50)]);
    org.apply(Change::Recalled(Vec::new()));
    org.settle(second, 0);
    assert_eq!(org.returned(), []);
    assert_eq!(org.figures(account), (50, 0, 0));
}

#[test]
fn what_an_unknown_or_removed_account_had_is_not_given_back_twice() {
    let mut org = Org::with(1_000);
    let account = org.limit(limit(1, Scope::Org, 100));
    let hold = org.hold(&ada(), 80);
    org.apply(Change::Recalled(vec![account]));
    org.apply(Change::LimitRemoved(LimitId::from_u128(1)));
    org.settle(hold, 0);
    assert_eq!(org.returned(), [(account, 20), (account, 80)]);
    org.apply(Change::Recalled(vec![account]));
    assert_eq!(org.returned(), []);
}

#[test]
fn a_gateway_that_ends_gives_back_what_is_free_of_each_account() {
    let mut org = Org::with(100);
    let account = org.limit(limit(1, Scope::Org, 50));
    assert_eq!(org.book.give_back(account, credits(20)), credits(20));
    assert_eq!(org.book.give_back(account, Credits::MAX), credits(30));
    assert_eq!(org.book.give_back(account, Credits::MAX), Credits::ZERO);
    assert_eq!(org.returned(), [(account, 20), (account, 30)]);
}
