//! The leases of one organisation: what to wish for, and what to let go.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::time::Duration;

use ledger::{Account, AccountId, Credits, Instant};
use store::Refill;

use super::pace::{Pace, least_target, low_mark};
use super::quotes::Quotes;

/// How the accounts of an organisation are spent here.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    paces: HashMap<AccountId, Pace>,
    /// Of any of its accounts: what a new one is expected to be asked for.
    quotes: Quotes,
    /// The paths that were asked for since wishes were last made.
    asked: Vec<Path>,
    /// The accounts of periods to come, by those that they take the place of.
    successors: HashMap<AccountId, AccountId>,
}

/// What this gateway has of an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stand {
    pub(crate) account: AccountId,
    pub(crate) start: Instant,
    pub(crate) free: Credits,
    pub(crate) held: Credits,
}

impl Stand {
    pub(crate) const fn of(account: &Account) -> Self {
        Self {
            account: account.id(),
            start: account.start(),
            free: account.free(),
            held: account.held(),
        }
    }
}

/// Accounts on which credits are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) limits: Vec<AccountId>,
    /// In burn order.
    pub(crate) grants: Vec<AccountId>,
}

impl Path {
    pub(crate) fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.limits.iter().chain(&self.grants).copied()
    }
}

impl Plan {
    /// So much was spent of an account.
    pub(crate) fn spent(&mut self, account: AccountId, amount: Credits, now: Duration) {
        self.pace(account, now).spent(amount, now);
    }

    /// A request was quoted so much on an account.
    pub(crate) fn quoted(&mut self, account: AccountId, quote: Credits, now: Duration) {
        self.quotes.quoted(quote, now);
        self.pace(account, now).quoted(quote, now);
    }

    /// A request waits for so much on a path.
    pub(crate) fn asked(&mut self, path: Path, quote: Credits, now: Duration) {
        for account in path.accounts() {
            self.quoted(account, quote, now);
        }
        if !self.asked.contains(&path) {
            self.asked.push(path);
        }
    }

    /// An account is to take the place of another when that has ended.
    pub(crate) fn follows(&mut self, account: AccountId, before: AccountId) {
        self.successors.insert(before, account);
    }

    /// Asks for what is to take the place of accounts in use, as if it was spent alike; whether
    /// there is any.
    pub(crate) fn ask_ahead(&mut self) -> bool {
        let paces = &mut self.paces;
        let asked = &mut self.asked;
        let before = asked.len();
        self.successors.retain(|before, account| {
            let Some(pace) = paces.get(before).copied() else { return true };
            paces.insert(*account, pace);
            asked.push(Path { limits: vec![*account], grants: Vec::new() });
            false
        });
        asked.len() > before
    }

    /// The paths that were asked for since the last call.
    pub(crate) fn take_asked(&mut self) -> Vec<Path> {
        std::mem::take(&mut self.asked)
    }

    /// What to wish for on paths that run low, or are asked for. `live` gateways share the accounts.
    pub(crate) fn refills(
        &self,
        paths: &[Path],
        stands: &[Stand],
        live: u32,
        now: Duration,
    ) -> Vec<Refill> {
        let mut wished = BTreeSet::new();
        let mut refills = Vec::new();
        for path in paths {
            let limits = path.limits.iter().map(|limit| vec![*limit]);
            for accounts in limits.chain([path.grants.clone()]) {
                if accounts.is_empty() || wished.contains(&accounts) {
                    continue;
                }
                refills.extend(self.refill(accounts.clone(), stands, live, now));
                wished.insert(accounts);
            }
        }
        refills
    }

    /// One limit's account, or the grants that are burnt one after the other.
    fn refill(
        &self,
        accounts: Vec<AccountId>,
        stands: &[Stand],
        live: u32,
        now: Duration,
    ) -> Option<Refill> {
        let paces = || accounts.iter().filter_map(|account| self.paces.get(account));
        let quote = paces().map(Pace::largest_quote).fold(Credits::ZERO, Credits::max);
        let runway = sum(paces().map(|pace| pace.runway(now)));
        let of_these = |stand: &&Stand| accounts.contains(&stand.account);
        let free = sum(stands.iter().filter(of_these).map(|stand| stand.free));
        let wanted = runway.max(least_target(quote)).saturating_sub(free);
        let divisor = divisor(live);
        (!wanted.is_zero()).then_some(Refill { accounts, wanted, quote, divisor })
    }

    /// Where the lease of an account runs low, after it was filled.
    pub(crate) fn low_mark(&self, stand: &Stand, now: Duration) -> Credits {
        let target = self.paces.get(&stand.account).map(|pace| pace.target(now));
        low_mark(stand.free, target.unwrap_or_default())
    }

