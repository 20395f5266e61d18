//! What a start finds of the one before it.

use ledger::GrantKind;

use super::fixture::{BOOT, Place, due, hold_id, part, shard};
use crate::boot::BootId;
use crate::{AppliedUpTo, Lsn, Record};

#[test]
fn charges_that_the_store_does_not_have_are_reported_by_the_next_start() {
    let mut place = Place::new();
    let journal = place.start();
    for n in 0..4 {
        journal.hold(n);
        journal.settle(n);
    }
    let lsn = journal.settle(9);
    drop(journal);
    let again = place.start();
    assert_eq!(again.reported(), [0, 1, 2, 3, 9]);
    assert_eq!(again.report(shard()).keyed, [hold_id(0), hold_id(2)]);
    drop(again);
    // The store has all but the last: its answer was lost.
    let applied = AppliedUpTo { shard: shard(), lsn: Lsn(lsn.0 - 1), seq: 3 };
    place.applied.push(applied);
    assert_eq!(place.start().reported(), [9]);
    place.applied[0].lsn = lsn;
    assert_eq!(place.start().reported(), [0_u64; 0]);
}

#[test]
fn a_report_holds_exactly_the_durable_records() {
    let mut place = Place::new();
    let journal = place.start();
    journal.hold(1);
    journal.settle(1);
    journal.flush();
    let held = place.disk.hold();
    journal.hold(2);
    journal.settle(2);
    let report = journal.report(shard());
    assert_eq!((journal.reported(), report.lsn < journal.written()), (vec![1], true));
    assert_eq!(journal.unreported(), [shard()]);
    drop(held);
    journal.flush();
    assert_eq!(journal.reported(), [1, 2]);
    journal.applied(shard(), 1, report.lsn);
    assert_eq!(journal.reported(), [2]);
    journal.applied(shard(), 2, journal.written());
    assert_eq!((journal.reported(), journal.unreported()), (vec![], vec![]));
}

#[test]
fn an_open_hold_is_an_orphan_with_its_extensions_and_its_last_progress() {
    let mut place = Place::new();
    let journal = place.start();
    journal.hold(1);
    journal.hold(2);
    journal.progress(2, 5);
    let extension =
        vec![part(21, 30, Some(GrantKind::Allocation)), part(22, 9, Some(GrantKind::Promo))];
    let record = Record::Extend { hold: hold_id(2), parts: extension };
    journal.append(shard(), record).unwrap();
    journal.progress(2, 70);
    journal.hold(3);
    journal.settle(3);
    drop(journal);
    let journal = place.start();
    let [first, second] = journal.orphans() else { panic!("{:?}", journal.orphans()) };
    assert_eq!((first.opened.hold, first.due), (hold_id(1), None));
    assert_eq!((second.opened.hold, second.due), (hold_id(2), Some(due(70))));
    let allocation = part(21, 530, Some(GrantKind::Allocation));
    let promo = part(22, 9, Some(GrantKind::Promo));
    assert_eq!(second.parts, [part(20, 500, None), promo, allocation]);
}

#[test]
fn an_orphan_is_one_until_its_end_is_written_down() {
    let mut place = Place::new();
    let journal = place.start();
    journal.hold(1);
    journal.hold(2);
    drop(journal);
    // A start that ends one of the two and dies.
    let journal = place.start();
    journal.settle(1);
    drop(journal);
    let journal = place.start();
    assert_eq!(journal.orphans().len(), 1);
    assert_eq!((journal.orphans()[0].opened.hold, journal.reported()), (hold_id(2), vec![1]));
    journal.settle(2);
    drop(journal);
    let journal = place.start();
    assert_eq!((journal.orphans(), journal.reported()), (&[][..], vec![1, 2]));
}

#[test]
fn after_a_power_loss_an_answer_is_taken_to_have_started() {
    let mut place = Place::new();
    let journal = place.start();
    journal.hold(1);
    drop(journal);
    // A start in the next boot, which dies before it has ended the hold, and one more.
    for boot in [BootId(2), BootId(2), BOOT] {
        let journal = place.start_in(boot);
        let presumed = (boot != BOOT).then_some(due(1));
        assert_eq!(journal.orphans()[0].due, presumed, "{boot:?}");
    }
}

#[test]
fn what_an_earlier_start_gave_back_is_not_reported_and_holds_nothing_up() {
    let mut place = Place::new();
    let journal = place.start();
    let account = part(20, 0, None).account;
    let amount = super::fixture::credits(5);
    journal.append(shard(), Record::GiveBack { account, amount }).unwrap();
    journal.flush();
    assert_eq!(journal.report(shard()).give_backs, [(account, amount)]);
    drop(journal);
    let journal = place.start();
    let report = journal.report(shard());
    assert_eq!((report.give_backs, journal.unreported()), (vec![], vec![shard()]));
    journal.applied(shard(), 1, report.lsn);
    assert_eq!(journal.unreported(), []);
}

#[test]
fn an_old_hold_is_found_by_its_checkpoint_many_segments_later() {
    let mut place = Place::with_segments_of(16 << 10);
    place.options.keep = std::time::Duration::ZERO;
    let journal = place.start();
    journal.hold(1_000);
    journal.progress(1_000, 41);
    for n in 0..200 {
        journal.prepare();
        journal.hold(n);
        journal.settle(n);
        journal.flush();
        journal.applied(shard(), n + 1, journal.written());
    }
    let applied = AppliedUpTo { shard: shard(), lsn: journal.written(), seq: 200 };
    place.applied.push(applied);
    journal.progress(1_000, 42);
    journal.retire(std::time::SystemTime::now());
    drop(journal);
    assert!(place.segments().len() < 4, "{:?}", place.segments());
    let journal = place.start();
    assert_eq!(journal.orphans().len(), 1);
    assert_eq!(journal.orphans()[0].due, Some(due(42)));
    assert_eq!(journal.reported(), [0_u64; 0]);
}
