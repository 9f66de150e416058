//! The file in which the actions' outbox and their last outcomes are kept. One that cannot be used is put aside, never
//! overwritten; one that cannot be written stops no action.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::core::actions::outbox::Outbox;
use crate::runtime::{atomic_file, clock};

/// The file's name.
const NAME: &str = "actions.json";
/// Far more than many actions can make: what is larger has come here by mistake.
const MAX_BYTES: u64 = 64 << 20;

/// The file, and what it holds.
pub struct OutboxFile {
    /// `None` where nothing is written: there is no folder, or the file in it is not ours to overwrite.
    path: Option<PathBuf>,
    /// What is to be kept.
    pub state: Outbox,
    /// The actions of which messages grew too old while nothing ran, as long as that has not been said.
    pub given_up: BTreeSet<String>,
    is_written: bool,
}

/// What `folder` holds; `None` where there is no such file.
///
/// # Errors
/// Why it cannot be used.
pub fn read(folder: &Path) -> Result<Option<Outbox>, String> {
    let path = folder.join(NAME);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    // A named pipe would be waited for without end.
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err("it is not a file of ours".into());
    }
    let mut text = String::new();
    File::open(&path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text)).map_err(|e| e.to_string())?;
    Outbox::parse(&text).map(Some)
}

impl OutboxFile {
    /// What `folder` holds, without what is too old at `now`; and what is to be said of it.
    pub fn load(folder: Option<&Path>, now: Timestamp) -> (OutboxFile, Option<String>) {
        let Some(folder) = folder else {
            return (
                OutboxFile { path: None, state: Outbox::default(), given_up: BTreeSet::new(), is_written: true },
                None,
            );
        };
        let path = folder.join(NAME);
        let (mut state, complaint, is_usable) = match read(folder) {
            Ok(state) => (state.unwrap_or_default(), None, true),
            Err(problem) => {
                let (complaint, is_aside) = quarantine(&path, &problem);
                (Outbox::default(), Some(complaint), is_aside)
            }
        };
        let given_up = state.forget_old(now);
        (OutboxFile { path: is_usable.then_some(path), state, given_up, is_written: true }, complaint)
    }

    /// Writes it. What is to be said if that fails, the first time.
    pub fn save(&mut self) -> Option<String> {
        let path = self.path.as_deref()?;
        let result = atomic_file::replace(path, &self.state.write());
        let was_written = std::mem::replace(&mut self.is_written, result.is_ok());
        let error = result.err().filter(|_| was_written)?;
        Some(format!(
            "could not write '{}': {error}; actions are done all the same, but what is undelivered is lost at the end",
            path.display()
        ))
    }
}

/// Renames a file that cannot be used. What is to be said, and whether its place is free.
fn quarantine(path: &Path, problem: &str) -> (String, bool) {
    let at = clock::now().wall.strftime("%Y%m%d-%H%M%S").to_string();
    let names = (1..).map(|n| if n == 1 { format!("{NAME}.bad-{at}") } else { format!("{NAME}.bad-{at}-{n}") });
    let free = names.map(|name| path.with_file_name(name)).find(|aside| !aside.exists());
    let shown = path.display();
    match free.map(|aside| (fs::rename(path, &aside), aside)) {
        Some((Ok(()), aside)) => (
            format!("could not use '{shown}': {problem}; it is now '{}', and a new one is begun", aside.display()),
            true,
        ),
        Some((Err(error), _)) => (
            format!("could not use '{shown}': {problem}; nor could it be put aside: {error}; move it away yourself"),
            false,
        ),
        None => (format!("could not use '{shown}': {problem}"), false),
    }
}
