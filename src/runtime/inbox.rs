//! The inbox of the loop: every input from outside, in order.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;

use crate::core::messages::effect::{Event, Operation};
use crate::core::metrics::reading::Reading;
use crate::core::time::Now;
use crate::runtime::clock;
use crate::runtime::work_queue::Popped;

/// The most inputs that may wait. Only a loop that stands still for minutes lets so many gather.
pub const ROOM: usize = 64;

/// An input of the loop.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Reading(TimedReading),
    /// From here on, the readings of a history have this refresh interval.
    RefreshInterval(Duration),
    /// There will be no more readings; the error is the reason, if that is a failure.
    SourceEnded(Result<(), String>),
    /// A warning about the source of the readings.
    Remark(String),
    /// An event for the engine: a command, or the outcome of an effect.
    Event(Event),
    /// Somebody asks for the metrics.
    MetricsWanted,
    /// The push wants the values of now.
    PushWanted,
    /// The console writers have new write results.
    Printed,
    /// The service manager asks for the settings to be read anew.
    Reload,
    /// A signal asks for the end.
    Stop,
    /// The run cannot go on, for this reason.
    Failed(String),
}

impl Input {
    /// The outcome of an effect.
    pub fn outcome(operation: Operation, result: Result<(), String>) -> Input {
        Input::Event(Event::Outcome { operation, result })
    }

    /// The result of reading a source.
    pub fn of(result: Result<Option<TimedReading>>) -> Input {
        match result {
            Ok(Some(reading)) => Input::Reading(reading),
            Ok(None) => Input::SourceEnded(Ok(())),
            Err(error) => Input::SourceEnded(Err(format!("{error:#}"))),
        }
    }
}

/// A channel in which a reading that finds no room replaces the oldest reading. Nothing else is ever lost.
#[derive(Default)]
pub struct Inbox {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    has_room: Condvar,
    /// A lock of its own: the woken thread locks `waiting` at once, and must not find it locked.
    waker: Mutex<Option<Waker>>,
}

/// Called when an input arrives in an empty inbox.
type Waker = Box<dyn Fn() + Send>;

#[derive(Default)]
struct Waiting {
    inputs: VecDeque<Input>,
    is_closed: bool,
    /// The threads that wait for an input, and for room: a wake-up for none would be a system call too.
    receivers: usize,
    senders: usize,
}

impl Inbox {
    /// Queues `input`. Returns false once the inbox is closed.
    pub fn send(&self, input: Input) -> bool {
        let mut waiting = self.lock();
        // Only a reading may push out a reading. Other inputs are few: clicks, signals, outcomes of single effects.
        if matches!(input, Input::Reading(_))
            && waiting.inputs.len() >= ROOM
            && let Some(oldest) = waiting.inputs.iter().position(|i| matches!(i, Input::Reading(_)))
        {
            waiting.inputs.remove(oldest);
        }
        self.push(waiting, input)
    }

    /// Queues `input`, but waits for room instead of losing a reading.
    pub fn send_waiting(&self, input: Input) -> bool {
        let mut waiting = self.lock();
        waiting.senders += 1;
        while waiting.inputs.len() >= ROOM && !waiting.is_closed {
            waiting = self.has_room.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.senders -= 1;
        self.push(waiting, input)
    }

    /// Waits for the next input; `None` once closed and empty.
    pub fn receive(&self) -> Option<Input> {
        let mut waiting = self.lock();
        while waiting.inputs.is_empty() && !waiting.is_closed {
            waiting.receivers += 1;
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            waiting.receivers -= 1;
        }
        self.take(waiting)
    }

    /// Waits for the next input until the monotonic clock is at `time`.
    pub fn receive_until(&self, time: Duration) -> Popped<Input> {
        let mut waiting = self.lock();
        while waiting.inputs.is_empty() && !waiting.is_closed {
            let left = time.saturating_sub(clock::monotonic());
            if left.is_zero() {
                return Popped::TimedOut;
            }
            waiting.receivers += 1;
            waiting = self.arrived.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
            waiting.receivers -= 1;
        }
        self.take(waiting).map_or(Popped::Closed, Popped::Item)
    }

    /// The same, without a limit where there is no `time`.
    pub fn receive_until_some(&self, time: Option<Duration>) -> Popped<Input> {
        match time {
            Some(time) => self.receive_until(time),
            None => self.receive().map_or(Popped::Closed, Popped::Item),
        }
    }

    /// The next input, if one is waiting.
    pub fn poll(&self) -> Option<Input> {
        self.take(self.lock())
    }

    /// Whether nothing is waiting.
    pub fn is_empty(&self) -> bool {
        self.lock().inputs.is_empty()
    }

    /// Calls `waker` whenever an input arrives in an empty inbox, and once now if it is not empty.
    pub fn wake_with(&self, waker: impl Fn() + Send + 'static) {
        let mut slot = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        let waker = slot.insert(Box::new(waker));
        if !self.is_empty() {
            waker();
        }
    }

    /// Closes the inbox: senders that wait return, and nothing is queued any more.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.has_room.notify_all();
        self.arrived.notify_all();
    }

