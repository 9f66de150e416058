//! Stdout and stderr of a run that goes on: threads write the lines, so that nothing else waits for the reader.
//!
//! A pager that is scrolled up, a terminal stopped by Ctrl-S, a stuck link: readings, alerts and the menu go on all the same.
//! Lines for stdout and lines for stderr keep their order among themselves, not with each other.

use std::io::{self, ErrorKind};
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use crate::core::text;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::work_queue::{Popped, WorkQueue, WorkReceiver};
use crate::runtime::{clock, console, platform};

/// How many lines wait for their reader.
const CAPACITY: usize = 1000;
/// How long the end of a run waits for the reader, where a person waits for the end.
const FINISH_LIMIT: Duration = Duration::from_millis(500);

/// Stdout and stderr. Dropping them writes the waiting lines: within half a second, unless they wait for the reader.
pub struct ConsoleWriters {
    stdout: LineWriter,
    stderr: LineWriter,
    finish_limit: Option<Duration>,
}

impl ConsoleWriters {
    /// Starts no thread before the first line. [`Input::Printed`] comes to `inbox` when there are
    /// [results](ConsoleWriters::take_results).
    pub fn new(inbox: &Arc<Inbox>) -> ConsoleWriters {
        let stdout = LineWriter::new(Arc::new(console::write_stdout), Arc::clone(inbox));
        let stderr = LineWriter::new(Arc::new(console::write_stderr), Arc::clone(inbox));
        ConsoleWriters { stdout, stderr, finish_limit: Some(FINISH_LIMIT) }
    }

    /// Queues a line for stdout. Never waits: when the queue is full, the oldest droppable line goes, else the oldest. With a
    /// `ticket` its own outcome is a result too.
    pub fn print(&mut self, text: String, is_droppable: bool, ticket: Option<Ticket>) {
        self.stdout.add_line(Line { text, is_droppable, ticket });
    }

    /// The lines with a ticket that were written since the last call, or lost.
    pub fn take_tickets(&self) -> Vec<(Ticket, bool)> {
        std::mem::take(&mut lock(&self.stdout.report).tickets)
    }

    /// Waits a moment for the lines on stdout.
    pub fn settle(&self) {
        self.stdout.lines.drain(Some(FINISH_LIMIT));
    }

    /// Queues a warning for stderr, and logs it. Never waits.
    pub fn warn(&mut self, message: &str) {
        console::log_problem(message);
        self.stderr.add(console::warning(message), false);
    }

    /// Write results of stdout since the last call: the first error of a series, also that no reader is left ([`is_closed`]),
    /// and `Ok` once all is well again. The number of lines lost in between goes to stderr.
    pub fn take_results(&self) -> Vec<io::Result<()>> {
        // Errors of stderr are not reported: the menu shows the problems that the warnings are about.
        drop(self.stderr.take_results());
        let warn_of_lost = |lost: u64| {
            if lost > 0 {
                self.stderr.add(console::warning(&text::console::lines_lost(lost)), false);
            }
        };
        self.stdout.take_results().into_iter().map(|result| result.map(warn_of_lost)).collect()
    }

    /// From here on the end waits for the reader, however long that takes.
    pub fn wait_for_reader(&mut self) {
        self.finish_limit = None;
    }
}

impl Drop for ConsoleWriters {
    fn drop(&mut self) {
        let deadline = self.finish_limit.map(|limit| clock::monotonic() + limit);
        let left = || deadline.map(|deadline| deadline.saturating_sub(clock::monotonic()));
        self.stdout.lines.finish(left());
        // The loop takes no results any more.
        let errors = self.take_results().into_iter().filter_map(Result::err);
        errors.filter(|error| !is_closed(error)).for_each(|error| self.warn(&text::console::not_written(error)));
        self.stderr.lines.finish(left());
    }
}

/// Warns on stderr where [`ConsoleWriters`] are out of reach, and waits for the reader within the usual limit.
pub fn warn(message: &str) {
    console::log_problem(message);
    let stderr = LineWriter::new(Arc::new(console::write_stderr), Arc::default());
    stderr.add(console::warning(message), false);
    stderr.lines.finish(Some(FINISH_LIMIT));
}

/// Whether no reader is left.
pub fn is_closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

/// Writes some of the bytes and returns their number.
type WriteBytes = Arc<dyn Fn(&[u8]) -> io::Result<usize> + Send + Sync>;

/// One stream: its queue of lines, and the thread that writes them, started with the first line.
struct LineWriter {
    lines: WorkQueue<Line>,
    write: WriteBytes,
    report: Arc<Mutex<WriteReport>>,
    inbox: Arc<Inbox>,
}

/// The number of a line whose outcome somebody wants to know.
pub type Ticket = NonZeroU64;

struct Line {
    text: String,
    is_droppable: bool,
    ticket: Option<Ticket>,
}

