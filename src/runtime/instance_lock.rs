//! One tray item for one person, one Loadline that does what actions want: the second finds the first one's lock.
//!
//! The lock is the kernel's, on an open file: it ends with the process, however that ends, and is never stale.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;
use rustix::process::{FlockType, fcntl_getlk};

/// The file whose lock the tray item holds. It stays; that it is there means nothing.
const TRAY: &str = "dev.loadline.Loadline.lock";
/// The file whose lock is held by the Loadline that does what actions want.
pub const ACTIONS: &str = "actions.lock";

/// Held for as long as what it is for goes on.
pub struct InstanceLock {
    _lock: Option<File>,
}

/// Takes the lock on the file `name` in `folder`, the person's own; `None` when another has it. Where no lock can be had at
/// all (no such folder, or one that cannot be written), running twice is better than not at all.
pub fn acquire(folder: Option<&Path>, name: &str) -> Option<InstanceLock> {
    acquire_with(folder, name, File::try_lock)
}

/// The same for the tray item, of which there is one in a process. This lock is one of which the kernel tells who holds it
/// (`flock`'s does not): a process's own, given up as soon as it closes the file, by whatever way it opened it.
pub fn acquire_tray(folder: Option<&Path>) -> Option<InstanceLock> {
    acquire_with(folder, TRAY, |file| match fcntl_lock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        // Source: POSIX, `fcntl`, "Errors": either, of a lock that another process holds.
        Err(Errno::AGAIN | Errno::ACCESS) => Err(TryLockError::WouldBlock),
        Err(error) => Err(TryLockError::Error(error.into())),
    })
}

/// Which process holds the tray item's lock in `folder`; `None` when none does.
///
/// # Errors
/// When that cannot be seen.
pub fn tray_holder(folder: &Path) -> io::Result<Option<u32>> {
    let file = match File::open(folder.join(TRAY)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let Some(held) = fcntl_getlk(&file, &FlockType::WriteLock.into())? else { return Ok(None) };
    // 0 is a process that this one cannot see (another container), and -1 no process at all (a lock of another kind).
    let pid = held.pid.and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
    pid.map(Some).ok_or_else(|| io::Error::other("it is held by a process that cannot be seen from here"))
}

fn acquire_with(
    folder: Option<&Path>,
    name: &str,
    try_lock: impl Fn(&File) -> Result<(), TryLockError>,
) -> Option<InstanceLock> {
    let Some(folder) = folder else { return Some(InstanceLock { _lock: None }) };
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(folder.join(name));
    let Ok(file) = file else { return Some(InstanceLock { _lock: None }) };
    match try_lock(&file) {
        Ok(()) => Some(InstanceLock { _lock: Some(file) }),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) => Some(InstanceLock { _lock: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_claim_fails_until_the_first_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let first = acquire(Some(folder.path()), "history.lock");
        assert!(first.is_some());
        assert!(acquire(Some(folder.path()), "history.lock").is_none());
        assert!(acquire(Some(folder.path()), ACTIONS).is_some(), "another lock");
        drop(first);
        assert!(acquire(Some(folder.path()), "history.lock").is_some());
    }

    #[test]
    fn without_a_place_for_the_lock_it_runs_all_the_same() {
        let nowhere = Path::new("/proc/no/such/folder");
        assert!(acquire(Some(nowhere), ACTIONS).is_some() && acquire_tray(Some(nowhere)).is_some());
        assert!(acquire(None, ACTIONS).is_some() && acquire_tray(None).is_some());
    }

    #[test]
    fn a_tray_items_lock_that_nobody_else_holds_has_no_holder() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(tray_holder(folder.path()).unwrap(), None);
        drop(acquire_tray(Some(folder.path())));
        assert_eq!(tray_holder(folder.path()).unwrap(), None, "the file stays");
    }
}
