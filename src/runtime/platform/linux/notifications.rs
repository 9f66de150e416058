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
use crate::core::messages::permission::PermissionAnswer;
use crate::core::text;
use crate::runtime::block_on::block_on_timeout;
use crate::runtime::platform::backend::{NotShown, NotificationBackend, PermissionRequest};
use crate::runtime::platform::buttons::{Button, ButtonReplies, buttons, click};

/// The key of the action that stands for a click on the notification itself; services show no button for it.
///
/// Source: Desktop Notifications Specification 1.2, "Basic Design", `actions`.
const CLICK_ID: &str = "default";
/// The sound of a warning in the Freedesktop Sound Naming Specification.
const ALERT_SOUND: &str = "dialog-warning";

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
    is_quiet: bool,
    waiter: Option<Waiter>,
    _first: Option<NotificationHandle>,
    _latest: Option<NotificationHandle>,
}

/// Waits on a thread of its own until a button is pressed or the notification is closed. A service that has ended never
/// reports the closing; the thread must end then, too.
struct Waiter {
    thread: JoinHandle<()>,
    /// Those of the last change: the waiter outlives the notification that it was made for.
    buttons: Arc<Mutex<Vec<Button>>>,
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

    fn send(&mut self, notification: &Notification, limit: Duration) -> Result<(), String> {
        let replaced = self.shown.get(&notification.id).map(|shown| shown.id);
        let system_monitor_name = programs::system_monitor().map(|_| programs::SYSTEM_MONITOR_NAME);
        let mut buttons = buttons(notification, system_monitor_name);
        buttons.extend(click(notification, CLICK_ID));
        let sent = block_on_timeout(limit, async {
            let capabilities = dbus::capabilities().await.map_err(|e| dbus::explain(&e))?;
            let built = build(notification, replaced, &buttons, &capabilities);
            built.show_async().await.map_err(|e| dbus::explain(&e))
        });
        let handle = sent.ok_or_else(|| text::desktop::notification_service_late(limit.as_secs()))??;
        self.store(notification, handle, buttons);
        Ok(())
    }

    fn store(&mut self, notification: &Notification, handle: NotificationHandle, buttons: Vec<Button>) {
        let (id, is_quiet) = (handle.id(), notification.is_quiet);
        if let Some(shown) = self.shown.get_mut(&notification.id)
            // A service that was restarted gives another id: the notification before is gone.
            && shown.id == id
            && (buttons.is_empty() || shown.waiter.as_ref().is_some_and(|waiter| !waiter.thread.is_finished()))
        {
            if let Some(waiter) = &shown.waiter {
                *waiter.buttons.lock().unwrap_or_else(PoisonError::into_inner) = buttons;
            }
            shown.is_quiet = is_quiet;
            shown._latest = Some(handle);
            return;
        }
        let (waiter, _first) =
            if buttons.is_empty() { (None, Some(handle)) } else { (self.wait_for_buttons(handle, buttons), None) };
        self.shown.insert(notification.id, Shown { id, is_quiet, waiter, _first, _latest: None });
    }

    /// The thread ends when the notification is closed or the waiter dropped. `None` where the system has no thread to give.
    fn wait_for_buttons(&self, handle: NotificationHandle, buttons: Vec<Button>) -> Option<Waiter> {
        let replies = self.replies.clone();
        let buttons = Arc::new(Mutex::new(buttons));
        let offered = Arc::clone(&buttons);
        let stop = Arc::<Mutex<Stop>>::default();
        let stopped = Arc::clone(&stop);
        let wait = move || {
            // Without a response it ends when the bus has gone, and the notification with it.
            let mut response = pin!(handle.wait_for_action_async(|response: &NotificationResponse| {
                let buttons = offered.lock().unwrap_or_else(PoisonError::into_inner);
                match response {
                    NotificationResponse::Action(id) => replies.press(&buttons, id),
                    NotificationResponse::Default => replies.press(&buttons, CLICK_ID),
                    _ => {}
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
        Some(Waiter { thread, buttons, stop })
    }
}

impl NotificationBackend for Notifications {
    /// A service that outlives the program closes or keeps its notifications by rules of its own, and their numbers are lost.
    fn begin(&mut self, _limit: Duration) {}

    fn permission_request(&self) -> Option<PermissionRequest> {
        None
    }

    fn take_answer(&mut self, _answer: PermissionAnswer, _limit: Duration) -> Result<(), String> {
        Ok(())
    }

    fn show(&mut self, notification: &Notification, limit: Duration) -> Result<(), NotShown> {
        Ok(self.send(notification, limit)?)
    }

    fn dismiss(&mut self, id: NotificationId, limit: Duration) {
        if let Some(shown) = self.shown.remove(&id) {
            // A service that does not respond shows nothing that could be closed.
            let _ = block_on_timeout(limit, dbus::close_notification(shown.id));
        }
    }

    /// Closes the alerts, whose buttons do nothing any more, and whose end nobody will announce. Not every service does that
    /// when their sender leaves the bus. The quiet end of an alert stays true.
    fn withdraw(&mut self, limit: Duration) {
        let is_alert = |(id, shown): (&NotificationId, &Shown)| {
            (matches!(id, NotificationId::Alert(_)) && !shown.is_quiet).then_some(*id)
        };
        let alerts: Vec<NotificationId> = self.shown.iter().filter_map(is_alert).collect();
        alerts.into_iter().for_each(|id| self.dismiss(id, limit));
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
    if content.has_sound {
        notification.sound_name(ALERT_SOUND);
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
