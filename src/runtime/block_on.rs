//! Runs a future on the calling thread, with a time limit.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use super::clock;

/// Runs `future` to its end on this thread. Returns `None` if that takes longer than `limit`.
pub fn block_on_timeout<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let end = clock::monotonic() + limit;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        let left = end.saturating_sub(clock::monotonic());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_output_is_returned_and_a_pending_future_times_out() {
        assert_eq!(block_on_timeout(Duration::from_secs(60), async { 7 }), Some(7));
        assert_eq!(block_on_timeout(Duration::from_millis(20), std::future::pending::<()>()), None);
    }

    #[test]
    fn a_wake_from_another_thread_ends_the_wait() {
        let (sender, receiver) = std::sync::mpsc::channel::<Waker>();
        let waking = thread::spawn(move || receiver.recv().unwrap().wake());
        let mut is_polled = false;
        let future = std::future::poll_fn(|context| {
            if is_polled {
                return Poll::Ready(7);
            }
            is_polled = true;
            sender.send(context.waker().clone()).unwrap();
            Poll::Pending
        });
        assert_eq!(block_on_timeout(Duration::from_secs(60), future), Some(7));
        waking.join().unwrap();
    }
}
