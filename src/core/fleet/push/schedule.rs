//! When to take values, to check the clock, to push, and to give up.
//!
//! One machine with a wrong clock can make a server reject the right values of all others: nothing is pushed before the clocks
//! were compared. The server takes a request as a whole or not at all: values that it would reject for their age never go into
//! one. An attempt whose answer was lost is made again with the very same values, oldest first.

use std::time::Duration;

use jiff::Timestamp;

use super::remote_write::request;
use super::series::{TimedSnapshot, series};
use crate::core::actions::backoff;
use crate::core::fleet::table::MachineIdentity;
use crate::core::text::fleet::push as text;
use crate::core::time::{Now, between};

/// The age at which values are dropped. Prometheus takes them up to an hour behind its newest one.
const MAX_AGE: Duration = Duration::from_secs(55 * 60);
/// The largest difference between the clocks of machine and server.
const MAX_DIFFERENCE: Duration = Duration::from_secs(2 * 60);
/// So much may the wall clock run ahead of or behind the monotonic one before the clocks are compared anew: more is a machine
/// that slept, or a clock that was set.
const MAX_STEP_MS: u64 = 30_000;
/// The longest pause before a push at once: an event may change the alerts of many machines at the same time.
const MAX_JITTER: Duration = Duration::from_secs(5);
/// The pause between two looks at a clock that is wrong.
const WRONG_CLOCK_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The most snapshots that wait, and the most in one request.
const MAX_WAITING: usize = 256;
const MAX_BATCH: usize = 60;
/// After so long a value is dropped to which the server answers 500 alone: Prometheus 2.42 with an out-of-order window answers so
/// to values that it will never take, for as long as they are sent. A server that starts answers so for less.
const GIVE_UP_AFTER: Duration = Duration::from_secs(5 * 60);
/// The longest pause after an answer of 500, unless the server asks for one: many values may have to be given up.
const MAX_INTERNAL_PAUSE: Duration = Duration::from_secs(60);
const INTERNAL_ERROR: u16 = 500;
/// Prometheus answers so to values that it took before, where each series has several of them: only the last one may come again.
const BAD_REQUEST: u16 = 400;
const REQUEST_TIMEOUT: u16 = 408;

/// The next thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushStep {
    /// Have [`PushSchedule::take`] get the values of now.
    TakeSnapshot,
    /// Send a request, then tell [`PushSchedule::receive`] of its answer.
    Send(PushRequest),
    /// Nothing before this time on the monotonic clock.
    Wait(Duration),
}

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushRequest {
    /// Without values: its answer has the server's time.
    Probe,
    /// With the oldest values.
    Values,
}

/// The answer to a request, or its absence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PushReply {
    /// Why the values were not taken, in one sentence; `None` where they were.
    pub problem: Option<String>,
    /// Whether another attempt may do better.
    pub is_retryable: bool,
    /// The pause that the server asked for.
    pub retry_after: Option<Duration>,
    /// `None` without an answer.
    pub status: Option<u16>,
    /// The time in the answer.
    pub server_time: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClockState {
    Unknown,
    Right,
    Wrong,
}

/// The state of a push.
#[derive(Clone, Debug)]
pub struct PushSchedule {
    every: Duration,
    /// The beginning of this machine's intervals, after those of 1970.
    phase: Duration,
    clock: ClockState,
    /// The wall clock less the monotonic one, in milliseconds, when the state of the clock was found.
    offset_ms: i64,
    /// Snapshots in the order of time.
    waiting: Vec<TimedSnapshot>,
    /// So many of the last ones were taken by a clock that was not compared yet.
    unchecked: usize,
    /// So many of the first ones were in the attempt before, which failed; 0 before the first attempt.
    batch: usize,
    /// The last one that the server has taken.
    sent: Option<TimedSnapshot>,
    /// On the monotonic clock.
    snapshot_at: Duration,
    /// No request before, on the monotonic clock.
    request_at: Duration,
    failures: u32,
    /// The first of the answers of 500 that came one after the other, on the monotonic clock.
    internal_since: Option<Duration>,
    /// So many values are given up next. Twice as many each time: all that are older than a server's window are refused, and one
    /// by one they would never end.
    give_up: usize,
    /// The server may have so many of the first ones: it was an attempt whose answer did not come from it.
    maybe_taken: usize,
}

