//! A request's phases: Pingora's words into ours, one call, and back. Nothing is decided here.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bursar_config::Handle;
use bytes::Bytes;
use ledger::Cause;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::proxy::{FailToProxy, ProxyHttp, Session};
use pingora::upstreams::peer::HttpPeer;
use pingora::{Error, ErrorSource, ErrorType};

use crate::admission::Admission;
use crate::answer;
use crate::barred::barred;
use crate::body::{self, Discarded};
use crate::counter::RequestCounter;
use crate::exchange::{Exchange, Stage};
use crate::failure;
use crate::gate::{Entry, Gate};
use crate::identity::client_address;
use crate::metrics::Metrics;
use crate::own::Own;
use crate::refusal::{Code, Denial};
use crate::settlement::How;
use crate::tell;
use crate::upstream::{Resolver, rewrite_header};

/// The data plane.
pub(crate) struct Proxy {
    pub(crate) config: Handle,
    pub(crate) counter: RequestCounter,
    pub(crate) gate: Arc<Gate>,
    pub(crate) admission: Admission,
    pub(crate) own: Own,
    pub(crate) resolver: Resolver,
    pub(crate) metrics: Arc<Metrics>,
}

#[async_trait]
impl ProxyHttp for Proxy {
    type CTX = Exchange;

    fn new_ctx(&self) -> Exchange {
        Exchange::new(self.counter.next(), self.config.load_full(), &self.metrics.present)
    }

    async fn request_filter(
        &self,
        session: &mut Session,
        exchange: &mut Exchange,
    ) -> pingora::Result<bool> {
        let bounds = &exchange.config.runtime.bounds;
        session.set_keepalive(Some(bounds.keepalive.as_secs()));
        session.set_read_timeout(Some(bounds.body_read));
        // Who does not read idles too.
        session.set_write_timeout(Some(bounds.keepalive));
        exchange.address = client_address(session, &exchange.config.runtime.trusted_proxies);
        match self.enter(session, exchange).await {
            Ok(Entered::Forward) => Ok(false),
            Ok(Entered::Answered) => Ok(true),
            Err(denial) => {
                let denial = self.gate.charge(exchange, denial);
                if denial.code == Code::RateLimited && denial.over.is_none() {
                    exchange.listen_briefly();
                }
                // A body that was read in vain has used its time up.
                let within = exchange.config.runtime.bounds.body_read;
                let within = within.saturating_sub(exchange.arrived.elapsed());
                let discarded = body::discard(session, exchange, within).await;
                let too_large = discarded == Discarded::TooLarge && exchange.routed.is_some();
                let denial = if too_large { body::too_large(exchange) } else { denial };
                let now = self.admission.ledger.now();
                tell::refuse(session, exchange, &denial, &self.metrics, now).await;
                Ok(true)
            }
        }
    }

    async fn upstream_peer(
        &self,
        _session: &mut Session,
        exchange: &mut Exchange,
    ) -> pingora::Result<Box<HttpPeer>> {
        let routed = exchange.routed.as_ref().ok_or_else(failure::unrouted)?;
        self.resolver.peer(&routed.provider).await.map(Box::new)
    }

    async fn upstream_request_filter(
        &self,
        _session: &mut Session,
        request: &mut RequestHeader,
        exchange: &mut Exchange,
    ) -> pingora::Result<()> {
        rewrite_header(exchange, request)?;
        let Some(running) = exchange.running() else { return Ok(()) };
        // Connecting may have taken a while: whom a change has barred meanwhile is not served.
        if let Some(denial) = barred(running) {
            running.end(How::Undelivered(Cause::Gateway));
            exchange.denial = Some(denial);
            return Err(failure::denied());
        }
        running.sent = true;
        Ok(())
    }

    async fn request_body_filter(
        &self,
        session: &mut Session,
        chunk: &mut Option<Bytes>,
        end: bool,
        exchange: &mut Exchange,
    ) -> pingora::Result<()> {
        match body::forward(&self.admission, session, exchange, chunk.take(), end).await {
            Ok(forwarded) => {
                *chunk = forwarded;
                Ok(())
            }
            Err(denial) => {
                exchange.denial = Some(denial);
                Err(failure::denied())
            }
        }
    }

    async fn response_filter(
        &self,
        _session: &mut Session,
        header: &mut ResponseHeader,
        exchange: &mut Exchange,
    ) -> pingora::Result<()> {
        answer::begin(exchange, header).await.map_err(|denial| {
            exchange.denial = Some(denial);
            failure::denied()
        })
    }

