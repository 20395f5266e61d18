//! The gateways of other processes, told of a change by their control endpoints.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use anyhow::{Context, bail};
use bursar_config::Secret;
use gateway::Clock;
use ledger::NodeId;
use serde::Deserialize;
use serde_json::json;
use store::{ChangeSeq, NodeState, Store, StoredNode};
use tokio::task::JoinSet;

use crate::gateways::{Told, WITHIN};

/// Those that share the store with the gateway of this process.
pub(crate) struct Neighbours {
    this: NodeId,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    client: reqwest::Client,
    token: Secret,
}

/// The whole of them, when the store does not say who they are.
const UNNAMED: &str = "every other gateway: the store did not say which there are";

/// What a control endpoint answers.
#[derive(Deserialize)]
struct Answer {
    node: String,
    seq: u64,
}

impl Neighbours {
    /// # Errors
    /// The system has no randomness for a client.
    pub(crate) fn new(
        this: NodeId,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        token: Secret,
    ) -> anyhow::Result<Self> {
        // Connections are kept: a change is in force sooner without a handshake.
        let client = reqwest::Client::builder()
            .timeout(WITHIN)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("cannot call other gateways")?;
        Ok(Self { this, store, clock, client, token })
    }

    /// Tells all of them at once; in the order of their ids, what became of it.
    ///
    /// One that is silent is not waited for, and one that has ended in order, or is retired, is not
    /// told.
    pub(crate) async fn tell(&self, seq: ChangeSeq) -> Vec<Told> {
        let nodes = tokio::time::timeout(WITHIN, self.store.nodes(self.clock.now())).await;
        let nodes = match nodes {
            Ok(Ok(nodes)) => nodes,
            Ok(Err(failure)) => {
                tracing::warn!(%failure, "who else has to be told of a change is not known");
                return vec![Told { name: UNNAMED.to_owned(), in_force: false }];
            }
            Err(_late) => return vec![Told { name: UNNAMED.to_owned(), in_force: false }],
        };
        let mut calls = JoinSet::new();
        let mut told = Vec::new();
        for node in nodes.into_iter().filter(|node| node.node != self.this) {
            match node.state {
                NodeState::Live => {
                    let (client, token) = (self.client.clone(), self.token.clone());
                    calls
                        .spawn(async move { (node.node, call(&client, &token, &node, seq).await) });
                }
                NodeState::Suspect => told.push((node.node, false)),
                NodeState::Stopped | NodeState::Retired => {}
            }
        }
        for (node, answered) in calls.join_all().await {
            if let Err(failure) = &answered {
                tracing::warn!(%node, failure = format!("{failure:#}"), "a gateway was not told");
            }
            told.push((node, answered.is_ok()));
        }
        told.sort_unstable();
        told.into_iter().map(|(node, in_force)| Told { name: node.to_string(), in_force }).collect()
    }
}

/// Tells one.
///
/// # Errors
/// It has not said that it is that gateway and has the change in force.
async fn call(
    client: &reqwest::Client,
    token: &Secret,
    node: &StoredNode,
    seq: ChangeSeq,
) -> anyhow::Result<()> {
    let address = node.control.as_ref().context("it has not said where it is told of changes")?;
    let request = client
        .post(format!("http://{address}/control/changes"))
        .bearer_auth(token.expose())
        .json(&json!({"seq": seq.0}));
    let response = request.send().await?;
    if response.status() != reqwest::StatusCode::OK {
        bail!("it answered {}", response.status());
    }
    let answer: Answer = response.json().await?;
    if answer.node != node.node.to_string() {
        bail!("at {address} there is {}, which advertises what is not its own", answer.node);
    }
    if answer.seq < seq.0 {
        bail!("it has the changes up to {} only", answer.seq);
    }
    Ok(())
}
