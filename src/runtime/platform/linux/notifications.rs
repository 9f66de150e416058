//! Desktop notifications over D-Bus, by notify-rust. Used by the notifier's own thread alone.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use notify_rust::{Hint, NotificationHandle, NotificationResponse, Urgency};

use super::dbus::{self, Capabilities};
use crate::core::escape;
use crate::core::messages::effect::{Notification, NotificationId};
use crate::runtime::block_on::block_on_timeout;
use crate::runtime::platform::{Button, ButtonReplies, buttons};

/// What this process has shown.
pub struct Notifications {
    answer: ButtonReplies,
    shown: BTreeMap<NotificationId, Shown>,
}

/// One notification on the screen. Dropping a handle takes its sender off the bus, whereupon GNOME (46 and later) closes
/// the notification: so the handle that made it is kept, by the thread that waits for its buttons or else here, and so is
/// the one that changed it last.
struct Shown {
    id: u32,
    waiter: Option<Waiter>,
    _first: Option<NotificationHandle>,
    _latest: Option<NotificationHandle>,
}

/// Waits for a button, or for the notification to be closed, on a thread of its own. Nobody says of a notification that it
/// was closed whose service has ended: then, too, the thread must not outlive what it waits for.
struct Waiter {
    thread: JoinHandle<()>,
    stop: Arc<Stop>,
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.stop.set();
    }
}

/// That a thread is not needed any more.
#[derive(Default)]
struct Stop(Mutex<Stopping>);

#[derive(Default)]
struct Stopping {
    is_set: bool,
    waker: Option<Waker>,
}

impl Stop {
    fn set(&self) {
        let waker = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.is_set = true;
            state.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// Whether it is set; if not, `waker` is called when it is.
    fn is_set_or_wakes(&self, waker: &Waker) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.waker = Some(waker.clone());
        state.is_set
    }
}

impl Notifications {
    /// Nothing shown yet. What a button asks for goes to `answer`.
    pub fn new(answer: ButtonReplies) -> Notifications {
        Notifications { answer, shown: BTreeMap::new() }
    }

    /// Nothing has to be asked for on Linux.
    ///
    /// # Errors
    /// None.
    pub fn prepare(&mut self) -> Result<(), String> {
        Ok(())
    }

    /// Shows `note` in place of the one with the same identity.
    ///
    /// # Errors
    /// What went wrong, and the way out; also when nobody answers within `limit`.
    pub fn show(&mut self, note: &Notification, limit: Duration) -> Result<(), String> {
        let replaced = self.shown.get(&note.id).map(|shown| shown.id);
        let buttons = buttons(note);
        let sent = block_on_timeout(limit, async {
            let capabilities = dbus::capabilities().await.map_err(|e| dbus::explain(&e))?;
            let notification = build(note, replaced, &buttons, &capabilities);
            notification.show_async().await.map_err(|e| dbus::explain(&e))
        });
        match sent {
            Some(handle) => self.keep(note.id, handle?, buttons),
            None => return Err(format!("the notification service has not answered within {} s", limit.as_secs())),
        }
        Ok(())
    }

    /// Takes the notification with this identity away, if there is one.
    pub fn dismiss(&mut self, identity: NotificationId, limit: Duration) {
        if let Some(shown) = self.shown.remove(&identity) {
            // A service that does not answer has nothing on the screen that could be taken away.
            let _ = block_on_timeout(limit, dbus::close_notification(shown.id));
        }
    }

    fn keep(&mut self, identity: NotificationId, handle: NotificationHandle, buttons: Vec<Button>) {
        let id = handle.id();
        if let Some(shown) = self.shown.get_mut(&identity)
            // A service that was restarted gives another id: what was shown before is gone.
            && shown.id == id
            && (buttons.is_empty() || shown.waiter.as_ref().is_some_and(|waiter| !waiter.thread.is_finished()))
        {
            shown._latest = Some(handle);
            return;
        }
        let shown = if buttons.is_empty() {
            Shown { id, waiter: None, _first: Some(handle), _latest: None }
        } else {
            Shown { id, waiter: self.wait_for_buttons(handle, buttons), _first: None, _latest: None }
        };
        self.shown.insert(identity, shown);
    }

    /// The thread ends when the notification is closed, or the waiter dropped. `None` where there is no thread to be had.
    fn wait_for_buttons(&self, handle: NotificationHandle, buttons: Vec<Button>) -> Option<Waiter> {
        let answer = self.answer.clone();
        let stop = Arc::new(Stop::default());
        let stopped = Arc::clone(&stop);
        let wait = move || {
            // It ends without a response when the bus has gone, and the notification with it.
            let mut response = pin!(handle.wait_for_action_async(|response: &NotificationResponse| {
                if let NotificationResponse::Action(id) = response
                    && let Some(button) = buttons.iter().find(|button| button.id == *id)
                {
                    answer.send(button.command);
                }
            }));
            zbus::block_on(poll_fn(|context| {
                if stopped.is_set_or_wakes(context.waker()) { Poll::Ready(()) } else { response.as_mut().poll(context) }
            }));
        };
        let thread = Builder::new().name("buttons".into()).spawn(wait).ok()?;
        Some(Waiter { thread, stop })
    }
}

fn build(
    note: &Notification,
    replaced: Option<u32>,
    buttons: &[Button],
    service: &Capabilities,
) -> notify_rust::Notification {
    let mut notification = notify_rust::Notification::new();
    let title = escape::for_terminal(&note.title);
    let body = if service.markup { escape::for_markup(&note.body) } else { escape::for_terminal(&note.body).into() };
    let (icon, urgency) =
        if note.is_quiet { ("dialog-information", Urgency::Low) } else { ("dialog-warning", Urgency::Normal) };
    notification.appname("Loadline").summary(&title).body(&body).icon(icon).urgency(urgency);
    if note.is_quiet {
        // Seen if somebody looks, and not kept for later.
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
