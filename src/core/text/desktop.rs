//! Messages about the desktop: notifications, the tray, launch at login, and programs that are opened.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

/// The state of launching at login, for `doctor`.
pub fn login_item(is_on: bool) -> &'static str {
    if is_on { "Loadline is launched at login" } else { "off: switch it on in the menu" }
}

sentences! {
    NO_LOGIN_FOLDER = "there is no home folder for the login item";
}

/// The login item cannot be read.
pub fn login_item_unreadable(path: &Path, error: &impl Display) -> String {
    format!("could not read '{}': {error}", path.display())
}

/// The login item cannot be written or removed.
pub fn login_item_unchanged(path: &Path, error: &impl Display) -> String {
    format!("could not change '{}': {error}", path.display())
}

sentences! {
    no_program_path(error) = "could not find this program's own path: {error}";
    login_item_refused(error) = "macOS refuses: {error}";
    LOGIN_ITEM_NEEDS_APPROVAL = "allow Loadline in System Settings > General > Login Items & Extensions";
    NO_DISPLAY = "there is no desktop (DISPLAY is not set)";
    display_closed(display) = "the display '{display}' cannot be opened";
    NO_TRAY_LIBRARY =
        "the tray library is not installed (Debian and Ubuntu: libayatana-appindicator3-1, Fedora: \
         libayatana-appindicator-gtk3, Arch: libayatana-appindicator)";
}

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

sentences! {
    MENU_BAR = "if the item is missing, see System Settings > Menu Bar (macOS 26), or a notch hides it";
    tray_item_unchanged(error) = "the tray item could not be changed: {error:#}";
    NO_SESSION_BUS = "there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)";
    SESSION_BUS_SILENT = "the D-Bus session does not answer";
    session_bus_unreachable(error) = "the D-Bus session cannot be reached ({error})";
    session_bus_refuses(error) = "the D-Bus session cannot be asked ({error})";
    notifications_shown_by(name, version) = "shown by {name} {version}";
    NOTIFICATION_SERVICE_SILENT = "the notification service does not answer";
    NO_NOTIFICATION_SERVICE = "no notification service is running: start your desktop's, or one like dunst or mako";
    notification_service_says(error) = "the notification service says: {error}";
}

/// The notification service has not responded in time.
pub fn notification_service_late(limit: Duration) -> String {
    format!("the notification service has not answered within {} s", limit.as_secs())
}

sentences! {
    notification_failed(problem) = "notifications do not work: {problem}";
    NOTIFICATIONS_NOT_ALLOWED = "they are not allowed: switch them on in System Settings > Notifications > Loadline";
}

/// macOS refuses a notification.
pub fn notifications_refused(error: &impl Display) -> String {
    format!("macOS refuses them ({error}): {NOTIFICATIONS_NOT_ALLOWED}")
}

sentences! {
    NOTIFICATIONS_ALLOWED = "allowed in System Settings";
    NOTIFICATIONS_NOT_DETERMINED = "macOS will ask for permission when Loadline starts";
    NOTIFICATION_CENTRE_SILENT = "the notification centre does not answer";
    notification_centre_says(error) = "the notification centre says: {error}";
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

sentences! {
    osascript_not_started(error) = "osascript could not be started: {error}";
    osascript_failed(status) = "osascript failed ({status})";
    osascript_lost(error) = "osascript could not be waited for: {error}";
}

/// `osascript` takes too long.
pub fn osascript_late(limit: Duration) -> String {
    format!("osascript has not ended within {} s", limit.as_secs())
}

sentences! {
    open_failed(target, program, status) = "could not open {target}: {program} failed ({status})";
    opener_not_started(target, program, error) = "could not open {target}: {program} could not be started ({error})";
    no_thread(error) = "could not start a thread: {error}";
    processes_unreadable(error) = "could not read the processes: {error}";
    NO_PROCESSES_IN_PROC = "'/proc' shows none; mount it";
    NO_PROCESSES_ON_MACOS = "macOS shows none";
    NO_TIME_UNIT = "the kernel does not report the unit of its times";
    processes_unlisted(error) = "could not list the processes: {error}";
}
