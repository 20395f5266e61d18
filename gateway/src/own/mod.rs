//! The gateway's own routes: what a caller may spend, has spent, and what became of a request.

mod balance;
mod request;
mod usage;

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use pingora::http::RequestHeader;
use serde::Serialize;

use crate::gate::OWN_PREFIX;
use crate::identity::Caller;
use crate::refusal::{Code, Denial};
use crate::sync::Ledger;

/// Answers `/bursar/v1/...`; every answer is about the caller alone.
pub(crate) struct Own {
    pub(crate) ledger: Arc<Ledger>,
}

impl Own {
    pub(crate) async fn answer(
        &self,
        request: &RequestHeader,
        caller: &Caller,
    ) -> Result<Bytes, Denial> {
        let path = request.uri.path();
        let route = path.strip_prefix(OWN_PREFIX).unwrap_or_default();
        // A key that ended opens nothing here either; removed access may still look.
        let standing = caller.org.standing(caller.path(None, None));
        standing.map_err(|refusal| caller.refused(&refusal))?;
        if request.method != Method::GET {
            return Err(unknown(request));
        }
        match route.split_once('/') {
            None if route == "balance" => balance::answer(caller),
            None if route == "usage" => {
                usage::answer(&self.ledger, caller, request.uri.query()).await
            }
            Some(("requests", id)) => request::answer(&self.ledger, caller, id).await,
            _ => Err(unknown(request)),
        }
    }
}

fn unknown(request: &RequestHeader) -> Denial {
    let message = format!("there is no route {} {} here", request.method, request.uri.path());
    Denial::new(Code::UnknownRoute, message)
}

fn json(value: &impl Serialize) -> Result<Bytes, Denial> {
    let bytes = serde_json::to_vec(value);
    bytes.map(Bytes::from).map_err(|_| Denial::new(Code::Internal, "the answer has no JSON"))
}
