//! The errors of values that a person gives: lengths of time, thresholds, quiet hours, speeds and traces.
//!
//! Those of a single value are meant to follow the offending text, and name the way out.

use std::fmt::Display;

/// Text that is no length of time.
pub const NOT_A_DURATION: &str = "is not a length of time: write it as 500ms, 5s, 1m30s or 1h";

/// A length of time outside its bounds.
pub fn duration_out_of_range(min: &str, max: &str) -> String {
    format!("is out of range: give {min} to {max}")
}

/// The valid thresholds.
pub const THRESHOLD_HINT: &str = "give a percentage from 1 to 100, or 'off'";

/// A threshold with decimals.
pub const NOT_A_WHOLE_PERCENTAGE: &str = "is not a whole percentage: give one from 1 to 100, or 'off'";

/// A threshold outside 1 to 100.
pub fn threshold_out_of_range() -> String {
    format!("is out of range: {THRESHOLD_HINT}")
}

/// Text that is no threshold.
pub fn not_a_threshold() -> String {
    format!("is not a percentage: {THRESHOLD_HINT}")
}

/// Text that is no span of the day.
pub const NOT_QUIET_HOURS: &str = "is not a span of the day: write it as 22:00-07:00, or null";

/// Quiet hours without length.
pub const NEVER_QUIET: &str = "is never quiet: let it end at another time than it begins";

/// Text that is no speed.
pub const NOT_A_SPEED: &str = "is not a speed: give a number from 0.01 to 1000000, or 'max'";

/// A speed outside its bounds.
pub const SPEED_OUT_OF_RANGE: &str = "is out of range: give a number from 0.01 to 1000000, or 'max'";

/// A row of a trace that is earlier than the one before.
pub fn time_goes_back(line: u64, previous: impl Display, at: impl Display) -> String {
    format!("line {line} of the trace: time goes back, from {previous} to {at}: sort it by time")
}

/// The header of a CSV trace lacks a column.
pub fn missing_columns(header: &str) -> String {
    format!("its first line must name the columns 'time' and 'cpu' or 'memory' (time,cpu,memory), and is '{header}'")
}

/// A time in a trace that cannot be parsed.
pub fn not_a_time(text: &str) -> String {
    format!("time '{text}' is neither a number of seconds nor like 2026-11-22T14:03:07+01:00")
}

/// A percentage in a trace that cannot be parsed.
pub fn not_a_number(column: &str, text: &str) -> String {
    format!("{column} '{text}' is not a number")
}

/// A percentage in a trace outside 0 to 100.
pub fn percentage_out_of_range(column: &str, value: f64) -> String {
    format!("{column} '{value}' is out of range: a percentage is from 0 to 100")
}
