//! The folder of a run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// Where a run keeps its files.
pub(crate) enum Folder {
    Given(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    /// A folder that was given must be empty or new: the run is audited from its first charge on.
    ///
    /// # Errors
    /// It is neither, or cannot be made.
    pub(crate) fn of(given: Option<&Path>) -> Result<Self> {
        let Some(path) = given else {
            let folder = tempfile::Builder::new().prefix("bursar-loadtest-").tempdir();
            return Ok(Self::Temporary(folder.context("cannot make a temporary folder")?));
        };
        let unusable = || format!("cannot use the folder {}", path.display());
        std::fs::create_dir_all(path).with_context(unusable)?;
        let mut entries = std::fs::read_dir(path).with_context(unusable)?;
        anyhow::ensure!(entries.next().is_none(), "the folder {} is not empty", path.display());
        Ok(Self::Given(path.to_path_buf()))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// Keeps it, temporary or not, and says where it is.
    pub(crate) fn keep(self) -> PathBuf {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.keep(),
        }
    }
}