impl PushSchedule {
    /// A schedule that begins at `now`. `name` spreads machines over the interval; `chance` is from 0 to 1.
    pub fn new(every: Duration, name: &str, now: &Now, chance: f64) -> PushSchedule {
        let every_ms = every.as_millis().max(1) as u64;
        let mut schedule = PushSchedule {
            every: Duration::from_millis(every_ms),
            phase: Duration::from_millis(hash(name) % every_ms),
            clock: ClockState::Unknown,
            offset_ms: offset_ms(now),
            waiting: Vec::new(),
            unchecked: 0,
            batch: 0,
            sent: None,
            snapshot_at: Duration::ZERO,
            request_at: now.elapsed + jitter(chance),
            failures: 0,
            internal_since: None,
            give_up: 1,
            maybe_taken: 0,
        };
        schedule.snapshot_at = schedule.next_in_phase(now);
        schedule
    }

    /// The next thing to do. It is due now, and was not asked for before.
    pub fn next_step(&mut self, now: &Now, chance: f64) -> PushStep {
        self.look_at_clock(now, chance);
        let too_old = |taken: &&TimedSnapshot| between(timestamp(taken.at_ms), now.wall.timestamp()) > MAX_AGE;
        self.drop_oldest(self.waiting.iter().take_while(too_old).count());
        if now.elapsed >= self.snapshot_at {
            self.snapshot_at = self.next_in_phase(now);
            if self.clock != ClockState::Wrong {
                return PushStep::TakeSnapshot;
            }
        }
        let has_request = self.clock != ClockState::Right || !self.waiting.is_empty();
        match has_request {
            true if now.elapsed < self.request_at => PushStep::Wait(self.snapshot_at.min(self.request_at)),
            true if self.clock != ClockState::Right => PushStep::Send(PushRequest::Probe),
            true => {
                if self.batch == 0 {
                    // Values that the server may have are sent without new ones.
                    let all = if self.maybe_taken > 0 { self.maybe_taken } else { self.waiting.len() };
                    self.batch = all.min(MAX_BATCH);
                }
                PushStep::Send(PushRequest::Values)
            }
            false => PushStep::Wait(self.snapshot_at),
        }
    }

    /// The body of a request. That of values is the same until they were taken or dropped.
    pub fn body(&self, kind: PushRequest, identity: &MachineIdentity) -> Vec<u8> {
        match kind {
            PushRequest::Probe => request(&[]),
            PushRequest::Values => {
                request(&series(self.sent.as_ref(), self.waiting.get(..self.batch).unwrap_or_default(), None, identity))
            }
        }
    }

    /// Takes a snapshot, which is sent at once, or after a few seconds if an alert has begun or ended (`is_change`). While the
    /// clock is wrong it is dropped.
    pub fn take(&mut self, mut taken: TimedSnapshot, is_change: bool, now: &Now, chance: f64) {
        if self.clock == ClockState::Wrong {
            return;
        }
        // Also where the clock was set back a little: the server takes values in order alone.
        let after = self.waiting.last().or(self.sent.as_ref()).map_or(i64::MIN, |last| last.at_ms.saturating_add(1));
        taken.at_ms = taken.at_ms.max(after);
        self.waiting.push(taken);
        self.unchecked += usize::from(self.clock == ClockState::Unknown);
        self.drop_oldest(self.waiting.len().saturating_sub(MAX_WAITING));
        if is_change && self.request_at <= now.elapsed {
            self.request_at = now.elapsed + jitter(chance);
        }
    }

