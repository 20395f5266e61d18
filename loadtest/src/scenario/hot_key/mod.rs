//! One key, credits for some calls, many more calls at once: exactly those that can be paid are served.
//!
//! `volley` makes the calls, `answer` reads and logs what came back, `audit` compares it with the
//! balance, the charges and the provider's own bill.

mod answer;
mod audit;
mod volley;

use std::time::Duration;

use anyhow::{Context, Result};
use mock_provider::Bill;

use self::answer::Answered;
use self::audit::{Observed, audit};
use crate::bodies::{CHAT, Form, GATEWAY_PREFIX, MAX_TOKENS, chat};
use crate::cli::HotKey;
use crate::client::{Call, Connection};
use crate::demo::Demo;
use crate::programs::{Program, Programs};
use crate::scenario::Verdict;
use crate::table::{Table, figure};

/// The model with a flat price.
const MODEL: &str = "mock-flat";
/// The demo's key whose one call tells that price.
const PRICED_ON: &str = "plain";

/// Runs the scenario against a demo of its own and prints what was found.
///
/// # Errors
/// The run itself failed: nothing can be said about the gateway.
pub(crate) async fn run(options: &HotKey, programs: &Programs) -> Result<Verdict> {
    let bursar = programs.find(Program::Bursar, options.bursar.as_deref())?;
    let demo = Demo::start(&bursar, None)?;
    let observed = observe(options, &demo).await?;
    demo.stop()?;

    if let Some(file) = &options.log {
        answer::log(file, &observed.answers)?;
    }
    println!("{}", summary(&observed.answers));
    let checks = audit(&observed);
    let mut table = Table::new(["audit", "#expected", "#found", "holds"]);
    for check in &checks {
        let holds = if check.holds() { "yes" } else { "NO" };
        let cells = [check.rule.to_owned(), check.expected.clone(), check.found.clone()];
        let [rule, expected, found] = cells;
        table.row([rule, expected, found, holds.to_owned()]);
    }
    println!("{table}");
    Ok(if checks.iter().all(audit::Check::holds) { Verdict::Held } else { Verdict::Broken })
}

/// Makes the calls and asks everyone who keeps a record of them.
async fn observe(options: &HotKey, demo: &Demo) -> Result<Observed> {
    let key = demo.key(&options.key)?;
    let price = price(demo).await?;
    let before = demo.remaining(key).await?;
    let billed_before = answered(&demo.bill().await?);

    let path = format!("{GATEWAY_PREFIX}{CHAT}");
    let call = Call::post(demo.gateway, &path, key, chat(MODEL, Form::Json, Some(MAX_TOKENS)))?;
    let answers = volley::fire(demo.gateway, call, options.requests, options.concurrency).await?;

    let mut charges = Vec::new();
    for answer in answers.iter().filter(|answer| answer.is_served()) {
        let id = answer.request_id.as_deref().context("an answer 200 without x-request-id")?;
        charges.push(demo.charged(key, id).await?);
    }
    let billed = answered(&demo.bill().await?) - billed_before;
    let after = demo.remaining(key).await?;
    Ok(Observed { price, before, after, billed, answers, charges })
}

/// What one call costs, as another member is charged for it.
async fn price(demo: &Demo) -> Result<ledger::Credits> {
    let key = demo.key(PRICED_ON)?;
    let path = format!("{GATEWAY_PREFIX}{CHAT}");
    let call = Call::post(demo.gateway, &path, key, chat(MODEL, Form::Json, Some(MAX_TOKENS)))?;
    let mut body = Vec::new();
    let answer = Connection::open(demo.gateway).await?.send(&call, &mut body).await;
    let answered = Answered::read(&answer, &body, Duration::ZERO);
    let id = answered.request_id.clone().filter(|_| answered.is_served());
    let id = id.with_context(|| format!("the call that tells the price: {answered:?}"))?;
    demo.charged(key, &id).await
}

fn answered(bill: &Bill) -> u64 {
    bill.models.get(MODEL).map_or(0, |model| model.answered)
}

/// The answers by status, code and ending.
fn summary(answers: &[Answered]) -> Table {
    let mut table =
        Table::new(["status", "code", "ending", "#answers", "#median ms", "#slowest ms"]);
    for (kind, latencies) in answer::by_kind(answers) {
        let millis = |latency: Duration| figure(latency.as_secs_f64() * 1e3, 1);
        let count = latencies.len();
        let median = latencies.get(count / 2).copied().unwrap_or_default();
        let slowest = latencies.last().copied().unwrap_or_default();
        table.row([
            kind.status.to_string(),
            kind.code.to_owned(),
            kind.ending.to_owned(),
            count.to_string(),
            millis(median),
            millis(slowest),
        ]);
    }
    table
}
