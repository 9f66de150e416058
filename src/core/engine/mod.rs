//! The engine: takes events and the time, and returns effects. It makes every decision.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;

use super::alerts::alert::{Alert, AlertState, Sample};
use super::alerts::event::AlertEvent;
use super::alerts::unknown_run::UnknownRun;
use super::fleet::totals::Totals;
use super::forecast::forecaster::Forecaster;
use super::history::threshold_stats::BacktestResult;
use super::messages::effect::{Effect, Event, Notification, Operation, Problem, ProblemRemedy, UserCommand};
use super::metrics::metric::Metric;
use super::metrics::power_state::{PowerState, SlowedInterval};
use super::metrics::reading::{CpuLimitUse, Reading};
use super::metrics::recent::Recent;
use super::metrics::self_usage::{SelfUsage, SelfUsageSchedule};
use super::metrics::stolen_time::StolenTime;
use super::metrics::swap_growth::SwapHistory;
use super::settings::{Overrides, Settings};
use super::text;
use super::time::{Clock, Now};
use super::tray::menu_apps::MenuApps;
use super::updates::release::Release;
use super::updates::schedule::UpdateSchedule;
use action_triggers::ActionTriggers;
use backtest_cache::BacktestCache;
use delivery::Delivery;
use panel::PanelState;
use process_scans::ScanSchedule;

pub mod action_triggers;
mod alerts;
pub mod announcements;
pub mod backtest;
pub mod backtest_cache;
mod delivery;
mod forecasts;
mod notifications;
mod open_menu;
mod panel;
mod problems;
pub mod process_scans;

/// The state of Loadline. There is one engine, and the loop of the app owns it.
#[derive(Clone, Debug)]
pub struct Engine {
    saved: Settings,
    effective: Settings,
    overrides: Overrides,
    options: EngineOptions,
    /// In the order of [`Metric::ALL`].
    metrics: [MetricState; 2],
    swap: SwapHistory,
    stolen_time: StolenTime,
    unknown_swap: UnknownRun,
    unknown_pressure: UnknownRun,
    last_reading: Option<LastReading>,
    /// With the throttled periods since the CPU went above its threshold.
    cpu_limit: Option<CpuLimitUse>,
    recent: Recent,
    backtest_cache: BacktestCache,
    /// The time until which the menu counts as open, on the monotonic clock.
    menu_open_until: Option<Duration>,
    menu_apps: MenuApps,
    self_usage: SelfUsageSchedule,
    power_state: PowerState,
    sampling_interval: Duration,
    /// The longest sampling interval in force since the latest reading.
    longest_interval: Duration,
    scan_schedule: ScanSchedule,
    action_triggers: ActionTriggers,
    problems: BTreeMap<Operation, ReportedProblem>,
    launches_at_login: bool,
    panel: PanelState,
    updates: UpdateSchedule,
    forecaster: Forecaster,
    /// The number of the latest notification of an alert or an early warning.
    last_sequence: u64,
    totals: Totals,
}

/// The options of an engine that no setting changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// Whether every reading is printed, or only alerts.
    pub prints_readings: bool,
    /// Whether the readings are those of this machine now: then alerts name the applications that use the most, and a value that
    /// stays unknown is a problem.
    pub names_apps: bool,
    /// Whether the newest version is looked for, if the settings name a repository: only where a menu can show it.
    pub checks_updates: bool,
    /// How the tray writes a time of day.
    pub clock: Clock,
}

/// One metric: its alert, and the state around it.
#[derive(Clone, Debug)]
struct MetricState {
    alert: Alert,
    sample: Option<Sample>,
    unknown: UnknownRun,
    pending: Option<PendingAlert>,
    delivery: Delivery,
    /// Whether the alert is in the history, so that its end must be recorded too.
    is_recorded: bool,
    /// The names of the applications that use the most, for the menu, while the alert fires.
    top_apps: Option<Arc<str>>,
    /// The application that used the most at the last scan, if the settings ignore it, while the alert fires.
    ignored: Option<Arc<str>>,
}

