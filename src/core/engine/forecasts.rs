//! The early warning of memory: from slots to a line, a record, a quiet notification and actions.

use super::Engine;
use crate::core::alerts::alert::AlertState;
use crate::core::forecast::event::ForecastEvent;
use crate::core::forecast::forecaster::{Forecaster, MemoryPast, Told};
use crate::core::forecast::rising_floor::Rise;
use crate::core::history::record::Record;
use crate::core::messages::effect::{Effect, Notification, UserCommand};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::metrics::reading::Reading;
use crate::core::text;
use crate::core::time::Now;

impl Engine {
    /// Takes a reading, and warns where a slot ended with it and memory rises.
    pub(super) fn forecast(&mut self, reading: &Reading, now: &Now, effects: &mut Vec<Effect>) {
        if self.effective.forecast_threshold().is_none() {
            return;
        }
        let is_alert = self.alert(Metric::Memory).state() != AlertState::Quiet;
        if self.forecaster.add(now.wall.timestamp(), reading.memory_percent, self.sampling_interval, is_alert) {
            effects.extend(self.forecaster.request_past().map(Effect::ReadMemoryPast));
            self.warn_of_rise(now, effects);
        }
    }

    /// Takes the recorded past, which shows more of the rise, if there is one.
    pub(super) fn on_memory_past(&mut self, past: MemoryPast, now: &Now, effects: &mut Vec<Effect>) {
        self.forecaster.take_past(past);
        self.warn_of_rise(now, effects);
    }

    fn warn_of_rise(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        let Some(threshold) = self.effective.forecast_threshold() else { return };
        let (at, suppressed_by) = (now.wall.timestamp(), self.suppressed_by(now));
        let told = if suppressed_by.is_none() { Told::Notified } else { Told::Silently };
        let above = f64::from(threshold.get());
        let Some(rise) = self.forecaster.warning(at, above, told) else { return };
        let event = ForecastEvent { suppressed_by, ..self.forecast_event(threshold, rise) };
        let line = OutputLine { at: now.wall.clone(), event: OutputEvent::Forecast(event.clone()) };
        if told == Told::Notified {
            let click = self.effective.history.then_some(UserCommand::OpenHistory);
            effects.push(Effect::Notify(Notification { click, ..text::alerts::forecast::notification(&event) }));
        }
        if self.forecaster.warned(at, told) {
            // It was there already, and only nobody could see its notification.
            return;
        }
        effects.push(Effect::Print(line.clone()));
        if self.effective.history {
            effects.push(Effect::Record(Record::Forecast { at, event }));
        }
        self.trigger_actions((told == Told::Notified).then_some(line), now, effects);
    }

    fn forecast_event(&self, threshold: Percent, rise: Rise) -> ForecastEvent {
        let total_bytes = self.reading().and_then(|reading| reading.memory_total_bytes);
        let share = rise.grown_points / 100.0;
        ForecastEvent {
            threshold,
            left: std::time::Duration::from_secs_f64(rise.hours_left * 3600.0),
            grown_points: rise.grown_points,
            within: Forecaster::span(rise.window_slots),
            grown_bytes: total_bytes.map(|total| (total as f64 * share) as u64),
            suppressed_by: None,
        }
    }
}
