//! What was on disk and is not what it was: refused, with words that say what to do.

use ledger::NodeId;

use super::fixture::{ID, OWNER, Place, shard};
use crate::{AppliedUpTo, ClosedJournal, Options, Owner, segment};

/// A journal of several segments, all of them synced, of which the store has nothing.
fn synced() -> Place {
    let mut place = Place::with_segments_of(16 << 10);
    let journal = place.start();
    for n in 0..200 {
        journal.prepare();
        journal.hold(n);
        journal.settle(n);
    }
    journal.flush();
    drop(journal);
    assert!(place.segments().len() > 2);
    place
}

#[test]
fn a_flipped_bit_in_what_was_on_disk_is_told_with_file_and_offset() {
    let place = synced();
    let file = place.segments()[1].clone();
    let mut bytes = std::fs::read(&file).unwrap();
    let at = segment::HEADER + 2_000;
    bytes[at] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let error = place.error();
    assert!(error.contains("00000002.journal is damaged at byte "), "{error}");
    assert!(error.contains("restore the file from a backup"), "{error}");
}

#[test]
fn a_flipped_bit_in_a_header_is_damage() {
    let place = synced();
    let file = place.segments()[1].clone();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[20] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert!(place.error().contains("00000002.journal is damaged at byte 0"), "{}", place.error());
}

#[test]
fn a_truncated_segment_is_damage() {
    let place = synced();
    let file = place.segments()[1].clone();
    for length in [0, 100, segment::HEADER + 500] {
        let copy = place.copy();
        let file = copy.path().join(file.file_name().unwrap());
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..length]).unwrap();
        assert!(copy.error().contains("is damaged at byte"), "{}", copy.error());
    }
}

#[test]
fn a_segment_that_is_gone_is_missed_whichever_it_is() {
    let count = synced().segments().len();
    for gone in 0..count {
        let place = synced();
        std::fs::remove_file(&place.segments()[gone]).unwrap();
        let error = place.error();
        let said = if gone == 0 { "the first segment that is left" } else { "has lost segments" };
        assert!(error.contains(said), "without the segment at {gone}: {error}");
        assert!(error.contains("restore them"), "{error}");
    }
}

#[test]
fn all_segments_gone_are_missed() {
    let place = synced();
    for path in place.segments() {
        std::fs::remove_file(path).unwrap();
    }
    assert!(place.error().contains("has lost segments"), "{}", place.error());
    // Even when the whole folder is, since it is remembered that there was a journal.
    let fresh = Place::new();
    let opened = ClosedJournal::open(fresh.path(), OWNER, Some(ID), 1, fresh.options.clone());
    assert!(opened.unwrap_err().to_string().contains("has lost segments"));
}

#[test]
fn segments_under_one_anothers_names_are_told() {
    let place = synced();
    let [first, second, ..] = &place.segments()[..] else { panic!("too few") };
    let aside = place.path().join("aside");
    std::fs::rename(first, &aside).unwrap();
    std::fs::rename(second, first).unwrap();
    std::fs::rename(&aside, second).unwrap();
    let error = place.error();
    assert!(error.contains("holds segment 2 under another's name"), "{error}");
}

#[test]
fn the_journal_of_another_node_store_or_gateway_is_refused() {
    let place = synced();
    let open = |owner, expected| {
        let opened = ClosedJournal::open(place.path(), owner, expected, 1, Options::default());
        opened.map(drop).unwrap_err().to_string()
    };
    let error = open(Owner { node: NodeId(8), ..OWNER }, None);
    assert!(error.contains("is the journal of node_7, not of node_8"), "{error}");
    let error = open(Owner { store: 6, ..OWNER }, None);
    assert!(error.contains("is for another store"), "{error}");
    let error = open(OWNER, Some(ID + 1));
    assert!(error.contains("belongs to another journal"), "{error}");
}

#[test]
fn a_segment_of_another_journal_among_ours_is_refused() {
    let place = synced();
    let mut other = Place::with_segments_of(16 << 10);
    let opened = ClosedJournal::open(other.path(), OWNER, None, ID + 1, other.options.clone());
    let start = |closed: ClosedJournal| closed.start(ledger::Epoch(1), &[], Box::new(|_| {}));
    drop(start(opened.unwrap()).unwrap());
    drop(other.start());
    std::fs::copy(&other.segments()[1], &place.segments()[1]).unwrap();
    assert!(place.error().contains("belongs to another journal"), "{}", place.error());
}

#[test]
fn damage_that_the_store_has_no_need_of_is_left_alone() {
    let mut place = synced();
    let last = place.closed().unwrap().last();
    place.applied.push(AppliedUpTo { shard: shard(), lsn: last, seq: 9 });
    drop(place.start());
    let file = place.segments()[0].clone();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[segment::HEADER + 1_000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(place.start().reported(), [0_u64; 0]);
}

#[test]
fn two_processes_never_write_one_journal() {
    let mut place = Place::new();
    let journal = place.start();
    assert!(place.error().contains("belongs to another bursar that is running"));
    drop(journal);
    place.start();
}

#[test]
fn a_journal_of_a_newer_version_is_left_to_it() {
    let place = synced();
    let file = place.segments().pop().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[8] = 2;
    let crc = crc32c::crc32c(&bytes[..segment::HEADER - 4]).to_le_bytes();
    bytes[segment::HEADER - 4..segment::HEADER].copy_from_slice(&crc);
    std::fs::write(&file, bytes).unwrap();
    let error = place.error();
    assert!(error.contains("has format 2, and this version knows 1"), "{error}");
}
