//! The loop body of menu bar, watch and replay: takes an input, performs the effects. The only owner of the engine.

pub mod config;
mod for_menu;
mod printing;
mod pushing;
mod service;
mod serving;
mod settings;
mod telling;
mod told_lines;

use std::process::Command as Program;
use std::sync::Arc;
use std::time::Duration;

use config::{AppConfig, End, SourceKind};
use told_lines::ToldLines;

use super::actions::Actions;
use super::console::writer::ConsoleWriters;
use super::fleet::endpoint::Endpoint;
use super::fleet::pusher::Pusher;
use super::history::jobs::{HistoryJobs, memory_looks};
use super::history::recorder::Recorder;
use super::inbox::{Inbox, Input, TimedReading};
use super::notifier::Notifier;
use super::platform::MappedCode;
use super::process_scanner::ProcessScanner;
use super::process_scanner::app_looks::AppLooks;
#[cfg(feature = "menu-bar")]
use super::process_scanner::menu_looks::MenuLooks;
use super::service::manager::ServiceManager;
use super::settings_store::Store;
use super::sources::sampler::Sampler;
#[cfg(feature = "menu-bar")]
use super::tray::login_item::LoginItemJobs;
use super::{clock, launcher, platform, updates};
use crate::core::engine::{Engine, EngineOptions};
use crate::core::forecast::forecaster::MemoryPast;
use crate::core::forecast::grower::{MemoryLooks, RiseWindow};
use crate::core::messages::alert_counts::AlertCounts;
use crate::core::messages::effect::{ActionRequest, Effect, Event, Operation};
use crate::core::report::AlertFocus;
use crate::core::settings::Settings;
use crate::core::text;
use crate::core::time::Now;
use crate::core::tray::view::View;

/// After so many readings everything was done once: the code of the start will not run again.
const READINGS_OF_START: u64 = 2;

/// The engine and everything that performs its effects.
pub struct App {
    config: AppConfig,
    engine: Engine,
    /// Empty between two inputs, and reused to save allocations.
    effects: Vec<Effect>,
    inbox: Arc<Inbox>,
    store: Option<Store>,
    notifier: Option<Notifier>,
    recorder: Option<Recorder>,
    actions: Option<Actions>,
    endpoint: Option<Endpoint>,
    pusher: Option<Pusher>,
    service_manager: Option<ServiceManager>,
    sampler: Option<Sampler>,
    processes: ProcessScanner,
    app_looks: AppLooks,
    history_jobs: HistoryJobs,
    #[cfg(feature = "menu-bar")]
    menu_looks: MenuLooks,
    #[cfg(feature = "menu-bar")]
    login_item: LoginItemJobs,
    watches_power_state: bool,
    /// The time of the latest input; the tray shows the state as of then.
    now: Now,
    /// When the machine's settings are looked at again.
    machine_file_due: Duration,
    samples_taken: u64,
    alert_counts: AlertCounts,
    told_lines: ToldLines,
    /// Stdout and stderr. Dropped after the recorder and the actions, for its drop may wait. `None` for a trace on the console:
    /// each of its lines is wanted, and a slow reader slows it down.
    writers: Option<ConsoleWriters>,
    end: Option<End>,
    /// Somebody has asked for the end, so that nobody is left whom the notifications would tell anything.
    is_end_asked: bool,
}

impl App {
    /// An app before its first reading. Without a `store` nothing is saved; without a `notifier` there is the console alone.
    pub fn new(
        config: AppConfig,
        inbox: Arc<Inbox>,
        settings: Settings,
        store: Option<Store>,
        notifier: Option<Notifier>,
    ) -> App {
        let writers = (config.is_machine() || config.has_tray).then(|| ConsoleWriters::new(&inbox));
        let options = EngineOptions {
            prints_readings: config.prints_readings,
            names_apps: config.is_machine(),
            checks_updates: config.is_machine() && config.has_tray,
            clock: config.clock,
        };
        App {
            engine: Engine::new(settings, config.overrides, options),
            effects: Vec::new(),
            config,
            processes: ProcessScanner::new(Arc::clone(&inbox)),
            app_looks: AppLooks::new(Arc::clone(&inbox)),
            history_jobs: HistoryJobs::new(Arc::clone(&inbox)),
            #[cfg(feature = "menu-bar")]
            menu_looks: MenuLooks::new(Arc::clone(&inbox)),
            #[cfg(feature = "menu-bar")]
            login_item: LoginItemJobs::new(Arc::clone(&inbox)),
            watches_power_state: false,
            inbox,
            store,
            notifier,
            recorder: None,
            actions: None,
            endpoint: None,
            pusher: None,
            service_manager: None,
            sampler: None,
            now: clock::now(),
            machine_file_due: Duration::ZERO,
            samples_taken: 0,
            alert_counts: AlertCounts::default(),
            told_lines: ToldLines::default(),
            writers,
            end: None,
            is_end_asked: false,
        }
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        self.engine.settings()
    }

