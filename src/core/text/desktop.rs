//! Messages about the desktop: notifications, the tray, launch at login, and programs that are opened.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

/// The state of launching at login, for `doctor`.
pub fn login_item(is_on: bool) -> &'static str {
    if is_on { "Loadline is launched at login" } else { "off: switch it on in the menu" }
}

/// The login item has no place.
pub const NO_LOGIN_FOLDER: &str = "there is no home folder for the login item";

/// The login item cannot be read.
pub fn login_item_unreadable(path: &Path, error: &impl Display) -> String {
    format!("could not read '{}': {error}", path.display())
}

/// The login item cannot be written or removed.
pub fn login_item_unchanged(path: &Path, error: &impl Display) -> String {
    format!("could not change '{}': {error}", path.display())
}

/// The login item needs the path of the program.
pub fn no_program_path(error: &impl Display) -> String {
    format!("could not find this program's own path: {error}")
}

/// macOS refuses to change the login item.
pub fn login_item_refused(error: &impl Display) -> String {
    format!("macOS refuses: {error}")
}

/// macOS waits for the person's approval of the login item.
pub const LOGIN_ITEM_NEEDS_APPROVAL: &str = "allow Loadline in System Settings > General > Login Items & Extensions";

/// The environment names no display.
pub const NO_DISPLAY: &str = "there is no desktop (DISPLAY is not set)";

/// The display refuses the connection.
pub fn display_closed(display: &str) -> String {
    format!("the display '{display}' cannot be opened")
}

/// The library of the tray item cannot be loaded.
pub const NO_TRAY_LIBRARY: &str = "the tray library is not installed (Debian and Ubuntu: libayatana-appindicator3-1, \
     Fedora: libayatana-appindicator-gtk3, Arch: libayatana-appindicator)";

/// The state of the panel, for `doctor`: `Err` is the way out.
pub fn tray_host(is_there: bool) -> Result<String, String> {
    if is_there {
        Ok("a panel shows tray items".into())
    } else {
        Err("no panel shows tray items: start one that does; \
             GNOME needs the extension 'AppIndicator and KStatusNotifierItem Support'"
            .into())
    }
}

/// The state of the menu bar on macOS, for `doctor`.
pub const MENU_BAR: &str = "if the item is missing, see System Settings > Menu Bar (macOS 26), or a notch hides it";

/// The tray item cannot be changed.
pub fn tray_item_unchanged(error: &impl Display) -> String {
    format!("the tray item could not be changed: {error:#}")
}

/// The environment names no session bus.
pub const NO_SESSION_BUS: &str = "there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)";

/// The session bus is silent.
pub const SESSION_BUS_SILENT: &str = "the D-Bus session does not answer";

/// The session bus refuses the connection.
pub fn session_bus_unreachable(error: &impl Display) -> String {
    format!("the D-Bus session cannot be reached ({error})")
}

/// The session bus refuses a question.
pub fn session_bus_refuses(error: &impl Display) -> String {
    format!("the D-Bus session cannot be asked ({error})")
}

/// The service that shows notifications, for `doctor`.
pub fn notifications_shown_by(name: &str, version: &str) -> String {
    format!("shown by {name} {version}")
}

/// The notification service is silent.
pub const NOTIFICATION_SERVICE_SILENT: &str = "the notification service does not answer";

/// No service on the session bus shows notifications.
pub const NO_NOTIFICATION_SERVICE: &str =
    "no notification service is running: start your desktop's, or one like dunst or mako";

/// The notification service returns an error.
pub fn notification_service_says(error: &str) -> String {
    format!("the notification service says: {error}")
}

/// The notification service has not responded in time.
pub fn notification_service_late(limit: Duration) -> String {
    format!("the notification service has not answered within {} s", limit.as_secs())
}

/// A notification that could not be sent.
pub fn notification_failed(problem: &str) -> String {
    format!("notifications do not work: {problem}")
}

/// The person does not allow notifications.
pub const NOTIFICATIONS_NOT_ALLOWED: &str =
    "they are not allowed: switch them on in System Settings > Notifications > Loadline";

/// macOS refuses a notification.
pub fn notifications_refused(error: &impl Display) -> String {
    format!("macOS refuses them ({error}): {NOTIFICATIONS_NOT_ALLOWED}")
}

/// The person allows notifications, for `doctor`.
pub const NOTIFICATIONS_ALLOWED: &str = "allowed in System Settings";

/// Nobody has asked the person yet, for `doctor`.
pub const NOTIFICATIONS_NOT_DETERMINED: &str = "macOS will ask for permission when Loadline starts";

/// The notification centre is silent.
pub const NOTIFICATION_CENTRE_SILENT: &str = "the notification centre does not answer";

/// The notification centre returns an error.
pub fn notification_centre_says(error: &impl Display) -> String {
    format!("the notification centre says: {error}")
}

/// The notification centre has not responded in time.
pub fn notification_centre_late(limit: Duration) -> String {
    format!("the notification centre has not answered within {} s", limit.as_secs())
}

/// Notifications without a bundle, for `doctor`: `Err` is the consequence.
pub fn osascript(is_there: bool) -> Result<String, String> {
    if is_there {
        Ok("sent by osascript, because this is not Loadline.app: macOS shows them as Script Editor's".into())
    } else {
        Err("there is no osascript, and this is not Loadline.app: alerts are on the console alone".into())
    }
}

/// `osascript` cannot be started.
pub fn osascript_not_started(error: &impl Display) -> String {
    format!("osascript could not be started: {error}")
}

/// `osascript` has failed.
pub fn osascript_failed(status: &impl Display) -> String {
    format!("osascript failed ({status})")
}

/// The end of `osascript` is unknown.
pub fn osascript_lost(error: &impl Display) -> String {
    format!("osascript could not be waited for: {error}")
}

/// `osascript` takes too long.
pub fn osascript_late(limit: Duration) -> String {
    format!("osascript has not ended within {} s", limit.as_secs())
}

/// The program that should open `target` has failed.
pub fn open_failed(target: &str, program: &str, status: &impl Display) -> String {
    format!("could not open {target}: {program} failed ({status})")
}

/// The program that should open `target` cannot be started.
pub fn opener_not_started(target: &str, program: &str, error: &impl Display) -> String {
    format!("could not open {target}: {program} could not be started ({error})")
}

/// The system has no thread to give.
pub fn no_thread(error: &impl Display) -> String {
    format!("could not start a thread: {error}")
}

/// The processes cannot be read.
pub fn processes_unreadable(error: &impl Display) -> String {
    format!("could not read the processes: {error}")
}

/// `/proc` is empty, or is not mounted.
pub const NO_PROCESSES_IN_PROC: &str = "'/proc' shows none; mount it";

/// macOS lists no processes that may be read.
pub const NO_PROCESSES_ON_MACOS: &str = "macOS shows none";

/// The kernel of macOS does not report the unit of its times.
pub const NO_TIME_UNIT: &str = "the kernel does not report the unit of its times";

/// macOS does not list the processes.
pub fn processes_unlisted(error: &impl Display) -> String {
    format!("could not list the processes: {error}")
}
