//! Whether a person has opened the app again. macOS sends the same event for a click on a notification or on one of its buttons,
//! and macOS 26 also some seconds after the machine has woken, with nobody there. In doubt nothing is shown.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use objc2::MainThreadMarker;
use objc2_app_kit::NSApplication;

use crate::runtime::clock;

/// The times for which a response to a notification, and the machine's waking, may cause the event.
const AFTER_RESPONSE: Duration = Duration::from_secs(2);
const AFTER_WAKE: Duration = Duration::from_secs(15);

/// The latest of each, on the monotonic clock; `None` before the first.
static RESPONSE: Mutex<Option<Duration>> = Mutex::new(None);
static WAKE: Mutex<Option<Duration>> = Mutex::new(None);

fn note(event: &Mutex<Option<Duration>>) {
    *event.lock().unwrap_or_else(PoisonError::into_inner) = Some(clock::monotonic());
}

fn is_recent(event: &Mutex<Option<Duration>>, limit: Duration) -> bool {
    let at = *event.lock().unwrap_or_else(PoisonError::into_inner);
    at.is_some_and(|at| clock::monotonic().saturating_sub(at) < limit)
}

/// Takes note of a response to a notification.
pub fn note_response() {
    note(&RESPONSE);
}

/// Takes note of the machine's waking.
pub fn note_wake() {
    note(&WAKE);
}

/// Whether it was a person that opened the app a moment ago: that brings it to the front, and nothing else explains it. On the
/// main thread.
pub fn is_opened_by_person() -> bool {
    let is_in_front =
        MainThreadMarker::new().is_some_and(|main_thread| NSApplication::sharedApplication(main_thread).isActive());
    is_in_front && !is_recent(&RESPONSE, AFTER_RESPONSE) && !is_recent(&WAKE, AFTER_WAKE)
}
