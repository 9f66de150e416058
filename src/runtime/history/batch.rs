//! One batch of records, written as a whole or not at all.

use rusqlite::{Connection, Result, TransactionBehavior};

use super::apps::rows;
use super::schema::foreign;
use super::{alerts, readings, retention};
use crate::core::history::record::{Record, StoredReading};

/// The state of this run in this file after a batch.
#[derive(Clone, Default)]
pub(super) struct Batch {
    is_begun: bool,
    last: Option<StoredReading>,
    /// The rows of the ongoing alerts.
    pub open: alerts::Open,
    apps: rows::AppRun,
}

/// Writes `records`, and returns the state after them. `is_last`: the run ends with them.
/// `cores`: the number of processors now, where it is known.
pub(super) fn write(
    database: &mut Connection,
    records: &[Record],
    run: &Batch,
    cores: Option<u32>,
    is_last: bool,
) -> Result<Batch> {
    foreign::limit_steps(database)?;
    let mut run = run.clone();
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let reading = |record: &Record| if let Record::Reading(reading) = record { Some(*reading) } else { None };
    let taken: Vec<_> = records.iter().filter_map(reading).collect();
    if !run.is_begun {
        alerts::close_unseen(&transaction, None, taken.first().map(|first| first.at.as_millisecond()))?;
        run.is_begun = true;
    }
    for stretch in taken.chunk_by(readings::follows) {
        readings::insert_all(&transaction, stretch, run.last)?;
        run.last = stretch.last().copied();
    }
    for record in records {
        alerts::apply(&transaction, record, &mut run.open)?;
        rows::apply(&transaction, record, &mut run.apps)?;
    }
    if let Some(last) = taken.last() {
        rows::note_machine(&transaction, last, cores, &mut run.apps)?;
    }
    if is_last && run.open != alerts::Open::default() {
        alerts::close_unseen(&transaction, None, run.last.map(|last| last.at.as_millisecond()))?;
    }
    if let Some(last) = &run.last {
        retention::delete_expired(&transaction, last)?;
    }
    transaction.commit()?;
    Ok(run)
}
