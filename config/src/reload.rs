//! The config in force, and how another takes its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::environment::Environment;
use crate::interpolate::Source;
use crate::load::{self, Checked, Config, folder_of};
use crate::place::Place;
use crate::problem::{Problems, Report};

/// The config in force, for everyone to read; clones share it.
#[derive(Clone, Debug)]
pub struct Handle {
    config: Arc<ArcSwap<Config>>,
    reloads: watch::Sender<Reloads>,
}

impl Handle {
    /// Puts a config in force.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let config = Arc::new(ArcSwap::from_pointee(config));
        Self { config, reloads: watch::Sender::default() }
    }

    /// The config in force, for a moment: not across an await.
    #[must_use]
    pub fn load(&self) -> Guard<Arc<Config>> {
        self.config.load()
    }

    /// The config in force, to keep as long as a request runs.
    #[must_use]
    pub fn load_full(&self) -> Arc<Config> {
        self.config.load_full()
    }

    /// What has become of the reloads so far: to be looked at, or waited on.
    #[must_use]
    pub fn reloads(&self) -> watch::Receiver<Reloads> {
        self.reloads.subscribe()
    }
}

/// Reads the file again and puts what it says in force, if all of it is right.
pub struct Reloader {
    handle: Handle,
    file: PathBuf,
    env: Arc<dyn Environment>,
    /// The text that was tried last. Held while one is tried: one at a time.
    tried: Mutex<Option<String>>,
}

/// What has become of the reloads so far.
#[derive(Clone, Debug, Default)]
pub struct Reloads {
    /// How many put another config in force.
    pub ok: u64,
    /// How many were refused.
    pub failed: u64,
    /// How the last one ended; one that found nothing changed ended well. None: there was none.
    pub last: Option<Result<(), Problems>>,
}

/// What a reload did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Another config is in force.
    Swapped,
    /// There was nothing new.
    None,
}

impl Reloader {
    /// A reloader of the file that the handle's config was loaded from.
    #[must_use]
    pub fn new(handle: Handle, file: &Path, env: Arc<dyn Environment>) -> Self {
        Self { handle, file: file.to_owned(), env, tried: Mutex::default() }
    }

    /// Reads the file and the environment again and swaps the config, if they say anything new.
    ///
    /// # Errors
    /// Every mistake of the file, and every change that needs a restart. The config in force then
    /// stays in force as it is.
    pub fn reload(&self) -> Result<(), Problems> {
        self.reload_now().map(|_| ())
    }

    pub(crate) fn reload_now(&self) -> Result<Effect, Problems> {
        let mut tried = self.tried.lock();
        let text = load::read(&self.file, &*self.env);
        self.try_text(text, &mut tried)
    }

    /// Reloads if the file is not the one that was tried last.
    pub(crate) fn reload_if_edited(&self) -> Result<Effect, Problems> {
        let mut tried = self.tried.lock();
        let text = load::read(&self.file, &*self.env);
        if text.as_ref().ok() == tried.as_ref() {
            return Ok(Effect::None);
        }
        self.try_text(text, &mut tried)
    }

    /// What has become of the reloads so far: to be looked at, or waited on.
    #[must_use]
    pub fn reloads(&self) -> watch::Receiver<Reloads> {
        self.handle.reloads()
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    fn try_text(
        &self,
        text: Result<String, Problems>,
        tried: &mut Option<String>,
    ) -> Result<Effect, Problems> {
        *tried = text.as_ref().ok().cloned();
        let checked = text.and_then(|text| self.check(&text));
        let outcome = checked.map(|config| {
            if config.fingerprint == self.handle.load().fingerprint {
                return Effect::None;
            }
            self.handle.config.store(Arc::new(config));
            Effect::Swapped
        });
        self.handle.reloads.send_modify(|reloads| {
            reloads.ok += u64::from(outcome == Ok(Effect::Swapped));
            reloads.failed += u64::from(outcome.is_err());
            reloads.last = Some(outcome.clone().map(|_| ()));
        });
        outcome
    }

    fn check(&self, text: &str) -> Result<Config, Problems> {
        let name = self.file.display().to_string();
        let source = Source { env: &*self.env, base_dir: folder_of(&self.file) };
        let Checked { config, tree } = load::check(text, &name, source)?;
        let mut report = Report::new(&tree);
        for field in config.bootstrap.differences(&self.handle.load().bootstrap) {
            let message = "has changed and needs a restart; nothing of the file is in force yet";
            report.add(&Place::root().key(field), message);
        }
        report.into_problems(&name)?;
        Ok(config)
    }
}
