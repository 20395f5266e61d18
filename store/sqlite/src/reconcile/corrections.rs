//! Whether corrections gave back the same on every limit and on all grants together.

use std::collections::BTreeMap;

use ledger::{AccountId, Credits, Epoch, HoldId, NodeId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use store::{Check, Figure};

use super::PAGE;
use super::accounts::Accounts;
use super::books::Books;
use super::events::Indeterminates;
use super::owners::Owner;
use crate::column::{Columns, Id, count};
use crate::error::Result;

/// What one correction gave back, in micro-credits.
#[derive(Default)]
struct Correction {
    to_grants: i128,
    to_limits: Vec<(AccountId, i128)>,
}

/// The corrections of one event, by number.
struct Corrected {
    hold: HoldId,
    /// Micro-credits; none where there is no such event.
    charged: Option<i128>,
    corrections: BTreeMap<i64, Correction>,
}

/// Adds up what corrections gave back to each account.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    owner: &Owner,
    accounts: &mut Accounts,
    indeterminate: &mut Indeterminates,
    books: &mut Books,
) -> Result<()> {
    let mut event: Option<Corrected> = None;
    let mut last = (0, 0, i64::MIN, 0, Vec::new());
    loop {
        let rows = page(connection, owner, &last).await?;
        let Some(row) = rows.last() else { break };
        let account = row.bytes("account_id")?.unwrap_or_default();
        let (node, epoch) = (row.integer("node")?, row.integer("epoch")?);
        last = (node, epoch, row.integer("n")?, row.integer("number")?, account);
        for row in &rows {
            let (node, epoch) = (NodeId(row.small("node")?), Epoch(row.small("epoch")?));
            let hold = HoldId { node, epoch, n: row.count("n")? };
            if event.as_ref().is_none_or(|event| event.hold != hold)
                && let Some(ended) = event.replace(of_event(connection, owner, hold).await?)
            {
                ended.check(owner, indeterminate, books);
            }
            if let Some(event) = &mut event {
                event.take(row, accounts)?;
            }
        }
    }
    if let Some(ended) = event {
        ended.check(owner, indeterminate, books);
    }
    Ok(())
}

type Key = (i64, i64, i64, i64, Vec<u8>);

async fn page(
    connection: &mut SqliteConnection,
    owner: &Owner,
    (node, epoch, n, number, account): &Key,
) -> Result<Vec<SqliteRow>> {
    let rows = sqlx::query(
        "SELECT node, epoch, n, number, account_id, amount FROM adjustments
         WHERE shard = ? AND org_id = ? AND (node, epoch, n, number, account_id) > (?, ?, ?, ?, ?)
         ORDER BY node, epoch, n, number, account_id LIMIT ?",
    )
    .bind(owner.shard)
    .bind(owner.org.blob())
    .bind(node)
    .bind(epoch)
    .bind(n)
    .bind(number)
    .bind(account)
    .bind(PAGE)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

async fn of_event(
    connection: &mut SqliteConnection,
    owner: &Owner,
    hold: HoldId,
) -> Result<Corrected> {
    let charged: Option<i64> = sqlx::query_scalar(
        "SELECT charged FROM usage_events
         WHERE shard = ? AND org_id = ? AND node = ? AND epoch = ? AND n = ?",
    )
    .bind(owner.shard)
    .bind(owner.org.blob())
    .bind(hold.node.0)
    .bind(hold.epoch.0)
    .bind(count(hold.n))
    .fetch_optional(connection)
    .await?;
    let charged = charged.map(i128::from);
    Ok(Corrected { hold, charged, corrections: BTreeMap::new() })
}

impl Corrected {
    fn take(&mut self, row: &SqliteRow, accounts: &mut Accounts) -> Result<()> {
        let (id, amount) = (row.id("account_id")?, i128::from(row.integer("amount")?));
        let correction = self.corrections.entry(row.integer("number")?).or_default();
        // Accounts that are not there are told by the check of references.
        let Some(account) = accounts.named(id) else { return Ok(()) };
        account.given_back += amount;
        match account.grant {
            Some(_) => correction.to_grants += amount,
            None => correction.to_limits.push((id, amount)),
        }
        Ok(())
    }

    fn check(self, owner: &Owner, indeterminate: &mut Indeterminates, books: &mut Books) {
        let checked = books.of(Check::Corrections);
        let credits = |micros| Figure::Credits(micros).to_string();
        for (number, correction) in &self.corrections {
            let given = correction.to_grants;
            for (account, amount) in &correction.to_limits {
                if *amount != given {
                    let about = format!("correction {number} of {} on {account}", self.hold);
                    checked.differ(about, credits(given), credits(*amount));
                }
            }
        }
        let back = self.corrections.values().map(|correction| correction.to_grants).sum();
        if self.charged.is_some_and(|charged| back > charged) {
            let about = format!("the corrections of {} of {}", self.hold, owner.org);
            let most = format!("at most {}", credits(self.charged.unwrap_or_default()));
            checked.differ(about, most, credits(back));
        }
        if let Some(event) = indeterminate.get_mut(&self.hold) {
            let back = u64::try_from(back).ok().and_then(Credits::from_micros);
            event.refunded = back.unwrap_or_default();
        }
    }
}
