//! An organisation read again as a whole, since its store went back in time.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ledger::{Change, Grant, KeyStatus, Limit, MemberStatus};
use store::{Key, Member, OrgData};

use super::{Org, OrgView, RevokedTokens};

impl Org {
    /// The grants and limits in force here that the store does not know.
    pub(crate) fn lost_from(&self, data: &OrgData) -> (Vec<Grant>, Vec<Limit>) {
        let state = self.state.lock();
        let grants = state.book.grants();
        let lost = |grant: &&Grant| !data.grants.iter().any(|known| known.grant.id == grant.id);
        let grants = grants.filter(lost).cloned().collect();
        let lost = |limit: &&Limit| !data.limits.iter().any(|known| known.id == limit.id);
        (grants, state.book.limits().filter(lost).cloned().collect())
    }

    /// Puts in force what the store has, and ends whom it does not know.
    pub(crate) fn reload(&self, data: &OrgData) {
        for change in self
            .unknown_to(&data.members, &data.keys, &data.limits)
            .into_iter()
            .chain(changes(data))
        {
            self.apply(change);
        }
        self.view.store(Arc::new(OrgView::of(data)));
        self.rates.reload(data);
        let revoked = RevokedTokens::of(&data.revoked_tokens, self.now());
        self.revoked.store(Arc::new(revoked));
        let keys = self.keys.pin();
        keys.retain(|id, _| data.keys.iter().any(|known| known.standing.id == *id));
        for key in &data.keys {
            keys.insert(key.standing.id, Arc::new(key.clone()));
        }
        self.standings.fetch_add(1, Ordering::Release);
        self.enrich();
    }

    /// Ends everybody, since the store does not know the organisation any more: nothing of it can be
    /// booked, and nobody of it passes.
    pub(crate) fn end(&self) {
        self.quarantine();
        self.unknown_to(&[], &[], &[]).into_iter().for_each(|change| self.apply(change));
        self.keys.pin().clear();
        self.standings.fetch_add(1, Ordering::Release);
    }

    fn unknown_to(&self, members: &[Member], keys: &[Key], limits: &[Limit]) -> Vec<Change> {
        let state = self.state.lock();
        let lost = state.book.keys();
        let lost = lost.filter(|key| !keys.iter().any(|known| known.standing.id == key.id));
        let keys = lost
            .cloned()
            .map(|key| Change::Key(ledger::KeyStanding { status: KeyStatus::Revoked, ..key }));
        let lost = state.book.members();
        let lost = lost.filter(|it| !members.iter().any(|known| known.standing.id == it.id));
        let members = lost.cloned().map(|member| {
            Change::Member(ledger::MemberStanding { status: MemberStatus::Deactivated, ..member })
        });
        let lost = state.book.limits();
        let lost = lost.filter(|limit| !limits.iter().any(|known| known.id == limit.id));
        let limits = lost.map(|limit| Change::LimitRemoved(limit.id));
        keys.chain(members).chain(limits).collect()
    }
}

/// What an organisation consists of, as changes to an empty book.
pub(super) fn changes(data: &OrgData) -> impl Iterator<Item = Change> {
    let members = data.members.iter().map(|member| Change::Member(member.standing.clone()));
    let keys = data.keys.iter().map(|key| Change::Key(key.standing.clone()));
    let limits = data.limits.iter().cloned().map(Change::Limit);
    let grants = data.grants.iter().map(|known| Change::Grant {
        grant: known.grant.clone(),
        spent: known.spent,
        refunded: known.refunded,
    });
    members.chain(keys).chain(limits).chain(grants)
}