impl LineWriter {
    fn new(write: WriteBytes, inbox: Arc<Inbox>) -> LineWriter {
        let lines = WorkQueue::new(CAPACITY, |line: &Line| line.is_droppable);
        LineWriter { lines, write, report: Arc::default(), inbox }
    }

    fn add(&self, text: String, is_droppable: bool) {
        self.add_line(Line { text, is_droppable, ticket: None });
    }

    fn add_line(&self, line: Line) {
        let mut report = lock(&self.report);
        if report.is_closed {
            return report.note(line.ticket, false);
        }
        drop(report);
        if !self.lines.has_receiver()
            && let Err(error) = self.start_thread()
        {
            // The next line tries again.
            lock(&self.report).fail(io::Error::other(text::console::no_thread(&error)));
        }
        // The report is not locked here: the thread would wake into its lock, and sleep once more for each line.
        if let Some(lost) = self.lines.push(line) {
            let mut report = lock(&self.report);
            report.lose_line(io::Error::other(text::console::LINES_DROPPED));
            report.note(lost.ticket, false);
        }
    }

    fn start_thread(&self) -> io::Result<()> {
        let thread = WriterThread {
            lines: self.lines.receiver(),
            write: Arc::clone(&self.write),
            is_partial: false,
            report: Arc::clone(&self.report),
            inbox: Arc::clone(&self.inbox),
        };
        // Without it nothing at all would be said: it never rests.
        let run = move || {
            platform::reset_timer_tolerance();
            thread.run();
        };
        Builder::new().name("console".into()).spawn(run).map(drop)
    }

    fn take_results(&self) -> Vec<Result<u64, io::Error>> {
        std::mem::take(&mut lock(&self.report).results)
    }
}

struct WriterThread {
    lines: WorkReceiver<Line>,
    write: WriteBytes,
    /// The last byte written was in the middle of a line.
    is_partial: bool,
    report: Arc<Mutex<WriteReport>>,
    inbox: Arc<Inbox>,
}

impl WriterThread {
    /// Writes lines until the queue or the stream is closed.
    fn run(mut self) {
        while let Some(line) = self.lines.pop() {
            let result = self.write_line(line.text);
            let mut report = lock(&self.report);
            report.note(line.ticket, result.is_ok());
            let has_results = match result {
                Ok(()) => !self.lines.has_waiting() && report.recover(),
                Err(error) => report.lose_line(error),
            };
            let is_closed = report.is_closed;
            drop(report);
            if has_results || line.ticket.is_some() {
                self.inbox.send(Input::Printed);
            }
            if is_closed {
                while let Popped::Item(line) = self.lines.pop_within(Some(Duration::ZERO)) {
                    lock(&self.report).note(line.ticket, false);
                }
                return;
            }
        }
    }

    /// Writes a line in one piece: others may write to the same place. It begins on a line of its own, also where the one
    /// before was cut off by a full disk.
    fn write_line(&mut self, mut line: String) -> io::Result<()> {
        line.push('\n');
        if self.is_partial {
            line.insert(0, '\n');
        }
        let mut rest = line.as_bytes();
        while !rest.is_empty() {
            let count = (self.write)(rest)?;
            let (written, left) = rest.split_at(count);
            self.is_partial = *written.last().ok_or(ErrorKind::WriteZero)? != b'\n';
            rest = left;
        }
        Ok(())
    }
}

/// The state of a stream, for its thread and the loop.
#[derive(Default)]
struct WriteReport {
    is_failing: bool,
    is_closed: bool,
    /// Lines lost since all was well.
    lost: u64,
    /// `Ok` has the number of lines lost before.
    results: Vec<Result<u64, io::Error>>,
    /// The lines with a ticket that were written, or lost.
    tickets: Vec<(Ticket, bool)>,
}

impl WriteReport {
    fn note(&mut self, ticket: Option<Ticket>, is_written: bool) {
        self.tickets.extend(ticket.map(|ticket| (ticket, is_written)));
    }

    /// Counts a line that will not be written. Returns whether that is a new result.
    fn lose_line(&mut self, error: io::Error) -> bool {
        self.lost += 1;
        self.fail(error)
    }

    /// Returns whether the error is a new result: the first of a series is, and the end of the stream.
    fn fail(&mut self, error: io::Error) -> bool {
        self.is_closed |= is_closed(&error);
        let is_new = !std::mem::replace(&mut self.is_failing, true) || self.is_closed;
        if is_new {
            self.results.push(Err(error));
        }
        is_new
    }

    /// All lines are written. Returns whether that is a new result.
    fn recover(&mut self) -> bool {
        let is_new = std::mem::take(&mut self.is_failing);
        if is_new {
            self.results.push(Ok(std::mem::take(&mut self.lost)));
        }
        is_new
    }
}

fn lock(report: &Mutex<WriteReport>) -> MutexGuard<'_, WriteReport> {
    // The report is whole between any two statements: a panic elsewhere leaves it usable.
    report.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
