//! The usage events of one organisation, a page at a time.

use std::collections::BTreeMap;

use ledger::{Credits, Ending, Epoch, HoldId, Instant, MemberId, NodeId, Unit};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{IndeterminateFigures, ending_from_name};

use super::PAGE;
use super::owners::Owner;
use super::rollups::Slice;
use crate::column::{Columns, Id, count};
use crate::detail::{self, Line};
use crate::error::Result;

/// A usage event, as far as anything is compared with it.
pub(super) struct Event {
    pub(super) hold: HoldId,
    pub(super) series: i64,
    /// Who called, if the series is there and the organisation's own.
    pub(super) member: Option<MemberId>,
    pub(super) admitted: Instant,
    /// Micro-credits.
    pub(super) charged: i128,
    /// None where it cannot be read.
    pub(super) detail: Option<Detail>,
}

/// What an event says beside its figures; amounts are micro-credits.
pub(super) struct Detail {
    /// None for a name that there is not.
    pub(super) ending: Option<Ending>,
    pub(super) units: [u64; Unit::ALL.len()],
    pub(super) outputs: u64,
    pub(super) held: u64,
    pub(super) overrun: u64,
    pub(super) lines: Vec<Line>,
}

impl Event {
    /// Number and micro-credits of every account that paid.
    pub(super) fn lines(&self) -> &[Line] {
        self.detail.as_ref().map_or(&[], |detail| &detail.lines)
    }

    /// Micro-credits that the platform paid.
    pub(super) fn overrun(&self) -> i128 {
        self.detail.as_ref().map_or(0, |detail| detail.overrun.into())
    }
}

/// Where the events of an organisation are read on.
pub(super) struct Page<'a> {
    owner: &'a Owner,
    slice: Slice,
    last: Option<HoldId>,
}

impl<'a> Page<'a> {
    /// Before the first event of a slice.
    pub(super) const fn first(owner: &'a Owner, slice: Slice) -> Self {
        Self { owner, slice, last: None }
    }

    /// The next events, or none where there are no more.
    pub(super) async fn next(
        &mut self,
        connection: &mut SqliteConnection,
    ) -> Result<Option<Vec<Event>>> {
        let last = self.last.unwrap_or(HoldId { node: NodeId(0), epoch: Epoch(0), n: 0 });
        // Numbers are counted from 0, and a start that there was is counted from 1.
        let rows = sqlx::query(
            "SELECT events.node, events.epoch, events.n, events.series, events.admitted_at,
                 events.charged, events.detail, series.member_id
             FROM usage_events AS events
             LEFT JOIN usage_series AS series ON series.series = events.series
                 AND series.shard = events.shard AND series.org_id = events.org_id
             WHERE events.shard = ?1 AND events.org_id = ?2
                 AND (events.node, events.epoch, events.n) > (?3, ?4, ?5)
                 AND events.series % ?6 = ?7
             ORDER BY events.node, events.epoch, events.n LIMIT ?8",
        )
        .bind(self.owner.shard)
        .bind(self.owner.org.blob())
        .bind(last.node.0)
        .bind(last.epoch.0)
        .bind(if self.last.is_some() { count(last.n) } else { i64::MIN })
        .bind(self.slice.of)
        .bind(self.slice.number)
        .bind(PAGE)
        .fetch_all(connection)
        .await?;
        let events = rows.iter().map(from_row).collect::<Result<Vec<_>>>()?;
        self.last = events.last().map(|event| event.hold);
        Ok(self.last.is_some().then_some(events))
    }
}

fn from_row(row: &SqliteRow) -> Result<Event> {
    let (node, epoch) = (NodeId(row.small("node")?), Epoch(row.small("epoch")?));
    Ok(Event {
        hold: HoldId { node, epoch, n: row.count("n")? },
        series: row.integer("series")?,
        member: row.id_or_none("member_id")?,
        admitted: row.instant("admitted_at")?,
        charged: row.integer("charged")?.into(),
        detail: detail::read(&row.text("detail")?).ok().map(
            |(_, ending, _, units, outputs, held, overrun, lines, _, _)| Detail {
                ending: ending_from_name(&ending),
                units,
                outputs,
                held,
                overrun,
                lines,
            },
        ),
    })
}

/// The indeterminate events of an organisation, in the order of their names.
pub(super) type Indeterminates = BTreeMap<HoldId, IndeterminateFigures>;

/// Keeps an event that was charged by a journal after its gateway had died.
pub(super) fn note_indeterminate(event: &Event, owner: &Owner, kept: &mut Indeterminates) {
    let indeterminate = |detail: &&Detail| detail.ending == Some(Ending::Indeterminate);
    let Some(detail) = event.detail.as_ref().filter(indeterminate) else { return };
    let charged = u64::try_from(event.charged).ok().and_then(Credits::from_micros);
    let indeterminate = IndeterminateFigures {
        hold: event.hold,
        org: owner.org,
        // One that cannot be named is told by the check of references.
        member: event.member.unwrap_or(MemberId::from_u128(0)),
        admitted: event.admitted,
        held: Credits::from_micros(detail.held).unwrap_or(Credits::MAX),
        charged: charged.unwrap_or_default(),
        refunded: Credits::ZERO,
    };
    kept.insert(event.hold, indeterminate);
}
