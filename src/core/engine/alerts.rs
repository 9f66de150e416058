//! From readings to alerts: when they are announced, and which applications use the most.

mod unknown_values;

use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;

use super::{Engine, LastReading, MetricState, PendingAlert, announcements};
use crate::core::alerts::alert::{AlertEnd, AlertState, Breach, Decision, NotifyContext, Sample, Transition};
use crate::core::alerts::event::{AlertEvent, SuppressedBy};
use crate::core::alerts::rule::{RuleInput, Zone};
use crate::core::alerts::unknown_run::UnknownRun;
use crate::core::fleet::totals::Totals;
use crate::core::forecast::grower::MemoryLooks;
use crate::core::history::record::{Record, StoredReading};
use crate::core::messages::effect::{Effect, Operation};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::{CpuLimitUse, Reading};
use crate::core::metrics::stolen_time::StolenTime;
use crate::core::processes::app_look::AppLook;
use crate::core::processes::top_apps::TopApps;
use crate::core::settings::Settings;
use crate::core::text;
use crate::core::time::Now;

/// How long an alert that has fired waits for a process scan.
const PENDING_LIMIT: Duration = Duration::from_secs(2);
/// The longest time of a process scan: its two looks at the CPU are a second apart.
const SCAN_DURATION: Duration = Duration::from_secs(1);

