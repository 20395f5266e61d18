//! The balances before, during and after the load, against the charges.

use std::collections::BTreeMap;

use super::charge::Charge;
use super::{Check, Observed};
use crate::balance::{Balance, GrantBalance, LimitBalance};

/// What was seen of the balances while the load ran.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    /// Balances that were told.
    pub(crate) taken: u64,
    /// Those with an account that did not add up, or that could not be read.
    pub(crate) broken: Vec<String>,
}

impl Samples {
    /// Takes in the balance of one key.
    pub(crate) fn add(&mut self, key: &str, balance: &Balance) {
        self.taken += 1;
        self.broken.extend(unbalanced(key, balance));
    }
}

pub(super) fn checks(run: &Observed) -> Vec<Check> {
    let after = || run.after.iter().flat_map(|(key, balance)| unbalanced(key, balance));
    vec![
        Check::at_least("balances sampled under load", 1, run.samples.taken),
        Check::none(
            "samples with an account below or above its amount",
            run.samples.broken.clone(),
        ),
        Check::none("accounts that still hold credits at rest", held(run)),
        Check::none("accounts at rest that do not add up", after().collect()),
        Check::none("grants that spent otherwise than their charges", grants(run)),
        Check::none("limits that counted otherwise than their charges", limits(run)),
    ]
}

fn unbalanced(key: &str, balance: &Balance) -> Vec<String> {
    let broken = balance.accounts().filter(|(_, standing)| !standing.adds_up());
    broken.map(|(id, standing)| format!("{key}, {id}: {standing:?}")).collect()
}

fn held(run: &Observed) -> Vec<String> {
    let accounts = run.after.values().flat_map(Balance::accounts);
    let held: BTreeMap<_, _> = accounts.filter(|(_, standing)| !standing.held.is_zero()).collect();
    held.into_iter().map(|(id, standing)| format!("{id} holds {}", standing.held)).collect()
}

/// Each grant spent what the charges of the run took from it.
fn grants(run: &Observed) -> Vec<String> {
    let mut paid = BTreeMap::<&str, u64>::new();
    for line in run.charges.iter().flat_map(|charge| &charge.lines) {
        *paid.entry(&line.account).or_default() += line.amount.micros();
    }
    let of = |balances: &BTreeMap<_, Balance>| -> BTreeMap<String, u64> {
        let grants = balances.values().flat_map(|balance| &balance.grants);
        grants.map(|grant: &GrantBalance| (grant.account(), grant.figures.spent.micros())).collect()
    };
    let (before, after) = (of(&run.before), of(&run.after));
    let off = after.iter().filter_map(|(account, after)| {
        let before = before.get(account).copied().unwrap_or_default();
        let paid = paid.get(account.as_str()).copied().unwrap_or_default();
        let differs = before + paid != *after;
        differs.then(|| format!("{account}: {before} before, {paid} charged, {after} after"))
    });
    let gone = before.keys().filter(|account| !after.contains_key(*account));
    let gone = gone.map(|account| format!("{account} is gone"));
    off.chain(gone).collect()
}

/// Each limit counted what its scope was charged in the run, unless its period changed meanwhile.
fn limits(run: &Observed) -> Vec<String> {
    let mut off = BTreeMap::new();
    for (key, before) in &run.before {
        let Some(after) = run.after.get(key) else { continue };
        for limit in &before.limits {
            let now = after.limits.iter().find(|now| now.id == limit.id);
            let now = now.filter(|now| now.resets_at == limit.resets_at);
            let counted = charged(run, before, limit);
            let (Some(now), Some(counted)) = (now, counted) else { continue };
            let (was, is) = (limit.figures.spent.micros(), now.figures.spent.micros());
            if was + counted != is {
                off.insert(&limit.id, format!("{was} before, {counted} charged, {is} after"));
            }
        }
    }
    off.into_iter().map(|(id, how)| format!("{id}: {how}")).collect()
}

/// What the scope of a limit was charged in the run; `None` when its caller made no request, so
/// that nothing tells which group and project it calls for.
fn charged(run: &Observed, caller: &Balance, limit: &LimitBalance) -> Option<u64> {
    let own = run.charges.iter().find(|charge| charge.key.as_ref() == Some(&caller.key))?;
    let same = |charge: &&Charge| match limit.scope.as_str() {
        "org" => true,
        "member" => charge.member == own.member,
        "key" => charge.key == own.key,
        "group" => charge.group == own.group,
        "project" => charge.project == own.project,
        _ => false,
    };
    let counts = |charge: &&Charge| limit.tool.as_ref().is_none_or(|tool| *tool == charge.tool);
    let charges = run.charges.iter().filter(same).filter(counts);
    Some(charges.map(|charge| charge.charged.micros()).sum())
}
