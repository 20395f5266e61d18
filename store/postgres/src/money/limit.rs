//! Limits as they are stored.

use ledger::{GroupId, KeyId, Limit, LimitId, MemberId, OrgId, Period, ProjectId, Scope, Tool};
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;

use crate::column::{Columns, Id, shard};
use crate::error::{Error, Result};
use crate::people::Which;
use crate::session::Session;

/// A limit and what only the store needs to know of it.
pub(crate) struct StoredLimit {
    pub(crate) limit: Limit,
    /// Its next account ignores what its scope has spent.
    pub(crate) opens_at_zero: bool,
    /// It counts no more.
    pub(crate) removed: bool,
}

pub(crate) async fn limit(
    session: &mut Session,
    org: OrgId,
    id: LimitId,
) -> Result<Option<StoredLimit>> {
    Ok(stored_limits(session, org, Which::One(id)).await?.pop())
}

/// The limits that count, by id.
pub(crate) async fn limits(session: &mut Session, org: OrgId) -> Result<Vec<Limit>> {
    let stored = stored_limits(session, org, Which::All).await?;
    Ok(stored.into_iter().filter(|stored| !stored.removed).map(|stored| stored.limit).collect())
}

/// The limits that are meant, by id, removed ones too.
pub(crate) async fn stored_limits(
    session: &mut Session,
    org: OrgId,
    which: Which<LimitId>,
) -> Result<Vec<StoredLimit>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT limit_id, scope, scope_id, tool, period, amount, opens_at_zero, removed FROM limits
         WHERE shard = $1 AND org_id = $2 AND limit_id BETWEEN $3 AND $4 ORDER BY limit_id",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(session)
    .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &PgRow) -> Result<StoredLimit> {
    let limit = Limit {
        id: row.id("limit_id")?,
        scope: scope(row)?,
        tool: row.text_or_none("tool")?.as_deref().map(Tool::new),
        period: row.named("period", Period::from_name)?,
        amount: row.credits("amount")?,
    };
    Ok(StoredLimit {
        limit,
        opens_at_zero: row.flag("opens_at_zero")?,
        removed: row.flag("removed")?,
    })
}

fn scope(row: &PgRow) -> Result<Scope> {
    let id: Option<u128> = row.id_or_none("scope_id")?;
    let kind = row.text("scope")?;
    match (kind.as_str(), id) {
        ("org", None) => Ok(Scope::Org),
        ("group", Some(id)) => Ok(Scope::Group(GroupId::from_u128(id))),
        ("project", Some(id)) => Ok(Scope::Project(ProjectId::from_u128(id))),
        ("member", Some(id)) => Ok(Scope::Member(MemberId::from_u128(id))),
        ("key", Some(id)) => Ok(Scope::Key(KeyId::from_u128(id))),
        _ => Err(Error::corrupt(format!("a limit's scope is `{kind}`"))),
    }
}

/// The scope's id as its column has it.
pub(crate) fn scope_id(scope: Scope) -> Option<Uuid> {
    match scope {
        Scope::Org => None,
        Scope::Group(id) => Some(id.uuid()),
        Scope::Project(id) => Some(id.uuid()),
        Scope::Member(id) => Some(id.uuid()),
        Scope::Key(id) => Some(id.uuid()),
    }
}
