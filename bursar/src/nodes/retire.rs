//! `bursar node retire`: gives a gateway up, and says what was lost and who bears it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use anyhow::{Context, bail};
use bursar_config::StoreAddress;
use ledger::{Credits, OrgId};
use serde::Serialize;
use store::{Error, NodeState, Retired, Retirement, StoredNode};

use crate::cli::NodeRetireArguments;
use crate::open_store::OpenStore;

/// Gives the gateway up, once whoever asks has said yes.
///
/// # Errors
/// There is no such gateway, or it is heard of; nobody has said yes; as the store says.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn retire(arguments: &NodeRetireArguments) -> anyhow::Result<ExitCode> {
    let store = open(arguments).await?;
    let retired = give_up(&store, arguments).await;
    store.close().await;
    let (node, retired) = retired?;
    let said = if arguments.json { json(&node, &retired)? } else { text(&node, &retired) };
    println!("{}", said.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// The store: an SQLite file for this process alone, a database beside whoever else uses it.
async fn open(arguments: &NodeRetireArguments) -> anyhow::Result<OpenStore> {
    let address = arguments.store.address()?;
    let StoreAddress::Sqlite(file) = &address else { return OpenStore::open(&address).await };
    // A store that is not there would be made.
    if !file.try_exists()? {
        bail!("there is no store {}", file.display());
    }
    match OpenStore::open(&address).await {
        Err(error) if matches!(error.downcast_ref(), Some(Error::InUse(_))) => {
            bail!("a gateway has {} open: it lives, and gives nothing up", file.display())
        }
        opened => opened,
    }
}

async fn give_up(
    open: &OpenStore,
    arguments: &NodeRetireArguments,
) -> anyhow::Result<(StoredNode, Retired)> {
    let store = open.shared();
    let nodes = store.nodes(open.now().await?).await?;
    let named = |node: &StoredNode| node.node.to_string() == arguments.node;
    let node = nodes.into_iter().find(named);
    let node = node.with_context(|| {
        format!("the store knows no {}; `bursar node list` tells which there are", arguments.node)
    })?;
    if !arguments.yes && node.state != NodeState::Retired && !agreed(&node)? {
        bail!("{} is as it was", node.node);
    }
    let assume_spent = arguments.assume_spent;
    // Somebody may have thought about it for a while.
    let retirement = Retirement { node: node.node, assume_spent, now: open.now().await? };
    let retired = store.retire(&retirement).await?;
    Ok((node, retired))
}

fn agreed(node: &StoredNode) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("say --yes to give {} up: what it has leased is written off", node.node);
    }
    print!(
        "{} is {} and has {} credits. They are written off; its journal can still correct that. \
         Go on? [y/N] ",
        node.node,
        node.state.name(),
        node.leased
    );
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// What each organisation lost of its grants.
fn lost_by_org(retired: &Retired) -> BTreeMap<OrgId, Credits> {
    let mut sums: BTreeMap<OrgId, Credits> = BTreeMap::new();
    for lost in retired.written_off.iter().filter(|lost| lost.limit.is_none()) {
        let sum = sums.entry(lost.org).or_default();
        *sum = sum.saturating_add(lost.amount);
    }
    sums
}

fn text(node: &StoredNode, retired: &Retired) -> String {
    let mut text = format!("{} is retired: whoever comes as it is fenced.\n", node.node);
    // Writing to a string cannot fail, here and below.
    if retired.written_off.is_empty() {
        let _ = writeln!(text, "It had nothing that is still to be written off.");
    }
    for (org, amount) in lost_by_org(retired) {
        let _ = writeln!(text, "{org}: {amount} credits of its grants are written off");
    }
    for made in &retired.compensations {
        let (org, grant) = (made.org, &made.grant);
        let _ = writeln!(text, "{org}: {} gives it {} at our cost", grant.id, grant.amount);
    }
    for lost in &retired.written_off {
        if let Some(limit) = lost.limit {
            let _ = writeln!(
                text,
                "{}: {limit} has {} less until this period ends; raise it if that is too little",
                lost.org, lost.amount
            );
        }
    }
    text
}

/// Amounts are decimal strings of credits.
#[derive(Serialize)]
struct Printed {
    node: String,
    /// The epoch that fences whoever comes with an earlier one.
    epoch: u32,
    written_off: Vec<PrintedLoss>,
    compensations: Vec<PrintedGrant>,
}

#[derive(Serialize)]
struct PrintedLoss {
    org: String,
    account: String,
    /// The limit that it is a period of; null for a grant.
    limit: Option<String>,
    amount: String,
}

#[derive(Serialize)]
struct PrintedGrant {
    org: String,
    grant: String,
    amount: String,
}

fn json(node: &StoredNode, retired: &Retired) -> anyhow::Result<String> {
    let losses = retired.written_off.iter().map(|lost| PrintedLoss {
        org: lost.org.to_string(),
        account: lost.account.to_string(),
        limit: lost.limit.map(|limit| limit.to_string()),
        amount: lost.amount.to_string(),
    });
    let grants = retired.compensations.iter().map(|made| PrintedGrant {
        org: made.org.to_string(),
        grant: made.grant.id.to_string(),
        amount: made.grant.amount.to_string(),
    });
    Ok(serde_json::to_string(&Printed {
        node: node.node.to_string(),
        epoch: retired.epoch.0,
        written_off: losses.collect(),
        compensations: grants.collect(),
    })?)
}
