//! Which segments go, and when.

use std::time::{Duration, SystemTime};

use super::fixture::{Place, shard};
use crate::Journal;

/// Fills a few segments, and leaves one hold open in the first.
fn busy(place: &mut Place) -> Journal {
    let journal = place.start();
    journal.hold(1_000);
    for n in 0..60 {
        journal.prepare();
        journal.hold(n);
        journal.settle(n);
    }
    journal.flush();
    journal
}

#[test]
fn a_segment_stays_until_the_store_has_its_end_and_its_time_is_over() {
    let mut place = Place::with_segments_of(16 << 10);
    let journal = busy(&mut place);
    let all = place.segments().len();
    let later = SystemTime::now() + Duration::from_secs(25 * 60 * 60);
    journal.retire(later);
    assert_eq!(place.segments().len(), all, "the store has nothing");
    journal.applied(shard(), 1, journal.written());
    journal.retire(SystemTime::now());
    assert_eq!(place.segments().len(), all, "they are minutes old");
    journal.retire(later);
    assert_eq!(place.segments().len(), 1, "the last one is written to");
}

#[test]
fn segments_go_before_their_time_when_the_journal_has_grown_to_its_bound() {
    let mut place = Place::with_segments_of(16 << 10);
    place.options.max_bytes = 128 << 10;
    let journal = busy(&mut place);
    let all = place.segments().len();
    journal.applied(shard(), 1, journal.written());
    journal.prepare();
    journal.hold(2_000);
    journal.retire(SystemTime::now());
    let left = place.segments().len();
    assert!(left > 1 && (left < all || all < 7), "{left} of {all}");
}

#[test]
fn what_the_store_does_not_have_is_kept_beyond_the_bound_and_nothing_more_is_admitted() {
    let mut place = Place::with_segments_of(16 << 10);
    place.options.max_bytes = 64 << 10;
    let journal = place.start();
    let admitted = (0..1_000).take_while(|n| {
        journal.try_prepare();
        let opened = std::sync::Arc::new(super::fixture::opened(*n));
        let admitted = journal.append(shard(), crate::Record::Hold(opened)).is_ok();
        if admitted {
            journal.settle(*n);
        }
        admitted
    });
    let admitted = admitted.count();
    journal.retire(SystemTime::now());
    assert!(admitted < 1_000 && place.segments().len() >= 3, "{admitted}");
    journal.flush();
    assert_eq!(journal.reported().len(), admitted);
}
