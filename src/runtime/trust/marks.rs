//! The files that others could write once: remembered by this process, and noted in the state folder for the next.

use std::fs::Metadata;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use super::opening::{self, FileRole};
use crate::core::settings::untrusted_files::{FileId, UntrustedFiles};
use crate::runtime::atomic_file;

const NAME: &str = "untrusted-files.json";
/// Far more than a note can hold.
const MAX_BYTES: u64 = 1 << 20;

/// The marks of files.
pub struct Marks {
    /// `None` where there is no folder for the note.
    note: Option<PathBuf>,
    /// Those of this process; `None` until they are needed.
    known: Mutex<Option<UntrustedFiles>>,
}

impl Marks {
    /// Marks whose note is in `folder`. Reads nothing yet.
    pub fn new(folder: Option<&Path>) -> Marks {
        Marks { note: folder.map(|folder| folder.join(NAME)), known: Mutex::new(None) }
    }

    /// Whether the file is marked.
    pub fn contains(&self, file: &Metadata) -> bool {
        self.with(|known| known.contains(id(file)))
    }

    /// Marks a file.
    ///
    /// # Errors
    /// When that cannot be noted, so that a later run will not know it. This process does.
    pub fn add(&self, file: &Metadata) -> io::Result<()> {
        let file = id(file);
        self.with(|known| known.add(file));
        let Some(note) = self.note.as_deref() else { return Ok(()) };
        // Another process may have noted files meanwhile.
        let mut noted = read(note);
        if noted.add(file) { atomic_file::replace(note, &noted.write()).map(drop) } else { Ok(()) }
    }

    fn with<T>(&self, work: impl FnOnce(&mut UntrustedFiles) -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        work(known.get_or_insert_with(|| self.note.as_deref().map(read).unwrap_or_default()))
    }
}

/// A note that cannot be read is none: it can only have been damaged by this user.
fn read(note: &Path) -> UntrustedFiles {
    let mut text = String::new();
    let file = opening::open(note, FileRole::Person).map(|opened| opened.file);
    let read = file.and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
    read.ok().and_then(|_| UntrustedFiles::parse(&text)).unwrap_or_default()
}

fn id(file: &Metadata) -> FileId {
    let born = file.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let born_nanoseconds = born.and_then(|born| u64::try_from(born.as_nanos()).ok());
    let device = born_nanoseconds.is_none().then(|| file.dev());
    FileId { inode: file.ino(), born_nanoseconds, device }
}
