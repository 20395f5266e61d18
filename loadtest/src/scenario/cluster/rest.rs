//! Asks everyone who keeps a record, once the load is over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep};

use super::audit::Run;
use super::budgets::{Budgets, HOT};
use super::director::Happened;
use super::plan::Plan;
use super::statements::Statements;
use crate::audit::{Observed, Samples, charges, reconcile, refused};
use crate::balance::{Balance, LimitBalance, Standing};
use crate::cli::Faults;
use crate::demo::balance;
use crate::installation::{House, Installation, StoredGrant};
use crate::traffic::Answered;

/// How long gateways may take to report what was spent and give back what was not.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The balance of each key, by its name.
pub(super) type Balances = BTreeMap<Arc<str>, Balance>;

/// What was seen of the run while it went on.
pub(super) struct Meanwhile {
    pub(super) before: Balances,
    pub(super) statements: Option<Statements>,
    pub(super) happened: Happened,
    /// The answers of each gateway.
    pub(super) answers: Vec<Vec<Answered>>,
}

/// The balance of every key before the load, as one gateway tells it.
///
/// # Errors
/// It does not say.
pub(super) async fn balances(installation: &Installation) -> Result<Balances> {
    let first = installation.gateways.first().context("no gateway")?;
    let mut balances = Balances::new();
    for key in &installation.imported.keys {
        let told = balance(first.listeners.gateway, &key.key).await?;
        balances.insert(Arc::from(key.name.as_str()), told);
    }
    Ok(balances)
}

/// Waits until all is at rest, stops the gateways, and asks the provider and the store.
///
/// # Errors
/// Somebody does not say, or a gateway does not end well.
pub(super) async fn settle(
    mut installation: Installation,
    plan: &Plan,
    budgets: &Budgets,
    meanwhile: Meanwhile,
) -> Result<(Run, House)> {
    let Meanwhile { mut before, statements, happened, answers } = meanwhile;
    let (calls_billed, bill) = installation.provider.whole_bill().await?;
    let hot_grant = at_rest(&installation, budgets).await?;
    let books = installation.house.books().clone();
    let beside = reconcile(&books)?;
    for gateway in &mut installation.gateways {
        gateway.stop()?;
    }
    let mut refusals = Vec::new();
    for gateway in &installation.gateways {
        refusals.extend(refused(gateway.log())?);
    }
    changed(&mut before, &happened);
    let (charges, reconciled) = (charges(&books)?, reconcile(&books)?);
    let keys = installation.imported.keys.iter();
    let keys = keys.map(|key| (key.name.clone(), key.id.clone())).collect();
    let records = Observed {
        answers: answers.concat(),
        calls_billed,
        bill,
        charges,
        before,
        after: BTreeMap::new(),
        samples: Samples::default(),
        refusals,
        beside,
        reconciled,
        kills: happened.kills,
        store_away: plan.faults != Faults::None,
    };
    let run = Run {
        records,
        answers,
        budgets: budgets.all.clone(),
        keys,
        faults: plan.faults,
        max_offline: plan.max_offline(),
        happened,
        hot_grant,
        statements,
    };
    Ok((run, installation.house))
}

/// The hot grant once it is spent and nothing of it is leased; if that does not come, as it is.
async fn at_rest(installation: &Installation, budgets: &Budgets) -> Result<StoredGrant> {
    let grants = &installation.imported.grants;
    let id = grants.get(budgets.hot_grant).with_context(|| format!("no grant of {HOT}"))?;
    let admin = installation.admin(0)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let grant = admin.grant(id).await?;
        let rests = grant.leased.is_zero() && grant.spent == grant.amount;
        if rests || Instant::now() > deadline {
            return Ok(grant);
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Puts the limits that were changed at the least that they ever were: what a 402 may name.
fn changed(before: &mut Balances, happened: &Happened) {
    for change in &happened.changes {
        let Some(balance) = before.get_mut(change.name) else { continue };
        let amount = ledger::Credits::from_micros(change.calls.saturating_mul(1_000_000));
        let amount = amount.unwrap_or(ledger::Credits::MAX);
        let zero = ledger::Credits::ZERO;
        let figures = Standing { amount, spent: zero, held: zero, remaining: amount };
        balance.limits.retain(|limit| limit.scope != "member");
        balance.limits.push(LimitBalance {
            id: String::new(),
            scope: "member".to_owned(),
            tool: None,
            period: "total".to_owned(),
            resets_at: None,
            figures,
        });
    }
}