    fn push(&self, mut waiting: MutexGuard<'_, Waiting>, input: Input) -> bool {
        if waiting.is_closed {
            return false;
        }
        let was_empty = waiting.inputs.is_empty();
        waiting.inputs.push_back(input);
        let is_awaited = waiting.receivers > 0;
        drop(waiting);
        if is_awaited {
            self.arrived.notify_one();
        }
        if was_empty && let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker();
        }
        true
    }

    fn take(&self, mut waiting: MutexGuard<'_, Waiting>) -> Option<Input> {
        let input = waiting.inputs.pop_front();
        let is_awaited = waiting.senders > 0;
        drop(waiting);
        if is_awaited {
            self.has_room.notify_all();
        }
        input
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // The queue is consistent between any two statements: a panic elsewhere leaves it usable.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reading and its time.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedReading {
    pub reading: Reading,
    pub at: Now,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;
    use crate::core::messages::effect::UserCommand;

    fn reading(n: usize) -> Input {
        let reading = Reading { cpu_percent: Some(n as f64), ..Reading::default() };
        Input::Reading(TimedReading { reading, at: clock::now() })
    }

    fn drain(inbox: &Inbox) -> Vec<Input> {
        std::iter::from_fn(|| inbox.poll()).collect()
    }

    #[test]
    fn a_full_inbox_loses_its_oldest_readings_and_nothing_else() {
        let inbox = Inbox::default();
        inbox.send(Input::Event(Event::Command(UserCommand::Quit)));
        let readings: Vec<Input> = (0..200).map(reading).collect();
        readings.iter().for_each(|r| assert!(inbox.send(r.clone())));
        let taken = drain(&inbox);
        assert_eq!(taken[0], Input::Event(Event::Command(UserCommand::Quit)));
        assert_eq!(taken[1..], readings[200 - (ROOM - 1)..]);
    }

    #[test]
    fn a_trace_waits_for_room_and_loses_nothing() {
        let inbox = Arc::new(Inbox::default());
        let sender = Arc::clone(&inbox);
        let readings: Vec<Input> = (0..200).map(reading).collect();
        let sent = readings.clone();
        let thread = thread::spawn(move || sent.into_iter().all(|r| sender.send_waiting(r)));
        let taken: Vec<Input> = (0..200).map_while(|_| inbox.receive()).collect();
        assert_eq!(taken, readings);
        assert!(thread.join().unwrap());
    }

    #[test]
    fn an_outcome_pushes_out_no_reading_of_a_trace() {
        let inbox = Inbox::default();
        let readings: Vec<Input> = (0..ROOM).map(reading).collect();
        readings.iter().for_each(|r| assert!(inbox.send_waiting(r.clone())));
        inbox.send(Input::outcome(Operation::Notify, Ok(())));
        assert_eq!(drain(&inbox)[..ROOM], readings);
    }

    #[test]
    fn closing_releases_a_sender_that_waits() {
        let inbox = Arc::new(Inbox::default());
        let sender = Arc::clone(&inbox);
        let thread = thread::spawn(move || (0..200).all(|n| sender.send_waiting(reading(n))));
        inbox.receive();
        inbox.close();
        assert!(!thread.join().unwrap());
    }

    #[test]
    fn an_input_ends_the_wait_for_a_time_and_so_does_closing() {
        let inbox = Arc::new(Inbox::default());
        assert_eq!(inbox.receive_until(clock::monotonic()), Popped::TimedOut);
        let hour = clock::monotonic() + Duration::from_secs(3600);
        let receiver = Arc::clone(&inbox);
        let thread = thread::spawn(move || [(); 2].map(|()| receiver.receive_until(hour)));
        inbox.send(reading(1));
        inbox.close();
        let [first, second] = thread.join().unwrap();
        assert!(matches!(first, Popped::Item(Input::Reading(_))), "{first:?}");
        assert_eq!(second, Popped::Closed);
    }

    #[test]
    fn the_waker_is_called_only_when_the_inbox_was_empty() {
        let inbox = Inbox::default();
        let (sender, woken) = std::sync::mpsc::channel();
        inbox.send(reading(0));
        inbox.wake_with(move || sender.send(()).unwrap());
        inbox.send(reading(1));
        drain(&inbox);
        inbox.send(reading(2));
        inbox.send(reading(3));
        assert_eq!(woken.try_iter().count(), 2);
    }
}
