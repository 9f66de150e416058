//! Readings in a row without a value: how many of them break a run, and how many make the value unknown for too long.

use std::time::Duration;

/// A value that has been unknown for so long, and for [`UNKNOWN_READINGS`], ends its alert and is a problem.
const UNKNOWN_LIMIT: Duration = Duration::from_secs(60);
/// At long refresh intervals one failed read, which costs two percentages, is longer than the limit.
const UNKNOWN_READINGS: u32 = 3;
/// Values that are so far apart, with [`UNKNOWN_READINGS`] between them, are a gap, as if there had been no readings
/// between them. Some machines bring their counters up to date every five seconds, whatever the refresh interval.
const UNKNOWN_PAUSE: Duration = Duration::from_secs(6);

/// The latest readings, as far as they have no value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UnknownRun {
    /// The times of the first and the latest on the monotonic clock; `None` where the latest reading has a value.
    span: Option<(Duration, Duration)>,
    readings: u32,
    /// The time of the last reading that had a value.
    known_at: Option<Duration>,
}

impl UnknownRun {
    /// Takes one reading, or the latest one again. Returns whether the value has been unknown for too long.
    pub fn is_too_long(&mut self, is_known: bool, at: Duration) -> bool {
        if is_known {
            *self = UnknownRun { known_at: Some(at), ..UnknownRun::default() };
            return false;
        }
        let (first, latest) = self.span.unwrap_or((at, at));
        if self.readings == 0 || at > latest {
            self.readings = self.readings.saturating_add(1);
        }
        self.span = Some((first, at));
        self.readings >= UNKNOWN_READINGS && at.saturating_sub(first) >= UNKNOWN_LIMIT
    }

    /// Whether so many readings had no value that nothing is known about the time between.
    pub fn is_gap(&self) -> bool {
        let Some((first, latest)) = self.span else { return false };
        let pause = latest.saturating_sub(self.known_at.unwrap_or(first));
        self.readings >= UNKNOWN_READINGS && pause >= UNKNOWN_PAUSE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of unknown readings in a row that are too many, one every so many seconds.
    fn too_many(interval_s: u64) -> u64 {
        let mut run = UnknownRun::default();
        let mut is_too_long = |reading: &u64| run.is_too_long(false, Duration::from_secs(reading * interval_s));
        (0..1000).find(|reading| is_too_long(reading)).unwrap() + 1
    }

    #[test]
    fn a_minute_and_three_readings_are_too_long() {
        assert_eq!([1, 2, 29, 30, 60, 600].map(too_many), [61, 31, 4, 3, 3, 3]);
    }

    #[test]
    fn a_few_unknown_readings_are_no_gap() {
        // The number of unknown readings that make a gap, at these refresh intervals.
        for (interval_ms, gap) in [(250, 24), (1_000, 6), (2_000, 3), (5_000, 3), (60_000, 3)] {
            let mut run = UnknownRun::default();
            run.is_too_long(true, Duration::ZERO);
            let first = (1..100).find(|reading| {
                run.is_too_long(false, Duration::from_millis(reading * interval_ms));
                run.is_gap()
            });
            assert_eq!(first, Some(gap), "{interval_ms} ms");
            run.is_too_long(true, Duration::from_secs(6_000));
            assert!(!run.is_gap());
        }
    }

    #[test]
    fn a_value_and_the_same_reading_again_do_not_count() {
        let mut run = UnknownRun::default();
        let mut unknown = |known: bool, second: u64| run.is_too_long(known, Duration::from_secs(second));
        assert!(!unknown(false, 0) && !unknown(false, 60) && !unknown(false, 60) && unknown(false, 120));
        assert!(!unknown(true, 180) && !unknown(false, 240) && !unknown(false, 300) && unknown(false, 360));
    }
}
