//! The feed of changes: recorded inside the change's own transaction, read as things are now.

use ledger::{AccountId, GrantId, GroupId, KeyId, LimitId, MemberId, OrgId, ProjectId};
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;
use store::{Change, ChangeSeq, Changed, Nudge, Stamp};

use crate::column::{Columns, Id, count, shard};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::{money, nudge, people};

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
    /// Not in the table `changes`: its own row has its place in the feed.
    RevokedToken(u128),
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
            Self::RevokedToken(_) => "token",
        }
    }

    fn uuid(self) -> Uuid {
        match self {
            Self::Org(id) => id.uuid(),
            Self::Group(id) => id.uuid(),
            Self::Project(id) => id.uuid(),
            Self::Member(id) => id.uuid(),
            Self::Key(id) => id.uuid(),
            Self::Grant(id) => id.uuid(),
            Self::Limit(id) => id.uuid(),
            Self::Refund(id) => id.uuid(),
            Self::RevokedToken(id) => id.uuid(),
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
            "token" => Self::RevokedToken(bits),
            _ => return None,
        })
    }
}

/// Numbers a change, puts it into the feed, and tells everybody who listens once it is committed.
///
/// From here to the commit nobody else can change anything: it comes last.
pub(crate) async fn record(tx: &mut Session, org: OrgId, entity: Entity) -> Result<ChangeSeq> {
    let seq: i64 = sqlx::query_scalar(
        "WITH counted AS (
             UPDATE meta SET change_seq = change_seq + 1 RETURNING change_seq
         ), told AS (
             INSERT INTO changes (seq, shard, org_id, entity, entity_id)
             SELECT change_seq, $1, $2, $3, $4 FROM counted
             ON CONFLICT (shard, org_id, entity, entity_id) DO UPDATE SET seq = excluded.seq
         )
         SELECT change_seq FROM counted",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(entity.name())
    .bind(entity.uuid())
    .fetch_one(&mut *tx)
    .await?;
    tell(tx, seq).await
}

/// Tells everybody who listens of a change that was numbered, once it is committed.
pub(crate) async fn tell(tx: &mut Session, seq: i64) -> Result<ChangeSeq> {
    let seq =
        ChangeSeq(u64::try_from(seq).map_err(|_| Error::corrupt(format!("change_seq is {seq}")))?);
    nudge::send(tx, Nudge::Changed(seq)).await?;
    Ok(seq)
}

pub(crate) async fn stamp(session: &mut Session) -> Result<Stamp> {
    let row = sqlx::query("SELECT store_id, incarnation, change_seq FROM meta")
        .fetch_one(session)
        .await?;
    from_row(&row)
}

/// The stamp in a row that has its columns.
pub(crate) fn from_row(row: &PgRow) -> Result<Stamp> {
    Ok(Stamp {
        store: row.id("store_id")?,
        incarnation: row.count("incarnation")?,
        seq: ChangeSeq(row.count("change_seq")?),
    })
}

pub(crate) async fn since(
    session: &mut Session,
    seq: ChangeSeq,
    max: usize,
) -> Result<Vec<Change>> {
    let rows = sqlx::query(
        "(SELECT seq, org_id, entity, entity_id FROM changes WHERE seq > $1 ORDER BY seq LIMIT $2)
         UNION ALL
         (SELECT seq, org_id, 'token', token_id FROM revoked_tokens
          WHERE seq > $1 ORDER BY seq LIMIT $2)
         ORDER BY seq LIMIT $2",
    )
    .bind(count(seq.0))
    .bind(i64::try_from(max).unwrap_or(i64::MAX))
    .fetch_all(&mut *session)
    .await?;
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        let (org, bits) = (row.id("org_id")?, row.id("entity_id")?);
        let entity = row.named("entity", |name| Entity::new(name, bits))?;
        let what = as_it_is(session, org, entity).await?;
        let what = what.ok_or_else(|| {
            Error::corrupt(format!("the {} of a change is missing", entity.name()))
        })?;
        changes.push(Change { seq: ChangeSeq(row.count("seq")?), org, what });
    }
    Ok(changes)
}

async fn as_it_is(session: &mut Session, org: OrgId, entity: Entity) -> Result<Option<Changed>> {
    Ok(match entity {
        Entity::Org(id) => people::org(session, id).await?.map(Changed::Org),
        Entity::Group(id) => people::group(session, org, id).await?.map(Changed::Group),
        Entity::Project(id) => people::project(session, org, id).await?.map(Changed::Project),
        Entity::Member(id) => people::member(session, org, id).await?.map(Changed::Member),
        Entity::Key(id) => people::key(session, org, id).await?.map(Changed::Key),
        Entity::Grant(id) => money::grant(session, org, id).await?.map(Changed::Grant),
        Entity::Limit(id) => money::limit(session, org, id).await?.map(|stored| {
            if stored.removed { Changed::LimitRemoved(id) } else { Changed::Limit(stored.limit) }
        }),
        Entity::Refund(id) => refunded(session, org, id).await?,
        Entity::RevokedToken(id) => {
            people::revoked_token(session, org, id).await?.map(Changed::TokenRevoked)
        }
    })
}

async fn refunded(
    session: &mut Session,
    org: OrgId,
    account: AccountId,
) -> Result<Option<Changed>> {
    let row = sqlx::query(
        "SELECT refunded + written_back AS come_back FROM accounts
         WHERE shard = $1 AND org_id = $2 AND account_id = $3",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(account.uuid())
    .fetch_optional(session)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Changed::Refunded { account, total: row.credits("come_back")? }))
}
