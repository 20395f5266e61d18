//! What an adjustment gives back is spent no longer, once.

use ledger::{AccountId, Change, Credits, GrantKind, Scope};

use crate::org::{Org, ada, at, credits, grant, limit};

/// An organisation that has spent 80 of a limit of 100 and of a grant of 1,000.
fn spent() -> (Org, AccountId) {
    let mut org = Org::with(1_000);
    let account = org.limit(limit(1, Scope::Org, 100));
    let hold = org.hold(&ada(), 80);
    org.settle(hold, 80);
    (org, account)
}

fn refunded(account: AccountId, total: u64) -> Change {
    Change::Refunded { account, total: credits(total) }
}

#[test]
fn a_refund_is_left_at_once_and_free_when_it_is_leased() {
    let (mut org, account) = spent();
    assert_eq!(org.short(&ada(), 50).left, credits(20));
    org.apply(refunded(account, 30));
    assert_eq!(org.account(account).left(), credits(50));
    assert_eq!(org.figures(account), (20, 0, 0));
    org.apply(Change::Leased(vec![(account, credits(30))]));
    let hold = org.hold(&ada(), 50);
    org.settle(hold, 50);
    assert_eq!(org.account(account).spent(), credits(100));
    assert_eq!(org.returned(), []);
}

#[test]
fn a_refund_that_is_told_again_moves_nothing() {
    let (mut org, account) = spent();
    for total in [30, 30, 10] {
        org.apply(refunded(account, total));
        assert_eq!(org.account(account).spent(), credits(50));
    }
    org.apply(refunded(account, 45));
    assert_eq!(org.account(account).spent(), credits(35));
}

#[test]
fn what_was_given_back_before_the_book_was_opened_is_not_given_back_again() {
    let mut org = Org::new();
    let promo = grant(1, GrantKind::Promo, 100);
    let account = promo.id.into();
    let (spent, refunded_before) = (credits(40), credits(25));
    org.apply(Change::Grant { grant: promo, spent, refunded: refunded_before });
    org.apply(refunded(account, 25));
    assert_eq!(org.account(account).spent(), credits(40));
    org.apply(refunded(account, 26));
    assert_eq!(org.account(account).spent(), credits(39));
}

#[test]
fn a_refund_forgives_what_a_lowering_left_owed() {
    let (mut org, account) = spent();
    let hold = org.hold(&ada(), 20);
    org.apply(Change::Limit(limit(1, Scope::Org, 90)));
    assert_eq!(org.figures(account), (0, 20, 10));
    org.apply(refunded(account, 10));
    assert_eq!(org.figures(account), (0, 20, 0));
    org.settle(hold, 20);
    assert_eq!(org.returned(), []);
}

#[test]
fn a_refund_to_an_account_that_has_ended_makes_nothing_free() {
    let mut org = Org::new();
    let mut promo = grant(1, GrantKind::Promo, 100);
    promo.end = at(50);
    let account = org.grant(promo);
    let [first, second] = [60, 10].map(|amount| org.hold(&ada(), amount));
    org.settle(first, 60);
    org.now = at(50);
    org.apply(refunded(account, 60));
    assert_eq!(org.account(account).spent(), Credits::ZERO);
    assert_eq!(org.figures(account), (30, 10, 0));
    org.settle(second, 10);
    org.book.retire_ended(org.now);
    assert_eq!(org.returned(), [(account, 30)]);
    // Nobody knows the account any more.
    org.apply(refunded(account, 70));
}
