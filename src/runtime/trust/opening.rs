//! Opening a file once: what is read, what it is judged by, and what is compared later come from the same descriptor.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, fstat, openat};

use super::owner::{Opened, Owner};
use super::walk::{PathEntry, WalkOptions, WayStep, foreign_link, walk};
use crate::core::escape::quoted;
use crate::core::text::actions::permissions as text;
use crate::core::text::settings::layers as machine_text;
use crate::core::text::settings::{IS_FOLDER, NOT_REGULAR};

/// The use of a file: it decides who may write it, and the words about one that others can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    /// This user's own, or root's.
    Person,
    /// The whole machine's: root's, or that of this user.
    Machine { administrator: u32 },
}

impl FileRole {
    /// The machine's own file, which is root's alone.
    pub const MACHINE: FileRole = FileRole::Machine { administrator: 0 };

    /// `owner`, to be judged for this use.
    fn judged(self, owner: Owner) -> Owner {
        match self {
            FileRole::Person => owner,
            FileRole::Machine { administrator } => Owner { trusted_user: administrator, ..owner },
        }
    }
}

/// A file, opened for reading, and who else could have written or chosen it.
pub struct OpenedFile {
    pub file: File,
    pub metadata: Metadata,
    /// Without links in it.
    pub path: PathBuf,
    /// `None` where nobody but this user and root could.
    pub distrust: Option<Distrust>,
    /// The file's mode, where it or an access list lets others read it.
    pub mode_readable_by_others: Option<String>,
}

impl OpenedFile {
    /// The text of the file, at most so many bytes of it; `None` where others could have written it, or it is no text.
    pub fn trusted_text(self, max_bytes: u64) -> Option<String> {
        let mut text = String::new();
        let is_read = self.distrust.is_none() && self.file.take(max_bytes).read_to_string(&mut text).is_ok();
        is_read.then_some(text)
    }
}

/// The reason not to trust a file.
pub struct Distrust {
    /// One sentence with the way out.
    pub reason: String,
    /// Somebody may have the file itself open, and write into it whatever its mode is then.
    pub is_lasting: bool,
}

/// Opens the regular file at `path`. It waits for nobody, and opens nothing else than a regular file: neither pipe nor device.
///
/// # Errors
/// When there is no such file, or it cannot be opened, or a link of another user in a folder where others may put links leads
/// to it.
pub fn open(path: &Path, role: FileRole) -> io::Result<OpenedFile> {
    let mut distrust = None;
    let mut visit = |step: &WayStep| {
        if let WayStep::Link { path, owner, is_in_shared_folder: true } = step
            && !owner.is_own()
        {
            return Err(foreign_link(path, owner));
        }
        let reason = distrust_in(step, role);
        if distrust.is_none() {
            distrust = reason.map(|reason| Distrust { reason, is_lasting: false });
        }
        Ok(())
    };
    let place = walk(path, WalkOptions::default(), &mut visit)?;
    match place.found.map(|found| found.file_type) {
        None => return Err(io::ErrorKind::NotFound.into()),
        Some(FileType::RegularFile) => {}
        Some(FileType::Directory) => return Err(io::Error::other(IS_FOLDER)),
        Some(_) => return Err(io::Error::other(NOT_REGULAR)),
    }
    // Another file may have come there since.
    let (file, owner) = open_entry(&place)?;
    let owner = role.judged(owner);
    if owner.file_type != FileType::RegularFile {
        return Err(io::Error::other(NOT_REGULAR));
    }
    let path = place.path.join(&place.name);
    // The file's own fault goes first: it lasts.
    let own = distrust_in_file(&path, owner, Opened::File(file.as_fd()), role);
    let distrust = own.map(|reason| Distrust { reason, is_lasting: true }).or(distrust);
    let mode_readable_by_others = owner.mode_readable_by_others(Opened::File(file.as_fd()));
    let file = File::from(file);
    let metadata = file.metadata()?;
    Ok(OpenedFile { file, metadata, path, distrust, mode_readable_by_others })
}

/// Opens the entry that a walk led to, to be judged by what was opened: no link is followed, and one that is not regular is not
/// waited for.
///
/// # Errors
/// When it cannot be opened.
pub fn open_entry(place: &PathEntry) -> io::Result<(OwnedFd, Owner)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = openat(&place.folder, &place.name, flags, Mode::empty())?;
    let owner = Owner::from(&fstat(&file)?);
    Ok((file, owner))
}

fn distrust_in(step: &WayStep, role: FileRole) -> Option<String> {
    let (path, owner, opened) = match *step {
        WayStep::Folder { path, owner, opened } => (path, role.judged(owner), Some(opened)),
        WayStep::Link { path, owner, .. } => (path, role.judged(owner), None),
    };
    let is_open = |opened| !owner.is_sticky() && owner.is_writable_by_others(Opened::Folder(opened));
    match (owner.is_own(), role, opened) {
        (false, FileRole::Person, Some(_)) => Some(text::foreign_folder(path.display(), owner.uid, quoted_path(path))),
        (false, FileRole::Person, None) => Some(text::foreign_link(path.display(), owner.uid)),
        (false, FileRole::Machine { .. }, _) => {
            Some(machine_text::foreign(path.display(), owner.uid, machine_text::chown(quoted_path(path))))
        }
        (true, FileRole::Person, Some(opened)) => {
            is_open(opened).then(|| text::writable_folder(path.display(), owner.octal_mode(), quoted_path(path)))
        }
        (true, FileRole::Machine { .. }, Some(opened)) => is_open(opened).then(|| {
            machine_text::writable(path.display(), owner.octal_mode(), machine_text::chmod(quoted_path(path)))
        }),
        (true, _, None) => None,
    }
}

fn distrust_in_file(path: &Path, owner: Owner, opened: Opened, role: FileRole) -> Option<String> {
    let replacement = replacement(path, role);
    if !owner.is_own() {
        return Some(match role {
            FileRole::Person => text::foreign_file(path.display(), owner.uid, replacement),
            FileRole::Machine { .. } => machine_text::foreign(path.display(), owner.uid, replacement),
        });
    }
    owner.is_writable_by_others(opened).then(|| match role {
        FileRole::Person => text::writable_file(path.display(), owner.octal_mode(), replacement),
        FileRole::Machine { .. } => machine_text::writable(path.display(), owner.octal_mode(), replacement),
    })
}

/// The commands that put a new file with the same content in the place of the file at `path`.
pub fn replacement(path: &Path, role: FileRole) -> String {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let (old, new) = (quoted_path(path), quoted_path(Path::new(&new)));
    match role {
        FileRole::Person => text::replacement(old, new),
        FileRole::Machine { .. } => machine_text::replacement(old, new),
    }
}

/// The path in quotes even where a shell needs none, so that it stands out.
pub fn quoted_path(path: &Path) -> String {
    let word = quoted(&path.to_string_lossy());
    if word.starts_with('\'') { word } else { format!("'{word}'") }
}
