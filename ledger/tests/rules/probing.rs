//! What is asked before a request is read.

use ledger::{Change, HoldId, KeyStanding, KeyStatus, Refusal};

use crate::org::{Org, ada, at, credits, key, limit};

fn probe(org: &mut Org, least: u64) -> Result<(), Refusal> {
    let path = org.book.path(&ada());
    let id = HoldId { node: ledger::NodeId(1), epoch: ledger::Epoch(1), n: 99 };
    org.book.probe(id, path, credits(least), org.now)
}

#[test]
fn a_probe_takes_nothing_and_says_only_what_will_stay_true() {
    let mut org = Org::with(100);
    let account = org.limit(limit(1, ledger::Scope::Org, 50));
    let hold = org.hold(&ada(), 40);
    assert_eq!(probe(&mut org, 50), Ok(()), "what is held may come free");
    let refused = probe(&mut org, 51);
    assert_eq!(refused, Err(org.refusal(&ada(), 51)));
    assert_eq!((org.figures(account), org.book.waiting()), ((10, 40, 0), 0));
    org.now = at(100);
    assert_eq!(probe(&mut org, 51), Ok(()), "the next period is not open yet");
    org.settle(hold, 0);
}

#[test]
fn who_may_not_spend_is_told_before_it_says_how_much() {
    let mut org = Org::with(100);
    let path = org.book.path(&ada());
    assert_eq!(org.book.standing_of(path, org.now), Ok(()));
    org.apply(Change::Key(KeyStanding { status: KeyStatus::Blocked, ..key() }));
    assert_eq!(org.book.standing_of(path, org.now), Err(Refusal::KeyBlocked));
    assert_eq!(probe(&mut org, 0), Err(Refusal::KeyBlocked));
}

#[test]
fn a_book_says_when_something_is_to_go_back() {
    let mut org = Org::with(100);
    assert!(!org.book.has_returns());
    let account = org.limit(limit(1, ledger::Scope::Org, 50));
    org.apply(Change::LimitRemoved(limit(1, ledger::Scope::Org, 50).id));
    assert!(org.book.has_returns());
    assert_eq!(org.returned(), [(account, 50)]);
    assert!(!org.book.has_returns());
}
