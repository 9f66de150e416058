//! What must come of it: the program's own engine, told the same at the same times, and around it the plainest account of
//! the settings file and of what a notification service is asked.
use std::collections::{BTreeMap, BTreeSet};

use loadline::core::engine::{Engine, EngineOptions};
use loadline::core::escape::for_terminal;
use loadline::core::messages::effect::{Effect, Event, Notification, NotificationId, Operation, UserCommand};
use loadline::core::settings::{Overrides, Settings, file};
use loadline::core::text;
use loadline::core::time::Now;
use loadline::core::tray::view::View;

use super::day::Row;

/// What a notification service is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    Notify { id: u32, replaces: u32, title: String, body: String, is_quiet: bool },
    Close(u32),
}

/// What one step leads to, for those outside to see.
#[derive(Debug, Default)]
pub struct Told {
    pub out: Vec<String>,
    pub err: Vec<String>,
    pub asked: Vec<Asked>,
    /// What the notifier was given to do. It may drop the first of two of a kind.
    pub jobs: Vec<NotificationId>,
}

impl Told {
    /// What comes after it.
    pub fn append(&mut self, then: Told) {
        self.out.extend(then.out);
        self.err.extend(then.err);
        self.asked.extend(then.asked);
        self.jobs.extend(then.jobs);
    }

    /// Whether what is seen depends on the speed of threads.
    pub fn is_a_race(&self) -> bool {
        self.jobs.iter().collect::<BTreeSet<_>>().len() < self.jobs.len()
    }
}

/// What the program knows of the settings file.
#[derive(Clone)]
enum Held {
    Nothing,
    Settings(String),
    Unreadable,
}

/// The program and whom it speaks to.
#[derive(Clone)]
pub struct Model {
    engine: Engine,
    /// The time of the latest reading.
    at: Now,
    settings_path: String,
    /// The text of the settings file, if there is one.
    pub file: Option<String>,
    is_edited: bool,
    held: Held,
    is_service_there: bool,
    last_id: u32,
    /// Up to this, the service has forgotten its notifications.
    forgotten_id: u32,
    shown: BTreeMap<NotificationId, u32>,
    /// What has a button that was not pressed yet, and its identity.
    pub pressable: BTreeMap<NotificationId, u32>,
    pressed: BTreeSet<u32>,
}

impl Model {
    /// A program that has just been started without a settings file, and has yet to read `first`.
    pub fn new(settings_path: String, first: &Row) -> Self {
        let manner = EngineOptions { prints_readings: false, names_apps: false };
        Self {
            engine: Engine::new(Settings::DEFAULT, Overrides::default(), manner),
            at: first.now(),
            settings_path,
            file: None,
            is_edited: false,
            held: Held::Nothing,
            is_service_there: true,
            last_id: 0,
            forgotten_id: 0,
            shown: BTreeMap::new(),
            pressable: BTreeMap::new(),
            pressed: BTreeSet::new(),
        }
    }

    /// What is in force.
    pub fn settings(&self) -> &Settings {
        self.engine.settings()
    }

    /// What the tray must show.
    pub fn view(&self) -> View {
        View::of(&self.engine, &self.at, None)
    }

    pub fn is_snoozed(&self) -> bool {
        self.settings().is_snoozed(self.at.wall.timestamp())
    }

    /// Whether the settings file is one that was complained about.
    pub fn is_file_bad(&self) -> bool {
        matches!(self.held, Held::Unreadable)
    }

    /// What is on the screen, as far as the program knows.
    pub fn shown(&self) -> Vec<NotificationId> {
        self.shown.keys().copied().collect()
    }

    /// A reading was taken.
    pub fn read(&mut self, row: &Row) -> Told {
        let mut told = Told::default();
        self.at = row.now();
        self.take_up_edit(&mut told);
        self.handle(Event::Reading(row.reading()), &mut told);
        told
    }

    /// A row of the menu was clicked, or a button pressed.
    pub fn command(&mut self, command: UserCommand) -> Told {
        let mut told = Told::default();
        self.take_up_edit(&mut told);
        self.handle(Event::Command(command), &mut told);
        told
    }

