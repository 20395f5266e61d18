//! The crate as others see it: texts in; configs, problems and lookups out.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::{Config, Environment, Problems};

/// A config without a mistake that has something of everything.
pub(crate) const SOUND: &str = include_str!("sound.yaml");

mod examples;
mod issuers;
mod lookups;
mod mistakes;
mod redaction;
mod reloading;

/// An environment that is made up, and can change while it is in use.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    vars: Mutex<HashMap<String, String>>,
    files: Mutex<HashMap<PathBuf, String>>,
}

impl Fake {
    pub(crate) fn var(self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&self, name: &str, value: &str) {
        self.vars.lock().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.files.lock().insert(path.into(), text.to_owned());
    }
}

impl Environment for Fake {
    fn var(&self, name: &str) -> Option<String> {
        self.vars.lock().get(name).cloned()
    }

    fn read_file(&self, path: &Path) -> io::Result<String> {
        self.files.lock().get(path).cloned().ok_or(io::ErrorKind::NotFound.into())
    }
}

/// Every secret of the configs here, so that none is ever printed.
pub(crate) const CANARY: &str = "canary-0123456789-0123456789-0123";

/// An environment in which every variable of the examples is set.
pub(crate) fn environment() -> Fake {
    let secrets = [
        "BURSAR_PEPPER",
        "BURSAR_ADMIN_TOKEN",
        "BURSAR_CONTROL_TOKEN",
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "JWT_SECRET",
    ];
    let url = format!("postgres://u:{CANARY}@db/bursar");
    let env =
        Fake::default().var("BURSAR_DATABASE_URL", &url).var("BURSAR_ADVERTISE", "10.0.0.5:9464");
    secrets.into_iter().fold(env, |env, name| env.var(name, CANARY))
}

pub(crate) fn parsed(text: &str) -> Result<Config, Problems> {
    Config::parse(text, "f", Path::new("/etc/bursar"), &environment())
}
