//! Where readings come from, and the thread that takes them at their time and pushes them through the inbox.

use crate::runtime::inbox::TimedReading;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::runtime::clock;
use crate::runtime::inbox::{Inbox, Input};

/// Something that can be read again and again: the machine, or a recorded trace.
pub trait Source: Send + 'static {
    /// How long to wait before the first reading.
    fn initial_delay(&self) -> Duration;

    /// The next reading; `None` when there are no more. `refresh` is the longest interval in force since the one before.
    ///
    /// # Errors
    /// When there can be no further reading, and why.
    fn read(&mut self, refresh: Duration) -> Result<Option<TimedReading>>;

    /// How long to wait, from this reading to the next.
    fn next_delay(&self, refresh: Duration) -> Duration;

    /// Whether a full inbox must be waited for (a trace), or may lose its oldest reading (the machine, which can't wait).
    fn is_lossless(&self) -> bool;
}

enum Control {
    Refresh(Duration),
    Stop,
}

/// The sampler's thread. Dropping it ends the thread in the middle of a pause; one that reads a trace which does not go on
/// (a pipe) is not waited for: it has nothing to clean up.
pub struct Sampler {
    control: Sender<Control>,
    inbox: Arc<Inbox>,
}

impl Sampler {
    /// Starts reading `source` every `refresh`.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(source: Box<dyn Source>, inbox: Arc<Inbox>, refresh: Duration) -> Result<Sampler> {
        let (control, orders) = channel();
        let readings = Arc::clone(&inbox);
        Builder::new()
            .name("sampler".into())
            .spawn(move || sample(source, &readings, &orders, refresh))
            .context("could not start the sampler's thread")?;
        Ok(Sampler { control, inbox })
    }

    /// Reads this often from now on.
    pub fn set_refresh(&self, refresh: Duration) {
        // A sampler that has ended (a trace that is over) needs no orders.
        let _ = self.control.send(Control::Refresh(refresh));
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.inbox.close();
        let _ = self.control.send(Control::Stop);
    }
}

fn sample(mut source: Box<dyn Source>, inbox: &Inbox, orders: &Receiver<Control>, mut refresh: Duration) {
    let mut last = clock::monotonic();
    let mut pause = source.initial_delay();
    let mut longest = refresh;
    loop {
        match wait(orders, last + pause) {
            Order::Go => {}
            Order::Refresh(changed) => {
                refresh = changed;
                longest = longest.max(refresh);
                pause = source.next_delay(refresh);
                continue;
            }
            Order::Stop => return,
        }
        last = clock::monotonic();
        let input = Input::of(source.read(std::mem::replace(&mut longest, refresh)));
        let is_last = matches!(input, Input::SourceEnded(_));
        let is_taken = if source.is_lossless() { inbox.send_waiting(input) } else { inbox.send(input) };
        if is_last || !is_taken {
            return;
        }
        pause = source.next_delay(refresh);
    }
}

enum Order {
    Go,
    Refresh(Duration),
    Stop,
}

/// Waits until `due`, or until an order comes.
fn wait(orders: &Receiver<Control>, due: Duration) -> Order {
    match orders.recv_timeout(due.saturating_sub(clock::monotonic())) {
        Err(RecvTimeoutError::Timeout) => Order::Go,
        Ok(Control::Refresh(refresh)) => Order::Refresh(refresh),
        Ok(Control::Stop) | Err(RecvTimeoutError::Disconnected) => Order::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine on which nothing happens.
    struct Still;

    impl Source for Still {
        fn initial_delay(&self) -> Duration {
            Duration::ZERO
        }

        fn read(&mut self, _refresh: Duration) -> Result<Option<TimedReading>> {
            Ok(Some(TimedReading { reading: crate::core::metrics::reading::Reading::default(), at: clock::now() }))
        }

        fn next_delay(&self, refresh: Duration) -> Duration {
            refresh
        }

        fn is_lossless(&self) -> bool {
            false
        }
    }

    #[test]
    fn a_shorter_interval_takes_effect_at_once() {
        let inbox = Arc::new(Inbox::default());
        let (sender, arrivals) = channel();
        inbox.wake_with(move || {
            // A test that has ended needs no telling.
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