    fn response_body_filter(
        &self,
        session: &mut Session,
        chunk: &mut Option<Bytes>,
        end: bool,
        exchange: &mut Exchange,
    ) -> pingora::Result<Option<Duration>> {
        let request_id = exchange.request_id.clone();
        let (arrived, longest) = (exchange.arrived, exchange.config.runtime.bounds.stream_max);
        if end {
            exchange.leave();
        }
        let Some(running) = exchange.running() else { return Ok(None) };
        if let Some(sent) = running.cut {
            // The event that says so has to be out before the connection goes: what comes in one
            // batch with it would take it along.
            *chunk = None;
            let told = session.body_bytes_sent() > sent;
            return if told && !end { Err(failure::cut()) } else { Ok(None) };
        }
        let relayed = if running.is_stream && running.is_open() && arrived.elapsed() > longest {
            answer::overdue(running, &request_id)
        } else {
            answer::relay(running, chunk.take(), end, &request_id)
        };
        if running.is_cut_now() {
            running.cut = Some(session.body_bytes_sent());
        }
        let over = !running.is_open();
        *chunk = Some(relayed);
        if over {
            exchange.leave();
        }
        Ok(None)
    }

    async fn fail_to_proxy(
        &self,
        session: &mut Session,
        error: &Error,
        exchange: &mut Exchange,
    ) -> FailToProxy {
        let priced = exchange.running().is_some_and(|running| running.sent);
        if let Some(running) = exchange.running() {
            running.end(failure::how(error, running));
        }
        let gone = failure::is_client_gone(error) && exchange.denial.is_none();
        let begun =
            session.response_written().is_some_and(|header| !header.status.is_informational());
        if gone || begun {
            return FailToProxy { error_code: 0, can_reuse_downstream: false };
        }
        let denial = match exchange.denial.take() {
            Some(denial) => self.gate.charge(exchange, denial),
            None if priced => failure::denial(error).after_provider(),
            None => failure::denial(error),
        };
        // The connection goes with the error, and the client has to know.
        session.set_keepalive(None);
        if !session.is_body_done() {
            let read = exchange.config.runtime.bounds.body_read;
            let within = if failure::is_late_body(error) { Duration::ZERO } else { read };
            body::discard(session, exchange, within).await;
        }
        let now = self.admission.ledger.now();
        tell::refuse(session, exchange, &denial, &self.metrics, now).await;
        FailToProxy { error_code: denial.code.status(), can_reuse_downstream: false }
    }

    async fn logging(&self, session: &mut Session, error: Option<&Error>, exchange: &mut Exchange) {
        if let Some(running) = exchange.running() {
            let how = error.map_or(How::Cut, |error| failure::how(error, running));
            let how = if running.started { how } else { undelivered(how) };
            running.end(how);
        }
        let status = session.response_written().map_or(0, |header| header.status.as_u16());
        self.metrics.request(exchange, status);
        exchange.stage = Stage::Closed;
    }

    fn request_summary(&self, session: &Session, exchange: &Exchange) -> String {
        // Without the query, in which some clients put their key.
        let request = session.req_header();
        format!("{} {} {}", exchange.request_id, request.method, request.uri.path())
    }

    fn suppress_error_log(&self, _: &Session, exchange: &Exchange, error: &Error) -> bool {
        // What was told to the client, or the client's own going, is counted and not an error.
        matches!(error.etype(), ErrorType::Custom(_))
            || *error.esource() == ErrorSource::Downstream
            || matches!(exchange.stage, Stage::Closed)
    }
}

/// A request that ended without an error and without an answer.
fn undelivered(how: How<'_>) -> How<'_> {
    match how {
        How::Undelivered(_) => how,
        How::Answered(_) | How::Cut => How::Undelivered(Cause::ProviderUnreachable),
    }
}

enum Entered {
    Forward,
    Answered,
}

impl Proxy {
    /// Everything that is decided before the provider is looked for.
    async fn enter(
        &self,
        session: &mut Session,
        exchange: &mut Exchange,
    ) -> Result<Entered, Denial> {
        let routed = match self.gate.enter(exchange, session.req_header()).await? {
            Entry::Own(caller) => {
                let answer = self.own.answer(session.req_header(), &caller).await?;
                tell::answer(session, exchange, answer).await;
                return Ok(Entered::Answered);
            }
            Entry::Route(routed) => routed,
        };
        exchange.routed = Some(Arc::clone(&routed));
        body::check_length(session, &routed)?;
        exchange.stage = if routed.tool().is_none() {
            routed.may_pass()?;
            body::invite(session, exchange).await?;
            Stage::Passing { body_bytes: 0 }
        } else if body::fits_retry_buffer(session) {
            body::invite(session, exchange).await?;
            let whole = body::read(session, exchange).await?;
            let admitted = self.admission.admit(exchange, &routed, &whole);
            let running = body::unless_gone(session, admitted).await?;
            Stage::Running(Box::new(running))
        } else {
            routed.may_spend(exchange)?;
            body::invite(session, exchange).await?;
            Stage::Collecting { body: Vec::new(), bytes: 0 }
        };
        Ok(Entered::Forward)
    }
}
