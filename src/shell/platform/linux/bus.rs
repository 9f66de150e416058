//! The session bus: who is there, asked with a time limit.

use std::env;
use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use zbus::Connection;

use crate::shell::clock;

/// Whether the environment names a session bus, or one waits at its usual place.
pub fn has_session() -> bool {
    let named = env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty());
    let usual = env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("bus"));
    named || usual.is_some_and(|socket| socket.exists())
}

/// Runs `future` to its end, or gives it up after `limit`.
pub fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
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

/// Whether the session bus answers.
///
/// # Errors
/// What is wrong with it.
pub fn reach(limit: Duration) -> Result<(), String> {
    if !has_session() {
        return Err("there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)".into());
    }
    match within(limit, Connection::session()) {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(format!("the D-Bus session cannot be reached ({error})")),
        None => Err("the D-Bus session does not answer".into()),
    }
}

/// Which notification service answers, by name and version.
///
/// # Errors
/// That none does, and the way out.
pub fn notification_service(limit: Duration) -> Result<String, String> {
    reach(limit)?;
    let asked = within(limit, async {
        let bus = Connection::session().await?;
        let reply = bus.call_method(
            Some("org.freedesktop.Notifications"),
            "/org/freedesktop/Notifications",
            Some("org.freedesktop.Notifications"),
            "GetServerInformation",
            &(),
        );
        reply.await?.body().deserialize::<(String, String, String, String)>()
    });
    match asked {
        Some(Ok((name, _vendor, version, _spec))) => Ok(format!("shown by {name} {version}")),
        Some(Err(error)) => Err(explain(&error)),
        None => Err("the notification service does not answer".into()),
    }
}

/// Whether the notification service reads bodies as markup, so that text has to be escaped for it.
pub async fn reads_markup() -> zbus::Result<bool> {
    let bus = Connection::session().await?;
    let reply = bus.call_method(
        Some("org.freedesktop.Notifications"),
        "/org/freedesktop/Notifications",
        Some("org.freedesktop.Notifications"),
        "GetCapabilities",
        &(),
    );
    let capabilities: Vec<String> = reply.await?.body().deserialize()?;
    Ok(capabilities.iter().any(|capability| capability == "body-markup"))
}

/// A D-Bus error as a person can use it.
pub fn explain(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    if text.contains("ServiceUnknown") || text.contains("NameHasNoOwner") {
        "no notification service is running: start your desktop's, or one like dunst or mako".into()
    } else {
        format!("the notification service says: {text}")
    }
}
