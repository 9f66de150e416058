//! By how much swap in use has grown lately.

use std::collections::VecDeque;
use std::time::Duration;

/// Into how many parts the time that is looked at is divided: more than one value is kept of none of them.
const PARTS: u32 = 60;

/// What swap in use was, as far back as the rule looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SwapHistory {
    /// The least of each part, and when that part began; the oldest first.
    lows: VecDeque<(Duration, u64)>,
    /// Since when it has been looked at without a gap.
    since: Option<Duration>,
}

impl SwapHistory {
    /// Takes a reading, and answers by how much swap has grown since it was least in the last `within`, bytes. After a gap
    /// everything before it is forgotten: it tells nothing about the time between.
    pub fn grown(&mut self, used_bytes: u64, at: Duration, within: Duration, after_gap: bool) -> u64 {
        if after_gap {
            self.clear();
        }
        self.since.get_or_insert(at);
        while self.lows.front().is_some_and(|(begun, _)| at.saturating_sub(*begun) > within) {
            self.lows.pop_front();
        }
        match self.lows.back_mut() {
            Some((begun, least)) if at.saturating_sub(*begun) < within / PARTS => *least = used_bytes.min(*least),
            _ => self.lows.push_back((at, used_bytes)),
        }
        let least = self.lows.iter().map(|(_, least)| *least).min();
        least.map_or(0, |least| used_bytes.saturating_sub(least))
    }

    /// Whether all of the last `within` has been looked at.
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

    /// What is answered to these readings, each so many seconds after the start.
    fn grown(readings: &[(u64, u64)]) -> Vec<u64> {
        let mut history = SwapHistory::default();
        readings.iter().map(|&(at, used)| history.grown(used, Duration::from_secs(at), WITHIN, false)).collect()
    }

    #[test]
    fn growth_is_counted_from_the_least_of_the_time_looked_at() {
        assert_eq!(grown(&[(0, 500), (60, 700), (120, 400), (180, 900)]), [0, 200, 0, 500]);
        assert_eq!(grown(&[(0, 100), (300, 400), (601, 400), (900, 450)]), [0, 300, 0, 50], "what is long ago is over");
    }

    #[test]
    fn a_gap_begins_anew() {
        let mut history = SwapHistory::default();
        history.grown(100, Duration::from_secs(0), WITHIN, false);
        assert_eq!(history.grown(900, Duration::from_secs(10), WITHIN, true), 0);
        assert!(!history.covers(Duration::from_secs(609), WITHIN));
        assert!(history.covers(Duration::from_secs(610), WITHIN));
    }

    #[test]
    fn little_is_kept_of_many_readings() {
        let mut history = SwapHistory::default();
        for tick in 0..10_000u64 {
            history.grown(tick, Duration::from_millis(tick * 250), WITHIN, false);
        }
        assert!(history.lows.len() <= PARTS as usize + 2, "{}", history.lows.len());
    }
}
