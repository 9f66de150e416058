//! Which threshold is worth having: the lowest that would have told once on any day at the most, and not by standing above it
//! all the time.

use std::time::Duration;

use crate::core::engine::backtest::Told;
use crate::core::metrics::metric::{Metric, Threshold};

/// How often on one day is not too often.
const OFTEN_ENOUGH: usize = 1;
/// An alert that would have been on for more than one part in this many of the time is no alert but a state.
const SELDOM: u32 = 4;

/// Whether a threshold would have told seldom enough, in a time of `recorded`.
fn is_seldom(told: &Told, recorded: Duration) -> bool {
    told.most_on_a_day <= OFTEN_ENOUGH && !is_lasting(told, recorded)
}

/// Whether its alert would have been on for so long that it says nothing.
pub fn is_lasting(told: &Told, recorded: Duration) -> bool {
    told.firing > recorded / SELDOM
}

/// What is advised for one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// For which.
    pub metric: Metric,
    /// What.
    pub verdict: Verdict,
    /// The time that readings tell of.
    pub recorded: Duration,
    /// The threshold in force.
    pub current: Threshold,
    /// What that would have told; `None` where it is off, or none of those that were tried.
    pub current_told: Option<Told>,
}

/// What came out of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This one.
    Take {
        /// What it would have told.
        told: Told,
        /// What the next lower one would have told; `None` where there is none.
        lower: Option<Told>,
    },
    /// Even the highest would have told too often: this.
    TooOften(Told),
}

impl Verdict {
    /// What the threshold that it is about would have told.
    pub fn told(&self) -> &Told {
        match self {
            Verdict::Take { told, .. } | Verdict::TooOften(told) => told,
        }
    }
}

impl Advice {
    /// What is advised by `tried`, the lowest threshold first, in a time of `recorded`; `None` where none was tried.
    pub fn of(metric: Metric, tried: &[Told], recorded: Duration, current: Threshold) -> Option<Advice> {
        // The lowest from which on all are: one below what the machine always does fires once, and never again.
        let best = tried.iter().rposition(|told| !is_seldom(told, recorded)).map_or(0, |often| often + 1);
        let verdict = match tried.get(best) {
            Some(told) => Verdict::Take { told: *told, lower: best.checked_sub(1).map(|lower| tried[lower]) },
            None => Verdict::TooOften(*tried.last()?),
        };
        let current_told = tried.iter().find(|told| Threshold::Above(told.above) == current).copied();
        Some(Advice { metric, verdict, recorded, current, current_told })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::metric::Percent;

    const RECORDED: Duration = Duration::from_secs(7 * 86_400);

    /// Thresholds from 50 on: how often each told on its busiest day, and for how many hours it was on.
    fn advised(tried: &[(usize, u64)]) -> Option<u8> {
        let told = tried.iter().zip((50..).step_by(5)).map(|(&(most_on_a_day, hours), above)| Told {
            above: Percent::new(above).unwrap(),
            times: most_on_a_day * 3,
            most_on_a_day,
            firing: Duration::from_secs(hours * 3600),
            busiest_day: None,
        });
        let told: Vec<Told> = told.collect();
        match Advice::of(Metric::Cpu, &told, RECORDED, Threshold::Off)?.verdict {
            Verdict::Take { told, .. } => Some(told.above.get()),
            Verdict::TooOften(_) => None,
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
