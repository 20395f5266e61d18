//! The data folder: whose it is, and that no two processes share it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use journal::{ClosedJournal, Options, Owner};
use ledger::NodeId;
use serde::{Deserialize, Serialize};

/// A data folder that is this process's for as long as the value lives.
pub(crate) struct DataFolder {
    path: PathBuf,
    file: NodeFile,
    _lock: File,
}

/// `node.json`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeFile {
    node: u32,
    /// The id of the journal in the folder, in hexadecimal digits; missed when the journal is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    journal: Option<String>,
}

impl DataFolder {
    /// Opens the folder, and makes it where there is none, for its owner only; a new one gets the
    /// id that `new_node` gives.
    ///
    /// # Errors
    /// Another process has it; it cannot be written to; its `node.json` is damaged.
    pub(crate) fn open(path: &Path, new_node: impl FnOnce() -> u32) -> anyhow::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make the data folder {}", path.display()))?;
        let lock = lock(path)?;
        let file = read(&path.join(NODE_FILE), new_node)?;
        Ok(Self { path: path.to_owned(), file, _lock: lock })
    }

    /// The name by which the store knows this folder.
    pub(crate) const fn node(&self) -> NodeId {
        NodeId(self.file.node)
    }

    /// Opens the journal in the folder, and remembers its id.
    ///
    /// # Errors
    /// As the journal says; the folder cannot be written to.
    pub(crate) fn journal(
        &mut self,
        store: u128,
        new_id: u128,
        options: Options,
    ) -> anyhow::Result<ClosedJournal> {
        let node_file = self.path.join(NODE_FILE);
        let id =
            |digits: &String| u128::from_str_radix(digits, 16).with_context(|| damaged(&node_file));
        let expected = self.file.journal.as_ref().map(id).transpose()?;
        let owner = Owner { store, node: self.node() };
        let folder = self.path.join("journal");
        let journal = ClosedJournal::open(&folder, owner, expected, new_id, options)?;
        if expected.is_none() {
            self.file.journal = Some(format!("{:032x}", journal.id()));
            write_private(&node_file, &serde_json::to_vec(&self.file)?)?;
        }
        Ok(journal)
    }
}

const NODE_FILE: &str = "node.json";

fn damaged(path: &Path) -> String {
    format!(
        "{} is damaged; restore it from a backup: the store knows this folder by the id in it",
        path.display()
    )
}

fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join("lock");
    let unusable = || format!("cannot lock {}", path.display());
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .with_context(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "the data folder {} belongs to another bursar that is running; stop that one, or give \
             this one a folder of its own",
            folder.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(unusable),
    }
}

fn read(path: &Path, new_node: impl FnOnce() -> u32) -> anyhow::Result<NodeFile> {
    match std::fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).with_context(|| damaged(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let file = NodeFile { node: new_node(), journal: None };
            write_private(path, &serde_json::to_vec(&file)?)?;
            Ok(file)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes a file that only its owner may read: all of it or, whatever happens, nothing.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn write_private(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        // Made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(folder)?.sync_all()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Removes a file, if there is one.
///
/// # Errors
/// It cannot be removed.
pub(crate) fn remove(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: PathBuf) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_folder_keeps_its_id_and_is_its_owners_only() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        assert_eq!(DataFolder::open(&path, || 7).unwrap().node(), NodeId(7));
        assert_eq!(DataFolder::open(&path, || 8).unwrap().node(), NodeId(7));
        assert_eq!(mode(path.clone()), 0o700);
        assert_eq!([mode(path.join("lock")), mode(path.join("node.json"))], [0o600; 2]);
    }

    #[test]
    fn two_processes_never_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolder::open(folder.path(), || 1).unwrap();
        let error = DataFolder::open(folder.path(), || 2).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("belongs to another bursar"), "{error}");
        drop(first);
        DataFolder::open(folder.path(), || 2).unwrap();
    }

    #[test]
    fn a_damaged_id_is_not_replaced_by_another() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("node.json"), "{").unwrap();
        let error = DataFolder::open(folder.path(), || 1).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("node.json is damaged"), "{error}");
    }

    #[test]
    fn a_folder_that_has_lost_its_journal_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let journal = |id| {
            let mut opened = DataFolder::open(folder.path(), || 1).unwrap();
            opened.journal(5, id, Options::default())
        };
        let first = journal(7).unwrap();
        drop(first.start(ledger::Epoch(1), &[], Box::new(|_| {})).unwrap());
        assert_eq!(journal(8).unwrap().id(), 7);
        std::fs::remove_dir_all(folder.path().join("journal")).unwrap();
        let error = journal(9).unwrap_err().to_string();
        assert!(error.contains("has lost segments of its journal"), "{error}");
    }
}
