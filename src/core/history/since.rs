//! The value of `--since`: a length of time before now, or a date.

use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::{Span, Timestamp, Zoned};

use crate::core::text::input_errors;

/// The beginning of a time that ends now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Since {
    /// This long before now.
    Before(Ago),
    /// By the wall clock.
    Wall(DateTime),
    Moment(Timestamp),
}

/// A length of time before now, longer than zero. A day is a day of the calendar: 23 to 25 hours.
#[derive(Clone, Copy, Debug)]
pub struct Ago(Span);

impl PartialEq for Ago {
    fn eq(&self, other: &Ago) -> bool {
        self.0.fieldwise() == other.0.fieldwise()
    }
}

impl FromStr for Since {
    type Err = String;

    /// `24h`, `7d`, `2026-11-22`, `2026-11-22T14:00`, `2026-11-22T13:00:00Z`. The error goes behind the offending text.
    fn from_str(text: &str) -> Result<Since, String> {
        let text = text.trim();
        let is_span = text.starts_with(|first: char| first.is_ascii_digit());
        if is_span && let Ok(span) = text.parse::<Span>() {
            let since = span.is_positive().then_some(Since::Before(Ago(span)));
            return since.ok_or_else(|| input_errors::NO_TIME.into());
        }
        let since = text.parse().map(Since::Moment).or_else(|_| text.parse().map(Since::Wall));
        since.map_err(|_| input_errors::NOT_A_TIME_OR_DATE.into())
    }
}

impl Since {
    /// `hours` before now.
    pub fn hours(hours: i32) -> Since {
        Since::Before(Ago(Span::new().hours(hours)))
    }

    /// `days` before now.
    pub fn days(days: i32) -> Since {
        Since::Before(Ago(Span::new().days(days)))
    }

    /// The moment, counted from `now`; the earliest there is where the calendar does not reach so far.
    pub fn moment(self, now: &Zoned) -> Timestamp {
        match self {
            Since::Before(Ago(span)) => now.checked_sub(span).map_or(Timestamp::MIN, |then| then.timestamp()),
            Since::Wall(wall) => wall.to_zoned(now.time_zone().clone()).map_or(Timestamp::MIN, |then| then.timestamp()),
            Since::Moment(moment) => moment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> String {
        let now: Zoned = "2026-11-02T12:00:00[America/New_York]".parse().unwrap();
        text.parse::<Since>().unwrap().moment(&now).to_string()
    }

    #[test]
    fn lengths_of_time_and_dates_are_read() {
        assert_eq!(moment("24h"), "2026-11-01T17:00:00Z");
        assert_eq!(moment("1h30m"), "2026-11-02T15:30:00Z");
        assert_eq!(moment("7d"), "2026-10-26T16:00:00Z", "noon, on summer time");
        assert_eq!(moment("2w"), "2026-10-19T16:00:00Z");
        assert_eq!(moment("2026-10-20"), "2026-10-20T04:00:00Z");
        assert_eq!(moment("2026-11-02T03:00"), "2026-11-02T08:00:00Z");
        assert_eq!(moment("2026-11-02T03:00:00Z"), "2026-11-02T03:00:00Z");
        assert_eq!(moment("2026-11-02T03:00:00+01:00"), "2026-11-02T02:00:00Z");
        assert_eq!(moment("15000y"), Timestamp::MIN.to_string());
    }

    #[test]
    fn other_texts_are_errors_with_the_way_out() {
        for text in ["", "yesterday", "7", "-7d", "2026-13-01", "24x"] {
            let wrong = text.parse::<Since>().unwrap_err();
            assert!(
                wrong.starts_with("is neither a length of time nor a date: give a length of time such as 24h"),
                "{wrong}"
            );
        }
        assert!("0h".parse::<Since>().unwrap_err().starts_with("is no time at all"));
    }

    #[test]
    fn hours_and_days_equal_their_text_forms() {
        assert_eq!(Since::hours(24), "24h".parse().unwrap());
        assert_eq!(Since::days(7), "7d".parse().unwrap());
    }
}
