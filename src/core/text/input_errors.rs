//! The errors of values that a person gives: lengths of time, thresholds, quiet hours, speeds and traces.
//!
//! Those of a single value are meant to follow the offending text, and name the way out.

sentences! {
    NOT_A_DURATION = "is not a length of time: write it as 500ms, 5s, 1m30s or 1h";
    duration_out_of_range(min, max) = "is out of range: give {min} to {max}";
    NO_TIME =
        "is no time at all: give a length of time such as 24h or 7d, or a date such as 2026-11-22 or 2026-11-22T14:00";
    NOT_A_TIME_OR_DATE =
        "is neither a length of time nor a date: give a length of time such as 24h or 7d, or a date such as 2026-11-22 \
         or 2026-11-22T14:00";
    THRESHOLD_HINT = "give a percentage from 1 to 100, or 'off'";
    NOT_A_WHOLE_PERCENTAGE = "is not a whole percentage: give one from 1 to 100, or 'off'";
    NOT_QUIET_HOURS = "is not a span of the day: write it as 22:00-07:00, or null";
    NEVER_QUIET = "is never quiet: let it end at another time than it begins";
    NOT_A_SPEED = "is not a speed: give a number from 0.01 to 1000000, or 'max'";
    SPEED_OUT_OF_RANGE = "is out of range: give a number from 0.01 to 1000000, or 'max'";
    IS_A_FOLDER = "it is a folder";
    time_goes_back(line, previous, at) =
        "line {line} of the trace: time goes back, from {previous} to {at}: sort it by time";
    missing_columns(header) =
        "its first line must name the columns 'time' and 'cpu' or 'memory' (time,cpu,memory), and is '{header}'";
    not_a_time(text) = "time '{text}' is neither a number of seconds nor like 2026-11-22T14:03:07+01:00";
    not_a_number(column, text) = "{column} '{text}' is not a number";
    percentage_out_of_range(column, value) = "{column} '{value}' is out of range: a percentage is from 0 to 100";
}

/// A threshold outside 1 to 100.
pub fn threshold_out_of_range() -> String {
    format!("is out of range: {THRESHOLD_HINT}")
}

/// Text that is no threshold.
pub fn not_a_threshold() -> String {
    format!("is not a percentage: {THRESHOLD_HINT}")
}

/// The address of a repository, and what it replies.
pub mod updates {
    sentences! {
        NOT_A_REPOSITORY = "is not the address of a repository: write it as https://github.com/OWNER/NAME, or null";
        not_a_release(host) = "'{host}' names no release: see whether the repository has one, and its address is right";
        foreign_page(host) = "'{host}' names a release whose page is not on it";
    }
}
