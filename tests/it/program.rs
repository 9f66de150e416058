//! The program as a person starts it: in a world of its own, with its output and its end in reach.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take that happens at once on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Calls `look` until it answers `Some`, or panics at the deadline.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "nothing after {PATIENCE:?}: {what}");
        thread::park_timeout(Duration::from_millis(10));
    }
}

/// A home of its own, with nothing in it, and no desktop.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Home {
        Home { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the settings are kept here.
    pub fn settings(&self) -> PathBuf {
        let folder =
            if cfg!(target_os = "macos") { "Library/Application Support/Loadline" } else { ".config/loadline" };
        self.path().join(folder).join("settings.json")
    }

    /// Writes a file into this home, and answers where.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes the settings file.
    pub fn with_settings(self, text: impl AsRef<[u8]>) -> Home {
        std::fs::create_dir_all(self.settings().parent().unwrap()).unwrap();
        std::fs::write(self.settings(), text).unwrap();
        self
    }

    /// The program, with these arguments, seeing nothing of the machine's own desktop and settings.
    pub fn loadline(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadline"));
        command.args(arguments).env_clear().env("HOME", self.path()).env("TZ", "UTC").env("PATH", "/usr/bin:/bin");
        command.current_dir(self.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let Output { status, stdout, stderr } = self.loadline(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { status: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }
}

/// How a run ended, and what it said.
#[derive(Debug, PartialEq)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A run that goes on while the test looks at it. Ended with the test.
pub struct Running {
    pub child: Child,
    pub stdout: Lines,
    pub stderr: Lines,
}

impl Running {
    pub fn start(command: &mut Command) -> Running {
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        Running { child, stdout: Lines::of(stdout), stderr: Lines::of(stderr) }
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end and answers the exit status.
    #[track_caller]
    pub fn end(&mut self) -> Option<i32> {
        wait_for("the end of the program", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, as they come.
pub struct Lines {
    lines: Receiver<String>,
}

impl Lines {
    fn of(stream: impl std::io::Read + Send + 'static) -> Lines {
        let (sender, lines) = channel();
        thread::spawn(move || {
            BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Lines { lines }
    }

    /// The next line.
    #[track_caller]
    pub fn next(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line")
    }

    /// The next line that contains `part`; those before it are passed over.
    #[track_caller]
    pub fn find(&self, part: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => seen.push(line),
                Err(_) => panic!("no line with '{part}' among {seen:#?}"),
            }
        }
    }

    /// Everything there still is, to the end of the stream.
    pub fn rest(&self) -> Vec<String> {
        self.lines.iter().collect()
    }
}
