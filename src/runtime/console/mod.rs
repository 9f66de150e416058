//! The console: events on stdout, one line each and flushed at once; warnings and errors on stderr.
//!
//! Where the console is the journal, each line of text tells its priority. JSON lines do not: programs read them as they are, and
//! each has its kind inside. Tables and help have none either, and get the journal's default.

pub mod color;
pub mod journal;
pub mod progress;
pub mod screen;
pub mod writer;

use std::io::{self, BufWriter, IsTerminal, Stderr, StdoutLock, Write};
use std::os::fd::AsFd;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use crate::core::escape::for_terminal;
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::messages::severity::Severity;
use crate::core::{json, text};
use crate::runtime::platform;

/// The form of the lines on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// JSON Lines, for programs.
    Json,
}

/// Neither the environment nor stdout changes during a run.
static IS_COLOURED: LazyLock<bool> = LazyLock::new(color::is_wanted_on_stdout);
static IS_STDOUT_JOURNAL: LazyLock<bool> = LazyLock::new(|| journal::is_journal(io::stdout()));
static IS_STDERR_JOURNAL: LazyLock<bool> = LazyLock::new(|| journal::is_journal(io::stderr()));

/// Whether [`log()`] does anything.
static IS_LOGGED: AtomicBool = AtomicBool::new(false);

/// Prints one line on stdout. The error is `BrokenPipe` where no reader is left.
pub fn print_line(line: &OutputLine, form: Form) -> io::Result<()> {
    print_text(&text(line, form))
}

/// The text of a line, without its end.
pub fn text(line: &OutputLine, form: Form) -> String {
    match form {
        Form::Text => {
            let text = text::console::terminal_line(line, *IS_COLOURED);
            if *IS_STDOUT_JOURNAL { text::console::journal_lines(Severity::of(&line.event), &text) } else { text }
        }
        Form::Json => json::json_line(line),
    }
}

/// Prints text on stdout as it is: text from outside must be escaped already.
pub fn print_text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Stderr, if it is a terminal.
pub fn terminal() -> Option<Stderr> {
    Some(io::stderr()).filter(IsTerminal::is_terminal)
}

/// Whether stdout or stderr is a terminal.
pub fn has_terminal() -> bool {
    io::stdout().is_terminal() || io::stderr().is_terminal()
}

/// Stdout for much text at once: buffered, and to be flushed at the end.
pub fn out() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// From here on alerts, their ends, warnings and errors go to the system's log as well: for an app that has no console where
/// somebody would read them.
pub fn enable_log() {
    IS_LOGGED.store(true, Ordering::Relaxed);
}

/// Writes the event to the system's log, if that is [enabled](enable_log).
pub fn log(event: &OutputEvent) {
    if IS_LOGGED.load(Ordering::Relaxed) {
        platform::log(event);
    }
}

fn log_problem(message: &str) {
    if IS_LOGGED.load(Ordering::Relaxed) {
        platform::log(&OutputEvent::Notice(message.to_owned()));
    }
}

/// Prints a warning on stderr. Without stderr there is no place left for it but the log.
pub fn warn(message: &str) {
    log_problem(message);
    let _ = writeln!(io::stderr().lock(), "{}", warning(message));
}

/// The text of a warning on stderr, without its end.
pub fn warning(message: &str) -> String {
    stderr_text(Severity::Warning, &for_terminal(message))
}

/// Prints the error that ends the run on stderr.
pub fn print_failure(message: &str) {
    log_problem(message);
    print_error(&for_terminal(message));
}

/// Prints an error on stderr, of several lines where that helps. Text from outside must be escaped already.
pub fn print_error(message: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", stderr_text(Severity::Error, message));
}

fn stderr_text(severity: Severity, message: &str) -> String {
    let text = format!("loadline: {message}");
    if *IS_STDERR_JOURNAL { text::console::journal_lines(severity, &text) } else { text }
}

fn write_stdout(bytes: &[u8]) -> io::Result<usize> {
    write_some(&io::stdout(), bytes)
}

fn write_stderr(bytes: &[u8]) -> io::Result<usize> {
    write_some(&io::stderr(), bytes)
}

/// Writes some of the bytes without a buffer or a lock of our own, and returns their number. Waits for room also where
/// another program that shares the file has made it refuse instead (`O_NONBLOCK`).
fn write_some(file: &impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match rustix::io::write(file, bytes) {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => match poll(&mut [PollFd::new(file, PollFlags::OUT)], None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            },
            result => return Ok(result?),
        }
    }
}
