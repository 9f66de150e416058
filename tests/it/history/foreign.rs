//! A history that somebody else prepared: nothing in it runs, and no command hangs or grows on it.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;

use super::Place;
use super::faults::Minutes;
use crate::process::Program;
use crate::program::Home;

/// Each command that reads the history.
pub const COMMANDS: [&[&str]; 8] = [
    &["doctor"],
    &["report", "--out", "-"],
    &["history"],
    &["history", "--csv"],
    &["history", "--alerts"],
    &["replay", "--history"],
    &["advise"],
    &["top", "--since", "1h"],
];

/// A history of an hour, changed by `prepare`.
pub fn prepared(prepare: impl FnOnce(&Connection)) -> (Place, Home) {
    let place = Place::new();
    let file = place.create();
    let begin = Timestamp::now() - Duration::from_secs(3600);
    file.refresh_interval(begin, Duration::from_secs(60));
    file.fill("reading", begin, Duration::from_secs(60), 50, "9000, 5000, NULL, NULL");
    file.fill("minute", begin, Duration::from_secs(60), 50, "1, 9000, 9000, 5000, 5000");
    prepare(&file.sql);
    (place, Home::new())
}

/// Each of `commands` ends soon and says `words`.
#[track_caller]
pub fn is_refused(place: &Place, home: &Home, commands: &[&[&str]], words: &str) {
    for arguments in commands {
        let mut command = home.loadline(arguments);
        command.env("LOADLINE_HISTORY", place.path());
        let mut program = Program::start(command);
        program.wait_exit();
        let said = [program.out(), program.err()].concat().join("\n");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

const COUNT_FOREVER: &str = "WITH RECURSIVE n(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n)
    SELECT at, 0 AS cpu, 0 AS memory, NULL AS pressure, NULL AS swap FROM n";

#[test]
fn a_view_in_place_of_a_table_is_refused() {
    let (place, home) = prepared(|sql| {
        let view = format!("ALTER TABLE reading RENAME TO old; CREATE VIEW reading AS {COUNT_FOREVER}");
        sql.execute_batch(&view).unwrap();
    });
    is_refused(&place, &home, &COMMANDS, "it holds the view 'reading'");
}

#[test]
fn a_view_that_says_it_is_a_table_does_not_run() {
    let (place, home) = prepared(|sql| {
        sql.execute_batch(&format!("CREATE VIEW forged AS {COUNT_FOREVER}; PRAGMA writable_schema = ON")).unwrap();
        let forge = "UPDATE sqlite_master SET type = 'table', rootpage = 2 WHERE name = 'forged'";
        sql.execute(forge, []).unwrap();
    });
    is_refused(&place, &home, &COMMANDS, "could not read the history");
}

#[test]
fn a_virtual_table_and_a_computed_column_are_refused() {
    let (place, home) = prepared(|sql| {
        sql.execute_batch("DROP TABLE hour; CREATE VIRTUAL TABLE hour USING fts4(at)").unwrap();
    });
    is_refused(&place, &home, &COMMANDS[..2], "it holds the table 'hour'");
    let (place, home) = prepared(|sql| {
        sql.execute_batch("ALTER TABLE alert ADD COLUMN sum INTEGER AS (abs(value) + 1)").unwrap();
    });
    is_refused(&place, &home, &COMMANDS[..2], "its table 'alert' has a column that is computed");
}

#[test]
fn a_trigger_never_runs() {
    let (place, home) = prepared(|sql| {
        let trigger = "CREATE TABLE planted (at INTEGER);
            CREATE TRIGGER ran AFTER INSERT ON reading BEGIN INSERT INTO planted VALUES (new.at); END";
        sql.execute_batch(trigger).unwrap();
    });
    is_refused(&place, &home, &COMMANDS[..2], "it holds the trigger 'ran'");
    let mut run = Minutes::new(place.recorder());
    run.give();
    let complaint = place.wait_reported().unwrap_err();
    run.end();
    assert!(complaint.contains("it holds the trigger 'ran'"), "{complaint}");
    let (_, aside) = complaint.split_once("it is now '").unwrap();
    let (aside, _) = aside.split_once('\'').unwrap();
    let planted = Connection::open(aside).unwrap();
    let count: i64 = planted.query_row("SELECT count(*) FROM planted", [], |row| row.get(0)).unwrap();
    assert_eq!((count, place.readings().len()), (0, 31));
}

#[test]
fn a_text_of_200_megabytes_is_not_read() {
    let insert =
        "INSERT INTO alert (metric, fired_at, cause, cause_value, value, peak, told, silence, processes, all_seen)
        VALUES ('cpu', ?1, 'used', 80, 9000, 9000, 1, NULL, '[{\"name\":\"' || printf('%.*c', ?2, 'x') || '\"}]', 1)";
    let fired_at = (Timestamp::now() - Duration::from_secs(1800)).as_millisecond();
    let words = "it holds more, or longer texts, than any history that Loadline writes";
    let (place, home) = prepared(|sql| {
        sql.execute(insert, (fired_at, 200_000_000)).unwrap();
    });
    let commands: &[&[&str]] = &[&["doctor"], &["report", "--out", "-"], &["history", "--alerts"]];
    is_refused(&place, &home, commands, words);
    // Many that are shorter are no better.
    let (place, home) = prepared(|sql| {
        for n in 0..80 {
            sql.execute(insert, (fired_at + n, 1_000_000)).unwrap();
        }
    });
    is_refused(&place, &home, commands, words);
}

#[test]
fn work_without_end_is_ended() {
    let (place, home) = prepared(|sql| {
        let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)";
        let begin = Timestamp::now().as_millisecond() - 3_000_000;
        let readings = format!("INSERT OR IGNORE INTO reading (at, cpu) {rows} SELECT ?2 + i, 9000 FROM n");
        sql.execute(&readings, (200_000, begin)).unwrap();
        // The peak of each ongoing alert is looked for among all readings.
        let alerts = format!(
            "INSERT INTO alert (metric, fired_at, cause, cause_value, value, peak, told, all_seen)
             {rows} SELECT 'cpu', ?2, 'used', 80, 9000, 9000, 1, 1 FROM n"
        );
        sql.execute(&alerts, (5_000, begin)).unwrap();
    });
    is_refused(&place, &home, &[&["report", "--out", "-"]], "it asks for more work than any history");
}

#[test]
fn a_pipe_in_place_of_the_history_is_not_waited_for() {
    let (place, home) = (Place::new(), Home::new());
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(place.path()).status().unwrap().success());
    is_refused(&place, &home, &COMMANDS, "not a file");
}
