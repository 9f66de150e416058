//! Reads the history, while another Loadline may be writing it.

mod apps;
pub mod capacity;
mod forecasts;

use std::cell::RefCell;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use jiff::Timestamp;
use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, OperationInterrupted, TooBig};
use rusqlite::{Connection, OpenFlags, Result as SqlResult, Row};
use serde::{Deserialize, Serialize};

use super::database::{BUSY_TIMEOUT, is_damaged, locks, place};
use super::schema::foreign::{self, MAX_ROWS, RowBudget, check_size, shortened};
use super::schema::{self, from_hundredths, from_mebibytes, timestamp};
use crate::core::alerts::event::Cause;
use crate::core::history::record::{
    MINUTES_KEPT, MeanMax, READINGS_KEPT, Rollup, StoredAlert, StoredEnd, StoredReading,
};
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::processes::top_apps::AppUsage;
use crate::core::text;
use crate::core::time::between;
use crate::runtime::console::progress::Progress;

const READINGS_PER_PAGE: usize = 4096;

/// The history, open for reading.
pub struct History {
    database: Connection,
    path: PathBuf,
    /// The version of the file: an older one may lack tables.
    version: usize,
    progress: Option<RefCell<Progress>>,
}

/// The span of one rollup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    Minutes,
    /// Hours of UTC.
    Hours,
}

impl Resolution {
    /// Its length.
    pub fn span(self) -> Duration {
        Duration::from_secs(60) * self.minutes()
    }

    /// Its length in minutes.
    pub fn minutes(self) -> u32 {
        if self == Resolution::Minutes { 1 } else { 60 }
    }
}

