//! A token, from its text to what it says of its bearer.
//!
//! Whatever stands in front of the signature is taken apart before it is known to be true; nothing
//! of it decides more than whose keys are asked. Those who may be asked are in the configuration.

mod header;
mod json;
mod shape;

mod signature;

mod claims;
mod dates;
mod mapping;
mod verified;

mod verify;

pub(crate) use json::object;
pub use shape::{TOKEN_BYTES_MAX, is_token};
pub(crate) use signature::DecodingKey;
pub use verified::Verified;
pub(crate) use verify::{Opened, check, open};
