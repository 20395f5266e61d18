//! The store's books, as the gateway's own binary reads them out.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// The binary, and the store that it is asked about.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    bursar: PathBuf,
    /// `--store FILE` or `--config FILE`.
    named: [OsString; 2],
    /// What the config's variables stand for.
    environment: Vec<(&'static str, String)>,
}

impl Books {
    /// Those in an SQLite file.
    pub(crate) fn in_file(bursar: PathBuf, file: PathBuf) -> Self {
        Self { bursar, named: ["--store".into(), file.into()], environment: Vec::new() }
    }

    /// Those in the store that a config names.
    pub(crate) fn of_config(
        bursar: PathBuf,
        config: PathBuf,
        environment: Vec<(&'static str, String)>,
    ) -> Self {
        Self { bursar, named: ["--config".into(), config.into()], environment }
    }

    /// The command that asks for this.
    pub(crate) fn ask(&self, what: &[&str]) -> Command {
        let mut command = Command::new(&self.bursar);
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        command.args(what).args(&self.named).envs(environment);
        command
    }
}
