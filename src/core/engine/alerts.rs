//! What the engine makes of readings: alerts, when they are said, and who uses the most.

use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;

use super::{Engine, Held, Last, announcements};
use crate::core::alerts::alert::{Above, Over, Sample, State, Telling, Transition, Verdict};
use crate::core::alerts::event::{AlertSaid, Line, Said, Silence};
use crate::core::alerts::rule::{Measured, Side};
use crate::core::history::record::{Kept, Record};
use crate::core::messages::effect::{Effect, Task};
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::Reading;
use crate::core::processes::top_apps::Culprits;
use crate::core::settings::Settings;
use crate::core::text;
use crate::core::time::Now;

/// For how long an alert that has fired is not said because it is not known yet who uses the most.
const HOLD: Duration = Duration::from_secs(2);
/// A look takes this long at the most, for two looks at the CPU are a second apart.
const LOOK: Duration = Duration::from_secs(1);

impl Engine {
    pub(super) fn read(&mut self, reading: Reading, now: &Now, effects: &mut Vec<Effect>) {
        // An interval that was asked for and taken back since the reading before is no gap either.
        let refresh = std::mem::take(&mut self.longest_refresh);
        let after_gap = self.last.as_ref().is_some_and(|last| now.is_gap_since(&last.at, last.refresh, refresh));
        self.recent.take(&reading, self.last.as_ref().map(|last| &last.at), now, after_gap);
        self.last = Some(Last { reading, at: now.clone(), refresh });
        if self.manner.says_readings {
            effects.push(Effect::Print(Line { at: now.wall.clone(), said: Said::Reading(reading) }));
        }
        if self.chosen.history {
            effects.push(Effect::Record(Record::Reading(Kept { at: now.wall.timestamp(), reading, refresh })));
        }
        for metric in Metric::ALL {
            let measured = self.measured(metric, &reading, now, after_gap);
            let sample = Sample { measured, at: now.elapsed, after_gap };
            if self.is_hold_over(metric, &sample) {
                self.settle(metric, now, effects);
            }
            let telling = self.telling(metric, now);
            let watch = self.watch_mut(metric);
            watch.sample = Some(sample);
            let transition = watch.alert.step(sample, &telling);
            self.say(metric, transition, now, effects);
            if self.watch(metric).names.is_some() && self.lookout.top(metric, now.elapsed).is_none() {
                self.watch_mut(metric).names = None;
            }
        }
        self.look_if_due(now, effects);
        self.answers.answer_again(&self.chosen.actions, now, effects);
    }

    /// Takes new settings and judges the alerts by them at once.
    pub(super) fn choose(&mut self, settings: Settings, now: &Now, effects: &mut Vec<Effect>) {
        let chosen = self.overrides.over(&settings);
        for metric in Metric::ALL {
            // What has fired has fired by the rule before.
            if chosen.rule(metric) != self.chosen.rule(metric) {
                self.settle(metric, now, effects);
            }
        }
        self.chosen = chosen;
        self.kept = settings;
        if !self.chosen.history {
            // What is not wanted any more cannot fail.
            self.problems.remove(&Task::Record);
        }
        for metric in Metric::ALL {
            let (rule, telling) = (self.chosen.rule(metric), self.telling(metric, now));
            let watch = self.watch_mut(metric);
            let changed = watch.alert.change_rule(rule, watch.sample, &telling);
            self.say(metric, changed, now, effects);
            self.tell_if_due(metric, now, effects);
        }
        self.look_if_due(now, effects);
    }

    /// Takes the answer to a look: what waited for it is said.
    pub(super) fn take_processes(&mut self, result: Result<Culprits, String>, now: &Now, effects: &mut Vec<Effect>) {
        let culprits = match result {
            Ok(culprits) => {
                self.problems.remove(&Task::LookAtProcesses);
                Some(culprits)
            }
            Err(problem) => {
                self.note_problem(Task::LookAtProcesses, problem.into(), effects);
                None
            }
        };
        self.lookout.take(culprits, now.elapsed);
        for metric in Metric::ALL {
            self.settle(metric, now, effects);
            self.name(metric, now);
            // The application that is to be ignored may not be the one that uses the most any more.
            self.tell_if_due(metric, now, effects);
        }
    }

