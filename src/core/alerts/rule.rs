//! The rule of an alert, and the zone that it puts a reading in. Only valid rules can be built.

use std::time::Duration;

use super::event::{Cause, EndReason};
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::metrics::reading::Pressure;

/// The rule for one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The threshold. The alert fires above it; exactly this much is still fine.
    pub above: Percent,
    /// Always [`Signal::Used`] for the CPU.
    pub signal: Signal,
    /// A growth of swap that makes an alert too; for memory alone.
    pub swap_growth: Option<SwapGrowth>,
    /// How long the value must stay above to fire, and below [`Rule::clear_below`] to clear.
    pub after: Duration,
    /// The shortest time between two notifications.
    pub cooldown: Duration,
}

/// The signal that makes an alert of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// The percentage in use.
    Used,
    /// The memory pressure; where the system has none, the percentage in use.
    Pressure,
    /// Either makes an alert, and both must be low for it to clear.
    Both,
}

impl Signal {
    /// In the order of the menu.
    pub const ALL: [Signal; 3] = [Signal::Used, Signal::Pressure, Signal::Both];

    /// Whether alerts of `metric` depend on its threshold. This is the signal of memory; the CPU has no other.
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
    /// The alert fires above this much; never 0.
    pub above_bytes: u64,
    /// Time window of the growth.
    pub within: Duration,
}

/// The values of one reading that a rule evaluates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RuleInput {
    /// 0..=100; `None` when it is not known.
    pub percent: Option<f64>,
    /// `None` for the CPU, and where the system reports none.
    pub pressure: Option<Pressure>,
    /// Whether the system has a pressure that could not be read: then the percentage does not take its place.
    pub is_pressure_unread: bool,
    /// Whether the pressure could not be read for too long (`UnknownRun`).
    pub is_pressure_lost: bool,
    /// The growth of swap in use within the window of the rule.
    pub swap_grown_bytes: Option<u64>,
    /// Whether readings cover the whole window: otherwise swap may have grown by more.
    pub is_swap_covered: bool,
    /// Whether swap in use has been unknown for too long (`UnknownRun`).
    pub is_swap_lost: bool,
}

/// The rules in force, in the order of [`Metric::ALL`]; `None` for a metric that is Off.
pub type Rules = [Option<Rule>; 2];

/// Where a reading lies by the rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Zone {
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

    /// Whether both rules put every reading in the same zone.
    pub fn evaluates_like(&self, other: &Rule) -> bool {
        let condition = |rule: &Rule| (rule.above, rule.signal, rule.swap_growth);
        condition(self) == condition(other)
    }

    /// The reason to give when all signals are low again, after an alert that was last held up by `cause`. The rule may have
    /// been changed since, and not use that signal any more.
    pub fn end_reason(&self, cause: Cause, input: &RuleInput) -> EndReason {
        let is_pressure_known = input.pressure.is_some();
        match (cause, self.signal) {
            (Cause::SwapGrowth { .. }, _) if self.uses_swap() && !input.is_swap_lost => EndReason::SwapSteady,
            (Cause::Pressure(_), Signal::Both) | (_, Signal::Pressure) if is_pressure_known => {
                EndReason::PressureNormal
            }
            _ => EndReason::Below(self.clear_below()),
        }
    }

    /// Whether an alert that was last held up by `cause` may end: swap is known to have stopped growing only when readings
    /// cover the whole window. Swap that has been unknown for too long does not count any more.
    pub fn can_end(&self, cause: Cause, input: &RuleInput) -> bool {
        let is_by_swap = matches!(cause, Cause::SwapGrowth { .. }) && self.uses_swap();
        !is_by_swap || input.is_swap_covered || input.is_swap_lost
    }

    /// Whether the pressure can make an alert.
    pub fn uses_pressure(&self) -> bool {
        self.signal != Signal::Used
    }

    /// Whether the growth of swap can make an alert.
    pub fn uses_swap(&self) -> bool {
        self.swap_growth.is_some()
    }

    /// The value and its zone; `None` when the value is not known.
    ///
    /// One signal is enough for an alert, and all must be low for its end. An unknown signal does not count, but for the
    /// pressure: while it cannot be read, it may be high, so nothing is low; once it is lost, it does not count either.
    pub fn evaluate(&self, input: &RuleInput) -> Option<(f64, Zone)> {
        let percent = input.percent?;
        let by_signals = joined(self.evaluate_pressure(input), self.evaluate_swap(input));
        let zone = joined(by_signals, self.evaluate_used(percent, input))?;
        let may_be_higher = self.uses_pressure() && input.is_pressure_unread && !input.is_pressure_lost;
        (!may_be_higher || matches!(zone, Zone::Above(_))).then_some((percent, zone))
    }

    /// Whether these values put the metric above.
    pub fn is_above(&self, input: &RuleInput) -> bool {
        matches!(self.evaluate(input), Some((_, Zone::Above(_))))
    }

    fn evaluate_used(&self, percent: f64, input: &RuleInput) -> Option<Zone> {
        let has_pressure = input.pressure.is_some() || input.is_pressure_unread;
        (self.signal != Signal::Pressure || !has_pressure).then(|| {
            if percent > self.above() {
                Zone::Above(Cause::Above(self.above))
            } else if percent < self.clear_below() {
                Zone::Below
            } else {
                Zone::Between
            }
        })
    }

    fn evaluate_pressure(&self, input: &RuleInput) -> Option<Zone> {
        match input.pressure.filter(|_| self.uses_pressure())? {
            Pressure::Normal => Some(Zone::Below),
            pressure => Some(Zone::Above(Cause::Pressure(pressure))),
        }
    }

    /// The growth is low below half of the limit: an alert of swap should not flap either.
    fn evaluate_swap(&self, input: &RuleInput) -> Option<Zone> {
        let (SwapGrowth { above_bytes, within }, grown_bytes) = self.swap_growth.zip(input.swap_grown_bytes)?;
        if grown_bytes > above_bytes {
            Some(Zone::Above(Cause::SwapGrowth { grown_bytes, within }))
        } else if !input.is_swap_covered {
            None
        } else if grown_bytes < above_bytes.div_ceil(2) {
            Some(Zone::Below)
        } else {
            Some(Zone::Between)
        }
    }
}

