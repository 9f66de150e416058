//! Time as a parameter: both clocks at one moment, gaps between readings, local time, and how people write the time of day.

use std::time::Duration;

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp, Zoned};

/// A pause of more refresh intervals than this between two readings is a gap.
const GAP_IN_REFRESHES: u32 = 3;

/// The longest pause between two readings that is no gap, by the refresh intervals in force at either.
pub fn longest_pause(refresh_before: Duration, refresh: Duration) -> Duration {
    refresh_before.max(refresh) * GAP_IN_REFRESHES
}

/// The time from one moment to a later one; zero where that is not later.
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// `at` on the wall clock of `now`: in the time zone in which times are shown.
pub fn local(at: Timestamp, now: &Zoned) -> Zoned {
    at.to_zoned(now.time_zone().clone())
}

/// One moment on both clocks.
///
/// `elapsed` is for arithmetic: it never goes back, and stands still while the machine sleeps.
/// `wall` is for people and for noticing that the machine slept: it may jump either way.
#[derive(Clone, Debug, PartialEq)]
pub struct Now {
    /// Time since some origin on the monotonic clock.
    pub elapsed: Duration,
    /// The wall clock, in the zone in which times are shown.
    pub wall: Zoned,
}

impl Now {
    /// Whether the pause since the reading before is a gap: longer than three refresh intervals on either clock, of those
    /// in force at either of the two readings. Then the machine slept, or Loadline was stopped. A wall clock that was set
    /// back is no gap by itself: the monotonic clock then measures the pause.
    pub fn is_gap_since(&self, earlier: &Now, refresh_before: Duration, refresh: Duration) -> bool {
        let limit = longest_pause(refresh_before, refresh);
        let wall = self.wall.timestamp().duration_since(earlier.wall.timestamp());
        let limit_on_the_wall = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
        self.elapsed.saturating_sub(earlier.elapsed) > limit || wall > limit_on_the_wall
    }
}

/// The way in which the tray writes a time of day: as the person's locale has it. The console and programs always get 24 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    #[default]
    Hours24,
    Hours12,
}

impl Clock {
    /// The clock of a Unicode date pattern such as `h:mm a` or `HH 'h' mm`, which has the locale's hours.
    ///
    /// Source: Unicode Technical Standard 35, part 4, "Date Field Symbol Table": `h` and `K` count to 12, `H` and `k` to 24;
    /// text between apostrophes is literal.
    pub fn of_pattern(pattern: &str) -> Clock {
        let has_12 = pattern.split('\'').step_by(2).any(|symbols| symbols.contains(['h', 'K']));
        if has_12 { Clock::Hours12 } else { Clock::Hours24 }
    }

    /// The clock of a locale which writes twenty to four in the afternoon as `afternoon`. `hours` are its ways to write the
    /// number 15, in each of its sets of digits.
    pub fn of_sample(afternoon: &str, hours: &[&str]) -> Clock {
        let has_24 = hours.iter().any(|hour| !hour.is_empty() && afternoon.contains(hour));
        if has_24 || afternoon.is_empty() { Clock::Hours24 } else { Clock::Hours12 }
    }

    /// A time of day: `15:40` or `3:40 PM`.
    pub fn time(self, time: Time) -> String {
        let format = match self {
            Clock::Hours24 => "%H:%M",
            Clock::Hours12 => "%-I:%M %p",
        };
        time.strftime(format).to_string()
    }
}

/// Both clocks, each at so many seconds, for tests.
#[cfg(test)]
pub fn now_at(elapsed_s: u64, wall_s: i64) -> Now {
    let wall = Timestamp::from_second(wall_s).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    Now { elapsed: Duration::from_secs(elapsed_s), wall }
}

#[cfg(test)]
mod tests {
    use super::now_at as at;
    use super::*;

    #[test]
    fn a_gap_on_either_clock_is_a_gap() {
        let is_gap = |now: Now, then: &Now| now.is_gap_since(then, Duration::from_secs(1), Duration::from_secs(2));
        let start = at(100, 1_000);
        assert!(!is_gap(at(106, 1_006), &start));
        assert!(is_gap(at(107, 1_007), &start), "a stopped process");
        assert!(is_gap(at(102, 30_000), &start), "a machine that slept: only the wall clock went on");
        assert!(!is_gap(at(102, 10), &start), "a clock that was set back");
        assert!(is_gap(at(107, 1_000), &start), "a clock that was set back while the process was stopped");
    }

    #[test]
    fn a_pattern_has_the_hours_of_its_symbols() {
        for (pattern, clock) in [
            ("h a", Clock::Hours12),
            ("h:mm\u{202f}a", Clock::Hours12),
            ("ah时", Clock::Hours12),
            ("Bh時", Clock::Hours12),
            ("aK時", Clock::Hours12),
            ("HH", Clock::Hours24),
            ("HH 'h'", Clock::Hours24),
            ("'kl'. HH", Clock::Hours24),
            ("k", Clock::Hours24),
            ("", Clock::Hours24),
        ] {
            assert_eq!(Clock::of_pattern(pattern), clock, "{pattern}");
        }
    }

    #[test]
    fn a_sample_without_its_hour_is_of_twelve_hours() {
        let of = |sample| Clock::of_sample(sample, &["15", "۱۵"]);
        assert_eq!([of("03:40:00 PM"), of("午後03時40分00秒")], [Clock::Hours12; 2]);
        assert_eq!([of("15:40:00"), of("15.40.00"), of("۱۵:۴۰:۰۰"), of("")], [Clock::Hours24; 4]);
    }

    #[test]
    fn noon_and_midnight_are_twelve() {
        let written = |hour| Clock::Hours12.time(Time::constant(hour, 5, 0, 0));
        assert_eq!(
            [0, 1, 11, 12, 13, 23].map(written),
            ["12:05 AM", "1:05 AM", "11:05 AM", "12:05 PM", "1:05 PM", "11:05 PM"]
        );
        assert_eq!(Clock::Hours24.time(Time::constant(0, 5, 0, 0)), "00:05");
    }
}
