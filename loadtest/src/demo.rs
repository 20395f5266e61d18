//! A running `bursar demo`, and what can be asked of it beside the calls of the load.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use bytes::Bytes;
use ledger::Credits;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::balance::Balance;
use crate::client::{Call, fetch};
use crate::process::Process;

/// A port that is free.
const ANY_PORT: &str = "127.0.0.1:0";
/// What its process is called.
pub(crate) const NAME: &str = "bursar demo";

/// A demo on free ports with an organisation of its own; stopped when dropped.
pub(crate) struct Demo {
    process: Process,
    seeded: Seeded,
    /// Where its gateway listens.
    pub(crate) gateway: SocketAddr,
}

/// The line that `bursar demo --json` prints, as far as it is used here.
#[derive(Deserialize)]
struct Seeded {
    gateway: String,
    admin: String,
    operations: String,
    admin_token: String,
    org: String,
    keys: Vec<SeededKey>,
}

#[derive(Deserialize)]
struct SeededKey {
    name: String,
    member: String,
    key: String,
}

/// A grant as the admin API takes it: credits for one member only.
#[derive(Serialize)]
struct TopUp<'a> {
    kind: &'static str,
    amount: &'a str,
    members: [&'a str; 1],
}

#[derive(Deserialize)]
struct Charge {
    charged: String,
}

/// Where a demo listens and what it stands before.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The provider's URL.
    pub(crate) upstream: &'a str,
    /// What it keeps its data in; without it, a temporary folder.
    pub(crate) folder: Option<&'a Path>,
    /// Gateway, admin API and operations; without them, free ports.
    pub(crate) listeners: Option<[SocketAddr; 3]>,
    /// Whether no answer waits for the disk.
    pub(crate) relaxed: bool,
}

impl Place<'_> {
    /// What starts a demo here.
    pub(crate) fn command(&self, bursar: &Path) -> Command {
        let mut command = Command::new(bursar);
        command.args(["demo", "--json"]);
        for (index, listener) in ["--gateway", "--admin", "--operations"].iter().enumerate() {
            let address = self.listeners.map(|listeners| listeners[index].to_string());
            command.args([listener, address.as_deref().unwrap_or(ANY_PORT)]);
        }
        command.args(["--upstream", self.upstream]);
        if self.relaxed {
            command.args(["--durability", "relaxed"]);
        }
        if let Some(folder) = self.folder {
            command.arg("--data-dir").arg(folder);
        }
        command
    }
}

impl Demo {
    /// Starts `bursar demo` in a place of its own, before the provider at `upstream`.
    ///
    /// # Errors
    /// It does not start, or says something else than a demo does.
    pub(crate) fn start(bursar: &Path, upstream: &str) -> Result<Self> {
        Self::start_in(bursar, &Place { upstream, folder: None, listeners: None, relaxed: false })
    }

    /// Starts `bursar demo` in a place.
    ///
    /// # Errors
    /// It does not start, or says something else than a demo does.
    pub(crate) fn start_in(bursar: &Path, place: &Place<'_>) -> Result<Self> {
        let mut command = place.command(bursar);
        Self::of(Process::start(NAME, &mut command)?)
    }

    /// The demo that is `process`, which is ready.
    ///
    /// # Errors
    /// It says something else than a demo does.
    pub(crate) fn of(process: Process) -> Result<Self> {
        let seeded: Seeded = serde_json::from_str(process.greeting())
            .with_context(|| format!("bursar demo said {:?}", process.greeting()))?;
        let gateway = address(&seeded.gateway)?;
        Ok(Self { process, seeded, gateway })
    }

