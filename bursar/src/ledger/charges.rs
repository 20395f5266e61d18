//! `bursar ledger charges`: every usage event of a store, a line each.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Context;
use jiff::Timestamp;
use ledger::{Charge, OrgId, Unit};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Audit, ending_name, source_name};

use crate::cli::ChargesArguments;

/// Charges in memory at once.
const PAGE: usize = 1_000;

/// Prints the charges of the store that is named; a reader that has heard enough is no failure.
///
/// # Errors
/// As the store says; stdout cannot be written to.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn charges(arguments: &ChargesArguments) -> anyhow::Result<ExitCode> {
    let store = arguments.store.open_read_only().await?;
    let orgs = match arguments.org {
        Some(org) => {
            store.load(org).await?.with_context(|| format!("the store has no {org}"))?;
            vec![org]
        }
        None => store.orgs().await?.into_iter().map(|org| org.id).collect(),
    };
    let line = if arguments.json { json } else { text };
    let mut out = std::io::BufWriter::new(std::io::stdout());
    match print(&*store, &orgs, line, &mut out).await {
        Err(error) if is_closed(&error) => Ok(ExitCode::SUCCESS),
        printed => printed.map(|()| ExitCode::SUCCESS),
    }
}

async fn print(
    store: &dyn Audit,
    orgs: &[OrgId],
    line: fn(&Charge) -> anyhow::Result<String>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    for org in orgs {
        let mut after = None;
        loop {
            let page = store.charges_after(*org, after, PAGE).await?;
            for charge in &page {
                writeln!(out, "{}", line(charge)?)?;
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.hold),
                _ => break,
            }
        }
    }
    Ok(out.flush()?)
}

fn is_closed(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// A charge for a person: when, which, who, what, how it ended, and what it cost.
fn text(charge: &Charge) -> anyhow::Result<String> {
    let admitted = Timestamp::from_microsecond(charge.admitted.micros())?;
    let Charge { hold, member, tool, provider, model, ending, charged, .. } = charge;
    let (tool, ending) = (tool.name(), ending_name(*ending));
    Ok(format!("{admitted}  {hold}  {member}  {tool}  {provider}/{model}  {ending}  {charged}"))
}

/// A charge for a program: amounts are decimal strings of credits, instants integer microseconds
/// since the epoch.
#[derive(Serialize)]
struct Printed<'a> {
    request: String,
    org: String,
    member: String,
    key: Option<String>,
    group: Option<String>,
    project: Option<String>,
    surface: &'static str,
    tool: &'a str,
    provider: &'a str,
    model: &'a str,
    admitted: i64,
    ended: i64,
    ending: &'static str,
    /// The provider's; 0 where there was no answer.
    status: u16,
    held: String,
    charged: String,
    overrun: String,
    lines: Vec<Paid>,
    /// How much of each unit; units of which nothing was used are left out.
    usage: Map<String, Value>,
    outputs: u64,
    price_book: &'a str,
}

/// What one account paid.
#[derive(Serialize)]
struct Paid {
    account: String,
    source: &'static str,
    amount: String,
}

fn json(charge: &Charge) -> anyhow::Result<String> {
    let used = Unit::ALL.into_iter().map(|unit| (unit.name(), charge.usage.get(unit)));
    let used = used.filter(|(_, count)| *count > 0);
    let paid = charge.lines.iter().map(|line| Paid {
        account: line.account.to_string(),
        source: source_name(line.source),
        amount: line.amount.to_string(),
    });
    let printed = Printed {
        request: charge.hold.to_string(),
        org: charge.org.to_string(),
        member: charge.member.to_string(),
        key: charge.key.map(|id| id.to_string()),
        group: charge.group.map(|id| id.to_string()),
        project: charge.project.map(|id| id.to_string()),
        surface: charge.surface.name(),
        tool: charge.tool.name(),
        provider: &charge.provider,
        model: &charge.model,
        admitted: charge.admitted.micros(),
        ended: charge.ended.micros(),
        ending: ending_name(charge.ending),
        status: charge.status,
        held: charge.held.to_string(),
        charged: charge.charged.to_string(),
        overrun: charge.overrun.to_string(),
        lines: paid.collect(),
        usage: used.map(|(unit, count)| (unit.to_owned(), count.into())).collect(),
        outputs: charge.outputs,
        price_book: &charge.price_book,
    };
    Ok(serde_json::to_string(&printed)?)
}
