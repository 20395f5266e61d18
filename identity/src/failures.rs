//! How often an address may fail: whoever tries credentials is slowed down, not whoever has one.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::num::NonZeroU32;

use foldhash::fast::RandomState;
use ledger::Instant;
use parking_lot::Mutex;

/// The failures of each address, or of each /64 of IPv6, which is what one customer has.
///
/// A budget of so many a minute, all of which may be used at once (GCRA): each failure takes a
/// share of it, which comes back with time. Bounded: when too many addresses have failed, those are
/// forgotten whose budget is whole again, and then those that failed first.
pub struct Failures {
    parts: Box<[Mutex<Part>]>,
    state: RandomState,
    /// Addresses in one generation of one part.
    room: usize,
}

/// Addresses and when their budget is whole again; of two generations, the older goes first.
#[derive(Default)]
struct Part {
    young: HashMap<Source, Instant, RandomState>,
    old: HashMap<Source, Instant, RandomState>,
}

/// Whose budget it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Source {
    V4(u32),
    /// The first half of an address.
    V6(u64),
}

/// How many threads may fail at once without waiting for each other.
const PARTS: usize = 16;

const MINUTE_MICROS: i64 = 60_000_000;

impl Failures {
    /// No failures yet, and never those of more than so many addresses.
    #[must_use]
    pub fn new(addresses: usize) -> Self {
        let parts = (0..PARTS).map(|_| Mutex::default()).collect();
        Self { parts, state: RandomState::default(), room: (addresses / PARTS / 2).max(1) }
    }

    /// Takes a failure from the budget of an address.
    pub fn charge(&self, address: IpAddr, per_minute: NonZeroU32, now: Instant) {
        let source = Source::of(address);
        let mut part = self.part(source).lock();
        let whole = part.whole_again(source).unwrap_or(now).max(now);
        // Never more than a minute is owed: whoever stops trying is soon welcome again.
        let latest = now.plus_micros(MINUTE_MICROS);
        part.set(source, whole.plus_micros(share(per_minute)).min(latest), now, self.room);
    }

    /// Seconds until an address may fail again, if its budget is used up.
    #[must_use]
    pub fn exhausted(&self, address: IpAddr, per_minute: NonZeroU32, now: Instant) -> Option<u64> {
        let source = Source::of(address);
        let whole = self.part(source).lock().whole_again(source)?;
        let owed = whole.micros().saturating_sub(now.micros());
        let wait = owed.saturating_add(share(per_minute)).saturating_sub(MINUTE_MICROS);
        (wait > 0).then(|| wait.unsigned_abs().div_ceil(1_000_000))
    }

    fn part(&self, source: Source) -> &Mutex<Part> {
        let hash = self.state.hash_one(source).to_ne_bytes();
        let [first, ..] = hash;
        self.parts.get(usize::from(first) % PARTS).expect("a remainder is less than `PARTS`")
    }
}

impl Source {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6(
                    [a, b, c, d].into_iter().fold(0, |half, part| half << 16 | u64::from(part)),
                )
            }
        }
    }
}

impl Part {
    fn whole_again(&self, source: Source) -> Option<Instant> {
        self.young.get(&source).or_else(|| self.old.get(&source)).copied()
    }

    fn set(&mut self, source: Source, whole_again: Instant, now: Instant, room: usize) {
        if self.young.len() >= room && !self.young.contains_key(&source) {
            self.young.retain(|_, whole_again| now < *whole_again);
            // Unless that made much room, it would be gone through again and again.
            if self.young.len() >= room / 2 {
                self.old = std::mem::take(&mut self.young);
            }
        }
        self.young.insert(source, whole_again);
    }
}

/// What one failure takes: a minute, shared out.
fn share(per_minute: NonZeroU32) -> i64 {
    (MINUTE_MICROS / i64::from(per_minute.get())).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PER_MINUTE: NonZeroU32 = NonZeroU32::new(6).unwrap();

    fn at(seconds: i64) -> Instant {
        Instant::from_seconds(seconds)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn charged(failures: &Failures, address: &str, times: u32, now: i64) {
        for _ in 0..times {
            failures.charge(ip(address), PER_MINUTE, at(now));
        }
    }

    fn waits(failures: &Failures, address: &str, now: i64) -> Option<u64> {
        failures.exhausted(ip(address), PER_MINUTE, at(now))
    }

    #[test]
    fn a_budget_may_be_used_at_once_and_comes_back_with_time() {
        let failures = Failures::new(1_000);
        charged(&failures, "192.0.2.1", 5, 0);
        assert_eq!(waits(&failures, "192.0.2.1", 0), None);
        charged(&failures, "192.0.2.1", 1, 0);
        assert_eq!(waits(&failures, "192.0.2.1", 0), Some(10));
        assert_eq!(waits(&failures, "192.0.2.1", 9), Some(1));
        assert_eq!(waits(&failures, "192.0.2.1", 10), None);
        charged(&failures, "192.0.2.1", 1, 10);
        assert_eq!(waits(&failures, "192.0.2.1", 10), Some(10));
    }

    #[test]
    fn whoever_goes_on_trying_owes_no_more_than_a_minute() {
        let failures = Failures::new(1_000);
        charged(&failures, "192.0.2.1", 10_000, 0);
        assert_eq!(waits(&failures, "192.0.2.1", 0), Some(10));
        assert_eq!(waits(&failures, "192.0.2.1", 10), None);
    }

    #[test]
    fn nobody_pays_for_another_but_a_network_of_ipv6_is_one() {
        let failures = Failures::new(1_000);
        charged(&failures, "192.0.2.1", 6, 0);
        charged(&failures, "2001:db8:0:1::1", 6, 0);
        assert_eq!(waits(&failures, "192.0.2.2", 0), None);
        assert_eq!(waits(&failures, "::ffff:192.0.2.1", 0), Some(10));
        assert_eq!(waits(&failures, "2001:db8:0:1:ffff::7", 0), Some(10));
        assert_eq!(waits(&failures, "2001:db8:0:2::1", 0), None);
    }

    #[test]
    fn too_many_addresses_displace_the_recovered_and_then_the_first() {
        let failures = Failures::new(32);
        charged(&failures, "192.0.2.1", 6, 0);
        for n in 0..10_000_u32 {
            failures.charge(IpAddr::V4(n.into()), PER_MINUTE, at(0));
        }
        let kept = |part: &Mutex<Part>| {
            let part = part.lock();
            part.young.len() + part.old.len()
        };
        assert!(failures.parts.iter().map(kept).sum::<usize>() <= 32);
        assert_eq!(waits(&failures, "192.0.2.1", 0), None);
        let last = IpAddr::V4(9_999.into());
        for _ in 0..5 {
            failures.charge(last, PER_MINUTE, at(0));
        }
        assert_eq!(failures.exhausted(last, PER_MINUTE, at(0)), Some(10));
    }
}
