//! Tables and indexes that somebody else changed: SQLite computes nothing that they say. Those of every release are taken.

use jiff::Timestamp;
use loadline::core::history::record::Record;
use loadline::runtime::history::reader::History;
use loadline::runtime::history::schema::VERSION;
use rusqlite::Connection;

use super::faults::Minutes;
use super::foreign::{COMMANDS, is_refused, prepared};
use super::{Place, count, reading};

const WORDS: &str = "is not as Loadline makes it: somebody else changed it";
/// Takes seconds in one step of SQLite, which asks nobody meanwhile.
const SLOW: &str = "instr(hex(zeroblob(500000)), hex(zeroblob(250000)) || '1') = 0";

/// Puts a table in the place of `pace`, with a row for each minute.
fn replace_pace(sql: &Connection, columns: &str) {
    let replace = format!(
        "PRAGMA ignore_check_constraints = ON; ALTER TABLE pace RENAME TO old; CREATE TABLE pace ({columns});
         INSERT INTO pace (at, refresh) SELECT at, 2000 FROM reading; DROP TABLE old"
    );
    sql.execute_batch(&replace).unwrap();
}

#[test]
fn a_slow_constraint_holds_no_command_up() {
    let columns = format!("at INTEGER PRIMARY KEY, refresh INTEGER NOT NULL, CHECK ({SLOW})");
    let (place, home) = prepared(|sql| replace_pace(sql, &columns));
    is_refused(&place, &home, &COMMANDS, &format!("its table 'pace' {WORDS}"));
    let mut run = Minutes::new(place.recorder());
    run.give();
    let complaint = place.wait_reported().unwrap_err();
    run.end();
    assert!(complaint.contains("its table 'pace' is not as Loadline makes it"), "{complaint}");
    assert!(complaint.contains("-foreign.sqlite3', and a new one is begun"), "{complaint}");
    assert_eq!(place.readings().len(), 31);
}

#[test]
fn each_way_to_have_something_computed_is_refused() {
    let own = "at INTEGER PRIMARY KEY, refresh INTEGER NOT NULL";
    let tables = [
        format!("{own} CHECK (refresh > 0)"),
        format!("{own} DEFAULT (abs(1))"),
        format!("{own} DEFAULT 2000"),
        format!("{own} COLLATE NOCASE"),
        format!("{own} REFERENCES reading (at)"),
        // SQLite takes this for the name of a type, and not for the beginning of a comment.
        "at INTEGER PRIMARY KEY, refresh INTEGER \"--\" CHECK (refresh > 0)\n NOT NULL".into(),
        "at INTEGER PRIMARY KEY, refresh INTEGER /* -- */ CHECK (refresh > 0) NOT NULL".into(),
    ];
    for columns in tables {
        let (place, _home) = prepared(|sql| replace_pace(sql, &columns));
        let refused = History::open(&place.path()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.ends_with(&format!("its table 'pace' {WORDS}")), "{columns}: {refused}");
    }
    for (object, made) in [
        ("index 'more'", "CREATE INDEX more ON reading (abs(cpu))"),
        ("index 'more'", "CREATE INDEX more ON reading (cpu) WHERE cpu > 1"),
        ("index 'more'", "CREATE UNIQUE INDEX more ON reading (at)"),
        ("table 'more'", "CREATE TABLE more (a)"),
        ("table 'more'", "CREATE TABLE more (a INTEGER CHECK (a > 0)) STRICT"),
        ("table 'more'", "CREATE TABLE more AS SELECT * FROM reading"),
    ] {
        let (place, _home) = prepared(|sql| sql.execute_batch(made).unwrap());
        let refused = History::open(&place.path()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.ends_with(&format!("its {object} {WORDS}")), "{made}: {refused}");
    }
}

/// The history holds the fifty readings of [`prepared`], and takes one more.
#[track_caller]
fn is_read_and_recorded_into(place: &Place, release: &str) {
    assert_eq!(place.readings().len(), 50, "{release}");
    place.record([Record::Reading(reading(Timestamp::now(), 10.0))]);
    assert_eq!(place.reported(), [], "{release}");
    assert_eq!(place.readings().len(), 51, "{release}");
    assert_eq!(count(&place.path(), "PRAGMA user_version"), VERSION as i64);
}

#[test]
fn the_tables_of_every_release_are_taken() {
    // Comments are kept with a table, and some were worded otherwise once.
    let reworded = "PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET sql = replace(sql, '-- cleared, unknown, rule_changed, not_seen', '-- cleared');
        UPDATE sqlite_master SET sql = replace(sql, '        ', char(9)) WHERE name = 'reading'";
    let newer = ["clock", "forecast", "app app_look app_use app_day machine", "grower"];
    for version in 1..=VERSION {
        let (place, _home) = prepared(|sql| {
            for table in newer.iter().skip(version - 1).flat_map(|tables| tables.split(' ')) {
                sql.execute(&format!("DROP TABLE {table}"), []).unwrap();
            }
            sql.pragma_update(None, "user_version", version).unwrap();
            sql.execute_batch(reworded).unwrap();
        });
        let texts = "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%ending TEXT, -- cleared' || char(10) || '%'";
        assert_eq!(count(&place.path(), texts), 1);
        is_read_and_recorded_into(&place, &format!("version {version}"));
    }
}

#[test]
fn a_history_that_was_analysed_or_copied_by_sqlite_is_taken() {
    let (place, _home) = prepared(|sql| sql.execute_batch("ANALYZE; VACUUM").unwrap());
    is_read_and_recorded_into(&place, "after ANALYZE and VACUUM");
    let (place, _home) = prepared(|_| {});
    let copy = place.folder.path().join("copy.sqlite3");
    place.sql().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    std::fs::rename(copy, place.path()).unwrap();
    is_read_and_recorded_into(&place, "a copy");
}

#[test]
fn a_newer_history_is_named_as_such_whatever_its_tables() {
    let (place, home) = prepared(|sql| {
        sql.execute_batch("CREATE TABLE more (a); PRAGMA user_version = 99").unwrap();
    });
    is_refused(&place, &home, &[&["history"]], ": update Loadline");
}

#[test]
fn a_constraint_that_is_never_asked_cannot_stop_the_recording() {
    let place = Place::new();
    let mut run = Minutes::new(place.recorder());
    run.give();
    place.wait_readings(31);
    // Somebody who may write the file changes a table under the open connection.
    let sql = "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'cpu INTEGER,',
        'cpu INTEGER CHECK (cpu < 0),') WHERE name = 'reading'; PRAGMA schema_version = 1234";
    place.sql().execute_batch(sql).unwrap();
    run.give();
    run.end();
    assert_eq!((place.reported(), count(&place.path(), "SELECT count(*) FROM reading")), (vec![], 61));
}
