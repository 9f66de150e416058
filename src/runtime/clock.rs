//! The one clock read.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use jiff::Zoned;

use crate::core::time::Now;

static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// Time since the first call, on the clock that never goes back. It stands still while the machine sleeps.
pub fn monotonic() -> Duration {
    ORIGIN.get_or_init(Instant::now).elapsed()
}

/// This moment on both clocks, in the person's time zone.
pub fn now() -> Now {
    Now { elapsed: monotonic(), wall: Zoned::now() }
}
