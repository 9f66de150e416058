//! Problems for people: the cause and the way out.

use std::time::Duration;

use crate::core::duration;
use crate::core::messages::effect::{Operation, Problem};
use crate::core::trace::intervals;

/// The problem with a settings file that could not be read.
pub fn settings_unreadable(path: &str, problem: String) -> Problem {
    let text = format!("could not read the settings in '{path}': {problem} (the file is left as it is)");
    Problem { brief: problem, text }
}

/// The mistakes of a settings file that cost only their own part. At least one.
pub fn settings_mistakes(mistakes: &[String]) -> Problem {
    let brief = mistakes.first().cloned().unwrap_or_default();
    Problem { brief, text: mistakes_in_settings(mistakes.join("; ")) }
}

sentences! {
    FIRST_READINGS = "the first readings";
    MOST_READINGS = "most readings";
    mistakes_in_settings(mistakes) = "in the settings: {mistakes}";
    NO_HOME = "there is no home folder to keep settings in; give --settings FILE";
    settings_missing(named) = "'--settings {named}': there is no such file";
    // The warning of a monitor, which runs without that file.
    defaults_hold(named) = "'--settings {named}': there is no such file, so the defaults hold";
    // A thread that failed, and what follows from it.
    thread_failed(thread, message) = "Loadline's thread '{thread}' has failed, which is a bug: {message}";
    started_again(thread, message) =
        "Loadline's thread '{thread}' has failed, which is a bug, and Loadline has started again: {message}";
    THREAD_RESTS = "it has failed, and rests for an hour";
    DESKTOP_GONE = "the D-Bus session has ended, and the tray with it";
    UNSEEN_HOLDER = "it is held by a process that cannot be seen from here";
    ALREADY_RUNNING = "Loadline is already running: look in the menu bar";
    no_desktop(reason) = "{reason}: watching on the console instead";
    no_scan_thread(error) = "could not start a thread for the processes: {error}";
    scan_timed_out(seconds) = "could not scan the processes: it took longer than {seconds} s";
    // Of `help` and `doctor`.
    no_help(words) = "'help {words}': there is no such page or command; 'loadline help' lists them";
    service_not_told(error) = "could not tell the service manager how Loadline is: {error}";
    unknown_service_socket(name) = "'{name}' is no socket that Loadline knows: neither a path nor a name with '@'";
    NO_MENU_BAR = "this build has no menu bar";
    cpu_not_known(reason) = "the CPU is not known: {reason}";
    NO_CPU_COUNTERS = "its counters cannot be read, are all zero, or stand still";
    memory_not_known(reason) = "the memory is not known: {reason}";
    NO_MEMORY_FIGURES = "its figures cannot be read, or contradict each other";
    swap_not_known(reason) = "swap is not known: {reason}";
    pressure_not_known(reason) = "the memory pressure is not known: {reason}";
    NO_PRESSURE_FIGURES = "its figures cannot be read, or make no sense";
    figures_unreadable(path, error) = "'{path}' cannot be read: {error}";
    figures_unclear(path) = "the content of '{path}' makes no sense";
    // A value that has been unknown for a minute: in a menu row, on the console, and at its end.
    NO_VALUE = "no reading for a minute";
    value_unknown(metric) = "{metric} readings have failed for a minute, so no alert can fire ('loadline doctor' says why)";
    value_is_back(metric) = "{metric} readings are back";
    SWAP_UNKNOWN = "swap readings have failed for a minute, so swap makes no alert ('loadline doctor' says why)";
    SWAP_IS_BACK = "swap readings are back";
    PRESSURE_UNKNOWN =
        "memory pressure readings have failed for a minute, so pressure makes no alert ('loadline doctor' says why)";
    PRESSURE_IS_BACK = "memory pressure readings are back";
    // The time zone, of `doctor` and at the start.
    NO_ZONE = "UTC: there is no TZ and no /etc/localtime";
    NO_ZONE_NAMED =
        "all times and quiet hours are in UTC: there is no TZ and no /etc/localtime; set TZ to your time zone";
    zone_file_missing(target) =
        "all times and quiet hours are in UTC: /etc/localtime leads to '{target}', which is no time zone that is there; \
         install tzdata, or set TZ";
    ZONE_FILE_UNREADABLE =
        "all times and quiet hours are in UTC: /etc/localtime cannot be read as a time zone; link it to a file of tzdata, \
         or set TZ";
    zone_of_variable(zone, variable) = "{zone}, from TZ ('{variable}')";
    zone_of_system(zone) = "{zone}, from the system";
    unknown_zone(variable) =
        "all times and quiet hours are in UTC: TZ is '{variable}', which is no time zone that is known here; correct \
         it, or install tzdata";
    NO_RUNTIME_FOLDER = "not known: there is no folder for what ends with the session (XDG_RUNTIME_DIR)";
    lock_unreadable(folder, error) = "not known: the lock in '{folder}' cannot be read: {error}";
    checks_failed(failed, checks) = "{failed} of {checks} checks failed";
}

/// A change in the menu cannot be saved.
pub fn change_not_saved() -> String {
    format!("the change is not saved: {NO_HOME}")
}

/// Advice about a trace of which `readings` come after gaps, the shortest of them `gap`.
pub fn sparse_trace(readings: &str, gap: Duration, refresh: Duration) -> String {
    let mut text = format!(
        "{readings} of the trace are {} apart, more than three refresh intervals of {}: \
         gaps like that keep alerts from firing",
        duration::humanize(gap),
        duration::humanize_exact(refresh)
    );
    if let Some(interval) = intervals::interval_for(gap) {
        text.push_str(&format!("; give --every {}", duration::write(interval)));
    }
    text
}

/// The refresh interval that was taken from a trace, in place of `refresh`.
pub fn interval_taken(interval: Duration, refresh: Duration) -> String {
    format!(
        "the readings of the trace are about {} apart: taken as --every {}, in place of {}",
        duration::humanize(interval),
        duration::write(interval),
        duration::write(refresh)
    )
}

/// The problem with an effect, for the console and for a menu row.
pub fn problem(operation: &Operation, problem: String) -> Problem {
    match operation {
        Operation::RunAction(name) => Problem { text: format!("action '{name}': {problem}"), brief: problem },
        _ => problem.into(),
    }
}

/// The state of a settings file that works, over that at `below`.
pub fn settings_state(place: &str, is_there: bool, below: Option<&str>, rules: &str) -> String {
    let absent = match (is_there, below) {
        (true, _) => "",
        (false, None) => " is not there yet, so the defaults hold",
        (false, Some(below)) => &format!(" is not there yet, so those of '{below}' and the defaults hold"),
    };
    format!("'{place}'{absent}: {rules}")
}
