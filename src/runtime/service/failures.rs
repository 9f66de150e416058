//! The threads that failed in the starts of this process before this one.

use std::io;
use std::sync::OnceLock;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::environment;
use crate::core::service::thread_failures::ThreadFailures;
use crate::core::text::problems as text;
use crate::runtime::clock;

/// The failures of the last hour, as of the start.
pub fn earlier() -> &'static ThreadFailures {
    static EARLIER: OnceLock<ThreadFailures> = OnceLock::new();
    let parse = |text: &str| ThreadFailures::parse(text, clock::system_monotonic());
    EARLIER.get_or_init(|| environment::variables().failures.as_deref().map(parse).unwrap_or_default())
}

/// The time for which the thread with this name rests, because it has failed; mostly zero. Else whatever makes it fail, say a
/// server's answer, would have Loadline start again and again.
pub fn rest(name: &str) -> Duration {
    let known = earlier();
    // Nearly always there is none, and no clock to be read.
    if known.last().is_some() { known.rest(name, clock::system_monotonic()) } else { Duration::ZERO }
}

/// Starts a thread that Loadline can do without for a while.
///
/// # Errors
/// When the thread rests, or the system has none to give.
pub fn spawn<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> io::Result<JoinHandle<T>> {
    thread(name)?.spawn(work)
}

/// The same before it is started, for one with a stack of its own.
///
/// # Errors
/// When the thread rests.
pub fn thread(name: &str) -> io::Result<Builder> {
    match rest(name) {
        Duration::ZERO => Ok(Builder::new().name(name.into())),
        _ => Err(io::Error::other(text::THREAD_RESTS)),
    }
}
