//! Where secrets come from: variables and files, behind a trait so that tests bring their own.

use std::collections::HashMap;
use std::io;
use std::path::Path;

/// What `${VAR}` and `${file:path}` are looked up in.
pub trait Environment: Send + Sync {
    /// The value of a variable, if it is set.
    fn var(&self, name: &str) -> Option<String>;

    /// The text of a file.
    ///
    /// # Errors
    /// As reading it fails.
    fn read_file(&self, path: &Path) -> io::Result<String>;
}

/// The environment of this process and the files of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn read_file(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }
}

/// Variables that are given, and no files: for secrets that the caller has made itself.
impl Environment for HashMap<String, String> {
    fn var(&self, name: &str) -> Option<String> {
        self.get(name).cloned()
    }

    fn read_file(&self, _path: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}
