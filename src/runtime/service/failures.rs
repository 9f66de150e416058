//! The threads that failed in the starts of this process before this one.

use std::io;
use std::sync::OnceLock;
use std::thread::Builder;

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

/// A thread that Loadline can do without for a while: once it has failed, it is not started for an hour. Else whatever makes it
/// fail, say a server's answer, would have Loadline start again and again.
///
/// # Errors
/// When the thread rests.
pub fn thread(name: &str) -> io::Result<Builder> {
    let known = earlier();
    // Nearly always there is none, and no clock to be read.
    let rests = known.last().is_some() && known.rests(name, clock::system_monotonic());
    if rests { Err(io::Error::other(text::THREAD_RESTS)) } else { Ok(Builder::new().name(name.into())) }
}
