//! When the process ends, and when it reads its config again: the signals it is sent.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end the process.
pub(crate) struct Ending {
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
}

impl Ending {
    /// Takes SIGINT and SIGTERM over: from here on they end nothing by themselves.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn install() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: take(SignalKind::interrupt())?,
            terminate: take(SignalKind::terminate())?,
            hangup: None,
        })
    }

    /// Takes a hangup for an end as well: the terminal was closed.
    pub(crate) fn or_hangup(self, hangup: Signal) -> Self {
        Self { hangup: Some(hangup), ..self }
    }

    /// Waits until the process is to end, and says which signal said so.
    pub(crate) async fn asked(&mut self) -> &'static str {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            _ = hangup => "SIGHUP",
        }
    }

    /// Has the next signal end the process at once: whoever asks twice does not want to wait.
    pub(crate) fn at_once_when_asked_again(mut self) {
        tokio::spawn(async move {
            let signal = self.asked().await;
            eprintln!("bursar: {signal} again, so it ends at once; the next start recovers");
            std::process::exit(1)
        });
    }
}

/// Takes SIGHUP over, which ends a process that does not.
///
/// # Errors
/// The system refuses.
pub(crate) fn hangup() -> anyhow::Result<Signal> {
    take(SignalKind::hangup())
}

fn take(kind: SignalKind) -> anyhow::Result<Signal> {
    signal(kind).context("cannot listen for signals")
}
