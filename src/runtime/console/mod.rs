//! The console: events on stdout, one line each and flushed at once; warnings and errors on stderr.

pub mod color;
pub mod progress;
pub mod writer;

use std::io::{self, BufWriter, IsTerminal, Stderr, StdoutLock, Write};
use std::os::fd::AsFd;
use std::sync::LazyLock;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use crate::core::escape::for_terminal;
use crate::core::messages::output_line::OutputLine;
use crate::core::{json, text};

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

/// Prints one line on stdout. The error is `BrokenPipe` where no reader is left.
pub fn print_line(line: &OutputLine, form: Form) -> io::Result<()> {
    print_text(&text(line, form))
}

/// The text of a line, without its end.
pub fn text(line: &OutputLine, form: Form) -> String {
    match form {
        Form::Text => text::console::terminal_line(line, *IS_COLOURED),
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

/// Stdout for much text at once: buffered, and to be flushed at the end.
pub fn out() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Prints a warning on stderr. Without stderr there is no place left for it.
pub fn warn(message: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", warning(message));
}

/// The text of a warning, without its end.
pub fn warning(message: &str) -> String {
    format!("loadline: {}", for_terminal(message))
}

/// Prints an error on stderr, of several lines where that helps. Text from outside must be escaped already.
pub fn print_error(message: &str) {
    let _ = writeln!(io::stderr().lock(), "loadline: {message}");
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
