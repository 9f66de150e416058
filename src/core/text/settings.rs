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
