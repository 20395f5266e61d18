//! Where the programs are that a scenario starts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A program of this workspace.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Program {
    Bursar,
    MockProvider,
    BareProxy,
}

impl Program {
    /// Its place in the folder of this program.
    const fn file(self) -> &'static str {
        match self {
            Self::Bursar => "bursar",
            Self::MockProvider => "mock-provider",
            Self::BareProxy => "examples/bare_proxy",
        }
    }

    /// What makes cargo build it.
    const fn target(self) -> &'static [&'static str] {
        match self {
            Self::Bursar => &["-p", "bursar"],
            Self::MockProvider => &["-p", "mock-provider"],
            Self::BareProxy => &["-p", "gateway", "--example", "bare_proxy"],
        }
    }
}

/// The folder of the programs, and how to build them.
pub(crate) struct Programs {
    folder: PathBuf,
    cargo: Option<OsString>,
}

impl Programs {
    /// Those built like this one. `cargo` is the one that runs it, if one does: then every program
    /// is built anew, so that what is measured is what is in the checkout.
    ///
    /// # Errors
    /// The system does not tell where this program is.
    pub(crate) fn beside_this_one(cargo: Option<OsString>) -> Result<Self> {
        let this = std::env::current_exe().context("where is this program?")?;
        let folder = this.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(Self { folder, cargo })
    }

    /// The file of `program`, or the one that was `given` instead.
    ///
    /// # Errors
    /// It is not there, or cannot be built.
    pub(crate) fn find(&self, program: Program, given: Option<&Path>) -> Result<PathBuf> {
        let file = match (given, &self.cargo) {
            (Some(given), _) => given.to_path_buf(),
            (None, Some(cargo)) => self.build(program, cargo)?,
            (None, None) => self.folder.join(program.file()),
        };
        if !file.is_file() {
            let target = program.target().join(" ");
            bail!("there is no {}: build it with `cargo build --release {target}`", file.display());
        }
        Ok(file)
    }

    fn build(&self, program: Program, cargo: &OsString) -> Result<PathBuf> {
        let mut command = Command::new(cargo);
        command.arg("build").arg("--quiet").args(program.target());
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        if let Some(target) = self.folder.parent() {
            command.arg("--target-dir").arg(target);
        }
        eprintln!("building {}", program.file());
        let status = command.status().with_context(|| format!("cannot run {}", cargo.display()))?;
        if !status.success() {
            bail!("cannot build {}: cargo ended with {status}", program.file());
        }
        Ok(self.folder.join(program.file()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_named_with_the_command_that_builds_it() {
        let programs = Programs { folder: PathBuf::from("/nowhere"), cargo: None };
        let error = programs.find(Program::BareProxy, None).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no /nowhere/examples/bare_proxy: build it with \
             `cargo build --release -p gateway --example bare_proxy`"
        );
    }

    #[test]
    fn a_given_file_is_taken_instead_of_the_one_beside() {
        let programs = Programs { folder: PathBuf::from("/nowhere"), cargo: None };
        let this = std::env::current_exe().unwrap();
        assert_eq!(programs.find(Program::Bursar, Some(&this)).unwrap(), this);
    }
}
