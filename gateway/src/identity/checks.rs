//! What a key allows beside what the book decides: looked at as it is now, whenever it matters.

use std::net::IpAddr;

use ::identity::Fault;
use ledger::{Instant, KeyStatus};
use store::Key;

use super::Caller;
use super::caller::Credential;
use crate::refusal::{Code, Denial};

/// A caller that may go on.
pub(crate) struct Passed {
    /// By a secret that is running out, since its key has another one.
    pub(crate) by_old_secret: bool,
}

impl Caller {
    /// Whether the credential still is one, may come from this address, and ask for this model, if
    /// it asks for one.
    ///
    /// Made before a request is looked at, once more when its hold is taken, and for a stream
    /// whenever somebody's standing has changed: a change holds when it is acknowledged, however
    /// long a request has waited.
    ///
    /// # Errors
    /// The denial.
    pub(crate) fn check(
        &self,
        from: IpAddr,
        model: Option<&str>,
        now: Instant,
    ) -> Result<Passed, Denial> {
        let (id, last_use) = match &self.credential {
            Credential::Key { id, last_use } => (id, last_use),
            Credential::Token(token) => return self.check_token(token, now),
        };
        let gone = || Denial::credential(Fault::KeyUnknown);
        let key = self.org.key(*id).ok_or_else(gone)?;
        let secret = key.secrets.iter().find(|known| known.hash == last_use.secret);
        let secret = secret.ok_or_else(gone)?;
        if now >= secret.not_after {
            return Err(Denial::credential(Fault::KeyExpired));
        }
        if !comes_from(&key, from) {
            return Err(Denial::new(
                Code::IpNotAllowed,
                format!("this key may not be used from {from}"),
            ));
        }
        match model {
            Some(model) if !allows(&key, model) => Err(self.not_allowed(model)),
            Some(_) | None => Ok(Passed { by_old_secret: secret.not_after != Instant::MAX }),
        }
    }

    /// Whether a key can still open anything, now or once it is unblocked.
    pub(crate) fn is_current(&self) -> bool {
        let Credential::Key { id, last_use } = &self.credential else { return false };
        self.org.key(*id).is_some_and(|key| {
            key.standing.status != KeyStatus::Revoked
                && key.secrets.iter().any(|known| known.hash == last_use.secret)
        })
    }

    /// First instant at which the credential is none any more, as things are now.
    pub(crate) fn runs_out(&self) -> Instant {
        let (id, last_use) = match &self.credential {
            Credential::Key { id, last_use } => (id, last_use),
            Credential::Token(token) => return token.runs_out(),
        };
        let Some(key) = self.org.key(*id) else { return Instant::MIN };
        let secret = key.secrets.iter().find(|known| known.hash == last_use.secret);
        secret.map_or(Instant::MIN, |secret| secret.not_after.min(key.standing.expires))
    }

    /// What a refusal of the book is to this caller, with whom to ask.
    pub(crate) fn refused(&self, refusal: &ledger::Refusal) -> Denial {
        if let ledger::Refusal::CredentialEnded = refusal {
            return Denial::credential(self.fault());
        }
        Denial { ask: self.org.ask_about(refusal), ..Denial::of(refusal) }
    }

    /// Why the book says that the credential has ended.
    fn fault(&self) -> Fault {
        let Credential::Key { id, .. } = &self.credential else { return self.fault_of_member() };
        let key = self.org.key(*id);
        let expired = key.is_some_and(|key| key.standing.expires <= self.org.now());
        if expired { Fault::KeyExpired } else { Fault::KeyRevoked }
    }

    fn not_allowed(&self, model: &str) -> Denial {
        let message = format!("this key may not ask for the model `{model}`");
        let denial = Denial::new(Code::ModelNotAllowed, message).about(Some("model".to_owned()));
        Denial { ask: Some(self.org.admins()), ..denial }
    }
}

fn comes_from(key: &Key, from: IpAddr) -> bool {
    key.ips.as_ref().is_none_or(|allowed| allowed.iter().any(|network| network.contains(&from)))
}

fn allows(key: &Key, model: &str) -> bool {
    key.models.as_ref().is_none_or(|allowed| allowed.iter().any(|name| is_named(name, model)))
}

/// Whether a model is meant by a name on a list: by the whole name, or by what stands before a `*`.
fn is_named(name: &str, model: &str) -> bool {
    match name.strip_suffix('*') {
        Some(begins) => model.starts_with(begins),
        None => name == model,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_at_the_end_stands_for_any_rest_and_nowhere_else() {
        for (name, model, expected) in [
            ("gpt-5", "gpt-5", true),
            ("gpt-5", "gpt-5-mini", false),
            ("gpt-5", "GPT-5", false),
            ("gpt-5*", "gpt-5", true),
            ("gpt-5*", "gpt-5-mini", true),
            ("gpt-5*", "gpt-4", false),
            ("*", "whatever", true),
            ("gpt-*-mini", "gpt-5-mini", false),
            ("gpt-*-mini", "gpt-*-mini", true),
            ("", "gpt-5", false),
        ] {
            assert_eq!(is_named(name, model), expected, "{name} {model}");
        }
    }
}
