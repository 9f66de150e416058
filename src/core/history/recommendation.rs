//! Which threshold is worth having: the lowest that would have told once on any day at the most, and not by standing above it
//! all the time.

use std::time::Duration;

use super::threshold_stats::ThresholdStats;
use crate::core::metrics::metric::{Metric, Threshold};

/// How often on one day is not too often.
const MAX_ALERTS_PER_DAY: usize = 1;
/// An alert that would have been on for more than one part in this many of the time is no alert but a state.
const MAX_FIRING_SHARE: u32 = 4;

/// Whether a threshold would have told seldom enough, in a time of `recorded`.
fn is_acceptable(told: &ThresholdStats, recorded: Duration) -> bool {
    told.max_per_day <= MAX_ALERTS_PER_DAY && !fires_too_long(told, recorded)
}

/// Whether its alert would have been on for so long that it says nothing.
pub fn fires_too_long(told: &ThresholdStats, recorded: Duration) -> bool {
    told.firing > recorded / MAX_FIRING_SHARE
}

/// What is advised for one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// For which.
    pub metric: Metric,
    /// What.
    pub recommended: Recommended,
    /// The time that readings tell of.
    pub recorded: Duration,
    /// The threshold in force.
    pub current: Threshold,
    /// What that would have told; `None` where it is off, or none of those that were tried.
    pub current_stats: Option<ThresholdStats>,
}

/// What came out of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recommended {
    /// This one.
    Use {
        /// What it would have told.
        stats: ThresholdStats,
        /// What the next lower one would have told; `None` where there is none.
        lower: Option<ThresholdStats>,
    },
    /// Even the highest would have told too often: this.
    TooOften(ThresholdStats),
}

impl Recommended {
    /// What the threshold that it is about would have told.
    pub fn stats(&self) -> &ThresholdStats {
        match self {
            Recommended::Use { stats: told, .. } | Recommended::TooOften(told) => told,
        }
    }
}

impl Recommendation {
    /// What is advised by `tried`, the lowest threshold first, in a time of `recorded`; `None` where none was tried.
    pub fn of(
        metric: Metric,
        tried: &[ThresholdStats],
        recorded: Duration,
        current: Threshold,
    ) -> Option<Recommendation> {
        // The lowest from which on all are: one below what the machine always does fires once, and never again.
        let best = tried.iter().rposition(|told| !is_acceptable(told, recorded)).map_or(0, |often| often + 1);
        let verdict = match tried.get(best) {
            Some(told) => Recommended::Use { stats: *told, lower: best.checked_sub(1).map(|lower| tried[lower]) },
            None => Recommended::TooOften(*tried.last()?),
        };
        let current_told = tried.iter().find(|told| Threshold::Above(told.above) == current).copied();
        Some(Recommendation { metric, recommended: verdict, recorded, current, current_stats: current_told })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::metric::Percent;

    const RECORDED: Duration = Duration::from_secs(7 * 86_400);

    /// Thresholds from 50 on: how often each told on its busiest day, and for how many hours it was on.
    fn advised(tried: &[(usize, u64)]) -> Option<u8> {
        let told = tried.iter().zip((50..).step_by(5)).map(|(&(most_on_a_day, hours), above)| ThresholdStats {
            above: Percent::new(above).unwrap(),
            alerts: most_on_a_day * 3,
            max_per_day: most_on_a_day,
            firing: Duration::from_secs(hours * 3600),
            busiest_day: None,
        });
        let told: Vec<ThresholdStats> = told.collect();
        match Recommendation::of(Metric::Cpu, &told, RECORDED, Threshold::Off)?.recommended {
            Recommended::Use { stats: told, .. } => Some(told.above.get()),
            Recommended::TooOften(_) => None,
        }
    }

    #[test]
    fn the_lowest_is_advised_from_which_on_all_are_seldom() {
        assert_eq!(advised(&[(9, 5), (2, 3), (1, 1), (0, 0)]), Some(60));
        assert_eq!(advised(&[(1, 1), (0, 0)]), Some(50));
        assert_eq!(advised(&[(9, 5), (2, 5)]), None);
        assert_eq!(advised(&[]), None);
    }

    #[test]
    fn a_threshold_below_what_the_machine_always_does_is_not_advised() {
        assert_eq!(advised(&[(1, 168), (1, 160), (12, 20), (0, 0)]), Some(65));
        assert_eq!(advised(&[(1, 168), (1, 100), (0, 0)]), Some(60), "a memory that stands at 58 %");
    }
}
