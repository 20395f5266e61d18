//! One side under one load: how fast it was, and what that cost its process.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use super::outcome::Round;
use super::stage::Side;
use crate::bodies::{CHAT, Form, chat};
use crate::client::Call;
use crate::cpu::Cost;
use crate::load::{Client, Progress, Schedule, closed, open};
use crate::tally::{Shared, Tally};

/// Later than this, and the generator was too busy for its latencies to mean much.
const TOO_LATE: Duration = Duration::from_millis(1);

/// What a side is made to do.
pub(crate) struct Task {
    /// Its name in the table.
    pub(crate) what: String,
    pub(crate) model: String,
    pub(crate) form: Form,
    /// What each body says about its answer's length.
    pub(crate) max_tokens: Option<u32>,
    pub(crate) load: Load,
    /// Of each round.
    pub(crate) length: Duration,
}

/// How calls are made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    /// Each connection calls again at once.
    Busy { connections: u32 },
    /// So many calls come each second, on whichever connection is free.
    Arriving { connections: u32, rate: u32 },
}

impl Task {
    /// Makes calls that are not counted, so that connections and caches are there.
    ///
    /// # Errors
    /// An answer is not as it should be.
    pub(crate) async fn warm_up(&self, side: &Side, length: Duration) -> Result<()> {
        let tally = Tally::shared();
        let clients = self.clients(side).await?;
        self.run(clients, length, &tally).await?;
        let tally = tally.lock();
        tally.all_served().with_context(|| format!("{}, {}", side.name, self.what))
    }

    /// One round. What the load leaves the process to do afterwards counts as its cost.
    ///
    /// # Errors
    /// A single answer is not as it should be, or the process is gone.
    pub(crate) async fn measure(&self, side: &Side, label: &str) -> Result<Round> {
        let clients = self.clients(side).await?;
        let before = Cost::at_rest(side.pid).await?;
        let tally = Tally::shared();
        let progress = Progress::of(format!("{label}, {}", side.name));
        let took = progress.during(&tally, self.run(clients, self.length, &tally)).await?;
        let after = Cost::at_rest(side.pid).await?;

        let tally = tally.lock();
        tally.all_served().with_context(|| format!("{}, {}", side.name, self.what))?;
        let served = f64::from(u32::try_from(tally.served())?);
        let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
        Ok(Round {
            rate: served / took.as_secs_f64(),
            p50: micros(tally.percentile(50.0)),
            p99: micros(tally.percentile(99.0)),
            cpu: micros(after.cpu.saturating_sub(before.cpu)) / served,
            resident: f64::from(u32::try_from(after.resident >> 10)?) / 1024.0,
        })
    }

    async fn run(
        &self,
        clients: Vec<Client>,
        length: Duration,
        tally: &Shared,
    ) -> Result<Duration> {
        match self.load {
            Load::Busy { .. } => closed(clients, length, tally).await,
            Load::Arriving { rate, .. } => {
                let opened = open(clients, Schedule { rate, length }, tally).await?;
                if opened.late > TOO_LATE {
                    eprintln!("the generator itself was late by {:?} (p99)", opened.late);
                }
                Ok(opened.took)
            }
        }
    }

    async fn clients(&self, side: &Side) -> Result<Vec<Client>> {
        let path = format!("{}{CHAT}", side.prefix);
        let body = chat(&self.model, self.form, self.max_tokens);
        let call = Arc::new(Call::post(side.server, &path, &side.key, body)?);
        let (Load::Busy { connections, .. } | Load::Arriving { connections, .. }) = self.load;
        Client::connect(side.server, &call, self.form, connections).await
    }
}
