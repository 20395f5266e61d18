//! The processes of a comparison: one provider, and before it the bare proxy and the gateway.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;

use super::Binaries;
use crate::bare_proxy::BareProxy;
use crate::bodies::GATEWAY_PREFIX;
use crate::demo::{Demo, Place};
use crate::provider::{Pace, Provider};

/// The demo's key without a limit.
const KEY: &str = "plain";
/// What its member gets on top, so that no run is too long for it: a billion short calls.
const CREDITS: &str = "1000000";

/// One of the two that are compared.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    pub(crate) server: SocketAddr,
    pub(crate) pid: u32,
    /// What stands before the provider's own path.
    pub(crate) prefix: &'static str,
    /// Sent to both sides; the bare proxy passes it on to a provider that lets everybody in.
    pub(crate) key: String,
}

/// The running processes. Those in front stop before the provider does.
pub(crate) struct Stage {
    pub(crate) rival_side: Side,
    pub(crate) gateway: Side,
    demo: Demo,
    rival: Rival,
    _provider: Provider,
}

/// What the gateway is compared with, while it runs.
enum Rival {
    BareProxy { _process: BareProxy },
    Relaxed(Demo),
}

impl Stage {
    /// Starts all three; the provider waits `first_byte_delay` before each answer.
    ///
    /// # Errors
    /// One of them does not start.
    pub(crate) async fn start(
        binaries: &Binaries,
        threads: Option<u32>,
        first_byte_delay: Duration,
    ) -> Result<Self> {
        let pace = Pace { first_byte: first_byte_delay, ..Pace::default() };
        let provider = Provider::start(&binaries.mock_provider, pace, None)?;
        let bare_proxy = BareProxy::start(&binaries.bare_proxy, Some(provider.address), threads)?;

        let demo = Demo::start(&binaries.bursar, &provider.url())?;
        let gateway = gateway("bursar", &demo).await?;
        let rival_side = Side {
            name: "bare Pingora",
            server: bare_proxy.address,
            pid: bare_proxy.pid(),
            prefix: "",
            key: gateway.key.clone(),
        };
        let rival = Rival::BareProxy { _process: bare_proxy };
        Ok(Self { rival_side, gateway, demo, rival, _provider: provider })
    }

    /// Starts the provider, and before it two gateways: one whose answers wait for the disk, and
    /// one whose answers do not.
    ///
    /// # Errors
    /// One of them does not start.
    pub(crate) async fn of_two_gateways(
        binaries: &Binaries,
        first_byte_delay: Duration,
    ) -> Result<Self> {
        let pace = Pace { first_byte: first_byte_delay, ..Pace::default() };
        let provider = Provider::start(&binaries.mock_provider, pace, None)?;
        let url = provider.url();
        let place = |relaxed| Place { upstream: &url, folder: None, listeners: None, relaxed };
        let relaxed = Demo::start_in(&binaries.bursar, &place(true))?;
        let demo = Demo::start_in(&binaries.bursar, &place(false))?;
        let rival_side = gateway("bursar, relaxed", &relaxed).await?;
        let gateway = gateway("bursar, strict", &demo).await?;
        let rival = Rival::Relaxed(relaxed);
        Ok(Self { rival_side, gateway, demo, rival, _provider: provider })
    }

    /// Stops all of them, and insists that the gateways end well.
    ///
    /// # Errors
    /// One does not.
    pub(crate) fn stop(self) -> Result<()> {
        self.demo.stop()?;
        match self.rival {
            Rival::Relaxed(demo) => demo.stop(),
            Rival::BareProxy { .. } => Ok(()),
        }
    }
}

/// A demo as one of the two, with credits for any run.
async fn gateway(name: &'static str, demo: &Demo) -> Result<Side> {
    demo.top_up(KEY, CREDITS).await?;
    let key = demo.key(KEY)?.to_owned();
    Ok(Side { name, server: demo.gateway, pid: demo.pid(), prefix: GATEWAY_PREFIX, key })
}
