//! The engine: takes what happened and the time, and answers what is to be done. It decides everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::alert::{Alert, Sample, Telling, Transition};
use super::announce::{About, announce};
use super::effect::{Command, Effect, Event, Problem, Task};
use super::metric::Metric;
use super::reading::Reading;
use super::said::{Line, Said};
use super::settings::{Overrides, Settings};
use super::time::Now;
use super::wording;

/// What Loadline knows and decides. There is one, and the loop of the app owns it.
#[derive(Clone, Debug)]
pub struct Engine {
    /// What the settings file says.
    kept: Settings,
    /// The same with the command line put over it: what is in force.
    chosen: Settings,
    /// What the command line says for this run.
    overrides: Overrides,
    /// Whether every reading is said on the console, or only alerts.
    says_readings: bool,
    cpu: Alert,
    memory: Alert,
    last: Option<Last>,
    problems: BTreeMap<Task, Known>,
    launches_at_login: bool,
}

/// A problem that the person has been told of.
#[derive(Clone, Debug)]
struct Known {
    problem: Problem,
    row: Arc<str>,
}

/// The latest reading.
#[derive(Clone, Debug)]
struct Last {
    reading: Reading,
    at: Now,
    /// The refresh interval that was in force: the next reading may be as far away as this one asked for.
    refresh: Duration,
}

impl Engine {
    /// Everything quiet, nothing read yet.
    pub fn new(settings: Settings, overrides: Overrides, says_readings: bool) -> Engine {
        let chosen = overrides.over(&settings);
        Engine {
            kept: settings,
            overrides,
            says_readings,
            cpu: Alert::new(chosen.rule(Metric::Cpu)),
            memory: Alert::new(chosen.rule(Metric::Memory)),
            chosen,
            last: None,
            problems: BTreeMap::new(),
            launches_at_login: false,
        }
    }

    /// What is in force: the settings with the command line put over them.
    pub fn settings(&self) -> &Settings {
        &self.chosen
    }

    /// What the settings file says, or would say: without the command line.
    pub fn kept_settings(&self) -> &Settings {
        &self.kept
    }

    /// The latest reading, if there has been one.
    pub fn reading(&self) -> Option<&Reading> {
        self.last.as_ref().map(|last| &last.reading)
    }

    /// When the latest reading was taken.
    pub fn read_at(&self) -> Option<&Now> {
        self.last.as_ref().map(|last| &last.at)
    }

    /// The alert of one metric.
    pub fn alert(&self, metric: Metric) -> &Alert {
        match metric {
            Metric::Cpu => &self.cpu,
            Metric::Memory => &self.memory,
        }
    }

    /// Whether Loadline is launched at login, as it was last read back.
    pub fn launches_at_login(&self) -> bool {
        self.launches_at_login
    }

    /// The problem that a person should know of first, if there is one, as a menu row says it.
    pub fn problem(&self) -> Option<Arc<str>> {
        self.problems.values().next().map(|known| Arc::clone(&known.row))
    }

    /// Takes one event. The effects are to be performed in order.
    pub fn handle(&mut self, event: Event, now: &Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        let refresh_before = self.settings().refresh;
        match event {
            Event::Read(reading) => self.read(reading, now, &mut effects),
            Event::Command(command) => self.obey(command, now, &mut effects),
            Event::SettingsRead(Ok(settings)) => {
                self.problems.remove(&Task::ReadSettings);
                self.choose(settings, now, &mut effects);
            }
            Event::SettingsGone => {
                self.problems.remove(&Task::ReadSettings);
            }
            Event::SettingsRead(Err(problem)) => {
                self.note_problem(Task::ReadSettings, problem, &mut effects);
            }
            Event::Processes(_) | Event::Ending => {}
            Event::LoginItem(on) => self.launches_at_login = on,
            Event::Outcome { task, result: Ok(()) } => {
                self.problems.remove(&task);
            }
            Event::Outcome { task, result: Err(problem) } => {
                self.note_problem(task, problem.into(), &mut effects);
            }
        }
        let refresh = self.settings().refresh;
        if refresh != refresh_before {
            effects.push(Effect::SetRefresh(refresh));
        }
        effects
    }

