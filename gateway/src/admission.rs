//! The whole body is there: price it, take the credits, write the hold down.

use std::sync::Arc;

use bursar_config::{Meter as MeterKind, Purpose};
use bytes::Bytes;
use journal::{Opened, Record};
use ledger::{Hold, PathIndex, Refusal, Tool, Unit, WrittenPart};

use crate::ask::{Asked, Edits, inspect};
use crate::exchange::{Exchange, Routed};
use crate::growth::{Growth, Terms};
use crate::idempotency;
use crate::metrics::Metrics;
use crate::org::{Claim, Kept, Unmet};
use crate::project;
use crate::quote::{Output, Quoted, quote};
use crate::refusal::{Code, Denial};
use crate::running::{Admitted, Running};
use crate::settlement::due_at_start;
use crate::sync::Ledger;

/// Takes credits for requests.
pub(crate) struct Admission {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Admission {
    /// Takes the most that a request may cost, or says why not.
    ///
    /// On success the hold is written down and nothing has been sent to the provider.
    pub(crate) async fn admit(
        &self,
        exchange: &Exchange,
        routed: &Routed,
        body: &Bytes,
    ) -> Result<Running, Denial> {
        let Purpose::Tool { tool, meter } = &routed.route.purpose else {
            return Err(Denial::new(Code::Internal, "a route without a tool is not admitted"));
        };
        let runtime = &exchange.config.runtime;
        let asked = inspect(*meter, body, runtime.bounds.json_depth).map_err(|invalid| {
            let code = if invalid.unpriced { Code::Unpriced } else { Code::InvalidRequest };
            Denial::new(code, invalid.message).about(invalid.param.map(Into::into))
        })?;
        let org = &routed.caller.org;
        routed.caller.check(routed.address, Some(&asked.model), org.now())?;
        let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let (book, bounds) = (&runtime.price_book, &routed.route.bounds);
        let quoted = quote(book, &routed.provider, tool, *meter, bounds, &asked, bytes)?;
        let path = routed.path();
        let standings = org.standings();
        if org.is_quarantined() || self.ledger.is_cut_off(runtime.bounds.max_offline) {
            return Err(Denial::ledger_unavailable());
        }
        let body_hash = sha256(body);
        let claimed = idempotency::claim(&self.ledger, exchange, routed, path, &body_hash).await?;
        let held = self.hold(exchange, routed, &quoted).await;
        let opened = held
            .and_then(|held| self.open(exchange, routed, (tool, *meter), quoted, held, body_hash));
        let mut running = match claimed {
            Some(claimed) => claimed.conclude(opened).await?,
            None => opened?,
        };
        running.standings = standings;
        running.runs_out = routed.caller.runs_out();
        running.is_cut_when_barred = runtime.policies.cut_revoked_streams;
        bound_output(&mut running, &asked, exchange);
        rewrite(&mut running, &asked, body);
        Ok(running)
    }

    /// Asks the book, and says by which path it was. While a request waits, its member may leave the
    /// group that its token names: what it got goes back then, and it asks again as whoever it is now.
    async fn hold(
        &self,
        exchange: &Exchange,
        routed: &Routed,
        quoted: &Quoted,
    ) -> Result<(PathIndex, Hold), Denial> {
        loop {
            let path = routed.path();
            let hold = self.ask(exchange, routed, path, quoted).await?;
            if routed.path() == path {
                return Ok((path, hold));
            }
            routed.caller.org.close(hold.release());
        }
    }

    /// Asks the book once, but for a period that is not open yet: that is opened.
    async fn ask(
        &self,
        exchange: &Exchange,
        routed: &Routed,
        path: PathIndex,
        quoted: &Quoted,
    ) -> Result<Hold, Denial> {
        let org = &routed.caller.org;
        let claim = Claim { hold: exchange.id, path, quote: quoted.quote };
        let wait = exchange.config.runtime.bounds.hold_wait;
        let unmet = match org.admit(claim, wait).await {
            Ok(hold) => return Ok(hold),
            Err(Unmet::Refused(Refusal::PeriodUnopened(_))) => {
                self.ledger.open_periods(org).await.map_err(|failure| {
                    tracing::warn!(%failure, "a period could not be opened");
                    Denial::ledger_unavailable()
                })?;
                match org.admit(claim, wait).await {
                    Ok(hold) => return Ok(hold),
                    Err(unmet) => unmet,
                }
            }
            Err(unmet) => unmet,
        };
        Err(match unmet {
            Unmet::Refused(refusal) => routed.refused(&refusal),
            Unmet::Unanswered => Denial::ledger_unavailable(),
        })
    }