impl History {
    /// Opens the history at `path`; `None` where nothing has been recorded yet. It fails on a file that is damaged, not allowed,
    /// or written by a newer Loadline.
    pub fn open(path: &Path) -> Result<Option<History>> {
        if !path.try_exists().map_err(|error| anyhow!(unreadable_because(path, &error)))? {
            return Ok(None);
        }
        let refused = place::refusal_to_read(path).map_err(|error| anyhow!(unreadable_because(path, &error)))?;
        if let Some(reason) = refused {
            bail!(unreadable_because(path, &reason));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(path, flags).and_then(|database| {
            database.busy_timeout(BUSY_TIMEOUT)?;
            foreign::harden(&database)?;
            let version = schema::version(&database)?;
            Ok((version, foreign::alien_object(&database, version)?, database))
        });
        match opened.map_err(|error| explained(path, &error))? {
            (_, Some(alien), _) => bail!(unreadable_because(path, &alien)),
            (0, ..) => Ok(None),
            (version @ 1..=schema::VERSION, _, database) => {
                Ok(Some(History { database, path: path.to_owned(), version, progress: None }))
            }
            (newer, ..) => bail!(unreadable_because(path, &text::history::version_to_read(newer, schema::VERSION))),
        }
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Shows on a terminal's stderr how many rows were read, until it is dropped.
    pub fn with_progress(self) -> History {
        History { progress: Some(RefCell::new(Progress::on_stderr())), ..self }
    }

    fn tick(&self) {
        if let Some(progress) = &self.progress {
            progress.borrow_mut().tick();
        }
    }

    /// The beginning of the recording (to the minute, or to the hour where the minutes are deleted), and the last reading up to
    /// `now`; `None` where there is none.
    pub fn extent(&self, now: Timestamp) -> Result<Option<(Timestamp, Timestamp)>> {
        // The hour of the first minute may have begun before the recording did.
        let sql = "
            SELECT coalesce((SELECT min(at) FROM hour WHERE at + 3600000 <= (SELECT min(at) FROM minute)),
                    (SELECT min(at) FROM minute), (SELECT min(at) FROM hour), (SELECT min(at) FROM reading)),
                coalesce((SELECT max(at) FROM reading WHERE at <= ?1), (SELECT max(at) FROM minute WHERE at <= ?1),
                    (SELECT max(at) FROM hour WHERE at <= ?1))";
        let extent = self.database.query_row(sql, [now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)));
        let (from, to): (Option<i64>, Option<i64>) = self.explain(extent)?;
        Ok(from.map(timestamp).zip(to.map(timestamp)))
    }

    /// Passes each reading from `from` to `to` (both included) to `take`, the oldest first. They are read a page at a time: a
    /// slow `take` (a pager) must not keep the writer from its checkpoints.
    pub fn readings(&self, from: Timestamp, to: Timestamp, take: impl FnMut(StoredReading)) -> Result<()> {
        self.explain(self.each_reading(from, to, take))
    }

    fn each_reading(&self, from: Timestamp, to: Timestamp, mut take: impl FnMut(StoredReading)) -> SqlResult<()> {
        let mut intervals = self.refresh_intervals(to)?.into_iter().peekable();
        let mut refresh = Duration::ZERO;
        let sql = "SELECT at, cpu, memory, pressure, swap FROM reading WHERE at BETWEEN ?1 AND ?2 ORDER BY at LIMIT ?3";
        let mut statement = self.database.prepare(sql)?;
        let mut from = from.as_millisecond();
        let mut count = 0;
        loop {
            let rows = statement
                .query_map((from, to.as_millisecond(), READINGS_PER_PAGE), |row| Ok((row.get(0)?, reading(row)?)))?;
            let page: Vec<(i64, Reading)> = rows.collect::<SqlResult<_>>()?;
            count += page.len();
            check_size(count, MAX_ROWS)?;
            for &(at, reading) in &page {
                while let Some((_, interval)) = intervals.next_if(|(since, _)| *since <= at) {
                    refresh = interval;
                }
                self.tick();
                take(StoredReading { at: timestamp(at), reading, refresh });
            }
            match page.last() {
                Some((last, _)) if page.len() == READINGS_PER_PAGE => from = last + 1,
                _ => return Ok(()),
            }
        }
    }

    fn refresh_intervals(&self, to: Timestamp) -> SqlResult<Vec<(i64, Duration)>> {
        let sql = "SELECT at, refresh FROM pace WHERE at BETWEEN ?1 AND ?2 ORDER BY at";
        let interval = |row: &Row| Ok((row.get(0)?, Duration::from_millis(row.get(1)?)));
        self.list(sql, Timestamp::MIN, to, interval)
    }

    /// The minutes or hours that begin from `from` to `to` (both included), the oldest first; without those that have no
    /// reading.
    pub fn rollups(&self, resolution: Resolution, from: Timestamp, to: Timestamp) -> Result<Vec<Rollup>> {
        let table = if resolution == Resolution::Minutes { "minute" } else { "hour" };
        let sql = format!(
            "SELECT at, readings, cpu_mean, cpu_max, memory_mean, memory_max FROM {table}
             WHERE at BETWEEN ?1 AND ?2 ORDER BY at"
        );
        let rollup = |row: &Row| {
            let (cpu, memory) = (mean_max(row, 2)?, mean_max(row, 4)?);
            Ok(Rollup { at: timestamp(row.get(0)?), readings: row.get(1)?, cpu, memory })
        };
        self.explain(self.list(&sql, from, to, rollup))
    }

    /// The alerts that fired or were ongoing between `from` and `to`, in the order in which they fired.
    pub fn alerts(&self, from: Timestamp, to: Timestamp) -> Result<Vec<StoredAlert>> {
        // An ongoing alert's peak is not in its row yet.
        let sql = "
            SELECT metric, fired_at, ended_at, ending, cause, cause_value, cause_within, value,
                CASE WHEN ended_at IS NULL THEN max(peak, coalesce(
                    (SELECT max(CASE metric WHEN 'cpu' THEN cpu ELSE memory END) FROM reading
                    WHERE at BETWEEN fired_at AND ?2), 0)) ELSE peak END,
                told, silence, processes, all_seen
            FROM alert WHERE fired_at <= ?2 AND coalesce(ended_at, ?2) >= ?1 ORDER BY fired_at, id";
        self.explain(self.list(sql, from, to, stored_alert))
    }

    /// Checks the whole file.
    pub fn check_integrity(&self) -> Result<()> {
        if self.explain(is_damaged(&self.database))? {
            let reason = format!("{}; {}", text::history::DAMAGED, text::history::SET_ASIDE_AT_START);
            bail!(unreadable_because(&self.path, &reason));
        }
        Ok(())
    }

    fn list<T>(
        &self,
        sql: &str,
        from: Timestamp,
        to: Timestamp,
        mut make: impl FnMut(&Row) -> SqlResult<T>,
    ) -> SqlResult<Vec<T>> {
        let mut statement = self.database.prepare(sql)?;
        let mut budget = RowBudget::new(&statement);
        let row = |row: &Row| {
            self.tick();
            budget.take(row)?;
            make(row)
        };
        statement.query_map((from.as_millisecond(), to.as_millisecond()), row)?.collect()
    }

    fn explain<T>(&self, result: SqlResult<T>) -> Result<T> {
        result.map_err(|error| explained(&self.path, &error))
    }
}

fn unreadable_because(path: &Path, reason: &dyn Display) -> String {
    text::history::unreadable(path.display(), reason)
}

/// The failure, and the way out where there is one.
fn explained(path: &Path, error: &rusqlite::Error) -> anyhow::Error {
    let message = unreadable_because(path, error);
    if let Some(reason) = locks::explained(path, error) {
        return anyhow!(unreadable_because(path, &reason));
    }
    match error.sqlite_error_code() {
        Some(NotADatabase | DatabaseCorrupt) => anyhow!("{message}; {}", text::history::SET_ASIDE_AT_START),
        Some(TooBig) => anyhow!(unreadable_because(path, &text::history::TOO_BIG)),
        Some(OperationInterrupted) => anyhow!(unreadable_because(path, &text::history::TOO_MUCH_WORK)),
        _ => anyhow!(message),
    }
}

/// A reading of the columns cpu, memory, pressure and swap, which are 1 to 4: finding them by name would double the time.
fn reading(row: &Row) -> SqlResult<Reading> {
    let (cpu, memory): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
    let (pressure, swap): (Option<u8>, Option<u64>) = (row.get(3)?, row.get(4)?);
    Ok(Reading {
        cpu_percent: cpu.map(from_hundredths),
        memory_percent: memory.map(from_hundredths),
        swap_used_bytes: swap.map(from_mebibytes),
        memory_pressure: pressure.and_then(pressure_of),
        ..Reading::default()
    })
}

fn stored_alert(row: &Row) -> SqlResult<StoredAlert> {
    let metric: String = row.get(0)?;
    let metric = Metric::ALL.into_iter().find(|one| one.key() == metric).unwrap_or(Metric::Cpu);
    let ending: Option<String> = row.get(3)?;
    let (cause, value, within): (String, u64, Option<u64>) = (row.get(4)?, row.get(5)?, row.get(6)?);
    let cause = match cause.as_str() {
        "pressure" => Cause::Pressure(u8::try_from(value).ok().and_then(pressure_of).unwrap_or(Pressure::Warning)),
        "swap_growth" => Cause::SwapGrowth {
            grown_bytes: from_mebibytes(value),
            within: Duration::from_millis(within.unwrap_or_default()),
        },
        _ => Cause::Above(Percent::new(value).unwrap_or(Percent::DEFAULT)),
    };
    let processes: Option<String> = row.get(11)?;
    // JSON that cannot be read counts as unknown.
    let reason = processes.and_then(|json| serde_json::from_str(&json).ok());
    let (top_apps, steal_percent) = match reason {
        Some(StoredReason::Apps(list)) => (Some(list.into_iter().map(StoredApp::shortened).collect()), None),
        Some(StoredReason::Steal { steal_percent }) => (None, Some(steal_percent)),
        None => (None, None),
    };
    Ok(StoredAlert {
        metric,
        fired_at: timestamp(row.get(1)?),
        ended_at: row.get::<_, Option<i64>>(2)?.map(timestamp),
        end: ending
            .map(|ending| StoredEnd::ALL.into_iter().find(|one| one.key() == ending).unwrap_or(StoredEnd::Interrupted)),
        cause,
        value_percent: from_hundredths(row.get(7)?),
        peak_percent: from_hundredths(row.get(8)?),
        notified: row.get(9)?,
        suppressed_by: row.get_ref(10)?.as_str_or_null()?.map(|key| shortened(key).into()),
        top_apps,
        is_complete: row.get(12)?,
        steal_percent,
    })
}

fn mean_max(row: &Row, column: usize) -> SqlResult<Option<MeanMax>> {
    let (mean, max): (Option<i64>, Option<i64>) = (row.get(column)?, row.get(column + 1)?);
    let mean_max = |(mean, max)| MeanMax { mean_percent: from_hundredths(mean), max_percent: from_hundredths(max) };
    Ok(mean.zip(max).map(mean_max))
}

fn pressure_of(number: u8) -> Option<Pressure> {
    [Pressure::Normal, Pressure::Warning, Pressure::Critical].get(usize::from(number)).copied()
}

/// The reason of an alert as it is stored.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum StoredReason {
    Apps(Vec<StoredApp>),
    Steal { steal_percent: f64 },
}

/// An application's usage as it is stored.
#[derive(Deserialize, Serialize)]
pub(super) struct StoredApp(#[serde(with = "StoredAppFields")] pub AppUsage);

impl StoredApp {
    /// With no more of the name than Loadline writes.
    fn shortened(self) -> AppUsage {
        AppUsage { name: shortened(&self.0.name).into(), ..self.0 }
    }
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "AppUsage")]
struct StoredAppFields {
    name: Arc<str>,
    pids: Vec<u32>,
    cpu_percent: f64,
    memory_bytes: u64,
}

/// The finest resolution in which all of the time from `from` on is stored: `None` stands for single readings.
pub fn resolution_for(from: Timestamp, now: Timestamp) -> Option<Resolution> {
    match between(from, now) {
        age if age <= READINGS_KEPT => None,
        age if age <= MINUTES_KEPT => Some(Resolution::Minutes),
        _ => Some(Resolution::Hours),
    }
}
