//! Projects and who may use them.

use ledger::{OrgId, ProjectId};
use sqlx::postgres::PgRow;
use store::{ChangeSeq, Project, ProjectStatus};

use super::{List, Which, list, missing, require};
use crate::PostgresStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, shard};
use crate::error::{Error, Result};
use crate::session::Session;

const MEMBERS: List = list!("project_members", "project_id", "member_id");

pub(crate) async fn project(
    session: &mut Session,
    org: OrgId,
    id: ProjectId,
) -> Result<Option<Project>> {
    Ok(projects(session, org, Which::One(id)).await?.pop())
}

/// The projects that are meant, by id.
pub(crate) async fn projects(
    session: &mut Session,
    org: OrgId,
    which: Which<ProjectId>,
) -> Result<Vec<Project>> {
    let (first, last) = which.range();
    let rows = sqlx::query(
        "SELECT project_id, slug, client, status, everyone FROM projects
         WHERE shard = $1 AND org_id = $2 AND project_id BETWEEN $3 AND $4 ORDER BY project_id",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(first)
    .bind(last)
    .fetch_all(&mut *session)
    .await?;
    let mut members = MEMBERS.read(session, org, which).await?;
    let project = |row: PgRow| {
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

pub(crate) async fn put_project(store: &PostgresStore, project: &Project) -> Result<ChangeSeq> {
    let mut tx = store.write().await?;
    require(&mut tx, project.org).await?;
    require_free_slug(&mut tx, project).await?;
    sqlx::query(
        "INSERT INTO projects (shard, org_id, project_id, slug, client, status, everyone)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (shard, org_id, project_id) DO UPDATE SET
             slug = excluded.slug,
             client = excluded.client,
             status = excluded.status,
             everyone = excluded.everyone",
    )
    .bind(shard(project.org))
    .bind(project.org.uuid())
    .bind(project.id.uuid())
    .bind(project.slug.as_str())
    .bind(project.client.as_str())
    .bind(status_name(project.status))
    .bind(project.members.is_none())
    .execute(&mut tx)
    .await?;
    let members = project.members.as_deref().unwrap_or_default();
    MEMBERS.replace(&mut tx, project.org, project.id, members).await?;
    let seq = record(&mut tx, project.org, Entity::Project(project.id)).await?;
    tx.commit().await?;
    Ok(seq)
}

async fn require_free_slug(session: &mut Session, project: &Project) -> Result<()> {
    let taken = sqlx::query(
        "SELECT FROM projects WHERE shard = $1 AND org_id = $2 AND slug = $3 AND project_id <> $4",
    )
    .bind(shard(project.org))
    .bind(project.org.uuid())
    .bind(project.slug.as_str())
    .bind(project.id.uuid())
    .fetch_optional(session)
    .await?;
    match taken {
        Some(_) => Err(Error::conflict(format!("another project is called `{}`", project.slug))),
        None => Ok(()),
    }
}

/// Refuses a project that the organisation does not have.
pub(crate) async fn require_projects(
    session: &mut Session,
    org: OrgId,
    projects: &[ProjectId],
) -> Result<()> {
    let found = "SELECT project_id AS id FROM projects WHERE shard = $1 AND org_id = $2 AND project_id = ANY ($3)";
    match missing(session, org, projects, found).await? {
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
