//! What a token allows beside what the book decides: looked at as things are now, whenever it matters.

use ::identity::{Fault, Verified};
use ledger::{GroupId, Instant, MemberStatus, Refusal, Tool};
use store::Member;

use super::Caller;
use super::caller::Credential;
use super::checks::Passed;
use crate::refusal::Denial;

impl Caller {
    /// Whether a token that was verified a moment ago still counts.
    pub(super) fn check_token(&self, token: &Verified, now: Instant) -> Result<Passed, Denial> {
        match self.fault_of(token, now) {
            Some(fault) => Err(Denial::credential(fault)),
            None => Ok(Passed { by_old_secret: false }),
        }
    }

    fn fault_of(&self, token: &Verified, now: Instant) -> Option<Fault> {
        if token.has_expired(now) {
            return Some(Fault::TokenExpired);
        }
        let view = self.org.view();
        let Some(member) = view.member(self.member) else { return Some(Fault::TokenMember) };
        if !means(token, member) {
            Some(Fault::TokenMember)
        } else if token.issued < member.tokens_valid_after {
            Some(Fault::TokenTooOld)
        } else if self.org.revoked_tokens().contains(token) {
            Some(Fault::TokenRevoked)
        } else {
            None
        }
    }

    /// Whether it is still the one whom its token means: a subject may become another member's.
    pub(super) fn is_meant(&self) -> bool {
        let view = self.org.view();
        let member = view.member(self.member);
        member.zip(self.token()).is_none_or(|(member, token)| means(token, member))
    }

    /// Why the book says that a token's bearer has ended.
    pub(super) fn fault_of_member(&self) -> Fault {
        let view = self.org.view();
        match view.member(self.member).map(|member| member.standing.status) {
            Some(MemberStatus::Deactivated) => Fault::TokenMemberLeft,
            Some(MemberStatus::Active | MemberStatus::AccessRemoved) | None => Fault::TokenMember,
        }
    }

    /// Whether the credential is for this tool; a key's list is the book's to look at.
    ///
    /// # Errors
    /// A token's list does not have it.
    pub(crate) fn may_use(&self, tool: &Tool) -> Result<(), Denial> {
        let list = self.token().and_then(|token| token.tools.as_ref());
        match list {
            Some(list) if !list.contains(tool) => Err(self.refused(&Refusal::ToolNotAllowed)),
            Some(_) | None => Ok(()),
        }
    }

    /// The first of the token's groups that the member is in: its charges are that group's.
    pub(super) fn group(&self) -> Option<GroupId> {
        let token = self.token().filter(|token| !token.groups.is_empty())?;
        self.org.view().own_group(self.member, &token.groups)
    }

    /// What the token says, unless it is a key.
    pub(crate) fn token(&self) -> Option<&Verified> {
        match &self.credential {
            Credential::Key { .. } => None,
            Credential::Token(token) => Some(token),
        }
    }
}

/// Whether a token still means a member: by its id, or by a name that it has.
fn means(token: &Verified, member: &Member) -> bool {
    let by_id = token.member.is_some();
    let by_name = |known: &store::Subject| {
        *known.subject == *token.subject && *known.issuer == *token.issuer.issuer
    };
    by_id || member.subjects.iter().any(by_name)
}
