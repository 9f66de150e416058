//! Values that stay unknown: a problem that is reported once, and its end.

use super::Engine;
use crate::core::alerts::alert::UNKNOWN_LIMIT;
use crate::core::messages::effect::{Effect, Operation, Problem};
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::Reading;
use crate::core::text;
use crate::core::time::Now;

impl Engine {
    /// Reports a value that has been unknown for [`UNKNOWN_LIMIT`], and its return. In a trace a value may well be missing.
    pub(super) fn note_unknown_values(&mut self, reading: &Reading, now: &Now, effects: &mut Vec<Effect>) {
        if !self.options.names_apps {
            return;
        }
        for metric in Metric::ALL {
            let since = &mut self.metrics[metric as usize].unknown_since;
            if reading.percent(metric).is_none() {
                let since = *since.get_or_insert(now.elapsed);
                if now.elapsed.saturating_sub(since) >= UNKNOWN_LIMIT {
                    let brief = text::problems::NO_VALUE.into();
                    let problem = Problem { brief, text: text::problems::value_unknown(metric) };
                    self.note_problem(Operation::Measure(metric), problem, effects);
                }
            } else if since.take().is_some() && self.problems.remove(&Operation::Measure(metric)).is_some() {
                effects.push(Effect::Warn(text::problems::value_is_back(metric)));
            }
        }
    }
}
