//! Reading the history, while another Loadline may be writing it.

use crate::core::history::record::MINUTES_KEPT;
use crate::core::history::record::THINNED_KEPT;
use crate::core::time::between;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};
use serde::{Deserialize, Serialize};

use super::schema;
use crate::core::alerts::event::Cause;
use crate::core::history::record::{MeanMax, Rollup, StoredAlert, StoredEnd, StoredReading, thinned_to};
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::processes::top_apps::AppUsage;

/// How long it waits for a writer. One holds the file for milliseconds.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How many readings are read at a time.
const PAGE: usize = 4096;

/// The history, to be read.
pub struct History {
    database: Connection,
    /// Where it is, for messages.
    place: String,
}

/// How finely usage is summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// By the minute.
    Minutes,
    /// By the hour (of UTC).
    Hours,
}

impl Resolution {
    /// How long each is.
    pub fn span(self) -> Duration {
        Duration::from_secs(60) * self.minutes()
    }

    /// Of how many minutes each is.
    pub fn minutes(self) -> u32 {
        match self {
            Resolution::Minutes => 1,
            Resolution::Hours => 60,
        }
    }
}

impl History {
    /// Opens the history at `path`; `None` where nothing has been recorded yet.
    ///
    /// # Errors
    /// When it cannot be read: damaged, not allowed, or written by a newer Loadline.
    pub fn open(path: &Path) -> Result<Option<History>> {
        let place = path.display().to_string();
        if !path.try_exists().with_context(|| format!("could not read the history '{place}'"))? {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(path, flags).and_then(|database| {
            database.busy_timeout(BUSY_TIMEOUT)?;
            Ok((schema::version(&database)?, database))
        });
        match opened.map_err(|error| explained(&place, &error))? {
            (0, _) => Ok(None),
            (schema::VERSION, database) => Ok(Some(History { database, place })),
            (newer, _) => bail!(
                "could not read the history '{place}': its version is {newer}, and this Loadline reads version {}: \
                 update Loadline",
                schema::VERSION
            ),
        }
    }

    /// Since when something is known (to the minute, or the hour where minutes are forgotten), and the last reading up to `now`;
    /// `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn extent(&self, now: Timestamp) -> Result<Option<(Timestamp, Timestamp)>> {
        // The hour of the first minute may have begun before the recording did.
        let sql = "
            SELECT coalesce((SELECT min(at) FROM hour WHERE at + 3600000 <= (SELECT min(at) FROM minute)),
                    (SELECT min(at) FROM minute), (SELECT min(at) FROM hour), (SELECT min(at) FROM reading)),
                coalesce((SELECT max(at) FROM reading WHERE at <= ?1), (SELECT max(at) FROM minute WHERE at <= ?1),
                    (SELECT max(at) FROM hour WHERE at <= ?1))";
        let extent = self.database.query_row(sql, [now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)));
        let (from, to): (Option<i64>, Option<i64>) = self.explain(extent)?;
        Ok(from.map(moment).zip(to.map(moment)))
    }

    /// Hands each reading from `from` to `to` (both included) to `take`, the oldest first. They are read a page at a time:
    /// whoever takes them slowly (a pager) must not keep the writer from taking its log into the file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn readings(&self, from: Timestamp, to: Timestamp, take: impl FnMut(StoredReading)) -> Result<()> {
        self.explain(self.each_reading(from, to, take))
    }

    fn each_reading(
        &self,
        from: Timestamp,
        to: Timestamp,
        mut take: impl FnMut(StoredReading),
    ) -> rusqlite::Result<()> {
        let mut paces = self.refresh_intervals(to)?.into_iter().peekable();
        let mut refresh = Duration::ZERO;
        let thinned_until: i64 = self.database.query_row("SELECT max(until) FROM thinned", [], |row| row.get(0))?;
        let sql = "SELECT at, cpu, memory, pressure, swap FROM reading WHERE at BETWEEN ?1 AND ?2 ORDER BY at LIMIT ?3";
        let mut statement = self.database.prepare(sql)?;
        let mut from = from.as_millisecond();
        loop {
            let rows =
                statement.query_map((from, to.as_millisecond(), PAGE), |row| Ok((row.get(0)?, reading(row)?)))?;
            let page: Vec<(i64, Reading)> = rows.collect::<rusqlite::Result<_>>()?;
            for &(at, reading) in &page {
                while let Some((_, pace)) = paces.next_if(|(since, _)| *since <= at) {
                    refresh = pace;
                }
                let refresh = if at < thinned_until { refresh.max(thinned_to(refresh)) } else { refresh };
                take(StoredReading { at: moment(at), reading, refresh });
            }
            match page.last() {
                Some((last, _)) if page.len() == PAGE => from = last + 1,
                _ => return Ok(()),
            }
        }
    }

    fn refresh_intervals(&self, to: Timestamp) -> rusqlite::Result<Vec<(i64, Duration)>> {
        let mut statement = self.database.prepare("SELECT at, refresh FROM pace WHERE at <= ?1 ORDER BY at")?;
        let pace = |row: &Row| Ok((row.get(0)?, Duration::from_millis(row.get(1)?)));
        statement.query_map([to.as_millisecond()], pace)?.collect()
    }

    /// The minutes or hours that begin from `from` to `to` (both included), the oldest first. Those without any reading are
    /// not among them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn rollups(&self, sums: Resolution, from: Timestamp, to: Timestamp) -> Result<Vec<Rollup>> {
        let table = match sums {
            Resolution::Minutes => "minute",
            Resolution::Hours => "hour",
        };
        let sql = format!(
            "SELECT at, readings, cpu_mean, cpu_max, memory_mean, memory_max FROM {table}
             WHERE at BETWEEN ?1 AND ?2 ORDER BY at"
        );
        let usage = |row: &Row| {
            let (cpu, memory) = (share(row, 2)?, share(row, 4)?);
            Ok(Rollup { at: moment(row.get(0)?), readings: row.get(1)?, cpu, memory })
        };
        self.explain(self.list(&sql, from, to, usage))
    }

    /// The alerts that fired or went on between `from` and `to`, in the order in which they fired.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn alerts(&self, from: Timestamp, to: Timestamp) -> Result<Vec<StoredAlert>> {
        // While one goes on, its peak is not in its row yet.
        let sql = "
            SELECT metric, fired_at, ended_at, ending, cause, cause_value, cause_within, value,
                CASE WHEN ended_at IS NULL THEN max(peak, coalesce(
                    (SELECT max(CASE metric WHEN 'cpu' THEN cpu ELSE memory END) FROM reading
                    WHERE at BETWEEN fired_at AND ?2), 0)) ELSE peak END,
                told, silence, processes, all_seen
            FROM alert WHERE fired_at <= ?2 AND coalesce(ended_at, ?2) >= ?1 ORDER BY fired_at, id";
        self.explain(self.list(sql, from, to, past_alert))
    }

    /// Looks through the whole file.
    ///
    /// # Errors
    /// When it cannot be read, or is damaged somewhere.
    pub fn check_integrity(&self) -> Result<()> {
        if self.explain(is_damaged(&self.database))? {
            bail!("could not read the history '{}': {DAMAGED}; {ASIDE}", self.place);
        }
        Ok(())
    }

    fn list<T>(
        &self,
        sql: &str,
        from: Timestamp,
        to: Timestamp,
        make: impl FnMut(&Row) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement = self.database.prepare(sql)?;
        statement.query_map((from.as_millisecond(), to.as_millisecond()), make)?.collect()
    }

    fn explain<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|error| explained(&self.place, &error))
    }
}

