//! Projects and who may use them.

use ledger::{OrgId, ProjectId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{ChangeSeq, Project, ProjectStatus};

use super::{List, Which, list, missing, require};
use crate::SqliteStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id};
use crate::error::{Error, Result};

const MEMBERS: List = list!("project_members", "project_id", "member_id");

pub(crate) async fn project(
    connection: &mut SqliteConnection,
    org: OrgId,
    id: ProjectId,
) -> Result<Option<Project>> {
    Ok(projects(connection, org, Which::One(id)).await?.pop())
}

/// The projects that are meant, by id.
pub(crate) async fn projects(
    connection: &mut SqliteConnection,
    org: OrgId,
    which: Which<ProjectId>,
) -> Result<Vec<Project>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT * FROM projects
         WHERE shard = ? AND org_id = ? AND project_id BETWEEN ? AND ? ORDER BY project_id",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(first)
    .bind(last)
    .fetch_all(&mut *connection)
    .await?;
    let mut members = MEMBERS.read(connection, org, which).await?;
    let project = |row: SqliteRow| {
        let id = row.id("project_id")?;
        let listed = members.remove(&id).unwrap_or_default();
        Ok(Project {
            id,
            org,
            slug: row.text("slug")?,
            client: row.text("client")?,
            status: row.named("status", status)?,
            members: if row.flag("everyone")? { None } else { Some(listed) },
        })
    };
    rows.into_iter().map(project).collect()
}

pub(crate) async fn put_project(store: &SqliteStore, project: &Project) -> Result<ChangeSeq> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require(&mut tx, project.org).await?;
    require_free_slug(&mut tx, project).await?;
    sqlx::query(
        "INSERT INTO projects (shard, org_id, project_id, slug, client, status, everyone)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (shard, org_id, project_id) DO UPDATE SET
             slug = excluded.slug,
             client = excluded.client,
             status = excluded.status,
             everyone = excluded.everyone",
    )
    .bind(project.org.shard().number())
    .bind(project.org.blob())
    .bind(project.id.blob())
    .bind(project.slug.as_str())
    .bind(project.client.as_str())
    .bind(status_name(project.status))
    .bind(project.members.is_none())
    .execute(&mut *tx)
    .await?;
    let members = project.members.as_deref().unwrap_or_default();
    MEMBERS.replace(&mut tx, project.org, project.id, members).await?;
    let seq = record(&mut tx, project.org, Entity::Project(project.id)).await?;
    tx.commit().await?;
    Ok(seq)
}

async fn require_free_slug(connection: &mut SqliteConnection, project: &Project) -> Result<()> {
    let taken: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM projects WHERE shard = ? AND org_id = ? AND slug = ? AND project_id <> ?",
    )
    .bind(project.org.shard().number())
    .bind(project.org.blob())
    .bind(project.slug.as_str())
    .bind(project.id.blob())
    .fetch_optional(connection)
    .await?;
    match taken {
        Some(_) => Err(Error::conflict(format!("another project is called `{}`", project.slug))),
        None => Ok(()),
    }
}

/// Refuses a project that the organisation does not have.
pub(crate) async fn require_projects(
    connection: &mut SqliteConnection,
    org: OrgId,
    projects: &[ProjectId],
) -> Result<()> {
    let found = "SELECT project_id AS id FROM projects WHERE shard = ?1 AND org_id = ?2
         AND project_id IN (SELECT unhex(value) FROM json_each(?3))";
    match missing(connection, org, projects, found).await? {
        Some(project) => Err(Error::conflict(format!("{org} has no project {project}"))),
        None => Ok(()),
    }
}

fn status_name(status: ProjectStatus) -> &'static str {
    match status {
        ProjectStatus::Active => "active",
        ProjectStatus::Archived => "archived",
    }
}

fn status(name: &str) -> Option<ProjectStatus> {
    let all = [ProjectStatus::Active, ProjectStatus::Archived];
    all.into_iter().find(|status| status_name(*status) == name)
}
