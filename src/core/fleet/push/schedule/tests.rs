//! The schedule under virtual time, with servers that forget, reject, and keep answers to themselves.

use jiff::tz::TimeZone;

use super::*;
use crate::core::fleet::once;
use crate::core::settings::{Overrides, Settings};

mod losses {
    mod tests;
}

const EVERY: Duration = Duration::from_secs(60);
const NAME: &str = "0123456789abcdef";
/// The time at the start, in seconds since 1970.
const START: i64 = 1_795_891_784;

fn identity() -> MachineIdentity {
    let (version, os, arch) = ("0.1.0", "linux", "x86_64");
    MachineIdentity { version, os, arch, host: "studio".into(), host_id: Some(NAME.into()) }
}

/// A machine with its clocks, and the server's.
struct World {
    now: Now,
    server_ahead_seconds: i64,
    schedule: PushSchedule,
    /// The bodies of all requests with values, each with the time at which it was sent and its snapshots' times.
    requests: Vec<(Duration, Vec<u8>, Vec<i64>)>,
    probes: usize,
    problems: Vec<String>,
}

impl World {
    fn new() -> World {
        World::ahead_of_server(0)
    }

    fn ahead_of_server(seconds: i64) -> World {
        let now = Now { elapsed: Duration::from_secs(7), wall: wall(START) };
        let schedule = PushSchedule::new(EVERY, NAME, &now, 0.5);
        World { now, server_ahead_seconds: -seconds, schedule, requests: Vec::new(), probes: 0, problems: Vec::new() }
    }

    fn elapse(&mut self, by: Duration) {
        self.now.elapsed += by;
        self.now.wall = &self.now.wall + by;
    }

    /// The machine sleeps, or its clock is set: the monotonic clock stands still.
    fn step(&mut self, seconds: i64) {
        self.now.wall = wall(self.now.wall.timestamp().as_second() + seconds);
    }

    fn snapshot(&self) -> TimedSnapshot {
        let snapshot = once::snapshot(Settings::DEFAULT, Overrides::default(), &[]);
        TimedSnapshot { snapshot, at_ms: self.now.wall.timestamp().as_millisecond() }
    }

    fn change(&mut self) {
        let taken = self.snapshot();
        self.schedule.take(taken, true, &self.now, 0.5);
    }

    fn server_time(&self) -> Timestamp {
        timestamp(self.now.wall.timestamp().as_millisecond() + self.server_ahead_seconds * 1000)
    }

    fn taken(&self) -> PushReply {
        PushReply { status: Some(204), server_time: Some(self.server_time()), ..PushReply::default() }
    }

    /// Runs for so long against a server that answers by `answer`: from the kind of the request, the time, and the times of the
    /// snapshots in it.
    fn run(&mut self, length: Duration, mut answer: impl FnMut(&World, PushRequest, &[i64]) -> PushReply) {
        let end = self.now.elapsed + length;
        loop {
            match self.schedule.next_step(&self.now, 0.5) {
                PushStep::TakeSnapshot => {
                    let taken = self.snapshot();
                    self.schedule.take(taken, false, &self.now, 0.5);
                }
                PushStep::Send(kind) => {
                    let times: Vec<i64> =
                        self.schedule.waiting[..self.schedule.batch].iter().map(|t| t.at_ms).collect();
                    match kind {
                        PushRequest::Probe => self.probes += 1,
                        PushRequest::Values => {
                            let body = self.schedule.body(kind, &identity());
                            self.requests.push((self.now.elapsed, body, times.clone()));
                        }
                    }
                    let reply = answer(self, kind, &times);
                    let now = self.now.clone();
                    self.problems.extend(self.schedule.receive(kind, &reply, &now, 0.5).err());
                }
                PushStep::Wait(until) if until >= end => break self.elapse(end - self.now.elapsed),
                PushStep::Wait(until) => self.elapse(until - self.now.elapsed),
            }
        }
    }

    fn times(&self) -> Vec<Vec<i64>> {
        self.requests.iter().map(|(_, _, times)| times.clone()).collect()
    }
}

