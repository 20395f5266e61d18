//! Members and the groups they are in.

use ledger::{MemberId, MemberStanding, MemberStatus, OrgId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{ChangeSeq, Member, Role};

use super::group::require_groups;
use super::{List, Which, list, missing, require, subject};
use crate::SqliteStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, rates, tools};
use crate::error::{Error, Result};

const GROUPS: List = list!("member_groups", "member_id", "group_id");

pub(crate) async fn member(
    connection: &mut SqliteConnection,
    org: OrgId,
    id: MemberId,
) -> Result<Option<Member>> {
    Ok(members(connection, org, Which::One(id)).await?.pop())
}

/// The members that are meant, by id.
pub(crate) async fn members(
    connection: &mut SqliteConnection,
    org: OrgId,
    which: Which<MemberId>,
) -> Result<Vec<Member>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT * FROM members
         WHERE shard = ? AND org_id = ? AND member_id BETWEEN ? AND ? ORDER BY member_id",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(first)
    .bind(last)
    .fetch_all(&mut *connection)
    .await?;
    let mut groups = GROUPS.read(&mut *connection, org, which).await?;
    let mut subjects = subject::read(connection, org, which).await?;
    let member = |row: SqliteRow| {
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

pub(crate) async fn put_member(store: &SqliteStore, member: &Member) -> Result<ChangeSeq> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require(&mut tx, member.org).await?;
    let seq = set_member(&mut tx, member).await?;
    tx.commit().await?;
    Ok(seq)
}

pub(crate) async fn change_member(
    store: &SqliteStore,
    read: &Member,
    changed: &Member,
) -> Result<ChangeSeq> {
    let (org, id) = (changed.org, changed.standing.id);
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require(&mut tx, org).await?;
    if member(&mut tx, org, id).await?.as_ref() != Some(read) {
        return Err(store::Error::Stale(id.to_string()).into());
    }
    let seq = set_member(&mut tx, changed).await?;
    tx.commit().await?;
    Ok(seq)
}

/// Refuses a member that is deactivated.
pub(crate) async fn require_not_deactivated(
    connection: &mut SqliteConnection,
    org: OrgId,
    id: MemberId,
) -> Result<()> {
    let known = member(connection, org, id).await?.map(|member| member.standing.status);
    if known == Some(MemberStatus::Deactivated) {
        return Err(Error::conflict(format!("{id} is deactivated, and gets no key")));
    }
    Ok(())
}

/// Makes or changes a member of an organisation that is there.
pub(crate) async fn set_member(tx: &mut SqliteConnection, member: &Member) -> Result<ChangeSeq> {
    let (org, standing) = (member.org, &member.standing);
    require_groups(tx, org, &standing.groups).await?;
    require_groups(tx, org, standing.home.as_slice()).await?;
    write(tx, member).await?;
    GROUPS.replace(tx, org, standing.id, &standing.groups).await?;
    subject::replace(tx, org, standing.id, &member.subjects).await?;
    record(tx, org, Entity::Member(standing.id)).await
}

async fn write(tx: &mut SqliteConnection, member: &Member) -> Result<()> {
    let standing = &member.standing;
    let [per_second, per_minute, concurrent] = rates(member.rates);
    sqlx::query(
        "INSERT INTO members (shard, org_id, member_id, name, email, service_account, role,
             job_role, status, home_group_id, tools, tokens_valid_after, rate_per_second,
             rate_per_minute, rate_concurrent)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
    .bind(member.org.shard().number())
    .bind(member.org.blob())
    .bind(standing.id.blob())
    .bind(member.name.as_str())
    .bind(member.email.as_deref())
    .bind(member.service_account)
    .bind(member.role.name())
    .bind(member.job_role.as_deref())
    .bind(status_name(standing.status))
    .bind(standing.home.map(Id::blob))
    .bind(tools(standing.tools.as_ref()))
    .bind(member.tokens_valid_after.micros())
    .bind(per_second)
    .bind(per_minute)
    .bind(concurrent)
    .execute(tx)
    .await?;
    Ok(())
}

/// Refuses a member that the organisation does not have.
pub(crate) async fn require_members(
    connection: &mut SqliteConnection,
    org: OrgId,
    members: &[MemberId],
) -> Result<()> {
    let found = "SELECT member_id AS id FROM members WHERE shard = ?1 AND org_id = ?2
         AND member_id IN (SELECT unhex(value) FROM json_each(?3))";
    match missing(connection, org, members, found).await? {
        Some(member) => Err(Error::conflict(format!("{org} has no member {member}"))),
        None => Ok(()),
    }
}

/// Refuses to make a member that is there.
pub(super) async fn require_no_member(
    connection: &mut SqliteConnection,
    org: OrgId,
    id: MemberId,
) -> Result<()> {
    match member(connection, org, id).await? {
        Some(_) => Err(Error::conflict(format!("there is a {id} already"))),
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
