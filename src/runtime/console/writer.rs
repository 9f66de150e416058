//! Stdout and stderr of a run that goes on: threads write, so that nothing else waits for who reads.
//!
//! A pager that is scrolled up, a terminal that was stopped by Ctrl-S, a link that is stuck: readings, alerts and the menu go on
//! all the same. What is said on both at the same time may come in either order.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use super::pen::Pen;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::{clock, console};

/// How many lines wait for somebody who reads them.
const ROOM: usize = 1000;
/// How long the end waits for who reads, where a person waits for the end.
const FINISH_LIMIT: Duration = Duration::from_millis(500);
const LEFT_OUT: &str = "nobody reads it, so the oldest lines are left out";

/// Stdout and stderr. Dropping them has what is waiting written: within half a second, unless they are to be patient.
pub struct ConsoleWriters {
    stdout: Output,
    stderr: Output,
    finish_limit: Option<Duration>,
}

impl ConsoleWriters {
    /// Nothing is written yet. When [`Input::Printed`] comes to `inbox`, there are [`ConsoleWriters::news`].
    pub fn new(inbox: &Arc<Inbox>) -> ConsoleWriters {
        let stdout = Output::new(Pen::new(console::stdout()), Arc::clone(inbox));
        let stderr = Output::new(Pen::new(console::stderr()), Arc::clone(inbox));
        ConsoleWriters { stdout, stderr, finish_limit: Some(FINISH_LIMIT) }
    }

    /// Has this line written on stdout. Never waits. Where there is no room for it, the oldest that `may_go_first` is left out,
    /// else the oldest.
    pub fn print(&mut self, text: String, may_go_first: bool) {
        self.stdout.add(text, may_go_first);
    }

    /// Has a complaint written on stderr. Never waits.
    pub fn warn(&mut self, message: &str) {
        self.stderr.add(console::warning(message), false);
    }

    /// How it went on stdout, as far as that is news: what the system says, also that nobody will read any more
    /// ([`is_closed`]), or that lines are left out; and then that all is well again.
    pub fn take_results(&self) -> Vec<io::Result<()>> {
        // Who does not read complaints has the menu.
        drop(self.stderr.outcomes());
        self.stdout.outcomes()
    }

    /// From here on the end waits for who reads, however long that takes.
    pub fn wait_for_reader(&mut self) {
        self.finish_limit = None;
    }
}

impl Drop for ConsoleWriters {
    fn drop(&mut self) {
        let deadline = self.finish_limit.map(|limit| clock::monotonic() + limit);
        let left = || deadline.map(|deadline| deadline.saturating_sub(clock::monotonic()));
        self.stdout.finish(left());
        // The loop hears nothing any more.
        let errors = self.stdout.outcomes().into_iter().filter_map(Result::err);
        errors.filter(|error| !is_closed(error)).for_each(|error| self.warn(&problem(&error)));
        self.stderr.finish(left());
    }
}

/// Says on stderr what went wrong, where [`ConsoleWriters`] are out of reach, and does not wait for who reads for long.
pub fn warn(message: &str) {
    let mut stderr = Output::new(Pen::new(console::stderr()), Arc::default());
    stderr.add(console::warning(message), false);
    stderr.finish(Some(FINISH_LIMIT));
}

/// Whether nobody will read any more.
pub fn is_closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

/// What is said of lines that could not be written.
pub fn problem(error: &io::Error) -> String {
    format!("could not write to the console: {error}")
}

/// One of the two. Until there is a line there is no thread.
struct Output {
    desk: Arc<Desk>,
    inbox: Arc<Inbox>,
    is_started: bool,
}

/// What the loop and the thread share.
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
    /// Until the thread takes it.
    pen: Mutex<Option<Pen>>,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Waiting>,
    /// There will be no more lines, or nobody will ever read them.
    is_over: bool,
    /// The thread has ended.
    is_done: bool,
    is_wrong: bool,
    /// What the loop has yet to hear of.
    outcomes: Vec<io::Result<()>>,
}

/// A line that is to be written.
struct Waiting {
    text: String,
    may_go_first: bool,
}

impl Output {
    fn new(pen: Pen, inbox: Arc<Inbox>) -> Output {
        let desk = Desk { state: Mutex::default(), changed: Condvar::new(), pen: Mutex::new(Some(pen)) };
        Output { desk: Arc::new(desk), inbox, is_started: false }
    }

