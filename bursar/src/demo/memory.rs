//! `demo.json`: what a demo's folder remembers, so that it is the same demo the next time.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use store::{KeyKind, PlainKey};

use super::seed::KEYS;
use crate::folder::{remove, write_private};

/// The secrets of a demo, which are nowhere else in plain text, and how far its seeding is.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Memory {
    pub(super) state: State,
    pub(super) pepper: String,
    pub(super) admin_token: String,
    /// The organisation's id; empty until it is seeded.
    pub(super) org: String,
    pub(super) keys: Vec<KeyEntry>,
}

/// How far the seeding of the store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It has begun. Whoever finds this begins anew, with the same secrets.
    Seeding,
    /// It is done.
    Seeded,
}

/// A key as it is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyEntry {
    pub(super) name: String,
    /// The id of the member whose key it is; empty until it is seeded.
    pub(super) member: String,
    pub(super) key: String,
    pub(super) note: String,
}

/// The files of a demo's store, which SQLite keeps beside one another.
const STORE_FILES: [&str; 3] = ["bursar.db", "bursar.db-wal", "bursar.db-shm"];

impl Memory {
    /// Reads the memory of a folder; a folder without one gets new secrets, and what an interrupted
    /// seeding left of a store is removed.
    ///
    /// # Errors
    /// The folder has a store that no demo made; `demo.json` is damaged or cannot be written.
    pub(super) fn open(folder: &Path, random: impl FnMut() -> u8) -> anyhow::Result<Self> {
        let path = path(folder);
        let store = folder.join(STORE_FILES[0]);
        let mut memory: Self = match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!("{} is damaged; name another folder with --data-dir", path.display())
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if store.exists() {
                    bail!(
                        "{} is no demo's, for {} is missing; name another folder with --data-dir",
                        store.display(),
                        path.display()
                    );
                }
                let memory = Self::new(random);
                memory.write(folder)?;
                memory
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        if !store.exists() {
            memory.state = State::Seeding;
        }
        if memory.state == State::Seeding {
            STORE_FILES.iter().try_for_each(|file| remove(&folder.join(file)))?;
        }
        Ok(memory)
    }

    /// Writes it down.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        write_private(&path(folder), &serde_json::to_vec_pretty(self)?)
    }

    /// The secret of the key of this name.
    ///
    /// # Errors
    /// It has none: another version of the program wrote it.
    pub(super) fn plain_key(&self, name: &str) -> anyhow::Result<PlainKey> {
        let entry = self.keys.iter().find(|entry| entry.name == name);
        entry.and_then(|entry| PlainKey::parse(&entry.key)).with_context(|| {
            format!("demo.json has no key `{name}`; name another folder with --data-dir")
        })
    }

    fn new(mut random: impl FnMut() -> u8) -> Self {
        let pepper = (0..32).map(|_| format!("{:02x}", random())).collect();
        let admin_token = PlainKey::generate(KeyKind::Admin, &mut random).expose().to_owned();
        let keys = KEYS.iter().map(|key| KeyEntry {
            name: key.name.to_owned(),
            member: String::new(),
            key: PlainKey::generate(key.kind(), &mut random).expose().to_owned(),
            note: key.note.to_owned(),
        });
        Self {
            state: State::Seeding,
            pepper,
            admin_token,
            org: String::new(),
            keys: keys.collect(),
        }
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("demo.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> anyhow::Result<Memory> {
        Memory::open(folder, rand::random)
    }

    #[test]
    fn a_folder_keeps_its_secrets_even_if_seeding_was_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path()).unwrap();
        std::fs::write(folder.path().join("bursar.db"), "half a store").unwrap();
        assert_eq!(open(folder.path()).unwrap(), first);
        assert!(!folder.path().join("bursar.db").exists());
    }

    #[test]
    fn a_seeded_store_is_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        let seeded = Memory { state: State::Seeded, ..open(folder.path()).unwrap() };
        seeded.write(folder.path()).unwrap();
        std::fs::write(folder.path().join("bursar.db"), "a store").unwrap();
        assert_eq!(open(folder.path()).unwrap(), seeded);
        assert!(folder.path().join("bursar.db").exists());
    }

    #[test]
    fn a_store_that_no_demo_made_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bursar.db"), "somebody's").unwrap();
        let error = open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is no demo's"), "{error}");
        assert_eq!(std::fs::read(folder.path().join("bursar.db")).unwrap(), b"somebody's");
    }

    #[test]
    fn the_key_that_everybody_tries_first_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let memory = open(folder.path()).unwrap();
        assert_eq!(memory.keys[0].name, "plain");
        assert!(memory.keys[0].key.starts_with("bursar_u_"));
        assert_eq!(memory.plain_key("service").unwrap().kind(), KeyKind::ServiceAccount);
    }
}