    /// Takes the answer to a request. Each problem has the same text every time.
    ///
    /// # Errors
    /// When nothing is pushed for now: one sentence.
    pub fn receive(&mut self, kind: PushRequest, reply: &PushReply, now: &Now, chance: f64) -> Result<(), String> {
        let may_have_all = (1..=self.maybe_taken).contains(&self.batch);
        let is_taken = kind == PushRequest::Values && may_have_all && reply.status == Some(BAD_REQUEST);
        if let Some(problem) = reply.problem.as_ref().filter(|_| !is_taken) {
            self.fail(kind, reply, now, chance);
            return Err(problem.clone());
        }
        self.failures = 0;
        if kind == PushRequest::Values {
            (self.internal_since, self.give_up) = (None, 1);
            self.sent = self.batch.checked_sub(1).and_then(|last| self.waiting.get(last)).copied();
            self.drop_oldest(self.batch);
        }
        self.compare_clocks(kind, reply.server_time, now)
    }

    /// Goes on with another interval, and with settings by which the server may answer otherwise: it is asked soon. The values
    /// that wait are kept, and the clocks compared first.
    pub fn change(&mut self, every: Duration, name: &str, now: &Now, chance: f64) {
        let fresh = PushSchedule::new(every, name, now, chance);
        (self.every, self.phase, self.snapshot_at) = (fresh.every, fresh.phase, fresh.snapshot_at);
        (self.request_at, self.failures, self.internal_since) = (fresh.request_at, 0, None);
        self.look_at_clock(now, chance);
        self.clock = ClockState::Unknown;
    }

    /// The body of an attempt that is made again before the end: the answer to the one before did not come from the server. It is
    /// the same to the byte. Its answer goes to [`PushSchedule::receive`].
    pub fn last_retry(&mut self, now: &Now, identity: &MachineIdentity) -> Option<Vec<u8>> {
        self.look_at_clock(now, 0.0);
        if self.batch == 0 {
            self.batch = self.maybe_taken.min(MAX_BATCH);
        }
        let is_open = self.clock == ClockState::Right && self.batch > 0;
        is_open.then(|| self.body(PushRequest::Values, identity))
    }

    /// The body of the last request, by which all series end; `None` where the server has none, or the clocks were not compared.
    /// Values of an attempt that failed are left out.
    pub fn end(&mut self, now: &Now, identity: &MachineIdentity) -> Option<Vec<u8>> {
        self.look_at_clock(now, 0.0);
        let (attempted, rest) = self.waiting.split_at(self.batch.max(self.maybe_taken));
        let before = attempted.last().or(self.sent.as_ref());
        let last = rest.last().or(before)?;
        let end_ms = now.wall.timestamp().as_millisecond().max(last.at_ms.saturating_add(1));
        let can_end = self.clock == ClockState::Right;
        can_end.then(|| request(&series(before, rest, Some(end_ms), identity)))
    }

    fn fail(&mut self, kind: PushRequest, reply: &PushReply, now: &Now, chance: f64) {
        self.failures = self.failures.saturating_add(1);
        let is_internal = kind == PushRequest::Values && reply.status == Some(INTERNAL_ERROR);
        let pause = backoff::pause(self.failures, reply.retry_after, chance);
        let pause = if is_internal && reply.retry_after.is_none() { pause.min(MAX_INTERNAL_PAUSE) } else { pause };
        self.request_at = now.elapsed + pause;
        if !is_internal {
            (self.internal_since, self.give_up) = (None, 1);
        }
        if kind == PushRequest::Probe {
            return;
        }
        if !reply.is_retryable {
            return self.drop_oldest(self.batch);
        }
        // A proxy answers so in the place of a server that may have taken them.
        if matches!(reply.status, None | Some(REQUEST_TIMEOUT | 500..)) {
            self.maybe_taken = self.maybe_taken.max(self.batch);
        }
        if is_internal {
            self.narrow(now.elapsed);
        }
    }

