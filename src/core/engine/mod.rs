//! The engine: takes what happened and the time, and answers what is to be done. It decides everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;

use super::alerts::alert::{Alert, Sample, State};
use super::alerts::event::AlertSaid;
use super::messages::effect::{Command, Effect, Event, Problem, Task};
use super::metrics::metric::Metric;
use super::metrics::power_state::{Circumstances, Stretch};
use super::metrics::reading::Reading;
use super::metrics::recent::Recent;
use super::metrics::self_usage::{OwnCost, OwnCostLook};
use super::metrics::swap_growth::SwapHistory;
use super::settings::{Overrides, Settings};
use super::text;
use super::time::Now;
use action_triggers::Answers;
use backtest::Tried;
use backtest_cache::Hindsight;
use process_scans::Lookout;

pub mod action_triggers;
mod alerts;
pub mod announcements;
pub mod backtest;
pub mod backtest_cache;
pub mod process_scans;

/// What Loadline knows and decides. There is one, and the loop of the app owns it.
#[derive(Clone, Debug)]
pub struct Engine {
    /// What the settings file says.
    kept: Settings,
    /// The same with the command line put over it: what is in force.
    chosen: Settings,
    /// What the command line says for this run.
    overrides: Overrides,
    manner: Manner,
    /// In the order of [`Metric::ALL`].
    watches: [Watch; 2],
    swap: SwapHistory,
    last: Option<Last>,
    recent: Recent,
    hindsight: Hindsight,
    /// Until when the menu counts as open, on the monotonic clock.
    menu_open_until: Option<Duration>,
    own_cost: OwnCostLook,
    circumstances: Circumstances,
    /// The time between two readings that is in force.
    refresh: Duration,
    /// The longest that was in force since the latest reading.
    longest_refresh: Duration,
    lookout: Lookout,
    answers: Answers,
    problems: BTreeMap<Task, Known>,
    launches_at_login: bool,
}

/// How an engine goes about its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Whether every reading is said on the console, or only alerts.
    pub says_readings: bool,
    /// Whether alerts name who uses the most: not where the readings are not this machine's of now.
    pub names_processes: bool,
}

/// One metric: its alert, and what belongs to it.
#[derive(Clone, Debug)]
struct Watch {
    alert: Alert,
    /// The latest reading, as the rule sees it.
    sample: Option<Sample>,
    /// An alert that has fired, and is said when it is known who uses the most.
    held: Option<Held>,
    /// Whether the history knows of the alert, so that it must learn of its end.
    is_kept: bool,
    /// Who uses the most, for the menu, while the alert fires.
    names: Option<Arc<str>>,
    /// The application that was known last to use the most, if it is one to ignore, while the alert fires.
    ignored: Option<Arc<str>>,
}

/// What will be said of an alert that has fired.
#[derive(Clone, Debug)]
struct Held {
    said: AlertSaid,
    at: Zoned,
    since: Duration,
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
    /// The longest refresh interval since the reading before, stretched or not: the next one may be as far away.
    refresh: Duration,
}