    /// The numbers of alerts so far.
    pub fn alert_counts(&self) -> &AlertCounts {
        &self.alert_counts
    }

    /// Gives the app its sampler, which follows the refresh interval, and ends with the app.
    pub fn set_sampler(&mut self, mut sampler: Sampler) {
        sampler.set_rules(self.engine.settings().rules());
        self.sampler = Some(sampler);
    }

    /// Gives the app its actions; without them none runs.
    pub fn set_actions(&mut self, actions: Actions) {
        self.actions = Some(actions);
        self.pass_settings_to_actions(self.settings());
    }

    /// Takes up the last check for a newer version, of a run before.
    #[cfg(feature = "menu-bar")]
    pub fn read_last_update_check(&mut self) {
        if let Some(check) = updates::last_check() {
            self.handle(Event::UpdateChecked(check));
        }
    }

    /// Gives the app its recorder; without one no history is written.
    pub fn set_recorder(&mut self, recorder: Recorder) {
        self.recorder = Some(recorder);
    }

    /// The view that the tray shows now. `before` is the one that it showed last.
    pub fn view(&self, before: Option<&View>) -> View {
        View::of(&self.engine, &self.now, before)
    }

    /// Handles one input. Returns `Some` when the run is over.
    pub fn take(&mut self, input: Input) -> Option<End> {
        let is_stopped = self.config.has_tray || matches!(input, Input::Stop);
        if !matches!(input, Input::Stop | Input::Failed(_)) {
            // The loop runs now, which a question for permission needs.
            self.notifier.iter_mut().for_each(Notifier::begin);
        }
        match input {
            Input::Reading(reading) => self.on_reading(reading),
            Input::RefreshInterval(refresh) => {
                let settings = Settings { refresh, ..self.engine.saved_settings().clone() };
                self.handle(Event::SettingsRead(Ok(Box::new(settings))));
            }
            Input::Event(event) => {
                // Between two readings the time is that of the clock; in a trace it is that of the last reading.
                let is_timed = matches!(
                    event,
                    Event::Command(_)
                        | Event::MenuOpened { .. }
                        | Event::PowerState(_)
                        | Event::AppLook(_)
                        | Event::MenuLook { .. }
                        | Event::Notified(_)
                        | Event::NotificationsPossible
                        | Event::ActionDelivered { .. }
                );
                if is_timed && self.config.is_machine() {
                    self.now = clock::now();
                }
                if matches!(event, Event::Command(_)) {
                    // An edit of a file must be loaded before the save that may follow overwrites it.
                    self.reload_settings(true);
                }
                match event {
                    Event::Notified(outcome) => self.on_notified(outcome),
                    event => self.handle(event),
                }
            }
            Input::MetricsWanted => self.answer_scrape(),
            Input::PushWanted => self.answer_push(),
            Input::Remark(remark) => self.warn(remark),
            Input::Printed => self.collect_write_results(),
            Input::SourceEnded(Ok(())) if self.config.has_tray => {}
            Input::SourceEnded(Err(problem)) if self.config.has_tray => {
                self.handle(Event::Outcome { operation: Operation::Sample, result: Err(problem) });
            }
            Input::SourceEnded(Ok(())) => self.end = Some(End::Done),
            Input::Reload => self.reload(),
            Input::Stop => self.end_as_asked(),
            Input::SourceEnded(Err(problem)) | Input::Failed(problem) => self.end = Some(End::Failed(problem)),
        }
        if self.end.is_some() {
            self.tell_manager(ServiceManager::note_end);
            // A pending alert is announced without the names that it waits for.
            self.handle(Event::Stopping);
            if self.is_end_asked {
                self.notifier.iter().for_each(Notifier::withdraw);
            }
            if let (Some(writers), false) = (&mut self.writers, is_stopped) {
                writers.wait_for_reader();
            }
        }
        self.end.take()
    }

    fn on_reading(&mut self, TimedReading { reading, at }: TimedReading) {
        self.now = at;
        self.reload_settings(false);
        self.handle(Event::Reading(reading));
        self.watch_power_state();
        self.retry_endpoint();
        #[cfg(feature = "menu-bar")]
        if self.config.has_tray && self.samples_taken == 0 {
            // Not earlier: macOS has to be asked while the loop runs.
            self.login_item.read();
        }
        self.note_reading_to_manager();
        self.samples_taken += 1;
        if self.config.is_machine() && self.samples_taken == READINGS_OF_START {
            MappedCode::around(App::new as *const ()).iter().for_each(MappedCode::release);
        }
        if self.config.samples == Some(self.samples_taken) {
            self.end.get_or_insert(End::Done);
        }
    }

    /// Begins to watch the power state once it matters: not before the first reading, which it must not delay, and not for a
    /// trace, whose readings come at their own times.
    fn watch_power_state(&mut self) {
        if !self.watches_power_state && self.config.is_machine() && self.engine.may_slow_down() {
            platform::watch_power_state(&self.inbox, self.config.has_tray);
            self.watches_power_state = true;
        }
    }