    /// What is too much of accounts that had begun by an instant. `stands` are all accounts there
    /// are; of others nothing is remembered.
    pub(crate) fn surplus(
        &mut self,
        stands: &[Stand],
        begun: Instant,
        now: Duration,
    ) -> Vec<(AccountId, Credits)> {
        let known: BTreeSet<_> = stands.iter().map(|stand| stand.account).collect();
        self.paces.retain(|account, _| known.contains(account));
        let mut surplus = Vec::new();
        let due = |stand: &&Stand| stand.start <= begun && !stand.free.is_zero();
        for stand in stands.iter().filter(due) {
            let amount = self.pace(stand.account, now).surplus(stand.free, stand.held, now);
            if !amount.is_zero() {
                surplus.push((stand.account, amount));
            }
        }
        surplus
    }

    fn pace(&mut self, account: AccountId, now: Duration) -> &mut Pace {
        let quotes = self.quotes;
        self.paces.entry(account).or_insert_with(|| Pace::new(now, quotes))
    }
}

/// Whoever shares an account leaves the others their part, and half of its own.
fn divisor(live: u32) -> NonZeroU32 {
    let shares = if live > 1 { live.saturating_mul(2) } else { 1 };
    NonZeroU32::new(shares).unwrap_or(NonZeroU32::MIN)
}

fn sum(amounts: impl Iterator<Item = Credits>) -> Credits {
    amounts.fold(Credits::ZERO, Credits::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(micros: u64) -> Credits {
        Credits::from_micros(micros).unwrap()
    }

    fn account(id: u128) -> AccountId {
        AccountId::from_u128(id)
    }

    fn stand(id: u128, free: u64) -> Stand {
        let (account, free, held) = (account(id), micros(free), Credits::ZERO);
        Stand { account, start: Instant::MIN, free, held }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn path(limits: &[u128], grants: &[u128]) -> Path {
        let accounts = |ids: &[u128]| ids.iter().copied().map(account).collect();
        Path { limits: accounts(limits), grants: accounts(grants) }
    }

    fn wanted(refills: &[Refill]) -> Vec<u64> {
        refills.iter().map(|refill| refill.wanted.micros()).collect()
    }

    #[test]
    fn a_cold_account_is_filled_for_a_few_quotes() {
        let mut plan = Plan::default();
        plan.quoted(account(1), micros(10), at(0));
        let refills = plan.refills(&[path(&[1], &[])], &[stand(1, 15)], 3, at(0));
        let divisor = NonZeroU32::new(6).unwrap();
        let quote = micros(10);
        let expected = Refill { accounts: vec![account(1)], wanted: micros(25), quote, divisor };
        assert_eq!(refills, [expected]);
        // What has enough wishes for nothing.
        assert_eq!(plan.refills(&[path(&[1], &[])], &[stand(1, 40)], 3, at(0)), []);
    }

    #[test]
    fn grants_are_filled_as_one_and_a_new_one_takes_the_place_of_the_last() {
        let mut plan = Plan::default();
        plan.quoted(account(1), micros(1), at(1));
        plan.spent(account(1), micros(50), at(1));
        let low = [path(&[], &[1, 2])];
        let refills = plan.refills(&low, &[stand(1, 100), stand(2, 400)], 1, at(1));
        assert_eq!(refills[0].accounts, [account(1), account(2)]);
        assert_eq!(wanted(&refills), [50 * 60 - 500]);
        assert_eq!(refills[0].divisor, NonZeroU32::MIN);
    }

    #[test]
    fn what_two_paths_share_is_wished_for_once() {
        let mut plan = Plan::default();
        plan.asked(path(&[1, 2], &[4]), micros(1), at(0));
        plan.asked(path(&[1, 3], &[4]), micros(1), at(0));
        plan.asked(path(&[1, 2], &[4]), micros(1), at(0));
        let paths = plan.take_asked();
        assert_eq!((paths.len(), plan.take_asked().len()), (2, 0));
        let refills = plan.refills(&paths, &[], 2, at(0));
        let accounts: Vec<_> = refills.iter().map(|refill| refill.accounts[0]).collect();
        assert_eq!(accounts, [account(1), account(2), account(4), account(3)]);
    }

    #[test]
    fn what_takes_the_place_of_an_account_in_use_is_asked_for_ahead_and_once() {
        let mut plan = Plan::default();
        plan.follows(account(2), account(1));
        assert!(!plan.ask_ahead());
        plan.quoted(account(1), micros(10), at(0));
        assert!(plan.ask_ahead());
        let paths = plan.take_asked();
        assert_eq!(paths, [path(&[2], &[])]);
        assert_eq!(wanted(&plan.refills(&paths, &[], 2, at(0))), [40]);
        assert!(!plan.ask_ahead());
    }

    #[test]
    fn an_account_that_nobody_uses_goes_back_and_is_forgotten_with_its_end() {
        let mut plan = Plan::default();
        assert_eq!(plan.surplus(&[stand(1, 5)], Instant::MIN, at(0)), []);
        assert_eq!(plan.surplus(&[stand(1, 5)], Instant::MIN, at(300)), [(account(1), micros(5))]);
        assert_eq!(plan.surplus(&[], Instant::MIN, at(301)), []);
        assert!(plan.paces.is_empty());
    }
}
