//! What the engine makes of readings: alerts, when they are said, and who uses the most.

use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;

use super::{Engine, LastReading, PendingAlert, announcements};
use crate::core::alerts::alert::{AlertEnd, AlertState, Breach, Decision, NotifyContext, Sample, Transition};
use crate::core::alerts::event::{AlertEvent, SuppressedBy};
use crate::core::alerts::rule::{RuleInput, Zone};
use crate::core::history::record::{Record, StoredReading};
use crate::core::messages::effect::{Effect, Operation};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::Reading;
use crate::core::processes::top_apps::TopApps;
use crate::core::settings::Settings;
use crate::core::text;
use crate::core::time::Now;

/// For how long an alert that has fired is not said because it is not known yet who uses the most.
const PENDING_LIMIT: Duration = Duration::from_secs(2);
/// A look takes this long at the most, for two looks at the CPU are a second apart.
const SCAN_DURATION: Duration = Duration::from_secs(1);

impl Engine {
    pub(super) fn on_reading(&mut self, reading: Reading, now: &Now, effects: &mut Vec<Effect>) {
        // An interval that was asked for and taken back since the reading before is no gap either.
        let refresh = std::mem::take(&mut self.longest_interval);
        let after_gap =
            self.last_reading.as_ref().is_some_and(|last| now.is_gap_since(&last.at, last.refresh, refresh));
        self.recent.add(&reading, self.last_reading.as_ref().map(|last| &last.at), now, after_gap);
        self.last_reading = Some(LastReading { reading, at: now.clone(), refresh });
        if self.options.prints_readings {
            effects.push(Effect::Print(OutputLine { at: now.wall.clone(), event: OutputEvent::Reading(reading) }));
        }
        if self.effective.history {
            effects.push(Effect::Record(Record::Reading(StoredReading { at: now.wall.timestamp(), reading, refresh })));
        }
        for metric in Metric::ALL {
            let measured = self.rule_input(metric, &reading, now, after_gap);
            let sample = Sample { input: measured, at: now.elapsed, after_gap };
            if self.is_pending_over(metric, &sample) {
                self.resolve_pending(metric, now, effects);
            }
            let telling = self.notify_context(metric, now);
            let watch = self.metric_state_mut(metric);
            watch.sample = Some(sample);
            let transition = watch.alert.step(sample, &telling);
            self.emit(metric, transition, now, effects);
            if self.metric_state(metric).top_apps.is_some() && self.scan_schedule.top(metric, now.elapsed).is_none() {
                self.metric_state_mut(metric).top_apps = None;
            }
        }
        self.scan_if_due(now, effects);
        self.action_triggers.resend(&self.effective.actions, now, effects);
    }

    /// Takes new settings and judges the alerts by them at once.
    pub(super) fn apply_settings(&mut self, settings: Settings, now: &Now, effects: &mut Vec<Effect>) {
        let chosen = self.overrides.apply_to(&settings);
        for metric in Metric::ALL {
            // What has fired has fired by the rule before.
            if chosen.rule(metric) != self.effective.rule(metric) {
                self.resolve_pending(metric, now, effects);
            }
        }
        self.effective = chosen;
        self.saved = settings;
        if !self.effective.history {
            // What is not wanted any more cannot fail.
            self.problems.remove(&Operation::Record);
        }
        for metric in Metric::ALL {
            let (rule, telling) = (self.effective.rule(metric), self.notify_context(metric, now));
            let watch = self.metric_state_mut(metric);
            let changed = watch.alert.change_rule(rule, watch.sample, &telling);
            self.emit(metric, changed, now, effects);
            self.notify_if_due(metric, now, effects);
        }
        self.scan_if_due(now, effects);
    }

    /// Takes the answer to a look: what waited for it is said.
    pub(super) fn on_process_scan(&mut self, result: Result<TopApps, String>, now: &Now, effects: &mut Vec<Effect>) {
        let culprits = match result {
            Ok(culprits) => {
                self.problems.remove(&Operation::ScanProcesses);
                Some(culprits)
            }
            Err(problem) => {
                self.note_problem(Operation::ScanProcesses, problem.into(), effects);
                None
            }
        };
        self.scan_schedule.receive(culprits, now.elapsed);
        for metric in Metric::ALL {
            self.resolve_pending(metric, now, effects);
            self.update_top_app(metric, now);
            // The application that is to be ignored may not be the one that uses the most any more.
            self.notify_if_due(metric, now, effects);
        }
    }

