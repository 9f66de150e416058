//! Locks of one instance: one tray item for one person, one Loadline that runs actions, and one that pushes metrics.
//!
//! The lock is the kernel's, on an open file: it ends with the process, however that ends, and is never stale.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, OFlags, fcntl_lock};
use rustix::io::Errno;
use rustix::process::{FlockType, fcntl_getlk};

use super::trust::owner::is_foreign;
use crate::core::text::problems::UNSEEN_HOLDER;

/// The file whose lock the tray item holds. The file stays; only the lock counts.
const TRAY: &str = "dev.loadline.Loadline.lock";
/// The file whose lock is held by the Loadline that runs actions.
pub const ACTIONS: &str = "actions.lock";
/// The file whose lock is held by the Loadline that pushes metrics.
pub const PUSH: &str = "push.lock";

/// Holds the lock until it is dropped.
pub struct InstanceLock {
    _lock: Option<File>,
}

/// Acquires the lock on the file `name` in `folder`; `None` when another process has it. Where there can be no lock (no
/// such folder, or one that cannot be written), running twice is better than not at all.
pub fn acquire(folder: Option<&Path>, name: &str) -> Option<InstanceLock> {
    acquire_with(folder, name, File::try_lock).unwrap_or(Some(InstanceLock { _lock: None }))
}

/// A lock that another user may hold, who would decide by it when this program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockFault {
    /// The file is another user's, or a link or a pipe is in its place, or it has a second name.
    NotOwn,
    /// A program has locked it that is, or may be, another user's: all who may open the file can lock it.
    HeldByOthers,
}

/// The same as [`acquire`] for the tray item, of which there is one in a process. The kernel names the holder of such a lock
/// (`flock`'s it does not). It belongs to the process, and ends as soon as the process closes the file, however it opened
/// that.
pub fn acquire_tray(folder: Option<&Path>) -> Option<InstanceLock> {
    acquire_with(folder, TRAY, |file| match fcntl_lock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        // Source: POSIX, `fcntl`, "Errors": either, of a lock that another process holds.
        Err(Errno::AGAIN | Errno::ACCESS) => Err(TryLockError::WouldBlock),
        Err(error) => Err(TryLockError::Error(error.into())),
    })
    .unwrap_or(Some(InstanceLock { _lock: None }))
}

/// Locks a folder for as long as this process uses it. `None` where a living process has locked it, or where there can be no
/// lock.
pub fn acquire_folder(folder: &Path) -> Option<InstanceLock> {
    let flags = open_flags() | OFlags::DIRECTORY.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(folder).ok()?;
    file.try_lock().ok()?;
    Some(InstanceLock { _lock: Some(file) })
}

/// Whether the place of `file` has the kind of locks that SQLite takes (`fcntl`'s); also where the file cannot be opened.
pub fn has_record_locks(file: &Path) -> bool {
    let Ok(file) = OpenOptions::new().read(true).custom_flags(open_flags()).open(file) else { return true };
    // Source: POSIX, `fcntl`, "Errors": either, of a lock that another process holds.
    matches!(fcntl_lock(&file, FlockOperation::NonBlockingLockShared), Ok(()) | Err(Errno::AGAIN | Errno::ACCESS))
}

/// The process that holds the tray item's lock in `folder`; `None` when none does, an error when that cannot be found out.
pub fn tray_holder(folder: &Path) -> io::Result<Option<u32>> {
    let file = match OpenOptions::new().read(true).custom_flags(open_flags()).open(folder.join(TRAY)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let Some(holder) = fcntl_getlk(&file, &FlockType::WriteLock.into())? else { return Ok(None) };
    // 0 is a process that this one cannot see (another container), and -1 no process at all (a lock of another kind).
    let pid = holder.pid.and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
    pid.map(Some).ok_or_else(|| io::Error::other(UNSEEN_HOLDER))
}

/// The same as [`acquire`] with another kind of lock, and with the faults of the file as errors.
pub(super) fn acquire_with(
    folder: Option<&Path>,
    name: &str,
    try_lock: impl Fn(&File) -> Result<(), TryLockError>,
) -> Result<Option<InstanceLock>, LockFault> {
    let Some(folder) = folder else { return Ok(Some(InstanceLock { _lock: None })) };
    let path = folder.join(name);
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600).custom_flags(open_flags());
    // Judged as it was opened.
    let Ok(file) = options.open(&path) else {
        let is_own = fs::symlink_metadata(&path).map_or(true, |found| is_own(&found));
        return if is_own { Ok(Some(InstanceLock { _lock: None })) } else { Err(LockFault::NotOwn) };
    };
    if !file.metadata().is_ok_and(|found| is_own(&found)) {
        return Err(LockFault::NotOwn);
    }
    Ok(match try_lock(&file) {
        Ok(()) => Some(InstanceLock { _lock: Some(file) }),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) => Some(InstanceLock { _lock: None }),
    })
}

/// A lock is neither made where a link leads, nor waited for at a pipe.
fn open_flags() -> i32 {
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

/// Whether it is a file of this user or root.
pub(super) fn is_own(found: &Metadata) -> bool {
    found.is_file() && !is_foreign(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_acquired_again_only_after_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let first = acquire(Some(folder.path()), "history.lock");
        assert!(first.is_some());
        assert!(acquire(Some(folder.path()), "history.lock").is_none());
        assert!(acquire(Some(folder.path()), ACTIONS).is_some(), "another lock");
        drop(first);
        assert!(acquire(Some(folder.path()), "history.lock").is_some());
    }

    #[test]
    fn a_folder_is_locked_until_it_is_in_use_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let first = acquire_folder(folder.path());
        assert!(first.is_some() && acquire_folder(folder.path()).is_none());
        drop(first);
        assert!(acquire_folder(folder.path()).is_some());
        assert!(acquire_folder(&folder.path().join("none")).is_none());
    }

    #[test]
    fn a_place_with_record_locks_has_them_whether_the_file_is_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.lock");
        assert!(has_record_locks(&file));
        let _lock = acquire(Some(folder.path()), "history.lock");
        assert!(has_record_locks(&file));
    }

    #[test]
    fn without_a_folder_every_instance_may_run() {
        let nowhere = Path::new("/proc/no/such/folder");
        assert!(acquire(Some(nowhere), ACTIONS).is_some() && acquire_tray(Some(nowhere)).is_some());
        assert!(acquire(None, ACTIONS).is_some() && acquire_tray(None).is_some());
    }

    #[test]
    fn a_link_or_a_pipe_in_the_place_of_a_lock_is_neither_followed_nor_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, folder.path().join("link")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
        for name in ["link", "pipe"] {
            assert!(acquire_with(Some(folder.path()), name, File::try_lock).is_err(), "{name}");
            assert!(acquire(Some(folder.path()), name).is_some(), "{name}: twice is better than not at all");
        }
        assert!(!elsewhere.exists());
        assert!(std::process::Command::new("mkfifo").arg(folder.path().join(TRAY)).status().unwrap().success());
        assert_eq!(tray_holder(folder.path()).unwrap(), None);
    }

    #[test]
    fn a_tray_lock_of_no_other_process_has_no_holder() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(tray_holder(folder.path()).unwrap(), None);
        drop(acquire_tray(Some(folder.path())));
        assert_eq!(tray_holder(folder.path()).unwrap(), None, "the file stays");
    }
}
