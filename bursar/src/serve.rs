//! `bursar serve`: a gateway for real providers, until it is told to end.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use bursar_config::{Config, ProcessEnvironment, Reloader};
use gateway::Ended;

use crate::open_store::OpenStore;
use crate::run::{Running, open_folder};
use crate::{log, signals};

/// Runs what the config says.
///
/// # Errors
/// A config with problems, a data folder or store that cannot be used, an address that is taken, a
/// later start of the same node, a last sync that was not acknowledged.
#[tokio::main]
pub(crate) async fn serve(file: &Path) -> anyhow::Result<ExitCode> {
    // Before anything else: until then each of them would end the process.
    let hangup = signals::hangup()?;
    let mut ending = signals::Ending::install()?;
    log::start("info")?;

    let config = Config::load(file, &ProcessEnvironment)?;
    let folder = open_folder(&config.bootstrap.data_dir)?;
    let store = OpenStore::open(&config.bootstrap.store).await?;
    let started = tokio::select! {
        started = Running::start(config, folder, store) => Some(started?),
        _ = ending.asked() => None,
    };
    let Some(mut running) = started else { return Ok(ExitCode::SUCCESS) };
    let reloader = Reloader::new(running.config().clone(), file, Arc::new(ProcessEnvironment));
    let asked = tokio::select! {
        asked = running.until(ending.asked()) => asked,
        () = Arc::new(reloader).watch(hangup) => bail!("the config is no longer watched"),
    };
    ending.at_once_when_asked_again();
    match asked {
        Ok(signal) => tracing::info!(signal, "ending"),
        Err(failure) => {
            if failure.is::<Ended>() {
                tracing::error!(%failure, "ending: what runs is let end");
                // It says no more than that.
                let _ = running.stop().await;
            }
            return Err(failure);
        }
    }
    running.stop().await?;
    Ok(ExitCode::SUCCESS)
}
