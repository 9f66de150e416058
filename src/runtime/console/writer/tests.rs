//! Tests of the writer: order, dropped lines, errors and recovery, a closed stream, the end.

use std::sync::mpsc::{self, Receiver, Sender};

use super::*;

const SOON: Duration = Duration::from_secs(20);

fn wait_for(mut condition: impl FnMut() -> bool) {
    let deadline = clock::monotonic() + SOON;
    while !condition() {
        assert!(clock::monotonic() < deadline);
        std::thread::yield_now();
    }
}

/// A writer whose reader takes a line at a time, when the test allows it.
struct Fixture {
    writer: LineWriter,
    inbox: Arc<Inbox>,
    allow: Sender<io::Result<()>>,
    read: Receiver<String>,
}

impl Fixture {
    fn new() -> Fixture {
        let (inbox, (allow, allowed), (sender, read)) = (Arc::new(Inbox::default()), mpsc::channel(), mpsc::channel());
        let ends = Mutex::new((allowed, sender));
        let write = move |bytes: &[u8]| {
            let (allowed, sender) = &*ends.lock().unwrap();
            allowed.recv().unwrap_or_else(|_| Err(ErrorKind::BrokenPipe.into()))?;
            sender.send(String::from_utf8(bytes.to_vec()).unwrap()).unwrap();
            Ok(bytes.len())
        };
        Fixture { writer: LineWriter::new(Arc::new(write), Arc::clone(&inbox)), inbox, allow, read }
    }

    fn read(&self) -> String {
        self.allow.send(Ok(())).unwrap();
        self.read.recv_timeout(SOON).unwrap()
    }

    /// Adds a line that the thread begins to write, without a reader.
    fn begin(&self) {
        self.writer.add("begun".into(), false);
        wait_for(|| !self.is_any_waiting());
    }

    fn is_any_waiting(&self) -> bool {
        self.writer.lines.contains(|_| true)
    }

    fn results(&self) -> Vec<Result<u64, String>> {
        self.writer.take_results().into_iter().map(|result| result.map_err(|error| error.to_string())).collect()
    }

    fn announced_results(&self) -> Vec<Result<u64, String>> {
        wait_for(|| self.inbox.poll() == Some(Input::Printed));
        self.results()
    }
}

#[test]
fn lines_are_written_in_order_and_nobody_waits() {
    let fixture = Fixture::new();
    ["one", "", "three"].into_iter().for_each(|line| fixture.writer.add(line.into(), true));
    assert_eq!([(); 3].map(|()| fixture.read()), ["one\n", "\n", "three\n"]);
    assert!(fixture.results().is_empty() && fixture.inbox.is_empty(), "success alone is no result");
}

#[test]
fn a_full_queue_drops_readings_first_and_reports_it_until_all_is_written() {
    let fixture = Fixture::new();
    fixture.begin();
    fixture.writer.add("alert".into(), false);
    (1..CAPACITY).for_each(|n| fixture.writer.add(n.to_string(), true));
    assert!(fixture.results().is_empty());
    (CAPACITY..CAPACITY + 10).for_each(|n| fixture.writer.add(n.to_string(), true));
    assert_eq!(fixture.results(), [Err(text::console::LINES_DROPPED.to_owned())]);
    let lines: Vec<String> = (0..=CAPACITY).map(|_| fixture.read()).collect();
    assert_eq!(lines[..3], ["begun\n", "alert\n", "11\n"]);
    assert_eq!(lines[3..], (12..CAPACITY + 10).map(|n| format!("{n}\n")).collect::<Vec<_>>());
    assert_eq!(fixture.announced_results(), [Ok(10)]);
}

#[test]
fn of_alerts_alone_the_oldest_is_dropped() {
    let fixture = Fixture::new();
    fixture.begin();
    (0..=CAPACITY).for_each(|n| fixture.writer.add(n.to_string(), false));
    assert_eq!(fixture.results().len(), 1);
    assert_eq!([fixture.read(), fixture.read()], ["begun\n", "1\n"]);
}

#[test]
fn an_error_is_reported_once_and_its_end_with_the_number_of_lost_lines() {
    let fixture = Fixture::new();
    ["one", "two", "three"].into_iter().for_each(|line| fixture.writer.add(line.into(), true));
    (0..2).for_each(|_| fixture.allow.send(Err(io::Error::other("full"))).unwrap());
    assert_eq!(fixture.announced_results(), [Err("full".to_owned())]);
    assert_eq!(fixture.read(), "three\n");
    assert_eq!(fixture.announced_results(), [Ok(2)]);
    assert!(fixture.inbox.is_empty());
}

#[test]
fn the_number_of_lines_that_stdout_lost_goes_to_stderr() {
    let (out, err) = (Fixture::new(), Fixture::new());
    let mut writers = ConsoleWriters { stdout: out.writer, stderr: err.writer, finish_limit: None };
    ["one", "two", "three"].into_iter().for_each(|line| writers.print(line.into(), true, None));
    (0..2).for_each(|_| out.allow.send(Err(io::Error::other("full"))).unwrap());
    out.allow.send(Ok(())).unwrap();
    assert!(writers.stdout.lines.drain(Some(SOON)));
    let results: Vec<_> = writers.take_results().into_iter().map(|result| result.is_ok()).collect();
    assert_eq!(results, [false, true]);
    err.allow.send(Ok(())).unwrap();
    let warning = err.read.recv_timeout(SOON).unwrap();
    assert_eq!(warning, "loadline: the console takes lines again; 2 lines were lost\n");
}

