//! The right to push. Loadlines with one folder of state have one name of the machine: two of them would push the same
//! series, and the end of one would end those of the other.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::runtime::instance_lock::{self, InstanceLock};

/// The right to push, which one process has.
pub struct PushTurn {
    folder: Option<PathBuf>,
    /// The lock, as long as a thread of this process has it: one may still end its series while the next one pushes elsewhere.
    held: Mutex<Weak<InstanceLock>>,
}

impl PushTurn {
    /// The right to push as the machine whose name is in `folder`; without a folder everybody has it.
    pub fn new(folder: Option<PathBuf>) -> PushTurn {
        PushTurn { folder, held: Mutex::new(Weak::new()) }
    }

    /// Takes the right, until the lock is dropped everywhere; `None` while another process has it.
    pub fn take(&self) -> Option<Arc<InstanceLock>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = held.upgrade() {
            return Some(lock);
        }
        let lock = Arc::new(instance_lock::acquire(self.folder.as_deref(), instance_lock::PUSH)?);
        *held = Arc::downgrade(&lock);
        Some(lock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threads_of_a_process_share_the_turn_and_another_process_waits_for_all_of_them() {
        let folder = tempfile::tempdir().unwrap();
        // A second opened file is to the lock as another process.
        let [own, foreign] = [(); 2].map(|()| PushTurn::new(Some(folder.path().to_owned())));
        let ending = own.take().unwrap();
        let next = own.take().unwrap();
        assert!(foreign.take().is_none());
        drop(ending);
        assert!(foreign.take().is_none());
        drop(next);
        let taken_over = foreign.take();
        assert!(taken_over.is_some() && own.take().is_none());
    }

    #[test]
    fn without_a_folder_everybody_pushes() {
        let [one, other] = [(); 2].map(|()| PushTurn::new(None));
        let _held = one.take();
        assert!(other.take().is_some());
    }
}