/// The zone of two signals, the weightier first. Without iterators: it is evaluated for every reading.
fn joined(first: Option<Zone>, second: Option<Zone>) -> Option<Zone> {
    match (first, second) {
        (zone, None) | (None, zone) | (zone @ Some(Zone::Above(_)), _) => zone,
        (_, zone @ Some(Zone::Above(_))) => zone,
        (Some(Zone::Below), zone @ Some(Zone::Below)) => zone,
        _ => Some(Zone::Between),
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
    fn every_rule_has_a_clear_level_above_zero() {
        for percent in 1..=100 {
            let rule = above(percent);
            assert!(rule.clear_below() > 0.0 && rule.clear_below() < rule.above(), "{percent}");
        }
        assert_eq!([80, 10, 4].map(|percent| above(percent).clear_below()), [75.0, 5.0, 2.0]);
    }

    /// The zone of a reading, as a word.
    fn zone(signal: Signal, percent: f64, pressure: Option<Pressure>, swap_grown_bytes: Option<u64>) -> &'static str {
        let growth = SwapGrowth { above_bytes: 100, within: Duration::from_secs(600) };
        let rule = Rule { signal, swap_growth: Some(growth), ..above(80) };
        let input = RuleInput { swap_grown_bytes, is_swap_covered: true, ..RuleInput::default() };
        match rule.evaluate(&RuleInput { percent: Some(percent), pressure, ..input }) {
            None => "unknown",
            Some((_, Zone::Above(Cause::Above(_)))) => "used",
            Some((_, Zone::Above(Cause::Pressure(_)))) => "pressure",
            Some((_, Zone::Above(Cause::SwapGrowth { .. }))) => "swap",
            Some((_, Zone::Between)) => "between",
            Some((_, Zone::Below)) => "below",
        }
    }

    #[test]
    fn each_signal_decides_the_zone_where_it_counts() {
        use Pressure::{Critical, Normal, Warning};
        for (signal, percent, pressure, grown, expected) in [
            (Signal::Used, 81.0, Some(Normal), None, "used"),
            (Signal::Used, 50.0, Some(Critical), None, "below"),
            (Signal::Used, 50.0, None, Some(101), "swap"),
            (Signal::Used, 50.0, None, Some(100), "between"),
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
            assert_eq!(zone(signal, percent, pressure, grown), expected, "{signal:?} {percent} {pressure:?} {grown:?}");
        }
        assert_eq!(above(80).evaluate(&RuleInput::default()), None);
    }

    #[test]
    fn a_reading_alone_is_above_by_the_same_levels() {
        for (signal, percent, pressure, expected) in [
            (Signal::Used, Some(80.0), None, false),
            (Signal::Used, Some(80.1), None, true),
            (Signal::Used, None, Some(Pressure::Critical), false),
            (Signal::Pressure, Some(99.0), Some(Pressure::Normal), false),
            (Signal::Pressure, Some(10.0), Some(Pressure::Warning), true),
            (Signal::Both, Some(10.0), Some(Pressure::Warning), true),
        ] {
            let input = RuleInput { percent, pressure, ..RuleInput::default() };
            assert_eq!(Rule { signal, ..above(80) }.is_above(&input), expected, "{signal:?} {percent:?}");
        }
    }

    #[test]
    fn a_pressure_that_cannot_be_read_neither_makes_an_alert_of_another_signal_nor_ends_one() {
        let growth = Some(SwapGrowth { above_bytes: 100, within: Duration::from_secs(600) });
        // The signal, the percentage, the growth of swap; and the zone while the pressure cannot be read, and once it is lost.
        for (signal, percent, swap_grown_bytes, unread, lost) in [
            (Signal::Used, 90.0, None, "above", "above"),
            (Signal::Used, 50.0, None, "below", "below"),
            (Signal::Pressure, 90.0, None, "unknown", "unknown"),
            (Signal::Pressure, 50.0, None, "unknown", "unknown"),
            (Signal::Pressure, 50.0, Some(101), "above", "above"),
            (Signal::Pressure, 50.0, Some(0), "unknown", "below"),
            (Signal::Both, 90.0, None, "above", "above"),
            (Signal::Both, 77.0, None, "unknown", "between"),
            (Signal::Both, 50.0, None, "unknown", "below"),
            (Signal::Both, 50.0, Some(0), "unknown", "below"),
        ] {
            let rule = Rule { signal, swap_growth: growth, ..above(80) };
            let zone = |is_pressure_lost| {
                let percent = Some(percent);
                let input = RuleInput { percent, is_pressure_unread: true, is_pressure_lost, ..RuleInput::default() };
                match rule.evaluate(&RuleInput { swap_grown_bytes, is_swap_covered: true, ..input }) {
                    None => "unknown",
                    Some((_, Zone::Above(_))) => "above",
                    Some((_, Zone::Between)) => "between",
                    Some((_, Zone::Below)) => "below",
                }
            };
            assert_eq!((zone(false), zone(true)), (unread, lost), "{signal:?} {percent} {swap_grown_bytes:?}");
        }
    }

    #[test]
    fn the_cpu_always_uses_its_threshold_and_memory_unless_pressure_alone_counts() {
        for (signal, expected) in [(Signal::Used, true), (Signal::Pressure, false), (Signal::Both, true)] {
            assert!(signal.uses_threshold(Metric::Cpu), "{signal:?}");
            assert_eq!(signal.uses_threshold(Metric::Memory), expected, "{signal:?}");
        }
    }

    #[test]
    fn rules_evaluate_alike_whatever_their_times() {
        let rule = above(80);
        let second = Duration::from_secs(1);
        let growth = SwapGrowth { above_bytes: 100, within: second };
        assert!(rule.evaluates_like(&Rule { after: second, cooldown: second, ..rule }));
        for other in [above(81), Rule { signal: Signal::Both, ..rule }, Rule { swap_growth: Some(growth), ..rule }] {
            assert!(!rule.evaluates_like(&other), "{other:?}");
        }
    }

    #[test]
    fn an_end_names_swap_only_where_the_rule_still_counts_it_and_it_is_known() {
        let within = Duration::from_secs(600);
        let cause = Cause::SwapGrowth { grown_bytes: 200, within };
        let (without, with) =
            (above(80), Rule { swap_growth: Some(SwapGrowth { above_bytes: 100, within }), ..above(80) });
        let steady = EndReason::SwapSteady;
        // The rule, whether swap is covered and lost, whether the alert may end, and the reason of the end.
        for (rule, is_swap_covered, is_swap_lost, can_end, reason) in [
            (with, true, false, true, steady),
            (with, false, false, false, steady),
            (with, false, true, true, EndReason::Below(75.0)),
            (without, false, false, true, EndReason::Below(75.0)),
            (without, false, true, true, EndReason::Below(75.0)),
        ] {
            let input = RuleInput { is_swap_covered, is_swap_lost, ..RuleInput::default() };
            assert_eq!((rule.can_end(cause, &input), rule.end_reason(cause, &input)), (can_end, reason), "{input:?}");
            assert!(rule.can_end(Cause::Above(rule.above), &input));
        }
    }

    #[test]
    fn an_end_names_pressure_only_where_it_counts_and_is_known() {
        let (pressure, used) = (Cause::Pressure(Pressure::Warning), Cause::Above(Percent::DEFAULT));
        let below = EndReason::Below(75.0);
        for (signal, cause, is_known, expected) in [
            (Signal::Used, pressure, true, below),
            (Signal::Both, pressure, true, EndReason::PressureNormal),
            (Signal::Both, pressure, false, below),
            (Signal::Both, used, true, below),
            (Signal::Pressure, used, true, EndReason::PressureNormal),
            (Signal::Pressure, used, false, below),
        ] {
            let input = RuleInput { pressure: is_known.then_some(Pressure::Normal), ..RuleInput::default() };
            assert_eq!(Rule { signal, ..above(80) }.end_reason(cause, &input), expected, "{signal:?} {cause:?}");
        }
    }
}
