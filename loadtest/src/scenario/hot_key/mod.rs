//! One key, credits for some calls, many more calls at once: exactly those that can be paid are served.
//!
//! `volley` makes the calls, `audit` compares what came back with the balance, the charges and the
//! provider's own bill. The audit of every other run comes on top.

mod audit;
mod volley;

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use self::audit::Observed;
use crate::audit::audit as audit_all;
use crate::bodies::{Form, MAX_TOKENS};
use crate::cli::HotKey;
use crate::client::{Call, Connection};
use crate::demo::Demo;
use crate::programs::Programs;
use crate::provider::Pace;
use crate::scenario::Verdict;
use crate::scenario::stage::{Binaries, Stage};
use crate::scenario::verdict::{conclude, summary};
use crate::scenario::witness::{Before, Meanwhile, Secrets, sample};
use crate::traffic::{Answered, Planned, Shape, log};

/// The model with a flat price.
const MODEL: &str = "mock-flat";
/// The demo's key whose one call tells that price.
const PRICED_ON: &str = "plain";

/// Runs the scenario against a demo of its own and prints what was found.
///
/// # Errors
/// The run itself failed: nothing can be said about the gateway.
pub(crate) async fn run(options: &HotKey, programs: &Programs) -> Result<Verdict> {
    let binaries =
        Binaries::find(programs, options.bursar.as_deref(), options.mock_provider.as_deref())?;
    let stage = Stage::start(binaries, Pace::default(), None).await?;
    let price = price(&stage.demo).await?;
    let key = stage.demo.key(&options.key)?.to_owned();
    let secrets = Secrets::from([(options.key.as_str().into(), key.clone())]);
    let before = Before::of(&stage, &secrets).await?;
    let balance = stage.demo.remaining(&key).await?;

    let mut meanwhile = Meanwhile::default();
    let answers = tokio::select! {
        answers = calls(options, &stage.demo, &key) => answers?,
        never = sample(stage.demo.gateway, &secrets, &mut meanwhile.samples) => match never {},
    };
    let charges = charges(&stage.demo, &key, &answers).await?;
    let after = stage.demo.remaining(&key).await?;
    meanwhile.answers.clone_from(&answers);
    let (all, house) = before.after(stage, &secrets, meanwhile).await?;
    let billed = all.bill.iter().filter(|line| line.status == 200).count() as u64;
    let observed = Observed { price, before: balance, after, billed, answers, charges };

    if let Some(file) = &options.log {
        log::write(file, &observed.answers)?;
    }
    println!("{}", summary(&observed.answers));
    let mut checks = audit::audit(&observed);
    checks.extend(audit_all(&all));
    Ok(conclude(&checks, house))
}

/// The call that is made again and again.
fn planned(key: &str) -> Planned {
    Planned {
        number: 0,
        key: key.into(),
        shape: Shape::Chat(Form::Json),
        model: MODEL,
        max_tokens: Some(MAX_TOKENS),
        leaves_after: None,
    }
}

/// The same for the wire.
fn call(demo: &Demo, planned: &Planned, secret: &str) -> Result<Call> {
    let body = planned.shape.body(planned.model, planned.max_tokens);
    Call::post(demo.gateway, planned.shape.path(), secret, body)
}

async fn calls(options: &HotKey, demo: &Demo, secret: &str) -> Result<Vec<Answered>> {
    let planned = planned(&options.key);
    let call = call(demo, &planned, secret)?;
    volley::fire(demo.gateway, call, &planned, options.requests, options.concurrency).await
}

/// What the gateway says it charged for each answer 200.
async fn charges(demo: &Demo, secret: &str, answers: &[Answered]) -> Result<Vec<ledger::Credits>> {
    let mut charges = Vec::new();
    for answer in answers.iter().filter(|answer| answer.is_served()) {
        let id = answer.request_id.as_deref().context("an answer 200 without x-request-id")?;
        charges.push(demo.charged(secret, id).await?);
    }
    Ok(charges)
}

/// What one call costs, as another member is charged for it.
async fn price(demo: &Demo) -> Result<ledger::Credits> {
    let (planned, secret) = (planned(PRICED_ON), demo.key(PRICED_ON)?);
    let call = call(demo, &planned, secret)?;
    let mut body = Vec::new();
    let answer = Connection::open(demo.gateway).await?.send(&call, &mut body).await;
    let answered = Answered::read(planned, &answer, &body, SystemTime::now(), Duration::ZERO);
    let id = answered.request_id.clone().filter(|_| answered.is_served());
    let id = id.with_context(|| format!("the call that tells the price: {answered:?}"))?;
    demo.charged(secret, &id).await
}
