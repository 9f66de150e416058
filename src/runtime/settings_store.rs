//! The settings file on disk: found, read, watched for edits, and saved whole or not at all.
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
use crate::core::text;

/// No settings file is this large: what is has come here by mistake.
const MAX_BYTES: u64 = 1 << 20;

/// The settings file, and what was last seen of it.
pub struct Store {
    path: PathBuf,
    seen: Option<Stamp>,
    held: FileState,
}

/// What has become of the file since it was last looked at.
#[derive(Debug, PartialEq)]
pub enum Change {
    /// It says this.
    Settings(Settings),
    /// It cannot be read, or not be used.
    Unreadable(Problem),
    /// It could not be read, and is not there any more.
    Gone,
}

/// What the file held when it was last looked at.
enum FileState {
    Nothing,
    Settings(String),
    Unreadable,
}

/// Enough of a file's metadata to notice that it was written or replaced.
#[derive(PartialEq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Store {
    /// The file at `path`, not looked at yet.
    pub fn new(path: PathBuf) -> Store {
        Store { path, seen: None, held: FileState::Nothing }
    }

    /// Where the settings are unless the person says otherwise: `--settings`, else `LOADLINE_SETTINGS`, else the
    /// platform's folder. `None` where there is no home to keep them in.
    pub fn default_path() -> Option<PathBuf> {
        let named = std::env::var_os("LOADLINE_SETTINGS").filter(|path| !path.is_empty()).map(PathBuf::from);
        named.or_else(|| Some(platform::settings_dir()?.join("settings.json")))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says at first sight; the defaults where there is none.
    ///
    /// # Errors
    /// When it cannot be read, or not be used.
    pub fn load(&mut self) -> Result<Settings, Problem> {
        match self.poll_changes() {
            None | Some(Change::Gone) => Ok(Settings::DEFAULT),
            Some(Change::Settings(settings)) => Ok(settings),
            Some(Change::Unreadable(problem)) => Err(problem),
        }
    }

    /// Whether there is a file, as far as was last seen.
    pub fn has_file(&self) -> bool {
        !matches!(self.held, FileState::Nothing)
    }

    /// What the file says, if it is there and has changed since it was last looked at. The first look tells what it says.
    ///
    /// A file that has gone is no change, but for its problem: what runs, runs on, and the next save makes it anew.
    pub fn poll_changes(&mut self) -> Option<Change> {
        let stamp = match fs::metadata(&self.path) {
            Ok(metadata) => Some(Stamp::of(&metadata)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                self.seen = None;
                let held = std::mem::replace(&mut self.held, FileState::Nothing);
                return matches!(held, FileState::Unreadable).then_some(Change::Gone);
            }
            // Unreadable: found out, and said, by reading it. Once, as long as nothing changes.
            Err(_) if matches!(self.held, FileState::Unreadable) && self.seen.is_none() => return None,
            Err(_) => None,
        };
        if stamp.is_some() && stamp == self.seen {
            return None;
        }
        self.seen = stamp;
        let read = read(&self.path).and_then(|text| Ok((file::parse(&text)?, text)));
        Some(match read {
            Ok((settings, text)) => {
                self.held = FileState::Settings(text);
                Change::Settings(settings)
            }
            Err(problem) => {
                self.held = FileState::Unreadable;
                Change::Unreadable(text::problems::settings_unreadable(&self.path.display().to_string(), problem))
            }
        })
    }

    /// Keeps `settings`, beside whatever else the file holds.
    ///
    /// # Errors
    /// One sentence: the file could not be read (and is not overwritten), or not be written.
    pub fn save(&mut self, settings: &Settings) -> Result<(), String> {
        let path = self.path.display();
        let text = match &self.held {
            // Commands are a person's own writing. Into a file that somebody took away they do not come back by a click.
            FileState::Settings(_) if !self.path.exists() => {
                file::write(None, &Settings { actions: Vec::new(), ..settings.clone() })
            }
            FileState::Unreadable => {
                return Err(format!(
                    "the change is not saved: '{path}' could not be read, and is not overwritten; \
                     correct it or move it away"
                ));
            }
            FileState::Nothing => file::write(None, settings),
            FileState::Settings(text) => file::write(Some(text), settings),
        };
        let written = atomic_file::replace(&self.path, &text)
            .map_err(|e| format!("could not save the settings in '{path}': {e}"))?;
        self.seen = Some(Stamp::of(&written));
        self.held = FileState::Settings(text);
        Ok(())
    }

    /// Makes the file if there is none, so that it can be opened in an editor; `None` when there was nothing to do.
    pub fn create_if_missing(&mut self, settings: &Settings) -> Option<Result<(), String>> {
        match self.held {
            FileState::Nothing => Some(self.save(settings)),
            FileState::Settings(_) | FileState::Unreadable => None,
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let metadata = fs::metadata(path).map_err(|e| e.to_string())?;
    if metadata.is_dir() {
        return Err("it is a folder, and should be a file".into());
    }
    // A named pipe would be waited for without end.
    if !metadata.is_file() {
        return Err("it is not a regular file".into());
    }
    if metadata.len() > MAX_BYTES {
        return Err(format!("it is larger than {} MiB", MAX_BYTES >> 20));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)).map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| format!("it is not text in UTF-8 (byte {})", e.utf8_error().valid_up_to()))
}

#[cfg(test)]
mod tests;
