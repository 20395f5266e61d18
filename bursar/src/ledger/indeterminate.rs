//! `bursar ledger indeterminate`: the charges that a journal made after its gateway had died.

use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;
use store::{Adjustment, Indeterminate};

use crate::cli::ChargesArguments;

/// Prints them, a line each.
///
/// # Errors
/// As the store says.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn indeterminate(arguments: &ChargesArguments) -> anyhow::Result<ExitCode> {
    let store = arguments.store.open_read_only().await?;
    for listed in store.indeterminate(arguments.org).await? {
        let line = if arguments.json { json(&listed)? } else { text(&listed)? };
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// A charge for a person: when, which, who, what, the hold, the charge, and what it is now.
fn text(listed: &Indeterminate) -> anyhow::Result<String> {
    let Indeterminate { charge, charged, .. } = listed;
    let admitted = Timestamp::from_microsecond(charge.admitted.micros())?;
    Ok(format!(
        "{admitted}  {}  {}  {}  {}  {}/{}  held {}  charged {}  now {charged}",
        charge.hold,
        charge.org,
        charge.member,
        charge.tool.name(),
        charge.provider,
        charge.model,
        charge.held,
        charge.charged
    ))
}

/// A charge for a program: amounts are decimal strings of credits, instants integer microseconds
/// since the epoch.
#[derive(Serialize)]
struct Printed {
    request: String,
    org: String,
    member: String,
    admitted: i64,
    ended: i64,
    held: String,
    /// By the journal.
    charged: String,
    /// After the corrections.
    charged_now: String,
    adjustments: Vec<GivenBack>,
}

/// What a correction gave back to one account.
#[derive(Serialize)]
struct GivenBack {
    number: u64,
    account: String,
    amount: String,
    actor: String,
    reason: String,
    at: i64,
}

impl From<&Adjustment> for GivenBack {
    fn from(of: &Adjustment) -> Self {
        Self {
            number: of.number,
            account: of.account.to_string(),
            amount: of.amount.to_string(),
            actor: of.actor.clone(),
            reason: of.reason.clone(),
            at: of.at.micros(),
        }
    }
}

fn json(listed: &Indeterminate) -> anyhow::Result<String> {
    let Indeterminate { charge, charged, adjustments } = listed;
    let printed = Printed {
        request: charge.hold.to_string(),
        org: charge.org.to_string(),
        member: charge.member.to_string(),
        admitted: charge.admitted.micros(),
        ended: charge.ended.micros(),
        held: charge.held.to_string(),
        charged: charge.charged.to_string(),
        charged_now: charged.to_string(),
        adjustments: adjustments.iter().map(GivenBack::from).collect(),
    };
    Ok(serde_json::to_string(&printed)?)
}
