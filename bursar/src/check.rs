//! Looking at a config without running anything.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use bursar_config::{Config, ProcessEnvironment};

/// `check-config`: every problem of a file, or that there is none.
pub(crate) fn check(file: &Path) -> anyhow::Result<ExitCode> {
    let Some(_) = load(file) else { return Ok(ExitCode::FAILURE) };
    say(&format!("{}: nothing is wrong with it", file.display()))
}

/// `config schema`: the JSON Schema of a config.
pub(crate) fn schema() -> anyhow::Result<ExitCode> {
    say(&serde_json::to_string_pretty(&bursar_config::schema())?)
}

/// `config print`: a config as it is understood.
pub(crate) fn print(file: &Path) -> anyhow::Result<ExitCode> {
    let Some(config) = load(file) else { return Ok(ExitCode::FAILURE) };
    say(&format!("{config:#?}"))
}

/// The config of a file; if it has problems, they are told and there is none.
fn load(file: &Path) -> Option<Config> {
    Config::load(file, &ProcessEnvironment).map_err(|problems| eprintln!("{problems}")).ok()
}

/// Writes what was asked for; a reader that has heard enough (`| head`) is no failure.
fn say(text: &str) -> anyhow::Result<ExitCode> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
