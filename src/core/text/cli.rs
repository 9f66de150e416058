//! Sentences of the command line: what `help` and `doctor` say.

/// The answer of `help` to words that name neither a page nor a command.
pub fn no_help(words: &str) -> String {
    format!("'help {words}': there is no such page or command; 'loadline help' lists them")
}

/// The state of the tray, and the reason for `watch` instead, in a build without the menu bar.
pub const NO_MENU_BAR: &str = "this build has no menu bar";

/// The state of the settings where there is no home folder.
pub const NO_HOME: &str = "there is no home folder to keep settings in: give --settings FILE";

/// The state of a settings file that works.
pub fn settings_state(place: &str, is_there: bool, rules: &str) -> String {
    let absent = if is_there { "" } else { " is not there yet, so the defaults hold" };
    format!("'{place}'{absent}: {rules}")
}

/// The state of the CPU readings when there are none.
pub const NO_CPU: &str = "the CPU cannot be read: is /proc mounted?";

/// The state of the memory readings when there are none.
pub const NO_MEMORY: &str = "the memory cannot be read: is /proc mounted?";

/// The state of the running Loadline where nothing says which one runs.
pub const NO_RUNTIME_FOLDER: &str = "not known: there is no folder for what ends with the session (XDG_RUNTIME_DIR)";

/// The same where the lock says nothing.
pub fn lock_unreadable(folder: &str, error: &str) -> String {
    format!("not known: the lock in '{folder}' cannot be read: {error}")
}

/// The end of a `doctor` that found something broken.
pub fn checks_failed(failed: usize, checks: usize) -> String {
    format!("{failed} of {checks} checks failed")
}
