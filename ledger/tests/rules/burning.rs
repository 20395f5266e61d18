//! Which grant pays.

use ledger::{Access, Change, Credits, Grant, GrantKind, ShortOn};

use crate::org::{ADA, Org, SALES, ada, at, ben, burnt, credits, grant};

fn listed(grant: Grant) -> Grant {
    Grant { access: Access::Listed { members: vec![ADA], groups: vec![SALES] }, ..grant }
}

fn nobodys(grant: Grant) -> Grant {
    Grant { access: Access::Listed { members: Vec::new(), groups: Vec::new() }, ..grant }
}

#[test]
fn seats_burn_first_then_promos_then_allocations_then_top_ups() {
    let mut org = Org::new();
    let top_up = org.grant(grant(1, GrantKind::TopUp, 10));
    let allocation = org.grant(grant(2, GrantKind::Allocation, 10));
    let promo = org.grant(grant(3, GrantKind::Promo, 10));
    let seat = org.grant(grant(4, GrantKind::Seat, 10));
    let hold = org.hold(&ada(), 35);
    assert_eq!(burnt(&hold), [(seat, 10), (promo, 10), (allocation, 10), (top_up, 5)]);
    org.settle(hold, 0);
}

#[test]
fn within_a_kind_what_ends_first_burns_first_and_of_equals_the_oldest() {
    let mut org = Org::new();
    let promo = |n, end, created| Grant {
        end: at(end),
        created: at(created),
        ..grant(n, GrantKind::Promo, 10)
    };
    let late = org.grant(promo(1, 300, 0));
    let younger = org.grant(promo(2, 200, 2));
    let older = org.grant(promo(3, 200, 1));
    let hold = org.hold(&ada(), 30);
    assert_eq!(burnt(&hold), [(older, 10), (younger, 10), (late, 10)]);
    org.settle(hold, 0);
}

#[test]
fn a_hold_is_split_over_grants_and_its_cost_burns_them_in_order() {
    let mut org = Org::new();
    let allocation = org.grant(grant(1, GrantKind::Allocation, 10));
    let top_up = org.grant(grant(2, GrantKind::TopUp, 100));
    let hold = org.hold(&ada(), 30);
    org.settle(hold, 12);
    assert_eq!(org.account(allocation).spent(), credits(10));
    assert_eq!(org.account(top_up).spent(), credits(2));
    assert_eq!(org.figures(top_up), (98, 0, 0));
}

#[test]
fn a_restricted_grant_pays_for_listed_members_and_groups_only() {
    let mut org = Org::new();
    let shared = org.grant(listed(grant(1, GrantKind::TopUp, 10)));
    for caller in [ada(), ben()] {
        let hold = org.hold(&caller, 10);
        assert_eq!(burnt(&hold), [(shared, 10)]);
        org.settle(hold, 0);
    }
    let pool = nobodys(grant(1, GrantKind::TopUp, 10));
    org.apply(Change::Grant { grant: pool.clone(), spent: Credits::ZERO, refunded: Credits::ZERO });
    let short = org.short(&ada(), 1);
    assert_eq!(short.on, ShortOn::Grants { restricted: Some(pool.id) });
    assert_eq!((short.amount, short.left), (Credits::ZERO, Credits::ZERO));
}

#[test]
fn a_grant_burns_from_its_start_until_before_its_end() {
    let mut org = Org::new();
    org.grant(Grant { start: at(10), end: at(20), ..grant(1, GrantKind::Promo, 10) });
    let early = org.short(&ada(), 1);
    assert_eq!(early.on, ShortOn::Grants { restricted: None });
    assert_eq!(early.resets_at, Some(at(10)));
    for now in [10, 19] {
        org.now = at(now);
        let hold = org.hold(&ada(), 10);
        org.settle(hold, 0);
    }
    org.now = at(20);
    assert_eq!(org.short(&ada(), 1).resets_at, None);
}

#[test]
fn what_an_ended_grant_has_left_goes_back_to_the_store() {
    let mut org = Org::new();
    let promo = org.grant(Grant { end: at(20), ..grant(1, GrantKind::Promo, 10) });
    let hold = org.hold(&ada(), 6);
    org.now = at(20);
    org.book.retire_ended(org.now);
    assert_eq!(org.figures(promo), (4, 6, 0), "it is held");
    org.settle(hold, 1);
    assert_eq!(org.figures(promo), (9, 0, 0), "what is unused returns where it was taken");
    org.book.retire_ended(org.now);
    assert_eq!(org.returned(), [(promo, 9)]);
    assert_eq!(org.book.accounts().count(), 0);
}

#[test]
fn a_grant_that_ended_and_is_prolonged_burns_on() {
    let mut org = Org::new();
    let promo = Grant { end: at(20), ..grant(1, GrantKind::Promo, 10) };
    let account = org.grant(promo.clone());
    let hold = org.hold(&ada(), 4);
    org.now = at(30);
    org.settle(hold, 4);
    org.book.retire_ended(org.now);
    assert_eq!(org.returned(), [(account, 6)]);
    org.apply(Change::Grant {
        grant: Grant { end: at(40), ..promo },
        spent: credits(4),
        refunded: Credits::ZERO,
    });
    org.apply(Change::Leased(vec![(account, credits(6))]));
    assert_eq!(org.short(&ada(), 7).left, credits(6));
    let hold = org.hold(&ada(), 6);
    org.settle(hold, 6);
}
