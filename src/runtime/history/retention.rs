//! Forgetting what has grown old: every hour, and only by a clock that has been right for a while.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Result, Transaction};

use crate::core::history::record::{HOURS_KEPT, MINUTES_KEPT, READINGS_KEPT, THINNED_KEPT, thinned_to};

/// How often it is looked at, ms.
const EVERY: i64 = 3_600_000;
/// How many minutes of the last week must be known. A clock that jumps ahead by more has none behind it: it can wipe nothing
/// out before it has lasted for an hour.
const MINUTES_NEEDED: i64 = 60;
const WEEK: i64 = 7 * 24 * 3_600_000;
/// How much is thinned out at a time, ms: no batch takes long, also when there is a lot to catch up with.
const STEP: i64 = 6 * 3_600_000;

/// Forgets what is too old at `now`, and thins out what is old enough for that. What lies in the future stays until its time
/// has come and gone: which of two clocks is right, nobody here can tell.
pub(super) fn delete_expired(transaction: &Transaction, now: Timestamp) -> Result<()> {
    let now = now.as_millisecond();
    let until: i64 = transaction.query_row("SELECT max(until) FROM thinned", [], |row| row.get(0))?;
    let horizon = before(now, READINGS_KEPT);
    // Far ahead: what was thinned last was so by a clock that has been set back.
    if (horizon - until).abs() < EVERY || !is_trusted(transaction, now)? {
        return Ok(());
    }
    thin(transaction, until.min(horizon), horizon)?;
    for (table, time, kept) in [
        ("reading", "at", THINNED_KEPT),
        ("minute", "at", MINUTES_KEPT),
        ("hour", "at", HOURS_KEPT),
        ("alert", "fired_at", HOURS_KEPT),
    ] {
        transaction.execute(&format!("DELETE FROM {table} WHERE {time} < ?1"), [before(now, kept)])?;
    }
    let sql = "DELETE FROM pace WHERE at < (SELECT max(at) FROM pace WHERE at <= (SELECT min(at) FROM reading))";
    transaction.execute(sql, [])?;
    Ok(())
}

fn before(now: i64, span: Duration) -> i64 {
    now - i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 2)
}

fn is_trusted(transaction: &Transaction, now: i64) -> Result<bool> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM minute WHERE at BETWEEN ?1 AND ?2 LIMIT ?3)";
    let known: i64 = transaction.query_row(sql, (now - WEEK, now, MINUTES_NEEDED), |row| row.get(0))?;
    Ok(known == MINUTES_NEEDED)
}

/// Leaves the first reading of each span of [`thinned_to`], from where that has not been done up to `horizon`, or a step of it.
fn thin(transaction: &Transaction, until: i64, horizon: i64) -> Result<()> {
    let sql = "SELECT coalesce(min(at), ?2) FROM reading WHERE at BETWEEN ?1 AND ?2";
    let first: i64 = transaction.query_row(sql, (until, horizon), |row| row.get(0))?;
    // Where the interval has changed, none of both is thinned out too much.
    let sql = "SELECT coalesce(max(refresh), 2000) FROM pace
               WHERE at < ?2 AND at >= coalesce((SELECT max(at) FROM pace WHERE at <= ?1), 0)";
    let pace_ms: u64 = transaction.query_row(sql, (first, horizon.min(first + STEP)), |row| row.get(0))?;
    let slot = i64::try_from(thinned_to(Duration::from_millis(pace_ms)).as_millis()).unwrap_or(1);
    let from = first.div_euclid(slot) * slot;
    let to = horizon.min(first + STEP).div_euclid(slot) * slot;
    let sql = "
        DELETE FROM reading WHERE at >= ?1 AND at < ?2
            AND at NOT IN (SELECT min(at) FROM reading WHERE at >= ?1 AND at < ?2 GROUP BY at / ?3)";
    transaction.execute(sql, (from, to, slot))?;
    transaction.execute("UPDATE thinned SET until = ?1", [to])?;
    Ok(())
}
