//! Whom tokens call a member.

use std::collections::HashMap;

use ledger::{MemberId, OrgId};
use store::{Member, Subject};

use super::Which;
use crate::column::{Columns, Id, shard};
use crate::error::{Error, Result};
use crate::session::Session;

/// The subjects of the members that are meant, in their order; members without any are left out.
pub(super) async fn subjects(
    session: &mut Session,
    org: OrgId,
    which: Which<MemberId>,
) -> Result<HashMap<MemberId, Vec<Subject>>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT member_id, issuer, subject FROM member_subjects
         WHERE shard = $1 AND org_id = $2 AND member_id BETWEEN $3 AND $4 ORDER BY member_id, place",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(session)
    .await?;
    let mut subjects: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let subject = Subject { issuer: row.text("issuer")?, subject: row.text("subject")? };
        subjects.entry(row.id("member_id")?).or_default().push(subject);
    }
    Ok(subjects)
}

/// The first member of the organisation, by id, that has one of another's subjects.
pub(super) async fn owner(session: &mut Session, member: &Member) -> Result<Option<MemberId>> {
    let (issuers, subjects) = columns(member);
    let row = sqlx::query(
        "SELECT member_id FROM member_subjects
         JOIN unnest($3::text[], $4::text[]) AS asked (issuer, subject) USING (issuer, subject)
         WHERE shard = $1 AND org_id = $2 ORDER BY member_id LIMIT 1",
    )
    .bind(shard(member.org))
    .bind(member.org.uuid())
    .bind(issuers)
    .bind(subjects)
    .fetch_optional(session)
    .await?;
    row.map(|row| row.id("member_id")).transpose()
}

/// Refuses subjects that are another member's.
pub(super) async fn require_free(session: &mut Session, member: &Member) -> Result<()> {
    if member.subjects.is_empty() {
        return Ok(());
    }
    let (issuers, subjects) = columns(member);
    let taken = sqlx::query(
        "SELECT subject FROM member_subjects
         JOIN unnest($3::text[], $4::text[]) AS asked (issuer, subject) USING (issuer, subject)
         WHERE shard = $1 AND org_id = $2 AND member_id <> $5 ORDER BY member_id, place LIMIT 1",
    )
    .bind(shard(member.org))
    .bind(member.org.uuid())
    .bind(issuers)
    .bind(subjects)
    .bind(member.standing.id.uuid())
    .fetch_optional(session)
    .await?;
    let Some(taken) = taken else { return Ok(()) };
    let subject = taken.text("subject")?;
    Err(Error::conflict(format!("the subject `{subject}` is another member's")))
}

/// Makes these the member's subjects; whoever does so has the organisation.
pub(super) async fn replace_subjects(tx: &mut Session, member: &Member) -> Result<()> {
    sqlx::query("DELETE FROM member_subjects WHERE shard = $1 AND org_id = $2 AND member_id = $3")
        .bind(shard(member.org))
        .bind(member.org.uuid())
        .bind(member.standing.id.uuid())
        .execute(&mut *tx)
        .await?;
    if member.subjects.is_empty() {
        return Ok(());
    }
    let (issuers, subjects) = columns(member);
    let filled = sqlx::query(
        "INSERT INTO member_subjects (shard, org_id, member_id, place, issuer, subject)
         SELECT $1, $2, $3, place, issuer, subject
         FROM unnest($4::text[], $5::text[]) WITH ORDINALITY AS list (issuer, subject, place)",
    )
    .bind(shard(member.org))
    .bind(member.org.uuid())
    .bind(member.standing.id.uuid())
    .bind(issuers)
    .bind(subjects)
    .execute(tx)
    .await;
    let filled = filled.map_err(Error::from);
    filled.map(drop).map_err(|error| match error.constraint() {
        Some("member_subjects_one_owner") => {
            Error::conflict("a subject is one member's, and named once")
        }
        _ => error,
    })
}

/// A member's subjects as two arrays, side by side.
fn columns(member: &Member) -> (Vec<&str>, Vec<&str>) {
    let names = member.subjects.iter().map(|it| (it.issuer.as_str(), it.subject.as_str()));
    names.unzip()
}