    /// Writes the hold down; one that has no room, or whose caller is no longer allowed, goes back.
    fn open(
        &self,
        exchange: &Exchange,
        routed: &Routed,
        (tool, kind): (&Tool, MeterKind),
        quoted: Quoted,
        (path, hold): (PathIndex, Hold),
        body_hash: [u8; 32],
    ) -> Result<Running, Denial> {
        let org = &routed.caller.org;
        let kept = Kept::new(org, hold);
        // Whatever it is that bars a caller may have come while the request waited.
        routed.caller.check(routed.address, Some(&quoted.model), org.now())?;
        org.standing(path).map_err(|refusal| routed.refused(&refusal))?;
        project::check(&routed.caller, routed.project)?;
        let hold = kept.hold();
        let opened = Arc::new(Opened {
            hold: exchange.id,
            org: org.id(),
            member: routed.caller.member,
            key: routed.caller.key(),
            group: hold.group(),
            project: hold.project(),
            surface: routed.caller.surface(),
            tool: tool.clone(),
            provider: Arc::clone(&routed.provider.name),
            model: Arc::clone(&quoted.model),
            price_book: Arc::clone(&exchange.config.runtime.price_book.version),
            body_hash,
            keyed: routed.idempotency.is_some(),
            admitted: org.now(),
            held: hold.amount(),
            parts: hold.parts().iter().map(WrittenPart::from).collect(),
            due_at_start: due_at_start(&quoted),
        });
        let record = Record::Hold(Arc::clone(&opened));
        let written = self.ledger.journal().append(org.shard(), record).map_err(|_full| {
            tracing::warn!("the journal is full: nothing is admitted");
            Denial::ledger_unavailable()
        })?;
        let admitted = Admitted {
            ledger: Arc::clone(&self.ledger),
            metrics: Arc::clone(&self.metrics),
            caller: Arc::clone(&routed.caller),
            address: routed.address,
            path,
            opened,
            kind,
            quoted,
            hold: kept.take(),
        };
        Ok(Running::new(admitted, written))
    }
}

fn sha256(body: &Bytes) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body).as_ref());
    hash
}

/// Makes the quote's bound on the output true.
fn bound_output(running: &mut Running, asked: &Asked, exchange: &Exchange) {
    match running.quoted.output {
        Output::AsAsked => {}
        Output::Bounded { choices } => {
            let tokens = running.quoted.affordable_output(running.held()) / choices;
            let most = tokens.saturating_mul(choices);
            running.quoted.most = running.quoted.most.with(Unit::OutputToken, most);
            running.max_tokens = Some(tokens);
        }
        Output::Growing { step, least, maximum } => {
            let bounds = &exchange.config.runtime.bounds;
            let terms = Terms {
                price: running.quoted.price.clone(),
                covered: running.quoted.affordable_output(running.held()),
                step,
                least,
                maximum,
                wait: bounds.hold_wait,
                withheld_max: bounds.withheld_bytes,
            };
            running.max_tokens = Some(maximum / asked.choices.max(1));
            running.growth = Some(Growth::new(Arc::clone(&running.org), running.path, terms));
        }
    }
}

/// Splices in what the client left out; nothing else of its body is touched.
fn rewrite(running: &mut Running, asked: &Asked, body: &Bytes) {
    let chat_stream = running.kind == MeterKind::OpenAiChat && asked.stream;
    let include_usage = chat_stream && !asked.asked_for_usage;
    let edits = Edits { max_tokens: running.max_tokens, include_usage };
    running.hide_usage = include_usage;
    running.forward = Some(asked.rewrite(body, &edits).unwrap_or_else(|| body.clone()));
}
