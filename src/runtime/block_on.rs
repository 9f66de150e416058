//! Waiting for an answer, but not for ever.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use super::clock;

/// Runs `future` to its end on this thread, or gives it up after `limit`.
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
    fn an_answer_is_passed_on_and_silence_is_given_up() {
        assert_eq!(block_on_timeout(Duration::from_secs(60), async { 7 }), Some(7));
        assert_eq!(block_on_timeout(Duration::from_millis(20), std::future::pending::<()>()), None);
    }

    #[test]
    fn an_answer_from_another_thread_wakes_the_waiting() {
        let (sender, receiver) = std::sync::mpsc::channel::<Waker>();
        let answer = thread::spawn(move || receiver.recv().unwrap().wake());
        let mut is_asked = false;
        let asked = std::future::poll_fn(|context| {
            if is_asked {
                return Poll::Ready(7);
            }
            is_asked = true;
            sender.send(context.waker().clone()).unwrap();
            Poll::Pending
        });
        assert_eq!(block_on_timeout(Duration::from_secs(60), asked), Some(7));
        answer.join().unwrap();
    }
}