/// An alert that has fired and waits for a process scan.
#[derive(Clone, Debug)]
struct PendingAlert {
    event: AlertEvent,
    at: Zoned,
    since: Duration,
}

#[derive(Clone, Debug)]
struct ReportedProblem {
    problem: Problem,
    /// The row of the menu.
    row: Arc<str>,
}

#[derive(Clone, Debug)]
struct LastReading {
    reading: Reading,
    at: Now,
    /// The longest refresh interval since the reading before, slowed or not: the next one may be as far away.
    refresh: Duration,
}

impl Engine {
    /// An engine before its first reading.
    pub fn new(settings: Settings, overrides: Overrides, options: EngineOptions) -> Engine {
        let effective = overrides.apply_to(&settings);
        let metric_state = |metric| MetricState {
            alert: Alert::new(effective.rule(metric)),
            sample: None,
            unknown: UnknownRun::default(),
            pending: None,
            delivery: Delivery::default(),
            is_recorded: false,
            top_apps: None,
            ignored: None,
        };
        Engine {
            saved: settings,
            overrides,
            options,
            metrics: Metric::ALL.map(metric_state),
            sampling_interval: effective.refresh,
            longest_interval: effective.refresh,
            effective,
            swap: SwapHistory::default(),
            stolen_time: StolenTime::default(),
            unknown_swap: UnknownRun::default(),
            unknown_pressure: UnknownRun::default(),
            last_reading: None,
            cpu_limit: None,
            recent: Recent::default(),
            backtest_cache: BacktestCache::default(),
            menu_open_until: None,
            menu_apps: MenuApps::new(options.names_apps),
            self_usage: SelfUsageSchedule::default(),
            power_state: PowerState::default(),
            scan_schedule: ScanSchedule::new(options.names_apps),
            action_triggers: ActionTriggers::default(),
            problems: BTreeMap::new(),
            launches_at_login: false,
            panel: PanelState::default(),
            updates: UpdateSchedule::default(),
            forecaster: Forecaster::default(),
            last_sequence: 0,
            totals: Totals::default(),
        }
    }

    /// The settings in force: the saved ones under the overrides of the command line.
    pub fn settings(&self) -> &Settings {
        &self.effective
    }

    /// The settings of the file, without the overrides of the command line.
    pub fn saved_settings(&self) -> &Settings {
        &self.saved
    }

    /// The latest reading, if there has been one.
    pub fn reading(&self) -> Option<&Reading> {
        self.last_reading.as_ref().map(|last| &last.reading)
    }

    /// The time of the latest reading.
    pub fn read_at(&self) -> Option<&Now> {
        self.last_reading.as_ref().map(|last| &last.at)
    }

    /// The alert of one metric.
    pub fn alert(&self, metric: Metric) -> &Alert {
        &self.metrics[metric as usize].alert
    }

    /// The names of the applications that use the most, for a menu row, while the alert of `metric` fires.
    pub fn top_apps(&self, metric: Metric) -> Option<&Arc<str>> {
        self.metrics[metric as usize].top_apps.as_ref()
    }

    /// The readings of the last ten minutes.
    pub fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Whether the menu counts as open.
    pub fn is_menu_open(&self, now: &Now) -> bool {
        self.menu_open_until.is_some_and(|until| now.elapsed < until)
    }

    /// Loadline's own usage, as last measured with the menu open.
    pub fn self_usage(&self) -> Option<&SelfUsage> {
        self.self_usage.latest()
    }

    /// Whether the refresh interval depends on the power state. One given on the command line is kept.
    pub fn may_slow_down(&self) -> bool {
        self.effective.refresh_saves_power && self.overrides.refresh.is_none()
    }

