//! The operator's hand: what is asked of an admin API while the load runs.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::Bytes;
use ledger::Credits;
use serde::{Deserialize, Serialize};

use crate::balance::amount;
use crate::client::{Call, fetch};

/// The admin API of one gateway.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    pub(crate) server: SocketAddr,
    pub(crate) token: String,
    pub(crate) org: String,
}

/// On how many gateways a change is in force, as the admin API answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Applied {
    pub(crate) nodes: u32,
    pub(crate) of: u32,
    pub(crate) missing: Vec<String>,
}

/// A grant, as the store has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct StoredGrant {
    pub(crate) id: String,
    #[serde(deserialize_with = "amount")]
    pub(crate) amount: Credits,
    #[serde(deserialize_with = "amount")]
    pub(crate) spent: Credits,
    #[serde(deserialize_with = "amount")]
    pub(crate) leased: Credits,
}

#[derive(Deserialize)]
struct Changed {
    applied: Applied,
}

#[derive(Deserialize)]
struct Org {
    grants: Vec<StoredGrant>,
}

#[derive(Serialize)]
struct Limit<'a> {
    scope: &'static str,
    scope_id: &'a str,
    period: &'static str,
    amount: String,
    counts_from: &'static str,
}

impl Admin {
    /// Revokes a key.
    ///
    /// # Errors
    /// The admin API refuses, or answers something else.
    pub(crate) async fn revoke(&self, key: &str) -> Result<Applied> {
        let path = format!("/api/v1/orgs/{}/keys/{key}:revoke", self.org);
        let call = Call::post(self.server, &path, &self.token, Bytes::new())?;
        let changed: Changed = fetch(self.server, &call).await?;
        Ok(changed.applied)
    }

    /// Lets a member spend so many credits, counted from now if it had no limit.
    ///
    /// # Errors
    /// As for [`Admin::revoke`].
    pub(crate) async fn limit(&self, member: &str, credits: u64) -> Result<Applied> {
        let limit = Limit {
            scope: "member",
            scope_id: member,
            period: "total",
            amount: credits.to_string(),
            counts_from: "now",
        };
        let path = format!("/api/v1/orgs/{}/limits", self.org);
        let body = Bytes::from(serde_json::to_vec(&limit)?);
        let call = Call::put(self.server, &path, &self.token, body)?;
        let changed: Changed = fetch(self.server, &call).await?;
        Ok(changed.applied)
    }

    /// A grant, as the store has it now.
    ///
    /// # Errors
    /// There is none of this id, or the admin API does not say.
    pub(crate) async fn grant(&self, id: &str) -> Result<StoredGrant> {
        let path = format!("/api/v1/orgs/{}", self.org);
        let org: Org =
            fetch(self.server, &Call::get(self.server, &path, Some(&self.token))?).await?;
        let grant = org.grants.into_iter().find(|grant| grant.id == id);
        grant.with_context(|| format!("no grant {id}"))
    }
}
