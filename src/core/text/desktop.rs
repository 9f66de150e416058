//! Messages about the desktop: notifications, the tray, launch at login, and programs that are opened.

sentences! {
    LOGIN_ITEM_ON = "Loadline is launched at login";
    LOGIN_ITEM_OFF = "off: switch it on in the menu";
    NO_LOGIN_FOLDER = "there is no home folder for the login item";
    login_item_unreadable(path, error) = "could not read '{path}': {error}";
    program_path_has_controls(path) =
        "launch at login cannot be set: the path of this program, '{path}', has a line break or another control character, \
         which a file for that cannot hold; move the program";
    login_item_unchanged(path, error) = "could not change '{path}': {error}";
    no_program_path(error) = "could not find this program's own path: {error}";
    login_item_refused(error) = "macOS refuses: {error}";
    LOGIN_ITEM_NEEDS_APPROVAL =
        "off in System Settings > General > Login Items & Extensions: a click on 'Launch at login' opens them";
    LOGIN_ITEM_UNSETTLED =
        "move Loadline to Applications first: it runs from a disk image, a download or another disk";
    NO_LOGIN_ITEM = "without a desktop nothing launches Loadline at login: run 'loadline watch' as a service";

    NO_DISPLAY = "there is no desktop (neither WAYLAND_DISPLAY nor DISPLAY is set)";
    NO_GRAPHIC_SESSION = "there is no desktop (over SSH, or with nobody logged in at the screen)";
    display_closed(display) = "the display '{display}' cannot be opened";
    NO_TRAY_LIBRARY =
        "the tray library is not installed (Debian and Ubuntu: libayatana-appindicator3-1, Fedora: \
         libayatana-appindicator-gtk3, Arch: libayatana-appindicator)";
    TRAY_HOST = "a panel shows tray items";
    TRAY_EMBEDDED = "a panel shows tray items, in the old way (XEmbed): left click opens the menu";
    NO_TRAY_HOST = "no panel shows tray items: add a tray to your panel, or start a panel that has one";
    NO_TRAY_HOST_ON_GNOME =
        "no panel shows tray items: install the extension 'AppIndicator and KStatusNotifierItem Support'";
    NO_PANEL_TITLE = "Loadline has no place in the panel";
    NO_PANEL_BODY =
        "It is running, and alerts will be shown. For its icon and menu, add a tray to your panel, or start a panel that \
         has one.";
    NO_PANEL_BODY_ON_GNOME =
        "It is running, and alerts will be shown. For its icon and menu, install the extension 'AppIndicator and \
         KStatusNotifierItem Support'.";
    MENU_BAR = "if the item is missing, see System Settings > Menu Bar (macOS 26), or a notch hides it";
    tray_item_unchanged(error) = "the tray item could not be changed: {error:#}";

    NO_SESSION_BUS = "there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)";
    SESSION_BUS_SILENT = "the D-Bus session does not answer";
    session_bus_unreachable(error) = "the D-Bus session cannot be reached ({error})";
    session_bus_refuses(error) = "the D-Bus session cannot be asked ({error})";

    notification_failed(problem) = "notifications do not work: {problem}";
    NOTIFICATIONS_WORK_NOW = "notifications work now";
    notifications_shown_by(name, version) = "shown by {name} {version}";
    NOTIFICATION_SERVICE_SILENT = "the notification service does not answer";
    NO_NOTIFICATION_SERVICE = "no notification service is running: start your desktop's, or one like dunst or mako";
    notification_service_says(error) = "the notification service says: {error}";
    notification_service_late(seconds) = "the notification service has not answered within {seconds} s";
    NOTIFICATIONS_NOT_ALLOWED = "they are not allowed: switch them on in System Settings > Notifications > Loadline";
    notifications_refused(error) = "macOS refuses them ({error}): {NOTIFICATIONS_NOT_ALLOWED}";
    NOTIFICATIONS_ALLOWED = "allowed in System Settings";
    NOTIFICATIONS_ASKED_FOR = "macOS is asking for your permission: allow them in its question at the top right";
    NOTIFICATIONS_NOT_DETERMINED = "macOS will ask for permission when Loadline starts";
    NOTIFICATION_CENTRE_SILENT = "the notification centre does not answer";
    notification_centre_says(error) = "the notification centre says: {error}";
    notification_centre_late(seconds) = "the notification centre has not answered within {seconds} s";

    OSASCRIPT_IN_USE = "sent by osascript, because this is not Loadline.app: macOS shows them as Script Editor's";
    NO_OSASCRIPT = "there is no osascript, and this is not Loadline.app: alerts are on the console alone";
    osascript_not_started(error) = "osascript could not be started: {error}";
    osascript_failed(status) = "osascript failed ({status})";
    osascript_lost(error) = "osascript could not be waited for: {error}";
    osascript_late(seconds) = "osascript has not ended within {seconds} s";

    SYSTEM_SETTINGS = "System Settings";
    open_failed(target, program, status) = "could not open {target}: {program} failed ({status})";
    opener_not_started(target, program, error) = "could not open {target}: {program} could not be started ({error})";
    not_asked_to_quit(name, error) = "could not ask {name} to quit: {error}";
    QUIT_NOT_TAKEN = "it takes no such request now";
    processes_unreadable(error) = "could not read the processes: {error}";
    NO_PROCESSES_IN_PROC = "'/proc' shows none; mount it";
    NO_PROCESSES_ON_MACOS = "macOS shows none";
    NO_TIME_UNIT = "the kernel does not report the unit of its times";
    processes_unlisted(error) = "could not list the processes: {error}";
}

/// The problem with a permission that macOS refuses by itself, without asking the person. `reason` is macOS's own.
pub fn notifications_need_signature(reason: Option<&str>) -> String {
    let said = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("macOS needs a Developer ID signature for them{said}: osascript shows them, as Script Editor's")
}

/// Nothing shows the tray item, with the way out: GNOME shows tray items by an extension alone.
pub fn no_tray_host(is_gnome: bool) -> &'static str {
    if is_gnome { NO_TRAY_HOST_ON_GNOME } else { NO_TRAY_HOST }
}
