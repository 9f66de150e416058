//! Problems, as a person reads them: the cause and the way out.

use std::time::Duration;

use crate::core::duration;
use crate::core::messages::effect::{Operation, Problem};

/// The complaint about settings that could not be used; `place` is the file.
pub fn settings_unreadable(place: &str, problem: String) -> Problem {
    let text = format!("could not read the settings in '{place}': {problem} (the file is left as it is)");
    Problem { brief: problem, text }
}

/// Why settings cannot be kept.
pub const NO_HOME: &str = "there is no home folder to keep settings in; give --settings FILE";

/// A change in the menu cannot be saved.
pub fn change_not_saved() -> String {
    format!("the change is not saved: {NO_HOME}")
}

/// A settings file that was named and is not there.
pub fn no_settings(named: &str) -> String {
    format!("'--settings {named}': there is no such file, so the defaults hold")
}

/// The end of the desktop under a running app.
pub const DESKTOP_GONE: &str = "the D-Bus session has ended, and the tray with it";

/// What a second start says.
pub const ALREADY_RUNNING: &str = "Loadline is already running: look in the menu bar";

/// Why there is no tray item, and what there is instead.
pub fn no_desktop(reason: &str) -> String {
    format!("{reason}: watching on the console instead")
}

/// What to do about a trace whose every reading comes after a gap.
pub fn sparse_trace(apart: Duration, refresh: Duration) -> String {
    let mut text = format!(
        "the first readings of the trace are {} apart, more than three refresh intervals of {}: \
         gaps like that keep alerts from firing",
        duration::humanize(apart),
        duration::humanize_exact(refresh)
    );
    let enough = Duration::from_secs(apart.as_secs().div_ceil(3));
    if (duration::REFRESH.min..=duration::REFRESH.max).contains(&enough) {
        text.push_str(&format!("; give --every {}", duration::write(enough)));
    }
    text
}

/// What went wrong with an effect, for the console and for a menu row.
pub fn problem(task: &Operation, problem: String) -> Problem {
    match task {
        Operation::RunAction(name) => Problem { text: format!("action '{name}': {problem}"), brief: problem },
        _ => problem.into(),
    }
}
