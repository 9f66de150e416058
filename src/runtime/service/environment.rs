//! The variables for this process alone, kept from the programs that Loadline starts: those of the service manager,
//! for they are not the service, and what the start before this one knew.

use std::env;
use std::ffi::OsString;
use std::sync::OnceLock;

/// The threads that have failed: from one start to the next.
pub const FAILURES: &str = "LOADLINE_FAILURES";
const SOCKET: &str = "NOTIFY_SOCKET";
const WATCHDOG_TIME: &str = "WATCHDOG_USEC";
const WATCHDOG_PID: &str = "WATCHDOG_PID";

/// The variables, as they were at the start.
#[derive(Debug, Default)]
pub struct ServiceVariables {
    /// The socket of the service manager; `None` where none started this process.
    pub socket: Option<OsString>,
    pub watchdog_microseconds: Option<String>,
    pub watchdog_pid: Option<String>,
    /// As [`FAILURES`] gives them.
    pub failures: Option<String>,
}

impl ServiceVariables {
    /// Those of the service manager, with their names.
    pub fn as_given(&self) -> impl Iterator<Item = (&'static str, OsString)> {
        let text = |value: &Option<String>| value.as_ref().map(OsString::from);
        let values = [self.socket.clone(), text(&self.watchdog_microseconds), text(&self.watchdog_pid)];
        [SOCKET, WATCHDOG_TIME, WATCHDOG_PID].into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)))
    }
}

static TAKEN: OnceLock<ServiceVariables> = OnceLock::new();

/// Takes the variables out of the environment.
///
/// Source: sd_notify(3) and sd_watchdog_enabled(3), `unset_environment`.
#[allow(unsafe_code)]
pub fn take() {
    let text = |name| env::var(name).ok();
    TAKEN.get_or_init(|| ServiceVariables {
        socket: env::var_os(SOCKET).filter(|socket| !socket.is_empty()),
        watchdog_microseconds: text(WATCHDOG_TIME),
        watchdog_pid: text(WATCHDOG_PID),
        failures: text(FAILURES),
    });
    for name in [SOCKET, WATCHDOG_TIME, WATCHDOG_PID, FAILURES] {
        // SAFETY: the environment must not be read by another thread meanwhile. `main` calls this at its beginning, before there
        // is another thread.
        unsafe { env::remove_var(name) };
    }
}

/// The variables that were [taken](take).
pub fn variables() -> &'static ServiceVariables {
    TAKEN.get_or_init(ServiceVariables::default)
}
