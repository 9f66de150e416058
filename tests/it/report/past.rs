//! A past made up for a test: a history written by SQL, and the report of it.
// Without a browser some of it goes unused.
#![cfg_attr(not(target_os = "linux"), allow(dead_code))]

use std::fs;
use std::path::PathBuf;

use jiff::{Timestamp, Zoned};
use rusqlite::Connection;
use serde_json::Value;

use loadline::core::settings::Settings;
use loadline::runtime::history::report;
use loadline::runtime::history::schema;

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;
/// All the minutes that are kept.
pub const MONTH: i64 = 31 * 24 * 60;

/// A history of its own, and the moment from which it is looked at.
pub struct Past {
    folder: tempfile::TempDir,
    pub sql: Connection,
    pub now: Zoned,
}

impl Past {
    /// Nothing but the tables.
    pub fn new(now: &str) -> Past {
        let folder = tempfile::tempdir().unwrap();
        let mut sql = Connection::open(folder.path().join("history.sqlite3")).unwrap();
        let transaction = sql.transaction().unwrap();
        schema::migrate(&transaction).unwrap();
        transaction.execute("INSERT INTO pace VALUES (0, 2000)", []).unwrap();
        transaction.commit().unwrap();
        Past { folder, sql, now: now.parse().unwrap() }
    }

    /// A whole month of minutes, up to now; its last hour in readings, every two seconds; with alerts.
    pub fn month(now: &str) -> Past {
        let past = Past::new(now);
        past.minutes(MONTH, "500 + (i * 7919) % 1700", "3000 + (i * 104729) % 2500");
        past.readings(1799);
        let at = past.now_ms();
        past.alert("cpu", at - 5 * HOUR, Some(at - 5 * HOUR + 4 * MINUTE), true, "[]");
        past.alert("memory", at - 3 * DAY, Some(at - 3 * DAY + HOUR), true, "[]");
        past.alert("cpu", at - 20 * DAY, Some(at - 20 * DAY + 90_000), false, "[]");
        past
    }

    /// The last `count` minutes before this one; `cpu` and `memory` are the means, by SQL, of minute i, counted from the
    /// first, and the maxima are above them.
    pub fn minutes(&self, count: i64, cpu: &str, memory: &str) {
        let first = self.now_ms() / MINUTE * MINUTE - count * MINUTE;
        self.sql
            .execute_batch(&format!(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})
                 INSERT INTO minute SELECT {first} + i * 60000, 30,
                    {cpu}, ({cpu}) + (i * 31) % 900, {memory}, ({memory}) + (i * 17) % 90 FROM n;
                 INSERT OR IGNORE INTO hour SELECT at / 3600000 * 3600000, 1, 0, 0, 0, 0 FROM minute;"
            ))
            .unwrap();
    }

    /// The last `count` readings, every two seconds, up to now.
    pub fn readings(&self, count: i64) {
        let now = self.now_ms();
        self.sql
            .execute_batch(&format!(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count})
                 INSERT INTO reading SELECT {now} - i * 2000, 1500 + (i * 37) % 1000, 4000 + (i * 11) % 300, 0, 0 FROM n;"
            ))
            .unwrap();
    }

    pub fn alert(&self, metric: &str, from: i64, to: Option<i64>, told: bool, processes: &str) {
        let silence = (!told).then_some("quiet_hours");
        let ending = to.map(|_| "cleared");
        self.sql
            .execute(
                "INSERT INTO alert (metric, fired_at, ended_at, ending, cause, cause_value, value, peak, told, silence,
                    processes, all_seen) VALUES (?1, ?2, ?3, ?4, 'used', 80, 8400, 9720, ?5, ?6, ?7, 1)",
                (metric, from, to, ending, told, silence, processes),
            )
            .unwrap();
    }

    pub fn now_ms(&self) -> i64 {
        self.now.timestamp().as_millisecond()
    }

    pub fn history(&self) -> PathBuf {
        self.folder.path().join("history.sqlite3")
    }

    /// Makes the report since `since`, and answers where it is.
    pub fn report(&self, since: &str) -> PathBuf {
        self.report_by(&Settings::DEFAULT, since)
    }

    pub fn report_by(&self, settings: &Settings, since: &str) -> PathBuf {
        let path = self.folder.path().join("report.html");
        report::make(&self.history(), settings, since.parse().unwrap(), &path, &self.now).unwrap();
        path
    }

    /// The data of that report.
    pub fn data(&self, since: &str) -> Value {
        let page = fs::read_to_string(self.report(since)).unwrap();
        let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\"").unwrap();
        let json = rest.split_once('>').unwrap().1.split_once("</script>").unwrap().0;
        serde_json::from_str(json).unwrap()
    }

    /// One number that SQL finds.
    pub fn number(&self, sql: &str) -> f64 {
        self.sql.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// A moment, milliseconds since 1970.
pub fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}
