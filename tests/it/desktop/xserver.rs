//! An X server without a screen.
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::process::Owned;

/// A display number that Xvfb never reaches: it takes the lowest free one.
pub const DEAD_DISPLAY: &str = ":9999";

const ATTEMPTS: usize = 5;

/// A running Xvfb; it ends with this value.
pub struct XServer {
    display: String,
    _server: Owned,
}

impl XServer {
    /// Tries again when another test took the display number between Xvfb's check and its lock.
    pub fn start() -> Self {
        let mut attempts = (0..ATTEMPTS).filter_map(|_| Self::attempt());
        attempts.next().expect("Xvfb starts")
    }

    fn attempt() -> Option<Self> {
        // -displayfd 1: the server picks the number, and prints it when it is ready. -noreset: it
        // would otherwise restart when its last client leaves, and refuse clients meanwhile.
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-noreset", "-nolisten", "tcp"]);
        command.args(["-screen", "0", "320x240x24"]);
        let pipes = command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut server = pipes.stderr(Stdio::null()).spawn().expect("package xvfb");
        let mut number = String::new();
        let mut printed = BufReader::new(server.stdout.take().unwrap());
        printed.read_line(&mut number).unwrap();
        let server = Owned(server);
        let display = format!(":{}", number.trim());
        (display != ":").then_some(Self { display, _server: server })
    }

    /// The value for `DISPLAY`.
    pub fn display(&self) -> &str {
        &self.display
    }
}
