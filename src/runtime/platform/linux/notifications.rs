//! Desktop notifications over D-Bus, by notify-rust. Only the notifier's thread uses them.
//!
//! A notification never takes the place of another by its number. GNOME refuses that from another connection, and notify-rust
//! opens one for each notification; Plasma changes its history without a popup once the old one has expired; and a service
//! that was restarted gives the old number to another program. The old one is closed by its own handle instead, as long as
//! the service that shows it still runs, and the new one is shown.

mod app_icon;
mod service_watch;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use notify_rust::{Hint, NotificationHandle, NotificationResponse, Urgency};

use super::dbus::{self, Capabilities};
use super::programs;
use crate::core::escape;
use crate::core::messages::effect::{Notification, NotificationId};
use crate::core::messages::permission::PermissionAnswer;
use crate::core::text;
use crate::runtime::block_on::block_on_timeout;
use crate::runtime::inbox::Inbox;
use crate::runtime::platform::backend::{NotificationBackend, PermissionRequest};
use crate::runtime::platform::buttons::{Button, ButtonReplies, buttons, click};
use crate::runtime::service::failures;
use service_watch::ServiceWatch;

/// The key of the action that stands for a click on the notification itself; services show no button for it.
///
/// Source: Desktop Notifications Specification 1.2, "Basic Design", `actions`.
const CLICK_ID: &str = "default";
/// The sound of a warning in the Freedesktop Sound Naming Specification.
const ALERT_SOUND: &str = "dialog-warning";
/// The name of the desktop entry of this program, without its suffix.
const DESKTOP_ENTRY: &str = "dev.loadline.Loadline";
/// The time for which the quiet end of an alert is shown. Some services, such as mako, would otherwise show it for ever.
const QUIET_TIME: Duration = Duration::from_secs(10);
/// The name of GNOME's service. It shows no banner of low urgency, stores no notification that is transient, and heeds no time
/// (seen with GNOME Shell 43).
const GNOME: &str = "gnome-shell";
/// The time that the bus has to say which service runs, and the service to close a notification whose button was pressed.
const OWNER_LIMIT: Duration = Duration::from_secs(1);

/// The notifications that this process has shown.
pub struct Notifications {
    replies: ButtonReplies,
    shown: BTreeMap<NotificationId, Shown>,
    /// Whether there was no service for the latest notification.
    is_missing: bool,
    watch: ServiceWatch,
}

/// One notification on the screen. Its handle is a connection to the bus: when it goes, GNOME (46 and later) closes the
/// notification.
struct Shown {
    /// Whether it goes with the program: an alert, whose buttons do nothing any more; the advice for a missing panel; or one
    /// that only this program takes away.
    ends_with_program: bool,
    /// The unique name of the service that shows it: another service would close another program's notification.
    service: String,
    handle: Arc<NotificationHandle>,
    /// `None` where the system has no thread to give.
    waiter: Option<Waiter>,
}

impl Shown {
    /// Whether it is known to be on the screen no more.
    fn is_closed(&self) -> bool {
        self.waiter.as_ref().is_some_and(|waiter| waiter.is_over.load(Ordering::Relaxed))
    }

    /// Closes it, unless the service has closed it already, or has gone with it.
    async fn close(self) {
        if !self.is_closed() && is_running(&self.service).await {
            self.handle.close_async().await;
        }
    }
}