    /// Decides and says what has fired and was held back.
    pub(super) fn settle(&mut self, metric: Metric, now: &Now, effects: &mut Vec<Effect>) {
        let telling = self.telling(metric, now);
        let watch = self.watch_mut(metric);
        let Some(Held { said, at, .. }) = watch.held.take() else { return };
        let silence = watch.alert.settle(&telling);
        let processes = self.lookout.top(metric, now.elapsed).cloned();
        let are_all_seen = self.lookout.are_all_seen();
        let told = self.announce(AlertSaid { silence, processes, are_all_seen, ..said }, &at, effects);
        self.answer(told, now, effects);
        self.name(metric, now);
    }

    fn tell_if_due(&mut self, metric: Metric, now: &Now, effects: &mut Vec<Effect>) {
        let telling = self.telling(metric, now);
        let watch = self.watch_mut(metric);
        let late = watch.sample.and_then(|sample| watch.alert.tell_if_due(sample, &telling));
        self.say(metric, late, now, effects);
    }

    /// Has a transition announced.
    fn say(&mut self, metric: Metric, transition: Option<Transition>, now: &Now, effects: &mut Vec<Effect>) {
        let told = match transition {
            None => return,
            Some(Transition::Fired(above, Verdict::Open)) => {
                let said = self.alert_said(metric, above, None, now);
                let held = Held { said, at: now.wall.clone(), since: now.elapsed };
                self.watch_mut(metric).held = Some(held);
                None
            }
            Some(Transition::Fired(above, Verdict::Tells) | Transition::ToldLater(above)) => {
                self.announce(self.alert_said(metric, above, None, now), &now.wall, effects)
            }
            Some(Transition::Fired(above, Verdict::Silent(silence))) => {
                self.announce(self.alert_said(metric, above, Some(silence), now), &now.wall, effects)
            }
            Some(Transition::Cleared(over)) => {
                self.keep_end(metric, over, now, effects);
                announcements::recovery(metric, over, self.wants_silence(now).is_some(), &now.wall, effects)
            }
            Some(Transition::Dropped(over)) => {
                self.keep_end(metric, over, now, effects);
                announcements::dropped(metric, over, &now.wall, effects)
            }
        };
        self.answer(told, now, effects);
        self.name(metric, now);
    }

    /// Says that an alert fired, or tells later, and has it kept.
    fn announce(&mut self, said: AlertSaid, at: &Zoned, effects: &mut Vec<Effect>) -> Option<Line> {
        if self.chosen.history {
            self.watch_mut(said.metric).is_kept = true;
            effects.push(Effect::Record(Record::Alert { at: at.timestamp(), said: said.clone() }));
        }
        announcements::alert(said, at, effects)
    }

