//! The console: events on stdout, one line each and flushed at once; warnings and errors on stderr.

pub mod writer;

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
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

/// Whether lines on stdout are coloured. Neither the environment nor stdout changes during a run.
static IS_COLOURED: LazyLock<bool> =
    LazyLock::new(|| is_coloured(|name| std::env::var_os(name), io::stdout().is_terminal()));

/// Prints one line on stdout.
///
/// # Errors
/// When stdout cannot be written: closed (`BrokenPipe`), a full disk.
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
///
/// # Errors
/// When stdout cannot be written.
pub fn print_text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
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

/// Whether output is coloured, by the environment `variable`s and whether it goes to a terminal.
///
/// Sources: <https://no-color.org>, <https://bixense.com/clicolors>. clap's help goes by the same rules.
fn is_coloured(variable: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
    if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return false;
    }
    if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    let is_wanted = variable("CLICOLOR").is_none_or(|value| value != "0");
    // No TERM says as little about the terminal as "dumb".
    let shows_colours = variable("TERM").is_some_and(|term| term != "dumb");
    is_terminal && is_wanted && shows_colours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_to_terminals_unless_the_environment_says_otherwise() {
        for (environment, on_terminal, in_pipe) in [
            ("TERM=xterm", true, false),
            ("TERM=dumb", false, false),
            ("", false, false),
            ("TERM=xterm NO_COLOR=1", false, false),
            ("TERM=xterm NO_COLOR=", true, false),
            ("TERM=xterm CLICOLOR=0", false, false),
            ("TERM=xterm CLICOLOR=1", true, false),
            ("CLICOLOR_FORCE=1", true, true),
            ("TERM=dumb CLICOLOR=0 CLICOLOR_FORCE=1", true, true),
            ("TERM=xterm CLICOLOR_FORCE=0", true, false),
            ("TERM=xterm CLICOLOR_FORCE=1 NO_COLOR=1", false, false),
        ] {
            let variable = |name: &str| {
                let mut pairs = environment.split(' ').filter_map(|pair| pair.split_once('='));
                pairs.find(|(key, _)| *key == name).map(|(_, value)| value.into())
            };
            assert_eq!([true, false].map(|is| is_coloured(variable, is)), [on_terminal, in_pipe], "{environment}");
        }
    }
}
