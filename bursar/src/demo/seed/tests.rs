//! That what is seeded adds up, whenever it is seeded.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use jiff::Timestamp;
use ledger::{Access, Credits, GrantKind, Instant, LimitId, PeriodOpened, Scope};
use store::{OrgData, UsageQuery, UsageRow};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

use super::super::config::config;
use super::super::ports::Addresses;
use super::*;
use crate::cli::Durability;
use crate::run::key_hasher;

/// A seeded store and what is in it.
struct Seeded {
    memory: Memory,
    data: OrgData,
    usage: Vec<UsageRow>,
    periods: Vec<PeriodOpened>,
    flat_call: Credits,
    slow_call: Credits,
    _folder: TempDir,
}

fn at(text: &str) -> Instant {
    Instant::from_micros(text.parse::<Timestamp>().unwrap().as_microsecond())
}

async fn seeded(now: &str) -> Seeded {
    let folder = tempfile::tempdir().unwrap();
    let mut memory = Memory::open(folder.path(), rand::random).unwrap();
    let [any, provider] = [0, 9090].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let addresses = Addresses { gateway: any, admin: any, operations: any, provider };
    let config = config(&addresses, &memory, folder.path(), Durability::Strict).unwrap();
    let prices = &config.runtime.price_book;
    let store = SqliteStore::open(&folder.path().join("bursar.db")).await.unwrap();
    let hasher = key_hasher(&config.bootstrap.peppers).unwrap();
    seed(&store, &hasher, prices, &mut memory, at(now)).await.unwrap();

    let org = memory.org.parse().unwrap();
    let query = UsageQuery { org, member: None, from: Instant::MIN, until: Instant::MAX };
    Seeded {
        data: store.load(org).await.unwrap().unwrap(),
        usage: store.usage(&query).await.unwrap(),
        periods: store.open_periods(org, at(now)).await.unwrap(),
        flat_call: credits::flat_call(prices).unwrap(),
        slow_call: credits::slow_call(prices).unwrap(),
        memory,
        _folder: folder,
    }
}

fn sum(amounts: impl Iterator<Item = Credits>) -> Credits {
    amounts.fold(Credits::ZERO, |sum, amount| sum.checked_add(amount).unwrap())
}

impl Seeded {
    /// What the grants are that the member of a key may burn at an instant, and what is left.
    fn usable(&self, key: &str, now: Instant) -> Vec<(GrantKind, Credits)> {
        let entry = self.memory.keys.iter().find(|entry| entry.name == key).unwrap();
        let mut members = self.data.members.iter().map(|member| &member.standing);
        let member = members.find(|it| it.id.to_string() == entry.member).unwrap();
        let grants = self.data.grants.iter().filter(|it| {
            let grant = &it.grant;
            grant.start <= now && now < grant.end && grant.access.admits(member.id, &member.groups)
        });
        let left = grants.map(|it| (it.grant.kind, it.grant.amount.checked_sub(it.spent).unwrap()));
        left.collect()
    }

    fn spent(&self, limit: LimitId) -> Credits {
        self.periods.iter().find(|period| period.limit == limit).unwrap().spent
    }
}

/// An ordinary noon, the last instant of a year, and nights of both clock changes, on one of which
/// a cycle of Berlin begins.
const TIMES: [&str; 5] = [
    "2026-11-22T11:00:00Z",
    "2026-12-31T22:59:59Z",
    "2027-03-28T00:30:00Z",
    "2026-10-25T00:59:00Z",
    "2027-03-14T23:00:00Z",
];

#[tokio::test]
async fn what_the_usage_says_is_what_the_grants_have_spent() {
    for now in TIMES {
        let seeded = seeded(now).await;
        let used = sum(seeded.usage.iter().map(|row| row.charged));
        assert_eq!(used, sum(seeded.data.grants.iter().map(|grant| grant.spent)), "{now}");
        assert!(used > credits::whole(50), "{now}: {used}");
        assert!(seeded.data.grants.iter().all(|grant| grant.leased.is_zero()), "{now}");
        let first = seeded.usage.iter().map(|row| row.hour).min().unwrap();
        let last = seeded.usage.iter().map(|row| row.hour).max().unwrap();
        let days = (at(now).micros() - first.micros()) / DAY_MICROS;
        assert!((29..=31).contains(&days), "{now}: {days}");
        assert!(last <= at(now), "{now}");
    }
}

