//! The past on the console: `history`, `replay --history` and `advise`, with databases made here.

mod advise;
mod alerts;
mod export;
mod replay;
mod table;

use jiff::{SignedDuration, Timestamp};
use loadline::runtime::history::schema;
use rusqlite::{Connection, params};

use crate::program::{Home, Ran};

/// A home with a history in it.
struct Past {
    home: Home,
    database: Connection,
    /// The minute in which the test began.
    now: Timestamp,
}

/// What a row of readings is to say.
struct Row {
    at: Timestamp,
    cpu: Option<f64>,
    memory: Option<f64>,
}

fn row(at: Timestamp, cpu: f64, memory: f64) -> Row {
    Row { at, cpu: Some(cpu), memory: Some(memory) }
}

fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

fn hundredths(percent: Option<f64>) -> Option<i64> {
    percent.map(|percent| (percent * 100.0).round() as i64)
}

impl Past {
    fn new() -> Past {
        Past::in_home(Home::new())
    }

    fn with_settings(text: &str) -> Past {
        Past::in_home(Home::new().with_settings(text))
    }

    fn in_home(home: Home) -> Past {
        let mut database = Connection::open(home.path().join("history.sqlite3")).unwrap();
        let transaction = database.transaction().unwrap();
        schema::migrate(&transaction).unwrap();
        transaction.commit().unwrap();
        let now = Timestamp::from_second(Timestamp::now().as_second() / 60 * 60).unwrap();
        Past { home, database, now }
    }

    /// The whole minute that is so many minutes ago, or almost.
    fn ago(&self, minutes: i64) -> Timestamp {
        self.now - seconds(minutes * 60)
    }

    /// Has readings taken this often from then on.
    fn pace(&self, at: Timestamp, refresh_seconds: i64) {
        let row = (at.as_millisecond(), refresh_seconds * 1000);
        self.database.execute("INSERT INTO pace VALUES (?1, ?2)", row).unwrap();
    }

    fn readings(&mut self, rows: impl IntoIterator<Item = Row>) {
        let transaction = self.database.transaction().unwrap();
        for Row { at, cpu, memory } in rows {
            let row = (at.as_millisecond(), hundredths(cpu), hundredths(memory));
            transaction.execute("INSERT INTO reading (at, cpu, memory) VALUES (?1, ?2, ?3)", row).unwrap();
        }
        transaction.commit().unwrap();
    }

    /// A minute or an hour of 30 readings: the mean of the CPU, and its maximum; memory stays at 50 %.
    fn sum(&self, table: &str, at: Timestamp, mean: f64, max: f64) {
        let sql = format!("INSERT INTO {table} VALUES (?1, 30, ?2, ?3, 5000, 5000)");
        self.database.execute(&sql, (at.as_millisecond(), hundredths(Some(mean)), hundredths(Some(max)))).unwrap();
    }

    /// An alert of the CPU above 80 %, with a peak of 97 %; `processes` is JSON.
    fn alert(&self, fired_at: Timestamp, end: Option<(Timestamp, &str)>, silence: Option<&str>, processes: &str) {
        let sql = "INSERT INTO alert (metric, fired_at, ended_at, ending, cause, cause_value, value, peak, told, silence, \
                   processes, all_seen) VALUES ('cpu', ?1, ?2, ?3, 'used', 80, 9120, 9700, ?4, ?5, ?6, 1)";
        let (ended_at, ending) = (end.map(|(at, _)| at.as_millisecond()), end.map(|(_, ending)| ending));
        let row = params![fired_at.as_millisecond(), ended_at, ending, silence.is_none(), silence, processes];
        self.database.execute(sql, row).unwrap();
    }

    fn command(&self, zone: &str, arguments: &[&str]) -> std::process::Command {
        let mut command = self.home.loadline(arguments);
        command.env("LOADLINE_HISTORY", self.home.path().join("history.sqlite3")).env("TZ", zone);
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

    /// What a run says that goes well.
    #[track_caller]
    fn say(&self, arguments: &[&str]) -> String {
        let Ran { status, stdout, stderr } = self.run(arguments);
        assert_eq!(status, Some(0), "{stderr}");
        stdout
    }

    /// The JSON that a run prints, a value a line.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        self.say(arguments).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
