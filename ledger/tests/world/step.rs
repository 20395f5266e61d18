//! What can happen to the small organisation.

use ledger::{Change, Credits, Instant, KeyStatus, MemberStatus, Quote, Tool};
use proptest::prelude::*;

use super::{World, facts};

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Admit {
        caller: u8,
        least: u16,
        more: u16,
    },
    Extend {
        hold: u8,
        caller: u8,
        least: u16,
        more: u16,
    },
    /// Ends a hold with a cost of so many percent of it.
    Settle {
        hold: u8,
        percent: u16,
    },
    Leave {
        waiter: u8,
    },
    Grant {
        n: u8,
        amount: u16,
        access: u8,
        starts_in: i64,
        lasts: Option<i64>,
    },
    Limit {
        n: u8,
        amount: u16,
    },
    LimitRemoved {
        n: u8,
    },
    OpenPeriods {
        ahead: i64,
        spent: u16,
    },
    Member {
        n: u8,
        status: MemberStatus,
        both_groups: bool,
        only: Option<Tool>,
    },
    Key {
        n: u8,
        status: KeyStatus,
        lasts: Option<i64>,
        only: Option<Tool>,
    },
    /// Time passes; the gateway has opened the next periods ahead, or not.
    Later {
        seconds: i64,
        opened: bool,
    },
    Retire,
    /// An adjustment gives credits back.
    Refund {
        account: u8,
        amount: u16,
        told: bool,
    },
    /// Only where the store leases as it likes.
    Lease {
        account: u8,
        amount: u16,
    },
    Recall {
        account: u8,
        only: bool,
    },
}

fn tool() -> impl Strategy<Value = Option<Tool>> {
    prop_oneof![6 => Just(None), 1 => Just(Some(facts::chat())), 1 => Just(Some(facts::image()))]
}

fn quote() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![4 => (0_u16..60, Just(0_u16)), 1 => (0_u16..30, 0_u16..200)]
}

fn lasting() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![2 => Just(None), 3 => (0_i64..800).prop_map(Some)]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let member_status = prop_oneof![
        6 => Just(MemberStatus::Active),
        1 => Just(MemberStatus::AccessRemoved),
        1 => Just(MemberStatus::Deactivated),
    ];
    let key_status = prop_oneof![
        6 => Just(KeyStatus::Active),
        1 => Just(KeyStatus::Blocked),
        1 => Just(KeyStatus::Revoked),
    ];
    prop_oneof![
        30 => (0_u8..7, quote())
            .prop_map(|(caller, (least, more))| Step::Admit { caller, least, more }),
        8 => (any::<u8>(), 0_u8..7, quote())
            .prop_map(|(hold, caller, (least, more))| Step::Extend { hold, caller, least, more }),
        20 => (any::<u8>(), prop_oneof![Just(0_u16), Just(100), 0_u16..150])
            .prop_map(|(hold, percent)| Step::Settle { hold, percent }),
        2 => any::<u8>().prop_map(|waiter| Step::Leave { waiter }),
        6 => (0..facts::GRANTS, 0_u16..200, any::<u8>(), -50_i64..100, lasting())
            .prop_map(|(n, amount, access, starts_in, lasts)| {
                Step::Grant { n, amount, access, starts_in, lasts }
            }),
        6 => (0..facts::LIMITS, 0_u16..200).prop_map(|(n, amount)| Step::Limit { n, amount }),
        2 => (0..facts::LIMITS).prop_map(|n| Step::LimitRemoved { n }),
        6 => (prop_oneof![Just(0_i64), 0_i64..200], prop_oneof![3 => Just(0_u16), 1 => 0_u16..90])
            .prop_map(|(ahead, spent)| Step::OpenPeriods { ahead, spent }),
        2 => (0_u8..3, member_status, any::<bool>(), tool())
            .prop_map(|(n, status, both_groups, only)| {
                Step::Member { n, status, both_groups, only }
            }),
        2 => (0_u8..4, key_status, lasting(), tool())
            .prop_map(|(n, status, lasts, only)| Step::Key { n, status, lasts, only }),
        5 => (0_i64..120, proptest::bool::weighted(0.8))
            .prop_map(|(seconds, opened)| Step::Later { seconds, opened }),
        2 => Just(Step::Retire),
        5 => (any::<u8>(), 0_u16..90, proptest::bool::weighted(0.8))
            .prop_map(|(account, amount, told)| Step::Refund { account, amount, told }),
        12 => (any::<u8>(), 0_u16..200)
            .prop_map(|(account, amount)| Step::Lease { account, amount }),
        2 => (any::<u8>(), any::<bool>())
            .prop_map(|(account, only)| Step::Recall { account, only }),
    ]
}

/// One of so many, or none of none.
pub(crate) fn pick(n: u8, of: usize) -> Option<usize> {
    usize::from(n).checked_rem(of)
}

fn quoted(least: u16, more: u16) -> Quote {
    Quote { least: facts::credits(least), most: facts::credits(least + more) }
}

impl World {
    pub(crate) fn take(&mut self, step: Step) {
        let now = self.now.seconds();
        let after = |seconds| Instant::from_seconds(now + seconds);
        let end = |lasts: Option<i64>| lasts.map_or(Instant::MAX, after);
        match step {
            Step::Admit { caller, least, more } => {
                self.admit(&facts::callers()[usize::from(caller)], quoted(least, more));
            }
            Step::Extend { hold, caller, least, more } => {
                self.take_extend(hold, usize::from(caller), quoted(least, more));
            }
            Step::Settle { hold, percent } => {
                if let Some(place) = pick(hold, self.running.len()) {
                    let held = self.running[place].amount().micros();
                    let cost = held * u64::from(percent) / 100;
                    self.end(place, Credits::from_micros(cost).unwrap());
                }
            }
            Step::Leave { waiter } => {
                if let Some(place) = pick(waiter, self.tickets.len()) {
                    self.leave(place);
                }
            }
            Step::Grant { n, amount, access, starts_in, lasts } => {
                let grant = facts::grant(n, amount, access, after(starts_in), end(lasts));
                let spent = self.spent(grant.id.into(), Credits::ZERO);
                let refunded = self.refunded(grant.id.into());
                self.apply(Change::Grant { grant, spent, refunded });
            }
            Step::Limit { n, amount } => self.apply(Change::Limit(facts::limit(n, amount))),
            Step::LimitRemoved { n } => self.apply(Change::LimitRemoved(facts::limit(n, 0).id)),
            Step::OpenPeriods { ahead, spent } => self.open_periods(after(ahead), spent),
            Step::Member { n, status, both_groups, only } => {
                self.apply(facts::standing(n, status, both_groups, only));
            }
            Step::Key { n, status, lasts, only } => {
                self.apply(facts::key_standing(n, status, end(lasts), only));
            }
            Step::Later { seconds, opened } => {
                let then = after(seconds);
                if opened {
                    self.open_periods(then, 0);
                }
                self.now = then;
            }
            Step::Retire => self.retire(),
            Step::Refund { account, amount, told } => self.refund(account, amount, told),
            Step::Lease { account, amount } => self.lease(account, amount),
            Step::Recall { account, only } => self.recall(account, only),
        }
    }
}