    /// Decides and says what has fired and was held back.
    pub(super) fn resolve_pending(&mut self, metric: Metric, now: &Now, effects: &mut Vec<Effect>) {
        let telling = self.notify_context(metric, now);
        let watch = self.metric_state_mut(metric);
        let Some(PendingAlert { event: said, at, .. }) = watch.pending.take() else { return };
        let silence = watch.alert.resolve_pending(&telling);
        let processes = self.scan_schedule.top(metric, now.elapsed).cloned();
        let are_all_seen = self.scan_schedule.is_complete();
        let told = self.announce(
            AlertEvent { suppressed_by: silence, top_apps: processes, is_complete: are_all_seen, ..said },
            &at,
            effects,
        );
        self.trigger_actions(told, now, effects);
        self.update_top_app(metric, now);
    }

    fn notify_if_due(&mut self, metric: Metric, now: &Now, effects: &mut Vec<Effect>) {
        let telling = self.notify_context(metric, now);
        let watch = self.metric_state_mut(metric);
        let late = watch.sample.and_then(|sample| watch.alert.notify_if_due(sample, &telling));
        self.emit(metric, late, now, effects);
    }

    /// Has a transition announced.
    fn emit(&mut self, metric: Metric, transition: Option<Transition>, now: &Now, effects: &mut Vec<Effect>) {
        let told = match transition {
            None => return,
            Some(Transition::Fired(above, Decision::Pending)) => {
                let said = self.alert_event(metric, above, None, now);
                let held = PendingAlert { event: said, at: now.wall.clone(), since: now.elapsed };
                self.metric_state_mut(metric).pending = Some(held);
                None
            }
            Some(Transition::Fired(above, Decision::Notify) | Transition::NotifiedLater(above)) => {
                self.announce(self.alert_event(metric, above, None, now), &now.wall, effects)
            }
            Some(Transition::Fired(above, Decision::Suppress(silence))) => {
                self.announce(self.alert_event(metric, above, Some(silence), now), &now.wall, effects)
            }
            Some(Transition::Cleared(over)) => {
                self.record_end(metric, over, now, effects);
                announcements::recovery(metric, over, self.suppressed_by(now).is_some(), &now.wall, effects)
            }
            Some(Transition::Cancelled(over)) => {
                self.record_end(metric, over, now, effects);
                announcements::dropped(metric, over, &now.wall, effects)
            }
        };
        self.trigger_actions(told, now, effects);
        self.update_top_app(metric, now);
    }

    /// Says that an alert fired, or tells later, and has it kept.
    fn announce(&mut self, said: AlertEvent, at: &Zoned, effects: &mut Vec<Effect>) -> Option<OutputLine> {
        if self.effective.history {
            self.metric_state_mut(said.metric).is_recorded = true;
            effects.push(Effect::Record(Record::Alert { at: at.timestamp(), said: said.clone() }));
        }
        announcements::alert(said, at, effects)
    }

