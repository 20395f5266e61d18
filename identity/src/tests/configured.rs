//! Issuers as a configuration names them.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bursar_config::{Config, Environment, Issuer};
use ledger::Instant;

/// The time of every test that does not say otherwise: 2026-11-25T12:00:00Z, in seconds.
pub(crate) const NOW: i64 = 1_795_608_000;

pub(crate) fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds)
}

pub(crate) const SECRET: &str = "a-shared-secret-of-more-than-32-bytes";

struct Secrets;

impl Environment for Secrets {
    fn var(&self, _: &str) -> Option<String> {
        Some(SECRET.to_owned())
    }

    fn read_file(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// The issuers of a configuration in which nothing else is of interest.
pub(crate) fn configured(issuers: &str, folder: &Path) -> Vec<Arc<Issuer>> {
    let text = format!(
        "{{version: 1, tools: [], providers: {{}}, price_book: {{version: '1', prices: []}},\n\
         secrets: {{peppers: {{current: 1, versions: {{1: '${{X}}'}}}}, admin_tokens: ['${{X}}']}},\n\
         issuers: [{issuers}]}}"
    );
    let config = Config::parse(&text, "f", folder, &Secrets);
    config.unwrap_or_else(|problems| panic!("{problems}\n{text}")).runtime.issuers
}
