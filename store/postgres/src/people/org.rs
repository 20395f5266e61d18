//! Organisations.

use ledger::OrgId;
use sqlx::postgres::PgRow;
use store::{Calendar, ChangeSeq, Money, Org, Plan};

use crate::PostgresStore;
use crate::changes::{Entity, record};
use crate::column::{Columns, Id, rate, shard};
use crate::error::{Error, Result};
use crate::session::Session;

pub(crate) async fn orgs(session: &mut Session) -> Result<Vec<Org>> {
    let rows = sqlx::query(
        "SELECT org_id, name, plan, plan_allocation, price_minor, price_currency, time_zone,
             anchor_day, contact, created_at, require_project, rate_per_second, rate_per_minute,
             rate_concurrent
         FROM orgs ORDER BY org_id",
    )
    .fetch_all(session)
    .await?;
    rows.iter().map(from_row).collect()
}

pub(crate) async fn org(session: &mut Session, id: OrgId) -> Result<Option<Org>> {
    let row = sqlx::query(
        "SELECT org_id, name, plan, plan_allocation, price_minor, price_currency, time_zone,
             anchor_day, contact, created_at, require_project, rate_per_second, rate_per_minute,
             rate_concurrent
         FROM orgs WHERE shard = $1 AND org_id = $2",
    )
    .bind(shard(id))
    .bind(id.uuid())
    .fetch_optional(session)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// Refuses what is put into an organisation that is not there, and has its row: those who put
/// something into it are one after the other.
pub(crate) async fn require(tx: &mut Session, id: OrgId) -> Result<()> {
    let found = sqlx::query("SELECT FROM orgs WHERE shard = $1 AND org_id = $2 FOR NO KEY UPDATE")
        .bind(shard(id))
        .bind(id.uuid())
        .fetch_optional(tx)
        .await?;
    found.map(drop).ok_or_else(|| Error::conflict(format!("there is no organisation {id}")))
}

pub(crate) async fn put_org(store: &PostgresStore, org: &Org) -> Result<ChangeSeq> {
    let mut tx = store.write().await?;
    let seq = set_org(&mut tx, org).await?;
    tx.commit().await?;
    Ok(seq)
}

pub(crate) async fn change_org(
    store: &PostgresStore,
    read: &Org,
    changed: &Org,
) -> Result<ChangeSeq> {
    let mut tx = store.write().await?;
    require(&mut tx, changed.id).await?;
    if org(&mut tx, changed.id).await?.as_ref() != Some(read) {
        return Err(store::Error::Stale(changed.id.to_string()).into());
    }
    let seq = set_org(&mut tx, changed).await?;
    tx.commit().await?;
    Ok(seq)
}

/// Makes or changes an organisation.
async fn set_org(tx: &mut Session, org: &Org) -> Result<ChangeSeq> {
    Calendar::new(&org.time_zone, org.anchor_day)
        .map_err(|error| Error::conflict(error.to_string()))?;
    sqlx::query(
        "INSERT INTO orgs (shard, org_id, name, plan, plan_allocation, price_minor, price_currency,
             time_zone, anchor_day, contact, created_at, require_project, rate_per_second,
             rate_per_minute, rate_concurrent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
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
    .bind(shard(org.id))
    .bind(org.id.uuid())
    .bind(org.name.as_str())
    .bind(org.plan.name.as_str())
    .bind(org.plan.allocation.micros_i64())
    .bind(org.plan.price.minor)
    .bind(org.plan.price.currency.as_str())
    .bind(org.time_zone.as_str())
    .bind(i16::from(org.anchor_day))
    .bind(org.contact.as_str())
    .bind(org.created.micros())
    .bind(org.require_project)
    .bind(rate(org.rates.per_second))
    .bind(rate(org.rates.per_minute))
    .bind(rate(org.rates.concurrent))
    .execute(&mut *tx)
    .await?;
    record(tx, org.id, Entity::Org(org.id)).await
}

fn from_row(row: &PgRow) -> Result<Org> {
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
