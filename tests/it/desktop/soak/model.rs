//! The expected behaviour: the program's own engine, with the same events at the same times, and a plain model of the settings
//! file and the notification service around it.
use std::collections::{BTreeMap, BTreeSet};

use loadline::core::engine::{Engine, EngineOptions};
use loadline::core::escape::for_terminal;
use loadline::core::messages::effect::{
    Effect, Event, Notification, NotificationId, NotificationOutcome, Operation, UserCommand,
};
use loadline::core::settings::layers::{self, Layer};
use loadline::core::settings::{Overrides, Settings, file};
use loadline::core::text;
use loadline::core::time::{Clock, Now};
use loadline::core::tray::view::View;

use super::day::Row;

/// A request to the notification service.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    Notify { id: u32, replaces: u32, title: String, body: String, is_quiet: bool },
    Close(u32),
}

/// The visible outcome of a step.
#[derive(Debug, Default)]
pub struct Outcome {
    pub out: Vec<String>,
    pub err: Vec<String>,
    pub requests: Vec<Request>,
    /// The notifier's jobs. It may drop the first of two for the same notification.
    pub jobs: Vec<NotificationId>,
}

impl Outcome {
    /// Adds the outcome of the next step.
    pub fn append(&mut self, then: Outcome) {
        self.out.extend(then.out);
        self.err.extend(then.err);
        self.requests.extend(then.requests);
        self.jobs.extend(then.jobs);
    }

    /// Whether the visible outcome depends on the speed of threads.
    pub fn is_a_race(&self) -> bool {
        self.jobs.iter().collect::<BTreeSet<_>>().len() < self.jobs.len()
    }
}

/// The program's last state of the settings file.
#[derive(Clone)]
enum FileState {
    Nothing,
    Settings(String),
    Unreadable,
}

/// The model of the program, its settings file and the notification service.
#[derive(Clone)]
pub struct Model {
    engine: Engine,
    /// The time of the latest reading.
    at: Now,
    settings_path: String,
    /// The text of the settings file, if there is one.
    pub file: Option<String>,
    is_edited: bool,
    file_state: FileState,
    is_service_there: bool,
    /// Whether a notification could not be shown since a service was there.
    awaits_service: bool,
    last_id: u32,
    /// The notifications of the service that is there now, and their ids.
    shown: BTreeMap<NotificationId, u32>,
    /// Those among them of alerts that go on.
    ongoing: BTreeSet<NotificationId>,
    /// The notifications with a button that was not pressed yet, and their ids.
    pub pressable: BTreeMap<NotificationId, u32>,
}

impl Model {
    /// A program that was just started without a settings file, before its reading `first`.
    pub fn new(settings_path: String, first: &Row) -> Self {
        let options =
            EngineOptions { prints_readings: false, names_apps: false, checks_updates: false, clock: Clock::Hours24 };
        Self {
            engine: Engine::new(Settings::DEFAULT, Overrides::default(), options),
            at: first.now(),
            settings_path,
            file: None,
            is_edited: false,
            file_state: FileState::Nothing,
            is_service_there: true,
            awaits_service: false,
            last_id: 0,
            shown: BTreeMap::new(),
            ongoing: BTreeSet::new(),
            pressable: BTreeMap::new(),
        }
    }

    /// The effective settings.
    pub fn settings(&self) -> &Settings {
        self.engine.settings()
    }

    /// The expected content of the tray.
    pub fn view(&self) -> View {
        View::of(&self.engine, &self.at, None)
    }

    pub fn is_snoozed(&self) -> bool {
        self.settings().is_snoozed(self.at.wall.timestamp())
    }

    /// Whether the settings file has caused a warning.
    pub fn is_file_bad(&self) -> bool {
        matches!(self.file_state, FileState::Unreadable)
    }

    /// The notifications on the screen, as far as the program knows.
    pub fn shown(&self) -> Vec<NotificationId> {
        self.shown.keys().copied().collect()
    }

    /// The notifications that the program closes when it is asked to end.
    pub fn closed_at_end(&self) -> Vec<Request> {
        let closed = self.ongoing.iter().filter_map(|notification| self.shown.get(notification));
        closed.map(|id| Request::Close(*id)).collect()
    }

    /// Takes a reading.
    pub fn read(&mut self, row: &Row) -> Outcome {
        let mut outcome = Outcome::default();
        self.at = row.now();
        self.reload_settings(&mut outcome);
        self.handle(Event::Reading(row.reading()), &mut outcome);
        outcome
    }

    /// Clicks a row of the menu, or presses a button.
    pub fn command(&mut self, command: UserCommand) -> Outcome {
        let mut outcome = Outcome::default();
        self.reload_settings(&mut outcome);
        self.handle(Event::Command(command), &mut outcome);
        outcome
    }

    /// Writes the settings file, or removes it.
    pub fn edit(&mut self, text: Option<&str>) {
        self.file = text.map(str::to_owned);
        self.is_edited = true;
    }

