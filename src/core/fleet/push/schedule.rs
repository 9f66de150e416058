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
/// After so many answers of 500 the same values are dropped: Prometheus 2.42 with an out-of-order window answers so to values
/// that it will never take. A proxy before a server that is away answers otherwise.
const MAX_INTERNAL_ERRORS: u32 = 5;
const INTERNAL_ERROR: u16 = 500;
/// Prometheus answers so to values that it took before, where each series has several of them: only the last one may come again.
const BAD_REQUEST: u16 = 400;

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
    internal_errors: u32,
    /// An attempt at the values in work had no answer: the server may have them.
    may_be_taken: bool,
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
            internal_errors: 0,
            may_be_taken: false,
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
                    self.batch = self.waiting.len().min(MAX_BATCH);
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
        let is_taken = kind == PushRequest::Values && self.may_be_taken && reply.status == Some(BAD_REQUEST);
        if let Some(problem) = reply.problem.as_ref().filter(|_| !is_taken) {
            self.fail(kind, reply, now, chance);
            return Err(problem.clone());
        }
        (self.failures, self.internal_errors, self.may_be_taken) = (0, 0, false);
        if kind == PushRequest::Values {
            self.sent = self.batch.checked_sub(1).and_then(|last| self.waiting.get(last)).copied();
            self.drop_oldest(self.batch);
        }
        self.compare_clocks(kind, reply.server_time, now)
    }

    /// The body of the last request, by which all series end; `None` where the server has none, or cannot be reached.
    pub fn end(&mut self, now: &Now, identity: &MachineIdentity) -> Option<Vec<u8>> {
        self.look_at_clock(now, 0.0);
        let last = self.waiting.last().or(self.sent.as_ref())?;
        let end_ms = now.wall.timestamp().as_millisecond().max(last.at_ms.saturating_add(1));
        let can_end = self.clock == ClockState::Right && self.failures == 0;
        can_end.then(|| request(&series(self.sent.as_ref(), &self.waiting, Some(end_ms), identity)))
    }

    fn fail(&mut self, kind: PushRequest, reply: &PushReply, now: &Now, chance: f64) {
        self.failures = self.failures.saturating_add(1);
        self.request_at = now.elapsed + backoff::pause(self.failures, reply.retry_after, chance);
        self.internal_errors = if reply.status == Some(INTERNAL_ERROR) { self.internal_errors + 1 } else { 0 };
        let is_refused = !reply.is_retryable || self.internal_errors >= MAX_INTERNAL_ERRORS;
        if kind == PushRequest::Values {
            self.may_be_taken = !is_refused && (self.may_be_taken || reply.status.is_none());
            if is_refused {
                self.internal_errors = 0;
                self.drop_oldest(self.batch);
            }
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
        self.unchecked = self.unchecked.min(self.waiting.len());
    }

    /// The next beginning of an interval, on the monotonic clock.
    fn next_in_phase(&self, now: &Now) -> Duration {
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
