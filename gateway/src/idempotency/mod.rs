//! Idempotency keys: of two requests with one key, one runs, and the other is told of it.
//!
//! The key is claimed in the store after everything that needs no store and before the hold is
//! taken. Once the hold is written down, the sync that reports its charge ends the key; a request
//! that comes to nothing before that gives it back.

mod claim;
mod earlier;
mod key;

pub(crate) use claim::claim;
pub(crate) use key::IdempotencyKey;
