//! The trait of sources, and the sampler, which reads one on time: on a thread of its own, or in the loop itself.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::core::alerts::rule::Rules;
use crate::runtime::inbox::{Inbox, Input, TimedReading};
use crate::runtime::work_queue::Popped;
use crate::runtime::{clock, platform};

/// The part of an interval by which a reading may be late, so that the system wakes the processor once for several timers.
const TOLERANCE_PARTS: u32 = 10;
/// The most by which a reading may be late.
const MAX_TOLERANCE: Duration = Duration::from_secs(1);

/// A source of readings: the machine, or a recorded trace.
pub trait Source: Send + 'static {
    /// The delay before the first reading.
    fn initial_delay(&self) -> Duration;

    /// The next reading; `None` when there are no more, an error when there can be none. `refresh` is the longest interval in
    /// force since the one before.
    fn read(&mut self, refresh: Duration) -> Result<Option<TimedReading>>;

    /// Remarks for the person since the last call: each is said once.
    fn take_remarks(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// The delay from this reading to the next. A trace waits for its next row here.
    fn next_delay(&mut self, refresh: Duration) -> Duration;

    /// Tells the source which values make an alert: they have to be beyond doubt.
    fn set_rules(&mut self, _rules: Rules) {}

    /// Whether the sampler waits for room in a full inbox (a trace), or replaces the oldest reading (the machine).
    fn is_lossless(&self) -> bool;
}

enum Control {
    Refresh(Duration),
    Rules(Rules),
    Stop,
}

/// Reads a source on time. Dropping it ends the readings and closes the inbox.
pub struct Sampler {
    place: Place,
    inbox: Arc<Inbox>,
    /// As the source was last told.
    rules: Rules,
}

/// The place of the readings.
enum Place {
    /// A thread, which sends them to the inbox. The end of the sampler ends it, even in the middle of a pause. It is not joined:
    /// it may block on a trace that does not go on (a pipe), and has nothing to clean up.
    Thread(Sender<Control>),
    /// The loop that waits for inputs. Each reading wakes one thread then, and not two.
    Loop(Schedule),
}

impl Sampler {
    /// Starts reading `source` every `refresh`, on a thread.
    pub fn start(source: Box<dyn Source>, inbox: Arc<Inbox>, refresh: Duration) -> Result<Sampler> {
        let (control, received) = channel();
        let readings = Arc::clone(&inbox);
        let run = move || sample(Schedule::new(source, refresh), &readings, &received);
        Builder::new().name("sampler".into()).spawn(run).context("could not start the sampler's thread")?;
        Ok(Sampler { place: Place::Thread(control), inbox, rules: Rules::default() })
    }

    /// Reads `source` every `refresh` in [`Sampler::next_input`]. The source must not make the loop wait.
    pub fn in_loop(source: Box<dyn Source>, inbox: Arc<Inbox>, refresh: Duration) -> Sampler {
        Sampler { place: Place::Loop(Schedule::new(source, refresh)), inbox, rules: Rules::default() }
    }

    /// Waits for the next input, also for that of a reading in the loop, until the monotonic clock is at `limit`, where that is
    /// given.
    pub fn next_input(&mut self, limit: Option<Duration>) -> Popped<Input> {
        let Place::Loop(schedule) = &mut self.place else { return self.inbox.receive_until_some(limit) };
        let next_at = schedule.next_at;
        match self.inbox.receive_until(limit.map_or(next_at, |limit| limit.min(next_at))) {
            Popped::TimedOut if clock::monotonic() >= next_at => {
                let input = schedule.read();
                schedule.plan_next();
                Popped::Item(input)
            }
            popped => popped,
        }
    }

    /// The time of the next reading on the monotonic clock; `None` where a thread takes it.
    pub fn next_reading_at(&self) -> Option<Duration> {
        match &self.place {
            Place::Thread(_) => None,
            Place::Loop(schedule) => Some(schedule.next_at),
        }
    }

