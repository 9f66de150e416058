//! The file of the outbox and the last outcomes. An unusable file is put aside, never overwritten; a file that cannot be
//! written stops no action.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::FileType;

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

/// The reason why there is no outbox from a file.
#[derive(Debug)]
pub enum Unread {
    /// Somebody else may write the file, or put another in its place, and would send messages in this person's name: it is
    /// neither read nor written.
    Refused(String),
    /// It cannot be read, or is not ours.
    Unusable(String),
}

impl From<Unread> for String {
    fn from(unread: Unread) -> String {
        match unread {
            Unread::Refused(reason) | Unread::Unusable(reason) => reason,
        }
    }
}

/// Reads the outbox in `folder`, from the file that was judged; `None` where there is no such file.
///
/// # Errors
/// Where others could have written it, or it is unusable.
pub fn read(folder: &Path) -> Result<Option<Outbox>, Unread> {
    let unusable = |error: &dyn Display| Unread::Unusable(error.to_string());
    let Some((file, owner)) = judged(&folder.join(NAME))? else { return Ok(None) };
    let length = file.metadata().map_err(|error| unusable(&error))?.len();
    if owner.file_type != FileType::RegularFile || length > MAX_BYTES {
        return Err(Unread::Unusable(text::FOREIGN.into()));
    }
    let mut content = String::new();
    file.take(MAX_BYTES).read_to_string(&mut content).map_err(|error| unusable(&error))?;
    Outbox::parse(&content).map(Some).map_err(Unread::Unusable)
}

/// Opens the file at `path`, whatever it is, and refuses one that others could have written or chosen. A named pipe is not waited
/// for. `None` where nothing is there.
fn judged(path: &Path) -> Result<Option<(File, Owner)>, Unread> {
    let judge = |place: &Path, owner: &Owner, is_writable: bool| match (owner.is_own(), is_writable) {
        (false, _) => Some(text::foreign_place(path.display(), place.display(), owner.uid)),
        (true, true) => Some(text::shared(path.display(), place.display(), owner.octal_mode(), quoted_path(place))),
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
    let place = walk(path, WalkOptions::default(), &mut visit);
    let opened = place.and_then(|place| open_entry(&place).map(|(file, owner)| (place, file, owner)));
    if let Ok((place, file, owner)) = &opened {
        let is_writable = owner.is_writable_by_others(Opened::File(file.as_fd()));
        reason = reason.or_else(|| judge(&place.path.join(&place.name), owner, is_writable));
    }
    match (reason, opened) {
        (Some(reason), _) => Err(Unread::Refused(reason)),
        (None, Ok((_, file, owner))) => Ok(Some((file.into(), owner))),
        (None, Err(error)) if error.kind() == ErrorKind::NotFound => Ok(None),
        (None, Err(error)) => Err(Unread::Unusable(error.to_string())),
    }
}

impl OutboxFile {
    /// Loads the outbox in `folder` without messages that have expired at `now`. Also returns a problem to report.
    pub fn load(folder: Option<&Path>, now: Timestamp) -> (OutboxFile, Option<String>) {
        let path = folder.map(|folder| folder.join(NAME));
        let (mut outbox, problem, is_usable) = match folder.map_or(Ok(None), read) {
            Ok(outbox) => (outbox.unwrap_or_default(), None, true),
            Err(Unread::Refused(reason)) => (Outbox::default(), Some(reason), false),
            Err(Unread::Unusable(problem)) => {
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
