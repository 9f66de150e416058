//! Values that stay unknown: a problem that is reported once, and its end.

use crate::core::engine::Engine;
use crate::core::messages::effect::{Effect, Operation, Problem};
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::Reading;
use crate::core::text;
use crate::core::time::Now;

impl Engine {
    /// Reports a value that has been unknown for too long, and its return. In a trace a value may well be missing.
    pub(super) fn note_unknown_values(&mut self, reading: &Reading, now: &Now, effects: &mut Vec<Effect>) {
        if !self.options.names_apps {
            return;
        }
        for metric in Metric::ALL {
            let is_known = reading.percent(metric).is_some();
            let is_too_long = self.metrics[metric as usize].unknown.is_too_long(is_known, now.elapsed);
            let words = |is_known| match is_known {
                true => text::problems::value_is_back(metric),
                false => text::problems::value_unknown(metric),
            };
            self.note_value(Operation::Measure(metric), is_known, is_too_long, words, effects);
        }
        // Where memory is not known at all, that is the problem.
        if reading.memory_percent.is_some() {
            self.note_unknown_signals(reading, now, effects);
        }
    }

    /// The same for the other signals of memory, where its rule uses them.
    fn note_unknown_signals(&mut self, reading: &Reading, now: &Now, effects: &mut Vec<Effect>) {
        let rule = self.effective.rule(Metric::Memory);
        if rule.is_some_and(|rule| rule.uses_swap()) {
            let is_known = reading.swap_used_bytes.is_some();
            let is_too_long = self.unknown_swap.is_too_long(is_known, now.elapsed);
            let words = |is_known| if is_known { text::problems::SWAP_IS_BACK } else { text::problems::SWAP_UNKNOWN };
            self.note_value(Operation::MeasureSwap, is_known, is_too_long, words, effects);
        } else {
            self.problems.remove(&Operation::MeasureSwap);
        }
        if rule.is_some_and(|rule| rule.uses_pressure()) {
            let is_known = !reading.is_pressure_unread;
            let is_too_long = self.unknown_pressure.is_too_long(is_known, now.elapsed);
            let words =
                |is_known| if is_known { text::problems::PRESSURE_IS_BACK } else { text::problems::PRESSURE_UNKNOWN };
            self.note_value(Operation::MeasurePressure, is_known, is_too_long, words, effects);
        } else {
            self.problems.remove(&Operation::MeasurePressure);
        }
    }

    /// Reports a value that is unknown, for too long, and its return. `words`: those of a value that is known again or not.
    fn note_value<W: Into<String>>(
        &mut self,
        operation: Operation,
        is_known: bool,
        is_too_long: bool,
        words: impl FnOnce(bool) -> W,
        effects: &mut Vec<Effect>,
    ) {
        if is_too_long {
            let problem = Problem { brief: text::problems::NO_VALUE.into(), text: words(false).into() };
            self.note_problem(operation, problem, effects);
        } else if is_known && self.problems.remove(&operation).is_some() {
            effects.push(Effect::Warn(words(true).into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::core::engine::EngineOptions;
    use crate::core::messages::effect::Event;
    use crate::core::settings::{Overrides, Settings};
    use crate::core::time::Clock;

    /// The warnings of a minute and a half of readings, one every ten seconds, and of two readings with both values after them.
    fn warnings(reading: Reading, names_apps: bool) -> (Vec<String>, Vec<String>) {
        let options =
            EngineOptions { prints_readings: false, names_apps, checks_updates: false, clock: Clock::Hours24 };
        let settings = Settings { refresh: Duration::from_secs(10), ..Settings::DEFAULT };
        let mut engine = Engine::new(settings, Overrides::default(), options);
        let mut read = |number: u32, reading: Reading| {
            let elapsed = Duration::from_secs(10) * number;
            let wall = (Timestamp::UNIX_EPOCH + elapsed).to_zoned(TimeZone::UTC);
            let mut effects = Vec::new();
            engine.handle(Event::Reading(reading), &Now { elapsed, wall }, &mut effects);
            let warning = |effect| if let Effect::Warn(warning) = effect { Some(warning) } else { None };
            effects.into_iter().filter_map(warning).collect::<Vec<_>>()
        };
        let known = Reading { cpu_percent: Some(1.0), memory_percent: Some(1.0), ..Reading::default() };
        let failing = (0..9).flat_map(|number| read(number, reading)).collect();
        (failing, (9..11).flat_map(|number| read(number, known)).collect())
    }

    #[test]
    fn a_value_that_stays_unknown_is_said_once_and_so_is_its_return() {
        let only_memory = Reading { memory_percent: Some(1.0), ..Reading::default() };
        let (unknown, back) = (text::problems::value_unknown, text::problems::value_is_back);
        let cpu = (vec![unknown(Metric::Cpu)], vec![back(Metric::Cpu)]);
        assert_eq!(warnings(only_memory, true), cpu);
        let both = (Metric::ALL.map(unknown).to_vec(), Metric::ALL.map(back).to_vec());
        assert_eq!(warnings(Reading::default(), true), both);
        let known = Reading { cpu_percent: Some(1.0), ..only_memory };
        assert_eq!(warnings(known, true), (vec![], vec![]));
    }

    #[test]
    fn in_a_trace_a_value_may_be_missing() {
        assert_eq!(warnings(Reading::default(), false), (vec![], vec![]));
    }
}