    fn read(&mut self, reading: Reading, now: &Now, effects: &mut Vec<Effect>) {
        let refresh = self.settings().refresh;
        let after_gap = self.last.as_ref().is_some_and(|last| now.is_gap_since(&last.at, last.refresh, refresh));
        self.last = Some(Last { reading, at: now.clone(), refresh });
        if self.says_readings {
            effects.push(Effect::Print(Line { at: now.wall.clone(), said: Said::Reading(reading) }));
        }
        let telling = self.telling(now);
        for metric in Metric::ALL {
            let sample = Sample { percent: reading.percent(metric), at: now.elapsed, after_gap };
            let transition = self.alert_mut(metric).step(sample, telling);
            self.say(metric, transition, now, effects);
        }
    }

    fn obey(&mut self, command: Command, now: &Now, effects: &mut Vec<Effect>) {
        let mut chosen = self.kept.clone();
        match command {
            Command::SetThreshold(metric, threshold) => {
                self.overrides.forget_threshold(metric);
                chosen.set_threshold(metric, threshold);
            }
            Command::SetAfter(after) => {
                self.overrides.after = None;
                chosen.after = after;
            }
            Command::SetRefresh(refresh) => {
                self.overrides.refresh = None;
                chosen.refresh = refresh;
            }
            Command::Snooze(snooze) => chosen.snoozed_until = Some(snooze.end(&now.wall)),
            Command::Resume => chosen.snoozed_until = None,
            Command::Toggle(part) => chosen.menu_bar = chosen.menu_bar.toggled(part),
            Command::ToggleLaunchAtLogin => effects.push(Effect::ToggleLaunchAtLogin),
            Command::SendTestNotification => effects.push(Effect::Notify(wording::test_note())),
            Command::OpenSystemMonitor => effects.push(Effect::OpenSystemMonitor),
            Command::OpenSettings => effects.push(Effect::OpenSettings),
            Command::Quit => effects.push(Effect::Quit),
        }
        let is_changed = chosen != self.kept;
        self.choose(chosen, now, effects);
        if is_changed {
            effects.push(Effect::Save(self.kept.clone()));
        }
    }

    /// Takes new settings and judges the alerts by them at once.
    fn choose(&mut self, settings: Settings, now: &Now, effects: &mut Vec<Effect>) {
        self.chosen = self.overrides.over(&settings);
        self.kept = settings;
        let telling = self.telling(now);
        for metric in Metric::ALL {
            let (rule, sample) = (self.chosen.rule(metric), self.last_sample(metric));
            let changed = self.alert_mut(metric).change_rule(rule, sample, telling);
            self.say(metric, changed, now, effects);
            let late = sample.and_then(|sample| self.alert_mut(metric).tell_if_due(sample, telling));
            self.say(metric, late, now, effects);
        }
    }

    /// Keeps a problem, and complains unless this very problem is known already.
    fn note_problem(&mut self, task: Task, problem: Problem, effects: &mut Vec<Effect>) {
        if self.problems.get(&task).is_some_and(|known| known.problem == problem) {
            return;
        }
        effects.push(Effect::Complain(problem.text.clone()));
        let row = wording::problem_row(&task, &problem.brief).into();
        self.problems.insert(task, Known { problem, row });
    }

    fn telling(&self, now: &Now) -> Telling {
        Telling { now: now.elapsed, snoozed: self.kept.is_snoozed(now.wall.timestamp()) }
    }

    fn last_sample(&self, metric: Metric) -> Option<Sample> {
        let last = self.last.as_ref()?;
        Some(Sample { percent: last.reading.percent(metric), at: last.at.elapsed, after_gap: false })
    }

    fn alert_mut(&mut self, metric: Metric) -> &mut Alert {
        match metric {
            Metric::Cpu => &mut self.cpu,
            Metric::Memory => &mut self.memory,
        }
    }

    /// Has a transition announced.
    fn say(&self, metric: Metric, transition: Option<Transition>, now: &Now, effects: &mut Vec<Effect>) {
        if let Some(transition) = transition {
            let about = About { metric, rule: self.alert(metric).rule(), snoozed: self.telling(now).snoozed };
            announce(&about, transition, &now.wall, effects);
        }
    }
}
