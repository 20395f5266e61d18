//! Where leases run low.

use ledger::Change;

use super::{leased, with_limit};
use crate::org::{ada, credits};

#[test]
fn a_path_that_runs_low_is_told_once_a_lease() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(500))]));
    org.apply(Change::LowMark { account, low: credits(15) });
    let first = org.hold(&ada(), 15);
    assert!(!org.book.is_low());
    let holds = [org.hold(&ada(), 1), org.hold(&ada(), 1)];
    assert!(org.book.is_low());
    let [low] = <[_; 1]>::try_from(org.book.running_low()).unwrap();
    assert_eq!((low.limits, low.grants), (vec![account], vec![pool]));
    let again = org.hold(&ada(), 1);
    assert!(!org.book.is_low());
    org.apply(leased(account, 1));
    let still = org.hold(&ada(), 1);
    assert!(org.book.is_low());
    for hold in [first, again, still].into_iter().chain(holds) {
        org.settle(hold, 0);
    }
}

#[test]
fn a_new_mark_tells_again_only_what_was_not_low_by_the_last() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::Leased(vec![(account, credits(30)), (pool, credits(500))]));
    let mark = |low| Change::LowMark { account, low: credits(low) };
    org.apply(mark(25));
    let first = org.hold(&ada(), 10);
    assert_eq!(org.book.running_low().len(), 1);
    org.apply(mark(28));
    let second = org.hold(&ada(), 1);
    assert!(!org.book.is_low(), "it was told, and no lease has come");
    org.apply(mark(15));
    let third = org.hold(&ada(), 5);
    assert!(org.book.is_low());
    for hold in [first, second, third] {
        org.settle(hold, 0);
    }
}

#[test]
fn what_is_wanted_back_does_not_run_low() {
    let (mut org, account, pool) = with_limit();
    org.apply(Change::LowMark { account, low: credits(15) });
    org.apply(leased(pool, 500));
    let ticket = org.wait(&ada(), 5);
    org.apply(Change::Recalled(vec![account]));
    let (decided, hold) = crate::org::held(org.change(leased(account, 10)));
    assert_eq!(decided, ticket);
    assert!(!org.book.is_low());
    assert_eq!(org.returned(), [(account, 5)]);
    org.settle(hold, 5);
}