/// What SQLite says of a damaged file.
pub(super) const DAMAGED: &str = "database disk image is malformed";
/// What becomes of it.
const ASIDE: &str = "Loadline puts it aside when it is started the next time";

/// What went wrong with the history at `place`, and the way out, where there is one.
fn explained(place: &str, error: &rusqlite::Error) -> anyhow::Error {
    let what = format!("could not read the history '{place}': {error}");
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => anyhow!("{what}; {ASIDE}"),
        _ => anyhow!(what),
    }
}

/// Whether anything is damaged, anywhere in the file.
pub(super) fn is_damaged(database: &Connection) -> rusqlite::Result<bool> {
    let found: String = database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(found != "ok")
}

/// A reading of the columns cpu, memory, pressure and swap, which are 1 to 4: to find them by name takes half of the time.
fn reading(row: &Row) -> rusqlite::Result<Reading> {
    let pressure: Option<u8> = row.get(3)?;
    let swap_mib: Option<u64> = row.get(4)?;
    Ok(Reading {
        cpu_percent: percent(row.get(1)?),
        memory_percent: percent(row.get(2)?),
        memory_used_bytes: None,
        memory_total_bytes: None,
        swap_used_bytes: swap_mib.map(|mib| mib << 20),
        memory_pressure: pressure.and_then(pressure_of),
    })
}

