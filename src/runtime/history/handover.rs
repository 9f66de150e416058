//! What passes from the loop to the writer: records, and the word that there will be no more.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::core::history::record::Record;

/// How many records may wait while they cannot be written: four hours of readings at the usual refresh interval.
pub(super) const ROOM: usize = 7200;

/// Where the loop puts records and the writer finds them.
#[derive(Default)]
pub(super) struct WriteQueue {
    state: Mutex<WriteQueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct WriteQueueState {
    records: Vec<Record>,
    /// The writer has taken some, and not yet asked for more.
    is_being_written: bool,
    is_over: bool,
    is_writer_gone: bool,
}

impl WriteQueue {
    /// Hands `records` over, and leaves their room. Never waits for a disk.
    pub fn push(&self, records: &mut Vec<Record>) {
        self.push_to(&mut self.lock(), records);
    }

    /// Hands over the last of them, and says so in one: the writer tells otherwise what goes wrong with them at the end.
    pub fn push_last(&self, records: &mut Vec<Record>) {
        let mut state = self.lock();
        state.is_over = true;
        self.push_to(&mut state, records);
    }

    fn push_to(&self, state: &mut WriteQueueState, records: &mut Vec<Record>) {
        state.records.append(records);
        evict(&mut state.records, ROOM);
        self.changed.notify_all();
    }

    /// Waits for records, and puts them behind those in `records`. Whether these are the last, if there are any.
    pub fn pop_all(&self, records: &mut Vec<Record>) -> bool {
        let is_idle = |state: &mut WriteQueueState| state.records.is_empty() && !state.is_over;
        let mut state = self.lock();
        state.is_being_written = false;
        self.changed.notify_all();
        let mut state = self.changed.wait_while(state, is_idle).unwrap_or_else(PoisonError::into_inner);
        state.is_being_written = true;
        records.append(&mut state.records);
        evict(records, ROOM);
        state.is_over
    }

    /// Waits for `limit` at most until nothing is left to be written. Whether nothing is.
    pub fn settle_flush(&self, limit: Duration) -> bool {
        let is_busy = |state: &mut WriteQueueState| !state.records.is_empty() || state.is_being_written;
        let waited = self.changed.wait_timeout_while(self.lock(), limit, is_busy);
        !is_busy(&mut waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Waits for `limit` at most until the last are written. Whether they are.
    pub fn finish(&self, limit: Duration) -> bool {
        let is_there = |state: &mut WriteQueueState| !state.is_writer_gone;
        let waited = self.changed.wait_timeout_while(self.lock(), limit, is_there);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_writer_gone
    }

    /// Says that the writer has let go of the file.
    pub fn writer_is_gone(&self) {
        self.lock().is_writer_gone = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, WriteQueueState> {
        // The records are whole between any two statements: a panic elsewhere leaves them usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops what is more than `room`: the oldest readings, and when there are none left, what is oldest of the rest.
fn evict(records: &mut Vec<Record>, room: usize) {
    let mut excess = records.len().saturating_sub(room);
    if excess == 0 {
        return;
    }
    records.retain(|record| {
        let goes = excess > 0 && matches!(record, Record::Reading(_));
        excess -= usize::from(goes);
        !goes
    });
    records.drain(..excess);
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::alerts::event::{EndReason, RecoveryEvent};
    use crate::core::history::record::StoredReading;
    use crate::core::metrics::metric::Metric;
    use crate::core::metrics::reading::Reading;

    fn reading(second: i64) -> Record {
        let at = Timestamp::from_second(second).unwrap();
        Record::Reading(StoredReading { at, reading: Reading::default(), refresh: Duration::from_secs(2) })
    }

    fn recovery(second: i64) -> Record {
        let (ending, lasted) = (EndReason::RuleChanged, Duration::ZERO);
        let said =
            RecoveryEvent { metric: Metric::Cpu, value_percent: None, end_reason: ending, lasted, peak_percent: 90.0 };
        Record::Recovery { at: Timestamp::from_second(second).unwrap(), said }
    }

    #[test]
    fn where_there_is_no_room_the_oldest_readings_go_first() {
        let mut records = vec![recovery(0), reading(1), recovery(2), reading(3), reading(4)];
        evict(&mut records, 5);
        assert_eq!(records.len(), 5);
        evict(&mut records, 3);
        assert_eq!(records, [recovery(0), recovery(2), reading(4)]);
        evict(&mut records, 1);
        assert_eq!(records, [recovery(2)]);
    }

    #[test]
    fn what_is_handed_over_waits_in_order_and_in_bounds() {
        let handover = WriteQueue::default();
        (0..3).for_each(|n| handover.push(&mut (n * 5000..(n + 1) * 5000).map(reading).collect()));
        let mut taken = vec![reading(-1)];
        assert!(!handover.pop_all(&mut taken));
        assert_eq!(taken, (15_000 - ROOM as i64..15_000).map(reading).collect::<Vec<_>>());
    }

    #[test]
    fn the_end_is_not_waited_for_without_end() {
        let handover = WriteQueue::default();
        assert!(!handover.finish(Duration::from_millis(20)));
        handover.writer_is_gone();
        assert!(handover.finish(Duration::from_secs(600)));
    }
}
