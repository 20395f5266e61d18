//! Asks everyone who keeps a record: before the load, while it runs, and when all is at rest.

use std::collections::{BTreeMap, HashSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::stage::Stage;
use crate::audit::{Kills, Observed, Samples, charges, reconcile, refused};
use crate::balance::Balance;
use crate::demo::{Demo, balance};
use crate::traffic::Answered;

/// Between two samples of the balances.
const SAMPLE_EVERY: Duration = Duration::from_millis(100);
/// How long holds may stay open once every answer is there.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at whether all is at rest.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The secret of each key, by its name.
pub(crate) type Secrets = BTreeMap<Arc<str>, String>;

/// What there was before the load.
pub(crate) struct Before {
    balances: BTreeMap<Arc<str>, Balance>,
    /// The requests that had been charged.
    charged: HashSet<String>,
    /// How many lines the provider's bill had.
    billed: usize,
}

/// What was seen while the load ran.
#[derive(Default)]
pub(crate) struct Meanwhile {
    pub(crate) answers: Vec<Answered>,
    pub(crate) samples: Samples,
    pub(crate) kills: Kills,
}

impl Before {
    /// What there is now, once every call so far is in the store.
    ///
    /// # Errors
    /// Gateway or store do not say, or the store is late.
    pub(crate) async fn of(stage: &Stage, secrets: &Secrets) -> Result<Self> {
        let (_, bill) = stage.provider.whole_bill().await?;
        let deadline = Instant::now() + PATIENCE;
        let charged = loop {
            let charges = charges(&stage.house.books())?;
            let charged: HashSet<_> = charges.into_iter().map(|charge| charge.request).collect();
            if bill
                .iter()
                .filter_map(|line| line.request_id.as_ref())
                .all(|it| charged.contains(it))
            {
                break charged;
            }
            ensure!(Instant::now() < deadline, "the store lacks a call after {PATIENCE:?}");
            sleep(LOOK_EVERY).await;
        };
        let balances = balances(&stage.demo, secrets).await?;
        Ok(Self { balances, charged, billed: bill.len() })
    }

    /// Waits until all is at rest, asks everyone again, and stops the gateway.
    ///
    /// # Errors
    /// Somebody does not say, or the gateway does not end well.
    pub(crate) async fn after(
        self,
        mut stage: Stage,
        secrets: &Secrets,
        meanwhile: Meanwhile,
    ) -> Result<(Observed, super::stage::House)> {
        stage.demo.ready().await?;
        let (calls, mut bill) = stage.provider.whole_bill().await?;
        bill.drain(..self.billed.min(bill.len()));
        let after = at_rest(&stage.demo, secrets).await?;
        let beside = reconcile(&stage.house.books())?;
        let Stage { demo, provider: _provider, house } = stage;
        demo.stop()?;
        let charges = charges(&house.books())?;
        let of_the_run = charges.into_iter().filter(|it| !self.charged.contains(&it.request));
        let observed = Observed {
            answers: meanwhile.answers,
            calls_billed: calls.saturating_sub(self.billed as u64),
            bill,
            charges: of_the_run.collect(),
            before: self.balances,
            after,
            samples: meanwhile.samples,
            refusals: refused(&house.log())?,
            beside,
            reconciled: reconcile(&house.books())?,
            kills: meanwhile.kills,
            store_away: false,
        };
        Ok((observed, house))
    }
}

async fn balances(demo: &Demo, secrets: &Secrets) -> Result<BTreeMap<Arc<str>, Balance>> {
    let mut balances = BTreeMap::new();
    for (name, secret) in secrets {
        balances.insert(Arc::clone(name), demo.balance(secret).await?);
    }
    Ok(balances)
}

/// The balances once nothing is held; if something stays held, the last ones.
async fn at_rest(demo: &Demo, secrets: &Secrets) -> Result<BTreeMap<Arc<str>, Balance>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let balances = balances(demo, secrets).await?;
        let rests =
            |balance: &Balance| balance.accounts().all(|(_, standing)| standing.held.is_zero());
        if balances.values().all(rests) || Instant::now() > deadline {
            return Ok(balances);
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Samples every balance, for ever. A gateway that is down has none to tell.
pub(crate) async fn sample(
    gateway: SocketAddr,
    secrets: &Secrets,
    samples: &mut Samples,
) -> Infallible {
    let mut ticks = interval(SAMPLE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        for (name, secret) in secrets {
            match balance(gateway, secret).await {
                Ok(balance) => samples.add(name, &balance),
                Err(error) if error.chain().any(|cause| cause.is::<serde_json::Error>()) => {
                    samples.broken.push(format!("{name}: {error:#}"));
                }
                Err(_) => {}
            }
        }
    }
}
