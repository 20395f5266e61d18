//! One `bursar serve`, which can be killed and started again on the same folder and the same ports.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep};

use super::Admin;
use super::files::ADMIN_TOKEN;
use crate::client::{Call, Connection};
use crate::process::Process;

/// Where a gateway listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listeners {
    pub(crate) gateway: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) operations: SocketAddr,
}

/// How often a gateway has asked the store, by what it asked.
pub(crate) type StoreCalls = BTreeMap<String, u64>;

/// A gateway; stopped when dropped.
pub(crate) struct Gateway {
    pub(crate) name: String,
    pub(crate) listeners: Listeners,
    bursar: PathBuf,
    config: PathBuf,
    log: PathBuf,
    environment: Vec<(&'static str, String)>,
    process: Option<Process>,
}

/// How long one may take to be ready: it replays its journal first.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at whether it is.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The counter of what it asks the store.
const STORE_CALLS: &str = "bursar_store_calls_total";

impl Gateway {
    /// One that does not run yet.
    pub(super) fn new(
        name: String,
        bursar: PathBuf,
        config: &Path,
        listeners: Listeners,
        environment: Vec<(&'static str, String)>,
    ) -> Self {
        let log = config.with_file_name(format!("{}.log", name.replace(' ', "-")));
        let config = config.to_path_buf();
        Self { name, listeners, bursar, config, log, environment, process: None }
    }

    /// A command of the binary with this gateway's config.
    pub(super) fn command(&self, what: &[&str]) -> Command {
        let mut command = Command::new(&self.bursar);
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        command.args(what).arg("--config").arg(&self.config).envs(environment);
        command
    }

    /// Its variables.
    pub(super) fn environment(&self) -> &[(&'static str, String)] {
        &self.environment
    }

    /// Starts it, and does not wait.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(&mut self) -> Result<()> {
        let mut command = self.command(&["serve"]);
        self.process = Some(Process::spawn(&self.name, &mut command, Some(&self.log))?);
        Ok(())
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// It ends before, or takes longer than a minute.
    pub(crate) async fn ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.still_runs()?;
            match self.ask("/readyz").await {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    return Err(error.context(format!("{} is not ready", self.name)));
                }
                Err(_) => sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Insists that it has not ended by itself.
    ///
    /// # Errors
    /// It has, or was never started.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        self.process.as_mut().context("a gateway that was not started")?.still_runs()
    }

    /// Ends it with SIGKILL.
    ///
    /// # Errors
    /// It had ended by itself.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.process.take().context("a gateway that was not started")?.kill()
    }

    /// Ends it as an operator would, and insists on a clean end.
    ///
    /// # Errors
    /// It did not end as promised.
    pub(crate) fn stop(&mut self) -> Result<()> {
        self.process.take().map_or(Ok(()), Process::stop)
    }

    /// What it has said on standard error, all its lives long.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Its admin API, for this organisation.
    pub(super) fn admin(&self, org: &str) -> Admin {
        let token = self.environment.iter().find(|(name, _)| *name == ADMIN_TOKEN);
        let token = token.map(|(_, value)| value.clone()).unwrap_or_default();
        Admin { server: self.listeners.admin, token, org: org.to_owned() }
    }

    /// How often it has asked the store since it started.
    ///
    /// # Errors
    /// It does not tell.
    pub(crate) async fn store_calls(&self) -> Result<StoreCalls> {
        let calls = store_calls(&self.ask("/metrics").await?);
        let what = || format!("{} counts no {STORE_CALLS}", self.name);
        (!calls.is_empty()).then_some(calls).with_context(what)
    }

    /// What its operations listener answers, which must be a 200.
    async fn ask(&self, path: &str) -> Result<String> {
        let server = self.listeners.operations;
        let mut body = Vec::new();
        let call = Call::get(server, path, None)?;
        let answer = Connection::open(server).await?.send(&call, &mut body).await;
        if answer.status.is_none_or(|status| status != http::StatusCode::OK) {
            bail!("{path} of {} answered {:?}", self.name, answer.status);
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

/// The counter among the metrics, by operation.
pub(crate) fn store_calls(metrics: &str) -> StoreCalls {
    let sample = |line: &str| {
        let (labels, value) = line.strip_prefix(STORE_CALLS)?.rsplit_once(' ')?;
        let (_, operation) = labels.split_once("operation=\"")?;
        let (operation, _) = operation.split_once('"')?;
        Some((operation.to_owned(), value.parse().ok()?))
    };
    metrics.lines().filter_map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_calls_are_read_by_operation() {
        let metrics = "# TYPE bursar_store_calls_total counter\n\
            bursar_store_calls_total{operation=\"sync\"} 12\n\
            bursar_store_calls_total{operation=\"heartbeat\"} 3\nbursar_requests_total 7\n";
        let calls = store_calls(metrics);
        assert_eq!(calls, [("heartbeat".to_owned(), 3), ("sync".to_owned(), 12)].into());
    }
}