    fn add(&mut self, text: String, may_go_first: bool) {
        self.desk.lock().add(Waiting { text, may_go_first });
        self.desk.changed.notify_all();
        if self.is_started {
            return;
        }
        let (desk, inbox) = (Arc::clone(&self.desk), Arc::clone(&self.inbox));
        match Builder::new().name("console".into()).spawn(move || desk.write(&inbox)) {
            Ok(_) => self.is_started = true,
            // The next line tries again.
            Err(error) => _ = self.desk.lock().fail(io::Error::other(format!("no thread could be started ({error})"))),
        }
    }

    fn outcomes(&self) -> Vec<io::Result<()>> {
        std::mem::take(&mut self.desk.lock().outcomes)
    }

    /// Takes no more lines, and waits until those that there are are written: for `limit` at most, or without end.
    fn finish(&mut self, limit: Option<Duration>) {
        let Desk { changed, .. } = &*self.desk;
        let mut state = self.desk.lock();
        state.is_over = true;
        changed.notify_all();
        if !self.is_started {
            return;
        }
        let is_open = |state: &mut State| !state.is_done;
        match limit {
            Some(limit) => drop(changed.wait_timeout_while(state, limit, is_open)),
            None => drop(changed.wait_while(state, is_open)),
        }
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what there is until there will be no more.
    fn write(&self, inbox: &Inbox) {
        let Some(mut pen) = self.pen.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let has_nothing = |state: &mut State| state.lines.is_empty() && !state.is_over;
        loop {
            let state = self.changed.wait_while(self.lock(), has_nothing);
            let line = state.unwrap_or_else(PoisonError::into_inner).lines.pop_front();
            let Some(line) = line else { break };
            let written = pen.write(&line.text);
            let has_news = self.lock().note(written);
            if has_news {
                inbox.send(Input::Printed);
            }
        }
        self.lock().is_done = true;
        self.changed.notify_all();
    }
}

impl State {
    fn add(&mut self, line: Waiting) {
        if self.is_over {
            return;
        }
        self.lines.push_back(line);
        if self.lines.len() > ROOM {
            let first = self.lines.iter().position(|line| line.may_go_first);
            self.lines.remove(first.unwrap_or_default());
            self.fail(io::Error::other(LEFT_OUT));
        }
    }

