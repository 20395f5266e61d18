//! How much of a segment is kept for the endings of the holds that are open.

use ledger::HoldId;

use crate::Record;
use crate::codec::OpenHold;
use crate::frame::HEADER;

/// What a record may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// It brings an ending with it: it needs room for that as well, and some to spare.
    Opens,
    /// Gateways can do without it: it takes what no ending may need.
    Optional,
    /// It always finds room, for which its hold has cared.
    Ends,
}

impl Class {
    /// `started` says whether the answer to the record's request is known to have started.
    pub(crate) fn of(record: &Record, started: impl FnOnce(HoldId) -> bool) -> Self {
        match record {
            Record::Hold(_) | Record::Extend { .. } => Self::Opens,
            Record::GiveBack { .. } | Record::Granted { .. } => Self::Optional,
            Record::Progress { hold, .. } if started(*hold) => Self::Optional,
            Record::Progress { .. } | Record::Settle(_) => Self::Ends,
        }
    }

    /// Bytes that have to be left beside the record in a segment of this size, where `reserved` is
    /// for the endings of the holds that are open.
    pub(crate) fn leaves(self, reserved: u64, segment: u64) -> u64 {
        match self {
            Self::Opens => reserved.saturating_add(SPARE.min(segment / 8)),
            Self::Optional => reserved,
            Self::Ends => 0,
        }
    }
}

/// For the ending of the hold that is opened, and what may be written while it runs.
const SPARE: u64 = 16 << 10;
/// The fixed part of a settle: ids, instants, amounts and counts at their longest.
const SETTLE: usize = 480;
/// The record that an answer has started.
const PROGRESS: usize = HEADER + 160;
/// A line of a charge.
const LINE: usize = 32;

/// Bytes that the ending of a hold may take.
pub(crate) fn of_ending(open: &OpenHold) -> u64 {
    let opened = &open.opened;
    let texts = [opened.tool.name(), &opened.provider, &opened.model, &opened.price_book];
    let texts: usize = texts.iter().map(|text| text.len()).sum();
    let bytes = HEADER + SETTLE + PROGRESS + texts + open.parts.len() * LINE;
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
