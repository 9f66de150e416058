//! What an alert is judged by. Only valid rules can be built.

use std::time::Duration;

use super::event::{Cause, EndReason};
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::metrics::reading::Pressure;

/// The rule for one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The alert fires above this; exactly this much is still fine.
    pub above: Percent,
    /// By what it is judged; other than [`Signal::Used`] for memory alone.
    pub signal: Signal,
    /// A growth of swap that makes an alert too, if that is wanted; for memory alone.
    pub swap_growth: Option<SwapGrowth>,
    /// For how long the value must stay above to fire, and below [`Rule::clear_below`] to clear.
    pub after: Duration,
    /// The shortest time between two tellings.
    pub cooldown: Duration,
}

/// By what the memory is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// By the percentage in use.
    Used,
    /// By the pressure: whether the system itself is short of memory. Where it does not tell, by the percentage in use.
    Pressure,
    /// By both: either makes an alert, and both must be well for it to clear.
    Both,
}

impl Signal {
    /// All, in the order of the menu.
    pub const ALL: [Signal; 3] = [Signal::Used, Signal::Pressure, Signal::Both];

    /// Whether the threshold of `metric` has a say in its alerts. This is the signal of memory; the CPU has no other.
    pub fn uses_threshold(self, metric: Metric) -> bool {
        metric == Metric::Cpu || self != Signal::Pressure
    }

    /// The name in the settings.
    pub fn key(self) -> &'static str {
        match self {
            Signal::Used => "used",
            Signal::Pressure => "pressure",
            Signal::Both => "both",
        }
    }
}

/// A growth of swap in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapGrowth {
    /// The alert fires above this much, bytes; never 0.
    pub above_bytes: u64,
    /// In this long.
    pub within: Duration,
}

/// What is judged: one look at one metric.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RuleInput {
    /// The value, 0..=100; `None` when it is not known.
    pub percent: Option<f64>,
    /// The memory pressure, for memory.
    pub pressure: Option<Pressure>,
    /// By how much swap in use has grown, in the time that the rule says, bytes.
    pub swap_grown_bytes: Option<u64>,
    /// Whether all of that time has been looked at: else it may have grown by more.
    pub is_swap_covered: bool,
}

/// On which side of the rule something is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Zone {
    /// Above: it makes an alert, for this reason.
    Above(Cause),
    /// Neither above nor low enough to clear.
    Between,
    /// Low enough to clear.
    Below,
}

impl Rule {
    /// The value under which a firing alert clears: 5 points under `above`, so that a value hovering at the
    /// threshold does not flap. Under a threshold of 10 it is half of it: 5 points less could never be reached.
    pub fn clear_below(&self) -> f64 {
        let above = self.above();
        (above - 5.0).max(above / 2.0)
    }

    /// [`Rule::above`] as a number to compare readings with.
    pub fn above(&self) -> f64 {
        f64::from(self.above.get())
    }

    /// Whether both find the same value above, between and below.
    pub fn evaluates_like(&self, other: &Rule) -> bool {
        let what = |rule: &Rule| (rule.above, rule.signal, rule.swap_growth);
        what(self) == what(other)
    }

    /// What is said when all is low again, after an alert that was last held up by `cause`; by another cause, if the rule
    /// has been changed since and does not look at that one any more.
    pub fn end_reason(&self, cause: Cause, measured: &RuleInput) -> EndReason {
        let is_pressure_known = measured.pressure.is_some();
        match (cause, self.signal) {
            (Cause::SwapGrowth { .. }, _) if self.swap_growth.is_some() => EndReason::SwapSteady,
            (Cause::Pressure(_), Signal::Both) | (_, Signal::Pressure) if is_pressure_known => {
                EndReason::PressureNormal
            }
            _ => EndReason::Below(self.clear_below()),
        }
    }

    /// Whether an alert that was last held up by `cause` may be said to be over: that swap does not grow is not known
    /// until all of the time that counts has been looked at again.
    pub fn can_end(&self, cause: Cause, measured: &RuleInput) -> bool {
        !matches!(cause, Cause::SwapGrowth { .. }) || self.swap_growth.is_none() || measured.is_swap_covered
    }

    /// The value and its side; `None` when it is not known.
    ///
    /// Of several signals, one is enough for an alert, and all must be low for its end. One that is not known has no say.
    pub fn evaluate(&self, measured: &RuleInput) -> Option<(f64, Zone)> {
        let percent = measured.percent?;
        let sides =
            [self.evaluate_pressure(measured), self.evaluate_swap(measured), self.evaluate_used(percent, measured)];
        let known = || sides.iter().flatten();
        let above = known().find(|side| matches!(side, Zone::Above(_)));
        let side = match above {
            Some(above) => *above,
            None if known().all(|side| *side == Zone::Below) => Zone::Below,
            None => Zone::Between,
        };
        known().next().map(|_| (percent, side))
    }

