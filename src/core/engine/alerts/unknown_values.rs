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
            if self.metrics[metric as usize].unknown.is_too_long(is_known, now.elapsed) {
                let brief = text::problems::NO_VALUE.into();
                let problem = Problem { brief, text: text::problems::value_unknown(metric) };
                self.note_problem(Operation::Measure(metric), problem, effects);
            } else if is_known && self.problems.remove(&Operation::Measure(metric)).is_some() {
                effects.push(Effect::Warn(text::problems::value_is_back(metric)));
            }
        }
    }
}