    /// The refresh interval while all is quiet and the menu closed, where it is longer than the chosen one, and why.
    pub fn slowed_interval(&self) -> Option<SlowedInterval> {
        self.may_slow_down().then_some(self.power_state)?.slowed_interval(self.effective.refresh)
    }

    /// Whether readings come more slowly than chosen, now.
    pub fn is_slowed(&self) -> bool {
        self.sampling_interval > self.effective.refresh
    }

    /// The refresh interval to be in force at `now`. Never slowed while an alert is anything but quiet, not even falling: its
    /// end names how long it lasted, which must be as exact as the person chose.
    fn sampling_interval(&self, now: &Now) -> Duration {
        let is_quiet = || self.metrics.iter().all(|state| state.alert.state() == AlertState::Quiet);
        let slowed = self.slowed_interval().filter(|_| !self.is_menu_open(now) && is_quiet());
        slowed.map_or(self.effective.refresh, |slowed| slowed.refresh)
    }

    /// The refresh interval in force, slowed or not.
    pub fn refresh_in_force(&self) -> Duration {
        self.sampling_interval
    }

    /// The backtest of the thresholds, if one is cached for the settings in force.
    pub fn backtest(&self) -> Option<&Arc<BacktestResult>> {
        self.backtest_cache.result(&self.effective).filter(|_| self.effective.history)
    }

    /// The release that is newer than this program, if the settings name a repository that has one.
    pub fn newer_release(&self) -> Option<&Release> {
        self.updates.newer(self.effective.trusted_repository()?)
    }

    /// How the tray writes a time of day.
    pub fn clock(&self) -> Clock {
        self.options.clock
    }

    /// Whether Loadline is launched at login, as last read back from the system.
    pub fn launches_at_login(&self) -> bool {
        self.launches_at_login
    }

    /// Whether the panel shows text beside the icon.
    pub fn panel_shows_text(&self) -> bool {
        self.panel.shows_text
    }

    /// Handles one event. Appends the effects to `effects`; they are to be performed in order.
    pub fn handle(&mut self, event: Event, now: &Now, effects: &mut Vec<Effect>) {
        match event {
            Event::Reading(reading) => self.on_reading(reading, now, effects),
            Event::Command(command) => self.on_command(command, now, effects),
            Event::SettingsRead(Ok(settings)) => {
                self.problems.remove(&Operation::ReadSettings);
                self.note_settings_mistakes(&settings.mistakes, effects);
                self.apply_settings(*settings, now, effects);
            }
            Event::SettingsRead(Err(problem)) => self.note_problem(Operation::ReadSettings, problem, effects),
            Event::SettingsGone => drop(self.problems.remove(&Operation::ReadSettings)),
            Event::ProcessScan(result) => self.on_process_scan(result, now, effects),
            Event::AppLook(result) => self.on_app_look(result, now, effects),
            Event::MenuLook { opening, look } => self.on_menu_look(opening, look, now, effects),
            Event::SelfUsage(usage) => self.self_usage.receive(usage),
            Event::LoginItem(on) => {
                self.problems.remove(&Operation::ReadLoginItem);
                self.launches_at_login = on;
            }
            Event::Notified(outcome) => self.on_notified(outcome, now, effects),
            Event::NotificationsPossible => self.notify_again(now, effects),
            Event::NotificationsEnded => self.on_notifications_ended(now, effects),
            Event::ActionDelivered { sequence } => self.on_action_delivered(sequence, now, effects),
            Event::Outcome { operation: Operation::Notify, result } => {
                self.note_notifications(result.map_err(Problem::from), effects);
            }
            Event::Outcome { operation, result: Ok(()) } => drop(self.problems.remove(&operation)),
            Event::Outcome { operation, result: Err(problem) } => {
                let problem = text::problems::problem(&operation, problem);
                self.note_problem(operation, problem, effects);
            }
            Event::MenuOpened { counts_for } => self.open_menu(counts_for, now, effects),
            Event::MenuClosed => self.close_menu(effects),
            Event::PanelFound { shows_text } => self.panel.found(shows_text, effects),
            Event::PanelMissing { is_gnome } => {
                self.panel.missing(is_gnome, self.power_state.is_session_locked, effects);
            }
            Event::UpdateChecked(check) => self.updates.receive(check),
            Event::PowerState(power_state) => self.power_state = power_state,
            Event::BacktestDone(result) => effects.extend(self.backtest_cache.receive(result, now).map(Effect::Warn)),
            Event::MemoryPast(past) => self.on_memory_past(past, now, effects),
            Event::MemoryLooks(looks) => self.on_memory_looks(&looks, now, effects),
            Event::Stopping => self.announce_pending(now, effects),
        }
        let refresh = self.sampling_interval(now);
        self.longest_interval = self.longest_interval.max(refresh);
        if std::mem::replace(&mut self.sampling_interval, refresh) != refresh {
            effects.push(Effect::SetRefresh(refresh));
        }
    }

