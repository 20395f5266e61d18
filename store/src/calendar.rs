//! When an organisation's periods begin and end.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use ledger::{Instant, Period};

/// An organisation's calendar: its time zone and the anchor day of its billing cycle.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    anchor_day: i8,
}

/// A calendar that cannot be, or an instant beyond it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not the IANA name of a time zone.
    #[error("there is no time zone `{0}`")]
    UnknownZone(String),
    /// Not a day of a month.
    #[error("the anchor day is 1 to 31, not {0}")]
    AnchorDay(u8),
    /// An instant outside the years -9999 to 9999.
    #[error("the instant is beyond the calendar")]
    OutOfRange,
}

impl Calendar {
    /// The calendar of a time zone and an anchor day from 1 to 31.
    ///
    /// # Errors
    /// [`CalendarError::UnknownZone`], [`CalendarError::AnchorDay`].
    pub fn new(zone: &str, anchor_day: u8) -> Result<Self, CalendarError> {
        let unknown = |_| CalendarError::UnknownZone(zone.to_owned());
        let anchor = i8::try_from(anchor_day).ok().filter(|day| (1..=31).contains(day));
        Ok(Self {
            zone: TimeZone::get(zone).map_err(unknown)?,
            anchor_day: anchor.ok_or(CalendarError::AnchorDay(anchor_day))?,
        })
    }

    /// The period that contains an instant: its first instant and the first one after it.
    ///
    /// # Errors
    /// [`CalendarError::OutOfRange`] for an instant that no calendar has.
    pub fn span(&self, period: Period, at: Instant) -> Result<(Instant, Instant), CalendarError> {
        let out_of_range = |_: jiff::Error| CalendarError::OutOfRange;
        let at = Timestamp::from_microsecond(at.micros()).map_err(out_of_range)?;
        let day = at.to_zoned(self.zone.clone()).date();
        let (first, next) = match period {
            Period::Day => (day, day.checked_add(1.day())),
            Period::Week => {
                let back = day.weekday().since(Weekday::Monday);
                let first = day.checked_sub(i32::from(back).days()).map_err(out_of_range)?;
                (first, first.checked_add(7.days()))
            }
            Period::Month => (day.first_of_month(), day.first_of_month().checked_add(1.month())),
            Period::Cycle => self.cycle(day).map_err(out_of_range)?,
            Period::Total => return Ok((Instant::MIN, Instant::MAX)),
        };
        let next = next.map_err(out_of_range)?;
        Ok((self.begin(first).map_err(out_of_range)?, self.begin(next).map_err(out_of_range)?))
    }

    /// The cycle of a day: always counted from the anchor, which short months clamp.
    fn cycle(&self, day: Date) -> Result<(Date, Result<Date, jiff::Error>), jiff::Error> {
        let anchor =
            |month: Date| month.with().day(self.anchor_day.min(month.days_in_month())).build();
        let month = day.first_of_month();
        if anchor(month)? <= day {
            Ok((anchor(month)?, month.checked_add(1.month()).and_then(anchor)))
        } else {
            Ok((month.checked_sub(1.month()).and_then(anchor)?, anchor(month)))
        }
    }

    /// The first instant of a day, which is not midnight where the clock skips it.
    fn begin(&self, day: Date) -> Result<Instant, jiff::Error> {
        let begin = day.to_zoned(self.zone.clone())?.start_of_day()?;
        Ok(Instant::from_micros(begin.timestamp().as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::from_micros(text.parse::<Timestamp>().unwrap().as_microsecond())
    }

    #[track_caller]
    fn check(zone: &str, anchor: u8, period: Period, now: &str, span: (&str, &str)) {
        let calendar = Calendar::new(zone, anchor).unwrap();
        assert_eq!(calendar.span(period, at(now)), Ok((at(span.0), at(span.1))));
    }

    #[test]
    fn periods_turn_in_the_organisations_own_zone() {
        let berlin = "Europe/Berlin";
        let late = "2026-11-22T23:30:00Z";
        check(berlin, 1, Period::Day, late, ("2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"));
        check("UTC", 1, Period::Day, late, ("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"));
        check(berlin, 1, Period::Week, late, ("2026-11-22T23:00:00Z", "2026-11-29T23:00:00Z"));
        check(berlin, 1, Period::Month, late, ("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"));
    }

    #[test]
    fn a_day_of_the_clock_change_is_an_hour_longer() {
        let (from, to) = ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
        check("Europe/Berlin", 1, Period::Day, "2026-10-25T12:00:00Z", (from, to));
    }

    #[test]
    fn an_anchor_that_a_month_lacks_is_clamped_and_comes_back() {
        let cycle = |now, span| check("UTC", 31, Period::Cycle, now, span);
        cycle("2026-02-15T00:00:00Z", ("2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"));
        cycle("2026-02-28T00:00:00Z", ("2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"));
        cycle("2026-03-31T10:00:00Z", ("2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z"));
    }

    #[test]
    fn a_period_begins_where_the_one_before_it_ends() {
        let calendar = Calendar::new("America/Santiago", 30).unwrap();
        for period in [Period::Day, Period::Week, Period::Month, Period::Cycle] {
            let (_, end) = calendar.span(period, at("2026-01-29T12:00:00Z")).unwrap();
            let mut end = end;
            for _ in 0..40 {
                let (start, next) = calendar.span(period, end).unwrap();
                assert_eq!(start, end, "{period:?}");
                assert!(start < next);
                end = next;
            }
        }
    }

    #[test]
    fn a_calendar_that_cannot_be_is_refused() {
        assert!(matches!(Calendar::new("Mars/Base", 1), Err(CalendarError::UnknownZone(_))));
        assert!(matches!(Calendar::new("UTC", 0), Err(CalendarError::AnchorDay(0))));
        assert!(matches!(Calendar::new("UTC", 32), Err(CalendarError::AnchorDay(32))));
    }
}
