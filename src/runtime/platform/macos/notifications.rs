//! Notifications: by UNUserNotificationCenter in the bundle, by `osascript` without one.
//!
//! In the bundle by `mac-usernotifications`, the crate that notify-rust's `preview-macos-un` wraps. Not through notify-rust
//! (4.19): it reports a button only if the main loop happens to be idle at that instant (`block_on_current`), and
//! always brings mac-notification-sys, whose Objective-C talks to the deprecated NSUserNotificationCenter.

use std::path::Path;
use std::thread;
use std::time::Duration;

use mac_usernotifications::{Action, AuthorizationStatus, InterruptionLevel, Notification, NotificationHandle};

use super::bundle::is_bundled;
use super::programs;
use crate::core::messages::effect::{self, NotificationId};
use crate::core::metrics::metric::Metric;
use crate::core::text;
use crate::runtime::block_on::block_on_timeout;
use crate::runtime::clock;
use crate::runtime::platform::buttons::{Button, ButtonReplies, buttons};
use crate::runtime::platform::detached::detached;

/// The path of `osascript` on every Mac.
const OSASCRIPT: &str = "/usr/bin/osascript";
/// The script that shows a notification. The text is passed as arguments and is never part of the script.
const SHOW_SCRIPT: &str = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run";
/// The time between two checks whether `osascript` has ended.
const CHILD_POLL_INTERVAL: Duration = Duration::from_millis(20);
/// The time that the person has to answer the question for permission.
const PERMISSION_LIMIT: Duration = Duration::from_secs(24 * 3600);
/// The time for which a button can be pressed. "Clear all" is never reported, so the wait must have an end.
const BUTTON_LIMIT: Duration = Duration::from_secs(12 * 3600);
/// The time that `doctor` gives the notification centre to respond.
const RESPONSE_LIMIT: Duration = Duration::from_secs(2);

/// The notifications of this process.
pub struct Notifications {
    replies: ButtonReplies,
}

impl Notifications {
    /// Nothing is shown yet. The commands of pressed buttons go to `replies`.
    pub fn new(replies: ButtonReplies) -> Notifications {
        Notifications { replies }
    }

    /// Asks the person for permission, at the first launch of the bundle, and waits for the answer. A refusal is an error that
    /// tells the way out.
    pub fn prepare(&mut self) -> Result<(), String> {
        if !is_bundled() {
            return Ok(());
        }
        match block_on_timeout(PERMISSION_LIMIT, mac_usernotifications::request_auth()) {
            Some(Ok(true)) => Ok(()),
            Some(Ok(false)) | None => Err(text::desktop::NOTIFICATIONS_NOT_ALLOWED.into()),
            Some(Err(error)) => Err(text::desktop::notifications_refused(error)),
        }
    }

    /// Shows `content` in place of the notification with the same id. macOS must respond within `limit`; an error tells the
    /// way out.
    pub fn show(&mut self, content: &effect::Notification, limit: Duration) -> Result<(), String> {
        if !is_bundled() {
            return show_by_script(content, limit);
        }
        let buttons = buttons(content, Some(programs::SYSTEM_MONITOR_NAME));
        let notification = build(content, &buttons);
        let sent = block_on_timeout(limit, async {
            // Asked each time: the person may have switched them off, or on again, in System Settings.
            let settings = mac_usernotifications::get_notification_settings().await.map_err(|e| e.to_string())?;
            if settings.authorization_status == AuthorizationStatus::Denied {
                return Err(text::desktop::NOTIFICATIONS_NOT_ALLOWED.into());
            }
            notification.send().await.map_err(text::desktop::notifications_refused)
        });
        let handle = sent.ok_or_else(|| text::desktop::notification_centre_late(limit.as_secs()))??;
        self.wait_for_buttons(handle, buttons);
        Ok(())
    }

    /// Closes the notification with this id. `osascript` has no way to do that.
    pub fn dismiss(&mut self, id: NotificationId, limit: Duration) {
        if is_bundled() {
            // A notification centre that does not respond shows nothing that could be closed.
            let _ = block_on_timeout(limit, mac_usernotifications::close_delivered(name(id)));
        }
    }

    /// On a thread of its own, which ends with a response, or when another notification takes this one's place.
    fn wait_for_buttons(&self, handle: NotificationHandle, buttons: Vec<Button>) {
        if buttons.is_empty() {
            return;
        }
        let replies = self.replies.clone();
        let wait = move || {
            let Some(Ok(response)) = block_on_timeout(BUTTON_LIMIT, handle.response()) else { return };
            if let Some(button) = buttons.iter().find(|button| button.id == response.action_identifier) {
                replies.send(button.command);
            }
        };
        // Without a thread the notification is there all the same; its buttons do nothing.
        let _ = thread::Builder::new().name("buttons".into()).spawn(wait);
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
    match block_on_timeout(RESPONSE_LIMIT, mac_usernotifications::get_notification_settings()) {
        None => Err(text::desktop::NOTIFICATION_CENTRE_SILENT.into()),
        Some(Err(error)) => Err(text::desktop::notification_centre_says(error)),
        Some(Ok(settings)) => match settings.authorization_status {
            AuthorizationStatus::Denied => Err(text::desktop::NOTIFICATIONS_NOT_ALLOWED.into()),
            AuthorizationStatus::NotDetermined => Ok(text::desktop::NOTIFICATIONS_NOT_DETERMINED.into()),
            _ => Ok(text::desktop::NOTIFICATIONS_ALLOWED.into()),
        },
    }
}

/// The identifier for macOS, which replaces a notification by a later one with the same identifier.
fn name(id: NotificationId) -> &'static str {
    match id {
        NotificationId::Alert(Metric::Cpu) => "alert-cpu",
        NotificationId::Alert(Metric::Memory) => "alert-memory",
        NotificationId::Test => "test",
        NotificationId::PanelMissing => "panel-missing",
    }
}

fn build(content: &effect::Notification, buttons: &[Button]) -> Notification {
    let level = if content.is_quiet { InterruptionLevel::Passive } else { InterruptionLevel::Active };
    let plain = Notification::new().id(name(content.id)).title(&content.title).message(&content.body);
    let plain = plain.interruption_level(level);
    buttons.iter().fold(plain, |n, button| n.action(Action::button(&button.id, &button.label)))
}

/// Shows a notification without a bundle. A quiet one is left out: it could not take the place of the one before.
fn show_by_script(content: &effect::Notification, limit: Duration) -> Result<(), String> {
    if content.is_quiet {
        return Ok(());
    }
    let mut program = detached(OSASCRIPT);
    program.args(["-e", SHOW_SCRIPT, "--", &content.title, &content.body]);
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
