//! The history on the console: `history`, `replay --history` and `advise`.

mod advise;
mod alerts;
mod capacity;
mod export;
mod formulas;
mod replay;
mod swap_days;
mod table;
mod top;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::program::{Home, Ran};
use crate::support::history::{AlertRow, HistoryFile, ReadingRow};

/// A home with a history in it.
struct Past {
    home: Home,
    file: HistoryFile,
    /// The minute in which the test began.
    now: Timestamp,
}

fn row(at: Timestamp, cpu: f64, memory: f64) -> ReadingRow {
    ReadingRow { at, cpu: Some(cpu), memory: Some(memory) }
}

fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

impl Past {
    fn new() -> Past {
        Past::in_home(Home::new())
    }

    fn with_settings(text: &str) -> Past {
        Past::in_home(Home::new().with_settings(text))
    }

    fn in_home(home: Home) -> Past {
        let file = HistoryFile::create(home.path().join("history.sqlite3"));
        let now = Timestamp::from_second(Timestamp::now().as_second() / 60 * 60).unwrap();
        Past { home, file, now }
    }

    /// The whole minute that is so many minutes ago, or almost.
    fn ago(&self, minutes: i64) -> Timestamp {
        self.now - seconds(minutes * 60)
    }

    fn refresh_interval(&self, at: Timestamp, seconds: u64) {
        self.file.refresh_interval(at, Duration::from_secs(seconds));
    }

    fn readings(&mut self, rows: impl IntoIterator<Item = ReadingRow>) {
        self.file.readings(rows);
    }

    fn rollup(&self, table: &str, at: Timestamp, mean_percent: f64, max_percent: f64) {
        self.file.rollup(table, at, mean_percent, max_percent);
    }

    /// An alert of the CPU with a peak of 97 %.
    fn alert(&self, fired_at: Timestamp, end: Option<(Timestamp, &str)>, suppressed_by: Option<&str>, top_apps: &str) {
        let (value_percent, peak_percent, top_apps) = (91.2, 97.0, Some(top_apps));
        let alert = AlertRow { metric: "cpu", fired_at, end, value_percent, peak_percent, suppressed_by, top_apps };
        self.file.alert(&alert);
    }

    fn command(&self, zone: &str, arguments: &[&str]) -> std::process::Command {
        let mut command = self.home.loadline(arguments);
        command.env("LOADLINE_HISTORY", self.file.path()).env("TZ", zone);
        command
    }

    fn run_in(&self, zone: &str, arguments: &[&str]) -> Ran {
        let output = self.command(zone, arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in("UTC", arguments)
    }

    /// The output of a run that succeeds.
    #[track_caller]
    fn output(&self, arguments: &[&str]) -> String {
        let Ran { status, stdout, stderr } = self.run(arguments);
        assert_eq!(status, Some(0), "{stderr}");
        stdout
    }

    /// The JSON lines of a run that succeeds.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        self.output(arguments).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
