//! Reading the history, while another Loadline may be writing it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};
use serde::{Deserialize, Serialize};

use super::schema;
use crate::model::culprit::Process;
use crate::model::history::{Kept, PastAlert, PastEnding, READINGS_KEPT, Share, Usage, thinned_to};
use crate::model::metric::{Metric, Percent};
use crate::model::reading::{Pressure, Reading};
use crate::model::said::Cause;

/// How long it waits for a writer. One holds the file for milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The history, to be read.
pub struct History {
    database: Connection,
}

/// How finely usage is summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    /// By the minute.
    Minutes,
    /// By the hour (of UTC).
    Hours,
}

impl Sums {
    /// How long each is.
    pub fn span(self) -> Duration {
        match self {
            Sums::Minutes => Duration::from_secs(60),
            Sums::Hours => Duration::from_secs(3600),
        }
    }
}

impl History {
    /// Opens the history at `path`; `None` where nothing has been recorded yet.
    ///
    /// # Errors
    /// When it cannot be read: damaged, not allowed, or written by a newer Loadline.
    pub fn open(path: &Path) -> Result<Option<History>> {
        let what = || format!("could not read the history '{}'", path.display());
        if !path.try_exists().with_context(what)? {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(path, flags).with_context(what)?;
        database.busy_timeout(PATIENCE).with_context(what)?;
        let version = match schema::version(&database) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                bail!("{}: {error}; it is put aside when Loadline runs next", what())
            }
            version => version.with_context(what)?,
        };
        match version {
            0 => Ok(None),
            schema::VERSION => Ok(Some(History { database })),
            newer => bail!(
                "{}: its version is {newer}, and this Loadline reads version {}: update Loadline",
                what(),
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
        let (from, to): (Option<i64>, Option<i64>) =
            self.database.query_row(sql, [now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(from.map(moment).zip(to.map(moment)))
    }

    /// Hands each reading from `from` to `to` (both included) to `take`, the oldest first. `now` says from where on they may be
    /// thinned out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn readings(&self, from: Timestamp, to: Timestamp, now: Timestamp, mut take: impl FnMut(Kept)) -> Result<()> {
        let mut paces = self.paces(to)?.into_iter().peekable();
        let mut refresh = Duration::ZERO;
        let thinned_until = now.saturating_sub(READINGS_KEPT).unwrap_or(Timestamp::MIN);
        let sql = "SELECT at, cpu, memory, pressure, swap FROM reading WHERE at BETWEEN ?1 AND ?2 ORDER BY at";
        let mut statement = self.database.prepare(sql)?;
        let mut rows = statement.query((from.as_millisecond(), to.as_millisecond()))?;
        while let Some(row) = rows.next()? {
            let at: i64 = row.get(0)?;
            while let Some((_, pace)) = paces.next_if(|(since, _)| *since <= at) {
                refresh = pace;
            }
            let at = moment(at);
            let refresh = if at < thinned_until { refresh.max(thinned_to(refresh)) } else { refresh };
            take(Kept { at, reading: reading(row)?, refresh });
        }
        Ok(())
    }

    fn paces(&self, to: Timestamp) -> Result<Vec<(i64, Duration)>> {
        let mut statement = self.database.prepare("SELECT at, refresh FROM pace WHERE at <= ?1 ORDER BY at")?;
        let pace = |row: &Row| Ok((row.get(0)?, Duration::from_millis(row.get(1)?)));
        Ok(statement.query_map([to.as_millisecond()], pace)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The minutes or hours that begin from `from` to `to` (both included), the oldest first. Those without any reading are
    /// not among them.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sums(&self, sums: Sums, from: Timestamp, to: Timestamp) -> Result<Vec<Usage>> {
        let table = match sums {
            Sums::Minutes => "minute",
            Sums::Hours => "hour",
        };
        let mut statement = self.database.prepare(&format!(
            "SELECT at, readings, cpu_mean, cpu_max, memory_mean, memory_max FROM {table}
             WHERE at BETWEEN ?1 AND ?2 ORDER BY at"
        ))?;
        let usage = |row: &Row| {
            let (cpu, memory) = (share(row, 2)?, share(row, 4)?);
            Ok(Usage { at: moment(row.get(0)?), readings: row.get(1)?, cpu, memory })
        };
        let rows = statement.query_map((from.as_millisecond(), to.as_millisecond()), usage)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The alerts that fired or went on between `from` and `to`, in the order in which they fired.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn alerts(&self, from: Timestamp, to: Timestamp) -> Result<Vec<PastAlert>> {
        // While one goes on, its peak is not in its row yet.
        let sql = "
            SELECT metric, fired_at, ended_at, ending, cause, cause_value, cause_within, value,
                CASE WHEN ended_at IS NULL THEN max(peak, coalesce(
                    (SELECT max(CASE metric WHEN 'cpu' THEN cpu ELSE memory END) FROM reading WHERE at BETWEEN fired_at AND ?2),
                0)) ELSE peak END,
                told, silence, processes, all_seen
            FROM alert WHERE fired_at <= ?2 AND coalesce(ended_at, ?2) >= ?1 ORDER BY fired_at, id";
        let mut statement = self.database.prepare(sql)?;
        let rows = statement.query_map((from.as_millisecond(), to.as_millisecond()), past_alert)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
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

fn past_alert(row: &Row) -> rusqlite::Result<PastAlert> {
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
    Ok(PastAlert {
        metric,
        fired_at: moment(row.get(1)?),
        ended_at: row.get::<_, Option<i64>>(2)?.map(moment),
        ending: ending
            .map(|ending| PastEnding::ALL.into_iter().find(|one| one.key() == ending).unwrap_or(PastEnding::NotSeen)),
        cause,
        value_percent: row.get::<_, f64>(7)? / 100.0,
        peak_percent: row.get::<_, f64>(8)? / 100.0,
        told: row.get(9)?,
        silence: row.get(10)?,
        // What is not ours to read is not known.
        processes: processes
            .and_then(|json| serde_json::from_str::<Vec<KeptProcess>>(&json).ok())
            .map_or_else(Vec::new, |list| list.into_iter().map(Process::from).collect()),
        are_all_seen: row.get(12)?,
    })
}

fn share(row: &Row, column: usize) -> rusqlite::Result<Option<Share>> {
    let (mean, max) = (percent(row.get(column)?), percent(row.get(column + 1)?));
    Ok(mean.zip(max).map(|(mean_percent, max_percent)| Share { mean_percent, max_percent }))
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
pub(super) struct KeptProcess {
    name: Arc<str>,
    pids: Vec<u32>,
    cpu_percent: f64,
    memory_bytes: u64,
}

impl From<KeptProcess> for Process {
    fn from(kept: KeptProcess) -> Process {
        let KeptProcess { name, pids, cpu_percent, memory_bytes } = kept;
        Process { name, pids, cpu_percent, memory_bytes }
    }
}

impl From<&Process> for KeptProcess {
    fn from(process: &Process) -> KeptProcess {
        let Process { name, pids, cpu_percent, memory_bytes } = process.clone();
        KeptProcess { name, pids, cpu_percent, memory_bytes }
    }
}
