//! Finds the applications that use the most, on a thread of its own: two scans of the processes, a second or more apart.

pub mod app_looks;
#[cfg(feature = "menu-bar")]
pub mod menu_looks;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::clock;
use super::inbox::{Inbox, Input};
use super::platform::{self, ProcessTable};
use super::work_queue::{WorkQueue, WorkReceiver};
use crate::core::messages::effect::Event;
use crate::core::processes::top_apps::{Counted, ProcessSample, TopApps, rank_apps};
use crate::core::text;

/// The least time between two scans that are compared: Linux counts CPU time in hundredths of a second.
const MIN_GAP: Duration = Duration::from_secs(1);
/// The most: with an older scan the CPU use would be that of the past.
const MAX_GAP: Duration = Duration::from_secs(10);
/// A scan that takes longer is stuck in the system: a process whose memory is being sorted out cannot be read.
const SCAN_LIMIT: Duration = Duration::from_secs(3);

/// Takes scans on request, one at a time. Dropping it ends the thread, in the middle of its wait; a thread that is stuck in
/// the system is not waited for: it has nothing to clean up.
pub struct ProcessScanner {
    inbox: Arc<Inbox>,
    /// Tickets of the requests: at most one waits, behind a scan that is stuck.
    requests: Arc<WorkQueue<u64>>,
    awaited: Arc<AwaitedTicket>,
    last_ticket: u64,
}

/// The ticket of the request whose result is still to be sent; 0 for none.
#[derive(Default)]
struct AwaitedTicket(AtomicU64);

