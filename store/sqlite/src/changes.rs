//! The feed of changes: recorded inside the change's own transaction, read as things are now.

use ledger::{AccountId, GrantId, GroupId, KeyId, LimitId, MemberId, OrgId, ProjectId};
use sqlx::SqliteConnection;
use store::{Change, ChangeSeq, Changed, Stamp};

use crate::column::{Columns, Id, count};
use crate::error::{Error, Result};
use crate::{money, people};

/// What can change.
#[derive(Clone, Copy)]
pub(crate) enum Entity {
    Org(OrgId),
    Group(GroupId),
    Project(ProjectId),
    Member(MemberId),
    Key(KeyId),
    Grant(GrantId),
    Limit(LimitId),
    Refund(AccountId),
    /// By the id that follows from its names.
    Token(u128),
}

impl Entity {
    fn name(self) -> &'static str {
        match self {
            Self::Org(_) => "org",
            Self::Group(_) => "group",
            Self::Project(_) => "project",
            Self::Member(_) => "member",
            Self::Key(_) => "key",
            Self::Grant(_) => "grant",
            Self::Limit(_) => "limit",
            Self::Refund(_) => "refund",
            Self::Token(_) => "token",
        }
    }

    fn blob(self) -> Vec<u8> {
        match self {
            Self::Org(id) => id.blob(),
            Self::Group(id) => id.blob(),
            Self::Project(id) => id.blob(),
            Self::Member(id) => id.blob(),
            Self::Key(id) => id.blob(),
            Self::Grant(id) => id.blob(),
            Self::Limit(id) => id.blob(),
            Self::Refund(id) => id.blob(),
            Self::Token(id) => id.blob(),
        }
    }

    fn new(name: &str, bits: u128) -> Option<Self> {
        Some(match name {
            "org" => Self::Org(OrgId::from_u128(bits)),
            "group" => Self::Group(GroupId::from_u128(bits)),
            "project" => Self::Project(ProjectId::from_u128(bits)),
            "member" => Self::Member(MemberId::from_u128(bits)),
            "key" => Self::Key(KeyId::from_u128(bits)),
            "grant" => Self::Grant(GrantId::from_u128(bits)),
            "limit" => Self::Limit(LimitId::from_u128(bits)),
            "refund" => Self::Refund(AccountId::from_u128(bits)),
            "token" => Self::Token(bits),
            _ => return None,
        })
    }
}

/// Numbers a change and puts it into the feed.
pub(crate) async fn record(
    tx: &mut SqliteConnection,
    org: OrgId,
    entity: Entity,
) -> Result<ChangeSeq> {
    let seq: i64 =
        sqlx::query_scalar("UPDATE meta SET change_seq = change_seq + 1 RETURNING change_seq")
            .fetch_one(&mut *tx)
            .await?;
    sqlx::query(
        "INSERT INTO changes (seq, shard, org_id, entity, entity_id) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (shard, org_id, entity, entity_id) DO UPDATE SET seq = excluded.seq",
    )
    .bind(seq)
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(entity.name())
    .bind(entity.blob())
    .execute(tx)
    .await?;
    u64::try_from(seq).map(ChangeSeq).map_err(|_| Error::corrupt(format!("change_seq is {seq}")))
}

pub(crate) async fn stamp(connection: &mut SqliteConnection) -> Result<Stamp> {
    let row = sqlx::query("SELECT store_id, incarnation, change_seq FROM meta")
        .fetch_one(connection)
        .await?;
    Ok(Stamp {
        store: row.id("store_id")?,
        incarnation: row.count("incarnation")?,
        seq: ChangeSeq(row.count("change_seq")?),
    })
}

pub(crate) async fn since(
    connection: &mut SqliteConnection,
    seq: ChangeSeq,
    max: usize,
) -> Result<Vec<Change>> {
    let rows = sqlx::query(
        "SELECT seq, org_id, entity, entity_id FROM changes WHERE seq > ? ORDER BY seq LIMIT ?",
    )
    .bind(count(seq.0))
    .bind(i64::try_from(max).unwrap_or(i64::MAX))
    .fetch_all(&mut *connection)
    .await?;
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        let (org, bits) = (row.id("org_id")?, row.id("entity_id")?);
        let entity = row.named("entity", |name| Entity::new(name, bits))?;
        let what = as_it_is(connection, org, entity).await?;
        let what = what.ok_or_else(|| {
            Error::corrupt(format!("the {} of a change is missing", entity.name()))
        })?;
        changes.push(Change { seq: ChangeSeq(row.count("seq")?), org, what });
    }
    Ok(changes)
}

async fn as_it_is(
    connection: &mut SqliteConnection,
    org: OrgId,
    entity: Entity,
) -> Result<Option<Changed>> {
    Ok(match entity {
        Entity::Org(id) => people::org(connection, id).await?.map(Changed::Org),
        Entity::Group(id) => people::group(connection, org, id).await?.map(Changed::Group),
        Entity::Project(id) => people::project(connection, org, id).await?.map(Changed::Project),
        Entity::Member(id) => people::member(connection, org, id).await?.map(Changed::Member),
        Entity::Key(id) => people::key(connection, org, id).await?.map(Changed::Key),
        Entity::Grant(id) => money::grant(connection, org, id).await?.map(Changed::Grant),
        Entity::Limit(id) => money::limit(connection, org, id).await?.map(|stored| {
            if stored.removed { Changed::LimitRemoved(id) } else { Changed::Limit(stored.limit) }
        }),
        Entity::Refund(id) => refunded(connection, org, id).await?,
        Entity::Token(id) => {
            people::revoked_token(connection, org, id).await?.map(Changed::TokenRevoked)
        }
    })
}

async fn refunded(
    connection: &mut SqliteConnection,
    org: OrgId,
    account: AccountId,
) -> Result<Option<Changed>> {
    let row = sqlx::query(
        "SELECT refunded + written_back AS refunded FROM accounts WHERE shard = ? AND org_id = ? AND account_id = ?",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(account.blob())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Changed::Refunded { account, total: row.credits("refunded")? }))
}
