//! The buses, and who is on the session's, asked with a time limit.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zbus::{Connection, Message};

use crate::runtime::block_on::block_on_timeout;

/// The service that shows notifications, and its interface.
const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
/// Its object.
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";

/// Whether the environment names a session bus, or one waits at its usual place.
pub fn has_session() -> bool {
    let named = env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty());
    let usual = env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("bus"));
    named || usual.is_some_and(|socket| socket.exists())
}

/// Whether the environment names a system bus, or one waits at its usual place.
///
/// Source: D-Bus Specification, "Well-known Message Bus Instances".
pub fn has_system() -> bool {
    let named = env::var_os("DBUS_SYSTEM_BUS_ADDRESS").is_some_and(|address| !address.is_empty());
    named || Path::new("/var/run/dbus/system_bus_socket").exists()
}

/// Whether the session bus answers.
///
/// # Errors
/// What is wrong with it.
pub fn connect(limit: Duration) -> Result<(), String> {
    if !has_session() {
        return Err("there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)".into());
    }
    match block_on_timeout(limit, Connection::session()) {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(format!("the D-Bus session cannot be reached ({error})")),
        None => Err("the D-Bus session does not answer".into()),
    }
}

/// Which notification service answers, by name and version.
///
/// # Errors
/// That none does, and the way out.
pub fn notification_service(limit: Duration) -> Result<String, String> {
    connect(limit)?;
    let asked = block_on_timeout(limit, async {
        let reply = ask_notifications("GetServerInformation", &()).await?;
        reply.body().deserialize::<(String, String, String, String)>()
    });
    match asked {
        Some(Ok((name, _vendor, version, _spec))) => Ok(format!("shown by {name} {version}")),
        Some(Err(error)) => Err(explain(&error)),
        None => Err("the notification service does not answer".into()),
    }
}

/// What a notification service can do, as far as it matters here.
pub struct Capabilities {
    /// It reads bodies as markup, so that text has to be escaped for it.
    pub markup: bool,
    /// It shows buttons.
    pub buttons: bool,
}

/// What the notification service can do.
pub async fn capabilities() -> zbus::Result<Capabilities> {
    let reply = ask_notifications("GetCapabilities", &()).await?;
    let names: Vec<String> = reply.body().deserialize()?;
    let has = |name: &str| names.iter().any(|capability| capability == name);
    Ok(Capabilities { markup: has("body-markup"), buttons: has("actions") })
}

/// Takes a notification away.
pub async fn close_notification(id: u32) -> zbus::Result<()> {
    ask_notifications("CloseNotification", &(id,)).await.map(drop)
}

async fn ask_notifications<B>(method: &str, arguments: &B) -> zbus::Result<Message>
where
    B: serde::Serialize + zbus::Type,
{
    let bus = Connection::session().await?;
    bus.call_method(Some(NOTIFICATIONS), NOTIFICATIONS_PATH, Some(NOTIFICATIONS), method, arguments).await
}

/// A D-Bus error as a person can use it.
pub fn explain(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    if text.contains("ServiceUnknown") || text.contains("NameHasNoOwner") {
        "no notification service is running: start your desktop's, or one like dunst or mako".into()
    } else {
        format!("the notification service says: {text}")
    }
}
