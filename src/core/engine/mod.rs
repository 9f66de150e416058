//! The engine: takes what happened and the time, and answers what is to be done. It decides everything.

use crate::core::tray::labels;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;

use super::alerts::alert::{Alert, AlertState, Sample};
use super::alerts::event::AlertEvent;
use super::history::threshold_stats::BacktestResult;
use super::messages::effect::{Effect, Event, Operation, Problem, UserCommand};
use super::metrics::metric::Metric;
use super::metrics::power_state::{PowerState, SlowedInterval};
use super::metrics::reading::Reading;
use super::metrics::recent::Recent;
use super::metrics::self_usage::{SelfUsage, SelfUsageSchedule};
use super::metrics::swap_growth::SwapHistory;
use super::settings::{Overrides, Settings};
use super::text;
use super::time::Now;
use action_triggers::ActionTriggers;
use backtest_cache::BacktestCache;
use process_scans::ScanSchedule;

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
    saved: Settings,
    /// The same with the command line put over it: what is in force.
    effective: Settings,
    /// What the command line says for this run.
    overrides: Overrides,
    options: EngineOptions,
    /// In the order of [`Metric::ALL`].
    metrics: [MetricState; 2],
    swap: SwapHistory,
    last_reading: Option<LastReading>,
    recent: Recent,
    backtest_cache: BacktestCache,
    /// Until when the menu counts as open, on the monotonic clock.
    menu_open_until: Option<Duration>,
    self_usage: SelfUsageSchedule,
    power_state: PowerState,
    /// The time between two readings that is in force.
    sampling_interval: Duration,
    /// The longest that was in force since the latest reading.
    longest_interval: Duration,
    scan_schedule: ScanSchedule,
    action_triggers: ActionTriggers,
    problems: BTreeMap<Operation, ReportedProblem>,
    launches_at_login: bool,
}

/// How an engine goes about its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// Whether every reading is said on the console, or only alerts.
    pub prints_readings: bool,
    /// Whether alerts name who uses the most: not where the readings are not this machine's of now.
    pub names_apps: bool,
}

/// One metric: its alert, and what belongs to it.
#[derive(Clone, Debug)]
struct MetricState {
    alert: Alert,
    /// The latest reading, as the rule sees it.
    sample: Option<Sample>,
    /// An alert that has fired, and is said when it is known who uses the most.
    pending: Option<PendingAlert>,
    /// Whether the history knows of the alert, so that it must learn of its end.
    is_recorded: bool,
    /// Who uses the most, for the menu, while the alert fires.
    top_apps: Option<Arc<str>>,
    /// The application that was known last to use the most, if it is one to ignore, while the alert fires.
    ignored: Option<Arc<str>>,
}

/// What will be said of an alert that has fired.
#[derive(Clone, Debug)]
struct PendingAlert {
    event: AlertEvent,
    at: Zoned,
    since: Duration,
}

/// A problem that the person has been told of.
#[derive(Clone, Debug)]
struct ReportedProblem {
    problem: Problem,
    row: Arc<str>,
}

/// The latest reading.
#[derive(Clone, Debug)]
struct LastReading {
    reading: Reading,
    at: Now,
    /// The longest refresh interval since the reading before, stretched or not: the next one may be as far away.
    refresh: Duration,
}

impl Engine {
    /// Everything quiet, nothing read yet.
    pub fn new(settings: Settings, overrides: Overrides, manner: EngineOptions) -> Engine {
        let chosen = overrides.apply_to(&settings);
        let watch = |metric| MetricState {
            alert: Alert::new(chosen.rule(metric)),
            sample: None,
            pending: None,
            is_recorded: false,
            top_apps: None,
            ignored: None,
        };
        Engine {
            saved: settings,
            overrides,
            options: manner,
            metrics: Metric::ALL.map(watch),
            sampling_interval: chosen.refresh,
            longest_interval: chosen.refresh,
            effective: chosen,
            swap: SwapHistory::default(),
            last_reading: None,
            recent: Recent::default(),
            backtest_cache: BacktestCache::default(),
            menu_open_until: None,
            self_usage: SelfUsageSchedule::default(),
            power_state: PowerState::default(),
            scan_schedule: ScanSchedule::new(manner.names_apps),
            action_triggers: ActionTriggers::default(),
            problems: BTreeMap::new(),
            launches_at_login: false,
        }
    }

