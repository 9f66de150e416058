//! Quiet hours: the same span of every day, by the wall clock.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;

use crate::core::text::input_errors;

/// From one time of the day to another, across midnight where the end is earlier. The two differ.
///
/// The person's clock counts: on the day on which an hour comes twice both are quiet if one is, and on the day on which an
/// hour is left out the quiet is shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    to: Time,
}

impl QuietHours {
    /// Whether `time` is within the quiet hours. The end is not.
    pub fn contain(self, time: Time) -> bool {
        if self.from <= self.to { (self.from..self.to).contains(&time) } else { time >= self.from || time < self.to }
    }

    /// The time of the day at which they end.
    pub fn end(self) -> Time {
        self.to
    }
}

impl fmt::Display for QuietHours {
    /// `22:00-07:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

impl FromStr for QuietHours {
    type Err = &'static str;

    /// Parses `22:00-07:00`. The error says what is wrong and the way out, and is meant to follow the offending text.
    fn from_str(text: &str) -> Result<QuietHours, &'static str> {
        let wrong = input_errors::NOT_QUIET_HOURS;
        let time = |text: &str| parse_time(text.trim()).ok_or(wrong);
        let (from, to) = text.split_once('-').ok_or(wrong)?;
        let (from, to) = (time(from)?, time(to)?);
        if from == to { Err(input_errors::NEVER_QUIET) } else { Ok(QuietHours { from, to }) }
    }
}

/// A time of the day such as `22:00` or `7:30`. Not by jiff's parser of patterns, which nothing else needs.
fn parse_time(text: &str) -> Option<Time> {
    let number = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let (hour, minute) = text.split_once(':')?;
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{Timestamp, tz::TimeZone};

    #[test]
    fn quiet_hours_survive_parsing_and_writing() {
        for text in ["22:00-07:00", "00:00-06:30", "13:05-13:06"] {
            assert_eq!(text.parse::<QuietHours>().unwrap().to_string(), text);
        }
        let hours: QuietHours = " 9:00 - 17:00 ".parse().unwrap();
        assert_eq!((hours.to_string().as_str(), hours.end()), ("09:00-17:00", jiff::civil::time(17, 0, 0, 0)));
        for text in [
            "",
            "22:00",
            "22-07",
            "24:00-07:00",
            "22:60-07:00",
            "ten-six",
            "22:00-07:00-09:00",
            "+7:00-9:00",
            "22:-7:00",
            "10:00:00-11:00",
            "256:00-07:00",
        ] {
            assert_eq!(
                text.parse::<QuietHours>(),
                Err("is not a span of the day: write it as 22:00-07:00, or null"),
                "{text}"
            );
        }
        assert_eq!(
            "07:00-07:00".parse::<QuietHours>(),
            Err("is never quiet: let it end at another time than it begins")
        );
    }

    /// Whether it is quiet at a moment, given in UTC, in the time zone of a place.
    fn is_quiet(hours: &str, zone: &str, moment: &str) -> bool {
        let now = moment.parse::<Timestamp>().unwrap().to_zoned(TimeZone::posix(zone).unwrap());
        hours.parse::<QuietHours>().unwrap().contain(now.time())
    }

    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
    const NEW_YORK: &str = "EST5EDT,M3.2.0,M11.1.0";
    /// The clock moves by half an hour.
    const LORD_HOWE: &str = "LHST-10:30LHDT-11,M10.1.0,M4.1.0";

    #[test]
    fn quiet_hours_cross_midnight() {
        for (moment, expected) in [
            ("2026-11-22T20:59:59Z", false),
            ("2026-11-22T21:00:00Z", true),
            ("2026-11-22T23:00:00Z", true),
            ("2026-11-23T05:59:59Z", true),
            ("2026-11-23T06:00:00Z", false),
        ] {
            assert_eq!(is_quiet("22:00-07:00", BERLIN, moment), expected, "{moment}");
        }
        assert!(is_quiet("09:00-17:00", NEW_YORK, "2026-11-22T14:00:00Z"));
        assert!(!is_quiet("09:00-17:00", NEW_YORK, "2026-11-22T22:00:00Z"));
    }

    #[test]
    fn quiet_hours_follow_the_clock_when_it_changes() {
        for (hours, zone, moment, expected) in [
            // Spring: 02:00 becomes 03:00 at 01:00Z. The same hour of the clock is an hour earlier from then on.
            ("22:00-07:00", BERLIN, "2026-03-28T05:59:00Z", true),
            ("22:00-07:00", BERLIN, "2026-03-29T04:59:00Z", true),
            ("22:00-07:00", BERLIN, "2026-03-29T05:00:00Z", false),
            // An end that is left out: over as soon as the clock is past it.
            ("22:00-02:30", BERLIN, "2026-03-29T00:59:59Z", true),
            ("22:00-02:30", BERLIN, "2026-03-29T01:00:00Z", false),
            // A beginning that is left out.
            ("02:30-06:00", BERLIN, "2026-03-29T00:59:59Z", false),
            ("02:30-06:00", BERLIN, "2026-03-29T01:00:00Z", true),
            // Autumn: 03:00 becomes 02:00 at 01:00Z. Both hours from 2 to 3 are alike.
            ("22:00-07:00", BERLIN, "2026-10-25T05:59:00Z", true),
            ("22:00-07:00", BERLIN, "2026-10-25T06:00:00Z", false),
            ("02:00-03:00", BERLIN, "2026-10-25T00:30:00Z", true),
            ("02:00-03:00", BERLIN, "2026-10-25T01:30:00Z", true),
            ("02:00-03:00", BERLIN, "2026-10-25T02:00:00Z", false),
            ("01:00-02:00", NEW_YORK, "2026-11-01T05:30:00Z", true),
            ("01:00-02:00", NEW_YORK, "2026-11-01T06:30:00Z", true),
            ("01:00-02:00", NEW_YORK, "2026-11-01T07:00:00Z", false),
            ("22:00-07:00", LORD_HOWE, "2026-10-03T15:29:00Z", true),
            ("01:45-02:15", LORD_HOWE, "2026-10-03T15:29:00Z", true),
            ("01:45-02:15", LORD_HOWE, "2026-10-03T15:30:00Z", false),
        ] {
            assert_eq!(is_quiet(hours, zone, moment), expected, "{hours} at {moment}");
        }
    }
}
