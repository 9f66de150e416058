//! Desktop notifications over D-Bus, by notify-rust. Only the notifier's thread uses them.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use notify_rust::{Hint, NotificationHandle, NotificationResponse, Urgency};

use super::dbus::{self, Capabilities};
use super::programs;
use crate::core::escape;
use crate::core::messages::effect::{Notification, NotificationId};
use crate::core::text;
use crate::runtime::block_on::block_on_timeout;
use crate::runtime::platform::buttons::{Button, ButtonReplies, buttons};

/// The notifications that this process has shown.
pub struct Notifications {
    replies: ButtonReplies,
    shown: BTreeMap<NotificationId, Shown>,
}

/// One notification on the screen. Dropping a handle takes its sender off the bus, whereupon GNOME (46 and later) closes
/// the notification. The handle that made it therefore stays, in the thread that waits for its buttons or else here, and so
/// does the handle of the last change.
struct Shown {
    id: u32,
    waiter: Option<Waiter>,
    _first: Option<NotificationHandle>,
    _latest: Option<NotificationHandle>,
}

/// Waits on a thread of its own until a button is pressed or the notification is closed. A service that has ended never
/// reports the closing; the thread must end then, too.
struct Waiter {
    thread: JoinHandle<()>,
    stop: Arc<Mutex<Stop>>,
}

/// Tells the thread of a waiter to stop.
#[derive(Default)]
struct Stop {
    is_set: bool,
    waker: Option<Waker>,
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        stop.is_set = true;
        let waker = stop.waker.take();
        drop(stop);
        waker.into_iter().for_each(Waker::wake);
    }
}

/// Returns whether `stop` is set; if not, `waker` is woken when it is.
fn is_set_or_wakes(stop: &Mutex<Stop>, waker: &Waker) -> bool {
    let mut stop = stop.lock().unwrap_or_else(PoisonError::into_inner);
    stop.waker = Some(waker.clone());
    stop.is_set
}

impl Notifications {
    /// Nothing is shown yet. The commands of pressed buttons go to `replies`.
    pub fn new(replies: ButtonReplies) -> Notifications {
        Notifications { replies, shown: BTreeMap::new() }
    }

    /// Asks for permission: Linux needs none.
    pub fn prepare(&mut self) -> Result<(), String> {
        Ok(())
    }

    /// Shows `notification` in place of the one with the same id. The service must respond within `limit`; an error tells
    /// the way out.
    pub fn show(&mut self, notification: &Notification, limit: Duration) -> Result<(), String> {
        let replaced = self.shown.get(&notification.id).map(|shown| shown.id);
        let system_monitor_name = programs::system_monitor().map(|_| programs::SYSTEM_MONITOR_NAME);
        let buttons = buttons(notification, system_monitor_name);
        let sent = block_on_timeout(limit, async {
            let capabilities = dbus::capabilities().await.map_err(|e| dbus::explain(&e))?;
            let built = build(notification, replaced, &buttons, &capabilities);
            built.show_async().await.map_err(|e| dbus::explain(&e))
        });
        let handle = sent.ok_or_else(|| text::desktop::notification_service_late(limit.as_secs()))??;
        self.store(notification.id, handle, buttons);
        Ok(())
    }

    /// Closes the notification with this id, if there is one.
    pub fn dismiss(&mut self, id: NotificationId, limit: Duration) {
        if let Some(shown) = self.shown.remove(&id) {
            // A service that does not respond shows nothing that could be closed.
            let _ = block_on_timeout(limit, dbus::close_notification(shown.id));
        }
    }

    fn store(&mut self, id: NotificationId, handle: NotificationHandle, buttons: Vec<Button>) {
        let service_id = handle.id();
        if let Some(shown) = self.shown.get_mut(&id)
            // A service that was restarted gives another id: the notification before is gone.
            && shown.id == service_id
            && (buttons.is_empty() || shown.waiter.as_ref().is_some_and(|waiter| !waiter.thread.is_finished()))
        {
            shown._latest = Some(handle);
            return;
        }
        let (waiter, _first) =
            if buttons.is_empty() { (None, Some(handle)) } else { (self.wait_for_buttons(handle, buttons), None) };
        self.shown.insert(id, Shown { id: service_id, waiter, _first, _latest: None });
    }

    /// The thread ends when the notification is closed or the waiter dropped. `None` where the system has no thread to give.
    fn wait_for_buttons(&self, handle: NotificationHandle, buttons: Vec<Button>) -> Option<Waiter> {
        let replies = self.replies.clone();
        let stop = Arc::<Mutex<Stop>>::default();
        let stopped = Arc::clone(&stop);
        let wait = move || {
            // Without a response it ends when the bus has gone, and the notification with it.
            let mut response = pin!(handle.wait_for_action_async(|response: &NotificationResponse| {
                if let NotificationResponse::Action(id) = response
                    && let Some(button) = buttons.iter().find(|button| button.id == *id)
                {
                    replies.send(button.command);
                }
            }));
            zbus::block_on(poll_fn(|context| {
                if is_set_or_wakes(&stopped, context.waker()) {
                    Poll::Ready(())
                } else {
                    response.as_mut().poll(context)
                }
            }));
        };
        let thread = Builder::new().name("buttons".into()).spawn(wait).ok()?;
        Some(Waiter { thread, stop })
    }
}

fn build(
    content: &Notification,
    replaced: Option<u32>,
    buttons: &[Button],
    service: &Capabilities,
) -> notify_rust::Notification {
    let title = escape::for_terminal(&content.title);
    let body =
        if service.markup { escape::for_markup(&content.body) } else { escape::for_terminal(&content.body).into() };
    let (icon, urgency) =
        if content.is_quiet { ("dialog-information", Urgency::Low) } else { ("dialog-warning", Urgency::Normal) };
    let mut notification = notify_rust::Notification::new();
    notification.appname("Loadline").summary(&title).body(&body).icon(icon).urgency(urgency);
    if content.is_quiet {
        // The service shows it now and does not store it.
        notification.hint(Hint::Transient(true));
    }
    if service.buttons {
        for button in buttons {
            notification.action(&button.id, &button.label);
        }
    }
    if let Some(id) = replaced {
        notification.id(id);
    }
    notification
}
