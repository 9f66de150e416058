//! The settings file on disk: found, read, polled for edits, and saved whole or not at all.
//!
//! A file that could not be read is never overwritten. A save goes to a temporary file in the same folder, is synced and
//! renamed over the old one; it follows a symbolic link, keeps the file's mode (0600 when new) and every unknown key.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

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
    /// The text of the file.
    Settings(String),
    Unreadable,
}

/// Enough of a file's metadata to notice that it was written or replaced.
type Stamp = ([u64; 3], [i64; 4]);

fn stamp(file: &Metadata) -> Stamp {
    ([file.dev(), file.ino(), file.size()], [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()])
}

impl Store {
    /// A store of the file at `path`, not read yet.
    pub fn new(path: PathBuf) -> Store {
        Store { path, stamp: None, state: FileState::Missing }
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

    /// Whether there was a file at the last poll.
    pub fn has_file(&self) -> bool {
        !matches!(self.state, FileState::Missing)
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
                return matches!(state, FileState::Unreadable).then_some(Change::Gone);
            }
            // Reading it gives the problem. It is reported once, as long as nothing changes.
            Err(_) if matches!(self.state, FileState::Unreadable) && self.stamp.is_none() => return None,
            Err(_) => None,
        };
        if stamp.is_some() && stamp == self.stamp {
            return None;
        }
        self.stamp = stamp;
        let read = read(&self.path).and_then(|content| Ok((file::parse(&content)?, content)));
        Some(match read {
            Ok((settings, content)) => {
                self.state = FileState::Settings(content);
                Change::Settings(Box::new(settings))
            }
            Err(problem) => {
                self.state = FileState::Unreadable;
                Change::Unreadable(problems::settings_unreadable(&self.path.display().to_string(), problem))
            }
        })
    }

    /// Saves `settings`. All other keys of the file stay. A file that could not be read is not overwritten: an error.
    pub fn save(&mut self, settings: &Settings) -> Result<(), String> {
        let content = match &self.state {
            // Commands are a person's own writing. A click does not bring them back into a file that was removed.
            FileState::Settings(_) if !self.path.exists() => {
                file::write(None, &Settings { actions: Vec::new(), ..settings.clone() })
            }
            FileState::Unreadable => return Err(text::not_overwritten(self.path.display())),
            FileState::Missing => file::write(None, settings),
            FileState::Settings(content) => file::write(Some(content), settings),
        };
        let written =
            atomic_file::replace(&self.path, &content).map_err(|e| text::not_saved(self.path.display(), e))?;
        self.stamp = Some(stamp(&written));
        self.state = FileState::Settings(content);
        Ok(())
    }

    /// Makes the file if there is none, so that an editor can open it; `None` when there is one already.
    pub fn create_if_missing(&mut self, settings: &Settings) -> Option<Result<(), String>> {
        (!self.has_file()).then(|| self.save(settings))
    }
}

fn read(path: &Path) -> Result<String, String> {
    let metadata = fs::metadata(path).map_err(|e| e.to_string())?;
    if metadata.is_dir() {
        return Err(text::IS_FOLDER.into());
    }
    // A named pipe would be waited for without end.
    if !metadata.is_file() {
        return Err(text::NOT_REGULAR.into());
    }
    if metadata.len() > MAX_BYTES {
        return Err(text::too_large(MAX_BYTES >> 20));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)).map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| text::not_utf8(e.utf8_error().valid_up_to()))
}

#[cfg(test)]
mod tests;
