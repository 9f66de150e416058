//! The settings file on disk: found, read, polled for edits, and saved whole or not at all.
//!
//! A file that could not be read is never overwritten. A save goes to a temporary file in the same folder, is synced and
//! renamed over the old one; it follows a symbolic link, keeps the file's mode (0600 when new) and every unknown key.
//!
//! A changed file is opened once. The settings that are read from it carry the verdict whether others could have written them.
//!
//! Below the person's file is the machine's ([`machine_file`]). A save writes only what differs from it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use self::contents::{Stamp, stamp, text_of};
use self::machine_file::MachineFile;
use super::trust::opening::{FileRole, replacement};
use super::trust::settings_trust::SettingsTrust;
use super::{atomic_file, platform};
use crate::core::messages::effect::Problem;
use crate::core::settings::Settings;
use crate::core::settings::layers::{self, Layer, NO_LAYER};
use crate::core::text::actions::permissions;
use crate::core::text::{problems, settings as text};

mod contents;
pub mod machine_file;

/// The settings file and its last known state.
pub struct Store {
    path: PathBuf,
    stamp: Option<Stamp>,
    state: FileState,
    trust: SettingsTrust,
    mode_readable_by_others: Option<String>,
    /// The layer of the file when it could be read last.
    person: Layer,
    /// `None` where the file itself is the machine's, or the machine's is not looked at.
    machine: Option<MachineFile>,
    is_machine_file: bool,
    is_machine_changed: bool,
}

/// A change of the file since the last poll.
#[derive(Debug, PartialEq)]
pub enum Change {
    Settings(Box<Settings>),
    /// The file cannot be read or used.
    Unreadable(Problem),
    /// The file could not be read, and is not there any more.
    Gone,
}

/// The file at the last poll.
enum FileState {
    Missing,
    Settings {
        text: String,
        /// The reason not to trust it; `None` where nobody else could have written it.
        distrust: Option<String>,
    },
    /// With the problem.
    Unreadable(String),
}

impl Store {
    /// A store of the file at `path`, not read yet. Forgets at the end which files others could write.
    pub fn new(path: PathBuf) -> Store {
        Store::with_notes(path, None)
    }

    /// The same, with a note of those files in `folder`.
    pub fn with_notes(path: PathBuf, folder: Option<&Path>) -> Store {
        let trust = SettingsTrust::new(folder);
        Store {
            path,
            stamp: None,
            state: FileState::Missing,
            trust,
            mode_readable_by_others: None,
            person: Layer::NONE,
            machine: None,
            is_machine_file: false,
            is_machine_changed: false,
        }
    }

    /// The same over the machine's file at `path`.
    pub fn over_machine_file(mut self, path: &Path, role: FileRole) -> Store {
        self.is_machine_file = self.path == path;
        self.machine = (!self.is_machine_file).then(|| MachineFile::new(path.to_owned(), role));
        self
    }

