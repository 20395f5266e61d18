//! The operations listener: `/metrics`, `/livez`, `/readyz`, and what other gateways ask for. Never
//! on the clients' port.

use std::sync::Arc;

use async_trait::async_trait;
use bursar_config::Handle;
use http::Response;
use pingora::apps::http_app::ServeHttp;
use pingora::protocols::http::ServerSession;

use crate::control::{self, Control};
use crate::gate::Gate;
use crate::identity::Tokens;
use crate::metrics::Metrics;
use crate::sync::Ledger;

/// Answers whoever watches over the gateway.
pub(crate) struct Operations {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) config: Handle,
    /// None where nobody else is to tell this gateway of changes.
    pub(crate) control: Option<Control>,
}

#[async_trait]
impl ServeHttp for Operations {
    async fn response(&self, session: &mut ServerSession) -> Response<Vec<u8>> {
        if session.req_header().uri.path() == control::CHANGES
            && let Some(control) = &self.control
        {
            return control.answer(session).await;
        }
        let (status, kind, body) = match session.req_header().uri.path() {
            "/metrics" => {
                let text = self.metrics.text(&self.ledger, &self.tokens, &self.config);
                (200, "text/plain; version=0.0.4", text)
            }
            "/livez" => (200, "text/plain", "ok\n".to_owned()),
            "/readyz" => match self.unready() {
                None => (200, "text/plain", "ok\n".to_owned()),
                Some(why) => (503, "text/plain", format!("{why}\n")),
            },
            _ => (404, "text/plain", "/metrics, /livez and /readyz are here\n".to_owned()),
        };
        let length = body.len();
        let response = Response::builder()
            .status(status)
            .header(http::header::CONTENT_TYPE, kind)
            .header(http::header::CONTENT_LENGTH, length)
            .body(body.into_bytes());
        response.unwrap_or_default()
    }
}

impl Operations {
    fn unready(&self) -> Option<&'static str> {
        if self.gate.is_closed() {
            Some("shutting down")
        } else if self.ledger.health().is_fenced() {
            Some("fenced: a later start of this node has begun")
        } else {
            None
        }
    }
}
