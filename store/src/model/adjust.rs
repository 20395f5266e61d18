//! Corrections of charges.

use std::collections::BTreeMap;

use ledger::{AccountId, Charge, Credits, Ending, HoldId, LineSource, OrgId};

use super::entries::Transfer;
use super::feed::Entity;
use super::state::State;
use crate::{
    Adjusted, Adjustment, AdjustmentRequest, ChangeSeq, EntryBook, EntryCause, EntryKind, Error,
    Indeterminate, Result, adjustment_fingerprint,
};

impl State {
    pub(super) fn adjust(&mut self, request: &AdjustmentRequest) -> Result<Adjusted> {
        let name = request.name.clone().map(|name| (request.org, name));
        if let Some((first, answer)) = name.as_ref().and_then(|it| self.adjustment_requests.get(it))
        {
            let same = adjustment_fingerprint(first) == adjustment_fingerprint(request);
            let taken = || Error::NameTaken("the name was used for another correction".to_owned());
            return if same { Ok(*answer) } else { Err(taken()) };
        }
        let charge = self.charges.get(&request.hold).filter(|it| it.org == request.org).cloned();
        let missing = || Error::Conflict(format!("there is no charge {}", request.hold));
        let charge = charge.ok_or_else(missing)?;
        let before = self.charged_now(&charge);
        let less = before.checked_sub(request.charge);
        let less = less.ok_or_else(|| Error::Conflict(format!("it is charged {before}")))?;
        let seq = self.give_back(request, &charge, less);
        let adjusted = Adjusted { before, after: request.charge, seq };
        if let Some(name) = name {
            self.adjustment_requests.insert(name, (request.clone(), adjusted));
        }
        Ok(adjusted)
    }

    /// What a request is charged, corrections included: what its grants have paid and not got back.
    pub(super) fn charged_now(&self, charge: &Charge) -> Credits {
        let grants = charge.lines.iter().filter(|line| line.source != LineSource::Limit);
        let given_back = grants.map(|line| self.given_back(charge.hold, line.account));
        given_back.fold(charge.charged, Credits::saturating_sub)
    }

    fn given_back(&self, hold: HoldId, account: AccountId) -> Credits {
        let to_it = self.adjustments.iter().filter(|it| (it.hold, it.account) == (hold, account));
        to_it.fold(Credits::ZERO, |sum, it| sum.saturating_add(it.amount))
    }

    fn give_back(
        &mut self,
        request: &AdjustmentRequest,
        charge: &Charge,
        less: Credits,
    ) -> ChangeSeq {
        let mut shares: BTreeMap<AccountId, Credits> = BTreeMap::new();
        let mut left = less;
        for line in charge.lines.iter().rev() {
            let paid = line.amount.saturating_sub(self.given_back(charge.hold, line.account));
            let share = match line.source {
                LineSource::Limit => less.min(paid),
                LineSource::Grant(_) => left.min(paid),
            };
            if line.source != LineSource::Limit {
                left = left.saturating_sub(share);
            }
            shares.insert(line.account, share);
        }
        let earlier = self.adjustments.iter().filter(|it| it.hold == charge.hold);
        let number = earlier.map(|it| it.number).max().unwrap_or(0) + 1;
        for line in &charge.lines {
            let share = shares[&line.account];
            if share.is_zero() {
                continue;
            }
            self.adjustments.push(Adjustment {
                hold: charge.hold,
                number,
                account: line.account,
                amount: share,
                actor: request.actor.clone(),
                reason: request.reason.clone(),
                at: request.now,
            });
            self.refund(request, line.account, line.source, share);
        }
        ChangeSeq(self.last_change)
    }

    fn refund(
        &mut self,
        request: &AdjustmentRequest,
        account: AccountId,
        source: LineSource,
        amount: Credits,
    ) {
        if let Some(stored) = self.money.accounts.get_mut(&account) {
            stored.spent = stored.spent.saturating_sub(amount);
            stored.refunded = stored.refunded.saturating_add(amount);
        }
        if source != LineSource::Limit {
            let whole = request.charge.is_zero();
            let kind = if whole { EntryKind::Refund } else { EntryKind::Adjustment };
            let (from, to) = (EntryBook::Consumed, EntryBook::Grant(account));
            let (hold, actor) = (request.hold, request.actor.clone());
            let cause = EntryCause::Correction { hold, actor, reason: request.reason.clone() };
            self.transfer(request.org, request.now, Transfer { kind, from, to, amount, cause });
        }
        self.record(request.org, Entity::Refund(account));
    }

    pub(super) fn indeterminate(&self, org: Option<OrgId>) -> Vec<Indeterminate> {
        let listed = self.charges.values().filter(|charge| {
            charge.ending == Ending::Indeterminate && org.is_none_or(|org| org == charge.org)
        });
        let listed = listed.map(|charge| Indeterminate {
            charge: charge.clone(),
            charged: self.charged_now(charge),
            adjustments: self.adjustments_where(|it| it.hold == charge.hold),
        });
        let mut listed: Vec<_> = listed.collect();
        listed.sort_by_key(|it| (it.charge.org, it.charge.hold));
        listed
    }

    pub(super) fn adjustments_of(&self, org: OrgId) -> Vec<Adjustment> {
        self.adjustments_where(|it| self.charges.get(&it.hold).is_some_and(|it| it.org == org))
    }

    fn adjustments_where(&self, meant: impl Fn(&Adjustment) -> bool) -> Vec<Adjustment> {
        let mut meant: Vec<_> = self.adjustments.iter().filter(|it| meant(it)).cloned().collect();
        meant.sort_by_key(|it| (it.hold, it.number, it.account));
        meant
    }
}
