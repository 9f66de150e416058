//! The desktop's notifications, as the notifier uses them.

use std::sync::Arc;
use std::time::Duration;

use crate::core::messages::effect::{Notification, NotificationId};
use crate::core::messages::permission::PermissionAnswer;
use crate::runtime::inbox::Inbox;

/// Asks the person for permission and waits for the answer, which may take days.
pub type PermissionRequest = Box<dyn FnOnce() -> PermissionAnswer + Send>;

/// The notifications of one desktop. Everything but the request for permission ends within `limit`, or little later.
pub trait NotificationBackend: Send + 'static {
    /// Prepares the desktop, and closes what an earlier run has left there. Called first, and once the main loop runs.
    fn begin(&mut self, limit: Duration);

    /// The request for permission; `None` where none is needed.
    fn permission_request(&self) -> Option<PermissionRequest>;

    /// Takes the answer to that request. An error is the problem that stays, with the way out.
    fn take_answer(&mut self, answer: PermissionAnswer, limit: Duration) -> Result<(), String>;

    /// Shows `notification` in place of the one with the same id. Returns the problem, with the way out, where it was shown by
    /// a makeshift; an error where nobody can have seen it.
    fn show(&mut self, notification: &Notification, limit: Duration) -> Result<Option<String>, String>;

    /// Sends `Event::NotificationsPossible` to `inbox` once a service comes. Called after a failure of `show`.
    fn watch_service(&mut self, inbox: &Arc<Inbox>);

    /// Closes the notification with this id, if there is one.
    fn dismiss(&mut self, id: NotificationId, limit: Duration);

    /// Closes what would be stale once Loadline has ended.
    fn withdraw(&mut self, limit: Duration);
}
