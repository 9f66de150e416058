//! Runs the program of an action: tells it what happened, listens to what it says, and ends it when its time is up.

use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;

use super::exchange::{Exchange, Failure, KEPT_BYTES};
use super::process_group::{ProcessGroup, ProcessGroups};
use crate::core::actions::env_vars::{truncate, variables};
use crate::core::messages::output_line::OutputLine;
use crate::core::{duration, json};
use crate::runtime::{clock, platform};

/// How much is read at a time: what a pipe holds.
const CHUNK_BYTES: usize = 64 << 10;
/// How much is read once the program has ended: more than a pipe can hold, and little enough where something that it left
/// in the background goes on writing.
const REST_BYTES: usize = 2 << 20;
/// How long a group has between being asked to end and being ended.
const GRACE: Duration = Duration::from_secs(2);

/// Runs `argv` without a shell and waits for it to end, for at most `timeout`. It is told of `line`, which happened on the
/// machine called `host`, by its environment and by JSON on its stdin.
///
/// It runs in a process group of its own, all of which is ended when the time is up. What it left in the background when it
/// ended in time runs on, but nobody reads what that writes.
pub fn run(
    argv: &[String],
    timeout: Duration,
    line: &OutputLine,
    host: &str,
    is_test: bool,
    groups: &Arc<ProcessGroups>,
) -> Exchange {
    let told = json::json_for_action(line, host, is_test);
    let words: Vec<String> = argv.iter().map(|word| quoted(word)).collect();
    let sent = format!("{}\n{told}", words.join(" "));
    let Some((program, arguments)) = argv.split_first() else {
        return Exchange { sent, response: String::new(), outcome: Err(for_good("there is no command to run".into())) };
    };
    let mut command = Command::new(program);
    command.args(arguments);
    platform::restore_environment(&mut command);
    for (name, value) in variables(line, host, is_test) {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let (heard, outcome) = match start(command, groups) {
        Ok((group, talk)) => wait(group, talk, format!("{told}\n").as_bytes(), timeout),
        Err(error) => (CapturedOutput::default(), Err(not_started(program, &error))),
    };
    let outcome = outcome.and_then(|end| judge(program, timeout, end)).map_err(for_good);
    Exchange { sent, response: heard.text(), outcome }
}

/// `text` as one word of a shell's command line.
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Trying again would run it again: that is for the next alert.
fn for_good(text: String) -> Failure {
    Failure { text, is_retryable: false, retry_after: None }
}

fn not_started(program: &str, error: &io::Error) -> String {
    /// The system does not know this kind of file (`ENOEXEC`).
    const UNKNOWN_FORMAT: i32 = 8;
    let way_out = match error.kind() {
        ErrorKind::NotFound if program.contains('/') => "see whether it, and what its first line names, is there",
        ErrorKind::NotFound => "give its full path",
        ErrorKind::PermissionDenied => "make it executable with 'chmod +x'",
        _ if error.raw_os_error() == Some(UNKNOWN_FORMAT) => "begin a script with a line such as '#!/bin/sh'",
        _ => "try it on a console",
    };
    format!("command '{program}' could not be started: {error}; {way_out}")
}

/// How a program ended.
enum CommandEnd {
    Itself(io::Result<ExitStatus>),
    TimeUp,
}

fn judge(program: &str, timeout: Duration, end: CommandEnd) -> Result<(), String> {
    match end {
        CommandEnd::Itself(Ok(status)) if status.success() => Ok(()),
        CommandEnd::Itself(Ok(status)) => Err(match (status.code(), status.signal()) {
            (Some(code), _) => format!("'{program}' ended with status {code}"),
            (None, Some(signal)) => format!("'{program}' was ended by signal {signal}"),
            (None, None) => format!("'{program}' failed ({status})"),
        }),
        CommandEnd::Itself(Err(error)) => Err(format!("could not wait for '{program}': {error}")),
        CommandEnd::TimeUp => {
            Err(format!("'{program}' had not ended after {} and was ended", duration::humanize_exact(timeout)))
        }
    }
}

/// Our ends of a program's pipes. Neither is ever waited for; `None` when closed.
struct Talk {
    stdin: Option<PipeWriter>,
    /// stdout and stderr together.
    output: Option<PipeReader>,
}

fn start(mut command: Command, groups: &Arc<ProcessGroups>) -> io::Result<(ProcessGroup, Talk)> {
    let (stdin, write) = io::pipe()?;
    let (read, output) = io::pipe()?;
    ioctl_fionbio(&write, true)?;
    ioctl_fionbio(&read, true)?;
    command.stdin(stdin).stderr(output.try_clone()?).stdout(output);
    Ok((groups.start(command)?, Talk { stdin: Some(write), output: Some(read) }))
}

/// Where a program stands whose time is up.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// It still has time.
    InTime,
    /// It was asked to end.
    Asked,
    /// It was ended.
    Ended,
}