fn past_alert(row: &Row) -> rusqlite::Result<StoredAlert> {
    let metric: String = row.get(0)?;
    let metric = Metric::ALL.into_iter().find(|one| one.key() == metric).unwrap_or(Metric::Cpu);
    let ending: Option<String> = row.get(3)?;
    let (cause, value, within): (String, u64, Option<u64>) = (row.get(4)?, row.get(5)?, row.get(6)?);
    let cause = match cause.as_str() {
        "pressure" => Cause::Pressure(u8::try_from(value).ok().and_then(pressure_of).unwrap_or(Pressure::Warning)),
        "swap_growth" => {
            Cause::SwapGrowth { grown_bytes: value << 20, within: Duration::from_millis(within.unwrap_or_default()) }
        }
        _ => Cause::Above(Percent::new(value).unwrap_or(Percent::DEFAULT)),
    };
    let processes: Option<String> = row.get(11)?;
    Ok(StoredAlert {
        metric,
        fired_at: moment(row.get(1)?),
        ended_at: row.get::<_, Option<i64>>(2)?.map(moment),
        end: ending
            .map(|ending| StoredEnd::ALL.into_iter().find(|one| one.key() == ending).unwrap_or(StoredEnd::Interrupted)),
        cause,
        value_percent: row.get::<_, f64>(7)? / 100.0,
        peak_percent: row.get::<_, f64>(8)? / 100.0,
        notified: row.get(9)?,
        suppressed_by: row.get(10)?,
        // What is not ours to read is not known.
        top_apps: processes
            .and_then(|json| serde_json::from_str::<Vec<StoredApp>>(&json).ok())
            .map_or_else(Vec::new, |list| list.into_iter().map(AppUsage::from).collect()),
        is_complete: row.get(12)?,
    })
}

fn share(row: &Row, column: usize) -> rusqlite::Result<Option<MeanMax>> {
    let (mean, max) = (percent(row.get(column)?), percent(row.get(column + 1)?));
    Ok(mean.zip(max).map(|(mean_percent, max_percent)| MeanMax { mean_percent, max_percent }))
}

fn percent(hundredths: Option<i64>) -> Option<f64> {
    hundredths.map(|value| value as f64 / 100.0)
}

fn pressure_of(number: u8) -> Option<Pressure> {
    [Pressure::Normal, Pressure::Warning, Pressure::Critical].get(usize::from(number)).copied()
}

fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// A process as it is kept.
#[derive(Deserialize, Serialize)]
pub(super) struct StoredApp {
    name: Arc<str>,
    pids: Vec<u32>,
    cpu_percent: f64,
    memory_bytes: u64,
}

impl From<StoredApp> for AppUsage {
    fn from(kept: StoredApp) -> AppUsage {
        let StoredApp { name, pids, cpu_percent, memory_bytes } = kept;
        AppUsage { name, pids, cpu_percent, memory_bytes }
    }
}

impl From<&AppUsage> for StoredApp {
    fn from(process: &AppUsage) -> StoredApp {
        let AppUsage { name, pids, cpu_percent, memory_bytes } = process.clone();
        StoredApp { name, pids, cpu_percent, memory_bytes }
    }
}

/// How finely all of a span that begins at `from` is known: by single readings is `None`.
pub fn resolution_for(from: Timestamp, now: Timestamp) -> Option<Resolution> {
    let age = between(from, now);
    if age <= THINNED_KEPT {
        None
    } else if age <= MINUTES_KEPT {
        Some(Resolution::Minutes)
    } else {
        Some(Resolution::Hours)
    }
}
