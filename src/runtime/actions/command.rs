//! Runs the command of an action: gives it the alert, captures its output, and ends it when its time is up.

use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;

use super::attribution::AttributedLine;
use super::exchange::{Exchange, MAX_RESPONSE_BYTES, permanent};
use super::process_group::{ProcessGroup, ProcessGroups};
use crate::core::actions::env_vars::variables;
use crate::core::duration::humanize_exact;
use crate::core::escape::quoted;
use crate::core::json;
use crate::core::text::actions::{NO_COMMAND, command as text};
use crate::core::text::figures::truncate_bytes;
use crate::runtime::{clock, platform};

/// The most that is read at a time: a pipe holds as much.
const CHUNK_BYTES: usize = 64 << 10;
/// The most that is read once the program has ended: more than a pipe can hold, and little enough where a program that it
/// left in the background goes on writing.
const REST_BYTES: usize = 2 << 20;
/// A program that has written more is flooding: it is read no faster than a chunk in [`FLOOD_PAUSE`] (3 MB a second), and waits
/// at its full pipe, so that it costs next to nothing, and still comes to its end.
const FLOOD_BYTES: u64 = 1 << 20;
const FLOOD_PAUSE: Duration = Duration::from_millis(20);
/// The variable with the users of the processes.
const UIDS: &str = "LOADLINE_UIDS";
/// The time between asking a group to end and ending it.
const GRACE: Duration = Duration::from_secs(2);

