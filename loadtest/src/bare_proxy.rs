//! A bare Pingora as a process: what the gateway is measured beside.

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process::Process;

/// A running bare proxy; stopped when dropped.
pub(crate) struct BareProxy {
    process: Process,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

/// The line that it prints.
#[derive(Deserialize)]
struct Listening {
    listen: SocketAddr,
}

impl BareProxy {
    /// Starts one that passes everything through to `upstream`, or without one refuses everything;
    /// with as many threads as the gateway has of itself, unless others are given.
    ///
    /// # Errors
    /// It does not start, or says something else than a bare proxy does.
    pub(crate) fn start(
        binary: &Path,
        upstream: Option<SocketAddr>,
        threads: Option<u32>,
    ) -> Result<Self> {
        let threads = threads.map_or_else(cores, |threads| threads.to_string());
        let upstream = upstream.map_or_else(|| "none".to_owned(), |it| it.to_string());
        let mut command = Command::new(binary);
        command.args(["--listen", "127.0.0.1:0", "--threads", &threads, "--upstream", &upstream]);
        let process = Process::start("bare proxy", &mut command)?;
        let listening: Listening = serde_json::from_str(process.greeting())
            .with_context(|| format!("the bare proxy said {:?}", process.greeting()))?;
        Ok(Self { process, address: listening.listen })
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }
}

fn cores() -> String {
    available_parallelism().map_or(1, NonZero::get).to_string()
}
