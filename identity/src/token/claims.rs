//! The claims that every token has, and how claims are read.

use bursar_config::Issuer;
use serde_json::{Map, Value};

use crate::Fault;

/// The claims of a token.
pub(crate) type Payload = Map<String, Value>;

/// The most entries of a claim that is a list: it is gone through at every request.
const LIST_MAX: usize = 64;

/// The longest text of a claim that names somebody or something, in bytes.
const TEXT_BYTES_MAX: usize = 255;

/// Checks that a token is for us.
pub(crate) fn check_audience(claims: &Payload, issuer: &Issuer) -> Result<(), Fault> {
    let audiences = texts(claims.get("aud").ok_or(Fault::TokenClaims)?)?;
    let ours = audiences.iter().any(|audience| issuer.audiences.contains(audience));
    if ours { Ok(()) } else { Err(Fault::TokenAudience) }
}

/// Checks that a token has the scope that its issuer's tokens need, if they need one: in `scope`
/// (RFC 8693, 4.2) or in `scp`.
pub(crate) fn check_scope(claims: &Payload, issuer: &Issuer) -> Result<(), Fault> {
    let Some(required) = &issuer.required_scope else { return Ok(()) };
    let has = |name: &str| match claims.get(name) {
        None => Ok(false),
        Some(Value::String(scopes)) => Ok(scopes.split(' ').any(|scope| *scope == **required)),
        Some(list @ Value::Array(_)) if name == "scp" => Ok(texts(list)?.contains(required)),
        Some(_) => Err(Fault::TokenClaims),
    };
    let (scope, scp) = (has("scope")?, has("scp")?);
    if scope || scp { Ok(()) } else { Err(Fault::TokenScope) }
}

/// A text that names somebody or something: not empty, not endless, nothing invisible that a store
/// or a log would stumble over.
pub(crate) fn text(value: &Value) -> Result<&str, Fault> {
    let Value::String(text) = value else { return Err(Fault::TokenClaims) };
    let sound = (1..=TEXT_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
    if sound { Ok(text) } else { Err(Fault::TokenClaims) }
}

/// A list of such texts, or one alone.
pub(crate) fn texts(value: &Value) -> Result<Vec<Box<str>>, Fault> {
    match value {
        Value::Array(items) if items.len() > LIST_MAX => Err(Fault::TokenClaims),
        Value::Array(items) => items.iter().map(|item| text(item).map(Into::into)).collect(),
        one => Ok(vec![text(one)?.into()]),
    }
}
