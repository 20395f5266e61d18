//! Which account a limit's next period gets, the same in every store.

use ledger::{AccountId, Instant, LimitId, Period};

use crate::derived_id::derived_id;
use crate::{Calendar, CalendarError};

const HOUR: i64 = 3_600_000_000;

/// The periods that a limit has accounts of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeriodSpans {
    /// First instant, and first one after it, of every period whose account still counts.
    pub open: Vec<(Instant, Instant)>,
    /// How many accounts the limit ever had, closed ones too.
    pub made: u64,
}

impl PeriodSpans {
    /// The span of a new account for the period that contains `at`.
    ///
    /// Spans are frozen when they are made, so where the organisation's zone or anchor has changed
    /// since, the new one is cut to begin where the last one ended and to end where the next begins.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] for an instant that no calendar has.
    pub fn next(
        &self,
        calendar: &Calendar,
        period: Period,
        at: Instant,
    ) -> Result<(Instant, Instant), CalendarError> {
        let (start, end) = calendar.span(period, at)?;
        let ended = self.open.iter().map(|(_, end)| *end).filter(|end| *end <= at);
        let begins = self.open.iter().map(|(start, _)| *start).filter(|start| *start > at);
        Ok((ended.fold(start, Instant::max), begins.fold(end, Instant::min)))
    }
}

/// The id of the account that a limit makes as its `nth`, counted from 0, for a period.
///
/// It follows from the limit, so that no store draws lots; in form it is a `UUIDv7` of the period's
/// first instant.
#[must_use]
pub fn period_account(limit: LimitId, nth: u64, start: Instant) -> AccountId {
    let parts = [&limit.as_u128().to_be_bytes()[..], &nth.to_be_bytes()[..]];
    AccountId::from_u128(derived_id(parts, start))
}

/// The first instant of the UTC hour that an instant is in.
#[must_use]
pub const fn floor_hour(at: Instant) -> Instant {
    Instant::from_micros(at.micros().saturating_sub(at.micros().rem_euclid(HOUR)))
}

/// The first whole UTC hour that does not begin before an instant.
#[must_use]
pub fn ceil_hour(at: Instant) -> Instant {
    let floor = floor_hour(at);
    if floor == at { at } else { floor.plus_micros(HOUR) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_a_limit_have_ids_of_their_own_in_the_form_of_uuid_v7() {
        let id = |limit, nth, start| {
            period_account(LimitId::from_u128(limit), nth, Instant::from_seconds(start)).as_u128()
        };
        assert_eq!(id(1, 0, 1_700_000_000) >> 80, 1_700_000_000_000);
        assert_eq!((id(1, 0, 0) >> 76) & 0xf, 7);
        assert_eq!((id(1, 0, 0) >> 62) & 0x3, 2);
        assert_eq!(id(1, 0, i64::MIN) >> 80, 0);
        assert_ne!(id(1, 0, 0), id(1, 1, 0));
        assert_ne!(id(1, 0, 0), id(2, 0, 0));
    }

    #[test]
    fn hours_are_whole_at_both_ends_of_time() {
        let (hour, past) = (Instant::from_seconds(7_200), Instant::from_seconds(7_201));
        assert_eq!((floor_hour(past), floor_hour(hour)), (hour, hour));
        assert_eq!((ceil_hour(hour), ceil_hour(past)), (hour, Instant::from_seconds(10_800)));
        assert_eq!(floor_hour(Instant::MIN), Instant::MIN);
        assert_eq!(ceil_hour(Instant::MAX), Instant::MAX);
    }

    #[test]
    fn a_change_of_zone_acts_from_the_next_period_and_leaves_no_overlap() {
        let utc = Calendar::new("UTC", 1).unwrap();
        let tokyo = Calendar::new("Asia/Tokyo", 1).unwrap();
        let noon = Instant::from_seconds(1_700_000_000);
        let today = utc.span(Period::Day, noon).unwrap();
        let spans = PeriodSpans { open: vec![today], made: 1 };
        // In Tokyo the day after began nine hours before UTC's ended.
        let next = spans.next(&tokyo, Period::Day, today.1).unwrap();
        let tokyos = tokyo.span(Period::Day, today.1).unwrap();
        assert!(tokyos.0 < today.1);
        assert_eq!(next, (today.1, tokyos.1));
        // And the day before, asked for late, ends where today's account begins.
        let before = Instant::from_micros(today.0.micros() - 1);
        let late = spans.next(&tokyo, Period::Day, before).unwrap();
        assert_eq!(late.1, today.0);
    }
}