    /// Lets the timers of the loop be late by no more than `most` from now on.
    pub fn limit_lateness(&mut self, most: Duration) {
        if let Place::Loop(schedule) = &mut self.place {
            schedule.max_tolerance = MAX_TOLERANCE.min(most);
            schedule.tolerate_lateness();
        }
    }

    /// Reads this often from now on.
    pub fn set_refresh(&mut self, refresh: Duration) {
        match &mut self.place {
            Place::Loop(schedule) => schedule.set_refresh(refresh),
            Place::Thread(control) => {
                // The thread may have ended, at the end of a trace.
                let _ = control.send(Control::Refresh(refresh));
            }
        }
    }

    /// Hands the source the rules in force, if they are others than before.
    pub fn set_rules(&mut self, rules: Rules) {
        if std::mem::replace(&mut self.rules, rules) == rules {
            return;
        }
        match &mut self.place {
            Place::Loop(schedule) => schedule.source.set_rules(rules),
            Place::Thread(control) => {
                // The thread may have ended, at the end of a trace.
                let _ = control.send(Control::Rules(rules));
            }
        }
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.inbox.close();
        if let Place::Thread(control) = &self.place {
            let _ = control.send(Control::Stop);
        }
    }
}

/// A source, and the time of its next reading.
struct Schedule {
    source: Box<dyn Source>,
    refresh: Duration,
    /// The longest interval in force since the last reading.
    longest: Duration,
    /// The times of the last reading and of the next one, on the monotonic clock.
    last: Duration,
    next_at: Duration,
    max_tolerance: Duration,
    /// The first reading is waited for, and comes on time.
    has_read: bool,
}

impl Schedule {
    fn new(source: Box<dyn Source>, refresh: Duration) -> Schedule {
        let last = clock::monotonic();
        let next_at = last + source.initial_delay();
        Schedule { source, refresh, longest: refresh, last, next_at, max_tolerance: MAX_TOLERANCE, has_read: false }
    }

    fn set_refresh(&mut self, refresh: Duration) {
        self.refresh = refresh;
        self.longest = self.longest.max(refresh);
        self.next_at = self.last + self.source.next_delay(refresh);
        if self.has_read {
            self.tolerate_lateness();
        }
    }

    /// Takes the reading that is due now.
    fn read(&mut self) -> Input {
        self.last = clock::monotonic();
        Input::of(self.source.read(std::mem::replace(&mut self.longest, self.refresh)))
    }

    /// Sets the time of the next reading. The last one is on its way by then: a live pipe has no next row yet.
    fn plan_next(&mut self) {
        self.next_at = self.last + self.source.next_delay(self.refresh);
        if !std::mem::replace(&mut self.has_read, true) {
            self.tolerate_lateness();
        }
    }

    /// Lets the timers of this thread be late. A trace is replayed at its own times.
    fn tolerate_lateness(&self) {
        if !self.source.is_lossless() {
            platform::set_timer_tolerance((self.refresh / TOLERANCE_PARTS).min(self.max_tolerance));
        }
    }
}

