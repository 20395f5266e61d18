//! A mock provider in a process of its own, which outlives every gateway before it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use mock_provider::{Bill, Line};
use tokio::time::{Instant, sleep};

use crate::client::{Call, fetch};
use crate::demo::address;
use crate::process::Process;

/// How fast it answers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    /// Before each answer.
    pub(crate) first_byte: Duration,
    /// Before each word of a stream but the first.
    pub(crate) chunk: Duration,
}

/// A running mock provider; stopped when dropped.
pub(crate) struct Provider {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where it writes each line of its bill.
    bill: Option<PathBuf>,
    _process: Process,
}

/// How long calls may go on that nobody waits for: a silent model keeps quiet for a minute.
const PATIENCE: Duration = Duration::from_secs(75);
/// Between two looks at the bill.
const LOOK_EVERY: Duration = Duration::from_millis(200);

impl Provider {
    /// Starts it on a free port, and has it write its bill to a file if one is named.
    ///
    /// # Errors
    /// It does not start, or does not say where it is.
    pub(crate) fn start(binary: &Path, pace: Pace, bill: Option<&Path>) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args(["--listen", "127.0.0.1:0"]);
        command.args(["--first-byte-delay-ms", &pace.first_byte.as_millis().to_string()]);
        command.args(["--chunk-delay-ms", &pace.chunk.as_millis().to_string()]);
        if let Some(bill) = bill {
            command.arg("--bill").arg(bill);
        }
        let process = Process::start("mock provider", &mut command)?;
        let address = address_in(process.greeting())?;
        Ok(Self { address, bill: bill.map(Path::to_path_buf), _process: process })
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until no call runs, and returns how many there were and the line of each.
    ///
    /// # Errors
    /// Calls run on for more than a minute, or the bill cannot be read.
    pub(crate) async fn whole_bill(&self) -> Result<(u64, Vec<Line>)> {
        let deadline = Instant::now() + PATIENCE;
        let calls = loop {
            let bill: Bill = fetch(self.address, &Call::get(self.address, "/bill", None)?).await?;
            if bill.running == 0 {
                break bill.requests;
            }
            if Instant::now() > deadline {
                bail!("{} calls still run at the provider", bill.running);
            }
            sleep(LOOK_EVERY).await;
        };
        let file = self.bill.as_deref().context("this provider keeps no whole bill")?;
        let text = fs::read_to_string(file).with_context(|| format!("no {}", file.display()))?;
        let line = |line: &str| serde_json::from_str(line).context("a line of the bill");
        Ok((calls, text.lines().map(line).collect::<Result<_>>()?))
    }
}

/// The provider tells its URL in a sentence.
fn address_in(greeting: &str) -> Result<SocketAddr> {
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
        assert_eq!(address_in(sentence).unwrap(), expected);
        assert!(address_in("address in use").is_err());
    }
}
