//! Settings in words: rules, menu rows, and problems of the settings file.

use std::time::Duration;

use super::figures::size;
use crate::core::alerts::rule::Signal;
use crate::core::duration;
use crate::core::metrics::metric::Threshold;
use crate::core::settings::Settings;

/// The rules in short: `CPU above 80%, memory above 80%, after 5 s`.
pub fn rules(settings: &Settings) -> String {
    let above = |threshold: Threshold| threshold.percent().map_or("off".into(), |percent| format!("above {percent}"));
    let memory = match (settings.memory, settings.memory_signal) {
        (Threshold::Off, _) => "off".into(),
        (_, Signal::Pressure) => "by pressure".into(),
        (memory, Signal::Used) => above(memory),
        (memory, Signal::Both) => format!("{} or by pressure", above(memory)),
    };
    let growth = settings.swap_growth.filter(|_| settings.memory != Threshold::Off);
    let swap = growth.map_or(String::new(), |growth| {
        format!(", swap grown by {} in {}", size(growth.above_bytes), duration::humanize(growth.within))
    });
    let quiet = settings.quiet_hours.map_or(String::new(), |hours| format!(", quiet hours {hours}"));
    format!("CPU {}, memory {memory}{swap}, after {}{quiet}", above(settings.cpu), after(settings.after))
}

/// A length of time as a menu row of *Alert after*.
pub fn after(after: Duration) -> String {
    if after.is_zero() { "At once".into() } else { duration::humanize_exact(after) }
}

/// A threshold as a menu row.
pub fn threshold(threshold: Threshold) -> String {
    threshold.percent().map_or_else(|| "Off".into(), |percent| percent.to_string())
}

/// The signal of memory alerts as a menu row.
pub fn signal(signal: Signal) -> String {
    match signal {
        Signal::Used => "Memory in use",
        Signal::Pressure => "Memory pressure",
        Signal::Both => "Either",
    }
    .into()
}

sentences! {
    foreign_link(link, owner) = "'{link}' is a link of another user ({owner}), which is not followed";
    secrets_readable(file, octal_mode, way_out) =
        "'{file}' holds secrets, and others may read it (mode {octal_mode}); do: {way_out}";
    close(quoted) = "chmod 600 {quoted}";
    // Of macOS.
    close_with_list(quoted) = "chmod -N {quoted} && chmod 600 {quoted}";
    mode_with_list(octal_mode) = "{octal_mode} with an access list";
    untrusted(keys, reason) =
        "settings that others must not choose are kept, and do nothing ({keys}): {reason}";
    IS_FOLDER = "it is a folder, and should be a file";
    NOT_REGULAR = "it is not a regular file";
    too_large(max_mebibytes) = "it is larger than {max_mebibytes} MiB";
    not_utf8(byte) = "it is not text in UTF-8 (byte {byte})";
    not_overwritten(file) =
        "the change is not saved: '{file}' could not be read, and is not overwritten; correct it or move it away";
    not_saved(file, error) = "could not save the settings in '{file}': {error}";
}

/// Mistakes in the settings file. Their place and key stand before them.
pub mod file {
    sentences! {
        EMPTY_MENU_BAR = "'menu_bar' shows nothing: set cpu, memory or icon to true";
        NOT_AN_OBJECT = "the file holds a list, and must hold an object: see default-settings.json";
        NOT_A_TIME = "is not a time: write it as 2026-11-22T15:40:00Z, or null";
        mistake(line, column, key, message) = "line {line} column {column}: {key}{message}";
        about(value, problem) = "is '{value}', which {problem}";
        left_out(mistake) = "{mistake} (it is left out; the rest of the settings holds)";
        list_for_object(key) = "'{key}' is a list, and must be an object";
        out_of_range(value, way_out) = "is {value}, which is out of range: {way_out}";
        growth_out_of_range(megabytes, max) = "is {megabytes}, which is out of range: give megabytes from 1 to {max}";
        no_signal(given) = "is '{given}', which is no signal: give 'used', 'pressure' or 'both'";
        no_icon(given) = "is '{given}', which is no icon: give 'numbers', 'bars', 'off', or true for the default";
        quoted(key) = "'{key}'";
        at_top(key) = "'{key}' at the top level";
        in_place(object) = "in '{object}'; ";
        unknown_key(key, place) = "unknown key '{key}' ({place}it is kept, and does nothing)";
        misspelt_key(key, guess, place) =
            "unknown key '{key}', did you mean {guess}? ({place}it is kept, and does nothing)";
        newer(version, known) =
            "is {version}, and this Loadline reads version {known}: update Loadline, or move the file away";
    }
}

