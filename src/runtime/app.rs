//! The loop body that menu bar, watch and replay share: an input in, effects performed. The only owner of the engine.

use std::io;
use std::sync::Arc;

use super::actions::Actions;
use super::console::writer::{self, ConsoleWriters};
use super::console::{self, Form};
use super::history::jobs::HistoryJobs;
use super::history::recorder::Recorder;
use super::inbox::{Inbox, Input, TimedReading};
use super::notifier::Notifier;
use super::process_scanner::ProcessScanner;
use super::settings_store::{Change, Store};
use super::sources::sampler::Sampler;
use super::{clock, launcher, platform};
use crate::core::engine::{Engine, EngineOptions};
use crate::core::messages::alert_counts::AlertCounts;
use crate::core::messages::effect::{ActionRequest, Effect, Event, Operation, Problem};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::settings::{Overrides, Settings};
use crate::core::text;
use crate::core::time::Now;
use crate::core::tray::view::View;

/// What kind of run this is.
pub struct AppConfig {
    /// In which form lines are said.
    pub form: Form,
    /// Whether every reading is said, or only alerts.
    pub says_readings: bool,
    /// What the command line says over the settings.
    pub overrides: Overrides,
    /// End after so many readings.
    pub samples: Option<u64>,
    /// Readings come from a trace: its times are the times.
    pub is_trace: bool,
    /// And that trace is the history, which knows how often readings were taken.
    pub is_history: bool,
    /// There is a tray item, so that neither a closed console nor the end of a trace ends the run.
    pub has_tray: bool,
}

/// How a run ended.
#[derive(Debug, PartialEq)]
pub enum End {
    /// As asked, or because there was no more to do.
    Done,
    /// There can be no further readings.
    Failed(String),
}

/// The engine and everything that performs its effects.
pub struct App {
    config: AppConfig,
    engine: Engine,
    /// Empty between two inputs: kept for its room.
    effects: Vec<Effect>,
    inbox: Arc<Inbox>,
    store: Option<Store>,
    notifier: Option<Notifier>,
    recorder: Option<Recorder>,
    actions: Option<Actions>,
    sampler: Option<Sampler>,
    processes: ProcessScanner,
    past: HistoryJobs,
    watches_circumstances: bool,
    /// The time of the latest input: what is shown is shown as of then.
    latest: Now,
    samples_taken: u64,
    alert_counts: AlertCounts,
    /// Stdout and stderr. Dropped after who keeps what has been, for it may wait. `None` of a trace on the console: each of its
    /// lines is wanted, and who reads them slowly slows it down.
    writers: Option<ConsoleWriters>,
    end: Option<End>,
}

impl App {
    /// An app under `settings`, with nothing read yet. Without a `store` nothing is kept; without a `notifier` there is
    /// the console alone.
    pub fn new(
        config: AppConfig,
        inbox: Arc<Inbox>,
        settings: Settings,
        store: Option<Store>,
        notifier: Option<Notifier>,
    ) -> App {
        let outputs = (!config.is_trace || config.has_tray).then(|| ConsoleWriters::new(&inbox));
        let manner = EngineOptions { prints_readings: config.says_readings, names_apps: !config.is_trace };
        App {
            engine: Engine::new(settings, config.overrides, manner),
            effects: Vec::new(),
            config,
            processes: ProcessScanner::new(Arc::clone(&inbox)),
            past: HistoryJobs::new(Arc::clone(&inbox)),
            watches_circumstances: false,
            inbox,
            store,
            notifier,
            recorder: None,
            actions: None,
            sampler: None,
            latest: clock::now(),
            samples_taken: 0,
            alert_counts: AlertCounts::default(),
            writers: outputs,
            end: None,
        }
    }

    /// Lets the person know that the settings could not be read, and that the defaults hold.
    pub fn note_unreadable_settings(&mut self, problem: Problem) {
        self.handle(Event::SettingsRead(Err(problem)));
    }

    /// What is in force.
    pub fn settings(&self) -> &Settings {
        self.engine.settings()
    }

    /// How many readings there have been, and what came of them.
    pub fn alert_counts(&self) -> &AlertCounts {
        &self.alert_counts
    }

    /// Gives the app its sampler, to be told when the refresh interval changes, and ended with the app.
    pub fn set_sampler(&mut self, sampler: Sampler) {
        self.sampler = Some(sampler);
    }

