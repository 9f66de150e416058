//! The threads of Loadline that have failed lately: it then starts again in its own place, and the new start is told of them.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::core::escape::for_terminal;

/// A thread that has failed rests for so long, and so long a failure is remembered.
const REST: Duration = Duration::from_secs(3600);
/// After so many failures within [`REST`] another start would help nobody.
const TOO_MANY: usize = 4;
/// The most characters of a message that are kept.
const MESSAGE_LENGTH: usize = 300;

/// The failure of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadFailure {
    /// On the system's monotonic clock, which goes on from one start to the next.
    pub at: Duration,
    pub thread: String,
    /// Where and why it failed, without control characters.
    pub message: String,
}

/// The failures of the last hour, the oldest first. Their text is what one start hands to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadFailures(Vec<ThreadFailure>);

impl ThreadFailure {
    /// A failure whose message may be of any length, with any characters.
    pub fn new(at: Duration, thread: &str, message: &str) -> ThreadFailure {
        let shown = |text: &str| for_terminal(text).chars().take(MESSAGE_LENGTH).collect();
        ThreadFailure { at, thread: shown(thread), message: shown(message) }
    }
}

impl ThreadFailures {
    /// Those of `text` that are not older than an hour at `now`. Lines that make no sense are passed over.
    pub fn parse(text: &str, now: Duration) -> ThreadFailures {
        let failures = text.lines().filter_map(parse_line);
        ThreadFailures(failures.filter(|failure| is_recent(failure, now)).take(TOO_MANY).collect())
    }

    /// Adds a failure. Returns whether there are too many now.
    pub fn add(&mut self, failure: ThreadFailure) -> bool {
        self.0.retain(|earlier| is_recent(earlier, failure.at));
        self.0.push(failure);
        self.0.len() >= TOO_MANY
    }

    /// The latest.
    pub fn last(&self) -> Option<&ThreadFailure> {
        self.0.last()
    }

    /// The time for which the thread with this name rests from `now` on; zero where it has not failed within the hour.
    pub fn rest(&self, thread: &str, now: Duration) -> Duration {
        let failed = self.0.iter().filter(|failure| failure.thread == thread);
        failed.map(|failure| (failure.at + REST).saturating_sub(now)).max().unwrap_or_default()
    }
}

impl Display for ThreadFailures {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|ThreadFailure { at, thread, message }| writeln!(f, "{}\t{thread}\t{message}", at.as_secs()))
    }
}

fn is_recent(failure: &ThreadFailure, now: Duration) -> bool {
    now.saturating_sub(failure.at) < REST
}

fn parse_line(line: &str) -> Option<ThreadFailure> {
    let mut fields = line.splitn(3, '\t');
    let at = Duration::from_secs(fields.next()?.parse().ok()?);
    Some(ThreadFailure::new(at, fields.next()?, fields.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn the_next_start_reads_what_one_has_written() {
        let mut failures = ThreadFailures::default();
        assert!(!failures.add(ThreadFailure::new(MINUTE, "sampler", "src/a.rs:7: no\tvalue\n\u{1b}[31m")));
        assert!(!failures.add(ThreadFailure::new(2 * MINUTE, "login item", &"ß".repeat(1000))));
        assert_eq!(ThreadFailures::parse(&failures.to_string(), 2 * MINUTE), failures);
        assert_eq!(failures.0[0].message, "src/a.rs:7: no\\u{9}value\\u{a}\\u{1b}[31m");
        assert_eq!(failures.last().map(|last| last.message.chars().count()), Some(MESSAGE_LENGTH));
    }

    #[test]
    fn lines_that_make_no_sense_are_passed_over() {
        let text = "\n7\nsampler\n-1\tsampler\tno\n60\tpush\tyes\n99999999999999999999\tpush\tno";
        let failures = ThreadFailures::parse(text, MINUTE);
        assert_eq!(failures.0, [ThreadFailure::new(MINUTE, "push", "yes")]);
        assert_eq!(ThreadFailures::parse("", MINUTE), ThreadFailures::default());
    }

    #[test]
    fn a_thread_rests_for_an_hour_and_others_do_not() {
        let mut failures = ThreadFailures::default();
        failures.add(ThreadFailure::new(MINUTE, "push", ""));
        assert_eq!((failures.rest("push", MINUTE), failures.rest("push", REST)), (REST, MINUTE));
        assert_eq!(
            (failures.rest("push", REST + MINUTE), failures.rest("action", MINUTE)),
            (Duration::ZERO, Duration::ZERO)
        );
        assert_eq!(ThreadFailures::parse(&failures.to_string(), REST + MINUTE), ThreadFailures::default());
        failures.add(ThreadFailure::new(REST, "push", ""));
        assert_eq!(failures.rest("push", REST), REST, "the latest counts");
    }

    #[test]
    fn four_failures_within_an_hour_are_too_many() {
        let mut failures = ThreadFailures::default();
        let mut fail = |minute: u32| failures.add(ThreadFailure::new(minute * MINUTE, "sampler", ""));
        assert_eq!([0, 20, 40].map(&mut fail), [false; 3]);
        // The first is an hour old.
        assert_eq!([60, 61].map(&mut fail), [false, true]);
        let many = "60\tpush\tno\n".repeat(100);
        assert_eq!(ThreadFailures::parse(&many, MINUTE).0.len(), TOO_MANY, "no list grows without bound");
    }
}