/// Talks with the program until it has ended, or had to be.
fn wait(
    group: ProcessGroup,
    mut talk: Talk,
    mut told: &[u8],
    timeout: Duration,
) -> (CapturedOutput, Result<CommandEnd, String>) {
    let mut heard = CapturedOutput::default();
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
                    // Also when the leader has ended: what it started may not have.
                    group.kill();
                    Phase::Ended
                }
                // The system is still busy for it (a disk that does not answer). It will end.
                Phase::Ended => return (heard, Ok(CommandEnd::TimeUp)),
            };
            until += GRACE;
        }
        if has_ended && phase != Phase::Asked {
            talk.listen(&mut heard, REST_BYTES);
            let status = group.status();
            return (heard, Ok(if phase == Phase::InTime { CommandEnd::Itself(status) } else { CommandEnd::TimeUp }));
        }
        if let Err(error) = talk.wait(left, (!has_ended).then(|| group.ended()), &mut has_ended, !told.is_empty()) {
            group.kill();
            return (heard, Err(format!("could not listen to the command: {error}")));
        }
        talk.tell(&mut told);
        talk.listen(&mut heard, CHUNK_BYTES);
    }
}

impl Talk {
    /// Waits until something can be read or written, the program `ended`, or `limit` has passed.
    fn wait(
        &self,
        limit: Duration,
        ended: Option<&PipeReader>,
        has_ended: &mut bool,
        has_more: bool,
    ) -> io::Result<()> {
        let mut pipes = Vec::with_capacity(3);
        pipes.extend(ended.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        pipes.extend(self.output.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        pipes.extend(self.stdin.as_ref().filter(|_| has_more).map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        match poll(&mut pipes, Some(&limit)) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        *has_ended |= ended.is_some() && pipes.first().is_some_and(|pipe| !pipe.revents().is_empty());
        Ok(())
    }

    /// Writes as much of `told` as the program's stdin takes now.
    fn tell(&mut self, told: &mut &[u8]) {
        let Some(stdin) = &mut self.stdin else { return };
        let is_open = match stdin.write(told) {
            Ok(written) => {
                *told = told.get(written..).unwrap_or_default();
                !told.is_empty()
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        };
        if !is_open {
            self.stdin = None;
        }
    }

    /// Reads what the program has said, `limit` bytes at most.
    fn listen(&mut self, heard: &mut CapturedOutput, limit: usize) {
        let mut chunk = [0; 8 << 10];
        let mut taken = 0;
        while let Some(output) = &mut self.output
            && taken < limit
        {
            match output.read(&mut chunk) {
                Ok(0) => self.output = None,
                Ok(count) => {
                    heard.take(chunk.get(..count).unwrap_or_default());
                    taken += count;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.output = None,
            }
        }
    }
}

/// What a program said: the beginning of it, and how much it was.
#[derive(Default)]
struct CapturedOutput {
    kept: Vec<u8>,
    total_bytes: u64,
}

impl CapturedOutput {
    fn take(&mut self, bytes: &[u8]) {
        self.total_bytes += bytes.len() as u64;
        let room = KEPT_BYTES - self.kept.len().min(KEPT_BYTES);
        self.kept.extend(bytes.iter().take(room));
    }

    fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.kept).into_owned();
        let is_cut = self.total_bytes > self.kept.len() as u64 || text.len() > KEPT_BYTES;
        truncate(&mut text, KEPT_BYTES);
        if is_cut {
            text.push_str(&format!("\n(cut here: it said {} bytes)", self.total_bytes));
        }
        text
    }
}
