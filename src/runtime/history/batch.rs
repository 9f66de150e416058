//! One batch of records, kept whole or not at all.

use rusqlite::{Connection, Result, TransactionBehavior};

use super::{alerts, readings, retention};
use crate::core::history::record::{Kept, Record};

/// What has been kept by this run in this file.
#[derive(Clone, Default)]
pub(super) struct Run {
    is_begun: bool,
    /// The last reading.
    last: Option<Kept>,
    /// The rows of the alerts that go on.
    pub open: alerts::Open,
}

/// Keeps `records`. `is_last`: the run ends with them. Answers what has been kept then.
pub(super) fn write(database: &mut Connection, records: &[Record], run: &Run, is_last: bool) -> Result<Run> {
    let mut run = run.clone();
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let taken = |record: &Record| if let Record::Reading(kept) = record { Some(*kept) } else { None };
    let taken: Vec<Kept> = records.iter().filter_map(taken).collect();
    if !run.is_begun {
        alerts::lose(&transaction, None, taken.first().map(|first| first.at.as_millisecond()))?;
        run.is_begun = true;
    }
    for stretch in readings::stretches(&taken) {
        readings::keep(&transaction, stretch, run.last)?;
        run.last = stretch.last().copied();
    }
    for record in records {
        alerts::keep(&transaction, record, &mut run.open)?;
    }
    if is_last && run.open != alerts::Open::default() {
        alerts::lose(&transaction, None, run.last.map(|last| last.at.as_millisecond()))?;
    }
    if let Some(last) = run.last {
        retention::prune(&transaction, last.at)?;
    }
    transaction.commit()?;
    Ok(run)
}