    /// Looks for the value that the server never takes, after an answer of 500: in half of the values, and so on to a single one.
    /// That is given up after a while.
    fn narrow(&mut self, now: Duration) {
        let since = *self.internal_since.get_or_insert(now);
        if self.batch > 1 {
            self.batch /= 2;
        } else if now.saturating_sub(since) >= GIVE_UP_AFTER {
            // Not far beyond the last one that is refused.
            let most = (self.waiting.len() / 4).max(1);
            self.drop_oldest(self.give_up.min(most).min(self.waiting.len()));
            self.give_up = self.give_up.saturating_mul(2);
            // The next one alone: it tells whether the server takes values at all.
            self.batch = self.waiting.len().min(1);
        }
    }

    fn compare_clocks(&mut self, kind: PushRequest, server_time: Option<Timestamp>, now: &Now) -> Result<(), String> {
        self.request_at = now.elapsed;
        if kind == PushRequest::Values && server_time.is_none() {
            // An earlier answer had it.
            return Ok(());
        }
        let outcome = compare(server_time, now.wall.timestamp());
        self.offset_ms = offset_ms(now);
        self.unchecked = 0;
        self.clock = if outcome.is_ok() { ClockState::Right } else { ClockState::Wrong };
        if outcome.is_err() {
            self.drop_oldest(self.waiting.len());
            self.request_at = now.elapsed + WRONG_CLOCK_PAUSE;
        }
        outcome
    }

    /// Notices that the machine slept, or that its clock was set: then the clocks are compared before anything is sent, and
    /// values by a clock that never was compared are dropped.
    fn look_at_clock(&mut self, now: &Now, chance: f64) {
        let offset_ms = offset_ms(now);
        if offset_ms.abs_diff(self.offset_ms) > MAX_STEP_MS {
            self.offset_ms = offset_ms;
            self.waiting.truncate(self.waiting.len() - self.unchecked);
            self.drop_oldest(0);
            self.clock = ClockState::Unknown;
            self.failures = 0;
            self.request_at = now.elapsed + jitter(chance);
            self.snapshot_at = self.next_in_phase(now);
        }
    }

    fn drop_oldest(&mut self, count: usize) {
        self.waiting.drain(..count);
        self.batch = self.batch.saturating_sub(count).min(self.waiting.len());
        self.maybe_taken = self.maybe_taken.saturating_sub(count).min(self.waiting.len());
        self.unchecked = self.unchecked.min(self.waiting.len());
    }

    /// The next beginning of this machine's intervals, on the monotonic clock.
    pub fn next_in_phase(&self, now: &Now) -> Duration {
        let every_ms = self.every.as_millis() as i64;
        let since_ms = now.wall.timestamp().as_millisecond() - self.phase.as_millis() as i64;
        now.elapsed + Duration::from_millis((every_ms - since_ms.rem_euclid(every_ms)).cast_unsigned())
    }
}

/// Compares the clocks, by the answer to a request without values.
///
/// # Errors
/// When they differ by more than two minutes, or the server does not tell its time: one sentence.
pub fn compare(server_time: Option<Timestamp>, own_time: Timestamp) -> Result<(), String> {
    let Some(time) = server_time else { return Err(text::not_pushed(text::NO_TIME)) };
    let by = between(time, own_time).max(between(own_time, time));
    if by > MAX_DIFFERENCE { Err(text::not_pushed(&text::clocks_differ(own_time > time, by))) } else { Ok(()) }
}

fn jitter(chance: f64) -> Duration {
    MAX_JITTER.mul_f64(chance.clamp(0.0, 1.0))
}

fn offset_ms(now: &Now) -> i64 {
    now.wall.timestamp().as_millisecond() - now.elapsed.as_millis() as i64
}

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// FNV-1a, of 64 bits: the same for a machine every time.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests;
