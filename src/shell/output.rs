//! Stdout and stderr of a run that goes on: a thread writes, so that nothing else waits for who reads.
//!
//! A pager that is scrolled up, a terminal that was stopped by Ctrl-S, a link that is stuck: readings, alerts and the menu go on
//! all the same.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use super::console;
use super::inbox::{Inbox, Input};

/// How many lines wait for somebody who reads them.
const ROOM: usize = 1000;
/// How long the end waits for who reads, where a person waits for the end.
const FINISH_LIMIT: Duration = Duration::from_millis(500);
const LEFT_OUT: &str = "nobody reads it, so the oldest lines are left out";

/// Where lines go. Until there is one there is no thread. Dropping it has what is waiting written.
pub struct Output {
    desk: Arc<Desk>,
    /// What the thread writes to and wakes, until it is started.
    ends: Option<(Box<dyn Write + Send>, Arc<Inbox>)>,
    finish_limit: Option<Duration>,
}

/// What the loop and the thread share.
#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Waiting>,
    is_over: bool,
    /// All is written, or nobody will ever read it any more.
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
    /// Lines go to `to`. How that went is to be asked for when [`Input::Printed`] comes to `inbox`.
    pub fn new(to: impl Write + Send + 'static, inbox: Arc<Inbox>) -> Output {
        Output { desk: Arc::default(), ends: Some((Box::new(to), inbox)), finish_limit: Some(FINISH_LIMIT) }
    }

    /// Has this line written. Never waits. Where there is no room for it, the oldest that `may_go_first` is left out, else the
    /// oldest.
    pub fn add(&mut self, text: String, may_go_first: bool) {
        self.desk.lock().add(Waiting { text, may_go_first });
        self.desk.changed.notify_all();
        let Some((to, inbox)) = self.ends.take() else { return };
        let desk = Arc::clone(&self.desk);
        if let Err(error) = Builder::new().name("console".into()).spawn(move || desk.write(to, &inbox)) {
            // Without it nothing can be said, and nothing is waited for.
            let mut state = self.desk.lock();
            state.fail(io::Error::other(format!("no thread could be started ({error})")));
            state.close();
        }
    }

    /// How it went, as far as that is news: what the system says, also that nobody will read any more (`BrokenPipe`), or that
    /// lines are left out; and then that all is well again.
    pub fn outcomes(&self) -> Vec<io::Result<()>> {
        std::mem::take(&mut self.desk.lock().outcomes)
    }

    /// From here on the end waits for who reads, however long that takes.
    pub fn be_patient(&mut self) {
        self.finish_limit = None;
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        state.is_over = true;
        self.desk.changed.notify_all();
        let is_open = |state: &mut State| !state.is_done;
        if self.ends.is_none() {
            let changed = &self.desk.changed;
            state = match self.finish_limit {
                Some(limit) => {
                    changed.wait_timeout_while(state, limit, is_open).unwrap_or_else(PoisonError::into_inner).0
                }
                None => changed.wait_while(state, is_open).unwrap_or_else(PoisonError::into_inner),
            };
        }
        // The loop hears nothing any more.
        let outcomes = std::mem::take(&mut state.outcomes);
        drop(state);
        let errors = outcomes.into_iter().filter_map(Result::err);
        errors.filter(|error| !is_closed(error)).for_each(|error| console::complain(&problem(&error)));
    }
}

/// Whether nobody will read any more.
pub fn is_closed(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

/// What is said of lines that could not be written.
pub fn problem(error: &io::Error) -> String {
    format!("could not write to the console: {error}")
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what there is until there will be no more.
    fn write(&self, mut to: Box<dyn Write + Send>, inbox: &Inbox) {
        let has_nothing = |state: &mut State| state.lines.is_empty() && !state.is_over;
        loop {
            let state = self.changed.wait_while(self.lock(), has_nothing);
            let line = state.unwrap_or_else(PoisonError::into_inner).lines.pop_front();
            let Some(Waiting { mut text, .. }) = line else { break };
            // In one piece: others may write to the same place.
            text.push('\n');
            let written = to.write_all(text.as_bytes()).and_then(|()| to.flush());
            let mut state = self.lock();
            let has_news = state.note(written);
            drop(state);
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
        if self.is_done || self.is_over {
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
            self.close();
        }
        let is_news = !std::mem::replace(&mut self.is_wrong, true) || is_closed;
        if is_news {
            self.outcomes.push(Err(error));
        }
        is_news
    }

    /// Nothing is written any more.
    fn close(&mut self) {
        self.lines.clear();
        (self.is_over, self.is_done) = (true, true);
    }
}

#[cfg(test)]
mod tests {
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

    struct Scene {
        output: Output,
        inbox: Arc<Inbox>,
        may: Sender<io::Result<()>>,
        read: Receiver<String>,
    }

    impl Scene {
        fn new() -> Scene {
            let (inbox, (may, waits), (tell, read)) = (Arc::new(Inbox::default()), mpsc::channel(), mpsc::channel());
            let output = Output::new(Reader { may: waits, read: tell }, Arc::clone(&inbox));
            Scene { output, inbox, may, read }
        }

        fn read(&self) -> String {
            self.may.send(Ok(())).unwrap();
            self.read.recv_timeout(SOON).unwrap()
        }

        /// A line that the thread has begun to write and nobody reads.
        fn begin(&mut self) {
            self.output.add("begun".into(), false);
            let deadline = std::time::Instant::now() + SOON;
            while !self.output.desk.lock().lines.is_empty() {
                assert!(std::time::Instant::now() < deadline);
                std::thread::yield_now();
            }
        }

        fn outcomes(&self) -> Vec<Result<(), String>> {
            self.output.outcomes().into_iter().map(|result| result.map_err(|error| error.to_string())).collect()
        }

        fn told(&self) -> Vec<Result<(), String>> {
            assert_eq!(self.inbox.receive(), Some(Input::Printed));
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
        assert_eq!(scene.inbox.receive(), Some(Input::Printed));
        assert!(matches!(&scene.output.outcomes()[..], [Err(error)] if is_closed(error)));
        scene.output.add("never".into(), false);
        assert!(scene.output.desk.lock().lines.is_empty() && scene.outcomes().is_empty());
        scene.output.be_patient();
        drop(scene.output);
    }

    #[test]
    fn the_end_waits_for_who_reads_but_not_for_who_does_not() {
        let mut scene = Scene::new();
        scene.begin();
        drop(scene.output);
        let mut scene = Scene::new();
        ["one", "two"].into_iter().for_each(|line| scene.output.add(line.into(), true));
        scene.output.be_patient();
        let Scene { output, may, read, .. } = scene;
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            drop(output);
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
        let scene = Scene::new();
        assert!(scene.output.ends.is_some());
        drop(scene.output);
    }
}
