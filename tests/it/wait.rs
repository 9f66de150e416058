//! The one way a test waits: a condition, looked at again and again until a deadline.
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Far more than anything takes on a busy machine: only a failure uses it up.
pub const SOON: Duration = Duration::from_secs(20);

const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// What `look` finds, as soon as it finds something; a panic naming `what` after `limit`.
#[track_caller]
pub fn wait_for<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    // Not `park_timeout`: a wake-up left over from a D-Bus call would end that at once.
    let (_nobody_sends, pause) = mpsc::channel::<()>();
    loop {
        if let Some(found) = look() {
            return found;
        }
        let late = Instant::now() >= deadline;
        assert!(!late, "waited {limit:?} in vain for {what}");
        let _ = pause.recv_timeout(BETWEEN_LOOKS);
    }
}
