//! The file of the outbox and the last outcomes. An unusable file is put aside, never overwritten; a file that cannot be
//! written stops no action.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::core::actions::outbox::Outbox;
use crate::core::text::actions::outbox as text;
use crate::runtime::trust::opening::{open_entry, quoted_path};
use crate::runtime::trust::owner::{Opened, Owner};
use crate::runtime::trust::walk::{WalkOptions, WayStep, walk};
use crate::runtime::{atomic_file, clock};

const NAME: &str = "actions.json";
/// Far more than many actions can make: a larger file has come here by mistake.
const MAX_BYTES: u64 = 64 << 20;

/// The file, and the outbox in it.
pub struct OutboxFile {
    /// `None` where nothing is written: there is no folder, or the file in it is not ours to overwrite.
    path: Option<PathBuf>,
    pub outbox: Outbox,
    /// The actions whose messages expired while no Loadline ran, until that is reported.
    pub given_up: BTreeSet<String>,
    is_written: bool,
}

/// The reason why the file in `folder` is neither read nor written: somebody else may write it, or put another in its place, and
/// would send messages in this person's name. `None` where it is safe, or not there yet.
pub fn refusal(folder: &Path) -> Option<String> {
    let file = folder.join(NAME);
    let judge = |path: &Path, owner: &Owner, is_writable: bool| match (owner.is_own(), is_writable) {
        (false, _) => Some(text::foreign_place(file.display(), path.display(), owner.uid)),
        (true, true) => Some(text::shared(file.display(), path.display(), owner.octal_mode(), quoted_path(path))),
        (true, false) => None,
    };
    let mut reason = None;
    let mut visit = |step: &WayStep| {
        let found = match step {
            WayStep::Folder { path, owner, opened } => {
                judge(path, owner, !owner.is_sticky() && owner.is_writable_by_others(Opened::Folder(*opened)))
            }
            // A link belongs to whoever put it there, and its mode says nothing.
            WayStep::Link { path, owner, .. } => judge(path, owner, false),
        };
        reason = reason.take().or(found);
        Ok(())
    };
    let place = walk(&file, WalkOptions::default(), &mut visit).ok();
    reason.or_else(|| {
        let place = place?;
        let (opened, owner) = open_entry(&place).ok()?;
        judge(&place.path.join(&place.name), &owner, owner.is_writable_by_others(Opened::File(opened.as_fd())))
    })
}

/// Reads the outbox in `folder`; `None` where there is no such file.
pub fn read(folder: &Path) -> Result<Option<Outbox>, String> {
    let path = folder.join(NAME);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    // A named pipe would be waited for without end.
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err(text::FOREIGN.into());
    }
    let mut content = String::new();
    File::open(&path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut content)).map_err(|e| e.to_string())?;
    Outbox::parse(&content).map(Some)
}

impl OutboxFile {
    /// Loads the outbox in `folder` without messages that have expired at `now`. Also returns a problem to report.
    pub fn load(folder: Option<&Path>, now: Timestamp) -> (OutboxFile, Option<String>) {
        let path = folder.map(|folder| folder.join(NAME));
        if let Some(reason) = folder.and_then(refusal) {
            let file =
                OutboxFile { path: None, outbox: Outbox::default(), given_up: BTreeSet::new(), is_written: true };
            return (file, Some(reason));
        }
        let (mut outbox, problem, is_usable) = match folder.map_or(Ok(None), read) {
            Ok(outbox) => (outbox.unwrap_or_default(), None, true),
            Err(problem) => {
                let (problem, is_aside) =
                    path.as_deref().map_or((problem.clone(), false), |path| quarantine(path, &problem));
                (Outbox::default(), Some(problem), is_aside)
            }
        };
        let given_up = outbox.drop_expired(now);
        (OutboxFile { path: path.filter(|_| is_usable), outbox, given_up, is_written: true }, problem)
    }

    /// Writes the file. Returns the problem to report if that fails for the first time.
    pub fn save(&mut self) -> Option<String> {
        let path = self.path.as_deref()?;
        let result = atomic_file::replace(path, &self.outbox.write());
        let was_written = std::mem::replace(&mut self.is_written, result.is_ok());
        let error = result.err().filter(|_| was_written)?;
        Some(text::not_written(path.display(), error))
    }
}

/// Renames a file that cannot be used. Returns the problem to report, and whether the file's place is free.
fn quarantine(path: &Path, problem: &str) -> (String, bool) {
    let at = clock::now().wall.strftime("%Y%m%d-%H%M%S").to_string();
    let names = (1_u64..).map(|n| if n == 1 { format!("{NAME}.bad-{at}") } else { format!("{NAME}.bad-{at}-{n}") });
    // There is no end to the names: one of them is free.
    let aside = names.map(|name| path.with_file_name(name)).find(|aside| !aside.exists()).unwrap_or_default();
    match fs::rename(path, &aside) {
        Ok(()) => (text::put_aside(path.display(), problem, aside.display()), true),
        Err(error) => (text::not_put_aside(path.display(), problem, error), false),
    }
}
