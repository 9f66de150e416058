//! The growth of swap in use within a time window.

use std::collections::VecDeque;
use std::time::Duration;

/// The window is divided into so many parts, with one value for each.
const PARTS: u32 = 60;

/// The swap in use, as far back as the window reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SwapHistory {
    /// The start of each part and its lowest value in bytes, the oldest first.
    lows: VecDeque<(Duration, u64)>,
    /// The first reading since the last gap.
    since: Option<Duration>,
}

impl SwapHistory {
    /// Adds a reading, and returns the growth in bytes since the lowest value within the window. A gap forgets everything
    /// before it: nothing is known about the time between.
    pub fn grown(&mut self, used_bytes: u64, at: Duration, within: Duration, after_gap: bool) -> u64 {
        if after_gap {
            self.clear();
        }
        self.since.get_or_insert(at);
        while self.lows.front().is_some_and(|(begun, _)| at.saturating_sub(*begun) > within) {
            self.lows.pop_front();
        }
        match self.lows.back_mut() {
            Some((begun, low)) if at.saturating_sub(*begun) < within / PARTS => *low = used_bytes.min(*low),
            _ => self.lows.push_back((at, used_bytes)),
        }
        let lowest = self.lows.iter().map(|(_, low)| *low).min();
        lowest.map_or(0, |lowest| used_bytes.saturating_sub(lowest))
    }

    /// Whether readings without a gap cover the whole window.
    pub fn covers(&self, at: Duration, within: Duration) -> bool {
        self.since.is_some_and(|since| at.saturating_sub(since) >= within)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = SwapHistory::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHIN: Duration = Duration::from_secs(600);

    /// The growth at each of these readings, each so many seconds after the start.
    fn grown(readings: &[(u64, u64)]) -> Vec<u64> {
        let mut history = SwapHistory::default();
        readings.iter().map(|&(at, used)| history.grown(used, Duration::from_secs(at), WITHIN, false)).collect()
    }

    #[test]
    fn growth_is_counted_from_the_lowest_value_in_the_window() {
        assert_eq!(grown(&[(0, 500), (60, 700), (120, 400), (180, 900)]), [0, 200, 0, 500]);
        assert_eq!(
            grown(&[(0, 100), (300, 400), (601, 400), (900, 450)]),
            [0, 300, 0, 50],
            "the low of 100 is outside the window"
        );
    }

    #[test]
    fn a_gap_forgets_the_values_before_it() {
        let mut history = SwapHistory::default();
        history.grown(100, Duration::from_secs(0), WITHIN, false);
        assert_eq!(history.grown(900, Duration::from_secs(10), WITHIN, true), 0);
        assert!(!history.covers(Duration::from_secs(609), WITHIN));
        assert!(history.covers(Duration::from_secs(610), WITHIN));
    }

    #[test]
    fn many_readings_take_constant_room() {
        let mut history = SwapHistory::default();
        for tick in 0..10_000u64 {
            history.grown(tick, Duration::from_millis(tick * 250), WITHIN, false);
        }
        assert!(history.lows.len() <= PARTS as usize + 2, "{}", history.lows.len());
    }
}