    /// Has the end of an alert kept that is: also where the history has been switched off since.
    fn keep_end(&mut self, metric: Metric, over: Over, now: &Now, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.watch_mut(metric).is_kept) {
            let said = announcements::said(metric, over);
            effects.push(Effect::Record(Record::Recovery { at: now.wall.timestamp(), said }));
        }
    }

    fn answer(&mut self, told: Option<Line>, now: &Now, effects: &mut Vec<Effect>) {
        if let Some(line) = told {
            self.answers.answer(&self.chosen.actions, &line, now.elapsed, effects);
        }
    }

    fn alert_said(&self, metric: Metric, above: Above, silence: Option<Silence>, now: &Now) -> AlertSaid {
        let Above { percent, cause, above_for, times_in_hour } = above;
        let processes = self.lookout.top(metric, now.elapsed).cloned();
        AlertSaid {
            metric,
            value_percent: percent,
            cause,
            above_for,
            times_in_hour,
            silence,
            processes,
            are_all_seen: self.lookout.are_all_seen(),
        }
    }

    /// Keeps who uses the most, for as long as the alert fires: for the menu, and whether it is to be ignored.
    fn name(&mut self, metric: Metric, now: &Now) {
        let is_firing = self.alert(metric).firing().is_some();
        let top = self.lookout.top(metric, now.elapsed).filter(|_| is_firing);
        let names = top.map(|top| text::names_in_row(top).into());
        let first = top.and_then(|top| top.first()).map(|first| Arc::clone(&first.name));
        let ignored = first.map(|name| self.kept.ignores(&name).then_some(name));
        let watch = self.watch_mut(metric);
        watch.names = names;
        // What is not known now leaves it as it was.
        watch.ignored = if is_firing { ignored.unwrap_or(watch.ignored.take()) } else { None };
    }

    /// What a reading says of one metric.
    fn measured(&mut self, metric: Metric, reading: &Reading, now: &Now, after_gap: bool) -> Measured {
        let percent = reading.percent(metric);
        let Metric::Memory = metric else { return Measured { percent, ..Measured::default() } };
        let measured = Measured { percent, pressure: reading.memory_pressure, ..Measured::default() };
        let Some(growth) = self.chosen.swap_growth else {
            self.swap.clear();
            return measured;
        };
        let Some(used_bytes) = reading.swap_used_bytes else { return measured };
        // It takes two readings to see that something has grown.
        let within = growth.within.max(self.refresh * 2);
        let grown_bytes = self.swap.grown(used_bytes, now.elapsed, within, after_gap);
        let is_swap_covered = self.swap.covers(now.elapsed, within);
        Measured { swap_grown_bytes: Some(grown_bytes), is_swap_covered, ..measured }
    }

    fn telling(&self, metric: Metric, now: &Now) -> Telling {
        let hush = self.wants_silence(now).or_else(|| self.ignored(metric, now));
        Telling { now: now.elapsed, hush, is_awaited: self.lookout.is_awaited(now.elapsed) }
    }

    /// What the person asked for, whatever the alert.
    fn wants_silence(&self, now: &Now) -> Option<Silence> {
        if self.kept.is_snoozed(now.wall.timestamp()) {
            Some(Silence::Snoozed)
        } else if self.kept.quiet_hours.is_some_and(|hours| hours.contain(now.wall.time())) {
            Some(Silence::QuietHours)
        } else {
            None
        }
    }

    /// Whether who uses the most is to be ignored. Where that is not known now, an alert that was silent for that reason
    /// stays so: it tells when somebody else is known to use the most.
    fn ignored(&self, metric: Metric, now: &Now) -> Option<Silence> {
        let name = match self.lookout.top(metric, now.elapsed).and_then(|top| top.first()) {
            Some(first) => &first.name,
            None => self.watch(metric).ignored.as_ref()?,
        };
        self.kept.ignores(name).then(|| Silence::Ignored(Arc::clone(name)))
    }

    /// Whether what has fired must be said although it is not known yet who uses the most: it has waited for long
    /// enough, or the value will not be above any more.
    fn is_hold_over(&self, metric: Metric, next: &Sample) -> bool {
        let watch = self.watch(metric);
        let is_above = || {
            let judged = watch.alert.rule().and_then(|rule| rule.judge(&next.measured));
            matches!(judged, Some((_, Side::Above(_))))
        };
        watch.held.as_ref().is_some_and(|held| next.at.saturating_sub(held.since) >= HOLD || !is_above())
    }

    fn look_if_due(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        let is_due = Metric::ALL.into_iter().any(|metric| self.is_look_due(metric, now));
        if is_due && self.lookout.ask(now.elapsed) {
            effects.push(Effect::LookAtProcesses);
        }
    }

    /// The answer must be there when the alert fires, and no look is worth its cost long before that.
    fn is_look_due(&self, metric: Metric, now: &Now) -> bool {
        let alert = self.alert(metric);
        match (alert.state(), alert.rule()) {
            (State::Rising(run), Some(rule)) => {
                let left = (run.since + rule.after).saturating_sub(now.elapsed);
                left <= self.chosen.refresh * 2 + LOOK
            }
            (State::Firing(firing), _) => {
                firing.is_open || (firing.run.is_some() && self.lookout.is_due_again(now.elapsed))
            }
            _ => false,
        }
    }
}
