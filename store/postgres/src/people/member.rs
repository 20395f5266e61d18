//! Members and the groups they are in.

use ledger::{MemberId, MemberStanding, MemberStatus, OrgId};
use sqlx::postgres::PgRow;
use store::{ChangeSeq, Member, Role};

use super::group::require_groups;
use super::subject::{replace_subjects, require_free, subjects};
use super::{List, Which, list, missing, require};
use crate::PostgresStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, rate, shard, tools};
use crate::error::{Error, Result};
use crate::session::Session;

const GROUPS: List = list!("member_groups", "member_id", "group_id");

pub(crate) async fn member(
    session: &mut Session,
    org: OrgId,
    id: MemberId,
) -> Result<Option<Member>> {
    Ok(members(session, org, Which::One(id)).await?.pop())
}

/// The members that are meant, by id.
pub(crate) async fn members(
    session: &mut Session,
    org: OrgId,
    which: Which<MemberId>,
) -> Result<Vec<Member>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT member_id, name, email, service_account, role, job_role, status, home_group_id,
             tools, tokens_valid_after, rate_per_second, rate_per_minute, rate_concurrent
         FROM members
         WHERE shard = $1 AND org_id = $2 AND member_id BETWEEN $3 AND $4 ORDER BY member_id",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(&mut *session)
    .await?;
    let mut groups = GROUPS.read(&mut *session, org, which).await?;
    let mut subjects = subjects(session, org, which).await?;
    let member = |row: PgRow| {
        let id = row.id("member_id")?;
        let standing = MemberStanding {
            id,
            status: row.named("status", status)?,
            home: row.id_or_none("home_group_id")?,
            groups: groups.remove(&id).unwrap_or_default(),
            tools: row.tools("tools")?,
        };
        Ok(Member {
            org,
            name: row.text("name")?,
            email: row.text_or_none("email")?,
            service_account: row.flag("service_account")?,
            role: row.named("role", Role::from_name)?,
            job_role: row.text_or_none("job_role")?,
            standing,
            subjects: subjects.remove(&id).unwrap_or_default(),
            tokens_valid_after: row.instant("tokens_valid_after")?,
            rates: row.rates()?,
        })
    };
    rows.into_iter().map(member).collect()
}

pub(crate) async fn put_member(store: &PostgresStore, member: &Member) -> Result<ChangeSeq> {
    let mut tx = store.write().await?;
    require(&mut tx, member.org).await?;
    write_member(&mut tx, member).await?;
    let seq = record(&mut tx, member.org, Entity::Member(member.standing.id)).await?;
    tx.commit().await?;
    Ok(seq)
}

/// The organisation is had meanwhile, so that nobody changes the member after it was compared.
pub(crate) async fn change_member(
    store: &PostgresStore,
    read: &Member,
    changed: &Member,
) -> Result<ChangeSeq> {
    let (org, id) = (changed.org, changed.standing.id);
    let mut tx = store.write().await?;
    require(&mut tx, org).await?;
    if member(&mut tx, org, id).await?.as_ref() != Some(read) {
        return Err(store::Error::Stale(id.to_string()).into());
    }
    write_member(&mut tx, changed).await?;
    let seq = record(&mut tx, org, Entity::Member(id)).await?;
    tx.commit().await?;
    Ok(seq)
}

/// Refuses a member that is deactivated; whoever asks has the organisation.
pub(crate) async fn require_not_deactivated(
    tx: &mut Session,
    org: OrgId,
    id: MemberId,
) -> Result<()> {
    let known = member(tx, org, id).await?.map(|member| member.standing.status);
    if known == Some(MemberStatus::Deactivated) {
        return Err(Error::conflict(format!("{id} is deactivated, and gets no key")));
    }
    Ok(())
}

/// Writes a member as it is to be; whoever does so has the organisation.
pub(crate) async fn write_member(tx: &mut Session, member: &Member) -> Result<()> {
    let standing = &member.standing;
    require_groups(tx, member.org, &standing.groups).await?;
    require_groups(tx, member.org, standing.home.as_slice()).await?;
    require_free(tx, member).await?;
    sqlx::query(
        "INSERT INTO members (shard, org_id, member_id, name, email, service_account, role,
             job_role, status, home_group_id, tools, tokens_valid_after, rate_per_second,
             rate_per_minute, rate_concurrent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (shard, org_id, member_id) DO UPDATE SET
             name = excluded.name,
             email = excluded.email,
             service_account = excluded.service_account,
             role = excluded.role,
             job_role = excluded.job_role,
             status = excluded.status,
             home_group_id = excluded.home_group_id,
             tools = excluded.tools,
             tokens_valid_after = excluded.tokens_valid_after,
             rate_per_second = excluded.rate_per_second,
             rate_per_minute = excluded.rate_per_minute,
             rate_concurrent = excluded.rate_concurrent",
    )
    .bind(shard(member.org))
    .bind(member.org.uuid())
    .bind(standing.id.uuid())
    .bind(member.name.as_str())
    .bind(member.email.as_deref())
    .bind(member.service_account)
    .bind(member.role.name())
    .bind(member.job_role.as_deref())
    .bind(status_name(standing.status))
    .bind(standing.home.map(Id::uuid))
    .bind(tools(standing.tools.as_ref()))
    .bind(member.tokens_valid_after.micros())
    .bind(rate(member.rates.per_second))
    .bind(rate(member.rates.per_minute))
    .bind(rate(member.rates.concurrent))
    .execute(&mut *tx)
    .await?;
    GROUPS.replace(tx, member.org, standing.id, &standing.groups).await?;
    replace_subjects(tx, member).await
}

/// Refuses a member that the organisation does not have.
pub(crate) async fn require_members(
    session: &mut Session,
    org: OrgId,
    members: &[MemberId],
) -> Result<()> {
    let found = "SELECT member_id AS id FROM members WHERE shard = $1 AND org_id = $2 AND member_id = ANY ($3)";
    match missing(session, org, members, found).await? {
        Some(member) => Err(Error::conflict(format!("{org} has no member {member}"))),
        None => Ok(()),
    }
}

fn status_name(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Active => "active",
        MemberStatus::AccessRemoved => "access_removed",
        MemberStatus::Deactivated => "deactivated",
    }
}

fn status(name: &str) -> Option<MemberStatus> {
    let all = [MemberStatus::Active, MemberStatus::AccessRemoved, MemberStatus::Deactivated];
    all.into_iter().find(|status| status_name(*status) == name)
}
