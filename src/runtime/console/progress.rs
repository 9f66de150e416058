//! The progress of long work on a terminal's stderr: one line after two seconds, erased at the end. A pipe gets nothing.

use std::io::Write;
use std::time::Duration;

use crate::core::text;
use crate::runtime::{clock, console};

/// Work that is done sooner shows nothing.
const FIRST_AFTER: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(250);
/// The clock is read once in so many records.
const RECORDS_PER_CHECK: u64 = 64;

/// Counts records, and shows the number at times. Dropped, it erases its line.
pub struct Progress {
    /// `None` without a terminal.
    out: Option<Box<dyn Write + Send>>,
    records: u64,
    /// The time of the next line, on the monotonic clock.
    next_at: Duration,
    width: usize,
}

impl Progress {
    /// For work that begins now.
    pub fn on_stderr() -> Progress {
        let out = console::terminal().map(|stderr| Box::new(stderr) as Box<dyn Write + Send>);
        Progress::new(out, clock::monotonic())
    }

    fn new(out: Option<Box<dyn Write + Send>>, now: Duration) -> Progress {
        Progress { out, records: 0, next_at: now + FIRST_AFTER, width: 0 }
    }

    /// Counts one record.
    pub fn tick(&mut self) {
        self.records += 1;
        if self.out.is_some() && self.records.is_multiple_of(RECORDS_PER_CHECK) {
            self.show_if_due(clock::monotonic());
        }
    }

    fn show_if_due(&mut self, now: Duration) {
        if now < self.next_at {
            return;
        }
        self.next_at = now + INTERVAL;
        let line = text::history::progress(self.records);
        self.width = line.chars().count();
        // The cursor goes back: output that follows on the same terminal covers the line.
        self.write(&format!("{line}\r"));
    }

    fn write(&mut self, text: &str) {
        // Progress is worth no failure.
        if let Some(out) = &mut self.out {
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.width > 0 {
            // Blanks work on every terminal, also where escape sequences do not.
            self.write(&format!("{:width$}\r", "", width = self.width));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Screen {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn progress_appears_after_two_seconds_four_times_a_second_and_is_erased() {
        let screen = Screen::default();
        let mut progress = Progress::new(Some(Box::new(screen.clone())), seconds(10.0));
        progress.records = 1234;
        progress.show_if_due(seconds(11.99));
        assert_eq!(screen.text(), "");
        for _ in 0..3 {
            progress.show_if_due(seconds(12.0));
        }
        let first = "loadline: 1,234 records so far\r";
        assert_eq!(screen.text(), first);
        progress.records = 5678;
        progress.show_if_due(seconds(12.24));
        assert_eq!(screen.text(), first, "not yet");
        progress.show_if_due(seconds(12.25));
        drop(progress);
        let blanks = " ".repeat(first.len() - 1);
        assert_eq!(screen.text(), format!("{first}loadline: 5,678 records so far\r{blanks}\r"));
    }

    #[test]
    fn short_work_shows_nothing_and_erases_nothing() {
        let screen = Screen::default();
        let mut progress = Progress::new(Some(Box::new(screen.clone())), clock::monotonic());
        (0..1000).for_each(|_| progress.tick());
        drop(progress);
        assert_eq!(screen.text(), "");
    }
}
