//! Sees who uses the most, on a thread of its own: two looks at the processes, a second or more apart.

use crate::core::messages::effect::Event;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use super::clock;
use super::inbox::{Inbox, Input};
use super::platform::ProcessTable;
use crate::core::processes::top_apps::{ProcessSample, TopApps, rank_apps};

/// The least time between two looks that tell who uses the CPU: Linux counts in hundredths of a second.
const LEAST_APART: Duration = Duration::from_secs(1);
/// The most: an older look tells who used the CPU then.
const MOST_APART: Duration = Duration::from_secs(10);
/// A look that takes longer than this is stuck in the system: a process whose memory is being sorted out cannot be read.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// Who takes the looks. Dropping it ends the thread, in the middle of its wait; one that is stuck in the system is not
/// waited for: it has nothing to clean up.
pub struct ProcessScanner {
    inbox: Arc<Inbox>,
    orders: Arc<ScanOrders>,
    is_started: bool,
}

#[derive(Default)]
struct ScanOrders {
    state: Mutex<ScanState>,
    changed: Condvar,
}

#[derive(Default)]
struct ScanState {
    order: ScanOrder,
    /// Which of the looks that were asked for is under way.
    ticket: u64,
}

/// What the thread is to do.
#[derive(Clone, Copy, Default, PartialEq)]
enum ScanOrder {
    #[default]
    Rest,
    /// See who uses the most, and say so once.
    Look,
    /// Nobody waits for the answer any more: it was said that there is none.
    TimedOut,
    End,
}

impl ProcessScanner {
    /// Starts nothing: the thread is started when it is first needed.
    pub fn new(inbox: Arc<Inbox>) -> ProcessScanner {
        ProcessScanner { inbox, orders: Arc::default(), is_started: false }
    }

    /// Has the answer sent as [`Input::ProcessScanner`]: at once where the look before was taken a short while ago, else after a
    /// second. Never waits. What is asked while an answer is under way is answered by it.
    pub fn scan(&mut self) {
        self.scan_with(ProcessTable::scan);
    }

    fn scan_with(&mut self, see: impl FnMut(&mut ProcessTable) -> Result<Vec<ProcessSample>, String> + Send + 'static) {
        let Some(ticket) = self.orders.ask() else { return };
        let (orders, inbox) = (Arc::clone(&self.orders), Arc::clone(&self.inbox));
        // Without a thread for it a look that is stuck is waited for: as long as nothing is stuck, nothing is lost.
        let _ = Builder::new().name("look-limit".into()).spawn(move || orders.limit(ticket, &inbox));
        if self.is_started {
            return;
        }
        let (orders, inbox) = (Arc::clone(&self.orders), Arc::clone(&self.inbox));
        match Builder::new().name("processes".into()).spawn(move || Watcher::new(see).work(&orders, &inbox)) {
            Ok(_) => self.is_started = true,
            Err(error) => {
                self.orders.lock().order = ScanOrder::Rest;
                self.orders.changed.notify_all();
                self.inbox.send(Input::Event(Event::ProcessScan(Err(format!(
                    "could not start a thread for the processes: {error}"
                )))));
            }
        }
    }
}

impl Drop for ProcessScanner {
    fn drop(&mut self) {
        self.orders.lock().order = ScanOrder::End;
        self.orders.changed.notify_all();
    }
}

impl ScanOrders {
    fn lock(&self) -> MutexGuard<'_, ScanState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a look; `None` when one is under way that will answer this too.
    fn ask(&self) -> Option<u64> {
        let mut state = self.lock();
        if state.order == ScanOrder::Look {
            return None;
        }
        state.order = ScanOrder::Look;
        state.ticket += 1;
        self.changed.notify_all();
        Some(state.ticket)
    }

    /// Says that there is no answer, if there is none in time.
    fn limit(&self, ticket: u64, inbox: &Inbox) {
        let is_under_way = |state: &mut ScanState| state.order == ScanOrder::Look && state.ticket == ticket;
        let waited = self.changed.wait_timeout_while(self.lock(), ANSWER_LIMIT, is_under_way);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        if is_under_way(&mut state) {
            state.order = ScanOrder::TimedOut;
            drop(state);
            let limit = ANSWER_LIMIT.as_secs();
            inbox.send(Input::Event(Event::ProcessScan(Err(format!(
                "the processes could not be looked at within {limit} s"
            )))));
        }
    }