    fn handle(&mut self, event: Event) {
        // An effect may lead to another event, handled inside: the buffer is in use then, and a new one takes its place.
        let mut effects = std::mem::take(&mut self.effects);
        self.engine.handle(event, &self.now, &mut effects);
        if let Some(pusher) = &mut self.pusher {
            pusher.note_alerts(&self.engine);
        }
        if let Some(sampler) = &mut self.sampler {
            sampler.set_rules(self.engine.settings().rules());
        }
        effects.drain(..).for_each(|effect| self.perform(effect));
        self.effects = effects;
        self.count_unprinted();
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Print(line) => self.print(&line),
            Effect::Warn(message) => self.warn(message),
            Effect::Notify(notification) => self.notify(notification),
            Effect::Dismiss(id) => {
                if let Some(notifier) = &self.notifier {
                    notifier.dismiss(id);
                }
            }
            Effect::Save(settings) => self.save(&settings),
            Effect::SetRefresh(refresh) => {
                if let Some(sampler) = &mut self.sampler {
                    sampler.set_refresh(refresh);
                }
            }
            Effect::Record(record) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.record(record, self.now.elapsed);
                }
            }
            Effect::ScanProcesses => self.processes.scan(),
            Effect::LookAtApps => self.app_looks.request(),
            Effect::MeasureSelf => self.handle(Event::SelfUsage(platform::self_usage(std::process::id()))),
            Effect::RunAction(request) => {
                if let Some(actions) = &self.actions {
                    // The alerts of a trace did not happen now: the receiver must know.
                    actions.request(ActionRequest { is_test: !self.config.is_machine(), ..request });
                }
            }
            Effect::ToggleLaunchAtLogin
            | Effect::ReadLoginItem
            | Effect::LookForMenu(_)
            | Effect::EndMenuLooks
            | Effect::AskToQuit(_)
            | Effect::ShowAbout => self.perform_for_menu(&effect),
            Effect::OpenSystemMonitor => {
                if let Some(program) = platform::system_monitor() {
                    self.open(program, platform::SYSTEM_MONITOR_NAME.into());
                }
            }
            Effect::OpenHistory => self.open_report(None),
            Effect::OpenAlert(metric, at) => self.open_report(Some(AlertFocus { metric, at })),
            Effect::ReadMemoryPast(until) if self.config.is_machine() => {
                self.history_jobs.read_memory_past(until, self.recorder.is_some());
            }
            // A trace has no past.
            Effect::ReadMemoryPast(_) => self.handle(Event::MemoryPast(MemoryPast::default())),
            Effect::ReadMemoryLooks(window) => self.read_memory_looks(window),
            Effect::RunBacktest(settings) => self.history_jobs.run_backtest(*settings),
            Effect::OpenSettings => self.open_settings(),
            Effect::OpenSystemSettings(pane) => {
                launcher::open_system_settings(pane, self.settings(), &self.inbox);
            }
            Effect::CheckForUpdates(repository) => updates::check(&repository, &self.inbox),
            Effect::OpenRelease(page) => self.open(platform::open_url(&page), format!("'{page}'")),
            Effect::Quit => self.end_as_asked(),
        }
    }

    fn read_memory_looks(&mut self, window: RiseWindow) {
        match (self.config.source, &mut self.recorder) {
            (SourceKind::Machine, Some(recorder)) => {
                self.history_jobs.read_memory_looks(window, recorder.write_now());
            }
            (SourceKind::History, _) => self.handle(Event::MemoryLooks(memory_looks(&window))),
            // A trace has no looks.
            _ => self.handle(Event::MemoryLooks(MemoryLooks::default())),
        }
    }

    fn save(&mut self, settings: &Settings) {
        let store = self.store.as_mut();
        let result = store.map_or_else(|| Err(text::problems::change_not_saved()), |store| store.save(settings));
        self.handle(Event::Outcome { operation: Operation::SaveSettings, result });
    }

    fn open_report(&mut self, focus: Option<AlertFocus>) {
        let written = self.recorder.as_mut().map(Recorder::write_now);
        self.history_jobs.open_report(self.engine.settings(), written, focus);
    }

    fn end_as_asked(&mut self) {
        (self.end, self.is_end_asked) = (Some(End::Done), true);
    }

    fn open_settings(&mut self) {
        let settings = self.engine.saved_settings().clone();
        let Some(store) = &mut self.store else {
            let result = Err(text::problems::NO_HOME.to_owned());
            return self.handle(Event::Outcome { operation: Operation::Open, result });
        };
        let path = store.path().to_owned();
        if let Some(result) = store.create_if_missing(&settings) {
            self.handle(Event::Outcome { operation: Operation::SaveSettings, result });
        }
        self.open(platform::open_file(&path), format!("'{}'", path.display()));
    }

    fn open(&self, program: Program, target: String) {
        launcher::open(program, target, self.settings(), &self.inbox);
    }
}
