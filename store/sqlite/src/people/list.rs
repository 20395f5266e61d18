//! Lists that belong to a row: the groups of a member, the members of a project.

use std::collections::HashMap;

use ledger::OrgId;
use sqlx::SqliteConnection;

use crate::column::{Columns, Id, hex_list};
use crate::error::Result;

/// The rows that are meant: one of them, or all of the organisation.
#[derive(Clone, Copy)]
pub(crate) enum Which<T> {
    One(T),
    All,
}

impl<T: Id> Which<T> {
    /// The first and the last id that are meant, as a statement's BETWEEN takes them.
    pub(crate) fn range(self) -> (Vec<u8>, Vec<u8>) {
        match self {
            Self::One(id) => (id.blob(), id.blob()),
            Self::All => (vec![0; 16], vec![u8::MAX; 16]),
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
                " WHERE shard = ? AND org_id = ? AND ",
                $owner,
                " BETWEEN ? AND ? ORDER BY ",
                $owner,
                ", place"
            ),
            clear: concat!(
                "DELETE FROM ",
                $table,
                " WHERE shard = ? AND org_id = ? AND ",
                $owner,
                " = ?"
            ),
            fill: concat!(
                "INSERT INTO ",
                $table,
                " (shard, org_id, ",
                $owner,
                ", place, ",
                $item,
                ") SELECT ?, ?, ?, key, unhex(value) FROM json_each(?)"
            ),
        }
    };
}
pub(crate) use list;

impl List {
    /// Every owner's items, in their order; owners without any are left out.
    pub(crate) async fn read<O: Id, T: Id>(
        &self,
        connection: &mut SqliteConnection,
        org: OrgId,
        which: Which<O>,
    ) -> Result<HashMap<O, Vec<T>>> {
        let (first, last) = which.range();
        let rows = sqlx::query(self.read)
            .bind(org.shard().number())
            .bind(org.blob())
            .bind(first)
            .bind(last)
            .fetch_all(connection)
            .await?;
        let mut lists: HashMap<O, Vec<T>> = HashMap::new();
        for row in rows {
            lists.entry(row.id("owner")?).or_default().push(row.id("item")?);
        }
        Ok(lists)
    }

    /// Makes these the owner's items.
    pub(crate) async fn replace<O: Id, T: Id>(
        &self,
        tx: &mut SqliteConnection,
        org: OrgId,
        owner: O,
        items: &[T],
    ) -> Result<()> {
        let shard = org.shard().number();
        sqlx::query(self.clear)
            .bind(shard)
            .bind(org.blob())
            .bind(owner.blob())
            .execute(&mut *tx)
            .await?;
        if items.is_empty() {
            return Ok(());
        }
        sqlx::query(self.fill)
            .bind(shard)
            .bind(org.blob())
            .bind(owner.blob())
            .bind(hex_list(items.iter().copied()))
            .execute(tx)
            .await?;
        Ok(())
    }
}

/// The first of these ids that `found` does not find in the organisation.
///
/// `found` selects the ids of the JSON list `?3` that are there.
pub(crate) async fn missing<T: Id>(
    connection: &mut SqliteConnection,
    org: OrgId,
    ids: &[T],
    found: &'static str,
) -> Result<Option<T>> {
    if ids.is_empty() {
        return Ok(None);
    }
    let rows = sqlx::query(found)
        .bind(org.shard().number())
        .bind(org.blob())
        .bind(hex_list(ids.iter().copied()))
        .fetch_all(connection)
        .await?;
    let mut there = Vec::with_capacity(rows.len());
    for row in rows {
        there.push(row.id::<T>("id")?);
    }
    Ok(ids.iter().copied().find(|id| !there.contains(id)))
}