    /// Waits until there is something to do. False when that is to end.
    fn wait(&self) -> bool {
        let is_idle = |state: &mut ScanState| matches!(state.order, ScanOrder::Rest | ScanOrder::TimedOut);
        let state = self.changed.wait_while(self.lock(), is_idle);
        state.unwrap_or_else(PoisonError::into_inner).order != ScanOrder::End
    }

    /// Waits for the whole of `span`. False when the thread is to end.
    fn pause(&self, span: Duration) -> bool {
        let state = self.changed.wait_timeout_while(self.lock(), span, |state| state.order != ScanOrder::End);
        state.unwrap_or_else(PoisonError::into_inner).0.order != ScanOrder::End
    }

    /// From here on, who asks asks anew. Whether anybody still waits for the answer; `None` when the thread is to end.
    fn is_done(&self) -> Option<bool> {
        let mut state = self.lock();
        let is_awaited = match state.order {
            ScanOrder::End => return None,
            order => order == ScanOrder::Look,
        };
        state.order = ScanOrder::Rest;
        self.changed.notify_all();
        Some(is_awaited)
    }
}

/// What was seen, and when.
struct Snapshot {
    sightings: Vec<ProcessSample>,
    at: Duration,
}

/// The thread's own: how it sees, and what it saw last.
struct Watcher<S> {
    table: ProcessTable,
    see: S,
    before: Option<Snapshot>,
}

impl<S: FnMut(&mut ProcessTable) -> Result<Vec<ProcessSample>, String>> Watcher<S> {
    fn new(see: S) -> Watcher<S> {
        Watcher { table: ProcessTable::default(), see, before: None }
    }

    fn work(&mut self, orders: &ScanOrders, inbox: &Inbox) {
        while orders.wait() {
            let Some(result) = self.answer(orders) else { return };
            // Before it is sent: who asks because of this answer asks for another.
            let Some(is_awaited) = orders.is_done() else { return };
            if is_awaited && !inbox.send(Input::Event(Event::ProcessScan(result))) {
                return;
            }
        }
    }

    /// `None` when the thread is to end.
    fn answer(&mut self, orders: &ScanOrders) -> Option<Result<TopApps, String>> {
        let before = match self.before.take().filter(|look| is_of_use(look.at, clock::monotonic())) {
            Some(look) => look,
            None => match self.look() {
                Ok(look) => look,
                Err(problem) => return Some(Err(problem)),
            },
        };
        if !orders.pause((before.at + LEAST_APART).saturating_sub(clock::monotonic())) {
            return None;
        }
        Some(self.look().map(|now| {
            let found = rank_apps(&before.sightings, &now.sightings, now.at.saturating_sub(before.at));
            let found = TopApps { is_complete: self.table.is_complete(), ..found };
            self.before = Some(now);
            found
        }))
    }

    fn look(&mut self) -> Result<Snapshot, String> {
        let at = clock::monotonic();
        Ok(Snapshot { sightings: (self.see)(&mut self.table)?, at })
    }
}

/// Whether a look from `before` tells who uses the CPU `now`.
fn is_of_use(before: Duration, now: Duration) -> bool {
    now.saturating_sub(before) <= MOST_APART
}

#[cfg(test)]
mod tests {
    use crate::core::messages::effect::Event;
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::*;

    type Answers = Receiver<Result<u64, String>>;

    /// An inbox, and who looks for it at what is not there. Each look is told of, and takes the CPU seconds it sees.
    struct Scene {
        inbox: Arc<Inbox>,
        processes: ProcessScanner,
        looks: Receiver<()>,
        not_started: Option<(Sender<()>, Answers)>,
        answers: Sender<Result<u64, String>>,
    }

    impl Scene {
        fn new() -> Scene {
            let inbox = Arc::new(Inbox::default());
            let processes = ProcessScanner::new(Arc::clone(&inbox));
            let (told, looks) = mpsc::channel();
            let (answers, answered) = mpsc::channel();
            Scene { inbox, processes, looks, not_started: Some((told, answered)), answers }
        }

        fn look(&mut self) {
            match self.not_started.take() {
                Some((told, answered)) => self.processes.scan_with(move |_| {
                    told.send(()).unwrap();
                    let cpu_seconds = answered.recv().unwrap_or(Ok(0))?;
                    Ok(vec![sighting(Duration::from_secs(cpu_seconds))])
                }),
                None => self.processes.scan_with(|_| Err("the thread is started once".into())),
            }
        }

