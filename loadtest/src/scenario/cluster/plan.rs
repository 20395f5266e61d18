//! How large a run is, and what is done to it meanwhile.

use std::time::Duration;

use crate::cli::{Cluster, Faults};
use crate::installation::Waits;
use crate::provider::Pace;

/// The sizes of a run. What takes time is divided by `hurry`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) gateways: u32,
    /// Calls per second, of all gateways together.
    pub(super) rate: u32,
    /// How many calls the hot budget pays for.
    pub(super) hot_calls: u64,
    pub(super) faults: Faults,
    hurry: u32,
}

/// Of 100 calls, those on the hot budget.
pub(super) const HOT_SHARE: u32 = 60;

/// How long a request waits for credits that others hold: what a gateway does of itself.
const HOLD_WAIT: Duration = Duration::from_secs(2);
/// How long a gateway without a database serves where the run is about something else.
const MAX_OFFLINE: Duration = Duration::from_secs(5 * 60);
/// And where it is about that.
const SHORT_OFFLINE: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(20);
const OUTAGE: Duration = Duration::from_secs(60);
/// How long a killed gateway stays away: longer than it takes to be suspect.
const DOWN: Duration = Duration::from_secs(15);
/// How long the statements of a warm run are counted.
const STEADY: Duration = Duration::from_secs(15);

impl Plan {
    pub(super) fn of(options: &Cluster) -> Self {
        let (rate, hurry) = (options.rate, options.hurry);
        // How long the hot budget lasts at this rate, so that what happens, happens in its middle.
        let seconds = match options.faults {
            Faults::None => 40,
            Faults::Kill => 60,
            Faults::StopDatabase => 75,
            Faults::Outage => 180,
        };
        let calls = u64::from(rate) * u64::from(HOT_SHARE) / 100 * seconds / u64::from(hurry);
        let hot_calls = options.calls.map_or(calls.max(LEAST_CALLS), u64::from);
        Self { gateways: options.common.gateways, rate, hot_calls, faults: options.faults, hurry }
    }

    pub(super) fn max_offline(&self) -> Duration {
        match self.faults {
            Faults::Outage => SHORT_OFFLINE / self.hurry,
            Faults::None | Faults::Kill | Faults::StopDatabase => MAX_OFFLINE,
        }
    }

    /// Whether it is for a machine that does other things beside: what takes long there is no fault.
    pub(super) const fn is_short(&self) -> bool {
        self.hurry > 1
    }

    pub(super) fn waits(&self) -> Waits {
        let hold_wait = if self.is_short() { HOLD_WAIT * 3 } else { HOLD_WAIT };
        Waits { max_offline: self.max_offline(), hold_wait }
    }

    /// How fast the provider answers: slowly enough that a kill meets answers that have begun.
    pub(super) fn pace(&self) -> Pace {
        let first_byte = Duration::from_millis(20);
        let chunk = Duration::from_millis(if self.faults == Faults::Kill { 40 } else { 1 });
        Pace { first_byte, chunk }
    }

    /// How long the database is away.
    pub(super) fn away(&self) -> Duration {
        let length = if self.faults == Faults::Outage { OUTAGE } else { STOP };
        length / self.hurry
    }

    /// How long a killed gateway stays away.
    pub(super) fn down(&self) -> Duration {
        DOWN / self.hurry
    }

    /// How long the statements of a warm run are counted.
    pub(super) fn steady(&self) -> Duration {
        STEADY / self.hurry
    }

    /// How many answers 200 on the hot budget there are before something is done to the run.
    pub(super) fn trigger(&self) -> u64 {
        match self.faults {
            Faults::None => self.hot_calls / 3,
            Faults::Kill => self.hot_calls / 2,
            Faults::StopDatabase => self.hot_calls * 2 / 5,
            Faults::Outage => self.hot_calls / 5,
        }
    }

    /// Calls per second of each gateway.
    pub(super) fn rate_of_each(&self) -> u32 {
        (self.rate / self.gateways).max(1)
    }

    /// How long the hot budget lasts at most, if all goes well.
    pub(super) fn length(&self) -> Duration {
        let hot_rate = (u64::from(self.rate) * u64::from(HOT_SHARE) / 100).max(1);
        Duration::from_secs(self.hot_calls / hot_rate + 1)
    }

    /// How long any part of the run may take before it is given up.
    pub(super) fn patience(&self) -> Duration {
        self.length() * 3 + Duration::from_secs(30)
    }
}

/// The budgets beside the hot one are twentieths of it, and some of those are divided again.
const LEAST_CALLS: u64 = 300;
