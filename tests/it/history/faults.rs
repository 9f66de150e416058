//! Files that cannot be used, and places that cannot be written.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use loadline::core::history::record::Record;
use loadline::runtime::history::reader::History;
use loadline::runtime::history::recorder::Recorder;
use loadline::runtime::history::schema::VERSION;
use rusqlite::Connection;

use super::{Place, at, outcome, reading, run, wait_written};
use crate::wait::{SOON, wait_for};

const SECOND: Duration = Duration::from_secs(1);
const NOON: &str = "2026-11-22T12:00:00Z";

/// A run that goes on, a minute of readings at a time.
pub struct Minutes {
    recorder: Recorder,
    given: u32,
}

impl Minutes {
    pub fn new(recorder: Recorder) -> Minutes {
        Minutes { recorder, given: 0 }
    }

    /// Thirty readings more, which are passed to the writer.
    pub fn give(&mut self) {
        // The first minute of a run is over with the reading after it.
        let count = if self.given == 0 { 31 } else { 30 };
        for _ in 0..count {
            let at = at(NOON) + SECOND * 2 * self.given;
            self.recorder.record(Record::Reading(reading(at, 10.0)), SECOND * 2 * self.given);
            self.given += 1;
        }
    }

    /// Ends when all is written.
    pub fn end(mut self) {
        wait_written(&mut self.recorder);
    }

    /// The number of readings so far.
    pub fn given(&self) -> usize {
        self.given as usize
    }
}

impl Place {
    /// Waits for the next outcome.
    #[track_caller]
    pub fn wait_reported(&self) -> Result<(), String> {
        wait_for("an outcome", SOON, || self.inbox.poll().map(outcome))
    }

    /// Waits until so many readings are in the file.
    #[track_caller]
    pub fn wait_readings(&self, count: usize) {
        let kept = || History::open(&self.path()).ok().flatten().map(|_| self.readings().len());
        wait_for(&format!("{count} readings"), SOON, || (kept() == Some(count)).then_some(()));
    }

    /// The quarantined databases in its folder. Apple's SQLite never deletes the log beside one, so it is renamed with it.
    fn aside(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.path().parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        let is_aside = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("history-2") && name.ends_with(".sqlite3")
        };
        let mut aside: Vec<PathBuf> = all.filter(is_aside).collect();
        aside.sort();
        aside
    }
}

/// Begins a run on a file that cannot be used: it is renamed as it was, reported once, and no reading is lost.
#[track_caller]
fn is_quarantined(place: &Place, word: &str, reason: &str) -> PathBuf {
    let before = fs::read(place.path()).unwrap();
    let mut run = Minutes::new(place.recorder());
    run.give();
    let complaint = place.wait_reported().unwrap_err();
    place.wait_readings(run.given());
    let [aside] = &place.aside()[..] else { panic!("{:?}", place.aside()) };
    let path = place.path();
    let (path, aside_shown) = (path.display(), aside.display());
    assert_eq!(
        complaint,
        format!("could not use the history '{path}': {reason}; it is now '{aside_shown}', and a new one is begun")
    );
    let name = aside.file_name().unwrap().to_str().unwrap();
    assert!(name.ends_with(&format!("-{word}.sqlite3")) && name.len() == 36 + word.len(), "{name}");
    assert_eq!(fs::read(aside).unwrap(), before);
    assert_eq!(place.reported(), [], "the menu shows it for a while");
    run.give();
    assert_eq!(place.wait_reported(), Ok(()));
    run.give();
    run.end();
    assert_eq!(place.reported(), [], "each outcome is reported once");
    assert_eq!(place.readings().len(), 91);
    aside.clone()
}

fn with_file(content: &[u8]) -> Place {
    let place = Place::new();
    fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    fs::write(place.path(), content).unwrap();
    place
}

#[test]
fn a_file_that_is_no_database_is_quarantined() {
    is_quarantined(&with_file(&b"garbage ".repeat(3000)), "damaged", "file is not a database");
}

/// The file, when the writer has let go of it: on a busy machine it may take longer than the end of a run waits.
fn whole_file(place: &Place) -> Vec<u8> {
    let log = place.path().with_file_name("history.sqlite3-wal");
    // Apple's SQLite empties the log, and leaves it.
    let is_written = || fs::metadata(&log).map_or(true, |log| log.len() == 0);
    wait_for("the last readings to be written", SOON, || is_written().then_some(()));
    fs::read(place.path()).unwrap()
}

