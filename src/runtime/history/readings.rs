//! Readings in the tables, with their sums by the minute and the hour. Where the clock was set back, the later readings stand.

mod outliving;

use rusqlite::{Result, Transaction};

use super::schema::to_mebibytes;
use crate::core::history::record::StoredReading;
use crate::core::metrics::metric::hundredths;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Whether nothing is missing between a reading and the next, nor was the clock set back. One that jumps ahead leaves a gap: it
/// says nothing of what lies between, which may be the whole history after a clock that had been set back by a year.
pub(super) fn follows(before: &StoredReading, next: &StoredReading) -> bool {
    next.at > before.at && !next.is_gap_since(before)
}

/// Inserts a stretch of readings in place of all that the table holds from its first reading (or from the last reading of the
/// run, where it follows upon that) to its last one.
pub(super) fn insert_all(
    transaction: &Transaction,
    stretch: &[StoredReading],
    before: Option<StoredReading>,
) -> Result<()> {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return Ok(()) };
    let joined = before.filter(|before| follows(before, first));
    let from = joined.map_or(first.at.as_millisecond(), |before| before.at.as_millisecond() + 1);
    let to = last.at.as_millisecond();
    // Mostly nothing is there yet: then there is nothing to delete, which saves half of the statements.
    if is_empty_from(transaction, from)? {
        insert(transaction, stretch)?;
        insert_refresh(transaction, stretch, None)?;
        sum_up_minutes(transaction, from, to)?;
        return sum_up_hours(transaction, from, to);
    }
    let refresh_after = refresh_at(transaction, to)?;
    let minutes = outliving::minutes(transaction, floor(from, MINUTE_MS), floor(to, MINUTE_MS))?;
    let hours = outliving::hours(transaction, floor(from, HOUR_MS), floor(to, HOUR_MS))?;
    for table in ["reading", "pace"] {
        delete(transaction, table, from, to)?;
    }
    for (table, span) in [("minute", MINUTE_MS), ("hour", HOUR_MS)] {
        delete(transaction, table, floor(from, span), floor(to, span))?;
    }
    insert(transaction, stretch)?;
    insert_refresh(transaction, stretch, refresh_after)?;
    sum_up_minutes(transaction, from, to)?;
    outliving::put_back(transaction, "minute", MINUTE_MS, &minutes, stretch)?;
    sum_up_hours(transaction, from, to)?;
    outliving::put_back(transaction, "hour", HOUR_MS, &hours, stretch)
}

/// Whether nothing is recorded from this time on. Of hours there may be some without a reading.
fn is_empty_from(transaction: &Transaction, from: i64) -> Result<bool> {
    let sql =
        "SELECT NOT EXISTS (SELECT 1 FROM reading WHERE at >= ?1) AND NOT EXISTS (SELECT 1 FROM pace WHERE at >= ?1)
               AND NOT EXISTS (SELECT 1 FROM hour WHERE at >= ?1)";
    transaction.query_row(sql, [from], |row| row.get(0))
}

/// Deletes the rows of these times, both included.
fn delete(transaction: &Transaction, table: &str, from: i64, to: i64) -> Result<()> {
    transaction.execute(&format!("DELETE FROM {table} WHERE at BETWEEN ?1 AND ?2"), (from, to)).map(drop)
}

fn insert(transaction: &Transaction, stretch: &[StoredReading]) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO reading (at, cpu, memory, pressure, swap) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut statement = transaction.prepare(sql)?;
    for StoredReading { at, reading, .. } in stretch {
        statement.execute((
            at.as_millisecond(),
            reading.cpu_percent.map(hundredths),
            reading.memory_percent.map(hundredths),
            reading.memory_pressure.map(|pressure| pressure as u8),
            reading.swap_used_bytes.map(to_mebibytes),
        ))?;
    }
    Ok(())
}

