//! Problems for people: the cause and the way out.

use std::fmt::Display;
use std::time::Duration;

use crate::core::duration;
use crate::core::messages::effect::{Operation, Problem};

/// The problem with a settings file that could not be read.
pub fn settings_unreadable(path: &str, problem: String) -> Problem {
    let text = format!("could not read the settings in '{path}': {problem} (the file is left as it is)");
    Problem { brief: problem, text }
}

/// The reason why settings cannot be saved.
pub const NO_HOME: &str = "there is no home folder to keep settings in; give --settings FILE";

/// A change in the menu cannot be saved.
pub fn change_not_saved() -> String {
    format!("the change is not saved: {NO_HOME}")
}

/// The error of a command that needs the settings file that was named.
pub fn settings_missing(named: &str) -> String {
    format!("'--settings {named}': there is no such file")
}

/// The warning of a monitor, which runs without that file.
pub fn defaults_hold(named: &str) -> String {
    format!("{}, so the defaults hold", settings_missing(named))
}

/// The end of the desktop session under a running app.
pub const DESKTOP_GONE: &str = "the D-Bus session has ended, and the tray with it";

/// The holder of the tray item's lock is in another container, or is no process.
pub const UNSEEN_HOLDER: &str = "it is held by a process that cannot be seen from here";

/// The message of a second start.
pub const ALREADY_RUNNING: &str = "Loadline is already running: look in the menu bar";

/// The reason why there is no tray item, and what runs instead.
pub fn no_desktop(reason: &str) -> String {
    format!("{reason}: watching on the console instead")
}

/// Advice about a trace whose every reading comes after a gap.
pub fn sparse_trace(gap: Duration, refresh: Duration) -> String {
    let mut text = format!(
        "the first readings of the trace are {} apart, more than three refresh intervals of {}: \
         gaps like that keep alerts from firing",
        duration::humanize(gap),
        duration::humanize_exact(refresh)
    );
    let enough = Duration::from_secs(gap.as_secs().div_ceil(3));
    if (duration::REFRESH.min..=duration::REFRESH.max).contains(&enough) {
        text.push_str(&format!("; give --every {}", duration::write(enough)));
    }
    text
}

/// The problem with an effect, for the console and for a menu row.
pub fn problem(operation: &Operation, problem: String) -> Problem {
    match operation {
        Operation::RunAction(name) => Problem { text: format!("action '{name}': {problem}"), brief: problem },
        _ => problem.into(),
    }
}

/// The reason why a scan of the processes could not begin.
pub fn no_scan_thread(error: impl Display) -> String {
    format!("could not start a thread for the processes: {error}")
}

/// The problem with a scan of the processes that is stuck.
pub fn scan_timed_out(limit: Duration) -> String {
    format!("the processes could not be scanned within {} s", limit.as_secs())
}
