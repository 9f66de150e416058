//! A history that is made up for a test, and its report.
// Without a browser some of it goes unused.
#![cfg_attr(not(target_os = "linux"), allow(dead_code))]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};
use serde_json::Value;

use loadline::core::metrics::metric::Metric;
use loadline::core::report::AlertFocus;
use loadline::core::settings::Settings;
use loadline::runtime::history::reader::History;
use loadline::runtime::history::report;

use crate::support::history::{AlertRow, HistoryFile};

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;
/// All the minutes that are stored.
pub const MONTH: i64 = 31 * 24 * 60;

/// A history, and the time of its report.
pub struct Past {
    folder: tempfile::TempDir,
    pub file: HistoryFile,
    pub now: Zoned,
}

impl Past {
    /// Nothing but the tables.
    pub fn new(now: &str) -> Past {
        let folder = tempfile::tempdir().unwrap();
        let file = HistoryFile::create(folder.path().join("history.sqlite3"));
        file.refresh_interval(Timestamp::UNIX_EPOCH, Duration::from_secs(2));
        Past { folder, file, now: now.parse().unwrap() }
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
        let minute = Duration::from_secs(60);
        let this_minute = Timestamp::from_second(self.now.timestamp().as_second() / 60 * 60).unwrap();
        let first = this_minute - SignedDuration::from_mins(count);
        let columns = format!("30, {cpu}, ({cpu}) + (i * 31) % 900, {memory}, ({memory}) + (i * 17) % 90");
        self.file.fill("minute", first, minute, count, &columns);
        let hours = "INSERT OR IGNORE INTO hour SELECT at / 3600000 * 3600000, 1, 0, 0, 0, 0 FROM minute";
        self.file.sql.execute(hours, []).unwrap();
    }

    /// The last `count` readings, every two seconds, up to now.
    pub fn readings(&self, count: i64) {
        let first = self.now.timestamp() - SignedDuration::from_secs(2 * (count - 1));
        let columns = format!("1500 + (({count} - 1 - i) * 37) % 1000, 4000 + (({count} - 1 - i) * 11) % 300, 0, 0");
        self.file.fill("reading", first, Duration::from_secs(2), count, &columns);
    }

    /// Without `notified`, quiet hours suppressed it.
    pub fn alert(&self, metric: &str, from: i64, to: Option<i64>, notified: bool, top_apps: &str) {
        let timestamp = |ms| Timestamp::from_millisecond(ms).unwrap();
        self.file.alert(&AlertRow {
            metric,
            fired_at: timestamp(from),
            end: to.map(|to| (timestamp(to), "cleared")),
            value_percent: 84.0,
            peak_percent: 97.2,
            suppressed_by: (!notified).then_some("quiet_hours"),
            top_apps: Some(top_apps),
        });
    }

    pub fn now_ms(&self) -> i64 {
        self.now.timestamp().as_millisecond()
    }

    pub fn history(&self) -> PathBuf {
        self.file.path().to_owned()
    }

    /// Makes the report since `since`, and returns its path.
    pub fn report(&self, since: &str) -> PathBuf {
        self.report_by(&Settings::DEFAULT, since)
    }

    pub fn report_by(&self, settings: &Settings, since: &str) -> PathBuf {
        let path = self.folder.path().join("report.html");
        let history = History::open(self.file.path()).unwrap().unwrap();
        report::make(&history, settings, since.parse().unwrap(), &path, &self.now).unwrap();
        path
    }

    /// The report since `since` that shows first the newest alert of `metric` that had fired by `at_ms`.
    pub fn report_at(&self, since: &str, metric: Metric, at_ms: i64) -> PathBuf {
        let path = self.folder.path().join("report-at.html");
        let history = History::open(self.file.path()).unwrap().unwrap();
        let focus = Some(AlertFocus { metric, at: Timestamp::from_millisecond(at_ms).unwrap() });
        report::make_at(&history, &Settings::DEFAULT, since.parse().unwrap(), &path, &self.now, focus).unwrap();
        path
    }

    /// The data of that report.
    pub fn data(&self, since: &str) -> Value {
        let page = fs::read_to_string(self.report(since)).unwrap();
        let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\"").unwrap();
        let json = rest.split_once('>').unwrap().1.split_once("</script>").unwrap().0;
        serde_json::from_str(json).unwrap()
    }

    /// One number, by SQL.
    pub fn number(&self, sql: &str) -> f64 {
        self.file.sql.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// A moment, milliseconds since 1970.
pub fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}