    fn evaluate_used(&self, percent: f64, measured: &RuleInput) -> Option<Zone> {
        (self.signal != Signal::Pressure || measured.pressure.is_none()).then(|| {
            if percent > self.above() {
                Zone::Above(Cause::Above(self.above))
            } else if percent < self.clear_below() {
                Zone::Below
            } else {
                Zone::Between
            }
        })
    }

    fn evaluate_pressure(&self, measured: &RuleInput) -> Option<Zone> {
        match measured.pressure.filter(|_| self.signal != Signal::Used)? {
            Pressure::Normal => Some(Zone::Below),
            pressure => Some(Zone::Above(Cause::Pressure(pressure))),
        }
    }

    /// Clear is half of the growth: a limit that is just passed should not flap either.
    fn evaluate_swap(&self, measured: &RuleInput) -> Option<Zone> {
        let (SwapGrowth { above_bytes, within }, grown_bytes) = self.swap_growth.zip(measured.swap_grown_bytes)?;
        if grown_bytes > above_bytes {
            Some(Zone::Above(Cause::SwapGrowth { grown_bytes, within }))
        } else if !measured.is_swap_covered {
            None
        } else if grown_bytes < above_bytes.div_ceil(2) {
            Some(Zone::Below)
        } else {
            Some(Zone::Between)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(percent: u64) -> Rule {
        Rule {
            above: Percent::new(percent).unwrap(),
            signal: Signal::Used,
            swap_growth: None,
            after: Duration::ZERO,
            cooldown: Duration::ZERO,
        }
    }

    #[test]
    fn every_rule_can_clear() {
        for percent in 1..=100 {
            let rule = above(percent);
            assert!(rule.clear_below() > 0.0 && rule.clear_below() < rule.above(), "{percent}");
        }
        assert_eq!([80, 10, 4].map(|percent| above(percent).clear_below()), [75.0, 5.0, 2.0]);
    }

    /// The side of a memory in use (percent), pressure and swap growth, as a word.
    fn side(signal: Signal, percent: f64, pressure: Option<Pressure>, swap_grown_bytes: Option<u64>) -> &'static str {
        let growth = SwapGrowth { above_bytes: 100, within: Duration::from_secs(600) };
        let rule = Rule { signal, swap_growth: Some(growth), ..above(80) };
        match rule.evaluate(&RuleInput { percent: Some(percent), pressure, swap_grown_bytes, is_swap_covered: true }) {
            None => "unknown",
            Some((_, Zone::Above(Cause::Above(_)))) => "used",
            Some((_, Zone::Above(Cause::Pressure(_)))) => "pressure",
            Some((_, Zone::Above(Cause::SwapGrowth { .. }))) => "swap",
            Some((_, Zone::Between)) => "between",
            Some((_, Zone::Below)) => "below",
        }
    }

    #[test]
    fn each_signal_has_its_say() {
        use Pressure::{Critical, Normal, Warning};
        for (signal, percent, pressure, grown, expected) in [
            (Signal::Used, 81.0, Some(Normal), None, "used"),
            (Signal::Used, 50.0, Some(Critical), None, "below"),
            (Signal::Used, 50.0, None, Some(101), "swap"),
            (Signal::Used, 50.0, None, Some(50), "between"),
            (Signal::Used, 50.0, None, Some(49), "below"),
            (Signal::Pressure, 99.0, Some(Normal), None, "below"),
            (Signal::Pressure, 10.0, Some(Warning), None, "pressure"),
            (Signal::Pressure, 99.0, None, None, "used"),
            (Signal::Pressure, 50.0, None, None, "below"),
            (Signal::Both, 99.0, Some(Normal), None, "used"),
            (Signal::Both, 99.0, Some(Warning), Some(500), "pressure"),
            (Signal::Both, 77.0, Some(Normal), None, "between"),
            (Signal::Both, 50.0, Some(Normal), Some(0), "below"),
            (Signal::Both, 99.0, None, None, "used"),
            (Signal::Both, 50.0, None, None, "below"),
        ] {
            assert_eq!(side(signal, percent, pressure, grown), expected, "{signal:?} {percent} {pressure:?} {grown:?}");
        }
        assert_eq!(above(80).evaluate(&RuleInput::default()), None);
    }
}
