//! The accounts of limits, one a period.

use ledger::{Credits, Instant, Limit, LineSource, OrgId, PeriodOpened, Scope};

use super::state::{Account, State};
use crate::{Calendar, Error, PeriodSpans, Result, period_account};

impl State {
    pub(super) fn open_periods(&mut self, org: OrgId, at: Instant) -> Result<Vec<PeriodOpened>> {
        let Some(people) = self.orgs.get(&org) else { return Ok(Vec::new()) };
        let limits = people.limits.values().filter(|stored| !stored.removed);
        let limits: Vec<_> =
            limits.map(|stored| (stored.limit.clone(), stored.opens_at_zero)).collect();
        let calendar = Calendar::new(&people.org.time_zone, people.org.anchor_day)
            .map_err(|error| Error::Corrupt(error.to_string()))?;
        // All or none: where one span cannot be told, no account is made.
        let money = self.money.clone();
        let opened: Result<Vec<_>> = limits
            .iter()
            .map(|(limit, zero)| self.open_period(org, limit, *zero, &calendar, at))
            .collect();
        match &opened {
            Err(_) => self.money = money,
            Ok(opened) => {
                self.reach_limits(&money, at);
                for period in opened {
                    let people = self.people(org)?;
                    if let Some(stored) = people.limits.get_mut(&period.limit) {
                        stored.opens_at_zero = false;
                    }
                }
            }
        }
        opened
    }

    fn open_period(
        &mut self,
        org: OrgId,
        limit: &Limit,
        opens_at_zero: bool,
        calendar: &Calendar,
        at: Instant,
    ) -> Result<PeriodOpened> {
        let mut spans = PeriodSpans::default();
        for (id, account) in &self.money.accounts {
            if account.limit != Some(limit.id) {
                continue;
            }
            spans.made += 1;
            if account.closed {
                continue;
            }
            let Account { start, end, .. } = *account;
            let (spent, refunded) = (account.counted(), account.come_back());
            if start <= at && at < end {
                let (limit, account) = (limit.id, *id);
                return Ok(PeriodOpened { limit, account, start, end, spent, refunded });
            }
            spans.open.push((start, end));
        }
        let (start, end) = spans
            .next(calendar, limit.period, at)
            .map_err(|error| Error::Conflict(error.to_string()))?;
        let spent =
            if opens_at_zero { Credits::ZERO } else { self.spent_by_scope(org, limit, start, end) };
        let id = period_account(limit.id, spans.made, start);
        let account = Account {
            limit: Some(limit.id),
            amount: limit.amount,
            spent,
            opened_with: spent,
            ..Account::new(org, LineSource::Limit, start, end)
        };
        self.money.accounts.insert(id, account);
        let (limit, account, refunded) = (limit.id, id, Credits::ZERO);
        Ok(PeriodOpened { limit, account, start, end, spent, refunded })
    }

    fn spent_by_scope(&self, org: OrgId, limit: &Limit, start: Instant, end: Instant) -> Credits {
        let mut spent = Credits::ZERO;
        for charge in self.charges.values() {
            let counts = charge.org == org
                && (start..end).contains(&charge.admitted)
                && limit.tool.as_ref().is_none_or(|tool| *tool == charge.tool)
                && match limit.scope {
                    Scope::Org => true,
                    Scope::Group(id) => charge.group == Some(id),
                    Scope::Project(id) => charge.project == Some(id),
                    Scope::Member(id) => charge.member == id,
                    Scope::Key(id) => charge.key == Some(id),
                };
            if counts {
                spent = spent.saturating_add(self.charged_now(charge));
            }
        }
        spent
    }
}
