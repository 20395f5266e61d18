//! What a power loss leaves behind the last record that was on disk.

use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng};

use super::fixture::{Place, shard};
use crate::scan::Contents;
use crate::{Lsn, segment};

const PAGE: usize = 4_096;

/// Where each frame of a segment begins and ends.
fn frames(path: &Path, first: u64) -> Vec<(u64, std::ops::Range<usize>)> {
    let contents = Contents::read(path).unwrap();
    let mut begin = segment::HEADER;
    let mut found = Vec::new();
    for frame in contents.frames(Lsn(first)) {
        found.push((frame.lsn.0, begin..frame.end));
        begin = frame.end;
    }
    found
}

/// A journal none of whose records, but the checkpoint, is durable: its segment, copied away.
fn unsynced(records: u64) -> (Place, Vec<u8>) {
    let mut place = Place::with_segments_of(64 << 10);
    let journal = place.start();
    let held = place.disk.hold();
    for n in 0..records {
        journal.hold(n);
        journal.settle(n);
    }
    let copy = place.copy();
    drop(held);
    drop(journal);
    let bytes = std::fs::read(&copy.segments()[0]).unwrap();
    (copy, bytes)
}

/// The last record of what is left when `bytes` stand in the segment.
fn last_of(place: &Place, bytes: &[u8]) -> Result<u64, String> {
    std::fs::write(&place.segments()[0], bytes).unwrap();
    // What the last look has written down.
    std::fs::remove_file(place.path().join("newest")).unwrap();
    place.closed().map(|closed| closed.last().0).map_err(|error| error.to_string())
}

#[test]
fn a_tail_may_be_torn_at_every_byte() {
    let (place, mut bytes) = unsynced(3);
    let frames = frames(&place.segments()[0], 1);
    let [.., (_, first), (_, last)] = &frames[..] else { panic!("too few") };
    bytes.truncate(last.end + 64);
    for cut in first.start..last.end {
        let whole = frames.iter().filter(|(_, span)| span.end <= cut).count() as u64;
        // Zeros up to the next frame are part of it, and cannot be told from those behind it.
        let all_but_zeros = frames.iter().find(|(_, span)| span.contains(&cut));
        let (lsn, span) = all_but_zeros.unwrap();
        let complete = bytes[cut..span.end].iter().all(|byte| *byte == 0);
        let expected = if complete { *lsn } else { whole };
        for rest in [0, 0xA5] {
            let mut torn = bytes.clone();
            torn[cut..].fill(rest);
            let expected = if rest == 0 { expected } else { whole };
            let padding = rest != 0 && complete;
            let last = last_of(&place, &torn).unwrap();
            assert!(last == expected || (padding && last == *lsn), "cut at {cut}: {last}");
        }
        let last = last_of(&place, &bytes[..cut]).unwrap();
        assert!(last == whole || (complete && last == *lsn), "ends at {cut}: {last}");
    }
}

#[test]
fn any_of_the_pages_that_were_not_synced_may_be_missing() {
    let (place, bytes) = unsynced(60);
    let frames = frames(&place.segments()[0], 1);
    let pages = frames.last().unwrap().1.end.div_ceil(PAGE);
    let mut random = StdRng::seed_from_u64(11);
    for _ in 0..400 {
        let mut image = bytes.clone();
        // The header and the checkpoint were synced; of their last page the rest may be missing.
        let synced = frames[0].1.end;
        let missing: Vec<_> = (0..pages).filter(|_| random.random_bool(0.1)).collect();
        for page in &missing {
            let from = (page * PAGE).max(synced);
            image[from.min((page + 1) * PAGE)..(page + 1) * PAGE].fill(0);
        }
        let whole = |span: &std::ops::Range<usize>| image[span.clone()] == bytes[span.clone()];
        let expected = frames.iter().take_while(|(_, span)| whole(span)).count() as u64;
        assert_eq!(last_of(&place, &image), Ok(expected), "without pages {missing:?}");
    }
}

#[test]
fn a_tail_may_be_torn_across_segments() {
    let mut place = Place::with_segments_of(16 << 10);
    let journal = place.start();
    journal.prepare();
    let held = place.disk.hold();
    let mut n = 0;
    while place.segments().len() < 2 {
        journal.hold(n);
        journal.settle(n);
        n += 1;
    }
    journal.hold(n);
    let copy = place.copy();
    drop(held);
    drop(journal);
    // A record in the first segment is missing: so is all that came after it.
    let [first, second] = &copy.segments()[..] else { panic!("{:?}", copy.segments()) };
    let (lsn, span) = frames(first, 1).pop().unwrap();
    let mut bytes = std::fs::read(first).unwrap();
    bytes[span].fill(0);
    std::fs::write(first, bytes).unwrap();
    assert_eq!(copy.closed().unwrap().last(), Lsn(lsn - 1));
    assert!(!second.exists());
}

#[test]
fn a_segment_whose_header_never_was_on_disk_is_gone() {
    let mut place = Place::with_segments_of(16 << 10);
    let journal = place.start();
    journal.prepare();
    journal.flush();
    let held = place.disk.hold();
    let mut n = 0;
    while place.segments().len() < 2 {
        journal.hold(n);
        journal.settle(n);
        n += 1;
    }
    let copy = place.copy();
    drop(held);
    drop(journal);
    let [first, second] = &copy.segments()[..] else { panic!("{:?}", copy.segments()) };
    let last = frames(first, 1).pop().unwrap().0;
    let mut bytes = std::fs::read(second).unwrap();
    bytes[..PAGE].fill(0);
    std::fs::write(second, bytes).unwrap();
    assert_eq!(copy.closed().unwrap().last(), Lsn(last));
    assert!(!second.exists());
}

#[test]
fn what_was_cut_off_is_never_read_again() {
    let (mut place, bytes) = unsynced(3);
    let frames = frames(&place.segments()[0], 1);
    let mut torn = bytes;
    // The third record is torn; the ones behind it are whole.
    torn[frames[2].1.start + 30] ^= 1;
    std::fs::write(&place.segments()[0], torn).unwrap();
    let journal = place.start();
    assert_eq!((journal.orphans().len(), journal.reported()), (1, vec![]));
    journal.settle(0);
    drop(journal);
    let journal = place.start();
    assert_eq!((journal.orphans(), journal.reported()), (&[][..], vec![0]));
    assert_eq!(journal.unreported(), [shard()]);
}
