//! The thread that writes the history. When that fails, the records wait, and it tries again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batch::{self, Batch};
use super::database::{Database, FileIdentity, Remedy, WriteError, locks, own_lock, place};
use super::quarantine;
use crate::core::history::record::Record;
use crate::core::messages::effect::Operation;
use crate::core::text;
use crate::runtime::console::writer;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::instance_lock::InstanceLock;
use crate::runtime::platform::{self, MappedCode};
use crate::runtime::work_queue::WorkReceiver;
use crate::runtime::{atomic_file, clock};

/// The writer's state. The fields are dropped in their order: the file before the lock, and the queue's end last, for the end
/// of the program waits for that.
pub(super) struct Writer {
    database: Option<Database>,
    /// Held by the one Loadline that writes.
    lock: Option<InstanceLock>,
    inbox: Arc<Inbox>,
    path: PathBuf,
    /// Records to be written; after a failure they wait here.
    records: Vec<Record>,
    /// The file that was written last, and the state of this run in it.
    run: Option<(FileIdentity, Batch)>,
    /// A failure was reported, and its end was not yet.
    has_failed: bool,
    /// Never one file after the other, where not even a new one can be used.
    may_quarantine: bool,
    queue: WorkReceiver<Record>,
}

impl Writer {
    /// Ready to write to the file at `path`.
    pub fn new(queue: WorkReceiver<Record>, inbox: Arc<Inbox>, path: PathBuf) -> Writer {
        let (records, database, run, lock) = (Vec::new(), None, None, None);
        Writer { database, lock, inbox, path, records, run, has_failed: false, may_quarantine: true, queue }
    }

    /// Writes records until there are no more.
    pub fn run(mut self) {
        // SQLite's code takes a megabyte, and rests for a minute between two batches.
        let code = MappedCode::around(rusqlite::ffi::sqlite3_step as *const ());
        while self.queue.pop_all(&mut self.records) {
            self.write_or_report(false);
            code.iter().for_each(MappedCode::release);
        }
        self.write_or_report(true);
    }

    fn write_or_report(&mut self, is_last: bool) {
        let has_open = self.run.as_ref().is_some_and(|(_, run)| run.open.iter().any(Option::is_some));
        if self.records.is_empty() && !(is_last && has_open) {
            return;
        }
        let mut result = self.write(is_last);
        let mut is_new_file = false;
        if let Err(WriteError::Unusable { word, reason }) = &result
            && self.may_quarantine
        {
            let word = *word;
            match self.quarantine(word, reason) {
                Ok(message) => {
                    self.report(is_last, Err(message));
                    (is_new_file, self.has_failed) = (true, false);
                    result = self.write(is_last);
                }
                Err(reason) => result = Err(WriteError::Unusable { word, reason }),
            }
        }
        match result {
            Ok(()) => {
                self.records.clear();
                self.may_quarantine = true;
                // The next batch reports a new file's success, so that the menu shows for a while what has happened.
                if std::mem::replace(&mut self.has_failed, is_new_file) {
                    self.report(is_last, Ok(()));
                }
            }
            Err(error) => {
                // The records wait. The next attempt opens everything anew.
                (self.database, self.lock) = (None, None);
                if !std::mem::replace(&mut self.has_failed, true) {
                    self.report(is_last, Err(message(&self.path, &error)));
                }
            }
        }
    }

    /// Writes the records, unless another Loadline does: it records the same.
    fn write(&mut self, is_last: bool) -> Result<(), WriteError> {
        if !self.acquire_lock()? {
            return Ok(());
        }
        if self.database.as_ref().is_some_and(|database| !database.is_at(&self.path)) {
            // A new file may get the number of a deleted one: the state of the run in that is forgotten before.
            (self.database, self.run) = (None, None);
        }
        let database = match self.database.take() {
            Some(database) => database,
            None => Database::open(&self.path, self.run.is_none())?,
        };
        let database = self.database.insert(database);
        let run = self.run.take().filter(|(identity, _)| *identity == database.identity).unwrap_or_default().1;
        let (run, result) =
            match batch::write(&mut database.connection, &self.records, &run, platform::cores(), is_last) {
                Ok(run) => (run, Ok(())),
                Err(error) => (run, Err(WriteError::from(error))),
            };
        self.run = Some((database.identity, run));
        result
    }

    fn acquire_lock(&mut self) -> Result<bool, WriteError> {
        if self.lock.is_none() {
            let (folder, name) = place::lock(&self.path);
            atomic_file::make_folder(folder)?;
            let failure = |fault| WriteError::Transient {
                reason: place::lock_reason(&self.path, fault),
                remedy: Remedy::OwnPlace,
            };
            self.lock = own_lock::acquire(folder, &name).map_err(failure)?;
        }
        Ok(self.lock.is_some())
    }

    /// Makes room for a new file. Returns the message about that, or the reason why it failed.
    fn quarantine(&mut self, word: &str, reason: &str) -> Result<String, String> {
        self.database = None;
        match quarantine::quarantine(&self.path, word, &clock::now().wall) {
            Ok(aside) => {
                self.may_quarantine = false;
                Ok(text::history::quarantined(self.path.display(), reason, aside.display()))
            }
            Err(error) => Err(text::history::not_quarantined(reason, error)),
        }
    }

    /// At the end the loop no longer reads the inbox.
    fn report(&self, is_last: bool, result: Result<(), String>) {
        match result {
            Err(message) if is_last => writer::warn(&message),
            result => {
                self.inbox.send(Input::outcome(Operation::Record, result));
            }
        }
    }
}

fn message(path: &Path, error: &WriteError) -> String {
    let (WriteError::Unusable { reason, .. } | WriteError::Transient { reason, .. }) = error;
    let way_out = match error {
        WriteError::Unusable { .. } => text::history::MOVE_IT_AWAY.into(),
        WriteError::Transient { remedy, .. } => match remedy {
            Remedy::Room => text::history::MAKE_ROOM.into(),
            Remedy::Patience => text::history::tried_again(locks::way_out_of_waiting(path)),
            Remedy::OtherPlace => text::history::tried_again(locks::way_out_of_refusal(path)),
            Remedy::Permission => text::history::MAKE_WRITABLE.into(),
            Remedy::OwnPlace => text::history::NAME_OWN_PLACE.into(),
        },
    };
    text::history::unwritable(path.display(), reason, way_out)
}