impl Engine {
    /// Everything quiet, nothing read yet.
    pub fn new(settings: Settings, overrides: Overrides, manner: Manner) -> Engine {
        let chosen = overrides.over(&settings);
        let watch = |metric| Watch {
            alert: Alert::new(chosen.rule(metric)),
            sample: None,
            held: None,
            is_kept: false,
            names: None,
            ignored: None,
        };
        Engine {
            kept: settings,
            overrides,
            manner,
            watches: Metric::ALL.map(watch),
            refresh: chosen.refresh,
            longest_refresh: chosen.refresh,
            chosen,
            swap: SwapHistory::default(),
            last: None,
            recent: Recent::default(),
            hindsight: Hindsight::default(),
            menu_open_until: None,
            own_cost: OwnCostLook::default(),
            circumstances: Circumstances::default(),
            lookout: Lookout::new(manner.names_processes),
            answers: Answers::default(),
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
        &self.watch(metric).alert
    }

    /// Who uses the most, while the alert of `metric` fires, as a menu row says it.
    pub fn names(&self, metric: Metric) -> Option<&Arc<str>> {
        self.watch(metric).names.as_ref()
    }

    /// What was read in the last ten minutes.
    pub fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Whether somebody looks at the menu.
    pub fn is_menu_open(&self, now: &Now) -> bool {
        self.menu_open_until.is_some_and(|until| now.elapsed < until)
    }

    /// What Loadline itself costs, as it was last seen with the menu open.
    pub fn own_cost(&self) -> Option<&OwnCost> {
        self.own_cost.seen()
    }

    /// Whether the refresh interval depends on how the machine is being used. Whoever gave one on the command line wants
    /// that one.
    pub fn may_stretch(&self) -> bool {
        self.chosen.refresh_saves_power && self.overrides.refresh.is_none()
    }

    /// The refresh interval while all is quiet and nobody looks, where it is longer than the chosen one, and why.
    pub fn stretch(&self) -> Option<Stretch> {
        self.may_stretch().then_some(self.circumstances)?.stretch(self.chosen.refresh)
    }

    /// The refresh interval to be in force at `now`. Not stretched while an alert is anything but quiet, also where it is
    /// falling: for how long a value has been below is then told, and must be known as exactly as the person chose.
    fn refresh_due(&self, now: &Now) -> Duration {
        let is_quiet = self.watches.iter().all(|watch| watch.alert.state() == State::Quiet);
        let stretch = self.stretch().filter(|_| is_quiet && !self.is_menu_open(now));
        stretch.map_or(self.chosen.refresh, |stretch| stretch.refresh)
    }

    /// What the thresholds would have told of the past, as far as that is known under the settings in force.
    pub fn tried(&self) -> Option<&Arc<Tried>> {
        self.hindsight.tried(&self.chosen).filter(|_| self.chosen.history)
    }

    /// Whether Loadline is launched at login, as it was last read back.
    pub fn launches_at_login(&self) -> bool {
        self.launches_at_login
    }

    /// The problem that a person should know of first, if there is one, as a menu row says it.
    pub fn problem(&self) -> Option<Arc<str>> {
        self.problems.values().next().map(|known| Arc::clone(&known.row))
    }

    /// Takes one event. The effects are put behind those in `effects`, and are to be performed in order.
    pub fn handle(&mut self, event: Event, now: &Now, effects: &mut Vec<Effect>) {
        match event {
            Event::Read(reading) => {
                self.read(reading, now, effects);
                self.look_at_own_cost_if_due(now, effects);
            }
            Event::Command(command) => self.obey(command, now, effects),
            Event::SettingsRead(Ok(settings)) => {
                self.problems.remove(&Task::ReadSettings);
                self.choose(settings, now, effects);
            }
            Event::SettingsGone => {
                self.problems.remove(&Task::ReadSettings);
            }
            Event::SettingsRead(Err(problem)) => {
                self.note_problem(Task::ReadSettings, problem, effects);
            }
            Event::Processes(result) => self.take_processes(result, now, effects),
            Event::OwnCost(cost) => self.own_cost.take(cost),
            Event::LoginItem(on) => self.launches_at_login = on,
            Event::Outcome { task, result: Ok(()) } => {
                self.problems.remove(&task);
            }
            Event::Outcome { task, result: Err(problem) } => {
                let problem = text::problem(&task, problem);
                self.note_problem(task, problem, effects);
            }
            Event::MenuOpened { counts_for } => self.open_menu(counts_for, now, effects),
            Event::MenuClosed => self.menu_open_until = None,
            Event::Circumstances(circumstances) => self.circumstances = circumstances,
            Event::Tried(result) => effects.extend(self.hindsight.take(result, now).map(Effect::Complain)),
            Event::Ending => Metric::ALL.into_iter().for_each(|metric| self.settle(metric, now, effects)),
        }
        let refresh = self.refresh_due(now);
        self.longest_refresh = self.longest_refresh.max(refresh);
        if std::mem::replace(&mut self.refresh, refresh) != refresh {
            effects.push(Effect::SetRefresh(refresh));
        }
    }

    fn obey(&mut self, command: Command, now: &Now, effects: &mut Vec<Effect>) {
        let mut chosen = self.kept.clone();
        match command {
            Command::SetThreshold(metric, threshold) => {
                self.overrides.forget_threshold(metric);
                chosen.set_threshold(metric, threshold);
            }
            Command::SetMemorySignal(signal) => chosen.memory_signal = signal,
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
            Command::SendTestNotification => effects.push(Effect::Notify(text::test_note())),
            Command::OpenSystemMonitor => effects.push(Effect::OpenSystemMonitor),
            Command::OpenHistory => effects.push(Effect::OpenHistory),
            Command::OpenSettings => effects.push(Effect::OpenSettings),
            Command::Quit => effects.push(Effect::Quit),
        }
        let is_changed = chosen != self.kept;
        self.choose(chosen, now, effects);
        if is_changed {
            effects.push(Effect::Save(self.kept.clone()));
        }
    }

    fn open_menu(&mut self, counts_for: Duration, now: &Now, effects: &mut Vec<Effect>) {
        self.menu_open_until = Some(now.elapsed.saturating_add(counts_for));
        if self.chosen.history && self.hindsight.ask(&self.chosen, now) {
            effects.push(Effect::TryThresholds(Box::new(self.chosen.clone())));
        }
        self.look_at_own_cost_if_due(now, effects);
    }

    fn look_at_own_cost_if_due(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        if self.is_menu_open(now) && self.own_cost.ask(now.elapsed) {
            effects.push(Effect::LookAtOwnCost);
        }
    }

    /// Keeps a problem, and complains unless this very problem is known already.
    fn note_problem(&mut self, task: Task, problem: Problem, effects: &mut Vec<Effect>) {
        if self.problems.get(&task).is_some_and(|known| known.problem == problem) {
            return;
        }
        effects.push(Effect::Complain(problem.text.clone()));
        let row = text::problem_row(&task, &problem.brief).into();
        self.problems.insert(task, Known { problem, row });
    }

    fn watch(&self, metric: Metric) -> &Watch {
        let [cpu, memory] = &self.watches;
        match metric {
            Metric::Cpu => cpu,
            Metric::Memory => memory,
        }
    }

    fn watch_mut(&mut self, metric: Metric) -> &mut Watch {
        let [cpu, memory] = &mut self.watches;
        match metric {
            Metric::Cpu => cpu,
            Metric::Memory => memory,
        }
    }
}
