//! Records as bytes: little-endian, whole numbers at variable length, texts behind their length.
//!
//! A record that was written by this version reads back as it was; anything else is an error and
//! never a guess.

mod charge;
mod checkpoint;
mod hold;
mod read;
mod write;

use std::sync::Arc;

use ledger::Shard;

use crate::Record;

pub(crate) use checkpoint::{Checkpoint, OpenHold, ShardMark};
pub(crate) use read::{Malformed, Read};
pub(crate) use write::Write;

/// The body of a record: what it is, the shard it belongs to, and its content.
#[derive(Debug)]
pub(crate) enum Body {
    /// One of the six that a gateway appends.
    Record(Shard, Record),
    /// What a segment opens with.
    Checkpoint(Checkpoint),
}

const HOLD: u8 = 1;
const EXTEND: u8 = 2;
const PROGRESS: u8 = 3;
const SETTLE: u8 = 4;
const GIVE_BACK: u8 = 5;
const GRANTED: u8 = 6;
const CHECKPOINT: u8 = 7;

/// Appends the body of a record.
pub(crate) fn write_record(to: &mut Vec<u8>, shard: Shard, record: &Record) {
    let kind = match record {
        Record::Hold(_) => HOLD,
        Record::Extend { .. } => EXTEND,
        Record::Progress { .. } => PROGRESS,
        Record::Settle(_) => SETTLE,
        Record::GiveBack { .. } => GIVE_BACK,
        Record::Granted { .. } => GRANTED,
    };
    to.extend_from_slice(&[kind, shard.number()]);
    match record {
        Record::Hold(opened) => hold::write(to, opened),
        Record::Extend { hold, parts } => {
            to.hold(*hold);
            hold::write_parts(to, parts);
        }
        Record::Progress { hold, due } => {
            to.hold(*hold);
            hold::write_due(to, due);
        }
        Record::Settle(charge) => charge::write(to, charge),
        Record::GiveBack { account, amount } => {
            to.id(account.as_u128());
            to.credits(*amount);
        }
        Record::Granted { seq, account, amount } => {
            to.whole(*seq);
            to.id(account.as_u128());
            to.credits(*amount);
        }
    }
}

/// Appends the body of a checkpoint.
pub(crate) fn write_checkpoint(to: &mut Vec<u8>, checkpoint: &Checkpoint) {
    to.extend_from_slice(&[CHECKPOINT, 0]);
    checkpoint::write(to, checkpoint);
}

/// Reads a body back.
///
/// # Errors
/// [`Malformed`] for bytes that this version did not write.
pub(crate) fn read(bytes: &[u8]) -> Result<Body, Malformed> {
    let mut from = Read::new(bytes);
    let (kind, shard) = (from.byte()?, from.byte()?);
    let shard = Shard::new(shard).ok_or(Malformed)?;
    let body = match kind {
        HOLD => Body::Record(shard, Record::Hold(Arc::new(hold::read(&mut from)?))),
        EXTEND => {
            let hold = from.hold()?;
            let parts = hold::read_parts(&mut from)?;
            Body::Record(shard, Record::Extend { hold, parts })
        }
        PROGRESS => {
            let hold = from.hold()?;
            let due = hold::read_due(&mut from)?;
            Body::Record(shard, Record::Progress { hold, due })
        }
        SETTLE => Body::Record(shard, Record::Settle(Arc::new(charge::read(&mut from)?))),
        GIVE_BACK => {
            let (account, amount) = (from.id()?, from.credits()?);
            let account = ledger::AccountId::from_u128(account);
            Body::Record(shard, Record::GiveBack { account, amount })
        }
        GRANTED => {
            let (seq, account, amount) = (from.whole()?, from.id()?, from.credits()?);
            let account = ledger::AccountId::from_u128(account);
            Body::Record(shard, Record::Granted { seq, account, amount })
        }
        CHECKPOINT => Body::Checkpoint(checkpoint::read(&mut from)?),
        _ => return Err(Malformed),
    };
    from.end()?;
    Ok(body)
}
