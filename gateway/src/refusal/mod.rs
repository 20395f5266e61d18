//! Every no that a client is told: code, status, words and facts.

mod body;
mod code;
mod log;

use std::borrow::Cow;

use ::identity::Fault;
use bursar_config::Dialect;
use bytes::Bytes;
use ledger::{Credits, HoldId, Instant, Refusal, Scope, Short, ShortAccount, ShortOn};

use crate::rates::Over;

pub(crate) use code::Code;

/// A no to one request.
#[derive(Clone, Debug)]
pub(crate) struct Denial {
    pub(crate) code: Code,
    /// What was asked and what to do, in words.
    pub(crate) message: Cow<'static, str>,
    /// Why the caller was not recognised: for metrics and logs.
    pub(crate) fault: Option<Fault>,
    /// The field that is wrong.
    pub(crate) param: Option<String>,
    /// What was short.
    pub(crate) facts: Option<Box<Facts>>,
    /// The bound on calls that the request was over.
    pub(crate) over: Option<Box<Over>>,
    /// The earlier request of the same idempotency key.
    pub(crate) first: Option<Box<First>>,
    /// Whom to ask.
    pub(crate) ask: Option<String>,
    /// Seconds after which the same request may pass.
    pub(crate) retry_after: Option<u32>,
    /// Whether the provider had the request of a priced route: repeating it may cost twice.
    pub(crate) after_provider: bool,
}

/// The figures of a shortage: the caller's own, never another member's.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) scope: &'static str,
    pub(crate) scope_id: ScopeId,
    pub(crate) period: Option<&'static str>,
    pub(crate) limit: Credits,
    pub(crate) spent: Credits,
    pub(crate) held: Credits,
    pub(crate) required: Credits,
    pub(crate) remaining: Credits,
    pub(crate) resets_at: Option<Instant>,
    /// Account by account, for the log only: an organisation's figures are not every caller's.
    pub(crate) accounts: Vec<ShortAccount>,
    pub(crate) version: u64,
}

/// The earlier request of an idempotency key: of the same member, or it would not be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct First {
    pub(crate) request: HoldId,
    /// The provider's status, or 0, and what was charged; `None` while it runs.
    pub(crate) outcome: Option<(u16, Credits)>,
}

/// The id of what was short, as far as it has one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ScopeId {
    Of(Scope),
    Caller,
}

