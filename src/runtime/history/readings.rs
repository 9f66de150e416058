//! Readings in the history: what was read later stands, also where the clock was set back.

use rusqlite::{Result, Row, Transaction};

use super::rollup;
use crate::core::history::record::StoredReading;
use crate::core::metrics::metric::hundredths;

/// Parts `readings` where the clock was set back, or there is a gap.
pub(super) fn stretches(readings: &[StoredReading]) -> impl Iterator<Item = &[StoredReading]> {
    readings.chunk_by(follows)
}

/// Whether nothing is missing between a reading and the next. A clock that jumps ahead leaves a gap: it says nothing of
/// what lies between, which may be the whole history after a clock that had been set back by a year.
fn follows(before: &StoredReading, next: &StoredReading) -> bool {
    next.at > before.at && !next.is_gap_since(before)
}

/// Keeps a stretch of readings, in place of all that was kept of the time from its first reading (or that of the run
/// before it, where it follows upon that) to its last one.
pub(super) fn insert_all(
    transaction: &Transaction,
    stretch: &[StoredReading],
    before: Option<StoredReading>,
) -> Result<()> {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return Ok(()) };
    let joined = before.filter(|before| follows(before, first));
    let from = joined.map_or(first.at.as_millisecond(), |before| before.at.as_millisecond() + 1);
    let to = last.at.as_millisecond();
    let pace_after = pace(transaction, to)?;
    transaction.execute("DELETE FROM reading WHERE at BETWEEN ?1 AND ?2", (from, to))?;
    transaction.execute("DELETE FROM pace WHERE at BETWEEN ?1 AND ?2", (from, to))?;
    insert(transaction, stretch)?;
    insert_refresh(transaction, stretch, pace_after)?;
    rollup::update(transaction, from, to)
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
            reading.swap_used_bytes.map(mebibytes),
        ))?;
    }
    Ok(())
}

/// Keeps the refresh intervals of a stretch, where they are not what is known already. `pace_after` was in force after it:
/// that holds on for the readings that an unlucky clock has put there.
fn insert_refresh(transaction: &Transaction, stretch: &[StoredReading], pace_after: Option<i64>) -> Result<()> {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return Ok(()) };
    let mut known = pace(transaction, first.at.as_millisecond())?;
    for StoredReading { at, refresh, .. } in stretch {
        let refresh = Some(i64::try_from(refresh.as_millis()).unwrap_or(i64::MAX));
        if refresh != known {
            let values = (at.as_millisecond(), refresh);
            transaction.execute("INSERT OR REPLACE INTO pace (at, refresh) VALUES (?1, ?2)", values)?;
            known = refresh;
        }
    }
    if pace_after.is_some() && pace_after != known {
        let sql = "INSERT OR IGNORE INTO pace (at, refresh)
                   SELECT ?1 + 1, ?2 WHERE EXISTS (SELECT 1 FROM reading WHERE at > ?1)";
        transaction.execute(sql, (last.at.as_millisecond(), pace_after))?;
    }
    Ok(())
}

/// The refresh interval in force at a time, ms.
fn pace(transaction: &Transaction, at: i64) -> Result<Option<i64>> {
    let sql = "SELECT (SELECT refresh FROM pace WHERE at <= ?1 ORDER BY at DESC LIMIT 1)";
    transaction.query_row(sql, [at], |row: &Row| row.get(0))
}

/// Bytes in MiB, rounded.
pub(super) fn mebibytes(bytes: u64) -> u64 {
    bytes.saturating_add(1 << 19) >> 20
}
