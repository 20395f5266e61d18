//! A store that went back in time.

use ledger::{AccountId, Credits, Epoch, Shard};

use super::fixture::{Place, credits, shard};
use crate::{AppliedUpTo, Journal, Lsn, Record, Report};

const ACCOUNT: AccountId = AccountId::from_u128(20);

fn granted(journal: &Journal, seq: u64, amount: u64) -> Lsn {
    let record = Record::Granted { seq, account: ACCOUNT, amount: credits(amount) };
    journal.append(shard(), record).unwrap()
}

fn give_back(journal: &Journal, amount: u64) -> Lsn {
    let record = Record::GiveBack { account: ACCOUNT, amount: credits(amount) };
    journal.append(shard(), record).unwrap()
}

fn knows(lsn: Lsn, seq: u64) -> [AppliedUpTo; 1] {
    [AppliedUpTo { shard: shard(), lsn, seq }]
}

fn lost(report: &Report) -> Vec<(u32, u64)> {
    report.lost.iter().map(|(epoch, _, amount)| (epoch.0, amount.micros())).collect()
}

fn returned(report: &Report) -> Vec<Credits> {
    report.give_backs.iter().map(|(_, amount)| *amount).collect()
}

/// Three syncs: a lease and two charges, a give-back, a second lease.
fn busy(journal: &Journal) -> [Lsn; 3] {
    journal.applied(shard(), 1, journal.written());
    let first = journal.written();
    granted(journal, 1, 700);
    for n in 1..=2 {
        journal.hold(n);
        journal.settle(n);
    }
    let second = journal.written();
    journal.applied(shard(), 2, second);
    let third = give_back(journal, 90);
    journal.applied(shard(), 3, third);
    granted(journal, 3, 50);
    [first, second, third]
}

#[test]
fn everything_that_the_store_has_forgotten_is_told_again_as_it_was() {
    let mut place = Place::new();
    let journal = place.start();
    let [first, second, third] = busy(&journal);
    journal.flush();
    assert_eq!(journal.report(shard()).records, 0);

    journal.rewind(&knows(Lsn(0), 0)).unwrap();
    let report = journal.report(shard());
    assert_eq!(journal.reported(), [1, 2]);
    assert_eq!(lost(&report), [(1, 700), (1, 50)]);
    assert_eq!(returned(&report), [credits(90)]);

    journal.rewind(&knows(first, 1)).unwrap();
    assert_eq!(lost(&journal.report(shard())), [(1, 50)], "the store gave what sync 1 asked for");
    assert_eq!(journal.reported(), [1, 2]);

    journal.rewind(&knows(second, 2)).unwrap();
    assert_eq!(journal.reported(), [0_u64; 0]);
    assert_eq!(returned(&journal.report(shard())), [credits(90)]);

    journal.rewind(&knows(third, 3)).unwrap();
    assert_eq!(journal.report(shard()).records, 0);
}

#[test]
fn what_was_not_reported_before_is_reported_once() {
    let mut place = Place::new();
    let journal = place.start();
    let [_, second, _] = busy(&journal);
    journal.hold(3);
    journal.settle(3);
    journal.rewind(&knows(second, 2)).unwrap();
    journal.hold(4);
    journal.settle(4);
    journal.flush();
    assert_eq!(journal.reported(), [3, 4]);
    assert_eq!(journal.status().unreported, 4, "a give-back, a lease and two charges");
    journal.applied(shard(), 3, journal.written());
    assert_eq!((journal.status().unreported, journal.unreported()), (0, vec![]));
}

#[test]
fn the_leases_of_an_earlier_start_are_told_as_its_own_and_go_back_as_a_whole() {
    let mut place = Place::new();
    let journal = place.start();
    busy(&journal);
    drop(journal);
    let journal = place.start();
    let report = journal.report(shard());
    assert_eq!(lost(&report), [(1, 700), (1, 50)]);
    assert_eq!((journal.reported(), returned(&report)), (vec![1, 2], vec![]));
    granted(&journal, 4, 8);
    journal.flush();
    journal.rewind(&knows(Lsn(0), 0)).unwrap();
    assert_eq!(lost(&journal.report(shard())), [(1, 700), (1, 50), (2, 8)]);
}

#[test]
fn a_start_whose_store_has_forgotten_nothing_tells_no_lease() {
    let mut place = Place::new();
    let journal = place.start();
    let [_, _, third] = busy(&journal);
    drop(journal);
    place.applied = knows(third, 3).to_vec();
    let journal = place.start();
    assert_eq!(journal.report(shard()).records, 0);
}

#[test]
fn leases_are_found_in_segments_that_hold_nothing_else_of_their_shard() {
    let mut place = Place::with_segments_of(16 << 10);
    let other = (0..Shard::COUNT).filter_map(Shard::new).find(|it| *it != shard()).unwrap();
    let journal = place.start();
    journal.applied(shard(), 1, journal.written());
    granted(&journal, 1, 700);
    while place.segments().len() < 4 {
        journal.prepare();
        let record = Record::GiveBack { account: ACCOUNT, amount: credits(1) };
        let lsn = journal.append(other, record).unwrap();
        journal.applied(other, 1, lsn);
    }
    journal.rewind(&knows(Lsn(0), 0)).unwrap();
    journal.flush();
    let report = journal.report(shard());
    assert_eq!(report.lost, [(Epoch(1), ACCOUNT, credits(700))]);
    drop(journal);
    let at = AppliedUpTo { shard: other, lsn: Lsn(u64::MAX >> 1), seq: 1 };
    place.applied = vec![at];
    assert_eq!(lost(&place.start().report(shard())), [(1, 700)]);
}

#[test]
fn a_store_that_went_back_behind_the_first_segment_is_told_so() {
    let mut place = Place::with_segments_of(16 << 10);
    let journal = place.start();
    while place.segments().len() < 3 {
        journal.prepare();
        let lsn = give_back(&journal, 1);
        journal.applied(shard(), 1, lsn);
    }
    let first = place.segments().remove(0);
    journal.flush();
    journal.retire(std::time::SystemTime::now() + place.options.keep * 2);
    assert!(!first.exists());
    let error = journal.rewind(&knows(Lsn(0), 0)).unwrap_err().to_string();
    assert!(error.contains("has not been told all of those before it"), "{error}");
}
