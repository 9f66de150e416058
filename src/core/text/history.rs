//! Sentences about the history: where it is, why it cannot be read or written, and the progress of long work on it.

use jiff::Zoned;

use super::history_tables::minute;
use super::recommendation::grouped;

sentences! {
    NO_HISTORY =
        "nothing has been recorded yet: Loadline records while it runs, unless 'history' is false in the settings";
    NO_HISTORY_SHORT = "nothing is recorded yet";
    NO_PLACE_FOR_HISTORY =
        "there is no home folder to keep a history in: give a file in the environment variable LOADLINE_HISTORY";
    OFF = "off: \"history\": true in the settings switches it on";
    END_MAY_BE_MISSING = "the end of the history may be missing: the disk did not take it in time";
    DAMAGED = "database disk image is malformed";
    FOREIGN = "it is a database of another program";
    alien_object(kind, name) =
        "it holds the {kind} '{name}', and a history of Loadline's holds nothing but tables: somebody else changed it";
    computed_column(table) =
        "its table '{table}' has a column that is computed, and Loadline's have none: somebody else changed it";
    altered_object(kind, name) = "its {kind} '{name}' is not as Loadline makes it: somebody else changed it";
    TOO_BIG = "it holds more, or longer texts, than any history that Loadline writes";
    TOO_MUCH_WORK = "it asks for more work than any history that Loadline writes";
    NO_FILE = "it is not a file";
    foreign_file(path) = "'{path}' was put there by another user, who could change or stop the recording";
    lock_not_own(path) =
        "'{path}' is another user's file, or a link or a pipe in its place: it could stop the recording";
    not_a_file(path) = "'{path}' is not a file: somebody put a link or a pipe there";
    second_name(path) =
        "'{path}' has a second name elsewhere: somebody may have put another of your files there, to have it overwritten";
    lock_held_by_others(path) = "'{path}' is locked by a program that may be another user's: it stops the recording";
    have_removed(reason) = "{reason}; have it removed";
    NAME_OWN_PLACE =
        "have it removed, or name a file in a folder of your own in LOADLINE_HISTORY; it is tried again every minute";
    SET_ASIDE_AT_START = "the next start of Loadline sets it aside and begins a new one";
    MOVE_IT_AWAY = "move it away";
    SIZE_LIMIT = "the limit on the size of files (ulimit -f) is reached, or the disk fails";
    MAKE_ROOM = "it goes on by itself once there is room";
    HELD = "another program holds it";
    no_locks(folder) =
        "no program that can be seen here holds it, so '{folder}' may be a place without file locks (such as NFS): name a \
         file on a disk of this machine in LOADLINE_HISTORY";
    LOCKS_REFUSED = "the system refuses to lock its files, or to share their memory";
    place_without_locks(folder) =
        "'{folder}' is a place without file locks or shared memory (such as NFS, or a folder shared with a virtual \
         machine): name a file on a disk of this machine in LOADLINE_HISTORY";
    tried_again(way_out) = "{way_out}; it is tried again every minute";
    MAKE_WRITABLE =
        "make it and its folder writable, or name another file in LOADLINE_HISTORY; it is tried again every minute";
    NOTHING_RECORDED = "nothing has been recorded yet: Loadline records while it runs";
    REPORT_TO_FOLDER = "it is a folder; name a file in it with --out";
    REPORT_TO_NO_FILE = "it is not a file; name a file with --out, or '-' for stdout";
    REPORT_TO_HISTORY = "the history itself is there; name another file with --out";
    REPORT_NOT_TO_OPEN = "'--out -' leaves no file to open: name one, or leave out '--open'";
    nothing_since(from) = "nothing is recorded since {from}: Loadline records while it runs; give an earlier --since";
    nothing_to_report_since(from, last) =
        "nothing has been recorded since {from}: the last reading is of {last}; give an earlier --since";
    since_is_in_future(from) =
        "nothing has been recorded since {from}, which is yet to come: give an earlier --since";
    no_history_in(path) =
        "there is no history in '{path}' yet: Loadline records while it runs, unless 'history' is false in the \
         settings";
    not_begun(path) = "'{path}' is not there yet: it is begun within a minute";
    unreadable(path, reason) = "could not read the history '{path}': {reason}";
    version_to_read(found, ours) = "its version is {found}, and this Loadline reads version {ours}: update Loadline";
    version_to_write(found, ours) = "its version is {found}, and this Loadline writes version {ours}";
    unwritable(path, reason, way_out) = "could not keep the history in '{path}': {reason}; {way_out}";
    quarantined(path, reason, aside) =
        "could not use the history '{path}': {reason}; it is now '{aside}', and a new one is begun";
    not_quarantined(reason, error) = "{reason}, nor could it be put aside ({error})";
    no_writer(error) = "could not keep the history: no thread could be started ({error})";
    backtest_failed(error) = "could not try the thresholds: {error}";
    report_unwritable(path) = "could not write the report to '{path}'";
    name_other_file(error) = "{error}; name another file with --out";
    not_opened(path) = "could not open '{path}'";
    opener_not_started(opener) = "{opener} could not be started; open it by hand";
    opener_failed(opener, status) = "{opener} failed ({status}); open it by hand";
}

/// `doctor`'s line for a history that can be read: its size, its beginning and its number of alerts.
pub fn state(path: impl std::fmt::Display, bytes: u64, since: Option<&Zoned>, alerts: usize) -> String {
    let since = since.map(|since| format!(", since {}", minute(since))).unwrap_or_default();
    let s = if alerts == 1 { "" } else { "s" };
    format!("'{path}': {:.1} MB{since}, {alerts} alert{s}", bytes as f64 / 1e6)
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
