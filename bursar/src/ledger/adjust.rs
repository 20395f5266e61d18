//! `bursar ledger adjust`: lowers what a request was charged.

use std::process::ExitCode;

use anyhow::{Context, bail};
use bursar_config::StoreAddress;
use jiff::Timestamp;
use ledger::{HoldId, Instant, OrgId};
use store::{AdjustmentRequest, Error, Store};

use crate::cli::AdjustArguments;
use crate::open_store::OpenStore;

/// Lowers the charge and says what came of it.
///
/// # Errors
/// A gateway has the store; there is no such charge, or it is less; as the store says.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn adjust(arguments: &AdjustArguments) -> anyhow::Result<ExitCode> {
    if arguments.reason.trim().is_empty() || arguments.actor.trim().is_empty() {
        bail!("a correction needs a reason and an actor");
    }
    let store = open(arguments).await?;
    let adjusted = correct(&*store.shared(), arguments).await;
    store.close().await;
    println!("{}", adjusted?);
    Ok(ExitCode::SUCCESS)
}

/// The store: an SQLite file for this process alone, a database beside whoever else uses it.
async fn open(arguments: &AdjustArguments) -> anyhow::Result<OpenStore> {
    let address = arguments.store.address()?;
    let StoreAddress::Sqlite(file) = &address else { return OpenStore::open(&address).await };
    // A store that is not there would be made.
    if !file.try_exists()? {
        bail!("there is no store {}", file.display());
    }
    match OpenStore::open(&address).await {
        Err(error) if matches!(error.downcast_ref(), Some(Error::InUse(_))) => bail!(
            "a gateway has {} open: ask its admin API instead, with \
             POST /api/v1/orgs/ORG/requests/{}:adjust, or stop it first",
            file.display(),
            arguments.request
        ),
        opened => opened,
    }
}

async fn correct(store: &dyn Store, arguments: &AdjustArguments) -> anyhow::Result<String> {
    let hold = arguments.request;
    let payer = payer(store, hold).await?;
    let request = AdjustmentRequest {
        org: payer.with_context(|| format!("nobody was charged for a request {hold}"))?,
        hold,
        charge: arguments.charge,
        actor: arguments.actor.clone(),
        reason: arguments.reason.clone(),
        name: None,
        now: Instant::from_micros(Timestamp::now().as_microsecond()),
    };
    let adjusted = store.adjust(&request).await?;
    Ok(format!("{hold} was charged {} and is charged {} now", adjusted.before, adjusted.after))
}

/// The organisation that was charged for a request, which its id does not tell.
async fn payer(store: &dyn Store, hold: HoldId) -> anyhow::Result<Option<OrgId>> {
    for org in store.orgs().await? {
        if store.charge(org.id, hold).await?.is_some() {
            return Ok(Some(org.id));
        }
    }
    Ok(None)
}