/// Runs `argv` without a shell and waits for its end, for at most `timeout`. It gets `alert`, which happened on the machine
/// called `host`, in its environment and as JSON on its stdin. It does not inherit the `hidden` variables.
///
/// It runs in a process group of its own, all of which is ended when the time is up. Programs that it left in the background
/// when it ended in time run on, but nobody reads their output.
pub fn run(
    argv: &[String],
    timeout: Duration,
    alert: &AttributedLine,
    host: &str,
    is_test: bool,
    groups: &Arc<ProcessGroups>,
    hidden: &[String],
) -> Exchange {
    let AttributedLine { line, uids } = alert;
    let input = json::json_for_command(line, host, is_test, uids.as_deref());
    let words: Vec<String> = argv.iter().map(|word| quoted(word)).collect();
    let sent = format!("{}\n{input}", words.join(" "));
    let Some((program, arguments)) = argv.split_first() else {
        return Exchange { sent, ..permanent(NO_COMMAND).unsent() };
    };
    let mut command = Command::new(program);
    command.args(arguments);
    platform::restore_environment(&mut command);
    for name in hidden {
        command.env_remove(name);
    }
    for (name, value) in variables(line, host, is_test) {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let uids = uids.as_ref().map(|uids| uids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    match uids {
        Some(uids) => command.env(UIDS, uids),
        None => command.env_remove(UIDS),
    };
    let (captured, outcome) = match start(command, groups) {
        Ok((group, pipes)) => wait(group, pipes, format!("{input}\n").as_bytes(), timeout),
        Err(error) => (CapturedOutput::default(), Err(not_started(program, &error))),
    };
    // Another attempt would run the command again: that is for the next alert.
    let outcome = outcome.and_then(|end| result_of(program, timeout, end)).map_err(permanent);
    Exchange { sent, response: captured.text(), outcome }
}

fn not_started(program: &str, error: &io::Error) -> String {
    /// The system does not know this kind of file (`ENOEXEC`).
    const UNKNOWN_FORMAT: i32 = 8;
    let way_out = match error.kind() {
        ErrorKind::NotFound if program.contains('/') => text::SEE_FIRST_LINE,
        ErrorKind::NotFound => text::GIVE_FULL_PATH,
        ErrorKind::PermissionDenied => text::MAKE_EXECUTABLE,
        _ if error.raw_os_error() == Some(UNKNOWN_FORMAT) => text::ADD_FIRST_LINE,
        _ => text::TRY_ON_CONSOLE,
    };
    text::not_started(program, error, way_out)
}

/// The end of a program.
enum CommandEnd {
    Itself(io::Result<ExitStatus>),
    TimeUp,
}

fn result_of(program: &str, timeout: Duration, end: CommandEnd) -> Result<(), String> {
    match end {
        CommandEnd::Itself(Ok(status)) if status.success() => Ok(()),
        CommandEnd::Itself(Ok(status)) => Err(match (status.code(), status.signal()) {
            (Some(code), _) => text::exit_status(program, code),
            (None, Some(signal)) => text::signalled(program, signal),
            (None, None) => text::failed(program, status),
        }),
        CommandEnd::Itself(Err(error)) => Err(text::no_status(program, error)),
        CommandEnd::TimeUp => Err(text::timed_out(program, humanize_exact(timeout))),
    }
}

/// Our ends of a program's pipes, neither of which blocks; `None` when closed.
struct CommandPipes {
    stdin: Option<PipeWriter>,
    /// stdout and stderr together.
    output: Option<PipeReader>,
}

fn start(mut command: Command, groups: &Arc<ProcessGroups>) -> io::Result<(ProcessGroup, CommandPipes)> {
    let (stdin, write) = io::pipe()?;
    let (read, output) = io::pipe()?;
    ioctl_fionbio(&write, true)?;
    ioctl_fionbio(&read, true)?;
    command.stdin(stdin).stderr(output.try_clone()?).stdout(output);
    Ok((groups.start(command)?, CommandPipes { stdin: Some(write), output: Some(read) }))
}

/// How far a program is on the way to its forced end.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    InTime,
    /// SIGTERM was sent.
    Asked,
    /// SIGKILL was sent.
    Killed,
}

/// Writes the input and captures the output until the program has ended, by itself or by force.
fn wait(
    group: ProcessGroup,
    mut pipes: CommandPipes,
    mut input: &[u8],
    timeout: Duration,
) -> (CapturedOutput, Result<CommandEnd, String>) {
    let mut captured = CapturedOutput::default();
    let (mut phase, mut has_ended) = (Phase::InTime, false);
    let mut until = clock::monotonic() + timeout;
    loop {
        let left = until.saturating_sub(clock::monotonic());
        if left.is_zero() {
            phase = match phase {
                Phase::InTime => {
                    group.terminate();
                    Phase::Asked
                }
                Phase::Asked => {
                    // Also when the leader has ended: programs that it started may not have.
                    group.kill();
                    Phase::Killed
                }
                // The system is still busy for it (a disk that does not respond). It will end.
                Phase::Killed => return (captured, Ok(CommandEnd::TimeUp)),
            };
            until += GRACE;
        }
        if has_ended && phase != Phase::Asked {
            pipes.read(&mut captured, REST_BYTES);
            let status = group.status();
            let end = if phase == Phase::InTime { CommandEnd::Itself(status) } else { CommandEnd::TimeUp };
            return (captured, Ok(end));
        }
        let is_flood = captured.total_bytes > FLOOD_BYTES;
        let wanted = Wanted { input: !input.is_empty(), output: !is_flood };
        let left = if is_flood { left.min(FLOOD_PAUSE) } else { left };
        if let Err(error) = pipes.wait(left, (!has_ended).then_some(&group.ended), &mut has_ended, wanted) {
            group.kill();
            return (captured, Err(text::no_output(error)));
        }
        pipes.write(&mut input);
        pipes.read(&mut captured, CHUNK_BYTES);
    }
}

/// The pipes that are waited for.
#[derive(Clone, Copy)]
struct Wanted {
    input: bool,
    output: bool,
}

impl CommandPipes {
    /// Waits until something can be read or written, the program `ended`, or `limit` has passed.
    fn wait(
        &self,
        limit: Duration,
        ended: Option<&PipeReader>,
        has_ended: &mut bool,
        wanted: Wanted,
    ) -> io::Result<()> {
        let mut pipes = Vec::with_capacity(3);
        pipes.extend(ended.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        pipes.extend(self.output.as_ref().filter(|_| wanted.output).map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        pipes.extend(self.stdin.as_ref().filter(|_| wanted.input).map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        match poll(&mut pipes, Some(&limit)) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => {
                *has_ended |= ended.is_some() && pipes.first().is_some_and(|pipe| !pipe.revents().is_empty());
            }
        }
        Ok(())
    }

    /// Writes as much of `input` as the program's stdin takes now, and drops that from it.
    fn write(&mut self, input: &mut &[u8]) {
        let Some(stdin) = &mut self.stdin else { return };
        let is_open = match stdin.write(input) {
            Ok(written) => {
                *input = input.get(written..).unwrap_or_default();
                !input.is_empty()
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        };
        if !is_open {
            self.stdin = None;
        }
    }

    /// Reads the output that has come, `limit` bytes at most.
    fn read(&mut self, captured: &mut CapturedOutput, limit: usize) {
        let mut chunk = [0; 8 << 10];
        let mut taken = 0;
        while let Some(output) = &mut self.output
            && taken < limit
        {
            match output.read(&mut chunk) {
                Ok(0) => self.output = None,
                Ok(count) => {
                    captured.push(chunk.get(..count).unwrap_or_default());
                    taken += count;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.output = None,
            }
        }
    }
}

/// The beginning of the output, and the length of all of it.
#[derive(Default)]
struct CapturedOutput {
    beginning: Vec<u8>,
    total_bytes: u64,
}

impl CapturedOutput {
    fn push(&mut self, bytes: &[u8]) {
        self.total_bytes += bytes.len() as u64;
        self.beginning.extend(bytes.iter().take(MAX_RESPONSE_BYTES.saturating_sub(self.beginning.len())));
    }

    fn text(&self) -> String {
        let mut output = String::from_utf8_lossy(&self.beginning).into_owned();
        let is_truncated = self.total_bytes > self.beginning.len() as u64 || output.len() > MAX_RESPONSE_BYTES;
        truncate_bytes(&mut output, MAX_RESPONSE_BYTES);
        if is_truncated {
            output.push_str(&text::output_truncated(self.total_bytes));
        }
        output
    }
}
