//! The three parts of a token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Fault;

/// A larger token is refused before it is looked into, in bytes.
pub const TOKEN_BYTES_MAX: usize = 8 << 10;

/// Whether a credential has the form of a token: exactly two dots. Says nothing of its contents.
#[must_use]
pub fn is_token(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// A token taken apart.
pub(crate) struct Parts<'a> {
    pub(crate) header: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// What the signature is of.
    pub(crate) signed: &'a str,
}

/// Takes a token apart. Each part has one spelling: no padding, no spaces, no bits left over.
pub(crate) fn split(text: &str) -> Result<Parts<'_>, Fault> {
    if text.len() > TOKEN_BYTES_MAX {
        return Err(Fault::TokenTooLarge);
    }
    match text.bytes().filter(|byte| *byte == b'.').count() {
        2 => {}
        4 => return Err(Fault::TokenEncrypted),
        _ => return Err(Fault::TokenMalformed),
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(Fault::TokenMalformed)?;
    let (header, payload) = signed.split_once('.').ok_or(Fault::TokenMalformed)?;
    let decoded = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| Fault::TokenMalformed);
    Ok(Parts {
        header: decoded(header)?,
        payload: decoded(payload)?,
        signature: decoded(signature)?,
        signed,
    })
}
