//! The history: what was recorded can be read back, whatever the clock, the disk or a kill does.

mod alerts;
mod altered;
mod apps;
mod bounds;
mod clock;
mod companions;
mod faults;
mod foreign;
mod keeping;
mod killed;
mod locks;
mod month;
#[cfg(target_os = "linux")]
mod no_locks;
mod program;
mod retention;
mod room;
mod set_back;
mod shared_folder;
mod told;

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

use crate::support::history::HistoryFile;
use crate::wait::{SOON, wait_for};

/// A place for a history, and the inbox of its recorder.
struct Place {
    folder: tempfile::TempDir,
    inbox: Arc<Inbox>,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap(), inbox: Arc::default() }
    }

    fn path(&self) -> PathBuf {
        // The writer would follow a link when it renames the file.
        self.folder.path().canonicalize().unwrap().join("kept").join("history.sqlite3")
    }

    fn recorder(&self) -> Recorder {
        Recorder::start(Arc::clone(&self.inbox), self.path())
    }

    /// A run that records `records` and ends.
    fn record(&self, records: impl IntoIterator<Item = Record>) {
        let mut recorder = self.recorder();
        for (n, one) in records.into_iter().enumerate() {
            // Passed on every twenty records.
            recorder.record(one, Duration::from_secs(3 * n as u64));
            // A writer that is left far behind drops the oldest records.
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

    /// All readings.
    fn readings(&self) -> Vec<StoredReading> {
        let mut all = Vec::new();
        let (from, to) = (Timestamp::MIN, Timestamp::MAX);
        self.history().readings(from, to, |reading| all.push(reading)).unwrap();
        all
    }

    fn alerts(&self) -> Vec<StoredAlert> {
        self.history().alerts(Timestamp::MIN, Timestamp::MAX).unwrap()
    }

    /// The times of the stored minutes.
    fn minutes(&self) -> Vec<Timestamp> {
        let minutes = self.history().rollups(Resolution::Minutes, Timestamp::MIN, Timestamp::MAX).unwrap();
        minutes.iter().map(|minute| minute.at).collect()
    }

    /// The outcomes that the recorder reported.
    fn reported(&self) -> Vec<Result<(), String>> {
        std::iter::from_fn(|| self.inbox.poll()).map(outcome).collect()
    }

    fn sql(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    /// Makes a history without rows.
    fn create(&self) -> HistoryFile {
        HistoryFile::create(self.path())
    }
}

/// Waits until all records so far are written.
fn wait_written(recorder: &mut Recorder) {
    let written = recorder.write_now();
    wait_for("the records to be written", SOON, || written.wait().then_some(()));
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

/// Set in a process that a test starts to run the same test: then it is the child.
const CHILD: &str = "LOADLINE_TEST_CHILD";

/// The process that runs the test of this name as a child.
fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    // With one thread the harness would begin the line of the child's first output.
    command.args(["--exact", "--nocapture", "--test-threads=2", test]).env(CHILD, "1").stdin(Stdio::null());
    command
}

/// One number from a database.
fn count(path: &Path, sql: &str) -> i64 {
    Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}
