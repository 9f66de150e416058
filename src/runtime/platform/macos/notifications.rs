//! Notifications: by UNUserNotificationCenter in the bundle, by `osascript` without one.
//!
//! In the bundle by `mac-usernotifications`, the crate that notify-rust's `preview-macos-un` wraps. Not through notify-rust
//! (4.19): it answers for a button only if the main loop happens to be idle at that instant (`block_on_current`), and
//! always brings mac-notification-sys, whose Objective-C talks to the deprecated NSUserNotificationCenter.

use std::path::Path;
use std::process::{Command as Program, Stdio};
use std::thread;
use std::time::Duration;

use mac_usernotifications::{Action, AuthorizationStatus, InterruptionLevel, Notification, NotificationHandle};

use super::is_bundled;
use crate::core::messages::effect::{self, NotificationId};
use crate::core::metrics::metric::Metric;
use crate::runtime::block_on::block_on_timeout;
use crate::runtime::clock;
use crate::runtime::platform::{Button, ButtonReplies, buttons};

/// Where `osascript` is on every Mac.
const OSASCRIPT: &str = "/usr/bin/osascript";
/// The script that shows a notification. Text comes as arguments, and is never part of the script.
const SHOW_SCRIPT: &str = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run";
/// How often an `osascript` that has not ended is looked at.
const CHILD_LOOK: Duration = Duration::from_millis(20);
/// How long the person may think about the question for permission.
const PERMISSION_LIMIT: Duration = Duration::from_secs(24 * 3600);
/// How long a button of a notification is waited for. "Clear all" is never told, so there must be an end.
const BUTTON_LIMIT: Duration = Duration::from_secs(12 * 3600);
/// How long `doctor` waits for the notification centre.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// What to do where notifications are not allowed.
const NOT_ALLOWED: &str = "they are not allowed: switch them on in System Settings > Notifications > Loadline";

/// What this process shows.
pub struct Notifications {
    answer: ButtonReplies,
}

impl Notifications {
    /// Nothing shown yet. What a button asks for goes to `answer`.
    pub fn new(answer: ButtonReplies) -> Notifications {
        Notifications { answer }
    }

    /// Asks the person for permission, at the first launch of the bundle, and waits for the answer.
    ///
    /// # Errors
    /// When it is refused, and the way out.
    pub fn prepare(&mut self) -> Result<(), String> {
        if !is_bundled() {
            return Ok(());
        }
        match block_on_timeout(PERMISSION_LIMIT, mac_usernotifications::request_auth()) {
            Some(Ok(true)) => Ok(()),
            Some(Ok(false)) | None => Err(NOT_ALLOWED.into()),
            Some(Err(error)) => Err(format!("macOS refuses them ({error}): {NOT_ALLOWED}")),
        }
    }

    /// Shows `note` in place of the one with the same identity.
    ///
    /// # Errors
    /// What went wrong, and the way out; also when nobody answers within `limit`.
    pub fn show(&mut self, note: &effect::Notification, limit: Duration) -> Result<(), String> {
        if !is_bundled() {
            return show_by_script(note, limit);
        }
        let buttons = buttons(note);
        let notification = build(note, &buttons);
        let sent = block_on_timeout(limit, async {
            // Asked anew each time: the person may have switched them off, or on again, in System Settings.
            let settings = mac_usernotifications::get_notification_settings().await.map_err(|e| e.to_string())?;
            if settings.authorization_status == AuthorizationStatus::Denied {
                return Err(NOT_ALLOWED.into());
            }
            notification.send().await.map_err(|error| format!("macOS refuses them ({error}): {NOT_ALLOWED}"))
        });
        match sent {
            Some(handle) => self.wait_for_buttons(handle?, buttons),
            None => return Err(format!("the notification centre has not answered within {} s", limit.as_secs())),
        }
        Ok(())
    }

    /// Takes the notification with this identity away. `osascript` has no way to do that.
    pub fn dismiss(&mut self, id: NotificationId, limit: Duration) {
        if is_bundled() {
            // A notification centre that does not answer has nothing that could be taken away.
            let _ = block_on_timeout(limit, mac_usernotifications::close_delivered(name(id)));
        }
    }

    /// On a thread of its own, which ends with an answer, or when another notification takes this one's place.
    fn wait_for_buttons(&self, handle: NotificationHandle, buttons: Vec<Button>) {
        if buttons.is_empty() {
            return;
        }
        let answer = self.answer.clone();
        let wait = move || {
            let Some(Ok(response)) = block_on_timeout(BUTTON_LIMIT, handle.response()) else { return };
            if let Some(button) = buttons.iter().find(|button| button.id == response.action_identifier) {
                answer.send(button.command);
            }
        };
        // Without a thread the notification is there all the same; its buttons do nothing.
        let _ = thread::Builder::new().name("buttons".into()).spawn(wait);
    }
}

/// How notifications stand, for `doctor`, which must not ask for permission.
pub fn state() -> Result<String, String> {
    if !is_bundled() {
        return if Path::new(OSASCRIPT).exists() {
            Ok("sent by osascript, because this is not Loadline.app: macOS shows them as Script Editor's".into())
        } else {
            Err("there is no osascript, and this is not Loadline.app: alerts are on the console alone".into())
        };
    }
    match block_on_timeout(ANSWER_LIMIT, mac_usernotifications::get_notification_settings()) {
        None => Err("the notification centre does not answer".into()),
        Some(Err(error)) => Err(format!("the notification centre says: {error}")),
        Some(Ok(settings)) => match settings.authorization_status {
            AuthorizationStatus::Denied => Err(NOT_ALLOWED.into()),
            AuthorizationStatus::NotDetermined => Ok("macOS will ask for permission when Loadline starts".into()),
            _ => Ok("allowed in System Settings".into()),
        },
    }
}

/// One for each metric: macOS replaces a notification by a later one of the same name.
fn name(id: NotificationId) -> &'static str {
    match id {
        NotificationId::Alert(Metric::Cpu) => "alert-cpu",
        NotificationId::Alert(Metric::Memory) => "alert-memory",
        NotificationId::Test => "test",
    }
}

fn build(note: &effect::Notification, buttons: &[Button]) -> Notification {
    let level = if note.is_quiet { InterruptionLevel::Passive } else { InterruptionLevel::Active };
    let plain = Notification::new().id(name(note.id)).title(&note.title).message(&note.body);
    let plain = plain.interruption_level(level);
    buttons.iter().fold(plain, |n, button| n.action(Action::button(&button.id, &button.label)))
}

/// Without a bundle. A quiet note is left out: it could not take the place of the one before.
fn show_by_script(note: &effect::Notification, limit: Duration) -> Result<(), String> {
    if note.is_quiet {
        return Ok(());
    }
    let mut program = Program::new(OSASCRIPT);
    program.args(["-e", SHOW_SCRIPT, "--", &note.title, &note.body]);
    program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = program.spawn().map_err(|e| format!("osascript could not be started: {e}"))?;
    let end = clock::monotonic() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("osascript failed ({status})")),
            Err(e) => return Err(format!("osascript could not be waited for: {e}")),
            Ok(None) if clock::monotonic() >= end => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("osascript has not ended within {} s", limit.as_secs()));
            }
            Ok(None) => thread::park_timeout(CHILD_LOOK),
        }
    }
}
