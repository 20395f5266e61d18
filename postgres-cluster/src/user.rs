//! Whom the server runs as: Postgres refuses root.

use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Those that a server may run as, the one that is meant for it first.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// Whoever is to own the folder and to run the server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum User {
    /// Whoever runs this.
    Same,
    /// Another one, since this is root.
    Other { uid: u32, gid: u32 },
}

impl User {
    pub(crate) fn find() -> io::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Same);
        }
        let users = std::fs::read_to_string("/etc/passwd")?;
        let found = NAMES.iter().find_map(|name| find(&users, name));
        found.ok_or_else(|| {
            let text = "Postgres does not run as root, and there is no user `postgres` or `nobody`";
            io::Error::new(io::ErrorKind::NotFound, text)
        })
    }

    pub(crate) fn give(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Same => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)),
        }
    }

    pub(crate) fn run(self, command: &mut Command) -> &mut Command {
        match self {
            Self::Same => command,
            Self::Other { uid, gid } => command.uid(uid).gid(gid),
        }
    }
}

/// The user of this name among the lines of the password file.
fn find(users: &str, name: &str) -> Option<User> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(User::Other { uid, gid })
    })
}
