//! Readings that a test writes while the program runs: a trace in a pipe.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use crate::session::Session;

/// A row is read ahead of the one that is shown, and so each stretch ends with one more.
const AHEAD: usize = 1;

/// A trace that grows. One reading is one second.
pub struct Feed {
    path: PathBuf,
    pipe: Option<File>,
    second: usize,
}

impl Feed {
    /// An empty trace.
    pub fn new(session: &Session) -> Feed {
        let path = session.path("readings.csv");
        session.run(&["mkfifo", path.to_str().unwrap()]);
        Feed { path, pipe: None, second: 0 }
    }

    /// The arguments with which the program reads this trace, as fast as it is written.
    pub fn arguments(&self) -> [&str; 4] {
        ["--readings", self.path.to_str().unwrap(), "--speed", "max"]
    }

    /// Adds `seconds` readings. The program must be running.
    pub fn hold(&mut self, seconds: usize, cpu: u32, memory: u32) {
        let path = &self.path;
        let pipe = self.pipe.get_or_insert_with(|| {
            let mut pipe = OpenOptions::new().write(true).open(path).unwrap();
            writeln!(pipe, "time,cpu,memory").unwrap();
            pipe
        });
        for _ in 0..seconds + AHEAD {
            writeln!(pipe, "{},{cpu},{memory}", self.second).unwrap();
            self.second += 1;
        }
    }
}
