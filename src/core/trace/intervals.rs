//! The usual interval between the rows of a trace.

use std::time::Duration;

use crate::core::duration::REFRESH;
use crate::core::time::longest_pause;

/// The refresh interval to take for a trace with these pauses between its rows: that of their median. `None` where the rows come
/// about as often as `refresh`, or more seldom than any refresh interval allows for.
pub fn interval_of(pauses: Vec<Duration>, refresh: Duration) -> Option<Duration> {
    let median = median(pauses)?;
    (median > longest_pause(refresh, refresh) / 2).then(|| interval_for(median)).flatten()
}

/// The pause in the middle, by length; `None` without any.
pub fn median(mut pauses: Vec<Duration>) -> Option<Duration> {
    pauses.sort_unstable();
    pauses.get(pauses.len() / 2).copied()
}

/// Whether the interval for pauses like `one` is about right for those like `other`: neither makes the other a gap, or there is
/// none for either.
pub fn suits(one: Duration, other: Duration) -> bool {
    match (interval_for(one), interval_for(other)) {
        (Some(for_one), Some(for_other)) => {
            other <= longest_pause(for_one, for_one) && one <= longest_pause(for_other, for_other)
        }
        (for_one, for_other) => for_one == for_other,
    }
}

/// The refresh interval for rows that are so far apart: the pause itself, rounded up to a second, for rows may come late. `None`
/// where even the longest makes such pauses gaps.
pub fn interval_for(pause: Duration) -> Option<Duration> {
    let whole = Duration::from_secs(pause.as_secs() + u64::from(pause.subsec_nanos() > 0));
    let interval = whole.clamp(REFRESH.min, REFRESH.max);
    (pause <= longest_pause(interval, interval)).then_some(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: &[f64]) -> Option<u64> {
        let pauses = seconds.iter().map(|s| Duration::from_secs_f64(*s)).collect();
        interval_of(pauses, Duration::from_secs(2)).map(|interval| interval.as_secs())
    }

    #[test]
    fn the_interval_is_the_median_pause_where_the_rows_are_far_apart() {
        assert_eq!(of(&[60.0, 61.0, 61.0, 61.0]), Some(61));
        assert_eq!(of(&[60.2, 60.2, 80_000.0]), Some(61), "a night is no interval");
        assert_eq!(of(&[2.0, 2.0, 60.0]), None);
        assert_eq!(of(&[3.0]), None, "rows that come a little late");
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn an_interval_suits_pauses_that_are_about_as_long() {
        for (one, other, is_suitable) in [
            (60, 61, true),
            (60, 180, true),
            (60, 181, false),
            (300, 60, false),
            (10_800, 20_000, false),
            (20_000, 30_000, true),
        ] {
            let [one, other] = [one, other].map(Duration::from_secs);
            assert_eq!((suits(one, other), suits(other, one)), (is_suitable, is_suitable), "{one:?} {other:?}");
        }
    }

    #[test]
    fn rows_about_an_hour_apart_are_within_three_of_the_longest_intervals() {
        assert_eq!(of(&[3_600.0, 3_601.0, 3_602.0]), Some(3_600));
        assert_eq!(of(&[10_800.0]), Some(3_600));
        assert_eq!(of(&[10_801.0]), None);
    }
}
