//! `bursar reconcile`: whether everything in a store adds up.

mod json;
mod table;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use store::{Audit, Reconciliation};

use crate::cli::ReconcileArguments;

/// There is a difference.
const DIFFERS: u8 = 1;
/// Nobody could look.
const UNREADABLE: u8 = 2;

/// Prints what was found, as a table or as one JSON object.
///
/// # Errors
/// Stdout cannot be written to. A store that cannot be read is no error of this function: it is told
/// and ends with a code of its own, so that it is not taken for a difference.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn reconcile(arguments: &ReconcileArguments) -> anyhow::Result<ExitCode> {
    let found = match read(arguments).await {
        Ok(found) => found,
        Err(error) => {
            eprintln!("bursar: {error:#}");
            return Ok(ExitCode::from(UNREADABLE));
        }
    };
    let text = if arguments.json { json::printed(&found)? } else { table::printed(&found) };
    match write!(std::io::stdout(), "{text}") {
        // A reader that has heard enough (`| head`) is no failure.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(if found.holds() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) })
}

async fn read(arguments: &ReconcileArguments) -> anyhow::Result<Reconciliation> {
    Ok(arguments.store.open_read_only().await?.reconcile().await?)
}
