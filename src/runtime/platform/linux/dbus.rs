//! The desktop's services: the display as the environment names it; the D-Bus system and session buses, and the notification
//! service, all asked with a time limit.

use std::path::{Path, PathBuf};
use std::thread::Builder;
use std::time::Duration;
use std::{env, io};

use zbus::fdo::DBusProxy;
use zbus::{Connection, Message};

use crate::core::text;
use crate::runtime::block_on::block_on_timeout;

/// The service that shows notifications, and its interface and object.
pub const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";

/// The display that the environment names. `None` without a desktop.
pub fn display() -> Option<String> {
    let named = |name| env::var_os(name).filter(|value| !value.is_empty());
    let value = ["WAYLAND_DISPLAY", "DISPLAY"].into_iter().find_map(named)?;
    Some(value.to_string_lossy().into_owned())
}

/// Whether the environment names a session bus, or one listens at the usual place. Without it there are no notifications.
pub fn has_session() -> bool {
    let named = env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty());
    let usual = env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("bus"));
    named || usual.is_some_and(|socket| socket.exists())
}

/// Whether the environment names a system bus, or one listens at the usual place.
///
/// Source: D-Bus Specification, "Well-known Message Bus Instances".
pub fn has_system() -> bool {
    let named = env::var_os("DBUS_SYSTEM_BUS_ADDRESS").is_some_and(|address| !address.is_empty());
    named || Path::new("/var/run/dbus/system_bus_socket").exists()
}

/// A connection to the session bus.
///
/// # Errors
/// When it does not answer, or the system has no thread to give.
pub async fn session() -> zbus::Result<Connection> {
    require_thread()?;
    Connection::session().await
}

/// A connection to the system bus.
///
/// # Errors
/// As for [`session`].
pub async fn system() -> zbus::Result<Connection> {
    require_thread()?;
    Connection::system().await
}

/// The bus takes a thread, and panics where the system has none to give (zruntime 0.2.2, `driver.rs`, `spawn_helper`).
fn require_thread() -> io::Result<()> {
    let started = Builder::new().spawn(|| {})?;
    // It does nothing that could fail.
    let _ = started.join();
    Ok(())
}

/// Connects to the session bus, to see that it responds.
pub fn connect(limit: Duration) -> Result<(), String> {
    if !has_session() {
        return Err(text::desktop::NO_SESSION_BUS.into());
    }
    match block_on_timeout(limit, session()) {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(text::desktop::session_bus_unreachable(&error)),
        None => Err(text::desktop::SESSION_BUS_SILENT.into()),
    }
}

/// The name and version of the notification service, for `doctor`; or the way out when there is none.
pub fn notification_service(limit: Duration) -> Result<String, String> {
    connect(limit)?;
    let information = block_on_timeout(limit, async {
        let reply = ask_notifications("GetServerInformation", &()).await?;
        reply.body().deserialize::<(String, String, String, String)>()
    });
    match information {
        Some(Ok((name, _vendor, version, _spec))) => Ok(text::desktop::notifications_shown_by(&name, &version)),
        Some(Err(error)) => Err(explain(&error)),
        None => Err(text::desktop::NOTIFICATION_SERVICE_SILENT.into()),
    }
}

/// The capabilities of the notification service that matter here.
pub struct Capabilities {
    /// The service reads bodies as markup, so that text must be escaped.
    pub markup: bool,
    pub buttons: bool,
}

/// The name that the notification service gives itself, such as `gnome-shell`.
pub async fn notification_service_name() -> zbus::Result<String> {
    let reply = ask_notifications("GetServerInformation", &()).await?;
    Ok(reply.body().deserialize::<(String, String, String, String)>()?.0)
}

/// Asks the notification service for its capabilities.
pub async fn capabilities() -> zbus::Result<Capabilities> {
    let reply = ask_notifications("GetCapabilities", &()).await?;
    let names: Vec<String> = reply.body().deserialize()?;
    let has = |name: &str| names.iter().any(|capability| capability == name);
    Ok(Capabilities { markup: has("body-markup"), buttons: has("actions") })
}

/// The unique name of the program that is the notification service now.
pub async fn notification_service_owner() -> zbus::Result<String> {
    let bus = session().await?;
    let owner = DBusProxy::new(&bus).await?.get_name_owner(NOTIFICATIONS.try_into()?).await?;
    Ok(owner.to_string())
}

async fn ask_notifications(method: &str, arguments: &(impl serde::Serialize + zbus::Type)) -> zbus::Result<Message> {
    let bus = session().await?;
    bus.call_method(Some(NOTIFICATIONS), NOTIFICATIONS_PATH, Some(NOTIFICATIONS), method, arguments).await
}

/// An error of the notification service, with the way out where there is one.
pub fn explain(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let is_missing = text.contains("ServiceUnknown") || text.contains("NameHasNoOwner");
    if is_missing {
        text::desktop::NO_NOTIFICATION_SERVICE.into()
    } else {
        text::desktop::notification_service_says(text)
    }
}