/// The layers of settings: the machine's file below the person's, and what it locks.
pub mod layers {
    sentences! {
        in_machine_file(path, mistake) = "'{path}', {mistake}";
        not_used(path, problem) = "the machine's settings in '{path}' are not used: {problem}";
        not_used_anew(path, problem) =
            "the machine's settings in '{path}' are not used: {problem} (those that were read before stay in force)";
        foreign(path, owner, way_out) =
            "'{path}' belongs to another user than root ({owner}); an administrator does: {way_out}";
        writable(path, octal_mode, way_out) =
            "'{path}' may be written by others than root (mode {octal_mode}); an administrator does: {way_out}";
        chown(quoted) = "sudo chown root {quoted}";
        chmod(quoted) = "sudo chmod go-w {quoted}";
        once_writable(path, replacement) =
            "'{path}' could be written by others than root, and still can by any who have it open; an administrator \
             replaces the file: {replacement}";
        replacement(quoted, quoted_new) =
            "sudo cp {quoted} {quoted_new} && sudo chmod 644 {quoted_new} && sudo mv {quoted_new} {quoted}";
        // The key 'locked'.
        LOCKED_NO_LIST = "'locked' is not a list of keys: write it as [\"alerts.cpu\", \"refresh\"]";
        LOCKED_OF_PERSON = "'locked' counts only in the machine's file (it is kept, and does nothing)";
        locked_unknown(key) = "'locked' names '{key}', which is no setting (it locks nothing)";
        locked_misspelt(key, guess) = "'locked' names '{key}', did you mean '{guess}'? (it locks nothing)";
        MENU_BAR_IGNORED =
            "'menu_bar' shows nothing together with the machine's file (its parts are kept, and do nothing)";
        option_locked(option, key, file) =
            "'{option}' cannot be given: '{key}' is set by the administrator in '{file}'; leave the option out";
        option_dropped(option, key, file) =
            "'{option}' does not count any more: '{key}' is set by the administrator in '{file}'";
        change_refused(key, file) = "the change is not made: '{key}' is set by the administrator in '{file}'";
        // The key of a comment in a new file.
        TEMPLATE_KEY = "// what holds without this file: copy from here";
        // Of `doctor`.
        NOT_SHOWN = "(not shown)";
        DEFAULT = "default";
        value_from(key, value, source) = "{key} {value}: {source}";
        locked_from(key, value, source) = "{key} {value}: {source}, locked";
        ignored_from(key, value, source, person_file) =
            "{key} {value}: {source}, locked (the value in '{person_file}' is kept, and does nothing)";
        file_of_origin(path) = "'{path}'";
        option_of_origin(option) = "the option {option}";
        defaults(keys) = "defaults: {keys}";
        machine_file_absent(path) = "'{path}' is not there, so nothing is set for the whole machine";
        machine_file_used(path) = "'{path}' is used, and locks nothing";
        machine_file_locks(path, keys) = "'{path}' is used, and locks {keys}";
        secrets_readable(file, octal_mode) =
            "'{file}' holds secrets, and everybody here may read it (mode {octal_mode}); write ${{NAME}} for each, and set \
             that variable where Loadline starts";
    }
}

/// Mistakes in the list of actions.
pub mod actions {
    sentences! {
        HEADERS_WANTED = "an object with the names and values of headers";
        LIST = "a list of actions: [{\"name\": ..., \"command\": [...]}]";
        NO_NAME = "has no 'name': give it one";
        TWO_KINDS = "has both 'command' and 'webhook': make two actions of it";
        NO_KIND = "has neither 'command' nor 'webhook': add one of them";
        EMPTY_NAME = "is empty: say what the action is called";
        CONTROL_CHARACTER = "has a control character in it: take it out";
        EMPTY_COMMAND = "is empty: give the program and its arguments, each as a text of its own";
        NO_PROGRAM = "begins with an empty text: give the program first";
        NUL = "has a NUL in it: take it out";
        LINE_BREAK = "has a line break or a NUL in it: take it out";
        NOT_AN_ADDRESS =
            "is not a web address: begin it with https:// or http://, or with ${NAME} for what is in the environment";
        same_name(name) = "has two actions named '{name}': give each a name of its own";
        left_out(mistake) = "{mistake} (this action does not run; the others do)";
        all_left_out(mistake) = "{mistake} (no action runs)";
        for_webhooks(key) = "has '{key}', which is for webhooks, beside 'command': take one of them out";
        empty(choices) = "is empty: give {choices}";
        long_name(max_chars) = "is longer than {max_chars} characters: give a shorter one";
        header_not_text(name) = "has a value for '{name}' that is no text";
        bad_header_name(name) = "has '{name}', which is not the name of a header: use letters, digits and '-'";
    }
}
