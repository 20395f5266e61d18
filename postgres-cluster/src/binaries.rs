//! Where Postgres is installed.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where distributions that keep several versions side by side put them.
const VERSIONS: [&str; 2] = ["/usr/lib/postgresql", "/usr/local/lib/postgresql"];

/// The folder of `initdb` and `postgres`: the newest version that is installed.
#[derive(Clone, Debug)]
pub(crate) struct Binaries(PathBuf);

impl Binaries {
    pub(crate) fn find() -> io::Result<Self> {
        let in_path = std::env::var_os("PATH").unwrap_or_default();
        let in_path = std::env::split_paths(&in_path).filter_map(|folder| resolved(&folder));
        let folder = in_path.chain(newest_version()).next().ok_or_else(|| {
            let text = "no `initdb` in PATH or /usr/lib/postgresql: install PostgreSQL 15 or newer";
            io::Error::new(io::ErrorKind::NotFound, text)
        })?;
        Ok(Self(folder))
    }

    pub(crate) fn command(&self, name: &str) -> Command {
        Command::new(self.0.join(name))
    }
}

/// The folder itself, or the one that its `initdb` is a link into: `postgres` need not be linked.
fn resolved(folder: &Path) -> Option<PathBuf> {
    let initdb = folder.join("initdb").canonicalize().ok()?;
    let folder = initdb.parent()?;
    folder.join("postgres").is_file().then(|| folder.to_owned())
}

fn newest_version() -> Option<PathBuf> {
    let versions = VERSIONS.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let versions = versions.filter_map(|entry| {
        let path = entry.ok()?.path();
        let number: u32 = path.file_name()?.to_str()?.parse().ok()?;
        Some((number, resolved(&path.join("bin"))?))
    });
    versions.max().map(|(_, folder)| folder)
}
