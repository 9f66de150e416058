//! The owner and kind of the history's files: in a folder that others may write, another user may have put one of them there.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::own_lock;
use crate::core::text;
use crate::runtime::instance_lock::LockFault;
use crate::runtime::trust::owner::is_foreign;

/// The endings of the files that SQLite puts beside a database. Source: <https://sqlite.org/tempfiles.html>
pub const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// The longest chain of links that is followed. The kernel follows as many.
const MAX_LINKS: usize = 40;

/// The reason why the history at `path` must not be written: it, a link to it, or a file that SQLite keeps beside it belongs to
/// somebody other than this user and root, or such a file is a link or no file, or has a second name. `None` where all is well,
/// or nothing is there yet. A link of one's own to the history is a choice of its place. The lock is looked at, too.
///
/// # Errors
/// A file cannot be seen for another reason than that there is none.
pub fn refusal(path: &Path) -> io::Result<Option<String>> {
    let mut file = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Some(found) = metadata(&file)? else { break };
        if is_foreign(&found) {
            return Ok(Some(text::history::foreign_file(file.display())));
        }
        if !found.is_symlink() {
            if !found.is_file() {
                return Ok(Some(text::history::not_a_file(file.display())));
            }
            break;
        }
        file = file.parent().unwrap_or(Path::new("")).join(fs::read_link(&file)?);
    }
    if let Some(reason) = companion_refusal(&file, false)? {
        return Ok(Some(reason));
    }
    let (folder, name) = lock(path);
    Ok(own_lock::fault(folder, &name).map(|fault| lock_reason(path, fault)))
}

/// The reason why the history at `path`, which is there, must not even be read: SQLite would wait for the other end of a pipe,
/// and believe a log that another user put beside it. A history that is itself another user's was named on purpose, and the
/// files beside it are that user's.
///
/// # Errors
/// As [`refusal`].
pub fn refusal_to_read(path: &Path) -> io::Result<Option<String>> {
    // SQLite looks beside the file that the links lead to.
    let file = fs::canonicalize(path)?;
    let found = fs::metadata(&file)?;
    if !found.is_file() {
        return Ok(Some(text::history::NO_FILE.into()));
    }
    let reason = companion_refusal(&file, is_foreign(&found))?;
    Ok(reason.map(text::history::have_removed))
}

/// The lock of the history at `path`: its folder and its name.
pub fn lock(path: &Path) -> (&Path, String) {
    (folder_of(path), format!("{}.lock", path.file_name().unwrap_or_default().to_string_lossy()))
}

/// The folder of the file at `path`.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file beside the one at `path` whose name is that one's with `ending`.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut file = OsString::from(path);
    file.push(ending);
    file.into()
}

/// The reason for which a fault of its lock keeps the history at `path` from being written.
pub fn lock_reason(path: &Path, fault: LockFault) -> String {
    let (folder, name) = lock(path);
    let file = folder.join(name);
    match fault {
        LockFault::NotOwn => text::history::lock_not_own(file.display()),
        LockFault::HeldByOthers => text::history::lock_held_by_others(file.display()),
    }
}

/// The reason not to use what stands beside `file`. SQLite writes two of these files also for those who only read: under a
/// second name one of them may be any file of this user.
fn companion_refusal(file: &Path, may_be_foreign: bool) -> io::Result<Option<String>> {
    for ending in COMPANIONS {
        let companion = with_ending(file, ending);
        let Some(found) = metadata(&companion)? else { continue };
        let shown = companion.display();
        if !may_be_foreign && is_foreign(&found) {
            return Ok(Some(text::history::foreign_file(shown)));
        }
        if !found.is_file() {
            return Ok(Some(text::history::not_a_file(shown)));
        }
        if found.nlink() > 1 {
            return Ok(Some(text::history::second_name(shown)));
        }
    }
    Ok(None)
}

/// `None` where nothing is there.
fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
