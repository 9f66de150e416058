//! Places without the file locks and the shared memory that SQLite needs: NFS without its lock service, and folders that are
//! shared with a virtual machine.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
use rusqlite::ffi;

use super::place::{folder_of, with_ending};
use crate::core::proc::locks::is_held_by_another;
use crate::core::text;
use crate::runtime::instance_lock;

/// SQLite's errors where the system refuses a lock as such, or to share memory. Sources: sqlite3.c,
/// `sqliteErrorFromPosixError`, `unixShmMap` and `unixOpenSharedMemory`; <https://sqlite.org/rescode.html>
const REFUSED: [i32; 6] = [
    ffi::SQLITE_IOERR_LOCK,
    ffi::SQLITE_IOERR_UNLOCK,
    ffi::SQLITE_IOERR_RDLOCK,
    ffi::SQLITE_IOERR_CHECKRESERVEDLOCK,
    ffi::SQLITE_IOERR_SHMLOCK,
    ffi::SQLITE_IOERR_SHMMAP,
];

/// Whether the place has no locks or no shared memory, by an error of SQLite's.
pub fn are_refused(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| REFUSED.contains(&error.extended_code))
}

/// The reason and the way out for the history at `path`, where `error` is about its locks.
pub fn explained(path: &Path, error: &rusqlite::Error) -> Option<String> {
    match error.sqlite_error_code() {
        _ if are_refused(error) => Some(format!("{}; {}", text::history::LOCKS_REFUSED, way_out_of_refusal(path))),
        Some(DatabaseBusy | DatabaseLocked) => Some(format!("{error}; {}", way_out_of_waiting(path))),
        _ => None,
    }
}

/// The way out where the place of the history at `path` refuses locks.
pub fn way_out_of_refusal(path: &Path) -> String {
    text::history::place_without_locks(folder_of(path).display())
}

/// The way out where a lock on the history at `path` was waited for in vain. A place without locks (NFS) reports the same error
/// as a file that is held.
pub fn way_out_of_waiting(path: &Path) -> String {
    match is_held(path) {
        true => text::history::HELD.into(),
        false => text::history::no_locks(folder_of(path).display()),
    }
}

/// Whether another program holds the history, as far as can be seen. Where nothing tells who holds a lock (macOS), it counts as
/// held if the place has locks.
fn is_held(path: &Path) -> bool {
    let Ok(locks) = fs::read_to_string("/proc/locks") else {
        // Never the database itself: closing it would end the locks that this process has on it (fcntl(2), "Record locks").
        return instance_lock::has_record_locks(&with_ending(path, ".lock"));
    };
    let inode = |ending: &&str| fs::metadata(with_ending(path, ending)).ok().map(|metadata| metadata.ino());
    let inodes: Vec<u64> = ["", "-shm", "-wal"].iter().filter_map(inode).collect();
    is_held_by_another(&locks, &inodes, std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_about_locks_are_explained() {
        let error = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        let explained = |code| explained(Path::new("history.sqlite3"), &error(code)).unwrap_or_default();
        for code in REFUSED {
            assert!(explained(code).contains("'.' is a place without file locks"), "{}", explained(code));
        }
        let waited = explained(ffi::SQLITE_BUSY);
        let held = waited.ends_with("; another program holds it");
        assert!(held || waited.contains("name a file on a disk of this machine in LOADLINE_HISTORY"), "{waited}");
        for code in [ffi::SQLITE_IOERR_READ, ffi::SQLITE_FULL, ffi::SQLITE_CORRUPT, ffi::SQLITE_IOERR_SHMSIZE] {
            assert_eq!(explained(code), "");
        }
    }
}
