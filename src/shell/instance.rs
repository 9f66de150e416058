//! One tray item for one person: the second start finds the first one's lock.
//!
//! The lock is the kernel's, on an open file: it ends with the process, however that ends, and is never stale.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// The name of the file that is locked. It stays; that it is there means nothing.
const LOCK_FILE: &str = "dev.loadline.Loadline.lock";

/// Held for as long as the app runs.
pub struct Instance {
    _lock: Option<File>,
}

/// Takes the lock in `folder`, the person's own; `None` when another process has it. Where no lock can be had at all (no
/// such folder, or one that cannot be written), running twice is better than not at all.
pub fn claim(folder: Option<&Path>) -> Option<Instance> {
    let Some(folder) = folder else { return Some(Instance { _lock: None }) };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(LOCK_FILE));
    let Ok(file) = file else { return Some(Instance { _lock: None }) };
    match file.try_lock() {
        Ok(()) => Some(Instance { _lock: Some(file) }),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) => Some(Instance { _lock: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_claim_fails_until_the_first_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let first = claim(Some(folder.path()));
        assert!(first.is_some());
        assert!(claim(Some(folder.path())).is_none());
        drop(first);
        assert!(claim(Some(folder.path())).is_some());
    }

    #[test]
    fn without_a_place_for_the_lock_it_runs_all_the_same() {
        assert!(claim(Some(Path::new("/proc/no/such/folder"))).is_some());
        assert!(claim(None).is_some());
    }
}
