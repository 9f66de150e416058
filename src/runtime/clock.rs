//! The clocks of the system, read here alone.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

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

/// The file of the system's zone, mostly a link to one of tzdata's. Source: localtime(5)
const SYSTEM_ZONE: &str = "/etc/localtime";
/// The names of UTC, which is known without tzdata. Source: the time zone database's `etcetera` and `backward`.
const UTC_NAMES: [&str; 8] = ["UTC", "UCT", "GMT", "GMT0", "Zulu", "Universal", "Greenwich", "GMT+0"];

fn is_utc(name: &str) -> bool {
    UTC_NAMES.contains(&name.strip_prefix("Etc/").unwrap_or(name))
}

/// The zone in `TZ` by the name of its file in a subfolder: `posix/Europe/Berlin` is the same as `Europe/Berlin`. `right/`,
/// which counts leap seconds, is not: its times are not those of other programs.
fn named_zone() -> Option<TimeZone> {
    let variable = zone_variable()?;
    let name = variable.trim_start_matches(':');
    let bare = name.strip_prefix("posix/");
    if is_utc(bare.unwrap_or(name)) { Some(TimeZone::UTC) } else { TimeZone::get(bare?).ok() }
}

fn zone_variable() -> Option<String> {
    std::env::var_os("TZ").map(|zone| zone.to_string_lossy().into_owned())
}

/// The zone in force and its source. An error where the source names none that is known here: all times are in UTC then, quiet
/// hours among them.
pub fn zone_state() -> Result<String, String> {
    let is_unknown = TimeZone::system().is_unknown();
    let name = zone().iana_name().map_or_else(|| wall().strftime("%Z").to_string(), str::to_owned);
    match zone_variable() {
        Some(variable) if is_unknown && named_zone().is_none() => Err(text::unknown_zone(&variable)),
        Some(variable) => Ok(text::zone_of_variable(&name, &variable)),
        None if is_unknown => zone_of_file(fs::read_link(SYSTEM_ZONE)),
        None => Ok(text::zone_of_system(&name)),
    }
}

/// The problem of a zone that is not known, for the beginning of a run; `None` where one is.
pub fn zone_problem() -> Option<String> {
    match zone_state() {
        Ok(state) => (state == text::NO_ZONE).then(|| text::NO_ZONE_NAMED.into()),
        Err(problem) => Some(problem),
    }
}

/// The state of the file of the system's zone that names none that is known here, by reading it as a link.
fn zone_of_file(link: io::Result<PathBuf>) -> Result<String, String> {
    match link {
        Ok(target) => {
            let target = target.to_string_lossy();
            let name = target.rsplit_once("zoneinfo/").map_or(&*target, |(_, name)| name);
            if is_utc(name) { Ok(text::zone_of_system(name)) } else { Err(text::zone_file_missing(&target)) }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(text::NO_ZONE.into()),
        Err(_) => Err(text::ZONE_FILE_UNREADABLE.into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_file_that_names_no_known_zone_is_told_by_its_target() {
        for target in ["/usr/share/zoneinfo/Etc/UTC", "../usr/share/zoneinfo/UTC", "/usr/share/zoneinfo/Zulu"] {
            assert!(zone_of_file(Ok(target.into())).unwrap().ends_with(", from the system"), "{target}");
        }
        for target in ["/usr/share/zoneinfo/Europe/Berlin", "nowhere", "/srv/UTC"] {
            let problem = zone_of_file(Ok(target.into())).unwrap_err();
            assert!(
                problem.contains(&format!("leads to '{target}'")) && problem.contains("install tzdata"),
                "{problem}"
            );
        }
        let read = |kind: io::ErrorKind| zone_of_file(Err(kind.into()));
        assert_eq!(read(io::ErrorKind::NotFound), Ok(text::NO_ZONE.into()));
        // It is no link.
        assert_eq!(read(io::ErrorKind::InvalidInput), Err(text::ZONE_FILE_UNREADABLE.into()));
    }
}
