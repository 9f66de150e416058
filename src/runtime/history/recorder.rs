//! The history's end on the loop's side: gathers records, and passes them to the writer once a minute.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::writer::Writer;
use crate::core::history::record::Record;
use crate::core::messages::effect::Operation;
use crate::core::text;
use crate::runtime::console::writer;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::platform;
use crate::runtime::work_queue::WorkQueue;

/// How long records are gathered before they are written. A crash of the machine may cost as much.
const GATHERED_FOR: Duration = Duration::from_secs(60);
/// How long the end of the program, or a report, waits for the last of them.
const FINISH_LIMIT: Duration = Duration::from_secs(3);
/// Of several readings in one second only the first is recorded: more would make the file large and say little.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// How many records may wait while they cannot be written: four hours of readings at the usual refresh interval.
const CAPACITY: usize = 7200;

/// Records the history. Until there is something to be written there is no thread, and no file is touched.
pub struct Recorder {
    gathered: Vec<Record>,
    /// When records were passed on last, or else the first one came.
    since: Option<Duration>,
    /// The whole second, by the monotonic clock, of the last reading.
    last_second: Option<u64>,
    path: PathBuf,
    inbox: Arc<Inbox>,
    queue: Arc<WorkQueue<Record>>,
}

impl Recorder {
    /// Ready to record the history in the file at `path`. A failure comes back through the inbox, once, and so does its end.
    pub fn start(inbox: Arc<Inbox>, path: PathBuf) -> Recorder {
        let queue = Arc::new(queue(CAPACITY));
        Recorder { gathered: Vec::new(), since: None, last_second: None, path, inbox, queue }
    }

    /// Records `record`: within a minute of `elapsed` (which never goes back), an alert or a warning at once, and
    /// whether it was told. Never waits.
    pub fn record(&mut self, mut record: Record, elapsed: Duration) {
        if let Record::Reading(reading) = &mut record {
            let last_second = self.last_second.replace(elapsed.as_secs());
            if reading.refresh < MIN_INTERVAL {
                if last_second == self.last_second {
                    return;
                }
                // It stands for the second, and the next one in a second is not behind a gap.
                reading.refresh = MIN_INTERVAL;
            }
        }
        let since = *self.since.get_or_insert(elapsed);
        let is_urgent = match &record {
            Record::Alert { .. } | Record::Forecast { .. } | Record::AlertTold { .. } | Record::ForecastTold { .. } => {
                true
            }
            // The next one will be as far away.
            Record::Reading(reading) => reading.refresh >= GATHERED_FOR,
            Record::Apps { .. } | Record::Recovery { .. } => false,
        };
        self.gathered.push(record);
        if is_urgent || elapsed.saturating_sub(since) >= GATHERED_FOR {
            self.since = Some(elapsed);
            self.pass_on();
        }
    }

    /// Has the records gathered so far written now. Never waits itself.
    pub fn write_now(&mut self) -> WriteReceipt {
        if !self.gathered.is_empty() {
            self.pass_on();
        }
        WriteReceipt(Arc::clone(&self.queue))
    }

    fn pass_on(&mut self) {
        self.start_writer();
        self.queue.push_all(&mut self.gathered);
    }

    fn start_writer(&self) {
        if self.queue.has_receiver() {
            return;
        }
        let writer = Writer::new(self.queue.receiver(), Arc::clone(&self.inbox), self.path.clone());
        if let Err(error) = platform::start_thread("history", move || writer.run()) {
            self.inbox.send(Input::outcome(Operation::Record, Err(text::history::no_writer(error))));
        }
    }
}

/// When it is full, the oldest readings go first, and alerts last.
fn queue(capacity: usize) -> WorkQueue<Record> {
    WorkQueue::new(capacity, |record| matches!(record, Record::Reading(_)))
}

/// Stands for the records that were passed on to be written.
pub struct WriteReceipt(Arc<WorkQueue<Record>>);

impl WriteReceipt {
    /// Waits until nothing is left to be written, for a limited time: the writer reports what it cannot write, and that is
    /// not waited for. Returns whether nothing is left.
    pub fn wait(&self) -> bool {
        self.0.drain(Some(FINISH_LIMIT))
    }
}

impl Drop for Recorder {
    /// Has the rest written, and waits a moment for that.
    fn drop(&mut self) {
        if self.gathered.is_empty() && !self.queue.has_receiver() {
            return;
        }
        self.start_writer();
        self.queue.close_after(&mut self.gathered);
        if !self.queue.finish(Some(FINISH_LIMIT)) {
            writer::warn(text::history::END_MAY_BE_MISSING);
        }
    }
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
        let (end_reason, lasted) = (EndReason::RuleChanged, Duration::ZERO);
        let event = RecoveryEvent { metric: Metric::Cpu, value_percent: None, end_reason, lasted, peak_percent: 90.0 };
        Record::Recovery { at: Timestamp::from_second(second).unwrap(), event }
    }

    fn remaining(capacity: usize) -> Vec<Record> {
        let (queue, mut records) = (queue(capacity), Vec::new());
        let receiver = queue.receiver();
        queue.push_all(&mut vec![recovery(0), reading(1), recovery(2), reading(3), reading(4)]);
        receiver.pop_all(&mut records);
        records
    }

    #[test]
    fn a_full_queue_evicts_the_oldest_readings_first() {
        assert_eq!(remaining(5).len(), 5);
        assert_eq!(remaining(3), [recovery(0), recovery(2), reading(4)]);
        assert_eq!(remaining(1), [recovery(2)]);
    }
}
