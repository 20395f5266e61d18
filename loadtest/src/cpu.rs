//! What a process has cost so far: processor time and memory, as Linux counts them under `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// The cost of one process since it started. The time comes in steps of a clock tick, 10 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    /// Processor time of all its threads, ended ones included, in user and kernel.
    pub(crate) cpu: Duration,
    /// Memory it occupies, in bytes.
    pub(crate) resident: u64,
}

/// How often a process is looked at to see whether it has come to rest.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The most processor time between two looks that is still rest.
const AT_REST: Duration = Duration::from_millis(10);
/// How many looks it is given.
const LOOKS: u32 = 50;

impl Cost {
    /// That of the process `pid`.
    ///
    /// # Errors
    /// There is no such process, or no `/proc`.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let read = |file: &str| {
            let path = format!("/proc/{pid}/{file}");
            fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
        };
        let ticks = ticks(&read("stat")?).context("/proc/PID/stat without its times")?;
        let resident = resident(&read("status")?).context("/proc/PID/status without VmRSS")?;
        Ok(Self { cpu: duration(ticks, rustix::param::clock_ticks_per_second()), resident })
    }

    /// That of the process `pid` once it has come to rest, so that what a load leaves behind, such
    /// as records to be stored, is part of its cost. Waits 10 seconds at most.
    ///
    /// # Errors
    /// As [`Cost::of`].
    pub(crate) async fn at_rest(pid: u32) -> Result<Self> {
        let mut before = Self::of(pid)?;
        for _ in 0..LOOKS {
            tokio::time::sleep(LOOK_EVERY).await;
            let after = Self::of(pid)?;
            if after.cpu.saturating_sub(before.cpu) <= AT_REST {
                return Ok(after);
            }
            before = after;
        }
        Ok(before)
    }
}

/// `utime` and `stime` of `/proc/PID/stat`, fields 14 and 15, in clock ticks. The name, field 2,
/// stands in parentheses and may itself have spaces and parentheses.
fn ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

/// `VmRSS` of `/proc/PID/status`, in bytes.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

fn duration(ticks: u64, per_second: u64) -> Duration {
    let per_second = per_second.max(1);
    let nanos = (ticks % per_second).saturating_mul(1_000_000_000) / per_second;
    Duration::from_secs(ticks / per_second) + Duration::from_nanos(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_added_whatever_the_name() {
        let stat = "4242 (a) b (c) S 1 4242 4242 0 -1 4194560 1103 0 0 0 731 269 5 6 20 0 3 0 99";
        assert_eq!(ticks(stat), Some(1_000));
        assert_eq!(duration(1_000, 100), Duration::from_secs(10));
        assert_eq!(duration(1_007, 100), Duration::from_millis(10_070));
    }

    #[test]
    fn a_line_without_the_times_is_no_time() {
        assert_eq!(ticks("4242 (bursar) S 1 4242"), None);
        assert_eq!(ticks("4242 bursar S 1"), None);
    }

    #[test]
    fn memory_is_in_bytes() {
        let status = "Name:\tbursar\nVmPeak:\t  9000 kB\nVmRSS:\t   12 kB\nThreads:\t3\n";
        assert_eq!(resident(status), Some(12_288));
        assert_eq!(resident("Name:\tbursar\n"), None);
    }
}