impl Engine {
    /// The totals since the start.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    pub(super) fn on_reading(&mut self, reading: Reading, now: &Now, effects: &mut Vec<Effect>) {
        // A long interval that was in force only for a while since the reading before makes no gap either.
        let refresh = std::mem::take(&mut self.longest_interval);
        let after_gap =
            self.last_reading.as_ref().is_some_and(|last| now.is_gap_since(&last.at, last.refresh, refresh));
        self.recent.add(&reading, self.last_reading.as_ref().map(|last| &last.at), now, after_gap);
        let was_limited = self.last_reading.as_ref().map(|last| last.reading.memory_limit_bytes.is_some());
        if was_limited.is_some_and(|was_limited| was_limited != reading.memory_limit_bytes.is_some()) {
            // Swap was the machine's before and is a cgroup's now, or the other way round: the difference is no growth.
            self.swap.clear();
        }
        if let Some(last) = self.last_reading.as_ref().filter(|_| !after_gap) {
            self.totals.add(&reading, now.elapsed.saturating_sub(last.at.elapsed));
        }
        self.last_reading = Some(LastReading { reading, at: now.clone(), refresh });
        if self.options.prints_readings {
            effects.push(Effect::Print(OutputLine { at: now.wall.clone(), event: OutputEvent::Reading(reading) }));
        }
        if self.effective.history {
            effects.push(Effect::Record(Record::Reading(StoredReading { at: now.wall.timestamp(), reading, refresh })));
        }
        let limit = self.cpu_limit.filter(|_| !matches!(self.alert(Metric::Cpu).state(), AlertState::Quiet));
        self.cpu_limit = CpuLimitUse::after(limit, &reading);
        self.note_unknown_values(&reading, now, effects);
        if self.alert(Metric::Cpu).run().is_none() {
            self.stolen_time = StolenTime::default();
        }
        self.stolen_time.add(&reading);
        for metric in Metric::ALL {
            let input = self.rule_input(metric, &reading, now, after_gap);
            let sample = Sample { input, at: now.elapsed, after_gap };
            if self.is_pending_over(metric, &sample) {
                self.resolve_pending(metric, now, effects);
            }
            let context = self.notify_context(metric, now);
            let state = &mut self.metrics[metric as usize];
            state.sample = Some(sample);
            let transition = state.alert.step(sample, &context);
            self.emit(metric, transition, now, effects);
            self.notify_again_if_due(metric, now, effects);
            self.drop_old_names(metric, now);
        }
        self.forecast(&reading, now, effects);
        self.scan_if_due(now, effects);
        self.look_at_apps_if_due(now, effects);
        self.action_triggers.resend(&self.effective.actions, now, effects);
        self.measure_self_if_due(now, effects);
        self.menu_apps.expire(now.elapsed);
        self.panel.report_if_due(self.power_state.is_session_locked, now.elapsed, effects);
        self.check_for_updates_if_due(now, effects);
    }

    /// Applies new settings, and evaluates the alerts by them at once.
    pub(super) fn apply_settings(&mut self, settings: Settings, now: &Now, effects: &mut Vec<Effect>) {
        if settings.locked != self.saved.locked {
            effects.extend(self.overrides.drop_locked(&settings.locked).into_iter().map(Effect::Warn));
        }
        let effective = self.overrides.apply_to(&settings);
        for metric in Metric::ALL {
            // A pending alert fired by the rule before.
            if effective.rule(metric) != self.effective.rule(metric) {
                self.resolve_pending(metric, now, effects);
            }
        }
        self.effective = effective;
        self.saved = settings;
        if !self.effective.history {
            // Recording is off, so clear its error.
            self.problems.remove(&Operation::Record);
        }
        for metric in Metric::ALL {
            let (rule, context) = (self.effective.rule(metric), self.notify_context(metric, now));
            let state = &mut self.metrics[metric as usize];
            let changed = state.alert.change_rule(rule, state.sample, &context);
            self.emit(metric, changed, now, effects);
            self.notify_if_due(metric, now, effects);
        }
        self.scan_if_due(now, effects);
    }

    /// Takes the result of a process scan, and announces the alerts that waited for it.
    pub(super) fn on_process_scan(&mut self, result: Result<TopApps, String>, now: &Now, effects: &mut Vec<Effect>) {
        self.note_scan(&result, effects);
        self.scan_schedule.receive(result.ok(), now.elapsed);
        for metric in Metric::ALL {
            self.resolve_pending(metric, now, effects);
            self.update_top_app(metric, now);
            // Another application than the ignored one may use the most now.
            self.notify_if_due(metric, now, effects);
        }
    }

    /// Looks at the applications for the history once in five minutes.
    fn look_at_apps_if_due(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        if self.effective.records_apps() && self.scan_schedule.request_look(now.elapsed) {
            effects.push(Effect::LookAtApps);
        }
    }

    /// Records the applications since the look before.
    pub(super) fn on_app_look(&mut self, result: Result<AppLook, String>, now: &Now, effects: &mut Vec<Effect>) {
        self.note_scan(&result, effects);
        if let (Ok(look), true) = (result, self.effective.records_apps()) {
            effects.push(Effect::Record(Record::Apps { at: now.wall.timestamp(), look }));
        }
    }

    /// Announces what still waits for the names of applications.
    pub(super) fn announce_pending(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        Metric::ALL.into_iter().for_each(|metric| self.resolve_pending(metric, now, effects));
        self.on_memory_looks(&MemoryLooks::default(), now, effects);
    }

    /// Decides whether a pending alert notifies, and announces it.
    pub(super) fn resolve_pending(&mut self, metric: Metric, now: &Now, effects: &mut Vec<Effect>) {
        let context = self.notify_context(metric, now);
        let state = &mut self.metrics[metric as usize];
        let Some(PendingAlert { event, at, .. }) = state.pending.take() else { return };
        let suppressed_by = state.alert.resolve_pending(&context);
        let top_apps = self.scan_schedule.top(metric, now.elapsed).filter(|_| event.steal_percent.is_none()).cloned();
        let is_complete = self.scan_schedule.is_complete();
        let line = self.announce(AlertEvent { suppressed_by, top_apps, is_complete, ..event }, &at, effects);
        self.trigger_actions(line, now, effects);
        self.update_top_app(metric, now);
    }

    fn notify_if_due(&mut self, metric: Metric, now: &Now, effects: &mut Vec<Effect>) {
        let context = self.notify_context(metric, now);
        let state = &mut self.metrics[metric as usize];
        let late = state.sample.and_then(|sample| state.alert.notify_if_due(sample, &context));
        self.emit(metric, late, now, effects);
        self.notify_again_if_due(metric, now, effects);
    }

    fn emit(&mut self, metric: Metric, transition: Option<Transition>, now: &Now, effects: &mut Vec<Effect>) {
        if matches!(transition, Some(Transition::Fired(..))) {
            self.totals.count_alert(metric);
        }
        let line = match transition {
            None => return,
            Some(Transition::Fired(breach, Decision::Pending)) => {
                let event = self.alert_event(metric, breach, None, now);
                let pending = PendingAlert { event, at: now.wall.clone(), since: now.elapsed };
                self.metrics[metric as usize].pending = Some(pending);
                None
            }
            Some(Transition::Fired(breach, Decision::Notify) | Transition::NotifiedLater(breach)) => {
                self.announce(self.alert_event(metric, breach, None, now), &now.wall, effects)
            }
            Some(Transition::Fired(breach, Decision::Suppress(suppressed_by))) => {
                self.announce(self.alert_event(metric, breach, Some(suppressed_by), now), &now.wall, effects)
            }
            Some(Transition::Cleared(end)) => {
                self.record_end(metric, end, now, effects);
                let is_unseen = self.metrics[metric as usize].delivery.end();
                let is_suppressed = is_unseen || self.suppressed_by(now).is_some();
                announcements::recovery(metric, end, is_suppressed, &now.wall, &self.effective, effects)
            }
            Some(Transition::Cancelled(end)) => {
                self.record_end(metric, end, now, effects);
                self.metrics[metric as usize].delivery.end();
                announcements::cancellation(metric, end, &now.wall, effects)
            }
        };
        self.trigger_actions(line, now, effects);
        self.update_top_app(metric, now);
    }

    /// Records an alert that fired, or notifies later, and announces it.
    fn announce(&mut self, event: AlertEvent, at: &Zoned, effects: &mut Vec<Effect>) -> Option<OutputLine> {
        let sequence = if event.suppressed_by.is_none() { self.next_sequence() } else { 0 };
        if sequence != 0 {
            self.metrics[event.metric as usize].delivery.begin(sequence, self.effective.history);
        }
        if self.effective.history {
            self.metrics[event.metric as usize].is_recorded = true;
            effects.push(Effect::Record(Record::Alert { at: at.timestamp(), event: event.clone() }));
        }
        announcements::alert(event, at, sequence, &self.effective, effects)
    }

    /// Records the end of an alert that is in the history, even where the history has been switched off since.
    fn record_end(&mut self, metric: Metric, end: AlertEnd, now: &Now, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.metrics[metric as usize].is_recorded) {
            let event = announcements::recovery_event(metric, end);
            effects.push(Effect::Record(Record::Recovery { at: now.wall.timestamp(), event }));
        }
    }

    pub(super) fn trigger_actions(&mut self, line: Option<OutputLine>, now: &Now, effects: &mut Vec<Effect>) {
        if let Some(line) = line {
            let sequence = match &line.event {
                OutputEvent::Alert(event) => self.metrics[event.metric as usize].delivery.first_sequence,
                OutputEvent::Forecast(_) => self.forecaster.first_sequence(),
                _ => 0,
            };
            self.action_triggers.trigger(&self.effective.actions, &line, sequence, now.elapsed, effects);
        }
    }

    pub(super) fn alert_event(
        &self,
        metric: Metric,
        breach: Breach,
        suppressed_by: Option<SuppressedBy>,
        now: &Now,
    ) -> AlertEvent {
        let Breach { percent: value_percent, cause, above_for, times_in_hour } = breach;
        let cpu_limit = self.cpu_limit.filter(|_| metric == Metric::Cpu);
        let steal_percent = self.steal_percent(metric);
        let top_apps = self.scan_schedule.top(metric, now.elapsed).filter(|_| steal_percent.is_none()).cloned();
        let is_complete = self.scan_schedule.is_complete();
        AlertEvent {
            cpu_limit,
            metric,
            value_percent,
            cause,
            above_for,
            times_in_hour,
            suppressed_by,
            top_apps,
            is_complete,
            steal_percent,
        }
    }

    /// The share that other virtual machines took in the present run, where it is most of the CPU percentage.
    pub(super) fn steal_percent(&self, metric: Metric) -> Option<f64> {
        (metric == Metric::Cpu).then(|| self.stolen_time.main_share_percent())?
    }

    /// Stores the names of the top applications for the menu, and the ignored one, for as long as the alert fires.
    fn update_top_app(&mut self, metric: Metric, now: &Now) {
        let is_firing = self.alert(metric).firing().is_some();
        let top = self.scan_schedule.top(metric, now.elapsed).filter(|_| is_firing);
        let names = match self.steal_percent(metric).filter(|_| is_firing) {
            Some(_) => Some(text::alerts::STEAL_IN_ROW.into()),
            None => top.filter(|top| !top.is_empty()).map(|top| {
                let names = top.iter().map(|app| &*app.name);
                text::alerts::names_in_row(names).into()
            }),
        };
        let first = top.and_then(|top| top.first()).map(|first| Arc::clone(&first.name));
        let ignored = first.map(|name| self.saved.ignores(&name).then_some(name));
        let state = &mut self.metrics[metric as usize];
        state.top_apps = names;
        // Without a recent scan it stays as it was.
        state.ignored = if is_firing { ignored.unwrap_or(state.ignored.take()) } else { None };
    }

    /// Removes the names of a scan that is too old from the menu.
    fn drop_old_names(&mut self, metric: Metric, now: &Now) {
        let is_named = self.metrics[metric as usize].top_apps.is_some() && self.steal_percent(metric).is_none();
        if is_named && self.scan_schedule.top(metric, now.elapsed).is_none() {
            self.metrics[metric as usize].top_apps = None;
        }
    }

    /// The values of a reading that the rule of one metric evaluates.
    fn rule_input(&mut self, metric: Metric, reading: &Reading, now: &Now, after_gap: bool) -> RuleInput {
        let percent = reading.percent(metric);
        let Metric::Memory = metric else { return RuleInput { percent, ..RuleInput::default() } };
        let is_pressure_unread = reading.is_pressure_unread;
        let is_pressure_lost = self.unknown_pressure.is_too_long(!is_pressure_unread, now.elapsed);
        let pressure = reading.memory_pressure;
        let input = RuleInput { percent, pressure, is_pressure_unread, is_pressure_lost, ..RuleInput::default() };
        let Some(growth) = self.effective.swap_growth else {
            self.swap.clear();
            self.unknown_swap = UnknownRun::default();
            return input;
        };
        let is_swap_lost = self.unknown_swap.is_too_long(reading.swap_used_bytes.is_some(), now.elapsed);
        if is_swap_lost {
            // Nothing is known about the time between, as after a gap.
            self.swap.clear();
        }
        let Some(used_bytes) = reading.swap_used_bytes else { return RuleInput { is_swap_lost, ..input } };
        // A growth shows only between two readings.
        let within = growth.within.max(self.sampling_interval * 2);
        let grown_bytes = self.swap.grown(used_bytes, now.elapsed, within, after_gap);
        let is_swap_covered = self.swap.covers(now.elapsed, within);
        RuleInput { swap_grown_bytes: Some(grown_bytes), is_swap_covered, ..input }
    }

    pub(super) fn notify_context(&self, metric: Metric, now: &Now) -> NotifyContext {
        let suppressed_by = self.suppressed_by(now).or_else(|| self.ignored(metric, now));
        // Where no application is the reason, none is waited for.
        let is_scan_awaited = self.scan_schedule.is_awaited(now.elapsed) && self.steal_percent(metric).is_none();
        NotifyContext { now: now.elapsed, suppressed_by, is_scan_awaited }
    }

    /// The snooze or the quiet hours in force, which suppress every alert.
    pub(super) fn suppressed_by(&self, now: &Now) -> Option<SuppressedBy> {
        if self.saved.is_snoozed(now.wall.timestamp()) {
            Some(SuppressedBy::Snoozed)
        } else if self.saved.quiet_hours.is_some_and(|hours| hours.contain(now.wall.time())) {
            Some(SuppressedBy::QuietHours)
        } else {
            None
        }
    }

    /// Whether the settings ignore the application that uses the most. Where that is not known now, an alert that was silent
    /// for that reason stays silent, until a scan finds another application on top.
    fn ignored(&self, metric: Metric, now: &Now) -> Option<SuppressedBy> {
        if self.steal_percent(metric).is_some() {
            // The application is not the reason.
            return None;
        }
        let name = match self.scan_schedule.top(metric, now.elapsed).and_then(|top| top.first()) {
            Some(first) => &first.name,
            None => self.metrics[metric as usize].ignored.as_ref()?,
        };
        self.saved.ignores(name).then(|| SuppressedBy::Ignored(Arc::clone(name)))
    }

    /// Whether a pending alert must be announced without a scan: it has waited for long enough, or the value is not
    /// above any more.
    fn is_pending_over(&self, metric: Metric, next: &Sample) -> bool {
        let MetricState { alert, pending: Some(pending), .. } = &self.metrics[metric as usize] else { return false };
        let evaluated = alert.rule().and_then(|rule| rule.evaluate(&next.input));
        let is_over = matches!(evaluated, Some((_, Zone::Between | Zone::Below)));
        is_over || alert.rule().is_none() || next.at.saturating_sub(pending.since) >= PENDING_LIMIT
    }

    fn scan_if_due(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        let is_due = Metric::ALL.into_iter().any(|metric| self.is_scan_due(metric, now));
        if is_due && self.scan_schedule.request(now.elapsed) {
            effects.push(Effect::ScanProcesses);
        }
    }

    /// The result must be there when the alert fires, and a scan is not worth its cost long before that.
    fn is_scan_due(&self, metric: Metric, now: &Now) -> bool {
        let alert = self.alert(metric);
        match (alert.state(), alert.rule()) {
            (AlertState::Rising(run), Some(rule)) => {
                let left = (run.since + rule.after).saturating_sub(now.elapsed);
                left <= self.effective.refresh * 2 + SCAN_DURATION
            }
            (AlertState::Firing(firing), _) => {
                firing.is_pending || (firing.run.is_some() && self.scan_schedule.is_rescan_due(now.elapsed))
            }
            _ => false,
        }
    }
}
