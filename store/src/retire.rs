//! Gateways that are given up: what they had is written off, and who bears it.

use ledger::{
    Access, AccountId, Credits, Epoch, Grant, GrantId, GrantKind, Instant, LimitId, NodeId, OrgId,
};

use crate::derived_id::derived_id;

/// That a gateway is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The gateway.
    pub node: NodeId,
    /// Whoever had the credits is taken to have spent them: nobody is compensated.
    pub assume_spent: bool,
    /// The time.
    pub now: Instant,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// The epoch that was begun for nobody: whoever comes with an earlier one is fenced.
    pub epoch: Epoch,
    /// What was in doubt and is written off, by organisation and account.
    pub written_off: Vec<WrittenOff>,
    /// The grants that make up for it, by organisation, in the order of the accounts.
    pub compensations: Vec<Compensation>,
}

impl Retired {
    /// The answer for a gateway that was given up before: there is nothing left to write off.
    #[must_use]
    pub const fn before(epoch: Epoch) -> Self {
        Self { epoch, written_off: Vec::new(), compensations: Vec::new() }
    }
}

/// What a gateway had of an account, by all its starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenOff {
    /// The organisation.
    pub org: OrgId,
    /// The account.
    pub account: AccountId,
    /// The limit that it is a period of; `None` for a grant. A limit that lost something can be
    /// raised, so that its scope can spend as much as it could.
    pub limit: Option<LimitId>,
    /// How much.
    pub amount: Credits,
}

/// A grant at the platform's cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compensation {
    /// The organisation.
    pub org: OrgId,
    /// The grant: a promo for those who could burn what was lost.
    pub grant: Grant,
}

/// What makes up for grants that lost something: of each organisation, by id, one grant for each
/// circle of people that may burn some of them.
///
/// It has no end: what was lost may have been bought.
#[must_use]
pub fn compensations(
    retirement: &Retirement,
    epoch: Epoch,
    lost: impl IntoIterator<Item = (OrgId, Access, Credits)>,
) -> Vec<Compensation> {
    let mut made: Vec<Compensation> = Vec::new();
    for (org, access, amount) in lost {
        let mut known = made.iter_mut();
        let same = known.find(|it| it.org == org && it.grant.access == access);
        if let Some(Compensation { grant, .. }) = same {
            grant.amount = grant.amount.saturating_add(amount);
            continue;
        }
        let place = made.iter().filter(|it| it.org == org).count();
        let now = retirement.now;
        let grant = Grant {
            id: compensation_id(retirement, epoch, org, place),
            kind: GrantKind::Promo,
            amount,
            start: now,
            end: Instant::MAX,
            created: now,
            access,
        };
        made.push(Compensation { org, grant });
    }
    made
}

fn compensation_id(retirement: &Retirement, epoch: Epoch, org: OrgId, place: usize) -> GrantId {
    let place = u64::try_from(place).unwrap_or(u64::MAX);
    let parts = [
        &b"compensation"[..],
        &retirement.node.0.to_be_bytes(),
        &epoch.0.to_be_bytes(),
        &org.as_u128().to_be_bytes(),
        &place.to_be_bytes(),
    ];
    GrantId::from_u128(derived_id(parts, retirement.now))
}

/// What is left of a compensation's amount once the journal has turned up after all: what is gone
/// of it stays the platform's loss.
#[must_use]
pub fn taken_back(amount: Credits, compensated: Credits, gone: Credits) -> Credits {
    amount.saturating_sub(compensated).max(gone.min(amount))
}

#[cfg(test)]
mod tests {
    use ledger::MemberId;

    use super::*;

    fn credits(micros: u64) -> Credits {
        Credits::from_micros(micros).unwrap()
    }

    #[test]
    fn who_may_burn_a_compensation_could_burn_what_was_lost() {
        let now = Instant::from_seconds(1_795_426_200);
        let retirement = Retirement { node: NodeId(7), assume_spent: false, now };
        let (one, two) = (OrgId::from_u128(1), OrgId::from_u128(2));
        let pool = Access::Listed { members: vec![MemberId::from_u128(3)], groups: vec![] };
        let lost = [
            (one, Access::Everyone, credits(5)),
            (one, pool.clone(), credits(7)),
            (one, Access::Everyone, credits(11)),
            (two, pool.clone(), credits(13)),
        ];
        let made = compensations(&retirement, Epoch(3), lost.clone());
        let sums: Vec<_> =
            made.iter().map(|it| (it.org, it.grant.access.clone(), it.grant.amount)).collect();
        let expected = [
            (one, Access::Everyone, credits(16)),
            (one, pool.clone(), credits(7)),
            (two, pool, credits(13)),
        ];
        assert_eq!(sums, expected);
        let ids = |epoch| compensations(&retirement, epoch, lost.clone()).into_iter();
        let mut all: Vec<_> = ids(Epoch(3)).chain(ids(Epoch(4))).map(|it| it.grant.id).collect();
        assert_eq!(all[..3], made.iter().map(|it| it.grant.id).collect::<Vec<_>>());
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 6, "each has an id of its own");
    }

    #[test]
    fn what_is_gone_of_a_compensation_is_not_taken_back() {
        for (amount, compensated, gone, expected) in [
            (100, 100, 0, 0),
            (100, 100, 30, 30),
            (150, 100, 30, 50),
            (150, 100, 70, 70),
            (60, 100, 30, 30),
            (20, 100, 30, 20),
        ] {
            let left = taken_back(credits(amount), credits(compensated), credits(gone));
            assert_eq!(left, credits(expected), "{gone} of {amount} are gone");
        }
    }
}
