//! A warm gateway asks the store by the clock, not by the request.

use crate::audit::Check;
use crate::scenario::cluster::statements::Statements;

/// What goes on by itself: reports four times a second, heartbeats, looks at the feed, and what
/// has ended.
const BY_THE_CLOCK: [&str; 5] = ["sync", "heartbeat", "changes_since", "stamp", "expire"];
/// How often a gateway asks in a second, at most: four syncs of its one organisation, a heartbeat each
/// two seconds, a look at the feed each second; half as much again for what the clock rounds.
const A_SECOND: u64 = 9;

pub(super) fn checks(counted: &Statements) -> Vec<Check> {
    let others = counted.calls.iter().filter(|(name, _)| !BY_THE_CLOCK.contains(&name.as_str()));
    let seconds = counted.length.as_secs() + 1;
    let most = seconds * u64::from(counted.gateways) * A_SECOND;
    let calls = counted.calls.values().sum();
    vec![
        Check::at_least("warm requests counted", 1, counted.requests),
        Check::none(
            "calls to the store that a request made",
            others.map(|(name, count)| format!("{name}: {count}")).collect(),
        ),
        Check::at_most("calls to the store, which the clock makes", most, calls),
        Check::at_least("requests for each of them", 1, counted.requests / calls.max(1)),
    ]
}
