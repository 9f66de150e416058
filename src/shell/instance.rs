//! One tray item for one person, one Loadline that does what actions want: the second finds the first one's lock.
//!
//! The lock is the kernel's, on an open file: it ends with the process, however that ends, and is never stale.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The file whose lock the tray item holds. It stays; that it is there means nothing.
pub const TRAY: &str = "dev.loadline.Loadline.lock";
/// The file whose lock is held by the Loadline that does what actions want.
pub const ACTIONS: &str = "actions.lock";

/// Held for as long as what it is for goes on.
pub struct Instance {
    _lock: Option<File>,
}

/// Takes the lock on the file `name` in `folder`, the person's own; `None` when another has it. Where no lock can be had at
/// all (no such folder, or one that cannot be written), running twice is better than not at all.
pub fn claim(folder: Option<&Path>, name: &str) -> Option<Instance> {
    let Some(folder) = folder else { return Some(Instance { _lock: None }) };
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(folder.join(name));
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
        let first = claim(Some(folder.path()), TRAY);
        assert!(first.is_some());
        assert!(claim(Some(folder.path()), TRAY).is_none());
        assert!(claim(Some(folder.path()), ACTIONS).is_some(), "another lock");
        drop(first);
        assert!(claim(Some(folder.path()), TRAY).is_some());
    }

    #[test]
    fn without_a_place_for_the_lock_it_runs_all_the_same() {
        assert!(claim(Some(Path::new("/proc/no/such/folder")), TRAY).is_some());
        assert!(claim(None, TRAY).is_some());
    }
}