fn wall(second: i64) -> jiff::Zoned {
    Timestamp::from_second(second).unwrap().to_zoned(TimeZone::UTC)
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

fn lost(world: &World) -> PushReply {
    let problem = Some("no answer".to_owned());
    PushReply { problem, is_retryable: true, retry_after: None, status: None, server_time: Some(world.server_time()) }
}

fn status(status: u16) -> PushReply {
    let is_retryable = matches!(status, 408 | 425 | 429 | 500..);
    PushReply {
        problem: Some(format!("answered {status}")),
        is_retryable,
        status: Some(status),
        ..PushReply::default()
    }
}

fn well(world: &World, _: PushRequest, _: &[i64]) -> PushReply {
    world.taken()
}

#[test]
fn values_are_pushed_once_an_interval_at_this_machines_own_moment() {
    let mut world = World::new();
    world.run(minutes(10), well);
    assert_eq!((world.probes, world.requests.len(), world.problems.len()), (1, 10, 0));
    let phase_ms = (hash(NAME) % 60_000) as i64;
    assert!(world.times().iter().all(|times| times.len() == 1 && times[0] % 60_000 == phase_ms), "{:?}", world.times());
    let phases: std::collections::BTreeSet<u64> =
        (0..600).map(|n| hash(&format!("{n:032x}")) % 60_000 / 1000).collect();
    assert_eq!(phases.len(), 60, "machines are spread over every second of the interval");
}

#[test]
fn a_wrong_clock_pushes_nothing_says_so_and_is_looked_at_again() {
    for (ahead, by) in [(61 * 60, "1 h 1 min ahead of"), (-61 * 60, "1 h 1 min behind"), (121, "2 min 1 s ahead of")] {
        let mut world = World::ahead_of_server(ahead);
        world.change();
        world.run(minutes(21), well);
        assert_eq!(world.requests, [], "{ahead}");
        assert!((4..=6).contains(&world.probes), "{} looks", world.probes);
        let problem =
            format!("metrics are not pushed: this machine's clock is {by} the server's; set the one that is wrong");
        assert!(world.problems.iter().all(|said| *said == problem), "{:?}", world.problems);
        assert_eq!(world.schedule.end(&world.now, &identity()), None);
        // The clock is set right.
        world.step(-ahead);
        world.server_ahead_seconds = 0;
        world.run(minutes(2), well);
        assert!(!world.requests.is_empty(), "{ahead}");
        let set_right_ms = (START + 21 * 60 - ahead) * 1000;
        assert!(
            world.times().concat().iter().all(|at_ms| *at_ms >= set_right_ms),
            "no value by the wrong clock is sent"
        );
    }
    let mut world = World::ahead_of_server(119);
    world.run(minutes(2), well);
    assert_eq!(world.requests.len(), 2, "less than two minutes is no matter");
}

#[test]
fn a_server_that_does_not_tell_its_time_gets_nothing() {
    let mut world = World::new();
    world.run(minutes(3), |_, _, _| PushReply { status: Some(204), ..PushReply::default() });
    assert_eq!(world.requests, []);
    assert_eq!(world.problems, [text::not_pushed(text::NO_TIME)]);
}

#[test]
fn the_clocks_are_compared_after_each_sleep_before_anything_is_sent() {
    let mut world = World::new();
    world.run(minutes(2), well);
    let (probes, sent) = (world.probes, world.requests.len());
    // It sleeps for eight hours, and wakes with a clock that is an hour ahead.
    world.step(8 * 3600);
    world.server_ahead_seconds = -3600;
    world.run(minutes(3), well);
    assert_eq!((world.probes, world.requests.len()), (probes + 1, sent));
    world.step(-3600);
    world.server_ahead_seconds = 0;
    world.run(minutes(3), well);
    assert!(world.requests.len() > sent && world.probes == probes + 2);
}

#[test]
fn a_clock_that_gets_wrong_while_values_wait_is_no_reason_to_send_them() {
    let mut world = World::new();
    world.run(minutes(2), well);
    world.run(minutes(5), |world, _, _| lost(world));
    let before = world.requests.len();
    // The server's own clock tells it, in its answer to values.
    world.server_ahead_seconds = -3600;
    world.run(minutes(5), well);
    assert_eq!(world.requests.len(), before + 1, "nothing after the answer that told it");
    assert!(world.problems.last().unwrap().contains("1 h ahead of"), "{:?}", world.problems);
}

#[test]
fn values_of_an_unknown_clock_wait_for_the_comparison() {
    let mut world = World::new();
    // The machine has no network at first. Its clock is right.
    world.run(minutes(5), |world, _, _| lost(world));
    assert_eq!(world.requests, []);
    world.run(minutes(6), well);
    assert!(world.times().concat().len() >= 10, "{:?}", world.times());
    // The same, with a clock that is set only later: its values are dropped.
    let mut world = World::ahead_of_server(3600);
    world.run(minutes(5), |world, _, _| lost(world));
    world.step(-3600);
    world.server_ahead_seconds = 0;
    world.run(minutes(6), well);
    let set_ms = (START + 5 * 60 - 3600) * 1000;
    assert!(world.times().concat().iter().all(|at_ms| *at_ms >= set_ms), "{:?}", world.times());
    assert!(!world.requests.is_empty());
}

#[test]
fn nothing_older_than_55_minutes_is_ever_sent() {
    let mut world = World::new();
    world.run(minutes(2), well);
    world.run(minutes(90), |world, _, _| lost(world));
    assert!(world.schedule.waiting.len() <= 56, "{} wait", world.schedule.waiting.len());
    let back_at = world.requests.len();
    world.run(minutes(6), well);
    let sent = &world.requests[back_at..];
    let oldest = sent.iter().map(|(at, _, times)| (at, times[0])).next().unwrap();
    let age_ms = START * 1000 + (oldest.0.as_millis() as i64 - 7000) - oldest.1;
    assert!((50 * 60_000..=55 * 60_000).contains(&age_ms), "{age_ms} ms");
    assert!(sent.len() <= 9 && sent.iter().all(|(_, _, times)| times.len() <= MAX_BATCH));
    let times: Vec<i64> = sent.iter().flat_map(|(_, _, times)| times.clone()).collect();
    assert!(times.is_sorted_by(|a, b| a < b) && times.len() >= 58, "all of them, in order: {}", times.len());
}

#[test]
fn a_retry_is_the_same_to_the_byte_and_nothing_new_is_mixed_in() {
    let mut world = World::new();
    world.run(minutes(2), well);
    let before = world.requests.len();
    world.run(minutes(4), |world, _, _| lost(world));
    world.change();
    world.run(minutes(1), |world, _, _| lost(world));
    let attempts = &world.requests[before..];
    assert!(attempts.len() >= 6, "{}", attempts.len());
    assert!(attempts.iter().all(|(_, body, times)| (body, times) == (&attempts[0].1, &attempts[0].2)));
    assert_eq!(attempts[0].2.len(), 1);
    let pauses: Vec<Duration> = attempts.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(pauses.is_sorted() && pauses[0] < Duration::from_secs(1), "{pauses:?}");
    // The answer comes at last: the others follow, oldest first.
    let lost_count = world.requests.len();
    world.run(minutes(6), well);
    let later = &world.times()[lost_count..];
    assert_eq!(later[0], world.times()[before]);
    assert!(later[1].len() >= 4 && later.concat().is_sorted(), "{later:?}");
}

#[test]
fn values_that_the_server_took_without_a_word_are_not_told_as_refused() {
    let mut world = World::new();
    world.run(minutes(2), well);
    world.change();
    world.elapse(Duration::from_secs(1));
    world.change();
    let mut attempts = 0;
    world.run(Duration::from_secs(30), |world, _, times| {
        attempts += 1;
        match attempts {
            1 => lost(world),
            2 => PushReply { server_time: Some(world.server_time()), ..status(400) },
            _ => panic!("{times:?}"),
        }
    });
    assert_eq!(world.problems, ["no answer"]);
    assert_eq!(world.schedule.sent.unwrap().at_ms, *world.times().last().unwrap().last().unwrap());
    // What is refused from the beginning is.
    world.run(minutes(1), |_, _, _| status(400));
    assert_eq!(world.problems, ["no answer", "answered 400"]);
}

#[test]
fn values_that_are_refused_are_dropped_and_others_are_tried_again() {
    for code in [400, 401, 403, 404, 413, 422, 301] {
        let mut world = World::new();
        world.run(minutes(10), |world, kind, _| if kind == PushRequest::Probe { world.taken() } else { status(code) });
        let times = world.times().concat();
        assert!(times.len() >= 4 && times.is_sorted_by(|a, b| a < b), "{code}: nothing is sent twice");
        assert!(world.problems.iter().all(|said| *said == format!("answered {code}")));
    }
    for code in [408, 425, 429, 502, 503] {
        let mut world = World::new();
        world.run(minutes(10), |world, kind, _| if kind == PushRequest::Probe { world.taken() } else { status(code) });
        assert!(world.times().len() >= 6 && world.times().iter().all(|times| *times == world.times()[0]), "{code}");
    }
}

#[test]
fn a_pause_that_the_server_asks_for_is_kept() {
    let mut world = World::new();
    world.run(minutes(3), |world, kind, _| match kind {
        PushRequest::Probe => world.taken(),
        PushRequest::Values => PushReply { retry_after: Some(Duration::from_secs(50)), ..status(429) },
    });
    let pause = world.requests[1].0 - world.requests[0].0;
    assert_eq!(pause, Duration::from_secs(50));
}

#[test]
fn an_alert_is_pushed_within_five_seconds_with_its_own_time() {
    let mut world = World::new();
    world.run(minutes(2) + Duration::from_secs(1), well);
    let (sent, at, at_ms) = (world.requests.len(), world.now.elapsed, world.snapshot().at_ms);
    world.change();
    // It ends at once: both are sent.
    world.elapse(Duration::from_secs(1));
    world.change();
    world.run(Duration::from_secs(6), well);
    let (sent_at, _, times) = &world.requests[sent];
    assert!(*sent_at - at <= MAX_JITTER, "{sent_at:?}");
    assert_eq!(*times, [at_ms, at_ms + 1000]);
    // Not while the server rests: one that is overloaded must not be asked more often for it.
    world.run(minutes(4), |world, _, _| lost(world));
    let (attempts, request_at) = (world.requests.len(), world.schedule.request_at);
    world.change();
    world.run(request_at - world.now.elapsed, |world, _, _| lost(world));
    assert_eq!(world.requests.len(), attempts);
}

#[test]
fn a_clock_that_is_set_back_a_little_keeps_the_order() {
    let mut world = World::new();
    world.run(minutes(2), well);
    world.change();
    world.step(-20);
    world.change();
    world.run(minutes(2), well);
    let times = world.times().concat();
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
}

#[test]
fn what_waits_is_bounded() {
    let mut world = World::new();
    world.run(minutes(1), well);
    for _ in 0..3 * MAX_WAITING {
        world.change();
        world.elapse(Duration::from_millis(250));
    }
    assert_eq!(world.schedule.waiting.len(), MAX_WAITING);
    let newest = world.schedule.waiting.last().unwrap().at_ms;
    assert_eq!(newest, world.snapshot().at_ms - 250, "the oldest are dropped");
}

#[test]
fn a_clean_end_is_sent_where_the_server_has_series_and_is_there() {
    let mut world = World::new();
    assert_eq!(world.schedule.end(&world.now, &identity()), None, "nothing was pushed");
    world.run(minutes(2), well);
    let last = world.schedule.sent;
    let end_ms = world.snapshot().at_ms;
    let ended = request(&series(last.as_ref(), &[], Some(end_ms), &identity()));
    assert_eq!(world.schedule.end(&world.now, &identity()), Some(ended));
    // A change that was not sent yet goes along.
    world.change();
    let changed = world.schedule.waiting.clone();
    let ended = request(&series(last.as_ref(), &changed, Some(end_ms + 1), &identity()));
    assert_eq!(world.schedule.end(&world.now, &identity()), Some(ended));
    world.step(60);
    assert_eq!(world.schedule.end(&world.now, &identity()), None, "the clock was set");
}
