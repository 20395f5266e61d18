//! Who calls: a credential becomes a caller, without IO when warm.

mod address;
mod bearer;
mod caller;
mod checks;
mod credential;
mod keyring;
mod newcomers;
mod secret_use;
mod tokens;

pub(crate) use address::{NOWHERE, client_address};
pub(crate) use caller::Caller;
pub(crate) use credential::{CREDENTIAL_HEADERS, Presented, presented};
pub(crate) use keyring::{Keyring, KnownSecrets};
pub(crate) use secret_use::SecretUse;
pub(crate) use tokens::Tokens;
