//! The processes of a server.

use std::io;
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

/// Sends a signal to the server's first process, which tells the others what it thinks right.
pub(crate) fn signal(server: &Child, signal: Signal) -> io::Result<()> {
    Ok(kill_process(pid_of(server), signal)?)
}

/// Sends a signal to every process of a server: none of them hears of it from another.
pub(crate) fn signal_all(server: &Child, signal: Signal) -> io::Result<()> {
    let first = pid_of(server);
    // It makes no new ones once it has the signal.
    kill_process(first, signal)?;
    for pid in children_of(first)? {
        match kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn pid_of(server: &Child) -> Pid {
    Pid::from_child(server)
}

fn children_of(parent: Pid) -> io::Result<Vec<Pid>> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that has ended since has no parent any more.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if parent_in(&stat) == Some(parent.as_raw_nonzero().get()) {
            children.extend(Pid::from_raw(pid));
        }
    }
    Ok(children)
}

/// The parent in a line of `/proc/PID/stat`; the name before it may hold anything.
fn parent_in(stat: &str) -> Option<i32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_behind_any_name() {
        assert_eq!(parent_in("12 (postgres) S 7 12 12 0"), Some(7));
        assert_eq!(parent_in("12 (a) S 9 (b) S 7 12 12 0"), Some(7));
        assert_eq!(parent_in(""), None);
    }
}
