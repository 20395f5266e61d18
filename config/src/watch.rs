//! When to reload: on SIGHUP, and when the file has changed.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::load::folder_of;
use crate::problem::Problems;
use crate::reload::{Effect, Reloader};

/// A file is looked at once its folder has been quiet for so long: an editor writes in steps.
const QUIET: Duration = Duration::from_millis(100);

/// Steps of an editor that are waited out, so that a busy folder cannot put a reload off for ever.
const STEPS: usize = 20;

/// The file is looked at this often whatever the system tells: not all file systems tell.
const POLL: Duration = Duration::from_secs(5);

impl Reloader {
    /// Reloads on each hangup, and whenever the file has changed, until the future is dropped.
    ///
    /// `hangups` is the caller's, to be made first thing in the process: without it a SIGHUP kills.
    /// A file is told to have changed by its folder, since editors and config maps replace it; files
    /// named in it (`${file:...}`) are read again at a hangup. Outcomes are logged.
    pub async fn watch(self: Arc<Self>, mut hangups: Signal) {
        let (touch, mut touched) = mpsc::channel(1);
        let watcher = watch_folder_of(self.file(), touch);
        if let Err(error) = &watcher {
            tracing::warn!(file = %self.file().display(), %error, "config file is polled only");
        }
        let mut poll = interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let edited = tokio::select! {
                Some(()) = hangups.recv() => false,
                Some(()) = touched.recv() => {
                    wait_for_quiet(&mut touched).await;
                    true
                }
                _ = poll.tick() => true,
            };
            Arc::clone(&self).reload_and_log(edited).await;
        }
    }

    /// Reloads on a thread that may wait for a file, and says how it went.
    async fn reload_and_log(self: Arc<Self>, only_if_edited: bool) {
        let reloader = Arc::clone(&self);
        let reload = move || {
            if only_if_edited { reloader.reload_if_edited() } else { reloader.reload_now() }
        };
        match tokio::task::spawn_blocking(reload).await {
            Ok(outcome) => log(self.file(), &outcome),
            Err(error) => tracing::error!(%error, "config reload did not end"),
        }
    }
}

fn log(file: &Path, outcome: &Result<Effect, Problems>) {
    let file = file.display();
    match outcome {
        Ok(Effect::Swapped) => tracing::info!(%file, "config reloaded"),
        Ok(Effect::None) => tracing::debug!(%file, "config unchanged"),
        Err(problems) => {
            tracing::error!(%file, "config not reloaded, the old one stays in force:\n{problems}");
        }
    }
}

/// Sends whenever something happens to the file, or to a link that it may stand behind.
fn watch_folder_of(file: &Path, touch: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let folder = folder_of(file).to_owned();
    let folder = if folder.as_os_str().is_empty() { ".".into() } else { folder };
    let name = file.file_name().map(OsStr::to_owned);
    let concerns = move |path: &Path| {
        // A config map is a link through `..data`, which is what is swapped.
        path.file_name() == name.as_deref() || path.file_name() == Some(OsStr::new("..data"))
    };
    let on_event = move |event: notify::Result<notify::Event>| {
        // An error may hide a change: look. Looking is an event as well, and none of ours.
        let concerns = |event: notify::Event| {
            !event.kind.is_access() && event.paths.iter().any(|path| concerns(path))
        };
        if event.map_or(true, concerns) {
            // Full: somebody is about to look already.
            let _ = touch.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(on_event)?;
    watcher.watch(&folder, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

async fn wait_for_quiet(touched: &mut mpsc::Receiver<()>) {
    for _ in 0..STEPS {
        if timeout(QUIET, touched.recv()).await.is_err() {
            return;
        }
    }
}
