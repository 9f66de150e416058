//! The lock of the history, in a folder that others may write: who else could hold it, and so decide whether there is a history.

use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::core::proc::locks::holders;
use crate::runtime::instance_lock::{InstanceLock, LockFault, acquire_with, is_own};
use crate::runtime::platform;

/// The bits of a mode that are not its owner's.
const OTHERS: u32 = 0o077;

/// Acquires the lock on the file `name` in `folder`, which the person chose; its faults are errors. A file that others may
/// open, and lock once this process has ended, is replaced by one of mode 0600.
pub fn acquire(folder: &Path, name: &str) -> Result<Option<InstanceLock>, LockFault> {
    let path = folder.join(name);
    let found = fs::symlink_metadata(&path);
    if found.as_ref().is_ok_and(|found| !is_own(found) || found.nlink() > 1) {
        return Err(LockFault::NotOwn);
    }
    let lock = acquire_with(Some(folder), name, File::try_lock)?;
    let Ok(found) = found else { return Ok(lock) };
    let is_open = is_open_to_others(&found);
    match lock {
        None if is_held_by_others(&found).unwrap_or(is_open) => Err(LockFault::HeldByOthers),
        // The old lock is let go of only once the new one is held: no other Loadline takes either meanwhile.
        Some(_) if is_open && fs::remove_file(&path).is_ok() => acquire_with(Some(folder), name, File::try_lock),
        lock => Ok(lock),
    }
}

/// The fault that [`acquire`] would find, as far as it can be seen without touching the lock; `None` where there is none.
pub fn fault(folder: &Path, name: &str) -> Option<LockFault> {
    let found = fs::symlink_metadata(folder.join(name)).ok()?;
    if !is_own(&found) || found.nlink() > 1 {
        return Some(LockFault::NotOwn);
    }
    (is_held_by_others(&found) == Some(true)).then_some(LockFault::HeldByOthers)
}

fn is_open_to_others(found: &Metadata) -> bool {
    found.mode() & OTHERS != 0
}

/// Whether the lock of a file is held, and by no process of this user or root, or while others may open it, which no Loadline
/// leaves so; `None` where no holder can be seen, as on macOS. One that has ended may have left the lock to another process.
fn is_held_by_others(found: &Metadata) -> Option<bool> {
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let owners = holders(&locks, found.ino()).map(|pid| u32::try_from(pid).ok().and_then(platform::owner_of));
    let owners: Vec<Option<u32>> = owners.collect();
    let own = [Some(0), Some(rustix::process::geteuid().as_raw())];
    (!owners.is_empty()).then(|| is_open_to_others(found) || !owners.iter().any(|owner| own.contains(owner)))
}
