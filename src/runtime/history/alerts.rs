//! Alerts in the tables: a row is inserted when an alert fires, and completed when it notifies and when it ends.

mod forecasts;

use jiff::Timestamp;
use rusqlite::{Result, Transaction};

use super::reader::{StoredApp, StoredReason};
use super::schema::foreign::MAX_VALUE_BYTES;
use super::schema::to_mebibytes;
use crate::core::alerts::event::{AlertEvent, Cause, EndReason, RecoveryEvent};
use crate::core::history::record::{NOT_SHOWN, Record, StoredEnd};
use crate::core::metrics::metric::hundredths;

/// The rows of this run's ongoing alerts, in the order of `Metric::ALL`.
pub(super) type Open = [Option<AlertRowId>; 2];

/// The row of an ongoing alert.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct AlertRowId {
    id: i64,
    has_notified: bool,
}

/// Ends the ongoing alert of `row`, or every ongoing alert, whose end was not seen: at the last reading since it fired, up to
/// `until` (ms; `None`: the last of all).
pub(super) fn close_unseen(transaction: &Transaction, row: Option<AlertRowId>, until: Option<i64>) -> Result<()> {
    let sql = "
        UPDATE alert SET ending = ?1,
            ended_at = coalesce((SELECT max(at) FROM reading WHERE at BETWEEN fired_at AND ?2), fired_at),
            peak = max(peak, coalesce((SELECT max(CASE metric WHEN 'cpu' THEN cpu ELSE memory END)
                FROM reading WHERE at BETWEEN fired_at AND ?2), 0))
        WHERE ended_at IS NULL AND id = coalesce(?3, id)";
    transaction.execute(sql, (StoredEnd::Interrupted.key(), until.unwrap_or(i64::MAX), row.map(|row| row.id)))?;
    Ok(())
}

/// Writes `record`, if it is about an alert.
pub(super) fn apply(transaction: &Transaction, record: &Record, open: &mut Open) -> Result<()> {
    match record {
        Record::Reading(_) | Record::Apps { .. } => Ok(()),
        Record::Alert { at, event } => {
            let slot = &mut open[event.metric as usize];
            let row = match *slot {
                // An alert that fired silently has notified later.
                Some(row) if !row.has_notified && event.suppressed_by.is_none() => {
                    set_notified(transaction, row, event)?
                }
                before => {
                    // Another alert: the history was switched off while the one before ended.
                    if before.is_some() {
                        close_unseen(transaction, before, Some(at.as_millisecond() - 1))?;
                    }
                    insert(transaction, *at, event)?
                }
            };
            *slot = Some(row);
            Ok(())
        }
        Record::Forecast { at, event } => forecasts::insert(transaction, *at, event),
        Record::AlertTold { metric, is_told } => set_told(transaction, metric.key(), *is_told),
        Record::ForecastTold { at, is_told } => forecasts::set_told(transaction, *at, *is_told),
        Record::Recovery { at, event } => match open[event.metric as usize].take() {
            Some(row) => close(transaction, row, *at, event),
            None => Ok(()),
        },
    }
}

fn insert(transaction: &Transaction, at: Timestamp, event: &AlertEvent) -> Result<AlertRowId> {
    let (cause, cause_value, cause_within) = match event.cause {
        Cause::Above(percent) => ("used", u64::from(percent.get()), None),
        Cause::Pressure(pressure) => ("pressure", pressure as u64, None),
        Cause::SwapGrowth { grown_bytes, within } => {
            ("swap_growth", to_mebibytes(grown_bytes), Some(u64::try_from(within.as_millis()).unwrap_or(u64::MAX)))
        }
    };
    let sql = "
        INSERT INTO alert (metric, fired_at, cause, cause_value, cause_within, value, peak, told, silence, processes, all_seen)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10)";
    let has_notified = event.suppressed_by.is_none();
    transaction.execute(
        sql,
        (
            event.metric.key(),
            at.as_millisecond(),
            cause,
            cause_value,
            cause_within,
            hundredths(event.value_percent),
            has_notified,
            event.suppressed_by.as_ref().map(|silence| silence.key()),
            json(event),
            event.is_complete,
        ),
    )?;
    Ok(AlertRowId { id: transaction.last_insert_rowid(), has_notified })
}

fn set_notified(transaction: &Transaction, row: AlertRowId, event: &AlertEvent) -> Result<AlertRowId> {
    transaction.execute("UPDATE alert SET told = 1, silence = NULL WHERE id = ?1", [row.id])?;
    if let Some(processes) = json(event) {
        let sql = "UPDATE alert SET processes = ?2, all_seen = ?3 WHERE id = ?1";
        transaction.execute(sql, (row.id, processes, event.is_complete))?;
    }
    Ok(AlertRowId { has_notified: true, ..row })
}

/// Takes up whether somebody could see the latest notification of a metric. That alert may have ended, and others fired
/// silently since.
fn set_told(transaction: &Transaction, metric: &str, is_told: bool) -> Result<()> {
    let sql = if is_told {
        "UPDATE alert SET told = 1, silence = NULL
            WHERE id = (SELECT max(id) FROM alert WHERE metric = ?1 AND silence = ?2)"
    } else {
        "UPDATE alert SET told = 0, silence = ?2 WHERE id = (SELECT max(id) FROM alert WHERE metric = ?1 AND told = 1)"
    };
    transaction.execute(sql, (metric, NOT_SHOWN))?;
    Ok(())
}

fn close(transaction: &Transaction, row: AlertRowId, at: Timestamp, event: &RecoveryEvent) -> Result<()> {
    let ending = match event.end_reason {
        EndReason::Unknown => StoredEnd::Unknown,
        EndReason::RuleChanged => StoredEnd::RuleChanged,
        EndReason::Below(_) | EndReason::PressureNormal | EndReason::SwapSteady => StoredEnd::Cleared,
    };
    // Not before it began, where the clock was set back.
    let sql = "UPDATE alert SET ended_at = max(?2, fired_at), ending = ?3, peak = max(peak, ?4) WHERE id = ?1";
    transaction.execute(sql, (row.id, at.as_millisecond(), ending.key(), hundredths(event.peak_percent)))?;
    Ok(())
}

/// The reason of the alert, if it is known: the applications that used the most, or other virtual machines.
fn json(event: &AlertEvent) -> Option<String> {
    if let Some(steal_percent) = event.steal_percent {
        return serde_json::to_string(&StoredReason::Steal { steal_percent }).ok();
    }
    let list: Vec<StoredApp> = event.top_apps.as_ref()?.iter().map(|app| StoredApp(app.clone())).collect();
    // A row that is too long would keep all others from being written, and such a list says nothing to anybody.
    serde_json::to_string(&StoredReason::Apps(list)).ok().filter(|json| json.len() < MAX_VALUE_BYTES / 2)
}
