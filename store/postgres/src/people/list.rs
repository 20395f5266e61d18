//! Lists that belong to a row: the groups of a member, the members of a project.

use std::collections::HashMap;

use ledger::OrgId;
use sqlx::types::Uuid;

use crate::column::{Columns, Id, shard, uuids};
use crate::error::Result;
use crate::session::Session;

/// The rows that are meant: one of them, or all of the organisation.
#[derive(Clone, Copy)]
pub(crate) enum Which<T> {
    One(T),
    All,
}

impl<T: Id> Which<T> {
    /// The first and the last id that are meant, as a statement's BETWEEN takes them.
    pub(crate) fn range(self) -> (Uuid, Uuid) {
        match self {
            Self::One(id) => (id.uuid(), id.uuid()),
            Self::All => (Uuid::nil(), Uuid::max()),
        }
    }
}

/// The statements of one list table.
pub(crate) struct List {
    pub(crate) read: &'static str,
    pub(crate) clear: &'static str,
    pub(crate) fill: &'static str,
}

/// The list table `$table` of `$item`s that belong to an `$owner`.
macro_rules! list {
    ($table:literal, $owner:literal, $item:literal) => {
        $crate::people::List {
            read: concat!(
                "SELECT ",
                $owner,
                " AS owner, ",
                $item,
                " AS item FROM ",
                $table,
                " WHERE shard = $1 AND org_id = $2 AND ",
                $owner,
                " BETWEEN $3 AND $4 ORDER BY ",
                $owner,
                ", place"
            ),
            clear: concat!(
                "DELETE FROM ",
                $table,
                " WHERE shard = $1 AND org_id = $2 AND ",
                $owner,
                " = $3"
            ),
            fill: concat!(
                "INSERT INTO ",
                $table,
                " (shard, org_id, ",
                $owner,
                ", place, ",
                $item,
                ") SELECT $1, $2, $3, place, item FROM unnest($4) WITH ORDINALITY AS list (item, place)"
            ),
        }
    };
}
pub(crate) use list;

impl List {
    /// Every owner's items, in their order; owners without any are left out.
    pub(crate) async fn read<O: Id, T: Id>(
        &self,
        session: &mut Session,
        org: OrgId,
        which: Which<O>,
    ) -> Result<HashMap<O, Vec<T>>> {
        let (first, last) = which.range();
        let rows = sqlx::query(self.read)
            .bind(shard(org))
            .bind(org.uuid())
            .bind(first)
            .bind(last)
            .fetch_all(session)
            .await?;
        let mut lists: HashMap<O, Vec<T>> = HashMap::new();
        for row in rows {
            lists.entry(row.id("owner")?).or_default().push(row.id("item")?);
        }
        Ok(lists)
    }

    /// Makes these the owner's items; whoever does so has the owner's row.
    pub(crate) async fn replace<O: Id, T: Id>(
        &self,
        tx: &mut Session,
        org: OrgId,
        owner: O,
        items: &[T],
    ) -> Result<()> {
        sqlx::query(self.clear)
            .bind(shard(org))
            .bind(org.uuid())
            .bind(owner.uuid())
            .execute(&mut *tx)
            .await?;
        if items.is_empty() {
            return Ok(());
        }
        sqlx::query(self.fill)
            .bind(shard(org))
            .bind(org.uuid())
            .bind(owner.uuid())
            .bind(uuids(items.iter().copied()))
            .execute(tx)
            .await?;
        Ok(())
    }
}

/// The first of these ids that `found` does not find in the organisation.
///
/// `found` selects the ids of the array `$3` that are there.
pub(crate) async fn missing<T: Id>(
    session: &mut Session,
    org: OrgId,
    ids: &[T],
    found: &'static str,
) -> Result<Option<T>> {
    if ids.is_empty() {
        return Ok(None);
    }
    let rows = sqlx::query(found)
        .bind(shard(org))
        .bind(org.uuid())
        .bind(uuids(ids.iter().copied()))
        .fetch_all(session)
        .await?;
    let mut there = Vec::with_capacity(rows.len());
    for row in rows {
        there.push(row.id::<T>("id")?);
    }
    Ok(ids.iter().copied().find(|id| !there.contains(id)))
}
