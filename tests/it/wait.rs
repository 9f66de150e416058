//! The one way a test waits: it checks a condition again and again until a deadline.
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Far more than any wait takes on a busy machine: only a failure uses it up.
pub const SOON: Duration = Duration::from_secs(20);

const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Calls `poll` until it returns `Some`, and returns that. Panics with `what` after `limit`.
#[track_caller]
pub fn wait_for<T>(what: &str, limit: Duration, mut poll: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    // Not `park_timeout`: a wake-up left over from a D-Bus call would end that at once.
    let (_nobody_sends, pause) = mpsc::channel::<()>();
    loop {
        if let Some(found) = poll() {
            return found;
        }
        let late = Instant::now() >= deadline;
        assert!(!late, "waited {limit:?} in vain for {what}");
        let _ = pause.recv_timeout(POLL_INTERVAL);
    }
}