    /// What is in force: the settings with the command line put over them.
    pub fn settings(&self) -> &Settings {
        &self.effective
    }

    /// What the settings file says, or would say: without the command line.
    pub fn saved_settings(&self) -> &Settings {
        &self.saved
    }

    /// The latest reading, if there has been one.
    pub fn reading(&self) -> Option<&Reading> {
        self.last_reading.as_ref().map(|last| &last.reading)
    }

    /// When the latest reading was taken.
    pub fn read_at(&self) -> Option<&Now> {
        self.last_reading.as_ref().map(|last| &last.at)
    }

    /// The alert of one metric.
    pub fn alert(&self, metric: Metric) -> &Alert {
        &self.metric_state(metric).alert
    }

    /// Who uses the most, while the alert of `metric` fires, as a menu row says it.
    pub fn top_apps(&self, metric: Metric) -> Option<&Arc<str>> {
        self.metric_state(metric).top_apps.as_ref()
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
    pub fn self_usage(&self) -> Option<&SelfUsage> {
        self.self_usage.latest()
    }

    /// Whether the refresh interval depends on how the machine is being used. Whoever gave one on the command line wants
    /// that one.
    pub fn may_slow_down(&self) -> bool {
        self.effective.refresh_saves_power && self.overrides.refresh.is_none()
    }

    /// The refresh interval while all is quiet and nobody looks, where it is longer than the chosen one, and why.
    pub fn slowed_interval(&self) -> Option<SlowedInterval> {
        self.may_slow_down().then_some(self.power_state)?.slowed_interval(self.effective.refresh)
    }

    /// The refresh interval to be in force at `now`. Not stretched while an alert is anything but quiet, also where it is
    /// falling: for how long a value has been below is then told, and must be known as exactly as the person chose.
    fn sampling_interval(&self, now: &Now) -> Duration {
        let is_quiet = self.metrics.iter().all(|watch| watch.alert.state() == AlertState::Quiet);
        let stretch = self.slowed_interval().filter(|_| is_quiet && !self.is_menu_open(now));
        stretch.map_or(self.effective.refresh, |stretch| stretch.refresh)
    }

    /// What the thresholds would have told of the past, as far as that is known under the settings in force.
    pub fn backtest(&self) -> Option<&Arc<BacktestResult>> {
        self.backtest_cache.result(&self.effective).filter(|_| self.effective.history)
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
            Event::Reading(reading) => {
                self.on_reading(reading, now, effects);
                self.measure_self_if_due(now, effects);
            }
            Event::Command(command) => self.apply_command(command, now, effects),
            Event::SettingsRead(Ok(settings)) => {
                self.problems.remove(&Operation::ReadSettings);
                self.apply_settings(settings, now, effects);
            }
            Event::SettingsGone => {
                self.problems.remove(&Operation::ReadSettings);
            }
            Event::SettingsRead(Err(problem)) => {
                self.note_problem(Operation::ReadSettings, problem, effects);
            }
            Event::ProcessScan(result) => self.on_process_scan(result, now, effects),
            Event::SelfUsage(cost) => self.self_usage.receive(cost),
            Event::LoginItem(on) => self.launches_at_login = on,
            Event::Outcome { operation: task, result: Ok(()) } => {
                self.problems.remove(&task);
            }
            Event::Outcome { operation: task, result: Err(problem) } => {
                let problem = text::problems::problem(&task, problem);
                self.note_problem(task, problem, effects);
            }
            Event::MenuOpened { counts_for } => self.open_menu(counts_for, now, effects),
            Event::MenuClosed => self.menu_open_until = None,
            Event::PowerState(circumstances) => self.power_state = circumstances,
            Event::BacktestDone(result) => effects.extend(self.backtest_cache.receive(result, now).map(Effect::Warn)),
            Event::Stopping => Metric::ALL.into_iter().for_each(|metric| self.resolve_pending(metric, now, effects)),
        }
        let refresh = self.sampling_interval(now);
        self.longest_interval = self.longest_interval.max(refresh);
        if std::mem::replace(&mut self.sampling_interval, refresh) != refresh {
            effects.push(Effect::SetRefresh(refresh));
        }
    }

