//! Time as a parameter: both clocks at one moment, given to everything that decides.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};

/// How many refresh intervals may lie between two readings. What is longer is a gap.
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
    /// back is no gap: the monotonic clock then tells how long it was.
    pub fn is_gap_since(&self, earlier: &Now, refresh_before: Duration, refresh: Duration) -> bool {
        let limit = longest_pause(refresh_before, refresh);
        let wall = self.wall.timestamp().duration_since(earlier.wall.timestamp());
        let limit_on_the_wall = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
        self.elapsed.saturating_sub(earlier.elapsed) > limit || wall > limit_on_the_wall
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn at(elapsed_s: u64, wall_s: i64) -> Now {
        let wall = Timestamp::from_second(wall_s).unwrap().to_zoned(TimeZone::UTC);
        Now { elapsed: Duration::from_secs(elapsed_s), wall }
    }

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
}
