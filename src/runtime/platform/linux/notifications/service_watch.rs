//! Waits for a notification service to come, on a thread of its own, only after a notification could not be shown.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zbus::export::futures_core::Stream;
use zbus::message::Type;
use zbus::{MatchRule, MessageStream};

use crate::core::messages::effect::Event;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::platform::linux::dbus;
use crate::runtime::service::failures;

/// The bus itself.
const BUS: &str = "org.freedesktop.DBus";

/// Whether a thread waits.
#[derive(Default)]
pub struct ServiceWatch(Arc<AtomicBool>);

impl ServiceWatch {
    /// Begins to wait, unless a thread waits already. It ends when a service has come, or the bus has gone. A service that is
    /// there now has come too if it `was_missing` before; otherwise it is the one that failed.
    pub fn start(&self, was_missing: bool, inbox: &Arc<Inbox>) {
        if self.0.swap(true, Ordering::Relaxed) {
            return;
        }
        let (is_waiting, inbox) = (Arc::clone(&self.0), Arc::clone(inbox));
        let wait = move || {
            let has_come = zbus::block_on(arrival(was_missing)).is_ok_and(|has_come| has_come);
            // Before the event: what fails then begins a new wait.
            is_waiting.store(false, Ordering::Relaxed);
            if has_come {
                inbox.send(Input::Event(Event::NotificationsPossible));
            }
        };
        // Detached: it may wait for days. Without a thread the attempts of the engine are left.
        if failures::spawn("services", wait).is_err() {
            self.0.store(false, Ordering::Relaxed);
        }
    }
}

/// Waits until a service has the name of notifications. Returns false when the bus has gone.
///
/// Source: D-Bus Specification, `org.freedesktop.DBus.NameOwnerChanged`.
async fn arrival(was_missing: bool) -> zbus::Result<bool> {
    let bus = dbus::session().await?;
    let rule = MatchRule::builder().msg_type(Type::Signal).sender(BUS).interface(BUS).member("NameOwnerChanged");
    let rule = rule.arg(0, dbus::NOTIFICATIONS).build()?;
    let mut changes = MessageStream::for_match_rule(rule, &bus, None).await?;
    if was_missing && dbus::notification_service_owner().await.is_ok() {
        return Ok(true);
    }
    while let Some(change) = poll_fn(|context| Pin::new(&mut changes).poll_next(context)).await {
        let change = change?;
        // Another program may send such a signal to this connection alone.
        if change.header().sender().is_none_or(|sender| sender.as_str() != BUS) {
            continue;
        }
        let (_name, _old, new): (String, String, String) = change.body().deserialize()?;
        if !new.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
