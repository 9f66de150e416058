//! Minutes and hours that outlive what they were made of: readings are deleted after a week, minutes after a month. Where a clock
//! that was set back runs through such a time again, the new readings are added to the old row, which cannot be made anew.

use rusqlite::{Result, Row, Transaction};

use crate::core::history::record::StoredReading;
use crate::core::metrics::metric::hundredths;

/// Minutes that count more readings than are left of them.
const MINUTES: &str = "
    SELECT at, readings, cpu_mean, cpu_max, memory_mean, memory_max FROM minute WHERE at BETWEEN ?1 AND ?2
    AND readings > (SELECT count(*) FROM reading WHERE reading.at >= minute.at AND reading.at < minute.at + 60000)";
/// Hours that count more readings than their minutes that are left.
const HOURS: &str = "
    SELECT at, readings, cpu_mean, cpu_max, memory_mean, memory_max FROM hour WHERE at BETWEEN ?1 AND ?2
    AND readings > (SELECT coalesce(sum(minute.readings), 0) FROM minute
        WHERE minute.at >= hour.at AND minute.at < hour.at + 3600000)";

/// A row of the table `minute` or `hour`.
pub(super) struct OutlivingRow {
    at: i64,
    readings: i64,
    /// Mean and maximum, hundredths of a percent.
    cpu: Option<(i64, i64)>,
    memory: Option<(i64, i64)>,
}

/// The minutes that begin from `from` to `to` (ms, both included) and have lost readings.
pub(super) fn minutes(transaction: &Transaction, from: i64, to: i64) -> Result<Vec<OutlivingRow>> {
    rows(transaction, MINUTES, from, to)
}

/// The hours that begin from `from` to `to` (ms, both included) and have lost minutes.
pub(super) fn hours(transaction: &Transaction, from: i64, to: i64) -> Result<Vec<OutlivingRow>> {
    rows(transaction, HOURS, from, to)
}

fn rows(transaction: &Transaction, sql: &str, from: i64, to: i64) -> Result<Vec<OutlivingRow>> {
    let outliving = |row: &Row| {
        Ok(OutlivingRow { at: row.get(0)?, readings: row.get(1)?, cpu: pair(row, 2)?, memory: pair(row, 4)? })
    };
    let mut statement = transaction.prepare(sql)?;
    statement.query_map((from, to), outliving)?.collect()
}

fn pair(row: &Row, column: usize) -> Result<Option<(i64, i64)>> {
    let (mean, max): (Option<i64>, Option<i64>) = (row.get(column)?, row.get(column + 1)?);
    Ok(mean.zip(max))
}

/// Puts the rows of `table`, each of `span` ms, in place of what was made of the new readings alone, with these added to them.
pub(super) fn put_back(
    transaction: &Transaction,
    table: &str,
    span: i64,
    rows: &[OutlivingRow],
    new: &[StoredReading],
) -> Result<()> {
    for row in rows {
        let is_within = |reading: &&StoredReading| (row.at..row.at + span).contains(&reading.at.as_millisecond());
        let within: Vec<&StoredReading> = new.iter().filter(is_within).collect();
        let values = |value: fn(&StoredReading) -> Option<f64>| within.iter().filter_map(move |one| value(one));
        let cpu = with_added(row.cpu, row.readings, values(|one| one.reading.cpu_percent));
        let memory = with_added(row.memory, row.readings, values(|one| one.reading.memory_percent));
        let readings = row.readings.saturating_add(i64::try_from(within.len()).unwrap_or(i64::MAX));
        let sql = format!(
            "INSERT OR REPLACE INTO {table} (at, readings, cpu_mean, cpu_max, memory_mean, memory_max)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        );
        let [cpu, memory] = [cpu, memory].map(Option::unzip);
        transaction.execute(&sql, (row.at, readings, cpu.0, cpu.1, memory.0, memory.1))?;
    }
    Ok(())
}

/// Mean and maximum of a row of so many readings, with new values added, each of which weighs as one of its readings.
fn with_added(old: Option<(i64, i64)>, readings: i64, values: impl Iterator<Item = f64>) -> Option<(i64, i64)> {
    let new: Vec<i64> = values.map(hundredths).collect();
    let Some(new_max) = new.iter().copied().max() else { return old };
    let (old_mean, old_max, weight) = old.map_or((0, new_max, 0.0), |(mean, max)| (mean, max, readings as f64));
    let sum = new.iter().sum::<i64>() as f64 + old_mean as f64 * weight;
    Some(((sum / (new.len() as f64 + weight)).round() as i64, old_max.max(new_max)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_readings_weigh_as_those_that_are_there() {
        let added = |old, readings, values: &[f64]| with_added(old, readings, values.iter().copied());
        assert_eq!(added(Some((1000, 5000)), 3, &[90.0]), Some((3000, 9000)));
        assert_eq!(added(Some((1000, 5000)), 1800, &[]), Some((1000, 5000)));
        assert_eq!(added(Some((1000, 9900)), 1, &[20.0, 30.0]), Some((2000, 9900)));
        assert_eq!(added(None, 60, &[20.0, 30.0]), Some((2500, 3000)), "its value was unknown");
        assert_eq!(added(None, 60, &[]), None);
    }
}
