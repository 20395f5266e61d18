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
use crate::demo::{Demo, address};
use crate::process::Process;

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
    _provider: Process,
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
        let mut command = Command::new(&binaries.mock_provider);
        command.args(["--listen", "127.0.0.1:0"]);
        command.args(["--first-byte-delay-ms", &first_byte_delay.as_millis().to_string()]);
        let provider = Process::start("mock provider", &mut command)?;
        let upstream = provider_address(provider.greeting())?;

        let mut command = Command::new(&binaries.bare_proxy);
        let threads = threads.map_or_else(cores, |threads| threads.to_string());
        command.args(["--listen", "127.0.0.1:0", "--threads", &threads]);
        command.args(["--upstream", &upstream.to_string()]);
        let bare_proxy = Process::start("bare proxy", &mut command)?;
        let listening: Listening = serde_json::from_str(bare_proxy.greeting())
            .with_context(|| format!("the bare proxy said {:?}", bare_proxy.greeting()))?;

        let demo = Demo::start(&binaries.bursar, Some(&format!("http://{upstream}")))?;
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

/// The provider tells its URL in a sentence.
fn provider_address(greeting: &str) -> Result<SocketAddr> {
    let url = greeting.split([' ', ',', '"']).find(|word| word.starts_with("http://"));
    address(url.with_context(|| format!("the mock provider said {greeting:?}"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_providers_address_is_read_from_its_sentence() {
        let expected: SocketAddr = "127.0.0.1:9090".parse().unwrap();
        let sentence = "mock provider on http://127.0.0.1:9090, its bill on \
                        http://127.0.0.1:9090/bill";
        assert_eq!(provider_address(sentence).unwrap(), expected);
        assert!(provider_address("address in use").is_err());
    }
}
