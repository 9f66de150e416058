//! Sentences about the history: where it is, why it cannot be read or written, and the progress of long work on it.

use std::fmt::Display;

use jiff::Zoned;

use super::history_tables::minute;
use super::recommendation::grouped;

/// For a history that does not exist yet.
pub const NO_HISTORY: &str =
    "nothing has been recorded yet: Loadline records while it runs, unless 'history' is false in the settings";
/// The same, for a row of the menu, which has room for no more.
pub const NO_HISTORY_SHORT: &str = "nothing is recorded yet";
/// For a system without a home folder.
pub const NO_PLACE_FOR_HISTORY: &str =
    "there is no home folder to keep a history in: give a file in the environment variable LOADLINE_HISTORY";
/// `doctor`'s line for a history that the settings switch off.
pub const OFF: &str = "off: \"history\": true in the settings switches it on";
/// At the end of a run whose last records were not written in time.
pub const END_MAY_BE_MISSING: &str = "the end of the history may be missing: the disk did not take it in time";
/// SQLite's words for a damaged file.
pub const DAMAGED: &str = "database disk image is malformed";
/// The reason that a file with other tables is set aside.
pub const FOREIGN: &str = "it is a database of another program";
/// The next start of Loadline cures a damaged file.
pub const SET_ASIDE_AT_START: &str = "Loadline puts it aside when it is started the next time";
/// The way out when a file can never be used.
pub const MOVE_IT_AWAY: &str = "move it away";
/// The way out when the disk is full.
pub const MAKE_ROOM: &str = "it goes on by itself once there is room";
/// The way out when the file is locked.
pub const WAIT_FOR_OTHER_PROGRAM: &str = "another program holds it; it is tried again every minute";
/// The way out when the file may not be written.
pub const MAKE_WRITABLE: &str =
    "make it and its folder writable, or name another file in LOADLINE_HISTORY; it is tried again every minute";
/// For a report of a history without a reading.
pub const NOTHING_RECORDED: &str = "nothing has been recorded yet: it is kept while Loadline runs";
/// A report may not replace the folder at its path.
pub const REPORT_TO_FOLDER: &str = "it is a folder; name a file in it with --out";
/// A report may not replace a device or a pipe.
pub const REPORT_TO_NO_FILE: &str = "it is not a file; name a file with --out, or '-' for stdout";
/// A report may not replace the history.
pub const REPORT_TO_HISTORY: &str = "the history itself is there; name another file with --out";
/// `report --out - --open`.
pub const REPORT_NOT_TO_OPEN: &str = "'--out -' leaves no file to open: name one, or leave out '--open'";

/// For a time in which nothing was recorded.
pub fn nothing_since(from: &Zoned) -> String {
    format!("nothing is recorded since {}: Loadline records while it runs; give an earlier --since", minute(from))
}

/// The same for a report, with the time of the last reading.
pub fn nothing_to_report_since(from: &Zoned, last: &Zoned) -> String {
    let (from, last) = (minute(from), minute(last));
    format!("nothing has been recorded since {from}: the last reading is of {last}; give an earlier --since")
}

/// For a report since a time to come.
pub fn since_is_in_future(from: &Zoned) -> String {
    let from = minute(from);
    format!("nothing has been recorded since {from}, which is yet to come: give an earlier --since")
}

/// For a report without a history in `path`.
pub fn no_history_in(path: &str) -> String {
    format!(
        "there is no history in '{path}' yet: it is kept while Loadline runs, unless 'history' is false in the settings"
    )
}

/// `doctor`'s line for a history that will begin soon.
pub fn not_begun(path: &str) -> String {
    format!("'{path}' is not there yet: it is begun within a minute")
}

/// `doctor`'s line for a history that can be read: its size, its beginning and its number of alerts.
pub fn state(path: &str, bytes: u64, since: Option<&Zoned>, alerts: usize) -> String {
    let since = since.map(|since| format!(", since {}", minute(since))).unwrap_or_default();
    let s = if alerts == 1 { "" } else { "s" };
    format!("'{path}': {:.1} MB{since}, {alerts} alert{s}", bytes as f64 / 1e6)
}

/// The history in `path` cannot be read.
pub fn unreadable(path: &str, reason: &dyn Display) -> String {
    format!("could not read the history '{path}': {reason}")
}

/// The reason that a file of a newer Loadline cannot be read.
pub fn version_to_read(found: usize, ours: usize) -> String {
    format!("its version is {found}, and this Loadline reads version {ours}: update Loadline")
}

/// The reason that a file of a newer Loadline cannot be written.
pub fn version_to_write(found: usize, ours: usize) -> String {
    format!("its version is {found}, and this Loadline writes version {ours}")
}

/// The history in `path` cannot be written.
pub fn unwritable(path: &str, reason: &str, way_out: &str) -> String {
    format!("could not keep the history in '{path}': {reason}; {way_out}")
}

/// The file in `path` was set aside under the name `aside`.
pub fn quarantined(path: &str, reason: &str, aside: &str) -> String {
    format!("could not use the history '{path}': {reason}; it is now '{aside}', and a new one is begun")
}

/// The reason, where even setting the file aside failed.
pub fn not_quarantined(reason: &str, error: &dyn Display) -> String {
    format!("{reason}, nor could it be put aside ({error})")
}

/// The thread that writes the history did not start.
pub fn no_writer(error: &str) -> String {
    format!("could not keep the history: no thread could be started ({error})")
}

/// The backtest for the menu failed.
pub fn backtest_failed(error: &str) -> String {
    format!("could not try the thresholds: {error}")
}

/// A report cannot be written to `path`.
pub fn report_unwritable(path: &str) -> String {
    format!("could not write the report to '{path}'")
}

/// The way out when the system refuses to write a report.
pub fn name_other_file(error: &dyn Display) -> String {
    format!("{error}; name another file with --out")
}

/// A page or file cannot be opened.
pub fn not_opened(path: &str) -> String {
    format!("could not open '{path}'")
}

/// The program that opens it cannot be started.
pub fn opener_not_started(opener: &str) -> String {
    format!("{opener} could not be started; open it by hand")
}

/// The program that opens it failed.
pub fn opener_failed(opener: &str, status: &dyn Display) -> String {
    format!("{opener} failed ({status}); open it by hand")
}

/// The progress of long work. Short: a line of output that follows on the same terminal covers it.
pub fn progress(records: u64) -> String {
    format!("loadline: {} records so far", grouped(records))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doctor_counts_alerts_in_the_singular_too() {
        let since: Zoned = "2026-11-22T15:20:59[UTC]".parse().unwrap();
        assert_eq!(state("h", 1_250_000, Some(&since), 1), "'h': 1.2 MB, since 2026-11-22 15:20, 1 alert");
        assert_eq!(state("h", 0, None, 0), "'h': 0.0 MB, 0 alerts");
    }
}
