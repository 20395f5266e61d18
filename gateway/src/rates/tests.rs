use std::num::NonZeroU32;
use std::time::Duration;

use ledger::{Instant, KeyId, MemberId, Scope};
use proptest::prelude::*;
use store::Rates;

use super::window::{Span, Used, Window};
use super::{Over, Places, RateTable, policies, remaining};

const KEY: Scope = Scope::Key(KeyId::from_u128(1));
const OTHER_KEY: Scope = Scope::Key(KeyId::from_u128(2));
const MEMBER: Scope = Scope::Member(MemberId::from_u128(3));
const SCOPES: [Scope; 3] = [KEY, MEMBER, Scope::Org];

fn at(millis: i64) -> Instant {
    Instant::from_micros(1_800_000_000_000_000 + millis * 1_000)
}

fn bound(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

fn per_second(n: u32) -> Rates {
    Rates { per_second: Some(bound(n)), ..Rates::default() }
}

fn per_minute(n: u32) -> Rates {
    Rates { per_minute: Some(bound(n)), ..Rates::default() }
}

fn concurrent(n: u32) -> Rates {
    Rates { concurrent: Some(bound(n)), ..Rates::default() }
}

fn table(bounds: &[(Scope, Rates)]) -> RateTable {
    let table = RateTable::default();
    for (scope, rates) in bounds {
        table.put(*scope, *rates);
    }
    table
}

fn call(table: &RateTable, now: Instant) -> Result<Places, Over> {
    table.begin(SCOPES, now)
}

/// How many calls are let in at an instant.
fn burst(table: &RateTable, now: Instant) -> usize {
    std::iter::from_fn(|| call(table, now).ok()).take(1_000).count()
}

#[test]
fn a_pause_saves_up_one_burst_and_no_more() {
    let table = table(&[(KEY, per_second(5))]);
    assert_eq!(burst(&table, at(0)), 5);
    assert_eq!(burst(&table, at(199)), 0);
    assert_eq!(burst(&table, at(200)), 1);
    assert_eq!(burst(&table, at(1_199)), 4);
    assert_eq!(burst(&table, at(1_200)), 1);
    assert_eq!(burst(&table, at(3_600_000)), 5);
}

#[test]
fn a_minute_is_counted_for_itself() {
    let rates = Rates { per_second: Some(bound(3)), ..per_minute(4) };
    let table = table(&[(KEY, rates)]);
    assert_eq!(burst(&table, at(0)), 3);
    assert_eq!(burst(&table, at(1_000)), 1);
    let over = call(&table, at(2_000)).unwrap_err();
    assert_eq!((over.stand.bound.name(), over.stand.resets), ("per_minute", 13));
    assert_eq!(burst(&table, at(14_999)), 0);
    assert_eq!(burst(&table, at(15_000)), 1);
}

#[test]
fn every_scope_has_every_kind_of_bound() {
    for scope in SCOPES {
        for (rates, kind, retry_after) in [
            (per_second(2), "per_second", 1),
            (per_minute(2), "per_minute", 30),
            (concurrent(2), "concurrent", 1),
        ] {
            let table = table(&[(scope, rates)]);
            let running = [call(&table, at(0)).unwrap(), call(&table, at(0)).unwrap()];
            let over = call(&table, at(0)).unwrap_err();
            assert_eq!((over.stand.scope, over.stand.bound.name()), (scope, kind));
            assert_eq!((over.stand.most, over.stand.left), (2, 0));
            assert_eq!(over.stand.resets, retry_after);
            drop(running);
            assert_eq!(call(&table, at(0)).is_ok(), kind == "concurrent");
        }
    }
}

#[test]
fn who_is_over_its_own_bound_uses_up_nothing_of_what_others_share() {
    let every =
        |n| Rates { concurrent: Some(bound(n)), per_minute: Some(bound(n)), ..per_second(n) };
    let table = table(&[(KEY, per_second(1)), (MEMBER, every(10)), (Scope::Org, every(3))]);
    let first = call(&table, at(0)).unwrap();
    for _ in 0..50 {
        assert_eq!(call(&table, at(0)).unwrap_err().stand.scope, KEY);
    }
    let other = || table.begin([OTHER_KEY, MEMBER, Scope::Org], at(0));
    let others = [other().unwrap(), other().unwrap()];
    assert_eq!(other().unwrap_err().stand.scope, Scope::Org);
    drop((first, others));
}

#[test]
fn a_place_is_free_however_its_call_ends() {
    let table =
        table(&[(KEY, concurrent(1)), (MEMBER, concurrent(5)), (Scope::Org, per_second(1))]);
    let mut told = call(&table, at(0)).unwrap();
    assert!(call(&table, at(0)).is_err());
    told.free();
    // Refused further on, it has given back what it had taken.
    assert_eq!(call(&table, at(0)).unwrap_err().stand.scope, Scope::Org);
    let panicked = std::panic::catch_unwind(|| {
        let _running = call(&table, at(1_000)).unwrap();
        std::panic::resume_unwind(Box::new("a call that panics"));
    });
    assert!(panicked.is_err());
    drop(told);
    assert!(call(&table, at(2_000)).is_ok());
}

#[test]
fn a_bound_that_is_lowered_counts_what_runs() {
    let table = table(&[(KEY, concurrent(3))]);
    let mut running: Vec<_> = (0..3).map(|_| call(&table, at(0)).unwrap()).collect();
    for rates in [concurrent(2), Rates::default(), concurrent(2)] {
        table.put(KEY, rates);
    }
    running.pop();
    assert!(call(&table, at(0)).is_err());
    running.pop();
    running.push(call(&table, at(0)).unwrap());
    assert!(call(&table, at(0)).is_err());
    table.put(KEY, concurrent(4));
    running.extend([call(&table, at(0)).unwrap(), call(&table, at(0)).unwrap()]);
    assert_eq!(call(&table, at(0)).unwrap_err().stand.most, 4);
}

#[test]
fn calls_that_began_under_another_kind_of_bound_are_counted() {
    let table = table(&[(KEY, per_second(10))]);
    let running = [call(&table, at(0)).unwrap(), call(&table, at(0)).unwrap()];
    table.put(KEY, concurrent(2));
    assert!(call(&table, at(0)).is_err());
    drop(running);
    assert!(call(&table, at(0)).is_ok());
}

#[test]
fn a_bound_that_is_changed_is_as_far_used_up_as_it_was() {
    let table = table(&[(KEY, per_minute(60))]);
    for _ in 0..30 {
        call(&table, at(0)).unwrap();
    }
    table.put(KEY, per_minute(10));
    assert_eq!(burst(&table, at(0)), 5);
    table.put(KEY, per_minute(600));
    assert_eq!(burst(&table, at(0)), 0);
    assert_eq!(burst(&table, at(1_000)), 10);
}

#[test]
fn nothing_is_kept_of_who_is_not_bounded() {
    let table = table(&[(KEY, Rates::default()), (Scope::Org, Rates::default())]);
    assert!(table.is_empty());
    table.put(KEY, per_second(1));
    let running = call(&table, at(0)).unwrap();
    table.put(KEY, Rates::default());
    assert!(!table.is_empty());
    drop(running);
    table.put(KEY, Rates::default());
    assert!(table.is_empty());
}

#[test]
fn the_fields_are_lists_of_whole_numbers() {
    let every = Rates { per_second: Some(bound(10)), ..concurrent(5) };
    let table = table(&[(KEY, every), (Scope::Org, per_minute(600))]);
    let _running = call(&table, at(0)).unwrap();
    let told = call(&table, at(0)).unwrap();
    assert_eq!(
        policies(told.stands()),
        "\"key-concurrent\";q=5;qu=\"concurrent-requests\", \
         \"key-per_second\";q=10;qu=\"requests\";w=1, \
         \"org-per_minute\";q=600;qu=\"requests\";w=60"
    );
    assert_eq!(
        remaining(told.stands()),
        "\"key-concurrent\";r=3, \"key-per_second\";r=8;t=1, \"org-per_minute\";r=598;t=1"
    );
}

/// A bucket that a call takes one interval from, and that a nanosecond puts one into.
struct Bucket {
    interval: u64,
    full: u64,
    level: u64,
    at: u64,
}

impl Bucket {
    fn new(span: Span, bound: u32) -> Self {
        let interval = u64::from(span.seconds()) * 1_000_000_000 / u64::from(bound);
        let full = interval * u64::from(bound);
        Self { interval, full, level: full, at: 0 }
    }

    /// How many more fit, or how long until one does.
    fn take(&mut self, now: u64) -> Result<u32, Duration> {
        self.level = self.full.min(self.level + (now - self.at));
        self.at = now;
        if self.level < self.interval {
            return Err(Duration::from_nanos(self.interval - self.level));
        }
        self.level -= self.interval;
        Ok(u32::try_from(self.level / self.interval).unwrap())
    }
}

proptest! {
    #[test]
    fn a_window_lets_in_what_a_bucket_would(
        minute: bool,
        most in 1_u32..200,
        pauses in prop::collection::vec((0_u64..20, 0_u64..2_000_000), 1..60),
    ) {
        let span = if minute { Span::Minute } else { Span::Second };
        let window = Window::new(span, bound(most), Used::default());
        let (mut bucket, mut now, mut let_in) = (Bucket::new(span, most), 0, Vec::new());
        for (burst, pause) in pauses {
            now += pause;
            for _ in 0..burst {
                let instant = at(0).plus_micros(i64::try_from(now).unwrap());
                let counted = window.count(instant).map(|(left, _)| left);
                prop_assert_eq!(counted, bucket.take(now * 1_000));
                let_in.extend(counted.is_ok().then_some(now * 1_000));
            }
        }
        // In no stretch of time is more than a burst and what came back in it.
        for (first, begin) in let_in.iter().enumerate() {
            for (last, end) in let_in.iter().enumerate().skip(first) {
                let calls = u64::try_from(last - first).unwrap();
                prop_assert!(calls < u64::from(most) + (end - begin) / bucket.interval + 1);
            }
        }
    }
}
