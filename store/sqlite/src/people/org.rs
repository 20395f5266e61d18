//! Organisations.

use ledger::OrgId;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{Calendar, ChangeSeq, Money, Org, Plan};

use crate::SqliteStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, rates};
use crate::error::{Error, Result};

pub(crate) async fn orgs(connection: &mut SqliteConnection) -> Result<Vec<Org>> {
    let rows = sqlx::query("SELECT * FROM orgs ORDER BY org_id").fetch_all(connection).await?;
    rows.iter().map(from_row).collect()
}

pub(crate) async fn org(connection: &mut SqliteConnection, id: OrgId) -> Result<Option<Org>> {
    let row = sqlx::query("SELECT * FROM orgs WHERE shard = ? AND org_id = ?")
        .bind(id.shard().number())
        .bind(id.blob())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Refuses what is put into an organisation that is not there.
pub(crate) async fn require(connection: &mut SqliteConnection, id: OrgId) -> Result<()> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM orgs WHERE shard = ? AND org_id = ?")
            .bind(id.shard().number())
            .bind(id.blob())
            .fetch_optional(connection)
            .await?;
    found.map(drop).ok_or_else(|| Error::conflict(format!("there is no organisation {id}")))
}

pub(crate) async fn put_org(store: &SqliteStore, org: &Org) -> Result<ChangeSeq> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    let seq = set_org(&mut tx, org).await?;
    tx.commit().await?;
    Ok(seq)
}

pub(crate) async fn change_org(
    store: &SqliteStore,
    read: &Org,
    changed: &Org,
) -> Result<ChangeSeq> {
    let mut turn = store.writer.turn().await?;
    let mut tx = turn.begin().await?;
    require(&mut tx, changed.id).await?;
    if org(&mut tx, changed.id).await?.as_ref() != Some(read) {
        return Err(store::Error::Stale(changed.id.to_string()).into());
    }
    let seq = set_org(&mut tx, changed).await?;
    tx.commit().await?;
    Ok(seq)
}

/// Makes or changes an organisation.
async fn set_org(tx: &mut SqliteConnection, org: &Org) -> Result<ChangeSeq> {
    Calendar::new(&org.time_zone, org.anchor_day)
        .map_err(|error| Error::conflict(error.to_string()))?;
    let [per_second, per_minute, concurrent] = rates(org.rates);
    sqlx::query(
        "INSERT INTO orgs (shard, org_id, name, plan, plan_allocation, price_minor, price_currency,
             time_zone, anchor_day, contact, created_at, require_project, rate_per_second,
             rate_per_minute, rate_concurrent)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (shard, org_id) DO UPDATE SET
             name = excluded.name,
             plan = excluded.plan,
             plan_allocation = excluded.plan_allocation,
             price_minor = excluded.price_minor,
             price_currency = excluded.price_currency,
             time_zone = excluded.time_zone,
             anchor_day = excluded.anchor_day,
             contact = excluded.contact,
             created_at = excluded.created_at,
             require_project = excluded.require_project,
             rate_per_second = excluded.rate_per_second,
             rate_per_minute = excluded.rate_per_minute,
             rate_concurrent = excluded.rate_concurrent",
    )
    .bind(org.id.shard().number())
    .bind(org.id.blob())
    .bind(org.name.as_str())
    .bind(org.plan.name.as_str())
    .bind(org.plan.allocation.micros_i64())
    .bind(org.plan.price.minor)
    .bind(org.plan.price.currency.as_str())
    .bind(org.time_zone.as_str())
    .bind(org.anchor_day)
    .bind(org.contact.as_str())
    .bind(org.created.micros())
    .bind(org.require_project)
    .bind(per_second)
    .bind(per_minute)
    .bind(concurrent)
    .execute(&mut *tx)
    .await?;
    record(tx, org.id, Entity::Org(org.id)).await
}

fn from_row(row: &SqliteRow) -> Result<Org> {
    let price = Money { minor: row.integer("price_minor")?, currency: row.text("price_currency")? };
    let plan = Plan { name: row.text("plan")?, allocation: row.credits("plan_allocation")?, price };
    Ok(Org {
        id: row.id("org_id")?,
        name: row.text("name")?,
        plan,
        time_zone: row.text("time_zone")?,
        anchor_day: row.small("anchor_day")?,
        contact: row.text("contact")?,
        created: row.instant("created_at")?,
        require_project: row.flag("require_project")?,
        rates: row.rates()?,
    })
}