    fn apply_command(&mut self, command: UserCommand, now: &Now, effects: &mut Vec<Effect>) {
        let mut chosen = self.saved.clone();
        match command {
            UserCommand::SetThreshold(metric, threshold) => {
                self.overrides.forget_threshold(metric);
                chosen.set_threshold(metric, threshold);
            }
            UserCommand::SetMemorySignal(signal) => chosen.memory_signal = signal,
            UserCommand::SetAfter(after) => {
                self.overrides.after = None;
                chosen.after = after;
            }
            UserCommand::SetRefresh(refresh) => {
                self.overrides.refresh = None;
                chosen.refresh = refresh;
            }
            UserCommand::Snooze(snooze) => chosen.snoozed_until = Some(snooze.end(&now.wall)),
            UserCommand::Resume => chosen.snoozed_until = None,
            UserCommand::Toggle(part) => chosen.menu_bar = chosen.menu_bar.toggled(part),
            UserCommand::ToggleLaunchAtLogin => effects.push(Effect::ToggleLaunchAtLogin),
            UserCommand::SendTestNotification => effects.push(Effect::Notify(text::alerts::test_notification())),
            UserCommand::OpenSystemMonitor => effects.push(Effect::OpenSystemMonitor),
            UserCommand::OpenHistory => effects.push(Effect::OpenHistory),
            UserCommand::OpenSettings => effects.push(Effect::OpenSettings),
            UserCommand::Quit => effects.push(Effect::Quit),
        }
        let is_changed = chosen != self.saved;
        self.apply_settings(chosen, now, effects);
        if is_changed {
            effects.push(Effect::Save(self.saved.clone()));
        }
    }

    fn open_menu(&mut self, counts_for: Duration, now: &Now, effects: &mut Vec<Effect>) {
        self.menu_open_until = Some(now.elapsed.saturating_add(counts_for));
        if self.effective.history && self.backtest_cache.request(&self.effective, now) {
            effects.push(Effect::RunBacktest(Box::new(self.effective.clone())));
        }
        self.measure_self_if_due(now, effects);
    }

    fn measure_self_if_due(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        if self.is_menu_open(now) && self.self_usage.request(now.elapsed) {
            effects.push(Effect::MeasureSelf);
        }
    }

    /// Keeps a problem, and complains unless this very problem is known already.
    fn note_problem(&mut self, task: Operation, problem: Problem, effects: &mut Vec<Effect>) {
        if self.problems.get(&task).is_some_and(|known| known.problem == problem) {
            return;
        }
        effects.push(Effect::Warn(problem.text.clone()));
        let row = labels::problem_row(&task, &problem.brief).into();
        self.problems.insert(task, ReportedProblem { problem, row });
    }

    fn metric_state(&self, metric: Metric) -> &MetricState {
        let [cpu, memory] = &self.metrics;
        match metric {
            Metric::Cpu => cpu,
            Metric::Memory => memory,
        }
    }

    fn metric_state_mut(&mut self, metric: Metric) -> &mut MetricState {
        let [cpu, memory] = &mut self.metrics;
        match metric {
            Metric::Cpu => cpu,
            Metric::Memory => memory,
        }
    }
}