#[test]
fn a_database_with_damaged_pages_is_quarantined() {
    let place = Place::new();
    let yesterday = at(NOON).checked_sub(SECOND * 86_400).unwrap();
    place.record_readings(&run(yesterday, SECOND * 2, 20_000, 10.0));
    let mut bytes = whole_file(&place);
    assert!(bytes.len() > 300_000);
    bytes[4096 * 2..].fill(0xAA);
    fs::write(place.path(), bytes).unwrap();
    is_quarantined(&place, "damaged", "database disk image is malformed");
}

#[test]
fn a_database_that_is_damaged_where_nothing_is_written_is_quarantined() {
    let place = Place::new();
    let last_week = at(NOON).checked_sub(SECOND * 86_400 * 5).unwrap();
    place.record_readings(&run(last_week, SECOND * 2, 60_000, 10.0));
    let mut bytes = whole_file(&place);
    let middle = bytes.len() / 4096 / 2 * 4096;
    bytes[middle..middle + 4096 * 20].fill(0xAA);
    fs::write(place.path(), bytes).unwrap();
    let all = place.history().readings(Timestamp::MIN, Timestamp::MAX, |_| {}).unwrap_err().to_string();
    assert!(all.ends_with("; the next start of Loadline sets it aside and begins a new one"), "{all}");
    assert!(place.history().check_integrity().is_err());
    is_quarantined(&place, "damaged", "database disk image is malformed");
}

#[test]
fn a_database_of_a_newer_loadline_is_quarantined() {
    let place = Place::new();
    place.record_readings(&run(at(NOON), SECOND * 2, 40, 10.0));
    place.sql().execute_batch("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99; CREATE TABLE more (a)").unwrap();
    let reason = format!("its version is 99, and this Loadline writes version {VERSION}");
    let aside = is_quarantined(&place, "newer", &reason);
    let kept: i64 =
        Connection::open(aside).unwrap().query_row("SELECT count(*) FROM reading", [], |r| r.get(0)).unwrap();
    assert_eq!(kept, 40);
}

#[test]
fn a_database_of_another_program_is_quarantined() {
    let place = with_file(b"");
    place.sql().execute_batch("CREATE TABLE theirs (a)").unwrap();
    is_quarantined(&place, "foreign", "it is a database of another program");
    let place = with_file(b"");
    place.sql().execute_batch("PRAGMA user_version = 1; CREATE TABLE theirs (a)").unwrap();
    is_quarantined(&place, "foreign", "it is a database of another program");
}

#[test]
fn a_file_that_is_damaged_while_it_is_written_is_quarantined() {
    let place = Place::new();
    let mut run = Minutes::new(place.recorder());
    run.give();
    place.wait_readings(31);
    place.sql().execute_batch("DROP TABLE minute").unwrap();
    run.give();
    assert!(place.wait_reported().unwrap_err().contains("no such table: minute"));
    place.wait_readings(30);
    assert_eq!(place.aside().len(), 1);
}

#[test]
fn an_empty_file_becomes_a_history() {
    let place = with_file(b"");
    place.record_readings(&run(at(NOON), SECOND * 2, 40, 10.0));
    assert_eq!((place.readings().len(), place.aside()), (40, Vec::new()));
}

#[test]
fn a_deleted_history_is_created_again() {
    let place = Place::new();
    let mut run = Minutes::new(place.recorder());
    run.give();
    place.wait_readings(31);
    fs::remove_file(place.path()).unwrap();
    run.give();
    place.wait_readings(30);
    run.end();
    assert_eq!(place.reported(), [], "the person wanted that");
}

#[test]
fn a_place_that_cannot_be_written_is_reported_once_and_loses_no_reading() {
    let place = Place::new();
    // Not even root can make a folder where a file is.
    let blocked = place.path().parent().unwrap().to_owned();
    fs::write(&blocked, "").unwrap();
    let mut run = Minutes::new(place.recorder());
    (0..5).for_each(|_| run.give());
    let complaint = place.wait_reported().unwrap_err();
    assert_eq!(
        complaint,
        format!(
            "could not keep the history in '{}': File exists (os error 17); make it and its folder writable, or name \
             another file in LOADLINE_HISTORY; it is tried again every minute",
            place.path().display()
        )
    );
    run.give();
    fs::remove_file(&blocked).unwrap();
    run.give();
    assert_eq!(place.wait_reported(), Ok(()));
    place.wait_readings(run.given());
    run.end();
    assert_eq!(place.reported(), []);
}
