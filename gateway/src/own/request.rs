//! `GET /bursar/v1/requests/{id}`: what became of a request, from journal and store.

use bytes::Bytes;
use journal::{Found, Opened};
use ledger::{Charge, Ending, HoldId, LineSource, Unit};
use serde::Serialize;

use super::json;
use crate::identity::Caller;
use crate::refusal::{Code, Denial};
use crate::sync::Ledger;
use crate::time::rfc3339;

/// Amounts are decimal strings of credits.
#[derive(Serialize)]
struct Request {
    id: String,
    /// `running`, `settled` or `released`.
    state: &'static str,
    /// Why it was released.
    cause: Option<&'static str>,
    tool: String,
    provider: String,
    model: String,
    held: String,
    charged: Option<String>,
    /// Whether it was charged by what was delivered, as counted by the gateway.
    estimated: bool,
    /// Whether the gateway died in it and charged it by its journal.
    indeterminate: bool,
    usage: serde_json::Map<String, serde_json::Value>,
    outputs: u64,
    /// What each grant paid, in burn order.
    grants: Vec<Paid>,
    price_book: String,
    provider_status: Option<u16>,
    admitted_at: String,
    ended_at: Option<String>,
}

#[derive(Serialize)]
struct Paid {
    id: String,
    kind: &'static str,
    amount: String,
}

pub(super) async fn answer(ledger: &Ledger, caller: &Caller, id: &str) -> Result<Bytes, Denial> {
    let unknown = || Denial::new(Code::UnknownRequest, "you made no request of this id");
    let hold: HoldId = id.parse().map_err(|_| unknown())?;
    let request = match ledger.journal().find(hold) {
        Some(Found::Open(opened)) if opened.member == caller.member => running(&opened),
        Some(Found::Settled(charge)) if charge.member == caller.member => ended(&charge),
        Some(Found::Open(_) | Found::Settled(_)) => return Err(unknown()),
        None => {
            let charge = ledger.store().charge(caller.org.id(), hold).await;
            let charge = charge.map_err(|_| Denial::ledger_unavailable())?;
            let own = charge.filter(|charge| charge.member == caller.member);
            ended(&own.ok_or_else(unknown)?)
        }
    };
    json(&request)
}

fn running(opened: &Opened) -> Request {
    Request {
        id: opened.hold.to_string(),
        state: "running",
        cause: None,
        tool: opened.tool.name().to_owned(),
        provider: opened.provider.to_string(),
        model: opened.model.to_string(),
        held: opened.held.to_string(),
        charged: None,
        estimated: false,
        indeterminate: false,
        usage: serde_json::Map::new(),
        outputs: 0,
        grants: Vec::new(),
        price_book: opened.price_book.to_string(),
        provider_status: None,
        admitted_at: rfc3339(opened.admitted),
        ended_at: None,
    }
}

fn ended(charge: &Charge) -> Request {
    let (state, cause) = match charge.ending {
        Ending::Settled | Ending::Estimated | Ending::Indeterminate => ("settled", None),
        Ending::Released(cause) => ("released", Some(cause.name())),
    };
    let usage = Unit::ALL.iter().map(|unit| (*unit, charge.usage.get(*unit)));
    let usage = usage.filter(|(_, count)| *count > 0);
    let grants = charge.lines.iter().filter_map(|line| match line.source {
        LineSource::Limit => None,
        LineSource::Grant(kind) => Some(Paid {
            id: ledger::GrantId::from_u128(line.account.as_u128()).to_string(),
            kind: kind.name(),
            amount: line.amount.to_string(),
        }),
    });
    Request {
        id: charge.hold.to_string(),
        state,
        cause,
        tool: charge.tool.name().to_owned(),
        provider: charge.provider.to_string(),
        model: charge.model.to_string(),
        held: charge.held.to_string(),
        charged: Some(charge.charged.to_string()),
        estimated: charge.ending == Ending::Estimated,
        indeterminate: charge.ending == Ending::Indeterminate,
        usage: usage.map(|(unit, count)| (unit.name().to_owned(), count.into())).collect(),
        outputs: charge.outputs,
        grants: grants.collect(),
        price_book: charge.price_book.to_string(),
        provider_status: (charge.status != 0).then_some(charge.status),
        admitted_at: rfc3339(charge.admitted),
        ended_at: Some(rfc3339(charge.ended)),
    }
}
