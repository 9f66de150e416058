//! The one builder of histories: it writes rows by SQL, for the reader, the commands, the report and the retention to find.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use loadline::runtime::history::schema;
use rusqlite::{Connection, params};

/// A history's file, open for writing.
pub struct HistoryFile {
    pub sql: Connection,
    path: PathBuf,
}

/// A row of readings; percentages.
pub struct ReadingRow {
    pub at: Timestamp,
    pub cpu: Option<f64>,
    pub memory: Option<f64>,
}

/// A row of alerts, about usage above 80 %. It notified unless there is a `suppressed_by`; `top_apps` is JSON.
pub struct AlertRow<'a> {
    pub metric: &'a str,
    pub fired_at: Timestamp,
    pub end: Option<(Timestamp, &'a str)>,
    pub value_percent: f64,
    pub peak_percent: f64,
    pub suppressed_by: Option<&'a str>,
    pub top_apps: Option<&'a str>,
}

impl HistoryFile {
    /// Nothing but the tables.
    pub fn create(path: PathBuf) -> HistoryFile {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut sql = Connection::open(&path).unwrap();
        let transaction = sql.transaction().unwrap();
        schema::migrate(&transaction).unwrap();
        transaction.commit().unwrap();
        HistoryFile { sql, path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Readings are taken this often from `at` on.
    pub fn refresh_interval(&self, at: Timestamp, interval: Duration) {
        self.sql.execute("INSERT INTO pace VALUES (?1, ?2)", (at.as_millisecond(), ms(interval))).unwrap();
    }

    pub fn readings(&mut self, rows: impl IntoIterator<Item = ReadingRow>) {
        let transaction = self.sql.transaction().unwrap();
        for ReadingRow { at, cpu, memory } in rows {
            let row = (at.as_millisecond(), cpu.map(hundredths), memory.map(hundredths));
            transaction.execute("INSERT INTO reading (at, cpu, memory) VALUES (?1, ?2, ?3)", row).unwrap();
        }
        transaction.commit().unwrap();
    }

    /// A minute or an hour of 30 readings: the mean of the CPU, and its maximum; memory stays at 50 %.
    pub fn rollup(&self, table: &str, at: Timestamp, mean_percent: f64, max_percent: f64) {
        let sql = format!("INSERT INTO {table} VALUES (?1, 30, ?2, ?3, 5000, 5000)");
        self.sql.execute(&sql, (at.as_millisecond(), hundredths(mean_percent), hundredths(max_percent))).unwrap();
    }

    /// `count` rows that are `step` apart, as far as they do not exist yet. `columns` is SQL for all columns after the time; `i`
    /// counts the rows from 0, and `at` is the row's time.
    pub fn fill(&self, table: &str, first: Timestamp, step: Duration, count: i64, columns: &str) {
        let sql = format!(
            "INSERT OR IGNORE INTO {table}
             WITH RECURSIVE n(i, at) AS (SELECT 0, ?1 UNION ALL SELECT i + 1, at + ?2 FROM n WHERE i + 1 < ?3)
             SELECT at, {columns} FROM n"
        );
        self.sql.execute(&sql, (first.as_millisecond(), ms(step), count)).unwrap();
    }

    pub fn alert(&self, alert: &AlertRow) {
        let sql = "INSERT INTO alert (metric, fired_at, ended_at, ending, cause, cause_value, value, peak, told, silence, \
                   processes, all_seen) VALUES (?1, ?2, ?3, ?4, 'used', 80, ?5, ?6, ?7, ?8, ?9, 1)";
        let row = params![
            alert.metric,
            alert.fired_at.as_millisecond(),
            alert.end.map(|(at, _)| at.as_millisecond()),
            alert.end.map(|(_, ending)| ending),
            hundredths(alert.value_percent),
            hundredths(alert.peak_percent),
            alert.suppressed_by.is_none(),
            alert.suppressed_by,
            alert.top_apps,
        ];
        self.sql.execute(sql, row).unwrap();
    }
}

fn hundredths(percent: f64) -> i64 {
    (percent * 100.0).round() as i64
}

fn ms(duration: Duration) -> i64 {
    duration.as_millis().try_into().unwrap()
}