#[tokio::test]
async fn a_limit_has_counted_what_its_scope_has_spent_in_its_period() {
    for now in TIMES {
        let seeded = seeded(now).await;
        for limit in &seeded.data.limits {
            let period = seeded.periods.iter().find(|it| it.limit == limit.id).unwrap();
            let counted = seeded.usage.iter().filter(|row| {
                period.start <= row.hour
                    && limit.tool.as_ref().is_none_or(|tool| *tool == row.tool)
                    && match limit.scope {
                        Scope::Key(key) => row.key == Some(key),
                        Scope::Member(member) => row.member == member,
                        Scope::Project(project) => row.project == Some(project),
                        Scope::Group(group) => row.group == Some(group),
                        Scope::Org => true,
                    }
            });
            assert_eq!(sum(counted.map(|row| row.charged)), period.spent, "{now}: {limit:?}");
        }
    }
}

#[tokio::test]
async fn each_key_shows_what_its_note_says() {
    for now in TIMES {
        let seeded = seeded(now).await;
        let usable = |key| seeded.usable(key, at(now));
        let fifty = credits::times(seeded.flat_call, 50);
        assert_eq!(usable("fifty"), [(GrantKind::Seat, fifty)], "{now}");
        assert_eq!(usable("empty"), [], "{now}");
        let [(GrantKind::Seat, held)] = usable("held")[..] else { unreachable!("{now}") };
        assert!(seeded.slow_call < held && held < credits::times(seeded.slow_call, 2), "{now}");
        assert!(sum(usable("plain").into_iter().map(|(_, left)| left)) > credits::whole(200));

        for limit in &seeded.data.limits {
            let spent = seeded.spent(limit.id);
            match limit.scope {
                Scope::Key(_) => assert_eq!(spent, limit.amount, "{now}"),
                _ => assert!(spent < limit.amount, "{now}: {limit:?} {spent}"),
            }
        }
    }
}

#[tokio::test]
async fn no_limit_is_on_the_path_of_plain_and_none_of_fifty() {
    let seeded = seeded(TIMES[0]).await;
    for key in ["plain", "fifty"] {
        let entry = seeded.memory.keys.iter().find(|entry| entry.name == key).unwrap();
        let key = seeded.data.keys.iter().find(|it| it.name == key).unwrap();
        let mut members = seeded.data.members.iter().map(|member| &member.standing);
        let member = members.find(|it| it.id.to_string() == entry.member).unwrap();
        assert_eq!((key.standing.group, key.standing.project), (None, None));
        let on_path = seeded.data.limits.iter().filter(|limit| match limit.scope {
            Scope::Key(id) => id == key.standing.id,
            Scope::Member(id) => id == member.id,
            Scope::Group(id) => member.home == Some(id),
            Scope::Project(_) => false,
            Scope::Org => true,
        });
        assert_eq!(on_path.count(), 0, "{}", entry.name);
    }
}

#[tokio::test]
async fn every_shared_grant_is_restricted_to_groups() {
    let seeded = seeded(TIMES[0]).await;
    let mut kinds = BTreeMap::<GrantKind, usize>::new();
    for grant in seeded.data.grants.iter().map(|it| &it.grant) {
        *kinds.entry(grant.kind).or_default() += 1;
        let Access::Listed { members, groups } = &grant.access else {
            unreachable!("open to everyone")
        };
        match grant.kind {
            GrantKind::Seat => assert_eq!((members.len(), groups.len()), (1, 0)),
            _ => assert!(members.is_empty() && !groups.is_empty()),
        }
    }
    assert_eq!(kinds.keys().copied().collect::<Vec<_>>(), GrantKind::ALL);
}