#[test]
fn the_line_after_a_partial_one_begins_on_its_own() {
    let (disk, inbox) = (Arc::new(Mutex::new((5, Vec::new()))), Arc::new(Inbox::default()));
    let full_disk = Arc::clone(&disk);
    let write = move |bytes: &[u8]| {
        let (room, written) = &mut *full_disk.lock().unwrap();
        let count = bytes.len().min(*room);
        *room -= count;
        written.extend_from_slice(&bytes[..count]);
        if count == 0 { Err(ErrorKind::StorageFull.into()) } else { Ok(count) }
    };
    let writer = LineWriter::new(Arc::new(write), inbox);
    for (room, line) in [(0, "one"), (0, "two"), (1, "lost"), (0, "lost"), (100, "three"), (0, "four")] {
        disk.lock().unwrap().0 += room;
        writer.add(line.into(), true);
        assert!(writer.lines.drain(Some(SOON)));
    }
    // 'two' was cut off; the one byte that 'lost' got went into ending its line.
    assert_eq!(String::from_utf8_lossy(&disk.lock().unwrap().1), "one\nt\nthree\nfour\n");
    assert_eq!(writer.take_results().last().unwrap().as_ref().unwrap(), &3);
}

#[test]
fn a_closed_stream_is_reported_and_no_line_is_stored_for_it() {
    let fixture = Fixture::new();
    fixture.begin();
    fixture.writer.add("never".into(), false);
    fixture.allow.send(Err(ErrorKind::BrokenPipe.into())).unwrap();
    wait_for(|| fixture.inbox.poll() == Some(Input::Printed));
    assert!(matches!(&fixture.writer.take_results()[..], [Err(error)] if is_closed(error)));
    fixture.writer.add("never".into(), false);
    assert!(fixture.writer.lines.finish(None), "the thread has ended");
    assert!(!fixture.is_any_waiting() && fixture.results().is_empty());
}

#[test]
fn the_end_waits_for_the_reader_within_its_limit() {
    let fixture = Fixture::new();
    fixture.begin();
    assert!(!fixture.writer.lines.finish(Some(Duration::ZERO)));
    fixture.writer.add("too late".into(), false);
    assert!(!fixture.is_any_waiting());
    let fixture = Fixture::new();
    ["one", "two"].into_iter().for_each(|line| fixture.writer.add(line.into(), true));
    let Fixture { writer, allow, read, .. } = fixture;
    let (end, has_ended) = mpsc::channel();
    std::thread::spawn(move || end.send(writer.lines.finish(None)).unwrap());
    allow.send(Ok(())).unwrap();
    assert_eq!(read.recv_timeout(SOON).unwrap(), "one\n");
    assert!(has_ended.try_recv().is_err());
    allow.send(Ok(())).unwrap();
    assert_eq!(read.recv_timeout(SOON).unwrap(), "two\n");
    assert!(has_ended.recv_timeout(SOON).unwrap());
}

#[test]
fn no_thread_is_started_before_the_first_line() {
    let fixture = Fixture::new();
    assert!(fixture.writer.lines.finish(None));
    assert!(!fixture.writer.lines.has_receiver());
}

fn ticket(number: u64) -> Option<Ticket> {
    Ticket::new(number)
}

fn line(number: u64) -> Line {
    Line { text: number.to_string(), is_droppable: false, ticket: ticket(number) }
}

impl Fixture {
    /// The outcomes of the lines with a ticket, once there are so many.
    fn tickets(&self, count: usize) -> Vec<(u64, bool)> {
        wait_for(|| lock(&self.writer.report).tickets.len() == count);
        std::mem::take(&mut lock(&self.writer.report).tickets).into_iter().map(|(n, is)| (n.get(), is)).collect()
    }
}

#[test]
fn the_outcome_of_a_line_with_a_ticket_is_a_result() {
    let fixture = Fixture::new();
    fixture.writer.add("without".into(), false);
    fixture.read();
    assert!(fixture.inbox.is_empty());
    [1, 2, 3].into_iter().for_each(|number| fixture.writer.add_line(line(number)));
    fixture.read();
    assert_eq!(fixture.tickets(1), [(1, true)]);
    wait_for(|| fixture.inbox.poll() == Some(Input::Printed));
    fixture.allow.send(Err(io::Error::other("full"))).unwrap();
    assert_eq!(fixture.tickets(1), [(2, false)]);
    fixture.allow.send(Err(ErrorKind::BrokenPipe.into())).unwrap();
    assert_eq!(fixture.tickets(1), [(3, false)]);
    fixture.writer.add_line(line(4));
    assert_eq!(fixture.tickets(1), [(4, false)], "the stream is closed");
}

#[test]
fn a_line_with_a_ticket_that_is_dropped_was_not_written() {
    let fixture = Fixture::new();
    fixture.begin();
    (1..=CAPACITY as u64 + 1).for_each(|number| fixture.writer.add_line(line(number)));
    assert_eq!(fixture.tickets(1), [(1, false)], "of alerts alone the oldest is dropped");
    let waiting = Fixture::new();
    waiting.begin();
    waiting.writer.add_line(line(5));
    waiting.allow.send(Err(ErrorKind::BrokenPipe.into())).unwrap();
    assert_eq!(waiting.tickets(1), [(5, false)], "those that wait for a closed stream");
}
