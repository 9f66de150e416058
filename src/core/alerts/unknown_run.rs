//! Readings in a row without a value: how many of them make the value unknown for too long.

use std::time::Duration;

/// A value that has been unknown for so long, and for [`UNKNOWN_READINGS`], ends its alert and is a problem.
const UNKNOWN_LIMIT: Duration = Duration::from_secs(60);
/// At long refresh intervals one failed read, which costs two percentages, is longer than the limit.
const UNKNOWN_READINGS: u32 = 3;

/// The latest readings, as far as they have no value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UnknownRun {
    /// The times of the first and the latest on the monotonic clock; `None` where the latest reading has a value.
    span: Option<(Duration, Duration)>,
    readings: u32,
}

impl UnknownRun {
    /// Takes one reading, or the latest one again. Returns whether the value has been unknown for too long.
    pub fn is_too_long(&mut self, is_known: bool, at: Duration) -> bool {
        if is_known {
            *self = UnknownRun::default();
            return false;
        }
        let (first, latest) = self.span.unwrap_or((at, at));
        if self.readings == 0 || at > latest {
            self.readings = self.readings.saturating_add(1);
        }
        self.span = Some((first, at));
        self.readings >= UNKNOWN_READINGS && at.saturating_sub(first) >= UNKNOWN_LIMIT
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
    fn a_value_and_the_same_reading_again_do_not_count() {
        let mut run = UnknownRun::default();
        let mut unknown = |known: bool, second: u64| run.is_too_long(known, Duration::from_secs(second));
        assert!(!unknown(false, 0) && !unknown(false, 60) && !unknown(false, 60) && unknown(false, 120));
        assert!(!unknown(true, 180) && !unknown(false, 240) && !unknown(false, 300) && unknown(false, 360));
    }
}
