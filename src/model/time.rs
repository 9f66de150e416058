//! Time as a parameter: both clocks at one moment, given to everything that decides.

use std::time::Duration;

use jiff::{SignedDuration, Zoned};

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
    /// Whether more than `limit` lies between two readings on either clock: the machine slept, or Loadline was
    /// stopped. A wall clock that was set back is no gap: the monotonic clock then tells how long it was.
    pub fn is_gap_since(&self, earlier: &Now, limit: Duration) -> bool {
        let wall = self.wall.timestamp().duration_since(earlier.wall.timestamp());
        let limit_on_the_wall = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
        self.elapsed.saturating_sub(earlier.elapsed) > limit || wall > limit_on_the_wall
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{Timestamp, tz::TimeZone};

    fn at(elapsed_s: u64, wall_s: i64) -> Now {
        let wall = Timestamp::from_second(wall_s).unwrap().to_zoned(TimeZone::UTC);
        Now { elapsed: Duration::from_secs(elapsed_s), wall }
    }

    #[test]
    fn a_gap_on_either_clock_is_a_gap() {
        let limit = Duration::from_secs(6);
        let start = at(100, 1_000);
        assert!(!at(106, 1_006).is_gap_since(&start, limit));
        assert!(at(107, 1_007).is_gap_since(&start, limit), "a stopped process");
        assert!(at(102, 30_000).is_gap_since(&start, limit), "a machine that slept: only the wall clock went on");
        assert!(!at(102, 10).is_gap_since(&start, limit), "a clock that was set back");
        assert!(at(107, 1_000).is_gap_since(&start, limit), "a clock that was set back while the process was stopped");
    }
}
