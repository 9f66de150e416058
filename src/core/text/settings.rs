//! Settings in words: rules, menu rows, and problems of the settings file.

use std::fmt::Display;
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
    let swap = settings.swap_growth.filter(|_| settings.memory != Threshold::Off);
    let swap = swap
        .map(|growth| format!(", swap grown by {} in {}", size(growth.above_bytes), duration::humanize(growth.within)));
    let quiet = settings.quiet_hours.map(|hours| format!(", quiet hours {hours}"));
    let (swap, quiet) = (swap.unwrap_or_default(), quiet.unwrap_or_default());
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

/// Why a settings file cannot be read.
pub const IS_FOLDER: &str = "it is a folder, and should be a file";
/// The same for a device or a named pipe.
pub const NOT_REGULAR: &str = "it is not a regular file";

/// The file is too large to be a settings file.
pub fn too_large(max_mebibytes: u64) -> String {
    format!("it is larger than {max_mebibytes} MiB")
}

/// The file is not text from this byte on.
pub fn not_utf8(byte: usize) -> String {
    format!("it is not text in UTF-8 (byte {byte})")
}

/// A file that could not be read is not overwritten.
pub fn not_overwritten(file: impl Display) -> String {
    format!("the change is not saved: '{file}' could not be read, and is not overwritten; correct it or move it away")
}

/// The file could not be written.
pub fn not_saved(file: impl Display, error: impl Display) -> String {
    format!("could not save the settings in '{file}': {error}")
}

/// Mistakes in the settings file. Their place and key stand before them.
pub mod file {
    use std::fmt::Display;

    /// The menu bar item would be invisible.
    pub const EMPTY_MENU_BAR: &str = "'menu_bar' shows nothing: set cpu, memory or icon to true";
    /// The whole file is a list.
    pub const NOT_AN_OBJECT: &str = "the file holds a list, and must hold an object: see default-settings.json";
    /// Behind a value and `which`.
    pub const NOT_A_TIME: &str = "is not a time: write it as 2026-11-22T15:40:00Z, or null";

    /// The place and key of a mistake, and its description.
    pub fn mistake(line: usize, column: usize, key: &str, message: &str) -> String {
        format!("line {line} column {column}: {key}{message}")
    }

    /// A value in quotes, and the problem with it.
    pub fn about(value: &str, problem: &str) -> String {
        format!("is '{value}', which {problem}")
    }

    /// A list in the place of an object.
    pub fn list_for_object(key: &str) -> String {
        format!("'{key}' is a list, and must be an object")
    }

    /// A number that is too small or too large.
    pub fn out_of_range(value: impl Display, way_out: &str) -> String {
        format!("is {value}, which is out of range: {way_out}")
    }

    /// The same of a growth of swap.
    pub fn growth_out_of_range(megabytes: u64, max: u64) -> String {
        out_of_range(megabytes, &format!("give megabytes from 1 to {max}"))
    }

    /// The signal of memory alerts is unknown.
    pub fn no_signal(given: &str) -> String {
        about(given, "is no signal: give 'used', 'pressure' or 'both'")
    }

    /// The file is of a newer Loadline.
    pub fn newer(version: u64, known: u64) -> String {
        format!("is {version}, and this Loadline reads version {known}: update Loadline, or move the file away")
    }
}

/// Mistakes in the list of actions.
pub mod actions {
    /// The list in words.
    pub const LIST: &str = "a list of actions: [{\"name\": ..., \"command\": [...]}]";
    /// An action without a name.
    pub const NO_NAME: &str = "has no 'name': give it one";
    /// An action that is a command and a webhook.
    pub const TWO_KINDS: &str = "has both 'command' and 'webhook': make two actions of it";
    /// An action that does nothing.
    pub const NO_KIND: &str = "has neither 'command' nor 'webhook': add one of them";
    /// A blank name.
    pub const EMPTY_NAME: &str = "is empty: say what the action is called";
    /// A name that a terminal cannot show.
    pub const CONTROL_CHARACTER: &str = "has a control character in it: take it out";
    /// A command without words.
    pub const EMPTY_COMMAND: &str = "is empty: give the program and its arguments, each as a text of its own";
    /// A command whose first word is empty.
    pub const NO_PROGRAM: &str = "begins with an empty text: give the program first";
    /// A word that no program can be given.
    pub const NUL: &str = "has a NUL in it: take it out";
    /// An address or a header of several lines.
    pub const LINE_BREAK: &str = "has a line break or a NUL in it: take it out";
    /// An address of another kind. It is not repeated: it may be a secret.
    pub const NOT_AN_ADDRESS: &str = "is not a web address: begin it with https:// or http://, or with ${NAME} for what \
                                      is in the environment";

    /// Two actions have this name.
    pub fn same_name(name: &str) -> String {
        format!("has two actions named '{name}': give each a name of its own")
    }

    /// A command has a key of webhooks.
    pub fn for_webhooks(key: &str) -> String {
        format!("has '{key}', which is for webhooks, beside 'command': take one of them out")
    }

    /// An empty list.
    pub fn empty(choices: &str) -> String {
        format!("is empty: give {choices}")
    }

    /// A name that fits no menu row.
    pub fn long_name(max_chars: usize) -> String {
        format!("is longer than {max_chars} characters: give a shorter one")
    }

    /// A header's value is a number, a list or the like.
    pub fn header_not_text(name: &str) -> String {
        format!("has a value for '{name}' that is no text")
    }

    /// A name with characters that no header has.
    pub fn bad_header_name(name: &str) -> String {
        format!("has '{name}', which is not the name of a header: use letters, digits and '-'")
    }
}
