//! Stdout and stderr of a run that goes on: what nobody reads waits here, so that nothing else has to.
//!
//! A reader that is slow, a pager that is scrolled up, a terminal that was stopped by Ctrl-S: readings, alerts and the menu go
//! on all the same.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, write};

/// How many lines wait for somebody who reads them.
const ROOM: usize = 1000;
/// How much is written at once. What a pipe that is said to take more takes without waiting, everywhere: `_POSIX_PIPE_BUF`.
const CHUNK_BYTES: usize = 512;

/// Where lines go, and those that are not there yet.
pub struct Output<F> {
    to: F,
    is_patient: bool,
    lines: VecDeque<Waiting>,
    /// How much of the first line is written.
    written_bytes: usize,
    /// Lines were left out since all was written last.
    is_short: bool,
    /// Nobody will ever read it any more.
    is_closed: bool,
}

/// A line that is to be written.
struct Waiting {
    text: String,
    may_go_first: bool,
}

impl<F: AsFd> Output<F> {
    /// Nothing is written yet. One that `is_patient` waits for whoever reads, and leaves nothing out.
    pub fn new(to: F, is_patient: bool) -> Output<F> {
        Output { to, is_patient, lines: VecDeque::new(), written_bytes: 0, is_short: false, is_closed: false }
    }

    /// Has this line written, when [`Output::push`] is called. Where there is no room for it, the oldest that `may_go_first` is
    /// left out, else the oldest.
    pub fn add(&mut self, mut text: String, may_go_first: bool) {
        if self.is_closed {
            return;
        }
        text.push('\n');
        self.lines.push_back(Waiting { text, may_go_first });
        if !self.is_patient && self.lines.len() > ROOM {
            // Half a line is worth nothing to who reads the other half.
            let begun = usize::from(self.written_bytes > 0);
            let first = self.lines.iter().skip(begun).position(|line| line.may_go_first);
            self.lines.remove(begun + first.unwrap_or_default());
            self.is_short = true;
        }
    }

