//! Less than there was: a lower limit, a lower grant.

use ledger::{AccountId, Change, Credits, Grant, GrantKind, Limit, Scope, Tool};

use crate::org::{Org, ada, credits, grant, limit};

/// An organisation with a limit of 100, of which 80 are held in two parts.
fn lowered_to(amount: u64) -> (Org, AccountId, [ledger::Hold; 2]) {
    let mut org = Org::with(1_000);
    let account = org.limit(limit(1, Scope::Org, 100));
    let holds = [org.hold(&ada(), 50), org.hold(&ada(), 30)];
    org.apply(Change::Limit(limit(1, Scope::Org, amount)));
    (org, account, holds)
}

#[test]
fn lowering_takes_what_is_free_and_books_the_rest_as_owed() {
    let (mut org, account, holds) = lowered_to(60);
    assert_eq!(org.returned(), [(account, 20)]);
    assert_eq!(org.figures(account), (0, 80, 20));
    for hold in holds {
        org.settle(hold, 0);
    }
    assert_eq!(org.figures(account), (60, 0, 0));
}

#[test]
fn what_comes_back_pays_what_is_owed_first() {
    let (mut org, account, [fifty, thirty]) = lowered_to(40);
    assert_eq!(org.returned(), [(account, 20)]);
    org.settle(thirty, 5);
    assert_eq!(org.returned(), [(account, 25)]);
    assert_eq!(org.figures(account), (0, 50, 15));
    org.settle(fifty, 10);
    assert_eq!(org.returned(), [(account, 15)]);
    assert_eq!(org.figures(account), (25, 0, 0));
}

#[test]
fn running_holds_finish_even_above_a_lowered_limit() {
    let (mut org, account, [fifty, thirty]) = lowered_to(10);
    org.settle(fifty, 50);
    assert_eq!(org.figures(account), (0, 30, 30), "never more is owed than is held");
    org.settle(thirty, 0);
    assert_eq!(org.returned(), [(account, 20), (account, 30)]);
    assert_eq!(org.account(account).spent(), credits(50));
    assert_eq!(org.short(&ada(), 1).left, Credits::ZERO);
}

#[test]
fn raising_cancels_what_is_owed() {
    let (mut org, account, [fifty, thirty]) = lowered_to(60);
    assert_eq!(org.returned(), [(account, 20)]);
    org.apply(Change::Limit(limit(1, Scope::Org, 70)));
    assert_eq!(org.figures(account), (0, 80, 10));
    org.apply(Change::Limit(limit(1, Scope::Org, 90)));
    assert_eq!(org.figures(account), (0, 80, 0));
    org.settle(fifty, 0);
    org.settle(thirty, 0);
    assert_eq!(org.returned(), []);
    assert_eq!(org.figures(account), (80, 0, 0));
}

#[test]
fn a_lease_granted_before_the_lowering_goes_back() {
    let (mut org, account, holds) = lowered_to(60);
    assert_eq!(org.returned(), [(account, 20)]);
    org.apply(Change::Leased(vec![(account, credits(20))]));
    assert_eq!(org.returned(), [(account, 20)]);
    assert_eq!(org.figures(account), (0, 80, 20), "and pays nothing of what is owed");
    for hold in holds {
        org.settle(hold, 0);
    }
    assert_eq!(org.figures(account), (60, 0, 0));
}

#[test]
fn a_lowered_grant_owes_like_a_limit() {
    let mut org = Org::new();
    let account = org.grant(grant(1, GrantKind::TopUp, 100));
    let hold = org.hold(&ada(), 80);
    let lowered = Grant { amount: credits(50), ..grant(1, GrantKind::TopUp, 100) };
    org.apply(Change::Grant { grant: lowered, spent: Credits::ZERO, refunded: Credits::ZERO });
    assert_eq!(org.figures(account), (0, 80, 30));
    org.settle(hold, 10);
    assert_eq!(org.figures(account), (40, 0, 0));
    assert_eq!(org.returned(), [(account, 20), (account, 30)]);
}

#[test]
fn an_amount_is_all_that_a_change_of_a_limit_changes() {
    let mut org = Org::with(1_000);
    org.limit(limit(1, Scope::Org, 100));
    let other = Limit { tool: Some(Tool::new("video")), ..limit(1, Scope::Org, 10) };
    org.apply(Change::Limit(other));
    assert_eq!(org.short(&ada(), 11).left, credits(10));
}