    /// Has the end of an alert kept that is: also where the history has been switched off since.
    fn record_end(&mut self, metric: Metric, over: AlertEnd, now: &Now, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.metric_state_mut(metric).is_recorded) {
            let said = announcements::said(metric, over);
            effects.push(Effect::Record(Record::Recovery { at: now.wall.timestamp(), said }));
        }
    }

    fn trigger_actions(&mut self, told: Option<OutputLine>, now: &Now, effects: &mut Vec<Effect>) {
        if let Some(line) = told {
            self.action_triggers.trigger(&self.effective.actions, &line, now.elapsed, effects);
        }
    }

    fn alert_event(&self, metric: Metric, above: Breach, silence: Option<SuppressedBy>, now: &Now) -> AlertEvent {
        let Breach { percent, cause, above_for, times_in_hour } = above;
        let processes = self.scan_schedule.top(metric, now.elapsed).cloned();
        AlertEvent {
            metric,
            value_percent: percent,
            cause,
            above_for,
            times_in_hour,
            suppressed_by: silence,
            top_apps: processes,
            is_complete: self.scan_schedule.is_complete(),
        }
    }

    /// Keeps who uses the most, for as long as the alert fires: for the menu, and whether it is to be ignored.
    fn update_top_app(&mut self, metric: Metric, now: &Now) {
        let is_firing = self.alert(metric).firing().is_some();
        let top = self.scan_schedule.top(metric, now.elapsed).filter(|_| is_firing);
        let names = top.map(|top| text::alerts::names_in_row(top).into());
        let first = top.and_then(|top| top.first()).map(|first| Arc::clone(&first.name));
        let ignored = first.map(|name| self.saved.ignores(&name).then_some(name));
        let watch = self.metric_state_mut(metric);
        watch.top_apps = names;
        // What is not known now leaves it as it was.
        watch.ignored = if is_firing { ignored.unwrap_or(watch.ignored.take()) } else { None };
    }

    /// What a reading says of one metric.
    fn rule_input(&mut self, metric: Metric, reading: &Reading, now: &Now, after_gap: bool) -> RuleInput {
        let percent = reading.percent(metric);
        let Metric::Memory = metric else { return RuleInput { percent, ..RuleInput::default() } };
        let measured = RuleInput { percent, pressure: reading.memory_pressure, ..RuleInput::default() };
        let Some(growth) = self.effective.swap_growth else {
            self.swap.clear();
            return measured;
        };
        let Some(used_bytes) = reading.swap_used_bytes else { return measured };
        // It takes two readings to see that something has grown.
        let within = growth.within.max(self.sampling_interval * 2);
        let grown_bytes = self.swap.grown(used_bytes, now.elapsed, within, after_gap);
        let is_swap_covered = self.swap.covers(now.elapsed, within);
        RuleInput { swap_grown_bytes: Some(grown_bytes), is_swap_covered, ..measured }
    }

    fn notify_context(&self, metric: Metric, now: &Now) -> NotifyContext {
        let hush = self.suppressed_by(now).or_else(|| self.ignored(metric, now));
        NotifyContext { now: now.elapsed, suppressed_by: hush, is_awaited: self.scan_schedule.is_awaited(now.elapsed) }
    }

    /// What the person asked for, whatever the alert.
    fn suppressed_by(&self, now: &Now) -> Option<SuppressedBy> {
        if self.saved.is_snoozed(now.wall.timestamp()) {
            Some(SuppressedBy::Snoozed)
        } else if self.saved.quiet_hours.is_some_and(|hours| hours.contain(now.wall.time())) {
            Some(SuppressedBy::QuietHours)
        } else {
            None
        }
    }

    /// Whether who uses the most is to be ignored. Where that is not known now, an alert that was silent for that reason
    /// stays so: it tells when somebody else is known to use the most.
    fn ignored(&self, metric: Metric, now: &Now) -> Option<SuppressedBy> {
        let name = match self.scan_schedule.top(metric, now.elapsed).and_then(|top| top.first()) {
            Some(first) => &first.name,
            None => self.metric_state(metric).ignored.as_ref()?,
        };
        self.saved.ignores(name).then(|| SuppressedBy::Ignored(Arc::clone(name)))
    }

    /// Whether what has fired must be said although it is not known yet who uses the most: it has waited for long
    /// enough, or the value will not be above any more.
    fn is_pending_over(&self, metric: Metric, next: &Sample) -> bool {
        let watch = self.metric_state(metric);
        let is_above = || {
            let judged = watch.alert.rule().and_then(|rule| rule.evaluate(&next.input));
            matches!(judged, Some((_, Zone::Above(_))))
        };
        watch.pending.as_ref().is_some_and(|held| next.at.saturating_sub(held.since) >= PENDING_LIMIT || !is_above())
    }

    fn scan_if_due(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        let is_due = Metric::ALL.into_iter().any(|metric| self.is_scan_due(metric, now));
        if is_due && self.scan_schedule.request(now.elapsed) {
            effects.push(Effect::ScanProcesses);
        }
    }

    /// The answer must be there when the alert fires, and no look is worth its cost long before that.
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
