//! Desktop notifications over D-Bus, by notify-rust. Used by the notifier's own thread alone.

use std::collections::BTreeMap;
use std::time::Duration;

use notify_rust::{Hint, Notification, NotificationHandle, Urgency};

use super::bus;
use crate::model::effect::{Identity, Note};
use crate::model::escape;

/// What this process has shown. Dropping a handle takes its sender off the bus, whereupon GNOME (46 and later) closes
/// the notification: so the handle that made it is kept, and the one that changed it last.
#[derive(Default)]
pub struct Notifications {
    shown: BTreeMap<Identity, Shown>,
}

struct Shown {
    first: NotificationHandle,
    latest: Option<NotificationHandle>,
}

impl Notifications {
    /// Shows `note` in place of the one with the same identity.
    ///
    /// # Errors
    /// What went wrong, and the way out; also when nobody answers within `limit`.
    pub fn show(&mut self, note: &Note, limit: Duration) -> Result<(), String> {
        let replaced = self.shown.get(&note.identity).map(|shown| shown.first.id());
        let sent = bus::within(limit, async {
            let markup = bus::reads_markup().await.map_err(|e| bus::explain(&e))?;
            let notification = build(note, replaced, markup);
            notification.show_async().await.map_err(|e| bus::explain(&e))
        });
        let handle = match sent {
            Some(handle) => handle?,
            None => {
                return Err(format!("the notification service has not answered within {} s", limit.as_secs()));
            }
        };
        match self.shown.get_mut(&note.identity) {
            Some(shown) if shown.first.id() == handle.id() => shown.latest = Some(handle),
            // A service that was restarted gives another id: what was shown before is gone.
            _ => {
                self.shown.insert(note.identity, Shown { first: handle, latest: None });
            }
        }
        Ok(())
    }

    /// Takes the notification with this identity away, if there is one.
    pub fn withdraw(&mut self, identity: Identity, limit: Duration) {
        if let Some(shown) = self.shown.remove(&identity) {
            // A service that does not answer has nothing on the screen that could be taken away.
            let _ = bus::within(limit, shown.first.close_async());
        }
    }
}

fn build(note: &Note, replaced: Option<u32>, markup: bool) -> Notification {
    let mut notification = Notification::new();
    let title = escape::for_terminal(&note.title);
    let body = if markup { escape::for_markup(&note.body) } else { escape::for_terminal(&note.body).into_owned() };
    let (icon, urgency) =
        if note.is_quiet { ("dialog-information", Urgency::Low) } else { ("dialog-warning", Urgency::Normal) };
    notification.appname("Loadline").summary(&title).body(&body).icon(icon).urgency(urgency);
    if note.is_quiet {
        // Seen if somebody looks, and not kept for later.
        notification.hint(Hint::Transient(true));
    }
    if let Some(id) = replaced {
        notification.id(id);
    }
    notification
}