impl AwaitedTicket {
    /// Returns false when a result is under way that serves this request too.
    fn begin(&self, ticket: u64) -> bool {
        self.0.compare_exchange(0, ticket, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Whether `ticket` was still awaited: true once, for the scan or for its time limit.
    fn end(&self, ticket: u64) -> bool {
        self.0.compare_exchange(ticket, 0, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl ProcessScanner {
    /// Starts no thread before the first scan.
    pub fn new(inbox: Arc<Inbox>) -> ProcessScanner {
        let requests = Arc::new(WorkQueue::new(1, |_| true));
        ProcessScanner { inbox, requests, awaited: Arc::default(), last_ticket: 0 }
    }

    /// Requests the applications that use the most. [`Event::ProcessScan`] comes to the inbox: at once when the scan before
    /// was taken a short while ago, else after a second. Never waits. Requests made in the meantime are served by the same
    /// event.
    pub fn scan(&mut self) {
        self.scan_with(ProcessTable::scan);
    }

    fn scan_with(
        &mut self,
        scan: impl FnMut(&mut ProcessTable) -> Result<Vec<ProcessSample>, String> + Send + 'static,
    ) {
        let ticket = self.last_ticket + 1;
        if !self.awaited.begin(ticket) {
            return;
        }
        self.last_ticket = ticket;
        if !self.requests.has_receiver()
            && let Err(error) = self.start_thread(scan)
        {
            self.awaited.end(ticket);
            send(&self.inbox, Err(text::problems::no_scan_thread(&error)));
            return;
        }
        self.requests.push(ticket);
        let (requests, awaited, inbox) =
            (Arc::clone(&self.requests), Arc::clone(&self.awaited), Arc::clone(&self.inbox));
        let limit = move || {
            requests.drain(Some(SCAN_LIMIT));
            if awaited.end(ticket) {
                send(&inbox, Err(text::problems::scan_timed_out(SCAN_LIMIT.as_secs())));
            }
        };
        // Without this thread a stuck scan is waited for: nothing is lost as long as nothing is stuck.
        let _ = platform::start_thread("scan-limit", limit);
    }

    fn start_thread(
        &self,
        scan: impl FnMut(&mut ProcessTable) -> Result<Vec<ProcessSample>, String> + Send + 'static,
    ) -> std::io::Result<()> {
        let (requests, awaited, inbox) = (self.requests.receiver(), Arc::clone(&self.awaited), Arc::clone(&self.inbox));
        let thread = ScanThread { requests, table: ProcessTable::default(), scan, before: None };
        platform::start_thread("processes", move || thread.run(&awaited, &inbox))
    }
}

impl Drop for ProcessScanner {
    fn drop(&mut self) {
        // A time limit that still runs has the queue too, and must not report a scan that is not wanted any more.
        self.awaited.0.store(0, Ordering::Release);
        self.requests.close();
    }
}

/// Returns whether the inbox is open.
fn send(inbox: &Inbox, result: Result<TopApps, String>) -> bool {
    inbox.send(Input::Event(Event::ProcessScan(result)))
}

/// All processes at one time.
struct Snapshot {
    samples: Vec<ProcessSample>,
    at: Duration,
}

struct ScanThread<S> {
    requests: WorkReceiver<u64>,
    table: ProcessTable,
    scan: S,
    before: Option<Snapshot>,
}

impl<S: FnMut(&mut ProcessTable) -> Result<Vec<ProcessSample>, String>> ScanThread<S> {
    fn run(mut self, awaited: &AwaitedTicket, inbox: &Inbox) {
        while let Some(ticket) = self.requests.pop() {
            let Some(result) = self.top_apps() else { return };
            // A late result is dropped: its failure was reported. The ticket ends before the result is sent: a request made
            // because of this result wants another.
            if awaited.end(ticket) && !send(inbox, result) {
                return;
            }
        }
    }

    /// Compares two snapshots. `None` when the scanner was dropped in the meantime.
    fn top_apps(&mut self) -> Option<Result<TopApps, String>> {
        let recent = self.before.take().filter(|before| is_recent(before.at, clock::monotonic()));
        let before = match recent.map_or_else(|| self.snapshot(), Ok) {
            Ok(before) => before,
            Err(problem) => return Some(Err(problem)),
        };
        if !self.requests.pause((before.at + MIN_GAP).saturating_sub(clock::monotonic())) {
            return None;
        }
        Some(self.snapshot().map(|now| {
            let rank =
                |samples: &[ProcessSample]| rank_apps(&before.samples, samples, now.at.saturating_sub(before.at));
            let apps = match self.table.by_limits(&now.samples) {
                None => rank(&now.samples),
                Some(counted) => {
                    let of = |counts: fn(&Counted) -> bool| -> Vec<ProcessSample> {
                        let members = now.samples.iter().zip(&counted).filter(|(_, counted)| counts(counted));
                        members.map(|(sample, _)| sample.clone()).collect()
                    };
                    let (cpu, memory) = (of(|counted| counted.cpu), of(|counted| counted.memory));
                    TopApps { by_memory: rank(&memory).by_memory, ..rank(&cpu) }
                }
            };
            let apps = TopApps { is_complete: self.table.is_complete(), ..apps };
            self.before = Some(now);
            apps
        }))
    }

    fn snapshot(&mut self) -> Result<Snapshot, String> {
        let at = clock::monotonic();
        Ok(Snapshot { samples: (self.scan)(&mut self.table)?, at })
    }
}

/// Whether a snapshot from `before` is recent enough for the CPU use of `now`.
fn is_recent(before: Duration, now: Duration) -> bool {
    now.saturating_sub(before) <= MAX_GAP
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::*;

    type Scans = Receiver<Result<u64, String>>;

    /// A scanner of processes that do not exist. Each scan is announced, then waits for the CPU seconds that it finds.
    struct Fixture {
        inbox: Arc<Inbox>,
        scanner: ProcessScanner,
        scans: Receiver<()>,
        not_started: Option<(Sender<()>, Scans)>,
        found: Sender<Result<u64, String>>,
    }

    impl Fixture {
        fn new() -> Fixture {
            let inbox = Arc::new(Inbox::default());
            let scanner = ProcessScanner::new(Arc::clone(&inbox));
            let (begun, scans) = mpsc::channel();
            let (found, finds) = mpsc::channel();
            Fixture { inbox, scanner, scans, not_started: Some((begun, finds)), found }
        }

        fn request(&mut self) {
            match self.not_started.take() {
                Some((begun, finds)) => self.scanner.scan_with(move |_| {
                    begun.send(()).unwrap();
                    let cpu_seconds = finds.recv().unwrap_or(Ok(0))?;
                    Ok(vec![sample(Duration::from_secs(cpu_seconds))])
                }),
                None => self.scanner.scan_with(|_| Err("the thread is started once".into())),
            }
        }

        fn result(&self) -> Result<TopApps, String> {
            match self.inbox.receive() {
                Some(Input::Event(Event::ProcessScan(result))) => result,
                other => panic!("{other:?}"),
            }
        }

        /// Ends the thread, waits for its end, and returns how many more scans it began.
        fn end(self) -> usize {
            drop((self.scanner, self.found));
            // Ends with the thread, which has the other end.
            self.scans.iter().count()
        }
    }

    fn sample(cpu_time: Duration) -> ProcessSample {
        ProcessSample {
            // One that every cgroup limit holds which holds this test.
            pid: std::process::id(),
            started: 1,
            parent: 0,
            application: "a".into(),
            cpu_time,
            children_cpu_time: Duration::ZERO,
            private_bytes: 1,
            shared_bytes: 0,
        }
    }

    #[test]
    fn no_thread_is_started_before_the_first_scan() {
        let fixture = Fixture::new();
        assert!(!fixture.scanner.requests.has_receiver());
        drop(fixture.scanner);
    }

    #[test]
    fn the_first_result_takes_two_scans_a_second_apart_and_each_further_one_takes_one() {
        let mut fixture = Fixture::new();
        (0..3).for_each(|n| fixture.found.send(Ok(10 * n)).unwrap());
        fixture.request();
        let first = fixture.result().unwrap();
        fixture.request();
        let second = fixture.result().unwrap();
        assert_eq!(fixture.scans.try_iter().count(), 3);
        for apps in [first, second] {
            // 10 s of CPU time, in a second or a little more.
            let percent = apps.by_cpu[0].cpu_percent;
            assert!(percent > 100.0 && percent <= 1_000.0, "{percent}");
        }
    }

    #[test]
    fn a_stuck_scan_is_given_up_and_its_late_result_is_dropped() {
        let mut fixture = Fixture::new();
        fixture.request();
        assert_eq!(fixture.result(), Err(text::problems::scan_timed_out(SCAN_LIMIT.as_secs())));
        fixture.found.send(Ok(1)).unwrap();
        fixture.found.send(Ok(2)).unwrap();
        // The first two scans of the thread: their result is not awaited any more.
        assert_eq!(fixture.scans.iter().take(2).count(), 2);
        fixture.request();
        fixture.found.send(Ok(5)).unwrap();
        fixture.found.send(Ok(5)).unwrap();
        let apps = fixture.result().unwrap();
        assert_eq!(apps.by_memory.len(), 1);
        assert!(fixture.inbox.is_empty(), "one result for each request");
    }

    #[test]
    fn a_request_behind_a_stuck_scan_gets_a_result_of_its_own() {
        let mut fixture = Fixture::new();
        fixture.request();
        assert!(fixture.result().is_err());
        fixture.found.send(Ok(0)).unwrap();
        assert_eq!(fixture.scans.iter().take(2).count(), 2, "the second scan has begun");
        fixture.request();
        [0, 7].into_iter().for_each(|cpu_seconds| fixture.found.send(Ok(cpu_seconds)).unwrap());
        let apps = fixture.result().unwrap();
        assert_eq!(apps.by_cpu.len(), 1, "the later scan found the use of the CPU");
        assert!(fixture.inbox.is_empty());
    }

    #[test]
    fn requests_during_a_scan_are_served_by_its_result() {
        let mut fixture = Fixture::new();
        fixture.request();
        fixture.scans.recv().unwrap();
        (0..3).for_each(|_| fixture.request());
        (0..2).for_each(|_| fixture.found.send(Ok(0)).unwrap());
        fixture.result().unwrap();
        assert!(fixture.scanner.requests.drain(None) && fixture.inbox.is_empty());
        // A request after the result gets another one.
        fixture.found.send(Ok(0)).unwrap();
        fixture.request();
        fixture.result().unwrap();
    }

    #[test]
    fn a_failed_scan_is_one_result_and_not_the_last() {
        let mut fixture = Fixture::new();
        for (scans, outcome) in [
            (vec![Err("first".to_owned())], Err("first".to_owned())),
            (vec![Ok(1), Err("second".to_owned())], Err("second".to_owned())),
            (vec![Ok(1), Ok(1)], Ok(())),
        ] {
            scans.into_iter().for_each(|scan| fixture.found.send(scan).unwrap());
            fixture.request();
            assert_eq!(fixture.result().map(|_| ()), outcome);
        }
        assert!(fixture.inbox.is_empty());
    }

    #[test]
    fn dropping_the_scanner_ends_the_wait_between_two_scans() {
        let mut fixture = Fixture::new();
        fixture.found.send(Ok(0)).unwrap();
        fixture.request();
        fixture.scans.recv().unwrap();
        let inbox = Arc::clone(&fixture.inbox);
        assert_eq!(fixture.end(), 0, "it scanned again instead of ending");
        assert!(inbox.is_empty());
    }

    #[test]
    fn dropping_the_scanner_ends_even_a_long_wait() {
        let scanner = ProcessScanner::new(Arc::default());
        let requests = scanner.requests.receiver();
        // Like a time limit that still runs.
        let _other_end = Arc::clone(&scanner.requests);
        let (end, has_ended) = mpsc::channel();
        let waiting = std::thread::spawn(move || end.send(requests.pause(Duration::from_secs(3_600))));
        drop(scanner);
        assert_eq!(has_ended.recv_timeout(Duration::from_secs(20)), Ok(false));
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn a_snapshot_is_recent_for_ten_seconds() {
        let before = Duration::from_secs(100);
        for (age_ms, is_used) in [(0, true), (999, true), (10_000, true), (10_001, false)] {
            assert_eq!(is_recent(before, before + Duration::from_millis(age_ms)), is_used, "{age_ms} ms");
        }
    }
}
