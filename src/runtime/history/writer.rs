//! The thread that writes the history, and what becomes of it where that fails: the records wait, and it is tried again.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batch::{self, Batch};
use super::database::{Database, FileIdentity, Remedy, Unusable, WriteError};
use super::handover::WriteQueue;
use super::quarantine;
use crate::core::history::record::Record;
use crate::core::messages::effect::Operation;
use crate::runtime::console::writer;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::instance_lock::{self, InstanceLock};
use crate::runtime::{atomic_file, clock};

/// What the writer needs and knows. The file is let go before the lock.
pub(super) struct Writer {
    handover: Arc<WriteQueue>,
    inbox: Arc<Inbox>,
    path: PathBuf,
    /// What is to be written.
    records: Vec<Record>,
    book: Option<Database>,
    /// Which file was written last, and what has been.
    run: Option<(FileIdentity, Batch)>,
    /// Held by the one Loadline that writes.
    owned: Option<InstanceLock>,
    /// Whether the person has been told that something is wrong, and not yet that it is well.
    is_wrong: bool,
    /// Whether a file may be put aside: not one after the other, where not even a new one can be used.
    may_put_aside: bool,
}

impl Writer {
    /// Ready to write to the file at `path`.
    pub fn new(handover: Arc<WriteQueue>, inbox: Arc<Inbox>, path: PathBuf) -> Writer {
        let (records, book, run, owned) = (Vec::new(), None, None, None);
        Writer { handover, inbox, path, records, book, run, owned, is_wrong: false, may_put_aside: true }
    }

    /// Writes what is handed over until there is no more.
    pub fn run(mut self) {
        loop {
            let is_last = self.handover.pop_all(&mut self.records);
            self.keep(is_last);
            if is_last {
                break;
            }
        }
        let handover = Arc::clone(&self.handover);
        drop(self);
        handover.writer_is_gone();
    }

    fn keep(&mut self, is_last: bool) {
        let has_open = self.run.as_ref().is_some_and(|(_, run)| run.open.iter().any(Option::is_some));
        if self.records.is_empty() && !(is_last && has_open) {
            return;
        }
        let mut result = self.write(is_last);
        let mut is_anew = false;
        if let Err(WriteError::Unusable(unusable)) = &result
            && self.may_put_aside
        {
            match self.quarantine(unusable) {
                Ok(complaint) => {
                    self.say(is_last, Err(complaint));
                    (is_anew, self.is_wrong) = (true, false);
                    result = self.write(is_last);
                }
                Err(worse) => result = Err(WriteError::Unusable(worse)),
            }
        }
        match result {
            Ok(()) => {
                self.succeed(is_last);
                // That it is well is said by the next batch, so that the menu shows for a while what has happened.
                self.is_wrong = is_anew;
            }
            Err(fault) => self.fail(is_last, &fault),
        }
    }

    /// Writes the records, unless another Loadline does: it records the same.
    fn write(&mut self, is_last: bool) -> Result<(), WriteError> {
        if !self.is_owner()? {
            return Ok(());
        }
        if self.book.as_ref().is_some_and(|book| !book.is_at(&self.path)) {
            // Another file may get the number of one that was deleted: what was written to that is forgotten before.
            (self.book, self.run) = (None, None);
        }
        let book = match self.book.take() {
            Some(book) => book,
            None => Database::open(&self.path, self.run.is_none())?,
        };
        let book = self.book.insert(book);
        let run = self.run.take().filter(|(identity, _)| *identity == book.identity).unwrap_or_default().1;
        let result = batch::write(&mut book.database, &self.records, &run, is_last);
        let (run, result) = match result {
            Ok(run) => (run, Ok(())),
            Err(error) => (run, Err(WriteError::from(error))),
        };
        self.run = Some((book.identity, run));
        result
    }

    fn is_owner(&mut self) -> Result<bool, WriteError> {
        if self.owned.is_none() {
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            atomic_file::make_folder(folder)?;
            let mut name = OsString::from(self.path.file_name().unwrap_or_default());
            name.push(".lock");
            self.owned = instance_lock::acquire(Some(folder), &name.to_string_lossy());
        }
        Ok(self.owned.is_some())
    }

    /// Makes room for a new file. What is to be said of that, or what is wrong if that cannot be done.
    fn quarantine(&mut self, unusable: &Unusable) -> Result<String, Unusable> {
        self.book = None;
        let (path, reason) = (self.path.display(), &unusable.reason);
        match quarantine::quarantine(&self.path, unusable.word, &clock::now().wall) {
            Ok(aside) => {
                self.may_put_aside = false;
                let aside = aside.display();
                Ok(format!("could not use the history '{path}': {reason}; it is now '{aside}', and a new one is begun"))
            }
            Err(error) => {
                let reason = format!("{reason}, nor could it be put aside ({error})");
                Err(Unusable { word: unusable.word, reason })
            }
        }
    }

    fn succeed(&mut self, is_last: bool) {
        self.records.clear();
        self.may_put_aside = true;
        if std::mem::take(&mut self.is_wrong) {
            self.say(is_last, Ok(()));
        }
    }

    /// The records wait. Everything is opened anew when it is tried again.
    fn fail(&mut self, is_last: bool, fault: &WriteError) {
        self.book = None;
        self.owned = None;
        if !std::mem::replace(&mut self.is_wrong, true) {
            self.say(is_last, Err(complaint(&self.path, fault)));
        }
    }

    /// Lets the person know. At the end there is no loop any more that could.
    fn say(&self, is_last: bool, result: Result<(), String>) {
        match result {
            Err(complaint) if is_last => writer::warn(&complaint),
            result => {
                self.inbox.send(Input::outcome(Operation::Record, result));
            }
        }
    }
}

/// What is said of a fault, with the way out.
fn complaint(path: &Path, fault: &WriteError) -> String {
    let (reason, way_out) = match fault {
        WriteError::Unusable(unusable) => (&unusable.reason, "move it away"),
        WriteError::Transient { reason, cure: Remedy::Room } => (reason, "it goes on by itself once there is room"),
        WriteError::Transient { reason, cure: Remedy::Patience } => {
            (reason, "another program holds it; it is tried again every minute")
        }
        WriteError::Transient { reason, cure: Remedy::Permission } => (
            reason,
            "make it and its folder writable, or name another file in LOADLINE_HISTORY; it is tried again every minute",
        ),
    };
    format!("could not keep the history in '{}': {reason}; {way_out}", path.display())
}
