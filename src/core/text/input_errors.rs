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
    not_a_time(text) =
        "time '{text}' is neither a number of seconds nor like 2026-11-22T14:03:07+01:00 or 2026-11-22 14:03:07";
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

/// The faults of recorded traces, and the remarks about what was taken or left out.
pub mod traces {
    sentences! {
        not_read_file(path) = "could not read the trace '{path}'";
        on_line(line, problem) = "line {line}: {problem}";
        EMPTY = "it is empty: its first line must name the columns 'time' and 'cpu' or 'memory' (time,cpu,memory)";
        NO_ROWS = "it has a header and no rows: each line after the header is a reading";
        NO_READINGS = "it has no readings: record some with 'loadline watch --json'";
        UTF_16 = "it is written in UTF-16: save it as UTF-8";
        SQLITE = "it is an SQLite database: export its rows as CSV; for Loadline's own history there is 'replay --history'";
        packed(format) = "it is packed with {format}: unpack it first";
        JSON_ARRAY = "it is a JSON array: write one object a line (jq -c '.[]')";
        ONE_OBJECT_A_LINE = "the JSON object does not end on its line: write one object a line (jq -c .)";
        NO_TYPE =
            "the object has no \"type\": a reading is like \
             {\"type\":\"reading\",\"at\":\"2026-11-22T14:03:07Z\",\"cpu_percent\":9.5}";
        not_json(error) = "it is no JSON object that can be read: {error}";
        CARRIAGE_RETURNS = "its lines end with carriage returns alone: save it with line feeds";
        column_twice(name) = "its header names the column '{name}' twice: leave one";
        too_many_fields(found, width) =
            "{found} fields, and the header has {width}: put a value that contains a comma in quotes, or separate the \
             fields by semicolons";
        OPEN_QUOTE = "a quote is opened and not closed on its line: close it, or remove it";
        TEXT_AFTER_QUOTE = "text follows a closing quote: write a quote within quotes twice";
        not_utf8(column) = "{column} is not text in UTF-8: save the file as UTF-8";
        long_line(line, max_bytes) =
            "line {line} is longer than {max_bytes} bytes: a trace has one reading a line, and line feeds between them";
        ALL_DAMAGED = "none of its readings is whole: they are cut off at the end, or hold NULs from a power failure";
        backwards(times) = "time goes back {times} in a row, as in a file that is sorted backwards: sort it by time";
        skipped_hour(time, zone) =
            "time '{time}' does not come in {zone}, for the clocks are put forward there: set TZ to the zone of the trace";
        local_times(zone) = "the trace's times have no offset: they are taken as local ({zone})";
    }

    /// The context of a fault: the trace at `path`, of which `-` is standard input.
    pub fn not_read(path: &str) -> String {
        if path == "-" { "could not read the trace from standard input".into() } else { not_read_file(path) }
    }

    /// The lines that were left out.
    pub fn skipped(lines: u64) -> String {
        let (noun, verb) = if lines == 1 { ("line", "was") } else { ("lines", "were") };
        format!(
            "{lines} damaged {noun} of the trace {verb} skipped: cut off at the end, or with NULs from a power failure"
        )
    }

    /// The clock of the recording was set back so many times.
    pub fn set_back(times: u64) -> String {
        let times = if times == 1 { "once".into() } else { format!("{times} times") };
        format!("the clock was set back {times} while the trace was recorded: its lines count in their order")
    }
}
