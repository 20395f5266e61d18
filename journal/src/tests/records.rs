//! Every record reads back as it was written.

use std::sync::Arc;

use ledger::{
    AccountId, Cause, Credits, Ending, GrantKind, GroupId, Instant, KeyId, Line, LineSource,
    ProjectId, Shard, Surface, Tool, Unit, Usage, WrittenPart,
};
use proptest::prelude::*;

use super::fixture::{charge, hold_id, opened};
use crate::boot::BootId;
use crate::codec::{self, Body, Checkpoint, OpenHold, ShardMark};
use crate::{Due, Lsn, Record};

fn credits() -> impl Strategy<Value = Credits> {
    (0..=Credits::MAX.micros()).prop_map(|micros| Credits::from_micros(micros).unwrap())
}

fn grant() -> impl Strategy<Value = Option<GrantKind>> {
    proptest::option::of(proptest::sample::select(&GrantKind::ALL[..]))
}

fn part() -> impl Strategy<Value = WrittenPart> {
    (any::<u128>(), credits(), grant(), any::<i64>()).prop_map(|(account, amount, grant, ends)| {
        let account = AccountId::from_u128(account);
        WrittenPart { account, amount, grant, ends: Instant::from_micros(ends) }
    })
}

fn due() -> impl Strategy<Value = Due> {
    (proptest::array::uniform7(any::<u64>()), credits()).prop_map(|(counts, cost)| {
        let counts = Unit::ALL.into_iter().zip(counts);
        let usage = counts.fold(Usage::default(), |usage, (unit, count)| usage.with(unit, count));
        Due { usage, cost }
    })
}

fn ending() -> impl Strategy<Value = Ending> {
    let endings = [Ending::Settled, Ending::Estimated, Ending::Indeterminate];
    let released = Cause::ALL.map(Ending::Released);
    proptest::sample::select([&endings[..], &released[..]].concat())
}

fn hold() -> impl Strategy<Value = Record> {
    let who = (any::<u64>(), proptest::option::of(any::<u128>()), any::<bool>(), ".{0,40}");
    let what = (proptest::collection::vec(part(), 0..20), due(), credits(), any::<i64>());
    let surface = proptest::sample::select(&Surface::ALL[..]);
    (who, what, surface).prop_map(|((n, id, keyed, text), what, surface)| {
        let mut hold = opened(n);
        (hold.parts, hold.due_at_start, hold.held) = (what.0, what.1, what.2);
        hold.admitted = Instant::from_micros(what.3);
        hold.key = id.map(KeyId::from_u128);
        hold.group = id.map(GroupId::from_u128);
        (hold.surface, hold.keyed) = (surface, keyed);
        (hold.tool, hold.model, hold.provider) = (Tool::new(&text), (*text).into(), "".into());
        Record::Hold(Arc::new(hold))
    })
}

fn settle() -> impl Strategy<Value = Record> {
    let lines = proptest::collection::vec((any::<u128>(), credits(), grant()), 0..20);
    let figures = (credits(), credits(), any::<u64>(), any::<u16>());
    (any::<u64>(), lines, figures, ending(), due(), any::<i64>()).prop_map(
        |(n, lines, (held, overrun, outputs, status), ending, due, ended)| {
            let mut settled = charge(n >> 1);
            let lines = lines.into_iter().map(|(account, amount, grant)| Line {
                account: AccountId::from_u128(account),
                source: grant.map_or(LineSource::Limit, LineSource::Grant),
                amount,
            });
            settled.lines = lines.collect();
            (settled.held, settled.overrun, settled.outputs) = (held, overrun, outputs);
            (settled.status, settled.ending, settled.usage) = (status, ending, due.usage);
            settled.ended = Instant::from_micros(ended);
            settled.project = Some(ProjectId::from_u128(n.into()));
            Record::Settle(Arc::new(settled))
        },
    )
}

fn record() -> impl Strategy<Value = Record> {
    let parts = proptest::collection::vec(part(), 0..20);
    let account = any::<u128>().prop_map(AccountId::from_u128);
    prop_oneof![
        hold(),
        settle(),
        (any::<u64>(), parts).prop_map(|(n, parts)| Record::Extend { hold: hold_id(n), parts }),
        (any::<u64>(), due()).prop_map(|(n, due)| Record::Progress { hold: hold_id(n), due }),
        (account.clone(), credits())
            .prop_map(|(account, amount)| Record::GiveBack { account, amount }),
        (any::<u64>(), account, credits()).prop_map(|(seq, account, amount)| Record::Granted {
            seq,
            account,
            amount
        }),
    ]
}

proptest! {
    #[test]
    fn a_record_reads_back_as_it_was_written(record in record(), shard in 0..Shard::COUNT) {
        let shard = Shard::new(shard).unwrap();
        let mut bytes = Vec::new();
        codec::write_record(&mut bytes, shard, &record);
        let Ok(Body::Record(of, read)) = codec::read(&bytes) else { panic!("not a record") };
        prop_assert_eq!((of, format!("{read:?}")), (shard, format!("{record:?}")));
        // And nothing shorter or longer does.
        prop_assert!(codec::read(&bytes[..bytes.len() - 1]).is_err());
        bytes.push(0);
        prop_assert!(codec::read(&bytes).is_err());
    }

    #[test]
    fn bytes_that_are_no_record_are_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        // Whatever it says, it neither panics nor takes memory that the bytes do not warrant.
        let _ = codec::read(&bytes);
    }
}

#[test]
fn a_checkpoint_reads_back_as_it_was_written() {
    let open = |n, progress| OpenHold {
        shard: Shard::new(3).unwrap(),
        opened: Arc::new(opened(n)),
        parts: opened(n).parts,
        progress,
        boot: BootId(u128::MAX),
    };
    let checkpoint = Checkpoint {
        shards: vec![ShardMark { shard: Shard::new(63).unwrap(), last: Lsn(9), seq: 4 }],
        holds: vec![open(1, None), open(2, Some(super::fixture::due(8)))],
    };
    let mut bytes = Vec::new();
    codec::write_checkpoint(&mut bytes, &checkpoint);
    let Ok(Body::Checkpoint(read)) = codec::read(&bytes) else { panic!("not a checkpoint") };
    assert_eq!(read, checkpoint);
}
