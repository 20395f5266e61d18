//! Members as tokens name them, and tokens that are none any more.

use std::collections::BTreeSet;

use ledger::{CountsFrom, Instant, OrgId};

use super::feed::Entity;
use super::state::{People, State};
use crate::{ChangeSeq, Error, Member, Provision, Result, RevokedToken};

impl State {
    pub(super) fn provision(&mut self, provision: &Provision) -> Result<(Member, ChangeSeq)> {
        let Provision { member, limit, now } = provision;
        let known = self.people(member.org)?.of_subjects(member).cloned();
        if let Some(known) = known {
            return Ok((known, ChangeSeq(self.last_change)));
        }
        let id = member.standing.id;
        if self.people(member.org)?.members.contains_key(&id) {
            return Err(Error::Conflict(format!("there is a {id} already")));
        }
        // All or nothing: tried on a copy.
        let mut tried = self.clone();
        let mut seq = tried.put_member(member)?;
        if let Some(limit) = limit {
            tried.put_limit(member.org, limit, CountsFrom::PeriodStart, *now)?;
            // Told once more: nobody hears of the member before its limit.
            seq = tried.record(member.org, Entity::Member(member.standing.id));
        }
        *self = tried;
        Ok((member.clone(), seq))
    }

    pub(super) fn revoke_token(
        &mut self,
        org: OrgId,
        token: &RevokedToken,
        now: Instant,
    ) -> Result<ChangeSeq> {
        let people = self.people(org)?;
        people.revoked_tokens.retain(|_, known| known.until > now);
        let name = (token.issuer.clone(), token.jti.clone());
        let known = people.revoked_tokens.entry(name.clone()).or_insert_with(|| token.clone());
        known.until = known.until.max(token.until);
        Ok(self.record(org, Entity::Token(name)))
    }
}

impl People {
    /// The member that has one of another's subjects.
    fn of_subjects(&self, member: &Member) -> Option<&Member> {
        let shares = |known: &&Member| {
            known.subjects.iter().any(|subject| member.subjects.contains(subject))
        };
        self.members.values().find(shares)
    }

    pub(super) fn require_free_subjects(&self, member: &Member) -> Result<()> {
        let subjects: BTreeSet<_> = member.subjects.iter().collect();
        if subjects.len() < member.subjects.len() {
            return Err(Error::Conflict("a member has a subject once".to_owned()));
        }
        let others = self.members.values().filter(|known| known.standing.id != member.standing.id);
        let mut taken = others.flat_map(|known| &known.subjects);
        match taken.find(|subject| member.subjects.contains(subject)) {
            Some(subject) => {
                let subject = &subject.subject;
                Err(Error::Conflict(format!("the subject `{subject}` is another member's")))
            }
            None => Ok(()),
        }
    }
}
