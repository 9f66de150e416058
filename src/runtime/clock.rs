//! The clocks of the system, read here alone.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rustix::time::{ClockId, clock_gettime};

use crate::core::text::problems as text;
use crate::core::time::Now;

static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// Time since the first call, on the clock that never goes back. It stands still while the machine sleeps.
pub fn monotonic() -> Duration {
    ORIGIN.get_or_init(Instant::now).elapsed()
}

/// The system's clock that never goes back, as other programs read it.
///
/// Source: clock_gettime(2), `CLOCK_MONOTONIC`.
pub fn system_monotonic() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

/// The time on a clock that never steps, and goes on while the machine sleeps.
///
/// Source: clock_gettime(2), `CLOCK_BOOTTIME`; on a Mac `CLOCK_MONOTONIC`, which counts sleep there (clock_gettime(3)).
pub fn with_sleep() -> Duration {
    #[cfg(target_os = "linux")]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: ClockId = ClockId::Monotonic;
    Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
}

/// The present on both clocks, in the person's time zone.
pub fn now() -> Now {
    Now { elapsed: monotonic(), wall: wall() }
}

fn wall() -> Zoned {
    Timestamp::now().to_zoned(zone())
}

/// The zone of a wrong or missing setting, found once.
static FALLBACK: OnceLock<TimeZone> = OnceLock::new();

/// The person's time zone, by `TZ` or `/etc/localtime`; UTC where neither names one that is known here.
pub fn zone() -> TimeZone {
    let system = TimeZone::system();
    if system.is_unknown() { FALLBACK.get_or_init(|| named_zone().unwrap_or(TimeZone::UTC)).clone() } else { system }
}

/// The zone in `TZ` by the name of its file in a subfolder: `posix/Europe/Berlin` is the same as `Europe/Berlin`. `right/`,
/// which counts leap seconds, is not: its times are not those of other programs.
fn named_zone() -> Option<TimeZone> {
    TimeZone::get(zone_variable()?.trim_start_matches(':').strip_prefix("posix/")?).ok()
}

fn zone_variable() -> Option<String> {
    std::env::var("TZ").ok().filter(|zone| !zone.is_empty())
}

/// The zone in force and its source. An error where `TZ` names none that is known here: all times are in UTC then, quiet hours
/// among them.
pub fn zone_state() -> Result<String, String> {
    let (system, variable) = (TimeZone::system(), zone_variable());
    let name = zone().iana_name().map_or_else(|| wall().strftime("%Z").to_string(), str::to_owned);
    match variable {
        Some(variable) if system.is_unknown() && named_zone().is_none() => Err(text::unknown_zone(&variable)),
        Some(variable) => Ok(text::zone_of_variable(&name, &variable)),
        None if system.is_unknown() => Ok(text::NO_ZONE.into()),
        None => Ok(text::zone_of_system(&name)),
    }
}

/// Waits for the whole of `span`, never less: a CPU percentage needs a pause between two looks.
pub fn wait_for(span: Duration) {
    let end = monotonic() + span;
    while monotonic() < end {
        // May return early.
        thread::park_timeout(end.saturating_sub(monotonic()));
    }
}