    /// Gives the app what performs actions; without it none is done.
    pub fn set_actions(&mut self, actions: Actions) {
        actions.take_settings(&self.settings().actions);
        self.actions = Some(actions);
    }

    /// Gives the app what keeps the history; without it none is kept.
    pub fn set_recorder(&mut self, recorder: Recorder) {
        self.recorder = Some(recorder);
    }

    /// What the tray shows now. `before` is what it showed last.
    pub fn view(&self, before: Option<&View>) -> View {
        View::of(&self.engine, &self.latest, before)
    }

    /// Takes one input. `Some` when the run is over.
    pub fn take(&mut self, input: Input) -> Option<End> {
        let is_stopped = self.config.has_tray || matches!(input, Input::Stop);
        match input {
            Input::Reading(taken) => self.take_reading(taken),
            Input::RefreshInterval(refresh) => {
                let settings = Settings { refresh, ..self.engine.saved_settings().clone() };
                self.handle(Event::SettingsRead(Ok(settings)));
            }
            Input::Event(event) => {
                if matches!(event, Event::Command(_) | Event::MenuOpened { .. } | Event::PowerState(_)) {
                    self.refresh_now();
                }
                if matches!(event, Event::Command(_)) {
                    // An edit that has not been taken up yet must not be lost under the save that may follow.
                    self.reload_settings();
                }
                self.handle(event);
            }
            Input::Printed => self.collect_write_results(),
            Input::SourceEnded(Ok(())) if self.config.has_tray => {}
            Input::SourceEnded(Err(problem)) if self.config.has_tray => {
                self.handle(Event::Outcome { operation: Operation::Sample, result: Err(problem) });
            }
            Input::SourceEnded(Ok(())) | Input::Stop => self.end = Some(End::Done),
            Input::SourceEnded(Err(problem)) | Input::Failed(problem) => self.end = Some(End::Failed(problem)),
        }
        if self.end.is_some() {
            // What has fired is said, also without the names that it waits for.
            self.handle(Event::Stopping);
            if let (Some(outputs), false) = (&mut self.writers, is_stopped) {
                outputs.wait_for_reader();
            }
        }
        self.end.take()
    }

    /// Between two readings it is later than at the last one; in a trace it is not.
    fn refresh_now(&mut self) {
        if !self.config.is_trace {
            self.latest = clock::now();
        }
    }

    fn take_reading(&mut self, TimedReading { reading, at }: TimedReading) {
        let refresh = self.settings().refresh;
        let is_sparse = self.config.is_trace
            && !self.config.is_history
            && self.samples_taken == 1
            && at.is_gap_since(&self.latest, refresh, refresh);
        self.latest = at;
        if is_sparse {
            self.warn(text::problems::sparse_trace(self.latest.elapsed, refresh));
        }
        self.reload_settings();
        self.handle(Event::Reading(reading));
        self.watch_power_state();
        self.samples_taken += 1;
        if self.config.samples == Some(self.samples_taken) {
            self.end.get_or_insert(End::Done);
        }
    }

    /// Begins to watch how the machine is being used, once that matters: not before the first reading, which it must not delay,
    /// and not for a trace, whose readings come at their own times.
    fn watch_power_state(&mut self) {
        if !self.watches_circumstances && !self.config.is_trace && self.engine.may_slow_down() {
            platform::watch_power_state(&self.inbox, self.config.has_tray);
            self.watches_circumstances = true;
        }
    }

    fn reload_settings(&mut self) {
        match self.store.as_mut().and_then(Store::poll_changes) {
            None => {}
            Some(Change::Settings(settings)) => {
                self.handle(Event::SettingsRead(Ok(settings)));
                if let Some(actions) = &self.actions {
                    actions.take_settings(&self.settings().actions);
                }
            }
            Some(Change::Unreadable(problem)) => self.handle(Event::SettingsRead(Err(problem))),
            Some(Change::Gone) => self.handle(Event::SettingsGone),
        }
    }

