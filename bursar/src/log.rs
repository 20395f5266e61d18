//! Where the log goes: to stderr, so that stdout holds only what was asked for.

use std::io::IsTerminal;

use anyhow::{Context, bail};
use tracing_subscriber::EnvFilter;

const FILTER: &str = "BURSAR_LOG";
const FORMAT: &str = "BURSAR_LOG_FORMAT";

/// What others log in the course of ordinary work; `BURSAR_LOG` may ask for it by name. Of Pingora's
/// there is nothing below `info`: it has credentials in it.
const QUIET: &str = "pingora=warn,sqlx=warn,hyper=warn,rustls=warn";

/// Starts the log, with what crates tell `log` in it; `BURSAR_LOG` replaces the `default` filter,
/// and `BURSAR_LOG_FORMAT=json` writes an object a line.
///
/// # Errors
/// A variable that cannot be understood.
pub(crate) fn start(default: &str) -> anyhow::Result<()> {
    let asked = std::env::var(FILTER).ok().filter(|asked| !asked.is_empty());
    let asked = asked.as_deref().unwrap_or(default);
    let filter = EnvFilter::try_new(format!("{QUIET},{asked}")).with_context(|| {
        format!("{FILTER} is `{asked}`; write it like `info` or `warn,gateway=debug`")
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match std::env::var(FORMAT).unwrap_or_default().as_str() {
        "" | "text" => log.init(),
        "json" => log.json().init(),
        other => bail!("{FORMAT} is `{other}`; it may be `text` or `json`"),
    }
    Ok(())
}
