//! A disk without room, and one that breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::Epoch;

use super::fixture::{BOOT, Place, charge, hold_id, opened, part, shard};
use crate::{Failed, Full, Journal, Record};

/// Opens holds until there is no room for one more.
fn fill(journal: &Journal) -> u64 {
    let open = |n| journal.append(shard(), Record::Hold(Arc::new(opened(n))));
    (0..).find(|n| open(*n) == Err(Full)).unwrap()
}

#[test]
fn a_full_disk_opens_nothing_and_still_ends_every_open_hold() {
    let mut place = Place::with_segments_of(128 << 10);
    let journal = place.start();
    place.disk.full.store(true, Ordering::SeqCst);
    journal.forget_next();
    let open = fill(&journal);
    assert!(open > 20 && journal.status().full, "{open}");
    let extension = Record::Extend { hold: hold_id(1), parts: vec![part(20, 5, None)] };
    assert_eq!(journal.append(shard(), extension), Err(Full));
    for n in 0..open {
        journal.progress(n, 1);
        // At its longest: as many lines as the hold has parts, the largest figures.
        let mut charge = charge(n);
        charge.outputs = u64::MAX;
        charge.usage = super::fixture::due(u64::MAX >> 8).usage;
        journal.append(shard(), Record::Settle(Arc::new(charge))).unwrap();
    }
    assert_eq!(journal.status().open_holds, 0);
    drop(journal);
    place.disk.full.store(false, Ordering::SeqCst);
    let journal = place.start();
    assert_eq!(journal.reported().len() as u64, open);
}

#[test]
fn an_answer_that_goes_on_for_long_takes_nothing_from_the_endings_of_others() {
    let mut place = Place::with_segments_of(128 << 10);
    let journal = place.start();
    place.disk.full.store(true, Ordering::SeqCst);
    journal.forget_next();
    let open = fill(&journal);
    let progress = |tokens| {
        let due = super::fixture::due(tokens);
        journal.append(shard(), Record::Progress { hold: hold_id(0), due })
    };
    assert!((1..10_000).any(|tokens| progress(tokens) == Err(Full)));
    for n in 0..open {
        journal.settle(n);
    }
}

#[test]
fn room_that_is_made_is_found_again() {
    let mut place = Place::with_segments_of(128 << 10);
    let journal = place.start();
    place.disk.full.store(true, Ordering::SeqCst);
    journal.forget_next();
    let open = fill(&journal);
    place.disk.full.store(false, Ordering::SeqCst);
    journal.prepare();
    journal.hold(open);
    assert!(!journal.status().full);
}

#[test]
fn a_disk_that_cannot_sync_ends_the_process_and_frees_nobody() {
    let place = Place::new();
    let failures = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&failures);
    let fails = Box::new(move |_: &std::io::Error| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let journal = place.closed().unwrap().start_in(BOOT, Epoch(1), &[], fails).unwrap();
    place.disk.fails.store(true, Ordering::SeqCst);
    let lsn = journal.hold(1);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(journal.before_first_byte(lsn)), Err(Failed));
    assert_eq!(runtime.block_on(journal.durable(lsn)), Err(Failed));
    assert_eq!(journal.append(shard(), Record::Hold(Arc::new(opened(2)))), Err(Full));
    assert_eq!(failures.load(Ordering::SeqCst), 1);
}

#[test]
fn a_journal_that_its_store_does_not_follow_admits_nothing_more() {
    let mut place = Place::new();
    place.options.unreported_max = 3;
    let journal = place.start();
    for n in 0..3 {
        journal.hold(n);
        journal.settle(n);
    }
    assert_eq!(journal.append(shard(), Record::Hold(Arc::new(opened(9)))), Err(Full));
    journal.flush();
    journal.applied(shard(), 1, journal.written());
    journal.hold(9);
}

#[test]
fn a_segment_that_has_become_too_small_for_what_is_open_is_made_anew_and_larger() {
    let mut place = Place::with_segments_of(32 << 10);
    let journal = place.start();
    // Many more open holds than a segment of the usual size could open with.
    for n in 0..400 {
        journal.prepare();
        journal.hold(n);
    }
    for n in 0..400 {
        journal.settle(n);
    }
    drop(journal);
    let journal = place.start();
    assert_eq!((journal.orphans(), journal.reported().len()), (&[][..], 400));
}