        fn answer(&self) -> Result<TopApps, String> {
            match self.inbox.receive() {
                Some(Input::Event(Event::ProcessScan(result))) => result,
                other => panic!("{other:?}"),
            }
        }

        /// Ends the thread, and waits for its end.
        fn end(self) -> usize {
            drop((self.processes, self.answers));
            // Ends with the thread, which has the other end.
            self.looks.iter().count()
        }
    }

    fn sighting(cpu_time: Duration) -> ProcessSample {
        ProcessSample { pid: 1, started: 1, application: "a".into(), cpu_time, private_bytes: 1, shared_bytes: 0 }
    }

    #[test]
    fn nothing_is_started_before_it_is_needed() {
        let scene = Scene::new();
        assert!(!scene.processes.is_started);
        drop(scene.processes);
    }

    #[test]
    fn two_looks_at_least_a_second_apart_are_one_answer_and_each_further_look_is_another() {
        let mut scene = Scene::new();
        (0..3).for_each(|n| scene.answers.send(Ok(10 * n)).unwrap());
        scene.look();
        let first = scene.answer().unwrap();
        scene.look();
        let second = scene.answer().unwrap();
        assert_eq!(scene.looks.try_iter().count(), 3);
        for found in [first, second] {
            // 10 s of CPU time, in a second or a little more.
            let percent = found.by_cpu[0].cpu_percent;
            assert!(percent > 100.0 && percent <= 1_000.0, "{percent}");
        }
    }

    #[test]
    fn a_look_that_is_stuck_is_given_up_and_its_answer_comes_too_late() {
        let mut scene = Scene::new();
        scene.look();
        assert_eq!(scene.answer(), Err("the processes could not be looked at within 3 s".into()));
        scene.answers.send(Ok(1)).unwrap();
        scene.answers.send(Ok(2)).unwrap();
        // The first two looks of the thread: those that nobody waits for any more.
        assert_eq!(scene.looks.iter().take(2).count(), 2);
        scene.look();
        scene.answers.send(Ok(5)).unwrap();
        scene.answers.send(Ok(5)).unwrap();
        let found = scene.answer().unwrap();
        assert_eq!(found.by_memory.len(), 1);
        assert!(scene.inbox.is_empty(), "one answer for each");
    }

    #[test]
    fn what_is_asked_while_an_answer_is_under_way_is_answered_by_it() {
        let mut scene = Scene::new();
        scene.look();
        scene.looks.recv().unwrap();
        (0..3).for_each(|_| scene.look());
        (0..2).for_each(|_| scene.answers.send(Ok(0)).unwrap());
        scene.answer().unwrap();
        assert!(scene.processes.orders.lock().order == ScanOrder::Rest && scene.inbox.is_empty());
        // And who asks then is answered again.
        scene.answers.send(Ok(0)).unwrap();
        scene.look();
        scene.answer().unwrap();
    }

    #[test]
    fn a_look_that_fails_is_one_answer_and_not_the_last() {
        let mut scene = Scene::new();
        for (results, outcome) in [
            (vec![Err("first".to_owned())], Err("first".to_owned())),
            (vec![Ok(1), Err("second".to_owned())], Err("second".to_owned())),
            (vec![Ok(1), Ok(1)], Ok(())),
        ] {
            results.into_iter().for_each(|result| scene.answers.send(result).unwrap());
            scene.look();
            assert_eq!(scene.answer().map(|_| ()), outcome);
        }
        assert!(scene.inbox.is_empty());
    }

    #[test]
    fn dropping_it_ends_the_wait() {
        let mut scene = Scene::new();
        scene.answers.send(Ok(0)).unwrap();
        scene.look();
        scene.looks.recv().unwrap();
        let inbox = Arc::clone(&scene.inbox);
        assert_eq!(scene.end(), 0, "it looked again instead of ending");
        assert!(inbox.is_empty());
    }

    #[test]
    fn dropping_it_ends_even_a_long_wait() {
        let processes = ProcessScanner::new(Arc::default());
        let orders = Arc::clone(&processes.orders);
        let (tell, told) = mpsc::channel();
        let waiting = std::thread::spawn(move || tell.send(orders.pause(Duration::from_secs(3_600))));
        drop(processes);
        assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(false));
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn a_look_is_of_use_for_ten_seconds() {
        let before = Duration::from_secs(100);
        for (age_ms, is_used) in [(0, true), (999, true), (10_000, true), (10_001, false)] {
            assert_eq!(is_of_use(before, before + Duration::from_millis(age_ms)), is_used, "{age_ms} ms");
        }
    }
}
