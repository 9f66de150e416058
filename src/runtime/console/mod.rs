//! What Loadline says: events on stdout, one line each and flushed at once; complaints on stderr.

pub mod pen;
pub mod progress;
pub mod writer;

use std::io::{self, BufWriter, IsTerminal, Stderr, Stdout, StdoutLock, Write};

use crate::core::escape::for_terminal;
use crate::core::messages::output_line::OutputLine;
use crate::core::{json, text};
use pen::Descriptor;

/// In which form lines are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// JSON Lines, for programs.
    Json,
}

/// Says one line on stdout.
///
/// # Errors
/// When stdout takes no more: closed (`BrokenPipe`), a full disk.
pub fn print_line(line: &OutputLine, form: Form) -> io::Result<()> {
    print_text(&text(line, form))
}

/// How a line is said.
pub fn text(line: &OutputLine, form: Form) -> String {
    match form {
        Form::Text => for_terminal(&text::console::console_line(line)).into_owned(),
        Form::Json => json::json_line(line),
    }
}

/// Says a text of ours on stdout as it is.
///
/// # Errors
/// When stdout takes no more.
pub fn print_text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Stdout, for who writes there all along: a thread of [`writer`].
pub fn stdout() -> Descriptor<Stdout> {
    Descriptor(io::stdout())
}

/// Stderr, for the same.
pub fn stderr() -> Descriptor<Stderr> {
    Descriptor(io::stderr())
}

/// Stderr, if it is a terminal.
pub fn terminal() -> Option<Stderr> {
    Some(io::stderr()).filter(IsTerminal::is_terminal)
}

/// Stdout for much text at once: what is written is gathered, and must be flushed in the end.
pub fn out() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Says on stderr what went wrong. Where stderr is closed too there is nobody left to tell.
pub fn warn(message: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", warning(message));
}

/// How it is said that something went wrong.
pub fn warning(message: &str) -> String {
    format!("loadline: {}", for_terminal(message))
}

/// Says on stderr what went wrong, in several lines where that helps. What comes from outside must be escaped already.
pub fn print_error(message: &str) {
    let _ = writeln!(io::stderr().lock(), "loadline: {message}");
}
