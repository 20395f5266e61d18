//! `bursar demo`: a mock provider, a seeded organisation, and a gateway between them, on loopback.

mod config;
mod memory;
mod ports;
mod seed;

mod output;
mod ready;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use gateway::{Clock, SteadyClock};
use mock_provider::{MockProvider, Options};
use tempfile::TempDir;

use crate::cli::DemoArguments;
use crate::open_store::OpenStore;
use crate::run::{Running, key_hasher, open_folder};
use crate::{log, signals};
use memory::{Memory, State};
use output::Ready;
use ports::Addresses;

/// Runs the demo until it is told to end.
///
/// # Errors
/// A folder or an address that cannot be used, or a last sync that was not acknowledged.
#[tokio::main]
pub(crate) async fn demo(arguments: DemoArguments) -> anyhow::Result<ExitCode> {
    let mut ending = signals::Ending::install()?.or_hangup(signals::hangup()?);
    log::start("warn")?;
    let home = Home::of(arguments.data_dir.as_deref())?;
    let started = tokio::select! {
        started = start(&arguments, home.path()) => Some(started?),
        _ = ending.asked() => None,
    };
    if let Some((mut running, provider)) = started {
        running.until(ending.asked()).await?;
        ending.at_once_when_asked_again();
        running.stop().await?;
        if let Some(provider) = provider {
            provider.shutdown().await;
        }
    }
    home.leave()?;
    Ok(ExitCode::SUCCESS)
}

/// Starts everything, and says so once it answers.
async fn start(
    arguments: &DemoArguments,
    folder: &Path,
) -> anyhow::Result<(Running, Option<MockProvider>)> {
    let data_folder = open_folder(folder)?;
    let mut addresses = Addresses::choose(arguments)?;
    let mut provider = None;
    if arguments.upstream.is_none() {
        let started = start_provider(&addresses).await?;
        addresses.provider = started.address();
        provider = Some(started);
    }

    let mut memory = Memory::open(folder, rand::random)?;
    let config = config::config(&addresses, &memory, folder, arguments.durability)?;
    let store = OpenStore::open(&config.bootstrap.store).await?;
    if memory.state == State::Seeding {
        let hasher = key_hasher(&config.bootstrap.peppers)?;
        let (prices, now) = (&config.runtime.price_book, SteadyClock::start().now());
        let seeded = seed::seed(&*store.shared(), &hasher, prices, &mut memory, now).await;
        seeded.context("cannot seed")?;
        memory.write(folder)?;
    }
    let running = Running::start(config, data_folder, store).await?;
    answers(&running, addresses.provider).await?;
    let url = |address| format!("http://{address}");
    let ready = Ready {
        gateway: url(running.gateway),
        admin: url(running.admin),
        operations: url(running.operations),
        provider: url(addresses.provider),
        admin_token: memory.admin_token,
        org: memory.org,
        keys: memory.keys,
    };
    ready.say(arguments.json)?;
    Ok((running, provider))
}

async fn start_provider(addresses: &Addresses) -> anyhow::Result<MockProvider> {
    let options = Options { listen: addresses.provider, ..Options::default() };
    MockProvider::start(options).await.context("the mock provider cannot listen")
}

async fn answers(running: &Running, provider: SocketAddr) -> anyhow::Result<()> {
    ready::answers(provider, "/v1/models", 200).await?;
    ready::answers(running.operations, "/livez", 200).await?;
    ready::answers(running.operations, "/readyz", 200).await?;
    ready::answers(running.gateway, "/bursar/v1/balance", 401).await?;
    ready::answers(running.admin, "/api/v1/orgs", 401).await
}

/// Where the demo keeps its data.
enum Home {
    Given(PathBuf),
    Temporary(TempDir),
}

impl Home {
    fn of(given: Option<&Path>) -> anyhow::Result<Self> {
        match given {
            Some(path) => Ok(Self::Given(path.to_owned())),
            None => {
                let folder = tempfile::Builder::new().prefix("bursar-demo-").tempdir();
                Ok(Self::Temporary(folder.context("cannot make a temporary folder")?))
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// Removes what was temporary.
    fn leave(self) -> anyhow::Result<()> {
        match self {
            Self::Given(_) => Ok(()),
            Self::Temporary(folder) => folder.close().context("cannot remove the temporary folder"),
        }
    }
}
