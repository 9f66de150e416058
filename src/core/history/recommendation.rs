//! Recommends a threshold: the lowest that would have alerted at most once on any day, without firing most of the time.

use std::time::Duration;

use super::threshold_stats::ThresholdStats;
use crate::core::metrics::metric::{Metric, Threshold};

const MAX_ALERTS_PER_DAY: usize = 1;
/// One part in this many of the time: an alert that fires for longer is no alert but a state.
const MAX_FIRING_SHARE: u32 = 4;

/// Whether a threshold's alert would have fired for so long, in a time of `recorded`, that it means nothing.
pub fn fires_too_long(stats: &ThresholdStats, recorded: Duration) -> bool {
    stats.firing > recorded / MAX_FIRING_SHARE
}

/// The recommendation for one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recommendation {
    pub metric: Metric,
    pub recommended: Recommended,
    /// The time with readings.
    pub recorded: Duration,
    pub current: Threshold,
    /// `None` where the current threshold is off, or was not backtested.
    pub current_stats: Option<ThresholdStats>,
}

/// The threshold that a backtest recommends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recommended {
    Use {
        stats: ThresholdStats,
        /// Those of the next lower threshold, which is not acceptable; `None` for the lowest.
        lower: Option<ThresholdStats>,
    },
    /// Even the highest threshold, this one, would have alerted too often.
    TooOften(ThresholdStats),
}

impl Recommended {
    /// The statistics of the recommended threshold, or of the highest.
    pub fn stats(&self) -> &ThresholdStats {
        match self {
            Recommended::Use { stats, .. } | Recommended::TooOften(stats) => stats,
        }
    }
}

impl Recommendation {
    /// The recommendation by the statistics of all thresholds, the lowest first, in a time of `recorded`; `None` without any.
    pub fn of(metric: Metric, all: &[ThresholdStats], recorded: Duration, current: Threshold) -> Option<Self> {
        // The lowest threshold such that it and all above are acceptable: a threshold below the machine's usual load fires once,
        // and never again.
        let is_too_low =
            |stats: &ThresholdStats| stats.max_per_day > MAX_ALERTS_PER_DAY || fires_too_long(stats, recorded);
        let best = all.iter().rposition(is_too_low).map_or(0, |worst| worst + 1);
        let recommended = match all.get(best) {
            Some(stats) => Recommended::Use { stats: *stats, lower: best.checked_sub(1).map(|lower| all[lower]) },
            None => Recommended::TooOften(*all.last()?),
        };
        let current_stats = all.iter().find(|stats| Threshold::Above(stats.above) == current).copied();
        Some(Recommendation { metric, recommended, recorded, current, current_stats })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::metric::Percent;

    const RECORDED: Duration = Duration::from_secs(7 * 86_400);

    /// Thresholds from 50 on: the alerts of each on its busiest day, and for how many hours it fired.
    fn recommended(all: &[(usize, u64)]) -> Option<u8> {
        let stats = all.iter().zip((50..).step_by(5)).map(|(&(max_per_day, hours), above)| ThresholdStats {
            above: Percent::new(above).unwrap(),
            alerts: max_per_day * 3,
            max_per_day,
            firing: Duration::from_secs(hours * 3600),
            busiest_day: None,
        });
        let stats: Vec<ThresholdStats> = stats.collect();
        match Recommendation::of(Metric::Cpu, &stats, RECORDED, Threshold::Off)?.recommended {
            Recommended::Use { stats, .. } => Some(stats.above.get()),
            Recommended::TooOften(_) => None,
        }
    }

    #[test]
    fn the_lowest_threshold_is_recommended_such_that_it_and_all_above_are_acceptable() {
        assert_eq!(recommended(&[(9, 5), (2, 3), (1, 1), (0, 0)]), Some(60));
        assert_eq!(recommended(&[(1, 1), (0, 0)]), Some(50));
        assert_eq!(recommended(&[(9, 5), (2, 5)]), None);
        assert_eq!(recommended(&[]), None);
    }

    #[test]
    fn a_threshold_below_the_usual_load_is_not_recommended() {
        assert_eq!(recommended(&[(1, 168), (1, 160), (12, 20), (0, 0)]), Some(65));
        assert_eq!(recommended(&[(1, 168), (1, 100), (0, 0)]), Some(60), "a memory that stands at 58 %");
    }
}
