//! Bodies that are refused, bodies that are read, and what edits make of them.

mod arbitrary;
mod bound;
mod edits;
mod found;
mod refused;

use super::*;

const DEPTH: usize = 64;

fn asked(kind: Meter, body: &str) -> Asked {
    inspect(kind, body.as_bytes(), DEPTH).unwrap_or_else(|invalid| panic!("{body}: {invalid:?}"))
}

fn invalid(kind: Meter, body: &[u8]) -> Invalid {
    match inspect(kind, body, DEPTH) {
        Ok(asked) => panic!("{}: {asked:?}", String::from_utf8_lossy(body)),
        Err(invalid) => invalid,
    }
}
