//! The trait of sources, and the sampler's thread, which reads one on time and sends the readings to the inbox.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::runtime::inbox::{Inbox, Input, TimedReading};
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

    /// The delay from this reading to the next.
    fn next_delay(&self, refresh: Duration) -> Duration;

    /// Whether the sampler waits for room in a full inbox (a trace), or replaces the oldest reading (the machine).
    fn is_lossless(&self) -> bool;
}

enum Control {
    Refresh(Duration),
    Stop,
}

/// The sampler's thread. Dropping the sampler ends the thread, even in the middle of a pause. It is not joined: it may block
/// on a trace that does not go on (a pipe), and has nothing to clean up.
pub struct Sampler {
    control: Sender<Control>,
    inbox: Arc<Inbox>,
}

impl Sampler {
    /// Starts reading `source` every `refresh`.
    pub fn start(source: Box<dyn Source>, inbox: Arc<Inbox>, refresh: Duration) -> Result<Sampler> {
        let (control, received) = channel();
        let readings = Arc::clone(&inbox);
        let run = move || sample(source, &readings, &received, refresh);
        Builder::new().name("sampler".into()).spawn(run).context("could not start the sampler's thread")?;
        Ok(Sampler { control, inbox })
    }

    /// Reads this often from now on.
    pub fn set_refresh(&self, refresh: Duration) {
        // The thread may have ended, at the end of a trace.
        let _ = self.control.send(Control::Refresh(refresh));
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.inbox.close();
        let _ = self.control.send(Control::Stop);
    }
}

fn sample(mut source: Box<dyn Source>, inbox: &Inbox, control: &Receiver<Control>, mut refresh: Duration) {
    let mut last = clock::monotonic();
    let mut pause = source.initial_delay();
    let mut longest = refresh;
    // A trace is replayed at its own times.
    let is_tolerant = !source.is_lossless();
    let tolerate_lateness = |interval: Duration| {
        if is_tolerant {
            platform::set_timer_tolerance((interval / TOLERANCE_PARTS).min(MAX_TOLERANCE));
        }
    };
    // The first reading is waited for, and comes on time.
    let mut has_read = false;
    loop {
        match control.recv_timeout((last + pause).saturating_sub(clock::monotonic())) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Control::Refresh(changed)) => {
                refresh = changed;
                longest = longest.max(refresh);
                pause = source.next_delay(refresh);
                if has_read {
                    tolerate_lateness(refresh);
                }
                continue;
            }
            Ok(Control::Stop) | Err(RecvTimeoutError::Disconnected) => return,
        }
        last = clock::monotonic();
        let input = Input::of(source.read(std::mem::replace(&mut longest, refresh)));
        let is_last = matches!(input, Input::SourceEnded(_));
        let is_taken = if source.is_lossless() { inbox.send_waiting(input) } else { inbox.send(input) };
        if is_last || !is_taken {
            return;
        }
        pause = source.next_delay(refresh);
        if !std::mem::replace(&mut has_read, true) {
            tolerate_lateness(refresh);
        }
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

        fn next_delay(&self, refresh: Duration) -> Duration {
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

        fn next_delay(&self, refresh: Duration) -> Duration {
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
        let sampler = Sampler::start(Box::new(Still), Arc::clone(&inbox), hour).unwrap();
        wait_reading();
        sampler.set_refresh(Duration::from_millis(1));
        wait_reading();
    }
}
