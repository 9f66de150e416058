//! The files that SQLite keeps beside a history: a pipe, a link or a second name in their place is used by nobody, and holds
//! no command up.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::process::Command;

use loadline::runtime::history::reader::History;

use super::Place;
use super::foreign::{COMMANDS, is_refused, prepared};
use super::shared_folder::OTHER;

const ENDINGS: [&str; 3] = ["-wal", "-shm", "-journal"];

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// The reason for which the history of `place` cannot be opened for reading.
#[track_caller]
fn refusal(place: &Place) -> String {
    History::open(&place.path()).err().unwrap().to_string()
}

#[test]
fn no_command_waits_at_a_pipe_beside_the_history() {
    for ending in ENDINGS {
        let (place, home) = prepared(|_| {});
        make_pipe(&place.beside(ending));
        is_refused(&place, &home, &COMMANDS, &format!("history.sqlite3{ending}' is not a file"));
    }
}

#[test]
fn nothing_beside_the_target_of_a_link_is_waited_for() {
    for ending in ENDINGS {
        let (place, _home) = prepared(|_| {});
        let elsewhere = place.folder.path().join("elsewhere.db");
        fs::rename(place.path(), &elsewhere).unwrap();
        symlink(&elsewhere, place.path()).unwrap();
        make_pipe(&place.folder.path().join(format!("elsewhere.db{ending}")));
        let reason = refusal(&place);
        assert!(reason.contains(&format!("elsewhere.db{ending}' is not a file")), "{reason}");
    }
}

#[test]
fn a_link_in_the_place_of_a_companion_is_not_followed() {
    for ending in ENDINGS {
        let (place, _home) = prepared(|_| {});
        let target = place.folder.path().join("target");
        symlink(&target, place.beside(ending)).unwrap();
        let reason = refusal(&place);
        assert!(reason.contains(&format!("history.sqlite3{ending}' is not a file")), "{reason}");
        assert!(!target.exists());
    }
}

#[test]
fn a_file_with_a_second_name_is_not_overwritten() {
    for ending in ENDINGS {
        let (place, home) = prepared(|_| {});
        let precious = place.folder.path().join("precious");
        fs::write(&precious, "one of the person's files").unwrap();
        fs::hard_link(&precious, place.beside(ending)).unwrap();
        let words = format!("history.sqlite3{ending}' has a second name elsewhere");
        is_refused(&place, &home, &[&["doctor"], &["report", "--out", "-"]], &words);
        place.records_nothing_and_says(&words);
        assert_eq!(fs::read_to_string(&precious).unwrap(), "one of the person's files");
    }
}

#[test]
fn a_log_of_another_user_beside_ones_own_history_is_not_read() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give files to another user");
        return;
    }
    for ending in ENDINGS {
        let (place, _home) = prepared(|_| {});
        place.plant(ending);
        let reason = refusal(&place);
        assert!(reason.contains(&format!("history.sqlite3{ending}' was put there by another user")), "{reason}");
        assert!(reason.ends_with("; have it removed"), "{reason}");
        // Where the history is that user's, so are the files beside it.
        chown(place.path(), Some(OTHER), None).unwrap();
        assert_eq!(place.readings().len(), 50, "{ending}");
    }
}

#[test]
fn the_files_beside_a_history_in_use_are_no_obstacle() {
    let (place, _home) = prepared(|sql| {
        sql.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    });
    let writer = place.sql();
    writer.execute("DELETE FROM reading WHERE at = (SELECT min(at) FROM reading)", []).unwrap();
    assert!(place.beside("-wal").is_file() && place.beside("-shm").is_file());
    assert_eq!(place.readings().len(), 49);
}
