//! `GET /bursar/v1/usage`: what the caller has used, by day, tool and model, from the store.

use std::collections::BTreeMap;

use bytes::Bytes;
use ledger::{Credits, Instant, Unit, Usage};
use serde::Serialize;
use store::UsageQuery;

use super::json;
use crate::identity::Caller;
use crate::refusal::{Code, Denial};
use crate::sync::Ledger;
use crate::time::rfc3339;

const DAY_SECONDS: i64 = 86_400;
const DAYS_DEFAULT: i64 = 30;
const DAYS_MAX: i64 = 366;

/// Amounts are decimal strings of credits; days are UTC, the last one as of the last sync.
#[derive(Serialize)]
struct Answer {
    member: String,
    from: String,
    until: String,
    requests: u64,
    charged: String,
    data: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    day: String,
    tool: String,
    provider: String,
    model: String,
    requests: u64,
    charged: String,
    input_tokens: u64,
    output_tokens: u64,
    outputs: u64,
}

#[derive(Default)]
struct Sum {
    requests: u64,
    charged: Credits,
    usage: Usage,
    outputs: u64,
}

pub(super) async fn answer(
    ledger: &Ledger,
    caller: &Caller,
    query: Option<&str>,
) -> Result<Bytes, Denial> {
    let days = days(query)?;
    let today = caller.org.now().seconds().div_euclid(DAY_SECONDS);
    let from = Instant::from_seconds((today + 1 - days) * DAY_SECONDS);
    let until = Instant::from_seconds((today + 1) * DAY_SECONDS);
    let query = UsageQuery { org: caller.org.id(), member: Some(caller.member), from, until };
    let rows = ledger.store().usage(query).await;
    let rows = rows.map_err(|_| Denial::ledger_unavailable())?;
    let mut sums: BTreeMap<(i64, String, String, String), Sum> = BTreeMap::new();
    let (mut requests, mut charged) = (0_u64, Credits::ZERO);
    for row in rows {
        let day = row.hour.seconds().div_euclid(DAY_SECONDS);
        let key = (day, row.tool.name().to_owned(), row.provider, row.model);
        let sum = sums.entry(key).or_default();
        sum.requests = sum.requests.saturating_add(row.requests);
        sum.charged = sum.charged.saturating_add(row.charged);
        sum.outputs = sum.outputs.saturating_add(row.outputs);
        for unit in Unit::ALL {
            let count = sum.usage.get(unit).saturating_add(row.usage.get(unit));
            sum.usage = sum.usage.with(unit, count);
        }
        requests = requests.saturating_add(row.requests);
        charged = charged.saturating_add(row.charged);
    }
    json(&Answer {
        member: caller.member.to_string(),
        from: rfc3339(from),
        until: rfc3339(until),
        requests,
        charged: charged.to_string(),
        data: sums.into_iter().map(row).collect(),
    })
}

fn row(((day, tool, provider, model), sum): ((i64, String, String, String), Sum)) -> Row {
    let day = rfc3339(Instant::from_seconds(day.saturating_mul(DAY_SECONDS)));
    Row {
        day: day.chars().take(10).collect(),
        tool,
        provider,
        model,
        requests: sum.requests,
        charged: sum.charged.to_string(),
        input_tokens: sum.usage.input_tokens(),
        output_tokens: sum.usage.get(Unit::OutputToken),
        outputs: sum.outputs,
    }
}

/// `?days=N`, 1 to 366; 30 when it is not given.
fn days(query: Option<&str>) -> Result<i64, Denial> {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let mut days = DAYS_DEFAULT;
    for pair in pairs {
        let parsed = pair.strip_prefix("days=").and_then(|days| days.parse().ok());
        let known = parsed.filter(|days| (1..=DAYS_MAX).contains(days));
        days = known.ok_or_else(|| {
            Denial::new(Code::InvalidRequest, "the query may say days=N, N from 1 to 366")
                .about(Some("days".to_owned()))
        })?;
    }
    Ok(days)
}
