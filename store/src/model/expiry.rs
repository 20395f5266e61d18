//! What is left of a grant when it ends.

use ledger::{GrantId, Instant, LineSource};

use super::entries::Transfer;
use super::state::State;
use crate::{EntryBook, EntryCause, EntryKind, Expired};

impl State {
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Expired> {
        if self.is_frozen(now) {
            return Vec::new();
        }
        let over = self.money.accounts.iter().filter(|(id, account)| {
            account.source != LineSource::Limit
                && account.end <= now
                && !account.left().is_zero()
                && self.money.leased(**id).is_zero()
        });
        let over: Vec<_> = over.map(|(id, account)| (account.org, *id, account.left())).collect();
        let mut expired = Vec::new();
        for (org, id, amount) in over {
            let as_if_alive = self.money.credit(org, now).with(amount, &self.money.accounts[&id]);
            if let Some(account) = self.money.accounts.get_mut(&id) {
                account.expired = account.expired.saturating_add(amount);
            }
            let (from, to) = (EntryBook::Grant(id), EntryBook::Expired);
            let (kind, cause) = (EntryKind::Expiry, EntryCause::Grant);
            self.transfer(org, now, Transfer { kind, from, to, amount, cause });
            self.reach_credits(org, id, as_if_alive, now);
            expired.push(Expired { org, grant: GrantId::from_u128(id.as_u128()), amount });
        }
        expired.sort_unstable_by_key(|it| (it.org, it.grant));
        expired
    }
}
