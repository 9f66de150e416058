//! Notifications: by the notification centre in the bundle, by `osascript` without one, or where macOS trusts the bundle's
//! signature too little.

mod center;
mod delegate;

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use super::bundle::is_bundled;
use super::programs;
use crate::core::messages::effect::{Notification, NotificationId};
use crate::core::messages::permission::{DeliveryRoute, PermissionAnswer, PermissionStatus};
use crate::core::metrics::metric::Metric;
use crate::core::text;
use crate::runtime::clock;
use crate::runtime::inbox::Inbox;
use crate::runtime::platform::backend::{NotificationBackend, PermissionRequest};
use crate::runtime::platform::buttons::{ButtonReplies, buttons, click};
use crate::runtime::platform::detached::detached;
use delegate::{CLICK_ID, ShownButtons, forward_responses};

/// The path of `osascript` on every Mac.
const OSASCRIPT: &str = "/usr/bin/osascript";
/// The script that shows a notification. The text is passed as arguments and is never part of the script.
const SHOW_SCRIPT: &str = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run";
/// The same with a sound, which the script must name: it knows no default.
const SOUND_SCRIPT: &str =
    "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv) sound name \"Ping\"\nend run";
/// The time between two checks whether `osascript` has ended.
const CHILD_POLL_INTERVAL: Duration = Duration::from_millis(20);
/// The time that `doctor` gives the notification centre to respond.
const RESPONSE_LIMIT: Duration = Duration::from_secs(2);

/// The notifications of this process.
pub struct Notifications {
    replies: ButtonReplies,
    /// Whether notifications go through the notification centre, and not by `osascript`.
    has_centre: bool,
    shown: ShownButtons,
    /// The answer to this run's request for permission; `None` while there is none.
    answer: Option<PermissionAnswer>,
}

impl Notifications {
    /// Nothing is shown yet. The commands of pressed buttons go to `replies`. Only the app with a tray uses the notification
    /// centre.
    pub fn new(replies: ButtonReplies, has_tray: bool) -> Notifications {
        let has_centre = has_tray && is_bundled();
        Notifications { replies, has_centre, shown: ShownButtons::default(), answer: None }
    }

    fn route(&self, limit: Duration) -> Result<DeliveryRoute, String> {
        // Asked each time: the person may have switched them off, or on again, in System Settings.
        let status =
            center::permission(limit).ok_or_else(|| text::desktop::notification_centre_late(limit.as_secs()))?;
        Ok(DeliveryRoute::of(status, self.answer.as_ref()))
    }

    fn send(&self, content: &Notification, limit: Duration) -> Result<(), String> {
        let mut buttons = buttons(content, Some(programs::SYSTEM_MONITOR_NAME));
        buttons.extend(click(content, CLICK_ID));
        let sent = center::show(name(content.id), content, &buttons, limit);
        let late = || text::desktop::notification_centre_late(limit.as_secs());
        sent.ok_or_else(late)?.map_err(text::desktop::notifications_refused)?;
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).insert(name(content.id), buttons);
        Ok(())
    }
}

impl NotificationBackend for Notifications {
    /// Notifications that a crash has left are closed: their buttons do nothing.
    fn begin(&mut self, limit: Duration) {
        if self.has_centre {
            forward_responses(self.replies.clone(), ShownButtons::clone(&self.shown));
            self.withdraw(limit);
        }
    }

    fn permission_request(&self) -> Option<PermissionRequest> {
        self.has_centre.then(|| Box::new(center::request_permission) as PermissionRequest)
    }

    fn take_answer(&mut self, answer: PermissionAnswer, limit: Duration) -> Result<(), String> {
        self.answer = Some(answer);
        match self.route(limit)? {
            DeliveryRoute::NotificationCentre => Ok(()),
            DeliveryRoute::Script { problem }
            | DeliveryRoute::AfterAnswer { problem }
            | DeliveryRoute::Nowhere { problem } => Err(problem),
        }
    }

    fn show(&mut self, content: &Notification, limit: Duration) -> Result<Option<String>, String> {
        if !self.has_centre {
            return show_by_script(content, limit).map(|()| None);
        }
        match self.route(limit)? {
            DeliveryRoute::NotificationCentre => self.send(content, limit).map(|()| None),
            DeliveryRoute::Script { problem } => {
                show_by_script(content, limit)?;
                Ok(Some(problem))
            }
            DeliveryRoute::AfterAnswer { problem } | DeliveryRoute::Nowhere { problem } => Err(problem),
        }
    }

    /// The notification centre is always there, and permission comes with the person's answer.
    fn watch_service(&mut self, _inbox: &Arc<Inbox>) {}

    /// `osascript` has no way to do that.
    fn dismiss(&mut self, id: NotificationId, limit: Duration) {
        if self.has_centre {
            center::close(&[name(id)], limit);
        }
    }

    /// All of them: a click on one that is left would start Loadline again.
    fn withdraw(&mut self, limit: Duration) {
        if self.has_centre {
            let ids = Metric::ALL
                .map(NotificationId::Alert)
                .into_iter()
                .chain([NotificationId::Forecast, NotificationId::Test]);
            center::close(&ids.map(name).collect::<Vec<_>>(), limit);
        }
    }
}

/// The state of notifications, for `doctor`, which must not ask for permission; or the way out when they do not work.
pub fn state() -> Result<String, String> {
    if !is_bundled() {
        let has_script = Path::new(OSASCRIPT).exists();
        return has_script
            .then(|| text::desktop::OSASCRIPT_IN_USE.into())
            .ok_or_else(|| text::desktop::NO_OSASCRIPT.into());
    }
    match center::permission(RESPONSE_LIMIT) {
        None => Err(text::desktop::NOTIFICATION_CENTRE_SILENT.into()),
        Some(PermissionStatus::Denied) => Err(text::desktop::NOTIFICATIONS_NOT_ALLOWED.into()),
        Some(PermissionStatus::NotDetermined) => Ok(text::desktop::NOTIFICATIONS_NOT_DETERMINED.into()),
        Some(PermissionStatus::Allowed) => Ok(text::desktop::NOTIFICATIONS_ALLOWED.into()),
    }
}

/// The identifier for macOS, which replaces a notification by a later one with the same identifier.
fn name(id: NotificationId) -> &'static str {
    match id {
        NotificationId::Alert(Metric::Cpu) => "alert-cpu",
        NotificationId::Alert(Metric::Memory) => "alert-memory",
        NotificationId::Forecast => "forecast",
        NotificationId::Test => "test",
        NotificationId::PanelMissing => "panel-missing",
    }
}

/// Shows a notification without the notification centre. A quiet one is left out: it could not take the place of the one
/// before.
fn show_by_script(content: &Notification, limit: Duration) -> Result<(), String> {
    if content.is_quiet {
        return Ok(());
    }
    let script = if content.has_sound { SOUND_SCRIPT } else { SHOW_SCRIPT };
    let mut program = detached(OSASCRIPT);
    program.args(["-e", script, "--", &content.title, &content.body]);
    let mut child = program.spawn().map_err(text::desktop::osascript_not_started)?;
    let end = clock::monotonic() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(text::desktop::osascript_failed(status)),
            Err(e) => return Err(text::desktop::osascript_lost(e)),
            Ok(None) if clock::monotonic() >= end => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(text::desktop::osascript_late(limit.as_secs()));
            }
            Ok(None) => thread::park_timeout(CHILD_POLL_INTERVAL),
        }
    }
}