    /// Whether the loop should hear of it.
    fn note(&mut self, written: io::Result<()>) -> bool {
        match written {
            // What was wrong before is well when there is nothing left to be written.
            Ok(()) if self.is_wrong && self.lines.is_empty() => {
                self.is_wrong = false;
                self.outcomes.push(Ok(()));
                true
            }
            Ok(()) => false,
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: io::Error) -> bool {
        let is_closed = is_closed(&error);
        if is_closed {
            self.lines.clear();
            self.is_over = true;
        }
        // Only the first of several reasons is told.
        let is_news = !std::mem::replace(&mut self.is_wrong, true) || is_closed;
        if is_news {
            self.outcomes.push(Err(error));
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    /// Whoever reads, a line at a time, when the test says so.
    struct Reader {
        may: Receiver<io::Result<()>>,
        read: Sender<String>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.may.recv().unwrap_or_else(|_| Err(ErrorKind::BrokenPipe.into()))?;
            self.read.send(String::from_utf8(bytes.to_vec()).unwrap()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn wait_for(mut is_so: impl FnMut() -> bool) {
        let deadline = clock::monotonic() + SOON;
        while !is_so() {
            assert!(clock::monotonic() < deadline);
            std::thread::yield_now();
        }
    }

    struct Scene {
        output: Output,
        inbox: Arc<Inbox>,
        may: Sender<io::Result<()>>,
        read: Receiver<String>,
    }

    impl Scene {
        fn new() -> Scene {
            let (inbox, (may, waits), (tell, read)) = (Arc::new(Inbox::default()), mpsc::channel(), mpsc::channel());
            let output = Output::new(Pen::new(Reader { may: waits, read: tell }), Arc::clone(&inbox));
            Scene { output, inbox, may, read }
        }

        fn read(&self) -> String {
            self.may.send(Ok(())).unwrap();
            self.read.recv_timeout(SOON).unwrap()
        }

        /// A line that the thread has begun to write and nobody reads.
        fn begin(&mut self) {
            self.output.add("begun".into(), false);
            wait_for(|| self.output.desk.lock().lines.is_empty());
        }

        fn outcomes(&self) -> Vec<Result<(), String>> {
            self.output.outcomes().into_iter().map(|result| result.map_err(|error| error.to_string())).collect()
        }

        fn told(&self) -> Vec<Result<(), String>> {
            wait_for(|| self.inbox.poll() == Some(Input::Printed));
            self.outcomes()
        }
    }

    #[test]
    fn what_is_added_is_written_in_order_and_nobody_waits() {
        let mut scene = Scene::new();
        ["one", "", "three"].into_iter().for_each(|line| scene.output.add(line.into(), true));
        assert_eq!([(); 3].map(|()| scene.read()), ["one\n", "\n", "three\n"]);
        assert!(scene.outcomes().is_empty() && scene.inbox.is_empty(), "that all is well is no news");
    }

    #[test]
    fn where_there_is_no_room_readings_go_first_and_that_is_told_until_all_is_written() {
        let mut scene = Scene::new();
        scene.begin();
        scene.output.add("alert".into(), false);
        (1..ROOM).for_each(|n| scene.output.add(n.to_string(), true));
        assert!(scene.outcomes().is_empty());
        (ROOM..ROOM + 10).for_each(|n| scene.output.add(n.to_string(), true));
        assert_eq!(scene.outcomes(), [Err(LEFT_OUT.to_owned())]);
        let lines: Vec<String> = (0..=ROOM).map(|_| scene.read()).collect();
        assert_eq!(lines[..3], ["begun\n", "alert\n", "11\n"]);
        assert_eq!(lines[3..], (12..ROOM + 10).map(|n| format!("{n}\n")).collect::<Vec<_>>());
        assert_eq!(scene.told(), [Ok(())]);
    }

    #[test]
    fn of_alerts_alone_the_oldest_goes() {
        let mut scene = Scene::new();
        scene.begin();
        (0..=ROOM).for_each(|n| scene.output.add(n.to_string(), false));
        assert_eq!(scene.outcomes().len(), 1);
        assert_eq!([scene.read(), scene.read()], ["begun\n", "1\n"]);
    }

    #[test]
    fn what_is_refused_is_told_once_until_it_is_well_again() {
        let mut scene = Scene::new();
        ["one", "two", "three"].into_iter().for_each(|line| scene.output.add(line.into(), true));
        (0..2).for_each(|_| scene.may.send(Err(io::Error::other("full"))).unwrap());
        assert_eq!(scene.told(), [Err("full".to_owned())]);
        assert_eq!(scene.read(), "three\n");
        assert_eq!(scene.told(), [Ok(())]);
        assert!(scene.inbox.is_empty());
    }

    #[test]
    fn when_nobody_will_read_any_more_that_is_told_and_nothing_is_kept() {
        let mut scene = Scene::new();
        scene.begin();
        scene.output.add("never".into(), false);
        scene.may.send(Err(ErrorKind::BrokenPipe.into())).unwrap();
        wait_for(|| scene.inbox.poll() == Some(Input::Printed));
        assert!(matches!(&scene.output.outcomes()[..], [Err(error)] if is_closed(error)));
        scene.output.add("never".into(), false);
        assert!(scene.output.desk.lock().lines.is_empty() && scene.outcomes().is_empty());
        scene.output.finish(None);
    }

    #[test]
    fn the_end_waits_for_who_reads_but_not_for_who_does_not() {
        let mut scene = Scene::new();
        scene.begin();
        scene.output.finish(Some(Duration::ZERO));
        scene.output.add("too late".into(), false);
        assert!(scene.output.desk.lock().lines.is_empty());
        let mut scene = Scene::new();
        ["one", "two"].into_iter().for_each(|line| scene.output.add(line.into(), true));
        let Scene { mut output, may, read, .. } = scene;
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            output.finish(None);
            tell.send(()).unwrap();
        });
        may.send(Ok(())).unwrap();
        assert_eq!(read.recv_timeout(SOON).unwrap(), "one\n");
        assert!(told.try_recv().is_err());
        may.send(Ok(())).unwrap();
        assert_eq!(read.recv_timeout(SOON).unwrap(), "two\n");
        told.recv_timeout(SOON).unwrap();
    }

    #[test]
    fn what_was_never_used_has_no_end() {
        let mut scene = Scene::new();
        scene.output.finish(None);
        assert!(!scene.output.is_started);
    }
}
