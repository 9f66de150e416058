//! The early warning of memory: from slots to a line, a record, a quiet notification and actions.

use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use crate::core::alerts::alert::AlertState;
use crate::core::alerts::event::SuppressedBy;
use crate::core::forecast::event::ForecastEvent;
use crate::core::forecast::forecaster::{Forecaster, MemoryPast, PendingRise, Told};
use crate::core::forecast::grower::{Grower, MemoryLooks};
use crate::core::history::record::Record;
use crate::core::messages::effect::{Effect, Notification, UserCommand};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::Reading;
use crate::core::text;
use crate::core::time::Now;

/// How long a warning waits for the looks at the applications. Reading them takes milliseconds.
const LOOKS_LIMIT: Duration = Duration::from_secs(5);

impl Engine {
    /// Takes a reading, and warns where a slot ended with it and memory rises.
    pub(super) fn forecast(&mut self, reading: &Reading, now: &Now, effects: &mut Vec<Effect>) {
        let pending = self.forecaster.pending.as_ref();
        if pending.is_some_and(|pending| now.elapsed.saturating_sub(pending.since) >= LOOKS_LIMIT) {
            self.on_memory_looks(&MemoryLooks::default(), now, effects);
        }
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

    /// Asks for the application that grew, where there is a rise to warn of.
    fn warn_of_rise(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        let Some(threshold) = self.effective.forecast_threshold() else { return };
        let told = told(self.suppressed_by(now).as_ref());
        let above = f64::from(threshold.get());
        let Some(rise) = self.forecaster.warning(now.wall.timestamp(), above, told) else { return };
        effects.extend(self.forecaster.window(&rise).map(Effect::ReadMemoryLooks));
        let pending = PendingRise { rise, threshold, at: now.wall.clone(), since: now.elapsed };
        self.forecaster.pending = Some(pending);
    }

    /// Gives the warning that has waited for the looks at the applications, if one still waits.
    pub(super) fn on_memory_looks(&mut self, looks: &MemoryLooks, now: &Now, effects: &mut Vec<Effect>) {
        let Some(pending) = self.forecaster.pending.take() else { return };
        if self.effective.forecast_threshold() != Some(pending.threshold) {
            return;
        }
        let event = self.forecast_event(&pending, looks);
        let ignored = event.grower.as_ref().and_then(|grower| self.ignored_grower(grower));
        let suppressed_by = self.suppressed_by(now).or(ignored);
        let (at, told) = (pending.at.timestamp(), told(suppressed_by.as_ref()));
        if !self.forecaster.may_warn(at, told) {
            return;
        }
        let event = ForecastEvent { suppressed_by, ..event };
        let line = OutputLine { at: pending.at, event: OutputEvent::Forecast(event.clone()) };
        let mut sequence = 0;
        if told == Told::Notified {
            sequence = self.next_sequence();
            let click = self.effective.history.then_some(UserCommand::OpenHistory);
            let notification = text::alerts::forecast::notification(&event);
            effects.push(Effect::Notify(Notification { click, sequence, ..notification }));
        }
        if self.forecaster.warned(at, told, sequence, self.effective.history) {
            // It was there already, and only nobody could see its notification.
            return;
        }
        effects.push(Effect::Print(line.clone()));
        if self.effective.history {
            effects.push(Effect::Record(Record::Forecast { at, event }));
        }
        self.trigger_actions((told == Told::Notified).then_some(line), now, effects);
    }

    /// Gives the warning anew that nobody could see, where memory still rises.
    pub(super) fn forecast_again(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        if self.forecaster.is_unseen() {
            self.warn_of_rise(now, effects);
        }
    }

    /// Takes the outcome of the notification of the latest warning.
    pub(super) fn on_forecast_notified(&mut self, is_shown: bool, effects: &mut Vec<Effect>) {
        self.forecaster.notified(is_shown);
        self.record_forecast_told(effects);
    }

    /// Records whether the latest warning counts as told, where that has changed.
    pub(super) fn record_forecast_told(&mut self, effects: &mut Vec<Effect>) {
        let changed = self.forecaster.take_unrecorded();
        effects.extend(changed.map(|(at, is_told)| Effect::Record(Record::ForecastTold { at, is_told })));
    }

    fn ignored_grower(&self, grower: &Grower) -> Option<SuppressedBy> {
        self.saved.ignores(&grower.name).then(|| SuppressedBy::Ignored(Arc::clone(&grower.name)))
    }

    fn forecast_event(&self, PendingRise { rise, threshold, .. }: &PendingRise, looks: &MemoryLooks) -> ForecastEvent {
        let total_bytes = self.reading().and_then(|reading| reading.memory_total_bytes).or(looks.total_bytes);
        let share = rise.grown_points / 100.0;
        let grown_bytes = total_bytes.map(|total| (total as f64 * share) as u64);
        ForecastEvent {
            threshold: *threshold,
            left: Duration::from_secs_f64(rise.hours_left * 3600.0),
            grown_points: rise.grown_points,
            within: Forecaster::span(rise.window_slots),
            grown_bytes,
            grower: grown_bytes.and_then(|grown| looks.grower(grown)),
            suppressed_by: None,
        }
    }
}

fn told(suppressed_by: Option<&SuppressedBy>) -> Told {
    if suppressed_by.is_none() { Told::Notified } else { Told::Silently }
}
