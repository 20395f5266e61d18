//! `bursar node list`: every gateway that a store knows, and what it has.

use std::process::ExitCode;

use jiff::Timestamp;
use ledger::Credits;
use serde::Serialize;
use store::{NodeState, StoredNode};

use crate::cli::NodeListArguments;

/// Prints them, a line each.
///
/// # Errors
/// As the store says.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn list(arguments: &NodeListArguments) -> anyhow::Result<ExitCode> {
    let (store, now) = arguments.store.open_at().await?;
    let nodes = store.nodes(now).await?;
    let printed = if arguments.json { json(&nodes)? } else { table(&nodes)? };
    println!("{printed}");
    Ok(ExitCode::SUCCESS)
}

/// What nobody can spend until the gateway is back or given up.
fn in_doubt(node: &StoredNode) -> Credits {
    if node.state == NodeState::Suspect { node.leased } else { Credits::ZERO }
}

fn table(nodes: &[StoredNode]) -> anyhow::Result<String> {
    let header = ["node", "epoch", "state", "heard of", "leased", "in doubt", "control"];
    let mut rows = vec![header.map(str::to_owned)];
    for node in nodes {
        // To the second: a sign of life comes every other one.
        let heard = Timestamp::from_second(node.heard.micros().div_euclid(1_000_000))?;
        rows.push([
            node.node.to_string(),
            node.epoch.0.to_string(),
            node.state.name().to_owned(),
            heard.to_string(),
            node.leased.to_string(),
            in_doubt(node).to_string(),
            node.control.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(width);
    let line = |[node, epoch, state, heard, leased, doubt, control]: &[String; 7]| {
        format!(
            "{node:a$}  {epoch:>b$}  {state:c$}  {heard:d$}  {leased:>e$}  {doubt:>f$}  {control}"
        )
    };
    Ok(rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// A gateway for a program: amounts are decimal strings of credits, instants integer microseconds
/// since the epoch.
#[derive(Serialize)]
struct Printed<'a> {
    node: String,
    /// Its last start.
    epoch: u32,
    state: &'static str,
    registered: i64,
    heard: i64,
    control: Option<&'a str>,
    /// What all its starts have of grants.
    leased: String,
    in_doubt: String,
}

fn json(nodes: &[StoredNode]) -> anyhow::Result<String> {
    let nodes: Vec<_> = nodes.iter().map(Printed::from).collect();
    Ok(serde_json::to_string(&nodes)?)
}

impl<'a> From<&'a StoredNode> for Printed<'a> {
    fn from(node: &'a StoredNode) -> Self {
        let StoredNode { node: id, epoch, state, registered, heard, control, leased } = node;
        Self {
            node: id.to_string(),
            epoch: epoch.0,
            state: state.name(),
            registered: registered.micros(),
            heard: heard.micros(),
            control: control.as_deref(),
            leased: leased.to_string(),
            in_doubt: in_doubt(node).to_string(),
        }
    }
}