/// Whether the notification service is still the one with this unique name.
async fn is_running(service: &str) -> bool {
    dbus::notification_service_owner().await.is_ok_and(|owner| owner == service)
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

/// The end of the wait for a button.
enum WaitEnd {
    /// The id of the button.
    Pressed(String),
    /// The notification was closed, or the thread told to stop, or the bus has gone.
    Closed,
    TimedOut,
}

/// Waits until a button is pressed, the notification closed, `stop` set, or the time over that the notification `lasts`. Without
/// any of these it ends when the bus has gone, and the notification with it.
fn wait_for_button(handle: &NotificationHandle, stop: &Mutex<Stop>, lasts: Option<Duration>) -> WaitEnd {
    let mut pressed = None;
    let is_in_time = {
        let mut response = pin!(handle.wait_for_action_async(|response: &NotificationResponse| {
            pressed = match response {
                NotificationResponse::Action(id) => Some(id.clone()),
                NotificationResponse::Default => Some(CLICK_ID.to_owned()),
                _ => None,
            };
        }));
        let end = poll_fn(|context| {
            if is_set_or_wakes(stop, context.waker()) { Poll::Ready(()) } else { response.as_mut().poll(context) }
        });
        match lasts {
            Some(time) => block_on_timeout(time, end).is_some(),
            None => {
                zbus::block_on(end);
                true
            }
        }
    };
    match pressed {
        Some(id) => WaitEnd::Pressed(id),
        None if is_in_time => WaitEnd::Closed,
        None => WaitEnd::TimedOut,
    }
}

impl Notifications {
    /// Nothing is shown yet. The commands of pressed buttons go to `replies`. With a tray or without, each process has
    /// notifications of its own.
    pub fn new(replies: ButtonReplies, _has_tray: bool) -> Notifications {
        Notifications { replies, shown: BTreeMap::new(), is_missing: false, watch: ServiceWatch::default() }
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
            // Asked before it is shown, as one whose service is not known could never be closed.
            let service = dbus::notification_service_owner().await.map_err(|e| dbus::explain(&e))?;
            let hides_quiet =
                notification.is_quiet && dbus::notification_service_name().await.is_ok_and(|s| s == GNOME);
            let built = build(notification, &buttons, &capabilities, hides_quiet);
            let handle = built.show_async().await.map_err(|e| dbus::explain(&e))?;
            Ok::<_, String>((handle, service, hides_quiet))
        });
        let (handle, service, hides_quiet) =
            sent.ok_or_else(|| text::desktop::notification_service_late(limit.as_secs()))??;
        let handle = Arc::new(handle);
        let lasts = hides_quiet.then_some(QUIET_TIME);
        let waiter = self.wait_for_end(Arc::clone(&handle), service.clone(), buttons, lasts);
        let is_stale_then = notification.id != NotificationId::Test && !notification.is_quiet;
        let ends_with_program = hides_quiet || is_stale_then;
        let shown = Shown { ends_with_program, service, handle, waiter };
        self.shown.insert(notification.id, shown);
        Ok(())
    }

    /// The thread ends when the notification is closed or the waiter dropped. It closes the notification after the time that it
    /// `lasts`; `None` leaves that to the service. Returns `None` where the system has no thread to give.
    fn wait_for_end(
        &self,
        handle: Arc<NotificationHandle>,
        service: String,
        buttons: Vec<Button>,
        lasts: Option<Duration>,
    ) -> Option<Waiter> {
        let replies = self.replies.clone();
        let stop = Arc::<Mutex<Stop>>::default();
        let stopped = Arc::clone(&stop);
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let wait = move || {
            let end = wait_for_button(&handle, &stopped, lasts);
            over.store(true, Ordering::Relaxed);
            // A service that was restarted has another program's notification under the same number.
            if matches!(end, WaitEnd::Closed) || block_on_timeout(OWNER_LIMIT, is_running(&service)) != Some(true) {
                return;
            }
            if let WaitEnd::Pressed(id) = end {
                replies.press(&buttons, &id);
            }
            // LXQt leaves a notification on the screen whose button was pressed. Elsewhere that closes nothing. A service that
            // does not respond shows nothing that could be closed.
            let _ = block_on_timeout(OWNER_LIMIT, handle.close_async());
        };
        failures::spawn("buttons", wait).ok()?;
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

    fn show(&mut self, notification: &Notification, limit: Duration) -> Result<Option<String>, String> {
        let result = self.send(notification, limit);
        self.is_missing = result.as_ref().is_err_and(|problem| problem == text::desktop::NO_NOTIFICATION_SERVICE);
        result.map(|()| None)
    }

    fn watch_service(&mut self, inbox: &Arc<Inbox>) {
        self.watch.start(self.is_missing, inbox);
    }

    fn dismiss(&mut self, id: NotificationId, limit: Duration) {
        if let Some(shown) = self.shown.remove(&id) {
            // A service that does not respond shows nothing that could be closed.
            let _ = block_on_timeout(limit, shown.close());
        }
    }

    /// Closes the alerts, whose buttons do nothing any more, and whose end nobody will announce, and the advice for a missing
    /// panel. Not every service does that when their sender leaves the bus. The quiet end of an alert stays true, and is left
    /// where the service takes it away.
    fn withdraw(&mut self, limit: Duration) {
        let ending = self.shown.iter().filter(|(_, shown)| shown.ends_with_program).map(|(id, _)| *id);
        ending.collect::<Vec<_>>().into_iter().for_each(|id| self.dismiss(id, limit));
    }
}

/// `hides_quiet` is whether the service would show nothing of a quiet notification that says that it is quiet.
fn build(
    content: &Notification,
    buttons: &[Button],
    service: &Capabilities,
    hides_quiet: bool,
) -> notify_rust::Notification {
    let title = escape::for_terminal(&content.title);
    let body =
        if service.markup { escape::for_markup(&content.body) } else { escape::for_terminal(&content.body).into() };
    let mut notification = notify_rust::Notification::new();
    notification.appname("Loadline").summary(&title).body(&body).icon(&app_icon::name_or_address());
    notification.hint(Hint::DesktopEntry(DESKTOP_ENTRY.into()));
    if content.is_quiet && !hides_quiet {
        // The service shows it now and does not store it.
        notification.urgency(Urgency::Low).hint(Hint::Transient(true)).timeout(QUIET_TIME);
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
