//! What Loadline says: events on stdout, one line each and flushed at once; complaints on stderr.

pub mod pen;
pub mod writer;

use std::io::{self, BufWriter, Stderr, Stdout, StdoutLock, Write};

use crate::core::alerts::event::Line;
use crate::core::escape::for_terminal;
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
pub fn say(line: &Line, form: Form) -> io::Result<()> {
    say_text(&text(line, form))
}

/// How a line is said.
pub fn text(line: &Line, form: Form) -> String {
    match form {
        Form::Text => for_terminal(&text::console_line(line)).into_owned(),
        Form::Json => json::json_line(line),
    }
}

/// Says a text of ours on stdout as it is.
///
/// # Errors
/// When stdout takes no more.
pub fn say_text(text: &str) -> io::Result<()> {
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

/// Stdout for much text at once: what is written is gathered, and must be flushed in the end.
pub fn out() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Says on stderr what went wrong. Where stderr is closed too there is nobody left to tell.
pub fn complain(message: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", complaint(message));
}

/// How it is said that something went wrong.
pub fn complaint(message: &str) -> String {
    format!("loadline: {}", for_terminal(message))
}

/// Says on stderr what went wrong, in several lines where that helps. What comes from outside must be escaped already.
pub fn complain_at_length(message: &str) {
    let _ = writeln!(io::stderr().lock(), "loadline: {message}");
}