impl Denial {
    pub(crate) fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            fault: None,
            param: None,
            facts: None,
            over: None,
            first: None,
            ask: None,
            retry_after: code.retry_after(),
            after_provider: false,
        }
    }

    pub(crate) fn about(mut self, param: Option<String>) -> Self {
        self.param = param;
        self
    }

    /// The same request may pass after so many seconds.
    pub(crate) fn due_in(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(crate) fn second_to(mut self, first: First) -> Self {
        self.first = Some(Box::new(first));
        self
    }

    pub(crate) fn after_provider(mut self) -> Self {
        self.after_provider = true;
        self
    }

    /// What a refusal of the book is called on the wire.
    pub(crate) fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::CredentialEnded => Self::credential(Fault::KeyRevoked),
            Refusal::KeyBlocked => Self::new(
                Code::KeyBlocked,
                "this key is blocked; ask an admin of your organisation to unblock it",
            ),
            Refusal::AccessRemoved => Self::new(
                Code::AccessRemoved,
                "your access to the tools was removed; ask an admin of your organisation to \
                 restore it",
            ),
            Refusal::ToolNotAllowed => Self::new(
                Code::ToolNotAllowed,
                "this tool is not on the list of those that you or this key may use",
            ),
            Refusal::Short(short) => Self::short(short),
            Refusal::CreditsHeld(short) => Self::held(short),
            Refusal::CreditsInDoubt(short) => Self::in_doubt(short),
            Refusal::PeriodUnopened(_) => Self::ledger_unavailable(),
        }
    }

    /// A credential that is not accepted.
    pub(crate) fn credential(fault: Fault) -> Self {
        let code = match fault {
            Fault::AmbiguousCredential => Code::AmbiguousCredential,
            Fault::TokenScope => Code::ScopeNotAllowed,
            Fault::TokenKeysAway => Code::IssuerUnavailable,
            _ => Code::InvalidCredential,
        };
        Self { fault: Some(fault), ..Self::new(code, fault.told()) }
    }

    /// One call too many.
    pub(crate) fn too_many(over: Over) -> Self {
        let denial = Self::new(Code::RateLimited, over.message()).due_in(over.stand.resets);
        Self { over: Some(Box::new(over)), ..denial }
    }

    pub(crate) fn ledger_unavailable() -> Self {
        Self::new(
            Code::LedgerUnavailable,
            "the ledger cannot be reached, so nothing may be spent; try again shortly",
        )
    }

    fn short(short: &Short) -> Self {
        let what = whose(short);
        let (code, message): (_, Cow<'static, str>) = if !short.left.is_zero() {
            let message = format!(
                "this request may cost {} credits and {what} has {} left; ask for less output, or \
                 for more credits",
                short.required, short.left
            );
            (Code::RequestExceedsRemaining, message.into())
        } else if matches!(short.on, ShortOn::Limit(_)) {
            let message = format!("{what} is used up: {} of {} spent", short.spent, short.amount);
            (Code::LimitReached, message.into())
        } else {
            (Code::CreditsExhausted, "there are no credits left that you may spend".into())
        };
        Self { facts: Some(Box::new(Facts::of(short))), ..Self::new(code, message) }
    }

    fn held(short: &Short) -> Self {
        let message = format!(
            "{} credits are left, but running requests hold {} of them; try again when they end",
            short.left, short.held
        );
        Self { facts: Some(Box::new(Facts::of(short))), ..Self::new(Code::CreditsHeld, message) }
    }

    fn in_doubt(short: &Short) -> Self {
        let message = format!(
            "{} credits may be left, but a gateway that has gone silent has a part of them; try again \
             when it is back",
            short.left
        );
        Self { facts: Some(Box::new(Facts::of(short))), ..Self::new(Code::CreditsInDoubt, message) }
    }

    /// The body in the dialect's own shape; RFC 9457 where there is no dialect.
    pub(crate) fn body(&self, dialect: Option<Dialect>, request_id: &str) -> Bytes {
        body::render(self, dialect, request_id)
    }

    /// The error object alone, as a dialect's stream ends with it.
    pub(crate) fn stream_body(&self, dialect: Dialect, request_id: &str) -> String {
        let body = body::render(self, Some(dialect), request_id);
        String::from_utf8_lossy(&body).into_owned()
    }

    /// Whether the same request may pass later without anything being changed.
    pub(crate) const fn is_retryable(&self) -> bool {
        self.code.is_retryable() && !self.after_provider
    }
}

fn whose(short: &Short) -> String {
    match &short.on {
        ShortOn::Grants { .. } => "everything you may spend together".to_owned(),
        ShortOn::Limit(limit) => {
            let tool = limit.tool.as_ref().map_or("all tools", |tool| tool.name());
            format!("the {} limit of this {} for {tool}", limit.period.name(), limit.scope.kind())
        }
    }
}

impl Facts {
    fn of(short: &Short) -> Self {
        let (scope, scope_id, period) = match &short.on {
            ShortOn::Limit(limit) => {
                (limit.scope.kind(), ScopeId::Of(limit.scope), Some(limit.period.name()))
            }
            ShortOn::Grants { .. } => ("grants", ScopeId::Caller, None),
        };
        Self {
            scope,
            scope_id,
            period,
            limit: short.amount,
            spent: short.spent,
            held: short.held,
            required: short.required,
            remaining: short.left,
            resets_at: short.resets_at,
            accounts: short.accounts.clone(),
            version: short.version,
        }
    }
}
