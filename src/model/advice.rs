//! Which threshold is worth having: the lowest that would have told once on any day at the most.

use super::metric::{Metric, Threshold};
use super::tried::Told;

/// How often on one day is not too often.
const OFTEN_ENOUGH: usize = 1;

/// What is advised for one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// For which.
    pub metric: Metric,
    /// What.
    pub verdict: Verdict,
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
    /// What is advised by `tried`, the lowest threshold first; `None` where none was tried.
    pub fn of(metric: Metric, tried: &[Told], current: Threshold) -> Option<Advice> {
        let best = tried.iter().position(|told| told.most_on_a_day <= OFTEN_ENOUGH);
        let verdict = match best {
            Some(best) => Verdict::Take { told: tried[best], lower: best.checked_sub(1).map(|lower| tried[lower]) },
            None => Verdict::TooOften(*tried.last()?),
        };
        let current_told = tried.iter().find(|told| Threshold::Above(told.above) == current).copied();
        Some(Advice { metric, verdict, current, current_told })
    }
}
