//! A token that is good until one thing of it is changed.

use bursar_config::Algorithm;
use serde_json::{Map, Value, json};

use super::configured::NOW;
use super::mint::Signer;

/// A token to be signed.
#[derive(Clone)]
pub(crate) struct Draft<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signer: &'a Signer,
    algorithm: Algorithm,
}

impl<'a> Draft<'a> {
    /// A good token of an issuer, signed by whoever signs for it.
    pub(crate) fn of(issuer: &str, signer: &'a Signer, algorithm: Algorithm) -> Self {
        let claims = json!({
            "iss": issuer, "sub": "ada", "aud": "bursar", "iat": NOW - 60, "exp": NOW + 600,
        });
        let Value::Object(claims) = claims else { unreachable!() };
        Self { header: Map::new(), claims, signer, algorithm }
            .header("typ", "JWT")
            .by(signer, algorithm)
    }

    /// Signed by somebody, as its header says.
    pub(crate) fn by(self, signer: &'a Signer, algorithm: Algorithm) -> Self {
        let named = self.header("alg", algorithm.name()).signed_by(signer, algorithm);
        if signer.name.is_empty() {
            return named.without_header("kid");
        }
        named.header("kid", signer.name.as_str())
    }

    /// Signed by somebody, whatever its header says.
    pub(crate) fn signed_by(self, signer: &'a Signer, algorithm: Algorithm) -> Self {
        Self { signer, algorithm, ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// The signed token.
    pub(crate) fn token(&self) -> String {
        self.edited(str::to_owned, str::to_owned)
    }

    /// The signed token, its texts edited before it was signed.
    pub(crate) fn edited(
        &self,
        header: impl Fn(&str) -> String,
        claims: impl Fn(&str) -> String,
    ) -> String {
        let header = header(&Value::Object(self.header.clone()).to_string());
        let claims = claims(&Value::Object(self.claims.clone()).to_string());
        self.signer.token(self.algorithm, &header, &claims)
    }
}
