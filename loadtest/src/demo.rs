//! A running `bursar demo`, and what can be asked of it beside the calls of the load.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use bytes::Bytes;
use ledger::Credits;
use mock_provider::Bill;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::client::{Call, fetch};
use crate::process::Process;

/// A port that is free.
const ANY_PORT: &str = "127.0.0.1:0";

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
    provider: String,
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
struct Balance {
    remaining: String,
}

#[derive(Deserialize)]
struct Charge {
    charged: String,
}

impl Demo {
    /// Starts `bursar demo`, with its own mock provider or before the one at `upstream`.
    ///
    /// # Errors
    /// It does not start, or says something else than a demo does.
    pub(crate) fn start(bursar: &Path, upstream: Option<&str>) -> Result<Self> {
        let mut command = Command::new(bursar);
        command.args(["demo", "--json"]);
        for listener in ["--gateway", "--admin", "--operations"] {
            command.args([listener, ANY_PORT]);
        }
        match upstream {
            Some(url) => command.args(["--upstream", url]),
            None => command.args(["--provider", ANY_PORT]),
        };
        let process = Process::start("bursar demo", &mut command)?;
        let seeded: Seeded = serde_json::from_str(process.greeting())
            .with_context(|| format!("bursar demo said {:?}", process.greeting()))?;
        let gateway = address(&seeded.gateway)?;
        Ok(Self { process, seeded, gateway })
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
        let call = Call::get(self.gateway, "/bursar/v1/balance", Some(key))?;
        let balance: Balance = fetch(self.gateway, &call).await?;
        credits(&balance.remaining)
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

    /// What the provider says it sold, which the gateway has no part in.
    ///
    /// # Errors
    /// The provider does not say.
    pub(crate) async fn bill(&self) -> Result<Bill> {
        let provider = address(&self.seeded.provider)?;
        fetch(provider, &Call::get(provider, "/bill", None)?).await
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
