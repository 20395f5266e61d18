//! Grants and the accounts that bear their ids.

use ledger::{Access, Credits, Grant, GrantKind, Instant, LineSource, OrgId};

use super::entries::Transfer;
use super::feed::Entity;
use super::state::{Account, GrantRequest, State};
use crate::{ChangeSeq, EntryBook, EntryCause, EntryKind, Error, Result, grant_fingerprint};

impl State {
    pub(super) fn put_grant(
        &mut self,
        org: OrgId,
        grant: &Grant,
        idempotency: Option<&str>,
        now: Instant,
    ) -> Result<(Grant, ChangeSeq)> {
        let name = idempotency.map(|name| (org, name.to_owned()));
        if let Some(first) = name.as_ref().and_then(|name| self.grant_requests.get(name)) {
            if grant_fingerprint(&first.asked) != grant_fingerprint(grant) {
                return Err(Error::Conflict("the name was used for another grant".to_owned()));
            }
            let (id, seq) = (first.asked.id, ChangeSeq(first.seq));
            let stored = self.org_grant(org, id).map(|stored| stored.grant);
            return stored
                .map(|grant| (grant, seq))
                .ok_or_else(|| Error::Corrupt(format!("{id} is gone")));
        }
        let people = self.people(org)?;
        if let Access::Listed { members, groups } = &grant.access {
            people.require_members(members)?;
            people.require_groups(groups)?;
        }
        let stored = people.grants.get(&grant.id).cloned();
        self.put_grant_account(org, grant, stored.as_ref(), now)?;
        self.people(org)?.grants.insert(grant.id, grant.clone());
        let seq = self.record(org, Entity::Grant(grant.id));
        if let Some(name) = name {
            self.grant_requests.insert(name, GrantRequest { asked: grant.clone(), seq: seq.0 });
        }
        Ok((grant.clone(), seq))
    }

    fn put_grant_account(
        &mut self,
        org: OrgId,
        grant: &Grant,
        stored: Option<&Grant>,
        now: Instant,
    ) -> Result<()> {
        let known = self.money.accounts.contains_key(&grant.id.into());
        let taken = stored.is_none() && known;
        let keeps = |stored: &Grant| {
            (stored.kind, stored.start, stored.created) == (grant.kind, grant.start, grant.created)
        };
        if taken || !stored.is_none_or(keeps) {
            return Err(Error::Conflict(format!("{} is another grant", grant.id)));
        }
        let credit = self.money.credit(org, now);
        let account = self.money.accounts.entry(grant.id.into()).or_insert_with(|| {
            Account::new(org, LineSource::Grant(grant.kind), grant.start, grant.end)
        });
        let stays = (account.amount, account.end) == (grant.amount, grant.end);
        let revived = if stays { Credits::ZERO } else { account.expired };
        account.expired = account.expired.saturating_sub(revived);
        let before = std::mem::replace(&mut account.amount, grant.amount);
        account.recalled &= grant.amount <= before;
        account.end = grant.end;
        let book = EntryBook::Grant(grant.id.into());
        let given = match grant.kind {
            GrantKind::TopUp => EntryKind::TopUp,
            GrantKind::Seat | GrantKind::Promo | GrantKind::Allocation => EntryKind::Grant,
        };
        let more = grant.amount.saturating_sub(before);
        let less = before.saturating_sub(grant.amount);
        let movements = [
            (EntryKind::Expiry, EntryBook::Expired, book, revived),
            (given, EntryBook::Issued, book, more),
            (given, book, EntryBook::Issued, less),
        ];
        for (kind, from, to, amount) in movements {
            let cause = EntryCause::Grant;
            self.transfer(org, now, Transfer { kind, from, to, amount, cause });
        }
        if stored.is_some() {
            self.reach_credits(org, grant.id.into(), credit, now);
        }
        Ok(())
    }
}
