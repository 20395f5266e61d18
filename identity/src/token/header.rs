//! The header of a token: what it is signed with, and nothing that it would have us do.

use bursar_config::Algorithm;
use serde_json::Value;

use super::json::{NotAnObject, object};
use crate::Fault;

/// What a header says.
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    /// `typ`, in lower case and without `application/`.
    pub(crate) kind: Option<String>,
    /// `kid`: a name among the issuer's keys, and nothing else.
    pub(crate) key: Option<String>,
}

/// What would change how a token is to be read (RFC 7515, 4.1.11; RFC 7797), bring a key of its own
/// (RFC 8725, 3.10), or say that there is another token inside (RFC 7519, 5.2).
const REFUSED: [&str; 8] = ["crit", "jku", "jwk", "x5u", "x5c", "zip", "b64", "cty"];

const KEY_NAME_BYTES_MAX: usize = 256;

impl Header {
    pub(crate) fn read(text: &[u8]) -> Result<Self, Fault> {
        let mut header = object(text).map_err(Fault::from)?;
        if REFUSED.iter().any(|name| header.contains_key(*name)) {
            return Err(Fault::TokenHeader);
        }
        let algorithm = match header.get("alg") {
            Some(Value::String(name)) => Algorithm::from_name(name).ok_or(Fault::TokenAlgorithm)?,
            _ => return Err(Fault::TokenAlgorithm),
        };
        let kind = match header.remove("typ") {
            None => None,
            Some(Value::String(kind)) => {
                let kind = kind.to_ascii_lowercase();
                Some(kind.strip_prefix("application/").map(str::to_owned).unwrap_or(kind))
            }
            Some(_) => return Err(Fault::TokenType),
        };
        let key = match header.remove("kid") {
            None => None,
            Some(Value::String(key)) if key.len() <= KEY_NAME_BYTES_MAX => Some(key),
            Some(_) => return Err(Fault::TokenHeader),
        };
        Ok(Self { algorithm, kind, key })
    }
}

impl From<NotAnObject> for Fault {
    fn from(not: NotAnObject) -> Self {
        match not {
            NotAnObject::Malformed => Self::TokenMalformed,
            NotAnObject::Ambiguous => Self::TokenAmbiguous,
        }
    }
}
