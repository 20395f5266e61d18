//! Only the store says that too little is left, and when that may be remembered.

use ledger::{AccountId, Change, Credits, GrantKind, Refusal, Scope, ShortOf, ShortOn, Verdict};

use super::{answer, figures, leased, short, with_limit};
use crate::org::{Org, ada, ben, credits, grant, limit};

#[test]
fn only_the_store_says_that_too_little_is_left() {
    let (mut org, account, _) = with_limit();
    let ticket = org.wait(&ada(), 61);
    let known = vec![figures(account, 40, false)];
    match answer(&mut org, ticket, short(account, false), known).as_slice() {
        [(decided, Err(Refusal::Short(short)))] => {
            assert_eq!((*decided, short.left, short.required), (ticket, credits(60), credits(61)));
            assert!(matches!(short.on, ShortOn::Limit(_)));
        }
        other => panic!("{other:?}"),
    }
    org.wait(&ada(), 61);
}

#[test]
fn a_no_of_the_store_that_this_gateway_cannot_see_yet_is_asked_again() {
    let (mut org, account, _) = with_limit();
    let ticket = org.wait(&ada(), 60);
    // Lowered, says the store; the feed has not said so.
    assert_eq!(answer(&mut org, ticket, short(account, false), Vec::new()), Vec::new());
    assert_eq!(org.book.asks(16).len(), 1);
    org.apply(Change::Limit(limit(1, Scope::Org, 50)));
    let decided = answer(&mut org, ticket, short(account, false), Vec::new());
    assert!(matches!(decided.as_slice(), [(_, Err(Refusal::Short(_)))]), "{decided:?}");
}

/// The store has said for good that less than 61 is left of the limit.
fn remembered() -> (Org, AccountId) {
    let (mut org, account, _) = with_limit();
    let ticket = org.wait(&ada(), 61);
    let decided = answer(&mut org, ticket, short(account, true), Vec::new());
    assert!(matches!(decided.as_slice(), [(_, Err(Refusal::Short(_)))]), "{decided:?}");
    (org, account)
}

#[test]
fn a_no_is_remembered_where_nobody_has_anything() {
    let (mut org, _) = remembered();
    assert_eq!(org.short(&ben(), 61).left, credits(60));
    org.wait(&ben(), 60);
}

#[test]
fn a_remembered_no_is_forgotten_when_there_may_be_more() {
    let changes: [fn(AccountId) -> Change; 3] = [
        |_| Change::Limit(limit(1, Scope::Org, 101)),
        |account| Change::Refunded { account, total: credits(1) },
        |account| leased(account, 1),
    ];
    for change in changes {
        let (mut org, account) = remembered();
        org.apply(change(account));
        org.wait(&ada(), 99);
    }
}

#[test]
fn a_no_about_the_grants_is_remembered_of_those_that_were_asked_for() {
    let (mut org, pool) = Org::sharing(10);
    let ticket = org.wait(&ada(), 11);
    assert_eq!(org.book.asks(16).len(), 1);
    // Comes while the store is asked.
    let promo = org.unleased(grant(7, GrantKind::Promo, 5));
    let nothing_left = Verdict::Short { on: ShortOf::Grants, lasting: true };
    assert_eq!(answer(&mut org, ticket, nothing_left, Vec::new()), Vec::new(), "15 are left");
    let second = org.wait(&ben(), 16);
    assert_eq!(org.book.asks(16).len(), 2);
    let decided = answer(&mut org, second, nothing_left, vec![figures(promo, 0, true)]);
    assert!(matches!(decided.as_slice(), [(_, Err(Refusal::Short(_)))]), "{decided:?}");
    assert_eq!(org.short(&ben(), 16).left, credits(15));
    assert_eq!(org.account(pool).spent(), Credits::ZERO);
}
