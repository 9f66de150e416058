//! The variables of the service manager, kept from the programs that Loadline starts: they are not the service.

use std::env;
use std::ffi::OsString;
use std::sync::OnceLock;

/// The variables, as they were at the start.
#[derive(Debug, Default)]
pub struct ServiceVariables {
    /// The socket of the service manager; `None` where none started this process.
    pub socket: Option<OsString>,
    pub watchdog_microseconds: Option<String>,
    pub watchdog_pid: Option<String>,
}

static TAKEN: OnceLock<ServiceVariables> = OnceLock::new();

/// Takes the variables out of the environment.
///
/// Source: sd_notify(3) and sd_watchdog_enabled(3), `unset_environment`.
#[allow(unsafe_code)]
pub fn take() {
    let text = |name| env::var(name).ok();
    TAKEN.get_or_init(|| ServiceVariables {
        socket: env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty()),
        watchdog_microseconds: text("WATCHDOG_USEC"),
        watchdog_pid: text("WATCHDOG_PID"),
    });
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
        // SAFETY: the environment must not be read by another thread meanwhile. `main` calls this at its beginning, before there
        // is another thread.
        unsafe { env::remove_var(name) };
    }
}

/// The variables that were [taken](take).
pub fn variables() -> &'static ServiceVariables {
    TAKEN.get_or_init(ServiceVariables::default)
}