    /// The path without `--settings`: that of `LOADLINE_SETTINGS`, else in the platform's folder. `None` where there is no
    /// home folder.
    pub fn default_path() -> Option<PathBuf> {
        let named = std::env::var_os("LOADLINE_SETTINGS").filter(|path| !path.is_empty()).map(PathBuf::from);
        named.or_else(|| Some(platform::settings_dir()?.join("settings.json")))
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Loads the settings for the first time; those of the machine, or the defaults, where there is no file. With an error
    /// [`Store::settings`] has those, too.
    pub fn load(&mut self) -> Result<Settings, Problem> {
        self.look_at_machine_file();
        match self.poll_changes() {
            Some(Change::Unreadable(problem)) => {
                self.is_machine_changed = false;
                Err(problem)
            }
            None | Some(Change::Gone | Change::Settings(_)) => Ok(self.settings()),
        }
    }

    /// The settings of the files: the person's, as it could be read last, over the machine's.
    pub fn settings(&self) -> Settings {
        let mut settings = layers::layered(self.machine_layer(), &self.person);
        settings.mistakes.splice(..0, self.machine.as_ref().and_then(MachineFile::problem));
        if let (FileState::Settings { distrust: Some(reason), .. }, false) =
            (&self.state, settings.untrusted.is_empty())
        {
            settings.mistakes.push(text::untrusted(settings.untrusted.join(", "), reason));
        }
        settings
    }

    /// The machine's file; `None` where there is none to look at.
    pub fn machine_file(&self) -> Option<&MachineFile> {
        self.machine.as_ref()
    }

    /// The layer of the machine's file.
    pub fn machine_layer(&self) -> &Layer {
        self.machine.as_ref().map_or(&NO_LAYER, MachineFile::layer)
    }

    /// The layer of the person's file.
    pub fn person_layer(&self) -> &Layer {
        &self.person
    }

    /// The problem with the file, as long as it cannot be read.
    pub fn problem(&self) -> Option<Problem> {
        let FileState::Unreadable(problem) = &self.state else { return None };
        Some(problems::settings_unreadable(&self.path.display().to_string(), problem.clone()))
    }

    /// Looks whether the machine's file has changed. The next poll returns what comes of it.
    pub fn look_at_machine_file(&mut self) {
        let machine = self.machine.as_mut();
        self.is_machine_changed |= machine.is_some_and(|machine| machine.poll(&self.trust));
    }

    /// Has the next poll read the files again, also where they look the same: the folders above them may have changed.
    pub fn forget_stamp(&mut self) {
        self.stamp = None;
        if let Some(machine) = &mut self.machine {
            machine.forget_stamp();
        }
    }

    /// Whether there was a file at the last poll.
    pub fn has_file(&self) -> bool {
        !matches!(self.state, FileState::Missing)
    }

    /// The mode of the file that was read last, where it lets others read it.
    pub fn mode_readable_by_others(&self) -> Option<&str> {
        self.mode_readable_by_others.as_deref()
    }

    /// The change of the file since the last poll; the first poll reads it.
    ///
    /// A file that is removed is no change, but for its problem: the settings stay in effect, and the next save makes the
    /// file anew.
    pub fn poll_changes(&mut self) -> Option<Change> {
        let of_machine = |store: &Store| store.is_machine_changed.then(|| Change::Settings(Box::new(store.settings())));
        let change = self.poll_person().or_else(|| of_machine(self));
        self.is_machine_changed &= !matches!(change, Some(Change::Settings(_)));
        change
    }

    fn poll_person(&mut self) -> Option<Change> {
        let stamp = match fs::metadata(&self.path) {
            Ok(metadata) => Some(stamp(&metadata)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                self.stamp = None;
                let state = std::mem::replace(&mut self.state, FileState::Missing);
                return matches!(state, FileState::Unreadable(_)).then_some(Change::Gone);
            }
            // Reading it gives the problem. It is reported once, as long as nothing changes.
            Err(_) if matches!(self.state, FileState::Unreadable(_)) && self.stamp.is_none() => return None,
            Err(_) => None,
        };
        if stamp.is_some() && stamp == self.stamp {
            return None;
        }
        self.stamp = stamp;
        match self.read() {
            Ok(()) => Some(Change::Settings(Box::new(self.settings()))),
            Err(problem) if matches!(&self.state, FileState::Unreadable(known) if *known == problem) => None,
            Err(problem) => {
                self.state = FileState::Unreadable(problem);
                self.problem().map(Change::Unreadable)
            }
        }
    }

    /// Saves what has changed in `settings` and differs from the machine's. All other keys of the file stay. A file that could
    /// not be read is not overwritten: an error.
    pub fn save(&mut self, settings: &Settings) -> Result<(), String> {
        let content = match &self.state {
            // Commands, and addresses with their headers and tokens, are a person's own writing. A click does not bring them
            // back into a file that was removed.
            FileState::Settings { .. } if !self.path.exists() => self.new_text(settings),
            FileState::Unreadable(_) => return Err(text::not_overwritten(self.path.display())),
            FileState::Missing => self.new_text(settings),
            FileState::Settings { text, .. } => layers::write(Some(text), settings, self.machine_layer()),
        };
        self.replace(content, settings)
    }

    fn new_text(&self, settings: &Settings) -> String {
        let machine = self.machine_layer();
        let (actions, metrics) = (machine.settings.actions.clone(), machine.settings.metrics.clone());
        layers::write(None, &Settings { actions, metrics, ..settings.clone() }, machine)
    }

    fn replace(&mut self, content: String, settings: &Settings) -> Result<(), String> {
        let written =
            atomic_file::replace(&self.path, &content).map_err(|e| text::not_saved(self.path.display(), e))?;
        self.stamp = Some(stamp(&written));
        // Also of a file that is gone by now.
        let is_trusted = settings.untrusted.is_empty() && settings.senders().iter().all(|action| action.is_trusted);
        let once_untrusted = || {
            (!is_trusted)
                .then(|| permissions::once_writable(self.path.display(), replacement(&self.path, FileRole::Person)))
        };
        let distrust = match &self.state {
            FileState::Settings { distrust: Some(reason), .. } => Some(reason.clone()),
            FileState::Settings { distrust: None, .. } | FileState::Missing | FileState::Unreadable(_) => {
                once_untrusted()
            }
        };
        if distrust.is_some() {
            self.trust.mark_copy(&written);
        }
        self.take(content, distrust)
    }

    /// Takes the text of the file as what it gives.
    fn take(&mut self, text: String, distrust: Option<String>) -> Result<(), String> {
        let layer = match self.is_machine_file {
            true => Layer::parse_machine(&text, &self.path.display().to_string()),
            false => Layer::parse(&text),
        };
        self.person = layer?;
        self.person.set_trusted(distrust.is_none());
        self.state = FileState::Settings { text, distrust };
        Ok(())
    }

    /// Reads the file and its verdict by one descriptor.
    fn read(&mut self) -> Result<(), String> {
        let opened = match self.trust.open(&self.path, FileRole::Person) {
            Ok(opened) => opened,
            Err(error) => {
                // The place may have been another when it was noticed: the next poll looks again.
                self.stamp = None;
                return Err(error.to_string());
            }
        };
        // The file that is read may be a later one than the one that was noticed.
        self.stamp = Some(stamp(&opened.metadata));
        self.mode_readable_by_others.clone_from(&opened.mode_readable_by_others);
        let text = text_of(&opened)?;
        self.take(text, opened.distrust.map(|distrust| distrust.reason))
    }

    /// Makes the file if there is none, so that an editor can open it; `None` when there is one already. The settings below
    /// are in it to copy from, without being set.
    pub fn create_if_missing(&mut self, settings: &Settings) -> Option<Result<(), String>> {
        (!self.has_file()).then(|| {
            let content = layers::template(&self.new_text(settings), self.machine_layer());
            self.replace(content, settings)
        })
    }
}

#[cfg(test)]
mod tests;
