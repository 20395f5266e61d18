//! Who calls: a credential becomes a caller, without IO when warm.

mod caller;
mod credential;
mod keyring;

pub(crate) use caller::Caller;
pub(crate) use credential::{CREDENTIAL_HEADERS, Presented, presented};
pub(crate) use keyring::Keyring;