    /// Ends the notification service. The next one does not know its notifications.
    pub fn service_leaves(&mut self) {
        self.is_service_there = false;
        self.last_id = 0;
        self.shown.clear();
        self.pressable.clear();
    }

    /// Begins a notification service. The program waits for one only after a notification could not be shown.
    pub fn service_arrives(&mut self) -> Outcome {
        self.is_service_there = true;
        let mut outcome = Outcome::default();
        if std::mem::take(&mut self.awaits_service) {
            self.handle(Event::NotificationsPossible, &mut outcome);
        }
        outcome
    }

    /// Presses the button of this notification, which works once and closes it.
    pub fn press(&mut self, notification: NotificationId, command: UserCommand) -> Outcome {
        self.pressable.remove(&notification);
        let closed = self.shown.remove(&notification).map(Request::Close);
        let mut outcome = self.command(command);
        outcome.requests.extend(closed);
        outcome
    }

    fn reload_settings(&mut self, outcome: &mut Outcome) {
        if !std::mem::take(&mut self.is_edited) {
            return;
        }
        let Some(text) = self.file.clone() else {
            if matches!(std::mem::replace(&mut self.file_state, FileState::Nothing), FileState::Unreadable) {
                self.handle(Event::SettingsGone, outcome);
            }
            return;
        };
        let read = file::parse(&text);
        self.file_state = if read.is_ok() { FileState::Settings(text) } else { FileState::Unreadable };
        let read = read.map_err(|problem| text::problems::settings_unreadable(&self.settings_path, problem));
        self.handle(Event::SettingsRead(read.map(Box::new)), outcome);
    }

    fn handle(&mut self, event: Event, outcome: &mut Outcome) {
        let mut effects = Vec::new();
        self.engine.handle(event, &self.at, &mut effects);
        effects.into_iter().for_each(|effect| self.perform(effect, outcome));
    }

    fn perform(&mut self, effect: Effect, outcome: &mut Outcome) {
        match effect {
            Effect::Print(line) => outcome.out.push(for_terminal(&text::console::console_line(&line)).into_owned()),
            Effect::Warn(message) => outcome.err.push(format!("loadline: {}", for_terminal(&message))),
            Effect::Notify(notification) => self.notify(&notification, outcome),
            Effect::Dismiss(notification) => {
                outcome.jobs.push(notification);
                self.pressable.remove(&notification);
                self.ongoing.remove(&notification);
                outcome.requests.extend(self.shown.remove(&notification).map(Request::Close));
            }
            Effect::Save(settings) => self.save(&settings, outcome),
            Effect::ToggleLaunchAtLogin => {
                let is_on = !self.engine.launches_at_login();
                self.handle(Event::LoginItem(is_on), outcome);
            }
            // With a trace there is no history and no process scan; no step causes the other effects.
            _ => {}
        }
    }

    fn notify(&mut self, notification: &Notification, outcome: &mut Outcome) {
        outcome.jobs.push(notification.id);
        outcome.requests.extend(self.shown.remove(&notification.id).map(Request::Close));
        self.pressable.remove(&notification.id);
        self.ongoing.remove(&notification.id);
        let problem = if self.is_service_there {
            self.last_id += 1;
            let (id, replaces) = (self.last_id, 0);
            self.shown.insert(notification.id, id);
            if !notification.is_quiet && notification.id != NotificationId::Test {
                self.ongoing.insert(notification.id);
            }
            if !notification.buttons.is_empty() {
                self.pressable.insert(notification.id, id);
            }
            let (title, body) = (notification.title.clone(), notification.body.clone());
            outcome.requests.push(Request::Notify { id, replaces, title, body, is_quiet: notification.is_quiet });
            None
        } else {
            self.awaits_service = true;
            Some(
                "notifications do not work: no notification service is running: start your desktop's, or one like \
                 dunst or mako"
                    .into(),
            )
        };
        let (id, sequence, is_shown) = (notification.id, notification.sequence, problem.is_none());
        self.handle(Event::Notified(NotificationOutcome { id, sequence, is_shown, problem }), outcome);
    }

    fn save(&mut self, settings: &Settings, outcome: &mut Outcome) {
        let old = match &self.file_state {
            FileState::Unreadable => {
                let result = Err(format!(
                    "the change is not saved: '{}' could not be read, and is not overwritten; correct it or move it away",
                    self.settings_path
                ));
                return self.handle(Event::Outcome { operation: Operation::SaveSettings, result }, outcome);
            }
            FileState::Nothing => None,
            FileState::Settings(text) => Some(text.as_str()),
        };
        let text = layers::write(old, settings, &Layer::NONE);
        self.file = Some(text.clone());
        self.file_state = FileState::Settings(text);
        self.handle(Event::Outcome { operation: Operation::SaveSettings, result: Ok(()) }, outcome);
    }
}