    /// Somebody wrote the settings file, or took it away.
    pub fn edit(&mut self, text: Option<&str>) {
        self.file = text.map(str::to_owned);
        self.is_edited = true;
    }

    /// The notification service ended. The next one knows nothing of its notifications.
    pub fn service_leaves(&mut self) {
        self.is_service_there = false;
        self.forgotten_id = self.last_id;
        self.pressable.clear();
    }

    pub fn service_arrives(&mut self) {
        self.is_service_there = true;
    }

    /// The button of this notification was pressed; it works once.
    pub fn press(&mut self, identity: NotificationId, command: UserCommand) -> Told {
        self.pressed.extend(self.pressable.remove(&identity));
        self.command(command)
    }

    fn take_up_edit(&mut self, told: &mut Told) {
        if !std::mem::take(&mut self.is_edited) {
            return;
        }
        let Some(text) = self.file.clone() else {
            if matches!(std::mem::replace(&mut self.held, Held::Nothing), Held::Unreadable) {
                self.handle(Event::SettingsGone, told);
            }
            return;
        };
        let read = file::parse(&text);
        self.held = if read.is_ok() { Held::Settings(text) } else { Held::Unreadable };
        let read = read.map_err(|problem| text::problems::settings_unreadable(&self.settings_path, problem));
        self.handle(Event::SettingsRead(read), told);
    }

    fn handle(&mut self, event: Event, told: &mut Told) {
        let mut effects = Vec::new();
        self.engine.handle(event, &self.at, &mut effects);
        effects.into_iter().for_each(|effect| self.perform(effect, told));
    }

    fn perform(&mut self, effect: Effect, told: &mut Told) {
        match effect {
            Effect::Print(line) => told.out.push(for_terminal(&text::console::console_line(&line)).into_owned()),
            Effect::Warn(message) => told.err.push(format!("loadline: {}", for_terminal(&message))),
            Effect::Notify(note) => self.notify(&note, told),
            Effect::Dismiss(metric) => {
                let identity = NotificationId::Alert(metric);
                told.jobs.push(identity);
                self.pressable.remove(&identity);
                let id = self.shown.remove(&identity).filter(|_| self.is_service_there);
                told.asked.extend(id.map(Asked::Close));
            }
            Effect::Save(settings) => self.save(&settings, told),
            Effect::ToggleLaunchAtLogin => {
                let is_on = !self.engine.launches_at_login();
                self.handle(Event::LoginItem(is_on), told);
            }
            // What reads a trace keeps no history and looks at no processes; the rest nobody does here.
            _ => {}
        }
    }

    fn notify(&mut self, note: &Notification, told: &mut Told) {
        told.jobs.push(note.id);
        let result = if self.is_service_there {
            let replaces = self.shown.get(&note.id).copied().unwrap_or(0);
            let id = if replaces > self.forgotten_id { replaces } else { self.last_id + 1 };
            self.last_id = self.last_id.max(id);
            self.shown.insert(note.id, id);
            if note.buttons.is_empty() || self.pressed.contains(&id) {
                self.pressable.remove(&note.id);
            } else {
                self.pressable.insert(note.id, id);
            }
            let (title, body) = (note.title.clone(), note.body.clone());
            told.asked.push(Asked::Notify { id, replaces, title, body, is_quiet: note.is_quiet });
            Ok(())
        } else {
            Err("notifications do not work: no notification service is running: start your desktop's, or one like \
                 dunst or mako"
                .into())
        };
        self.handle(Event::Outcome { operation: Operation::Notify, result }, told);
    }

    fn save(&mut self, settings: &Settings, told: &mut Told) {
        let old = match &self.held {
            Held::Unreadable => {
                let result = Err(format!(
                    "the change is not saved: '{}' could not be read, and is not overwritten; correct it or move it away",
                    self.settings_path
                ));
                return self.handle(Event::Outcome { operation: Operation::SaveSettings, result }, told);
            }
            Held::Nothing => None,
            Held::Settings(text) => Some(text.as_str()),
        };
        let text = file::write(old, settings);
        self.file = Some(text.clone());
        self.held = Held::Settings(text);
        self.handle(Event::Outcome { operation: Operation::SaveSettings, result: Ok(()) }, told);
    }
}