/// Inserts the refresh intervals of a stretch, where they change. `refresh_after` was in force after it: it stays in force for
/// the readings that a wrong clock has put there.
fn insert_refresh(transaction: &Transaction, stretch: &[StoredReading], refresh_after: Option<i64>) -> Result<()> {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return Ok(()) };
    let mut known = refresh_at(transaction, first.at.as_millisecond())?;
    for StoredReading { at, refresh, .. } in stretch {
        let refresh = Some(i64::try_from(refresh.as_millis()).unwrap_or(i64::MAX));
        if refresh != known {
            let values = (at.as_millisecond(), refresh);
            transaction.execute("INSERT OR REPLACE INTO pace (at, refresh) VALUES (?1, ?2)", values)?;
            known = refresh;
        }
    }
    if refresh_after.is_some() && refresh_after != known {
        let sql = "INSERT OR IGNORE INTO pace (at, refresh)
                   SELECT ?1 + 1, ?2 WHERE EXISTS (SELECT 1 FROM reading WHERE at > ?1)";
        transaction.execute(sql, (last.at.as_millisecond(), refresh_after))?;
    }
    Ok(())
}

/// The refresh interval in force at a time, ms.
fn refresh_at(transaction: &Transaction, at: i64) -> Result<Option<i64>> {
    let sql = "SELECT (SELECT refresh FROM pace WHERE at <= ?1 ORDER BY at DESC LIMIT 1)";
    transaction.query_row(sql, [at], |row| row.get(0))
}

/// Sums up every minute with a reading that touches the time from `from` to `to`, ms, both included.
fn sum_up_minutes(transaction: &Transaction, from: i64, to: i64) -> Result<()> {
    let minutes = (floor(from, MINUTE_MS), floor(to, MINUTE_MS));
    // A reading weighs as the time that it stands for (`StoredReading::weight_minutes`), and nothing where its value is
    // unknown. Mostly the interval does not change in this time, and all weigh alike: SQLite would look for that of each
    // reading once for each use.
    let sql = "
        INSERT OR REPLACE INTO minute (at, readings, cpu_mean, cpu_max, memory_mean, memory_max)
        SELECT at / 60000 * 60000, count(*),
            CAST(round(1.0 * sum(cpu * refresh)
                / sum(CASE WHEN cpu IS NULL THEN 0 ELSE refresh END)) AS INTEGER), max(cpu),
            CAST(round(1.0 * sum(memory * refresh)
                / sum(CASE WHEN memory IS NULL THEN 0 ELSE refresh END)) AS INTEGER), max(memory)
        FROM (SELECT at, cpu, memory, CASE WHEN EXISTS (SELECT 1 FROM pace WHERE at > ?1 AND at < ?2)
                THEN coalesce((SELECT refresh FROM pace WHERE pace.at <= reading.at ORDER BY pace.at DESC LIMIT 1), 1)
                ELSE 1 END AS refresh
            FROM reading WHERE at >= ?1 AND at < ?2)
        GROUP BY at / 60000";
    transaction.execute(sql, (minutes.0, minutes.1 + MINUTE_MS)).map(drop)
}

/// The same for hours (of UTC), of their minutes.
fn sum_up_hours(transaction: &Transaction, from: i64, to: i64) -> Result<()> {
    let hours = (floor(from, HOUR_MS), floor(to, HOUR_MS));
    // Minutes weigh alike, however often they were read.
    let sql = "
        INSERT OR REPLACE INTO hour (at, readings, cpu_mean, cpu_max, memory_mean, memory_max)
        SELECT at / 3600000 * 3600000, sum(readings), CAST(round(avg(cpu_mean)) AS INTEGER), max(cpu_max),
            CAST(round(avg(memory_mean)) AS INTEGER), max(memory_max)
        FROM minute WHERE at >= ?1 AND at < ?2 GROUP BY at / 3600000";
    transaction.execute(sql, (hours.0, hours.1 + HOUR_MS)).map(drop)
}

/// The beginning of the span that `at` is in.
fn floor(at: i64, span: i64) -> i64 {
    at.div_euclid(span) * span
}
