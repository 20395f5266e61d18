//! What the store has committed, put in force here.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ledger::{Change, Scope};
use store::Changed;

use super::Org;

impl Org {
    /// Puts a change in force; returns whether there may be more to lease.
    pub(crate) fn take_in(&self, changed: Changed) -> bool {
        match changed {
            Changed::Org(org) => {
                self.rates.put(Scope::Org, org.rates);
                self.update(|view| view.put_org(&org));
                false
            }
            Changed::Group(group) => {
                self.update(|view| view.put_group(group.clone()));
                false
            }
            Changed::Project(project) => {
                self.update(|view| view.put_project(project.clone()));
                false
            }
            Changed::Member(member) => {
                self.rates.put(Scope::Member(member.standing.id), member.rates);
                self.update(|view| view.put_member(member.clone()));
                self.apply(Change::Member(member.standing));
                self.standings.fetch_add(1, Ordering::Release);
                false
            }
            Changed::Key(key) => {
                let (id, standing) = (key.standing.id, key.standing.clone());
                self.rates.put_key(&key);
                self.keys.pin().insert(id, Arc::new(key));
                self.apply(Change::Key(standing));
                self.standings.fetch_add(1, Ordering::Release);
                false
            }
            Changed::Grant(grant) => {
                self.update(|view| view.put_grant(&grant.grant));
                let store::OrgGrant { grant, spent, refunded, .. } = grant;
                self.apply(Change::Grant { grant, spent, refunded });
                true
            }
            Changed::Limit(limit) => {
                self.apply(Change::Limit(limit));
                true
            }
            Changed::Refunded { account, total } => {
                self.apply(Change::Refunded { account, total });
                true
            }
            Changed::TokenRevoked(token) => {
                self.revoked.load().put(token, self.now());
                self.standings.fetch_add(1, Ordering::Release);
                false
            }
            Changed::LimitRemoved(limit) => {
                self.apply(Change::LimitRemoved(limit));
                false
            }
        }
    }

    fn update(&self, change: impl Fn(&mut super::OrgView)) {
        self.view.rcu(|view| {
            let mut view = super::OrgView::clone(view);
            change(&mut view);
            view
        });
    }
}