    /// Whether there is anything that is not written.
    pub fn is_waiting(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Writes as much as is taken now.
    ///
    /// # Errors
    /// What the system says: then the line that it would not take is given up, and where nobody will read any more
    /// (`BrokenPipe`, once), all of them. Also that lines were left out, until all the others are written.
    pub fn push(&mut self) -> io::Result<()> {
        while let Some(line) = self.lines.front() {
            let rest = line.text.as_bytes().get(self.written_bytes..).unwrap_or_default();
            if !self.is_patient && !takes_more(&self.to, Some(Timespec::default()))? {
                break;
            }
            match write(&self.to, rest.get(..CHUNK_BYTES).unwrap_or(rest)) {
                Ok(count) if count < rest.len() => self.written_bytes += count,
                Ok(_) => self.give_up_first(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if self.is_patient => _ = takes_more(&self.to, None)?,
                Err(Errno::AGAIN) => break,
                Err(error) => {
                    self.give_up_first();
                    if error == Errno::PIPE {
                        self.is_closed = true;
                        self.lines.clear();
                    }
                    return Err(error.into());
                }
            }
        }
        self.is_short &= self.is_waiting();
        match self.is_short {
            true => Err(io::Error::other("nobody reads it, so the oldest lines are left out")),
            false => Ok(()),
        }
    }

    /// Writes all there is, however long that takes.
    ///
    /// # Errors
    /// As of [`Output::push`].
    pub fn finish(&mut self) -> io::Result<()> {
        self.is_patient = true;
        self.push()
    }

    fn give_up_first(&mut self) {
        self.lines.pop_front();
        self.written_bytes = 0;
    }
}

/// Whether something can be written without waiting, or fails at once. Waits up to `limit`, or without end.
fn takes_more(to: &impl AsFd, limit: Option<Timespec>) -> io::Result<bool> {
    loop {
        let mut asked = [PollFd::new(to, PollFlags::OUT)];
        match poll(&mut asked, limit.as_ref()) {
            // What cannot be asked (`POLLNVAL`), or is closed at the other end, says so when it is written to.
            Ok(count) => return Ok(count > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, PipeWriter, Read, Write};
    use std::thread;

    use super::*;

    /// A pipe that takes nothing more, and what it holds.
    fn full() -> (PipeReader, PipeWriter, usize) {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut held = 0;
        while takes_more(&writer, Some(Timespec::default())).unwrap() {
            held += writer.write(&[b'.'; CHUNK_BYTES]).unwrap();
        }
        (reader, writer, held)
    }

    fn read(reader: &mut PipeReader, count: usize) -> String {
        let mut bytes = vec![0; count];
        reader.read_exact(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_is_taken_is_written_at_once() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut output = Output::new(writer, false);
        let long = "x".repeat(3 * CHUNK_BYTES);
        for line in ["one", "", &long] {
            output.add(line.into(), true);
            output.push().unwrap();
            assert!(!output.is_waiting());
            assert_eq!(read(&mut reader, line.len() + 1), format!("{line}\n"));
        }
    }

    #[test]
    fn what_nobody_reads_waits_and_comes_in_order() {
        let (mut reader, writer, held) = full();
        let mut output = Output::new(writer, false);
        let long = "x".repeat(70 << 10);
        for line in ["one", &long, "two"] {
            output.add(line.into(), true);
            output.push().unwrap();
        }
        assert!(output.is_waiting());
        read(&mut reader, held);
        output.push().unwrap();
        assert!(output.is_waiting(), "more than the pipe holds");
        let all = format!("one\n{long}\ntwo\n");
        let begun = read(&mut reader, held / 2);
        output.push().unwrap();
        assert!(!output.is_waiting());
        assert!(begun + &read(&mut reader, all.len() - held / 2) == all);
    }

    #[test]
    fn where_there_is_no_room_readings_go_first_and_that_is_said_until_all_is_written() {
        let (mut reader, writer, held) = full();
        let mut output = Output::new(writer, false);
        output.add("alert".into(), false);
        (1..ROOM).for_each(|n| output.add(n.to_string(), true));
        output.push().unwrap();
        (ROOM..ROOM + 10).for_each(|n| output.add(n.to_string(), true));
        for _ in 0..2 {
            assert_eq!(output.push().unwrap_err().to_string(), "nobody reads it, so the oldest lines are left out");
        }
        read(&mut reader, held);
        output.push().unwrap();
        let left: Vec<String> = (11..ROOM + 10).map(|n| n.to_string()).collect();
        let all = format!("alert\n{}\n", left.join("\n"));
        assert_eq!(read(&mut reader, all.len()), all);
        output.add("later".into(), true);
        output.push().unwrap();
    }

    #[test]
    fn of_alerts_alone_the_oldest_goes_but_none_that_is_begun() {
        let (mut reader, writer, held) = full();
        let mut output = Output::new(writer, false);
        let long = "x".repeat(held + CHUNK_BYTES);
        output.add(long.clone(), false);
        read(&mut reader, held);
        output.push().unwrap();
        (0..ROOM).for_each(|n| output.add(n.to_string(), false));
        let mut all = read(&mut reader, held);
        output.push().unwrap();
        drop(output);
        reader.read_to_string(&mut all).unwrap();
        assert!(all.starts_with(&format!("{long}\n1\n2\n")) && all.ends_with(&format!("\n{}\n", ROOM - 1)));
    }

    #[test]
    fn at_the_end_it_waits_for_who_reads() {
        let (mut reader, writer, held) = full();
        let mut output = Output::new(writer, false);
        (0..ROOM).for_each(|n| output.add(n.to_string(), true));
        output.push().unwrap();
        let reads = thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            all.len()
        });
        output.finish().unwrap();
        drop(output);
        let written: usize = (0..ROOM).map(|n| n.to_string().len() + 1).sum();
        assert_eq!(reads.join().unwrap(), held + written);
    }

    #[test]
    fn that_nobody_reads_any_more_is_said_once() {
        let (reader, writer, _) = full();
        let mut output = Output::new(writer, false);
        ["one", "two"].into_iter().for_each(|line| output.add(line.into(), true));
        output.push().unwrap();
        drop(reader);
        assert_eq!(output.push().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        output.add("three".into(), true);
        assert!(!output.is_waiting());
        output.push().unwrap();
    }
}
