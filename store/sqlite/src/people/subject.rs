//! Members as tokens name them.

use std::collections::HashMap;

use ledger::{MemberId, OrgId};
use sqlx::SqliteConnection;
use store::{Member, Subject};

use super::Which;
use crate::column::{Columns, Id};
use crate::error::{Error, Result};

/// Whom tokens call every member that is meant; those that no token names are left out.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    org: OrgId,
    which: Which<MemberId>,
) -> Result<HashMap<MemberId, Vec<Subject>>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT member_id, issuer, subject FROM member_subjects
         WHERE shard = ? AND org_id = ? AND member_id BETWEEN ? AND ? ORDER BY member_id, place",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(first)
    .bind(last)
    .fetch_all(connection)
    .await?;
    let mut subjects: HashMap<MemberId, Vec<Subject>> = HashMap::new();
    for row in rows {
        let subject = Subject { issuer: row.text("issuer")?, subject: row.text("subject")? };
        subjects.entry(row.id("member_id")?).or_default().push(subject);
    }
    Ok(subjects)
}

/// Makes these the member's subjects, unless one of them is another member's or comes twice.
pub(super) async fn replace(
    tx: &mut SqliteConnection,
    org: OrgId,
    member: MemberId,
    subjects: &[Subject],
) -> Result<()> {
    sqlx::query("DELETE FROM member_subjects WHERE shard = ? AND org_id = ? AND member_id = ?")
        .bind(org.shard().number())
        .bind(org.blob())
        .bind(member.blob())
        .execute(&mut *tx)
        .await?;
    for (place, subject) in (0_i64..).zip(subjects) {
        let added = sqlx::query(
            "INSERT INTO member_subjects (shard, org_id, member_id, place, issuer, subject)
             VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (shard, org_id, issuer, subject) DO NOTHING",
        )
        .bind(org.shard().number())
        .bind(org.blob())
        .bind(member.blob())
        .bind(place)
        .bind(subject.issuer.as_str())
        .bind(subject.subject.as_str())
        .execute(&mut *tx)
        .await?;
        if added.rows_affected() == 0 {
            let subject = &subject.subject;
            return Err(Error::conflict(format!("the subject `{subject}` is a member's already")));
        }
    }
    Ok(())
}

/// The member that has one of another's subjects.
pub(super) async fn owner(
    connection: &mut SqliteConnection,
    member: &Member,
) -> Result<Option<MemberId>> {
    let mut owners = Vec::new();
    for subject in &member.subjects {
        let row = sqlx::query(
            "SELECT member_id FROM member_subjects
             WHERE shard = ? AND org_id = ? AND issuer = ? AND subject = ?",
        )
        .bind(member.org.shard().number())
        .bind(member.org.blob())
        .bind(subject.issuer.as_str())
        .bind(subject.subject.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        let owner: Option<MemberId> = row.map(|row| row.id("member_id")).transpose()?;
        owners.extend(owner);
    }
    Ok(owners.into_iter().min())
}
