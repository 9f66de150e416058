//! The clocks of the system, read here alone.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Zoned;

use crate::core::time::Now;

static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// Time since the first call, on the clock that never goes back. It stands still while the machine sleeps.
pub fn monotonic() -> Duration {
    ORIGIN.get_or_init(Instant::now).elapsed()
}

/// The present on both clocks, in the person's time zone.
pub fn now() -> Now {
    Now { elapsed: monotonic(), wall: Zoned::now() }
}

/// Waits for the whole of `span`, never less: a CPU percentage needs a pause between two looks.
pub fn wait_for(span: Duration) {
    let end = monotonic() + span;
    while monotonic() < end {
        // May return early.
        thread::park_timeout(end.saturating_sub(monotonic()));
    }
}