    fn apply_command(&mut self, command: UserCommand, now: &Now, effects: &mut Vec<Effect>) {
        let mut changed = self.saved.clone();
        match command {
            UserCommand::SetThreshold(metric, threshold) => {
                self.overrides.forget_threshold(metric);
                changed.set_threshold(metric, threshold);
            }
            UserCommand::SetMemorySignal(signal) => changed.memory_signal = signal,
            UserCommand::ToggleForecast => changed.memory_forecast = !changed.memory_forecast,
            UserCommand::SetAfter(after) => {
                self.overrides.after = None;
                changed.after = after;
            }
            UserCommand::SetRefresh(refresh) => {
                self.overrides.refresh = None;
                changed.refresh = refresh;
            }
            UserCommand::Snooze(snooze) => changed.snoozed_until = Some(snooze.end(&now.wall)),
            UserCommand::Resume => changed.snoozed_until = None,
            UserCommand::Toggle(part) => changed.menu_bar = changed.menu_bar.toggled(part),
            UserCommand::SetIcon(style) => changed.menu_bar = changed.menu_bar.with_icon(style),
            UserCommand::ToggleLaunchAtLogin => effects.push(Effect::ToggleLaunchAtLogin),
            UserCommand::SendTestNotification => {
                let has_sound = self.effective.notification_sound;
                effects.push(Effect::Notify(Notification { has_sound, ..text::alerts::test_notification() }));
            }
            UserCommand::OpenSystemMonitor => effects.push(Effect::OpenSystemMonitor),
            UserCommand::AskToQuit(number) => self.ask_to_quit(number, now, effects),
            UserCommand::OpenHistory => effects.push(Effect::OpenHistory),
            UserCommand::OpenAlert(metric, at) => effects.push(Effect::OpenAlert(metric, at)),
            UserCommand::ResolveProblem => effects.extend(self.remedy().map(|remedy| match remedy {
                ProblemRemedy::OpenSettingsFile => Effect::OpenSettings,
                ProblemRemedy::OpenSystemSettings(pane) => Effect::OpenSystemSettings(pane),
            })),
            UserCommand::OpenSettings => effects.push(Effect::OpenSettings),
            UserCommand::ShowAbout => effects.push(Effect::ShowAbout),
            UserCommand::OpenRelease => {
                effects.extend(self.newer_release().map(|release| Effect::OpenRelease(release.page.clone())));
            }
            UserCommand::Quit => effects.push(Effect::Quit),
        }
        let is_changed = changed != self.saved;
        self.apply_settings(changed, now, effects);
        if is_changed {
            effects.push(Effect::Save(self.saved.clone()));
        }
    }

    fn check_for_updates_if_due(&mut self, now: &Now, effects: &mut Vec<Effect>) {
        if let Some(repository) = self.effective.trusted_repository().filter(|_| self.options.checks_updates)
            && self.updates.request(repository, now.wall.timestamp())
        {
            effects.push(Effect::CheckForUpdates(repository.clone()));
        }
    }
}