    /// Kills it, and puts in its place what `start` starts, which need not be ready.
    ///
    /// # Errors
    /// It had ended by itself, or there is no new one.
    pub(crate) fn kill_and(&mut self, start: impl FnOnce() -> Result<Process>) -> Result<()> {
        self.process.kill()?;
        self.process = start()?;
        Ok(())
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// It ends before, or takes longer than 60 seconds.
    pub(crate) async fn ready(&mut self) -> Result<()> {
        self.process.ready().await
    }

    /// Gateway, admin API and operations.
    ///
    /// # Errors
    /// One of them is no address.
    pub(crate) fn listeners(&self) -> Result<[SocketAddr; 3]> {
        Ok([self.gateway, address(&self.seeded.admin)?, address(&self.seeded.operations)?])
    }

    /// The secret of the seeded key of this name.
    ///
    /// # Errors
    /// There is none; those that there are.
    pub(crate) fn key(&self, name: &str) -> Result<&str> {
        Ok(&self.seeded_key(name)?.key)
    }

    /// Gives the member whose key this is so many more credits.
    ///
    /// # Errors
    /// There is no such key, or the admin API refuses.
    pub(crate) async fn top_up(&self, name: &str, amount: &str) -> Result<()> {
        let member = &self.seeded_key(name)?.member;
        let grant = TopUp { kind: "top_up", amount, members: [member] };
        let path = format!("/api/v1/orgs/{}/grants", self.seeded.org);
        let admin = address(&self.seeded.admin)?;
        let body = Bytes::from(serde_json::to_vec(&grant)?);
        let call = Call::post(admin, &path, &self.seeded.admin_token, body)?;
        let IgnoredAny = fetch(admin, &call).await?;
        Ok(())
    }

    /// What the holder of `key` may still spend.
    ///
    /// # Errors
    /// The gateway does not say.
    pub(crate) async fn remaining(&self, key: &str) -> Result<Credits> {
        Ok(self.balance(key).await?.remaining)
    }

    /// What the holder of `key` may spend, account by account.
    ///
    /// # Errors
    /// The gateway does not say.
    pub(crate) async fn balance(&self, key: &str) -> Result<Balance> {
        balance(self.gateway, key).await
    }

    /// What was charged in the end for the request with the id `request`.
    ///
    /// # Errors
    /// The gateway does not say.
    pub(crate) async fn charged(&self, key: &str, request: &str) -> Result<Credits> {
        let path = format!("/bursar/v1/requests/{request}");
        let call = Call::get(self.gateway, &path, Some(key))?;
        let charge: Charge = fetch(self.gateway, &call).await?;
        credits(&charge.charged)
    }

    /// The process id of its gateway.
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Stops it, and insists on a clean end.
    ///
    /// # Errors
    /// It did not end as promised.
    pub(crate) fn stop(self) -> Result<()> {
        self.process.stop()
    }

    fn seeded_key(&self, name: &str) -> Result<&SeededKey> {
        let keys = &self.seeded.keys;
        let known = || keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>().join(", ");
        let key = keys.iter().find(|key| key.name == name);
        key.with_context(|| format!("the demo has no key {name:?}, only {}", known()))
    }
}

/// What the holder of `key` may spend, account by account.
///
/// # Errors
/// The gateway does not say, or an amount is none.
pub(crate) async fn balance(gateway: SocketAddr, key: &str) -> Result<Balance> {
    fetch(gateway, &Call::get(gateway, "/bursar/v1/balance", Some(key))?).await
}

/// The socket address in `http://ADDRESS` with or without a path.
///
/// # Errors
/// There is none in it.
pub(crate) fn address(url: &str) -> Result<SocketAddr> {
    let authority = url.strip_prefix("http://").unwrap_or(url);
    let authority = authority.split('/').next().unwrap_or_default();
    authority.parse().with_context(|| format!("no socket address in {url:?}"))
}

/// An amount as it stands on the wire.
///
/// # Errors
/// It is none.
pub(crate) fn credits(text: &str) -> Result<Credits> {
    text.parse().with_context(|| format!("no amount of credits: {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_from_a_url() {
        let expected: SocketAddr = "127.0.0.1:9090".parse().unwrap();
        assert_eq!(address("http://127.0.0.1:9090").unwrap(), expected);
        assert_eq!(address("http://127.0.0.1:9090/bill").unwrap(), expected);
        assert!(address("http://localhost").is_err());
    }
}
