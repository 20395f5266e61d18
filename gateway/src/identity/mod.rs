//! Who calls: a credential becomes a caller, without IO when warm.

mod caller;
mod checks;
mod credential;
mod fault;
mod fingerprints;
mod keyring;
mod last_use;
mod secrets;

pub(crate) use caller::Caller;
pub(crate) use credential::{CREDENTIAL_HEADERS, Presented, presented};
pub(crate) use fault::Fault;
pub(crate) use fingerprints::Fingerprints;
pub(crate) use keyring::{Keyring, KnownSecrets};
pub(crate) use last_use::LastUse;
pub(crate) use secrets::{Recognised, Secrets};
