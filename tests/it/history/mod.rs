//! The history: what is kept is what was recorded, whatever the clock, the disk or a kill does.

mod alerts;
mod clock;
mod faults;
mod keeping;
mod killed;
mod program;
mod retention;
mod room;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use loadline::core::history::record::{Record, StoredAlert, StoredReading};
use loadline::core::messages::effect::{Event, Operation};
use loadline::core::metrics::reading::Reading;
use loadline::runtime::history::reader::{History, Resolution};
use loadline::runtime::history::recorder::Recorder;
use loadline::runtime::inbox::{Inbox, Input};
use rusqlite::Connection;

use crate::wait::{SOON, wait_for};

/// A place for a history, and the inbox of who writes it.
struct Place {
    folder: tempfile::TempDir,
    inbox: Arc<Inbox>,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap(), inbox: Arc::default() }
    }

    fn path(&self) -> PathBuf {
        // A link in it would be followed where the file is put aside.
        self.folder.path().canonicalize().unwrap().join("kept").join("history.sqlite3")
    }

    fn recorder(&self) -> Recorder {
        Recorder::start(Arc::clone(&self.inbox), self.path())
    }

    /// A run that records this and ends.
    fn record(&self, records: impl IntoIterator<Item = Record>) {
        let mut recorder = self.recorder();
        for (n, one) in records.into_iter().enumerate() {
            // Handed over every twenty records.
            recorder.record(one, Duration::from_secs(3 * n as u64));
            // A writer that is left far behind drops what is oldest.
            if n % 1000 == 999 {
                wait_written(&mut recorder);
            }
        }
    }

    fn record_readings(&self, readings: &[StoredReading]) {
        self.record(readings.iter().copied().map(Record::Reading));
    }

    fn history(&self) -> History {
        History::open(&self.path()).unwrap().unwrap()
    }

    /// Everything that was read, with the refresh interval that was in force then.
    fn readings(&self) -> Vec<StoredReading> {
        let mut all = Vec::new();
        let (from, to) = (Timestamp::MIN, Timestamp::MAX);
        self.history().readings(from, to, |kept| all.push(kept)).unwrap();
        all
    }

    fn alerts(&self) -> Vec<StoredAlert> {
        self.history().alerts(Timestamp::MIN, Timestamp::MAX).unwrap()
    }

    /// The times of the minutes that are known.
    fn minutes(&self) -> Vec<Timestamp> {
        let sums = self.history().rollups(Resolution::Minutes, Timestamp::MIN, Timestamp::MAX).unwrap();
        sums.iter().map(|usage| usage.at).collect()
    }

    /// What the person was told of the history.
    fn told(&self) -> Vec<Result<(), String>> {
        std::iter::from_fn(|| self.inbox.poll()).map(outcome).collect()
    }

    fn sql(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    /// Makes an empty history, to be filled by SQL.
    fn with_history(self) -> Place {
        self.record_readings(&[reading(at("1990-01-01T00:00:00Z"), 1.0)]);
        self.sql()
            .execute_batch("DELETE FROM reading; DELETE FROM pace; DELETE FROM minute; DELETE FROM hour")
            .unwrap();
        self
    }
}

/// Waits until all that was recorded so far is written.
fn wait_written(recorder: &mut Recorder) {
    let written = recorder.write_now();
    wait_for("what was recorded to be written", SOON, || written.wait().then_some(()));
}

fn outcome(input: Input) -> Result<(), String> {
    match input {
        Input::Event(Event::Outcome { operation: Operation::Record, result }) => result,
        other => panic!("{other:?}"),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A reading at the usual refresh interval.
fn reading(at: Timestamp, cpu_percent: f64) -> StoredReading {
    let reading = Reading { cpu_percent: Some(cpu_percent), memory_percent: Some(50.0), ..Reading::default() };
    StoredReading { at, reading, refresh: Duration::from_secs(2) }
}

/// `count` readings, one every `refresh`.
fn run(from: Timestamp, refresh: Duration, count: u32, cpu_percent: f64) -> Vec<StoredReading> {
    let one = |n| StoredReading { refresh, ..reading(from + refresh * n, cpu_percent) };
    (0..count).map(one).collect()
}

fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

/// What a process is told that a test starts to run the same test: then it is the child.
const CHILD: &str = "LOADLINE_TEST_CHILD";

/// The process that runs the test of this name as a child.
fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    // With one thread the harness would begin the line in which the child says its first word.
    command.args(["--exact", "--nocapture", "--test-threads=2", test]).env(CHILD, "1").stdin(Stdio::null());
    command
}

/// One number from a database.
fn count(path: &Path, sql: &str) -> i64 {
    Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}
