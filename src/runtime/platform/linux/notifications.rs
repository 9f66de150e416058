//! Desktop notifications over D-Bus, by notify-rust. Only the notifier's thread uses them.
//!
//! A notification never takes the place of another by its number. GNOME refuses that from another connection, and notify-rust
//! opens one for each notification; Plasma changes its history without a popup once the old one has expired; and a service
//! that was restarted gives the old number to another program. The old one is closed by its own handle instead, as long as
//! the service that shows it still runs, and the new one is shown.

mod app_icon;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread::Builder;
use std::time::Duration;

use notify_rust::{Hint, NotificationHandle, NotificationResponse, Timeout, Urgency};

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
/// The name of the desktop entry of this program, without its suffix.
const DESKTOP_ENTRY: &str = "dev.loadline.Loadline";
/// The time for which the quiet end of an alert is shown. Some services, such as mako, would otherwise show it for ever.
const QUIET_TIMEOUT: Timeout = Timeout::Milliseconds(10_000);
/// The time that the bus has to say which service runs, and the service to close a notification whose button was pressed.
const OWNER_LIMIT: Duration = Duration::from_secs(1);

/// The notifications that this process has shown.
pub struct Notifications {
    replies: ButtonReplies,
    shown: BTreeMap<NotificationId, Shown>,
}

/// One notification on the screen. Its handle is a connection to the bus: when it goes, GNOME (46 and later) closes the
/// notification.
struct Shown {
    is_quiet: bool,
    /// The unique name of the service that shows it: another service would close another program's notification.
    service: Option<String>,
    handle: Arc<NotificationHandle>,
    /// `None` without buttons, and where the system has no thread to give.
    waiter: Option<Waiter>,
}

impl Shown {
    /// Whether it is known to be on the screen no more.
    fn is_closed(&self) -> bool {
        self.waiter.as_ref().is_some_and(|waiter| waiter.is_over.load(Ordering::Relaxed))
    }

    /// Closes it, unless the service has closed it already, or has gone with it.
    async fn close(self) {
        if !self.is_closed() && is_running(self.service.as_deref()).await {
            self.handle.close_async().await;
        }
    }
}

/// Whether the notification service is still the one with this unique name.
async fn is_running(service: Option<&str>) -> bool {
    service.is_some() && dbus::notification_service_owner().await.ok().as_deref() == service
}

/// Waits on a thread of its own until the notification is closed, or one of its buttons pressed. A service that has ended
/// never reports the closing; the thread must end then, too.
struct Waiter {
    /// It was closed, or one of its buttons pressed, whereupon this thread closes it.
    is_over: Arc<AtomicBool>,
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

/// Waits until a button is pressed, and returns its id; `None` when the notification was closed or `stop` set. Without either
/// it ends when the bus has gone, and the notification with it.
fn wait_for_button(handle: &NotificationHandle, stop: &Mutex<Stop>) -> Option<String> {
    let mut pressed = None;
    {
        let mut response = pin!(handle.wait_for_action_async(|response: &NotificationResponse| {
            pressed = match response {
                NotificationResponse::Action(id) => Some(id.clone()),
                NotificationResponse::Default => Some(CLICK_ID.to_owned()),
                _ => None,
            };
        }));
        zbus::block_on(poll_fn(|context| {
            if is_set_or_wakes(stop, context.waker()) { Poll::Ready(()) } else { response.as_mut().poll(context) }
        }));
    }
    pressed
}

impl Notifications {
    /// Nothing is shown yet. The commands of pressed buttons go to `replies`. With a tray or without, each process has
    /// notifications of its own.
    pub fn new(replies: ButtonReplies, _has_tray: bool) -> Notifications {
        Notifications { replies, shown: BTreeMap::new() }
    }

    fn send(&mut self, notification: &Notification, limit: Duration) -> Result<(), String> {
        let system_monitor_name = programs::system_monitor().map(|_| programs::SYSTEM_MONITOR_NAME);
        let mut buttons = buttons(notification, system_monitor_name);
        buttons.extend(click(notification, CLICK_ID));
        let before = self.shown.remove(&notification.id);
        let sent = block_on_timeout(limit, async {
            if let Some(before) = before {
                before.close().await;
            }
            let capabilities = dbus::capabilities().await.map_err(|e| dbus::explain(&e))?;
            let handle =
                build(notification, &buttons, &capabilities).show_async().await.map_err(|e| dbus::explain(&e))?;
            Ok::<_, String>((handle, dbus::notification_service_owner().await.ok()))
        });
        let (handle, service) = sent.ok_or_else(|| text::desktop::notification_service_late(limit.as_secs()))??;
        let handle = Arc::new(handle);
        let waiter = if buttons.is_empty() {
            None
        } else {
            self.wait_for_buttons(Arc::clone(&handle), service.clone(), buttons)
        };
        let shown = Shown { is_quiet: notification.is_quiet, service, handle, waiter };
        self.shown.insert(notification.id, shown);
        Ok(())
    }

    /// The thread ends when the notification is closed or the waiter dropped. `None` where the system has no thread to give.
    fn wait_for_buttons(
        &self,
        handle: Arc<NotificationHandle>,
        service: Option<String>,
        buttons: Vec<Button>,
    ) -> Option<Waiter> {
        let replies = self.replies.clone();
        let stop = Arc::<Mutex<Stop>>::default();
        let stopped = Arc::clone(&stop);
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let wait = move || {
            let pressed = wait_for_button(&handle, &stopped);
            over.store(true, Ordering::Relaxed);
            let Some(id) = pressed else { return };
            // A service that was restarted reports the buttons of another program's notification under the same number.
            if block_on_timeout(OWNER_LIMIT, is_running(service.as_deref())) == Some(true) {
                replies.press(&buttons, &id);
                // LXQt leaves a notification on the screen whose button was pressed. Elsewhere this closes nothing.
                let _ = block_on_timeout(OWNER_LIMIT, handle.close_async());
            }
        };
        Builder::new().name("buttons".into()).spawn(wait).ok()?;
        Some(Waiter { is_over, stop })
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
            let _ = block_on_timeout(limit, shown.close());
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

fn build(content: &Notification, buttons: &[Button], service: &Capabilities) -> notify_rust::Notification {
    let title = escape::for_terminal(&content.title);
    let body =
        if service.markup { escape::for_markup(&content.body) } else { escape::for_terminal(&content.body).into() };
    let mut notification = notify_rust::Notification::new();
    notification.appname("Loadline").summary(&title).body(&body).icon(&app_icon::name_or_path());
    notification.hint(Hint::DesktopEntry(DESKTOP_ENTRY.into()));
    if content.is_quiet {
        // The service shows it now and does not store it.
        notification.urgency(Urgency::Low).hint(Hint::Transient(true)).timeout(QUIET_TIMEOUT);
    } else {
        notification.urgency(Urgency::Normal);
    }
    if content.has_sound {
        notification.sound_name(ALERT_SOUND);
    }
    if service.buttons {
        for button in buttons {
            notification.action(&button.id, &button.label);
        }
    }
    notification
}
