//! The history's end on the loop's side: gathers what is to be kept, and hands it over once a minute.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

use super::handover::WriteQueue;
use super::writer::Writer;
use crate::core::history::record::Record;
use crate::core::messages::effect::Operation;
use crate::runtime::console::writer;
use crate::runtime::inbox::{Inbox, Input};

/// How long records are gathered before they are written. What a crash of the machine may cost.
const GATHERED_FOR: Duration = Duration::from_secs(60);
/// How long the end of the program, or a report, waits for the last of them.
const FINISH_LIMIT: Duration = Duration::from_secs(3);

/// Keeps the history. Until there is something to be written there is no thread, and no file is touched.
pub struct Recorder {
    gathered: Vec<Record>,
    /// When records were handed over last, or else the first one came.
    since: Option<Duration>,
    path: PathBuf,
    inbox: Arc<Inbox>,
    handover: Arc<WriteQueue>,
    is_writer_started: bool,
}

impl Recorder {
    /// Ready to keep the history in the file at `path`. What goes wrong comes back through the inbox, once, and when it is
    /// well again, that as well.
    pub fn start(inbox: Arc<Inbox>, path: PathBuf) -> Recorder {
        let (gathered, handover) = (Vec::new(), Arc::default());
        Recorder { gathered, since: None, path, inbox, handover, is_writer_started: false }
    }

    /// Has `record` kept: within a minute of `elapsed` (which never goes back), an alert at once. Never waits.
    pub fn record(&mut self, record: Record, elapsed: Duration) {
        let since = *self.since.get_or_insert(elapsed);
        let is_urgent = match &record {
            Record::Alert { .. } => true,
            // The next one will be as far away.
            Record::Reading(kept) => kept.refresh >= GATHERED_FOR,
            Record::Recovery { .. } => false,
        };
        self.gathered.push(record);
        if is_urgent || elapsed.saturating_sub(since) >= GATHERED_FOR {
            self.since = Some(elapsed);
            self.hand_over();
        }
    }

    /// Has what was gathered so far written now. Never waits itself.
    pub fn write_now(&mut self) -> WriteReceipt {
        if !self.gathered.is_empty() {
            self.hand_over();
        }
        WriteReceipt(Arc::clone(&self.handover))
    }

    fn hand_over(&mut self) {
        self.handover.push(&mut self.gathered);
        self.start_writer();
    }

    fn start_writer(&mut self) {
        if self.is_writer_started {
            return;
        }
        let writer = Writer::new(Arc::clone(&self.handover), Arc::clone(&self.inbox), self.path.clone());
        match Builder::new().name("history".into()).spawn(move || writer.run()) {
            Ok(_) => self.is_writer_started = true,
            Err(error) => {
                let problem = format!("could not keep the history: no thread could be started ({error})");
                self.inbox.send(Input::outcome(Operation::Record, Err(problem)));
            }
        }
    }
}

/// What was handed over to be written.
pub struct WriteReceipt(Arc<WriteQueue>);

impl WriteReceipt {
    /// Waits until nothing is left to be written, but not without end: what cannot be written is told by the writer, and is
    /// not waited for. Whether nothing is left.
    pub fn wait(&self) -> bool {
        self.0.settle_flush(FINISH_LIMIT)
    }
}

impl Drop for Recorder {
    /// Has the rest written, and waits a moment for that.
    fn drop(&mut self) {
        if self.gathered.is_empty() && !self.is_writer_started {
            return;
        }
        self.handover.push_last(&mut self.gathered);
        self.start_writer();
        if self.is_writer_started && !self.handover.finish(FINISH_LIMIT) {
            writer::warn("the end of the history may be missing: the disk did not take it in time");
        }
    }
}
