//! A process this test started, and therefore ends.
// The tests of the desktop use all of it; without them some of it goes unused.
#![cfg_attr(not(all(target_os = "linux", feature = "menu-bar")), allow(dead_code))]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::wait::{SOON, wait_for};

/// A failure prints so many lines of each output: the last ones.
const SHOWN_LINES: usize = 100;

/// Killed and waited for when it goes out of scope.
pub struct Owned(pub Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // Both fail only for a process that has already been waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program under test, with every line of its output.
pub struct Program {
    process: Owned,
    started: Instant,
    out: Lines,
    err: Lines,
}

impl Program {
    /// Starts `command` and reads both of its outputs.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        Self::spawn(command)
    }

    /// Starts `command` and returns the pipe to its stdin too.
    pub fn start_and_talk(mut command: Command) -> (Self, ChildStdin) {
        command.stdin(Stdio::piped());
        let mut program = Self::spawn(command);
        let stdin = program.process.0.stdin.take().unwrap();
        (program, stdin)
    }

    fn spawn(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        let out = Lines::of(child.stdout.take().unwrap());
        let err = Lines::of(child.stderr.take().unwrap());
        Self { process: Owned(child), started, out, err }
    }

    /// The time right before the start.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// The process ID.
    pub fn id(&self) -> u32 {
        self.process.0.id()
    }

    /// The lines on stdout so far.
    pub fn out(&self) -> Vec<String> {
        self.out.so_far()
    }

    /// The lines on stderr so far.
    pub fn err(&self) -> Vec<String> {
        self.err.so_far()
    }

    /// The lines on stdout so far that contain `needle`.
    pub fn out_with(&self, needle: &str) -> Vec<String> {
        containing(self.out(), needle)
    }

    /// The lines on stderr so far that contain `needle`.
    pub fn err_with(&self, needle: &str) -> Vec<String> {
        containing(self.err(), needle)
    }

    /// Line `index` of stdout, counted from 0.
    #[track_caller]
    pub fn wait_line(&self, index: usize) -> String {
        wait_for(&format!("line {index} of stdout"), SOON, || self.out().get(index).cloned())
    }

    /// The first line on stdout that contains `needle`.
    #[track_caller]
    pub fn wait_out(&self, needle: &str) -> String {
        wait_for(&format!("{needle:?} on stdout"), SOON, || self.out_with(needle).into_iter().next())
    }

    /// The first line on stderr that contains `needle`.
    #[track_caller]
    pub fn wait_err(&self, needle: &str) -> String {
        wait_for(&format!("{needle:?} on stderr"), SOON, || self.err_with(needle).into_iter().next())
    }

    /// Sends a signal by its short name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = self.kill(name);
        assert!(status.success(), "kill -s {name}: {status}");
    }

    /// Sends a signal to a process that may have ended already.
    pub fn try_signal(&self, name: &str) {
        let _ = self.kill(name);
    }

    fn kill(&self, name: &str) -> ExitStatus {
        let kill = format!("kill -s {name} {} 2>/dev/null", self.id());
        Command::new("/bin/sh").args(["-c", &kill]).status().unwrap()
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        self.process.0.try_wait().unwrap().is_none()
    }

    /// Waits for the program's end and for all its lines.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        let child = &mut self.process.0;
        let status = wait_for("the program's end", SOON, || child.try_wait().unwrap());
        self.out.finish();
        self.err.finish();
        status
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if thread::panicking() {
            let [out, err] =
                [self.out(), self.err()].map(|lines| lines[lines.len().saturating_sub(SHOWN_LINES)..].to_vec());
            eprintln!("stdout: {out:#?}\nstderr: {err:#?}");
        }
    }
}

/// The lines of a pipe, collected by a thread that ends with the pipe.
struct Lines {
    seen: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let read = move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                sink.lock().unwrap().push(line);
            }
        };
        Self { seen, reader: Some(thread::spawn(read)) }
    }

    fn so_far(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn finish(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }
}

fn containing(mut lines: Vec<String>, needle: &str) -> Vec<String> {
    lines.retain(|line| line.contains(needle));
    lines
}
