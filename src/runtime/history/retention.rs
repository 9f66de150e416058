//! Deletes rows that have expired: every hour, and never on the word of a clock alone.
//!
//! While Loadline records, an hour's worth expires at a time. More than a day's worth expires where Loadline has not
//! run for days, or where the clock is wrong by days: nothing here can tell one from the other, so that waits until a day's
//! worth was recorded while the clock ran on.

use std::time::Duration;

use rusqlite::{Result, Transaction};

use crate::core::history::record::{HOURS_KEPT, MINUTES_KEPT, READINGS_KEPT, StoredReading};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const MINUTE_MS: i64 = 60_000;
/// The time between two looks at the applications.
const LOOK_MS: i64 = 5 * MINUTE_MS;
const WEEK_MS: i64 = 7 * DAY_MS;
/// Rows are deleted only where at least this many minutes of the last week are recorded: a clock that jumped ahead by more
/// than a week has none behind it, and deletes nothing in its first hour.
const MINUTES_NEEDED: i64 = 60;
/// A clock that goes back by no more than this was only corrected.
const CORRECTION_MS: i64 = 10 * MINUTE_MS;
/// A longer time without a record is a leap of the clock, as far as anyone can tell.
const LEAP_MS: i64 = DAY_MS + HOUR_MS;

/// The rows that expire: the table, its column of times, how long they are kept, and how many distinct times of which length
/// are a day's worth.
const EXPIRING: [(&str, &str, Duration, i64); 9] = [
    ("reading", "at", READINGS_KEPT, MINUTE_MS),
    ("minute", "at", MINUTES_KEPT, MINUTE_MS),
    ("hour", "at", HOURS_KEPT, HOUR_MS),
    ("alert", "fired_at", HOURS_KEPT, DAY_MS),
    ("forecast", "at", HOURS_KEPT, DAY_MS),
    ("grower", "at", HOURS_KEPT, DAY_MS),
    ("app_look", "at", MINUTES_KEPT, LOOK_MS),
    ("app_use", "at", MINUTES_KEPT, LOOK_MS),
    ("app_day", "at", HOURS_KEPT, DAY_MS),
];

/// Deletes the rows that are too old at the time of `last`, the newest reading. Rows in the future stay until their time has come
/// and gone: of two clocks, nothing here can tell the right one.
pub(super) fn delete_expired(transaction: &Transaction, last: &StoredReading) -> Result<()> {
    let now = last.at.as_millisecond();
    let agreed_from = follow_clock(transaction, now)?;
    let horizon = before(now, READINGS_KEPT);
    // `thinned` holds the time up to which rows were deleted last.
    let deleted_until: i64 = transaction.query_row("SELECT max(until) FROM thinned", [], |row| row.get(0))?;
    // It is far ahead after a clock that has been set back.
    if (horizon - deleted_until).abs() < HOUR_MS || !is_trusted(transaction, now)? {
        return Ok(());
    }
    if !has_agreed(transaction, agreed_from, now, last.refresh)? {
        for (table, time, kept, length) in EXPIRING {
            if expires_more_than_a_day(transaction, table, time, before(now, kept), length)? {
                return Ok(());
            }
        }
    }
    for (table, time, kept, _) in EXPIRING {
        transaction.execute(&format!("DELETE FROM {table} WHERE {time} < ?1"), [before(now, kept)])?;
    }
    let sql = "DELETE FROM pace WHERE at < (SELECT max(at) FROM pace WHERE at <= (SELECT min(at) FROM reading))";
    transaction.execute(sql, [])?;
    // Names of applications that no row has any more.
    let sql = "DELETE FROM app WHERE id NOT IN (SELECT app FROM app_use) AND id NOT IN (SELECT app FROM app_day)";
    transaction.execute(sql, [])?;
    transaction.execute("UPDATE thinned SET until = ?1", [horizon])?;
    Ok(())
}

/// Notes the time of the clock, and returns since when it has run on. A step back or a leap ahead begins anew.
fn follow_clock(transaction: &Transaction, now: i64) -> Result<i64> {
    let sql = "SELECT max(agreed_from), max(last) FROM clock";
    let (agreed_from, last): (i64, i64) = transaction.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let runs_on = (last - CORRECTION_MS..=last + LEAP_MS).contains(&now);
    let agreed_from = if runs_on { agreed_from } else { now };
    transaction.execute("UPDATE clock SET agreed_from = ?1, last = ?2", [agreed_from, now])?;
    Ok(agreed_from)
}

/// Whether a day's worth was recorded while the clock ran on: two dates a day apart are the word of the clock alone. A minute
/// counts once it has a reading; where readings come more seldom, each stands for its refresh interval.
fn has_agreed(transaction: &Transaction, agreed_from: i64, now: i64, refresh: Duration) -> Result<bool> {
    let refresh = i64::try_from(refresh.as_millis()).unwrap_or(DAY_MS);
    let needed = DAY_MS / refresh.clamp(MINUTE_MS, DAY_MS);
    let sql = "SELECT count(*) FROM (SELECT 1 FROM minute WHERE at > ?1 AND at <= ?2 LIMIT ?3)";
    let found: i64 = transaction.query_row(sql, (agreed_from - MINUTE_MS, now, needed), |row| row.get(0))?;
    Ok(now - agreed_from >= DAY_MS && found == needed)
}

/// Whether the rows of `table` before `horizon` are of more than a day of recorded time, by `length`: that of a minute's, an
/// hour's or a day's rows.
fn expires_more_than_a_day(
    transaction: &Transaction,
    table: &str,
    time: &str,
    horizon: i64,
    length: i64,
) -> Result<bool> {
    let day = DAY_MS / length;
    let sql = format!("SELECT count(*) FROM (SELECT DISTINCT {time} / ?2 FROM {table} WHERE {time} < ?1 LIMIT ?3)");
    let found: i64 = transaction.query_row(&sql, [horizon, length, day + 1], |row| row.get(0))?;
    Ok(found > day)
}

fn before(now: i64, span: Duration) -> i64 {
    now - i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 2)
}

fn is_trusted(transaction: &Transaction, now: i64) -> Result<bool> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM minute WHERE at BETWEEN ?1 AND ?2 LIMIT ?3)";
    let known: i64 = transaction.query_row(sql, (now - WEEK_MS, now, MINUTES_NEEDED), |row| row.get(0))?;
    Ok(known == MINUTES_NEEDED)
}
