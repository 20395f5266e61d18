//! What a client is told of a credential that is none.

use crate::identity::Fault;

pub(super) const fn words(fault: Fault) -> &'static str {
    match fault {
        Fault::NoCredential => {
            "there is no key: send one as `Authorization: Bearer KEY`, or where the provider's SDK \
             puts it"
        }
        Fault::AmbiguousCredential => "the request carries two different credentials; send one",
        Fault::KeyAdmin => {
            "a key for the admin API opens nothing here: send one of a member or of a service account"
        }
        Fault::NotACredential
        | Fault::KeyMalformed
        | Fault::KeyUnknown
        | Fault::KeyExpired
        | Fault::KeyRevoked => "no valid key: it is malformed, unknown, expired or revoked",
        Fault::TokenTooLarge | Fault::TokenIssuer => "the token is not accepted here",
    }
}