fn sample(mut schedule: Schedule, inbox: &Inbox, control: &Receiver<Control>) {
    loop {
        match control.recv_timeout(schedule.next_at.saturating_sub(clock::monotonic())) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Control::Refresh(refresh)) => {
                schedule.set_refresh(refresh);
                continue;
            }
            Ok(Control::Rules(rules)) => {
                schedule.source.set_rules(rules);
                continue;
            }
            Ok(Control::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
        let input = schedule.read();
        let is_last = matches!(input, Input::SourceEnded(_));
        for remark in schedule.source.take_remarks() {
            inbox.send_waiting(Input::Remark(remark));
        }
        let is_taken = if schedule.source.is_lossless() { inbox.send_waiting(input) } else { inbox.send(input) };
        if is_last || !is_taken {
            return;
        }
        schedule.plan_next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::reading::Reading;

    /// A source without values, like an idle machine.
    struct Still;

    impl Source for Still {
        fn initial_delay(&self) -> Duration {
            Duration::ZERO
        }

        fn read(&mut self, _refresh: Duration) -> Result<Option<TimedReading>> {
            Ok(Some(TimedReading { reading: Reading::default(), at: clock::now() }))
        }

        fn next_delay(&mut self, refresh: Duration) -> Duration {
            refresh
        }

        fn is_lossless(&self) -> bool {
            false
        }
    }

    /// A source that sends the tolerance of its thread's timers, in nanoseconds.
    #[cfg(target_os = "linux")]
    struct Probe {
        tolerance: Sender<u64>,
        is_lossless: bool,
    }

    #[cfg(target_os = "linux")]
    impl Source for Probe {
        fn read(&mut self, refresh: Duration) -> Result<Option<TimedReading>> {
            // The receiver may be gone at the end of the test.
            let _ = self.tolerance.send(rustix::thread::current_timer_slack()?);
            Still.read(refresh)
        }

        fn initial_delay(&self) -> Duration {
            Duration::ZERO
        }

        fn next_delay(&mut self, refresh: Duration) -> Duration {
            refresh
        }

        fn is_lossless(&self) -> bool {
            self.is_lossless
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn readings_of_the_machine_after_the_first_may_be_a_tenth_of_the_interval_late() {
        let tolerances = |is_lossless| {
            let (tolerance, tolerances) = channel();
            let probe = Box::new(Probe { tolerance, is_lossless });
            let _sampler = Sampler::start(probe, Arc::default(), Duration::from_millis(20)).unwrap();
            [(); 2].map(|()| tolerances.recv_timeout(Duration::from_secs(20)).unwrap())
        };
        let [first, second] = tolerances(false);
        assert_eq!(second, 2_000_000);
        assert_eq!(tolerances(true), [first; 2]);
    }

    #[test]
    fn a_shorter_interval_takes_effect_at_once() {
        let inbox = Arc::new(Inbox::default());
        let (sender, arrivals) = channel();
        inbox.wake_with(move || {
            // The receiver may be gone at the end of the test.
            let _ = sender.send(());
        });
        let wait_reading = || {
            arrivals.recv_timeout(Duration::from_secs(20)).unwrap();
            assert!(matches!(inbox.poll(), Some(Input::Reading(_))));
        };
        let hour = Duration::from_secs(3600);
        let mut sampler = Sampler::start(Box::new(Still), Arc::clone(&inbox), hour).unwrap();
        wait_reading();
        sampler.set_refresh(Duration::from_millis(1));
        wait_reading();
    }

    #[test]
    fn readings_in_the_loop_come_on_time_and_between_other_inputs() {
        let inbox = Arc::new(Inbox::default());
        let hour = Duration::from_secs(3600);
        let mut sampler = Sampler::in_loop(Box::new(Still), Arc::clone(&inbox), hour);
        inbox.send(Input::Printed);
        assert_eq!(sampler.next_input(None), Popped::Item(Input::Printed));
        assert!(matches!(sampler.next_input(None), Popped::Item(Input::Reading(_))), "the first is due at once");
        // A limit before the next one is no reading.
        assert_eq!(sampler.next_input(Some(clock::monotonic())), Popped::TimedOut);
        // The next one is an hour away, until the interval is a shorter one.
        inbox.send(Input::Printed);
        assert_eq!(sampler.next_input(None), Popped::Item(Input::Printed));
        sampler.set_refresh(Duration::from_millis(1));
        let taken = [(); 2].map(|()| sampler.next_input(None));
        assert!(taken.iter().all(|input| matches!(input, Popped::Item(Input::Reading(_)))), "{taken:?}");
        inbox.close();
        assert_eq!(sampler.next_input(None), Popped::Closed);
        platform::reset_timer_tolerance();
    }
}
