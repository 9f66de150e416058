//! Deletes rows that have expired: every hour, and only by a clock that has been right for a while.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Result, Transaction};

use crate::core::history::record::{HOURS_KEPT, MINUTES_KEPT, READINGS_KEPT};

const INTERVAL_MS: i64 = 3_600_000;
/// Rows are deleted only where at least this many minutes of the last week are recorded: a clock that jumped ahead by more
/// than a week has none behind it, and deletes nothing in its first hour.
const MINUTES_NEEDED: i64 = 60;
const WEEK_MS: i64 = 7 * 24 * 3_600_000;

/// Deletes the rows that are too old at `now`. Rows in the future stay until their time has come and gone: of two clocks,
/// nothing here can tell the right one.
pub(super) fn delete_expired(transaction: &Transaction, now: Timestamp) -> Result<()> {
    let now = now.as_millisecond();
    let horizon = before(now, READINGS_KEPT);
    // `thinned` holds the time up to which rows were deleted last.
    let deleted_until: i64 = transaction.query_row("SELECT max(until) FROM thinned", [], |row| row.get(0))?;
    // It is far ahead after a clock that has been set back.
    if (horizon - deleted_until).abs() < INTERVAL_MS || !is_trusted(transaction, now)? {
        return Ok(());
    }
    for (table, time, kept) in [
        ("reading", "at", READINGS_KEPT),
        ("minute", "at", MINUTES_KEPT),
        ("hour", "at", HOURS_KEPT),
        ("alert", "fired_at", HOURS_KEPT),
    ] {
        transaction.execute(&format!("DELETE FROM {table} WHERE {time} < ?1"), [before(now, kept)])?;
    }
    let sql = "DELETE FROM pace WHERE at < (SELECT max(at) FROM pace WHERE at <= (SELECT min(at) FROM reading))";
    transaction.execute(sql, [])?;
    transaction.execute("UPDATE thinned SET until = ?1", [horizon])?;
    Ok(())
}

fn before(now: i64, span: Duration) -> i64 {
    now - i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 2)
}

fn is_trusted(transaction: &Transaction, now: i64) -> Result<bool> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM minute WHERE at BETWEEN ?1 AND ?2 LIMIT ?3)";
    let known: i64 = transaction.query_row(sql, (now - WEEK_MS, now, MINUTES_NEEDED), |row| row.get(0))?;
    Ok(known == MINUTES_NEEDED)
}
