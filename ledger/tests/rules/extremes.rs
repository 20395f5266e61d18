//! Amounts at the ends of what there is.

use ledger::{
    Admission, Change, Credits, GrantKind, Per, Price, PriceError, Rate, Refusal, Scope, Unit,
    Usage,
};

use crate::org::{Org, ada, ben, burnt, credits, grant, held, limit};

const MAX: u64 = i64::MAX.unsigned_abs();

#[test]
fn the_largest_amount_there_is_can_be_held_and_spent() {
    let mut org = Org::with(MAX);
    let account = org.limit(limit(1, Scope::Org, MAX));
    let hold = org.hold(&ada(), MAX);
    assert_eq!(org.figures(account), (0, MAX, 0));
    let ticket = org.wait(&ben(), MAX);
    let (decided, hold) = held(org.end(hold, 0));
    assert_eq!(decided, ticket);
    org.settle(hold, MAX);
    assert_eq!(org.short(&ada(), 1).left, Credits::ZERO);
}

#[test]
fn grants_that_are_more_than_any_amount_together_are_burnt_one_after_the_other() {
    let mut org = Org::new();
    let first = org.grant(grant(1, GrantKind::Seat, MAX));
    let second = org.grant(grant(2, GrantKind::Promo, MAX));
    let hold = org.hold(&ada(), MAX);
    let beside = org.hold(&ada(), MAX);
    assert_eq!((burnt(&hold), burnt(&beside)), (vec![(first, MAX)], vec![(second, MAX)]));
    let Admission::Waiting(_) = org.extend(&hold, &ada(), MAX) else { panic!("MAX are held") };
    let (_, extension) = held(org.end(beside, 0));
    assert_eq!(burnt(&extension), [(second, MAX)]);
    org.settle(hold.join(extension), MAX);
}

#[test]
fn a_cost_beyond_every_hold_is_an_overrun_and_no_panic() {
    let mut org = Org::with(1);
    let settlement = org.hold(&ada(), 1).settle(Credits::MAX);
    assert_eq!(settlement.overrun(), credits(MAX - 1));
    assert_eq!(org.book.close(settlement, org.now), Vec::new());
}

#[test]
fn lowering_from_the_largest_amount_to_none_and_back_loses_nothing() {
    let mut org = Org::with(MAX);
    let account = org.limit(limit(1, Scope::Org, MAX));
    let hold = org.hold(&ada(), MAX - 1);
    org.apply(Change::Limit(limit(1, Scope::Org, 0)));
    assert_eq!(org.returned(), [(account, 1)]);
    assert_eq!(org.figures(account), (0, MAX - 1, MAX - 1));
    org.apply(Change::Limit(limit(1, Scope::Org, MAX)));
    org.apply(Change::Leased(vec![(account, credits(MAX))]));
    assert_eq!(org.returned(), [(account, MAX - 1)], "there was room for one");
    assert_eq!(org.figures(account), (1, MAX - 1, 0));
    org.settle(hold, 0);
    assert_eq!(org.figures(account), (MAX, 0, 0));
}

#[test]
fn what_is_leased_and_recalled_beyond_reason_never_panics() {
    let mut org = Org::with(MAX);
    let account = org.limit(limit(1, Scope::Org, MAX));
    let hold = org.hold(&ada(), MAX / 2);
    for amount in [MAX, 1, MAX, 0] {
        org.apply(Change::Recalled(vec![account]));
        org.apply(Change::Leased(vec![(account, credits(amount))]));
    }
    assert_eq!(org.figures(account), (0, MAX / 2, 0));
    let overspent = Change::Grant {
        grant: grant(5, GrantKind::Seat, 7),
        spent: Credits::MAX,
        refunded: Credits::ZERO,
    };
    org.apply(overspent);
    org.settle(hold, 1);
    assert_eq!(org.short(&ben(), MAX).left, credits(MAX - 1));
}

#[test]
fn a_price_overflow_refuses_and_the_last_amount_does_not() {
    let rate = |micros, per| Rate { credits: credits(micros), per };
    let price = Price::default().with(Unit::Image, rate(1, Per::One));
    let images = |count| price.cost(&Usage::default().with(Unit::Image, count));
    assert_eq!(images(MAX), Ok(Credits::MAX));
    assert_eq!(images(MAX + 1), Err(PriceError::Overflow));
    assert_eq!(images(u64::MAX), Err(PriceError::Overflow));
    let price = price.with(Unit::OutputToken, rate(MAX, Per::Million));
    let usage = Usage::default().with(Unit::OutputToken, 1_000_000);
    assert_eq!(price.cost(&usage), Ok(Credits::MAX));
    assert_eq!(price.cost(&usage.with(Unit::Image, 1)), Err(PriceError::Overflow));
}

#[test]
fn a_limit_without_a_budget_refuses_all_but_what_is_free() {
    let mut org = Org::new();
    org.grant(grant(1, GrantKind::Seat, 10));
    org.limit(limit(1, Scope::Org, 0));
    let hold = org.hold(&ada(), 0);
    org.settle(hold, 0);
    assert!(matches!(org.refusal(&ada(), 1), Refusal::Short(_)));
}
