//! The settings file on disk: found, read, polled for edits, and saved whole or not at all.
//!
//! A file that could not be read is never overwritten. A save goes to a temporary file in the same folder, is synced and
//! renamed over the old one; it follows a symbolic link, keeps the file's mode (0600 when new) and every unknown key.
//!
//! A changed file is opened once. The settings that are read from it carry the verdict whether others could have written them.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::trust::opening::OpenedFile;
use super::trust::settings_trust::SettingsTrust;
use super::{atomic_file, platform};
use crate::core::messages::effect::Problem;
use crate::core::settings::{Settings, file};
use crate::core::text::{problems, settings as text};

/// No settings file is this large: a larger one has come here by mistake.
const MAX_BYTES: u64 = 1 << 20;

/// The settings file and its last known state.
pub struct Store {
    path: PathBuf,
    stamp: Option<Stamp>,
    state: FileState,
    trust: SettingsTrust,
    mode_readable_by_others: Option<String>,
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
        is_trusted: bool,
    },
    /// With the problem.
    Unreadable(String),
}

/// Enough of a file's metadata to notice that it was written or replaced.
type Stamp = ([u64; 3], [i64; 4]);

fn stamp(file: &Metadata) -> Stamp {
    ([file.dev(), file.ino(), file.size()], [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()])
}

impl Store {
    /// A store of the file at `path`, not read yet. Forgets at the end which files others could write.
    pub fn new(path: PathBuf) -> Store {
        Store::with_notes(path, None)
    }

    /// The same, with a note of those files in `folder`.
    pub fn with_notes(path: PathBuf, folder: Option<&Path>) -> Store {
        let trust = SettingsTrust::new(folder);
        Store { path, stamp: None, state: FileState::Missing, trust, mode_readable_by_others: None }
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

    /// Loads the settings for the first time; the defaults where there is no file.
    pub fn load(&mut self) -> Result<Settings, Problem> {
        match self.poll_changes() {
            None | Some(Change::Gone) => Ok(Settings::DEFAULT),
            Some(Change::Settings(settings)) => Ok(*settings),
            Some(Change::Unreadable(problem)) => Err(problem),
        }
    }

    /// Has the next poll read the file again, also where it looks the same: the folders above it may have changed.
    pub fn forget_stamp(&mut self) {
        self.stamp = None;
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
            Ok(settings) => Some(Change::Settings(Box::new(settings))),
            Err(problem) if matches!(&self.state, FileState::Unreadable(known) if *known == problem) => None,
            Err(problem) => {
                self.state = FileState::Unreadable(problem.clone());
                Some(Change::Unreadable(problems::settings_unreadable(&self.path.display().to_string(), problem)))
            }
        }
    }

    /// Saves `settings`. All other keys of the file stay. A file that could not be read is not overwritten: an error.
    pub fn save(&mut self, settings: &Settings) -> Result<(), String> {
        let content = match &self.state {
            // Commands are a person's own writing. A click does not bring them back into a file that was removed.
            FileState::Settings { .. } if !self.path.exists() => {
                file::write(None, &Settings { actions: Vec::new(), ..settings.clone() })
            }
            FileState::Unreadable(_) => return Err(text::not_overwritten(self.path.display())),
            FileState::Missing => file::write(None, settings),
            FileState::Settings { text, .. } => file::write(Some(text), settings),
        };
        let written =
            atomic_file::replace(&self.path, &content).map_err(|e| text::not_saved(self.path.display(), e))?;
        self.stamp = Some(stamp(&written));
        let was_trusted = !matches!(self.state, FileState::Settings { is_trusted: false, .. });
        // Also of a file that is gone by now.
        let is_trusted = was_trusted && settings.actions.iter().all(|action| action.is_trusted);
        if !is_trusted {
            self.trust.mark_copy(&written);
        }
        self.state = FileState::Settings { text: content, is_trusted };
        Ok(())
    }

    /// Reads the file and its verdict by one descriptor.
    fn read(&mut self) -> Result<Settings, String> {
        let opened = match self.trust.open(&self.path) {
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
        let mut settings = file::parse(&text)?;
        let is_trusted = opened.distrust.is_none();
        for action in &mut settings.actions {
            Arc::make_mut(action).is_trusted = is_trusted;
        }
        self.state = FileState::Settings { text, is_trusted };
        Ok(settings)
    }

    /// Makes the file if there is none, so that an editor can open it; `None` when there is one already.
    pub fn create_if_missing(&mut self, settings: &Settings) -> Option<Result<(), String>> {
        (!self.has_file()).then(|| self.save(settings))
    }
}

/// The text of an open file.
fn text_of(opened: &OpenedFile) -> Result<String, String> {
    if opened.metadata.len() > MAX_BYTES {
        return Err(text::too_large(MAX_BYTES >> 20));
    }
    let mut bytes = Vec::new();
    (&opened.file).take(MAX_BYTES).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| text::not_utf8(e.utf8_error().valid_up_to()))
}

#[cfg(test)]
mod tests;
