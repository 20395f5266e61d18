//! A period is a different account; nothing is reset in place.

use ledger::{Change, Period, Refusal, Scope};

use crate::org::{Org, ada, at, credits, limit, period};

fn daily() -> ledger::Limit {
    ledger::Limit { period: Period::Day, ..limit(1, Scope::Org, 10) }
}

#[test]
fn the_next_period_is_a_different_account() {
    let mut org = Org::with(100);
    let today = org.limit(daily());
    let tomorrow = org.open(&daily(), period(&daily(), 100, 200));
    let hold = org.hold(&ada(), 10);
    org.settle(hold, 10);
    assert_eq!(org.short(&ada(), 1).resets_at, Some(at(100)));
    org.now = at(100);
    let hold = org.hold(&ada(), 10);
    assert_eq!(org.figures(tomorrow), (0, 10, 0));
    assert_eq!(org.account(today).spent(), credits(10));
    org.settle(hold, 0);
}

#[test]
fn a_hold_that_outlives_its_period_returns_to_its_own_account() {
    let mut org = Org::with(100);
    let today = org.limit(daily());
    let tomorrow = org.open(&daily(), period(&daily(), 100, 200));
    let hold = org.hold(&ada(), 8);
    org.now = at(100);
    org.book.retire_ended(org.now);
    org.settle(hold, 3);
    assert_eq!(org.figures(today), (7, 0, 0));
    assert_eq!(org.figures(tomorrow), (10, 0, 0));
    org.book.retire_ended(org.now);
    assert_eq!(org.returned(), [(today, 7)]);
}

#[test]
fn a_period_without_an_account_refuses_until_it_is_opened() {
    let mut org = Org::with(100);
    org.apply(Change::Limit(daily()));
    assert_eq!(org.refusal(&ada(), 0), Refusal::PeriodUnopened(Box::new(daily())));
    assert_eq!(org.book.unopened_periods(org.now), [daily()]);
    org.open(&daily(), period(&daily(), 0, 100));
    assert_eq!(org.book.unopened_periods(org.now), []);
    assert_eq!(org.book.unopened_periods(at(100)), [daily()]);
    let hold = org.hold(&ada(), 10);
    org.settle(hold, 0);
}

#[test]
fn a_period_opened_ahead_begins_by_itself() {
    let mut org = Org::with(100);
    org.apply(Change::Limit(daily()));
    org.open(&daily(), period(&daily(), 100, 200));
    assert_eq!(org.refusal(&ada(), 1), Refusal::PeriodUnopened(Box::new(daily())));
    org.now = at(100);
    let hold = org.hold(&ada(), 10);
    org.settle(hold, 0);
}

#[test]
fn a_period_opens_with_what_was_spent_before() {
    let mut org = Org::with(100);
    org.apply(Change::Limit(daily()));
    let mut opened = period(&daily(), 0, 100);
    opened.spent = credits(7);
    org.open(&daily(), opened);
    assert_eq!(org.short(&ada(), 4).left, credits(3));
    let hold = org.hold(&ada(), 3);
    org.settle(hold, 3);
}

#[test]
fn a_lease_that_arrives_after_the_end_goes_back() {
    let mut org = Org::with(100);
    let today = org.limit(daily());
    org.now = at(100);
    org.book.retire_ended(org.now);
    assert_eq!(org.returned(), [(today, 10)]);
    org.apply(Change::Leased(vec![(today, credits(5))]));
    assert_eq!(org.returned(), [(today, 5)]);
}
