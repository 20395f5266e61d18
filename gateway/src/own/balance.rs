//! `GET /bursar/v1/balance`: what the caller may spend now, from the book.

use bytes::Bytes;
use ledger::{Access, Account, GrantView, Instant, LimitView};
use serde::Serialize;

use super::json;
use crate::identity::Caller;
use crate::refusal::Denial;
use crate::time::rfc3339;

/// Amounts are decimal strings of credits.
#[derive(Serialize)]
struct Balance {
    org: String,
    member: String,
    /// `null` for a token.
    key: Option<String>,
    /// The most that the caller could spend now: the least of its limits and its grants together.
    remaining: String,
    limits: Vec<Limit>,
    grants: Vec<Grant>,
}

#[derive(Serialize)]
struct Limit {
    id: String,
    scope: &'static str,
    tool: Option<String>,
    period: &'static str,
    amount: String,
    spent: String,
    held: String,
    remaining: String,
    resets_at: Option<String>,
}

#[derive(Serialize)]
struct Grant {
    id: String,
    kind: &'static str,
    /// Whether only listed members and groups may burn it.
    restricted: bool,
    amount: String,
    spent: String,
    held: String,
    remaining: String,
    ends_at: Option<String>,
}

pub(super) fn answer(caller: &Caller) -> Result<Bytes, Denial> {
    let view = caller.org.path_view(caller.path(None, None));
    let view = view.map_err(|refusal| caller.refused(&refusal))?;
    json(&Balance {
        org: caller.org.id().to_string(),
        member: caller.member.to_string(),
        key: caller.key().map(|key| key.to_string()),
        remaining: view.remaining.to_string(),
        limits: view.limits.iter().map(limit).collect(),
        grants: view.grants.iter().map(grant).collect(),
    })
}

fn limit(view: &LimitView) -> Limit {
    let account = &view.account;
    Limit {
        id: view.limit.id.to_string(),
        scope: view.limit.scope.kind(),
        tool: view.limit.tool.as_ref().map(|tool| tool.name().to_owned()),
        period: view.limit.period.name(),
        amount: account.amount().to_string(),
        spent: account.spent().to_string(),
        held: account.held().to_string(),
        remaining: account.free().to_string(),
        resets_at: end(account),
    }
}

fn grant(view: &GrantView) -> Grant {
    let account = &view.account;
    Grant {
        id: view.grant.id.to_string(),
        kind: view.grant.kind.name(),
        restricted: view.grant.access != Access::Everyone,
        amount: account.amount().to_string(),
        spent: account.spent().to_string(),
        held: account.held().to_string(),
        remaining: account.free().to_string(),
        ends_at: end(account),
    }
}

fn end(account: &Account) -> Option<String> {
    (account.end() < Instant::MAX).then(|| rfc3339(account.end()))
}
