//! The processes of a comparison: one provider, and before it the bare proxy and the gateway.

use std::net::SocketAddr;
use std::num::NonZero;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Binaries;
use crate::bodies::GATEWAY_PREFIX;
use crate::demo::Demo;
use crate::process::Process;
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
    pub(crate) bare: Side,
    pub(crate) gateway: Side,
    demo: Demo,
    _bare_proxy: Process,
    _provider: Provider,
}

/// The line that the bare proxy prints.
#[derive(Deserialize)]
struct Listening {
    listen: SocketAddr,
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
        let upstream = provider.address;

        let mut command = Command::new(&binaries.bare_proxy);
        let threads = threads.map_or_else(cores, |threads| threads.to_string());
        command.args(["--listen", "127.0.0.1:0", "--threads", &threads]);
        command.args(["--upstream", &upstream.to_string()]);
        let bare_proxy = Process::start("bare proxy", &mut command)?;
        let listening: Listening = serde_json::from_str(bare_proxy.greeting())
            .with_context(|| format!("the bare proxy said {:?}", bare_proxy.greeting()))?;

        let demo = Demo::start(&binaries.bursar, &provider.url())?;
        demo.top_up(KEY, CREDITS).await?;
        let key = demo.key(KEY)?.to_owned();
        let bare = Side {
            name: "bare Pingora",
            server: listening.listen,
            pid: bare_proxy.pid(),
            prefix: "",
            key: key.clone(),
        };
        let gateway = Side {
            name: "bursar",
            server: demo.gateway,
            pid: demo.pid(),
            prefix: GATEWAY_PREFIX,
            key,
        };
        Ok(Self { bare, gateway, demo, _bare_proxy: bare_proxy, _provider: provider })
    }

    /// Stops all three, and insists that the gateway ends well.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn stop(self) -> Result<()> {
        self.demo.stop()
    }
}

/// As many threads as the gateway has of itself.
fn cores() -> String {
    available_parallelism().map_or(1, NonZero::get).to_string()
}
