//! A refusal in the shape that each provider family's SDKs turn into the right exception.

use bursar_config::Dialect;
use bytes::Bytes;
use ledger::Scope;
use serde::Serialize;

use super::{Denial, Facts, First, ScopeId};
use crate::time::rfc3339;

/// The machine block: the same in every dialect, with every field always there.
#[derive(Serialize)]
struct Block<'a> {
    code: &'static str,
    scope: Option<&'static str>,
    scope_id: Option<String>,
    period: Option<&'static str>,
    limit: Option<String>,
    spent: Option<String>,
    held: Option<String>,
    required: Option<String>,
    remaining: Option<String>,
    resets_at: Option<String>,
    rate: Option<Rate>,
    first: Option<FirstRequest>,
    retryable: bool,
    request_id: &'a str,
    ask: Option<&'a str>,
}

/// The bound on calls that the request was over.
#[derive(Serialize)]
struct Rate {
    bound: &'static str,
    limit: u32,
}

/// The request that has the idempotency key already.
#[derive(Serialize)]
struct FirstRequest {
    request_id: String,
    status: Option<u16>,
    charged: Option<String>,
}

impl FirstRequest {
    fn of(first: &First) -> Self {
        let (status, charged) = first.outcome.unzip();
        Self {
            request_id: first.request.to_string(),
            status: status.filter(|status| *status != 0),
            charged: charged.map(|charged| charged.to_string()),
        }
    }
}

impl<'a> Block<'a> {
    fn of(denial: &'a Denial, request_id: &'a str) -> Self {
        let facts = denial.facts.as_deref();
        let over = denial.over.as_deref().map(|over| over.stand);
        let amount =
            |figure: fn(&Facts) -> ledger::Credits| facts.map(|facts| figure(facts).to_string());
        Self {
            code: denial.code.name(),
            scope: facts.map(|facts| facts.scope).or(over.map(|over| over.scope.kind())),
            scope_id: facts
                .map(|facts| facts.scope_id)
                .or(over.map(|over| ScopeId::Of(over.scope)))
                .and_then(scope_id),
            period: facts.and_then(|facts| facts.period),
            limit: amount(|facts| facts.limit),
            spent: amount(|facts| facts.spent),
            held: amount(|facts| facts.held),
            required: amount(|facts| facts.required),
            remaining: amount(|facts| facts.remaining),
            resets_at: facts.and_then(|facts| facts.resets_at).map(rfc3339),
            rate: over.map(|over| Rate { bound: over.bound.name(), limit: over.most }),
            first: denial.first.as_deref().map(FirstRequest::of),
            retryable: denial.is_retryable(),
            request_id,
            ask: denial.ask.as_deref(),
        }
    }
}

fn scope_id(scope: ScopeId) -> Option<String> {
    match scope {
        ScopeId::Caller | ScopeId::Of(Scope::Org) => None,
        ScopeId::Of(Scope::Key(id)) => Some(id.to_string()),
        ScopeId::Of(Scope::Member(id)) => Some(id.to_string()),
        ScopeId::Of(Scope::Project(id)) => Some(id.to_string()),
        ScopeId::Of(Scope::Group(id)) => Some(id.to_string()),
    }
}

#[derive(Serialize)]
struct OpenAi<'a> {
    error: OpenAiError<'a>,
}

/// <https://platform.openai.com/docs/guides/error-codes>: the SDK exposes these four and the body.
#[derive(Serialize)]
struct OpenAiError<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    #[serde(flatten)]
    block: Block<'a>,
}

#[derive(Serialize)]
struct Anthropic<'a> {
    r#type: &'static str,
    error: AnthropicError<'a>,
    request_id: &'a str,
}

/// <https://docs.claude.com/en/api/errors>: the type picks the SDK's exception.
#[derive(Serialize)]
struct AnthropicError<'a> {
    r#type: &'static str,
    message: &'a str,
    #[serde(flatten)]
    block: Block<'a>,
}

/// RFC 9457.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'a str>,
    #[serde(flatten)]
    block: Block<'a>,
}

pub(super) fn render(denial: &Denial, dialect: Option<Dialect>, request_id: &str) -> Bytes {
    let block = Block::of(denial, request_id);
    let param = denial.param.as_deref();
    let rendered = match dialect {
        Some(Dialect::OpenAi) => serde_json::to_vec(&OpenAi {
            error: OpenAiError {
                message: &denial.message,
                r#type: openai_type(denial.code.status()),
                param,
                block,
            },
        }),
        Some(Dialect::Anthropic) => serde_json::to_vec(&Anthropic {
            r#type: "error",
            error: AnthropicError {
                r#type: anthropic_type(denial.code.status()),
                message: &denial.message,
                block,
            },
            request_id,
        }),
        None => serde_json::to_vec(&Problem {
            r#type: "about:blank",
            title: denial.code.name(),
            status: denial.code.status(),
            detail: &denial.message,
            param,
            block,
        }),
    };
    rendered.map(Bytes::from).unwrap_or_default()
}

const fn openai_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "insufficient_quota",
        403 => "permission_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

const fn anthropic_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}