    fn handle(&mut self, event: Event) {
        // What an effect leads to is handled inside: then the buffer is in use, and an empty one is as good.
        let mut effects = std::mem::take(&mut self.effects);
        self.engine.handle(event, &self.latest, &mut effects);
        effects.drain(..).for_each(|effect| self.perform(effect));
        self.effects = effects;
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Print(line) => self.print(&line),
            Effect::Warn(message) => self.warn(message),
            Effect::Notify(note) => {
                if let Some(notifier) = &self.notifier {
                    notifier.show(note);
                }
            }
            Effect::Dismiss(metric) => {
                if let Some(notifier) = &self.notifier {
                    notifier.dismiss(metric);
                }
            }
            Effect::Save(settings) => self.save(&settings),
            Effect::SetRefresh(refresh) => {
                if let Some(sampler) = &self.sampler {
                    sampler.set_refresh(refresh);
                }
            }
            Effect::Record(record) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.record(record, self.latest.elapsed);
                }
            }
            Effect::ScanProcesses => self.processes.scan(),
            Effect::MeasureSelf => self.handle(Event::SelfUsage(platform::self_usage(std::process::id()))),
            Effect::RunAction(act) => {
                if let Some(actions) = &self.actions {
                    // What a trace tells did not happen now: whoever is told of it must know.
                    actions.request(ActionRequest { is_test: self.config.is_trace, ..act });
                }
            }
            Effect::ToggleLaunchAtLogin => self.toggle_launch_at_login(),
            Effect::OpenSystemMonitor => {
                if let Some(program) = platform::system_monitor() {
                    launcher::open(program, "the system monitor".into(), &self.inbox);
                }
            }
            Effect::OpenHistory => {
                let written = self.recorder.as_mut().map(Recorder::write_now);
                self.past.open_report(self.engine.settings(), written);
            }
            Effect::RunBacktest(settings) => self.past.run_backtest(*settings),
            Effect::OpenSettings => self.open_settings(),
            Effect::Quit => self.end = Some(End::Done),
        }
    }

    /// On stderr for people; where programs read stdout, there as well.
    pub fn warn(&mut self, message: String) {
        match &mut self.writers {
            Some(outputs) => outputs.warn(&message),
            None => console::warn(&message),
        }
        if self.config.form == Form::Json {
            self.print(&OutputLine { at: self.latest.wall.clone(), event: OutputEvent::Notice(message) });
        }
    }

    fn print(&mut self, line: &OutputLine) {
        self.alert_counts.count(&line.event);
        let text = console::text(line, self.config.form);
        match &mut self.writers {
            Some(outputs) => {
                outputs.print(text, matches!(line.event, OutputEvent::Reading(_)));
                self.collect_write_results();
            }
            None => self.on_printed(console::print_text(&text)),
        }
    }

    fn collect_write_results(&mut self) {
        let news = self.writers.as_ref().map(ConsoleWriters::take_results).unwrap_or_default();
        news.into_iter().for_each(|result| self.on_printed(result));
    }

    fn on_printed(&mut self, result: io::Result<()>) {
        match result {
            Ok(()) => self.handle(Event::Outcome { operation: Operation::Print, result: Ok(()) }),
            Err(error) if writer::is_closed(&error) => {
                // Nobody reads any more: a console monitor has done its work, a tray item has its other one, and no problem.
                self.handle(Event::Outcome { operation: Operation::Print, result: Ok(()) });
                if !self.config.has_tray {
                    self.end.get_or_insert(End::Done);
                }
            }
            Err(error) => {
                self.handle(Event::Outcome { operation: Operation::Print, result: Err(writer::problem(&error)) });
            }
        }
    }

    fn save(&mut self, settings: &Settings) {
        let result = match &mut self.store {
            Some(store) => store.save(settings),
            None => {
                Err("the change is not saved: there is no home folder to keep settings in; give --settings FILE".into())
            }
        };
        self.handle(Event::Outcome { operation: Operation::SaveSettings, result });
    }

    /// Reads how launching at login stands, for the check mark.
    #[cfg(feature = "menu-bar")]
    pub fn read_login_item(&mut self) {
        match platform::launches_at_login() {
            Ok(on) => self.handle(Event::LoginItem(on)),
            Err(problem) => self.handle(Event::Outcome { operation: Operation::LoginItem, result: Err(problem) }),
        }
    }

    /// The real state is what is switched, and is read back: the system's own settings may have changed it.
    #[cfg(feature = "menu-bar")]
    fn toggle_launch_at_login(&mut self) {
        let result = platform::launches_at_login().and_then(|on| platform::set_launch_at_login(!on));
        self.handle(Event::Outcome { operation: Operation::LoginItem, result });
        self.read_login_item();
    }

    /// Without a menu nobody asks for it.
    #[cfg(not(feature = "menu-bar"))]
    fn toggle_launch_at_login(&mut self) {}

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
        launcher::open(platform::open_file(&path), format!("'{}'", path.display()), &self.inbox);
    }
}
