//! Opening a file once: what is read, what it is judged by, and what is compared later come from the same descriptor.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, fstat, openat};

use super::owner::{Opened, Owner};
use super::walk::{PathEntry, WalkOptions, WayStep, foreign_link, walk};
use crate::core::escape::quoted;
use crate::core::text::actions::permissions as text;
use crate::core::text::settings::{IS_FOLDER, NOT_REGULAR};

/// A file, opened for reading, and who else could have written or chosen it.
pub struct OpenedFile {
    pub file: File,
    pub metadata: Metadata,
    /// Without links in it.
    pub path: PathBuf,
    /// `None` where nobody but this user and root could.
    pub distrust: Option<Distrust>,
    /// The file's mode, where it lets others read it.
    pub mode_readable_by_others: Option<String>,
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
pub fn open(path: &Path) -> io::Result<OpenedFile> {
    let mut distrust = None;
    let mut visit = |step: &WayStep| {
        if let WayStep::Link { path, owner, is_in_shared_folder: true } = step
            && !owner.is_own()
        {
            return Err(foreign_link(path, owner));
        }
        let reason = distrust_in(step);
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
    if owner.file_type != FileType::RegularFile {
        return Err(io::Error::other(NOT_REGULAR));
    }
    let path = place.path.join(&place.name);
    // The file's own fault goes first: it lasts.
    let own = distrust_in_file(&path, owner, Opened::File(file.as_fd()));
    let distrust = own.map(|reason| Distrust { reason, is_lasting: true }).or(distrust);
    let is_readable = owner.is_readable_by_others(Opened::File(file.as_fd()));
    let mode_readable_by_others = is_readable.then(|| owner.octal_mode());
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

fn distrust_in(step: &WayStep) -> Option<String> {
    match step {
        WayStep::Folder { path, owner, .. } if !owner.is_own() => {
            Some(text::foreign_folder(path.display(), owner.uid, quoted_path(path)))
        }
        WayStep::Folder { path, owner, opened } => {
            let is_open = !owner.is_sticky() && owner.is_writable_by_others(Opened::Folder(*opened));
            is_open.then(|| text::writable_folder(path.display(), owner.octal_mode(), quoted_path(path)))
        }
        WayStep::Link { path, owner, .. } => (!owner.is_own()).then(|| text::foreign_link(path.display(), owner.uid)),
    }
}

fn distrust_in_file(path: &Path, owner: Owner, opened: Opened) -> Option<String> {
    if !owner.is_own() {
        return Some(text::foreign_file(path.display(), owner.uid, replacement(path)));
    }
    let is_writable = owner.is_writable_by_others(opened);
    is_writable.then(|| text::writable_file(path.display(), owner.octal_mode(), replacement(path)))
}

/// The commands that put a new file with the same content in the place of the file at `path`.
pub fn replacement(path: &Path) -> String {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    text::replacement(quoted_path(path), quoted_path(Path::new(&new)))
}

/// The path in quotes even where a shell needs none, so that it stands out.
pub fn quoted_path(path: &Path) -> String {
    let word = quoted(&path.to_string_lossy());
    if word.starts_with('\'') { word } else { format!("'{word}'") }
}
