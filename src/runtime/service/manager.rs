//! The messages to the service manager, by the protocol of systemd: one datagram each.
//!
//! Source: sd_notify(3). Other service managers speak it too.

use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process;
use std::time::Duration;

use super::environment;
use crate::core::service::watchdog::Watchdog;
use crate::core::text::problems as text;
use crate::runtime::{clock, console};

/// A service manager that does not read for so long does not hold the loop up any longer.
const SEND_LIMIT: Duration = Duration::from_secs(1);

/// The service manager that started this process. It hears of the first reading, of settings that are read anew, of the end, and,
/// where it has a watchdog, that the loop runs.
pub struct ServiceManager {
    socket: io::Result<UnixDatagram>,
    /// From the first reading on, for the time before that has a limit of its own.
    watchdog: Option<Watchdog>,
    is_ready: bool,
    is_stopping: bool,
    has_failed: bool,
}

impl ServiceManager {
    /// The service manager that the environment names; `None` where there is none.
    pub fn of_environment() -> Option<ServiceManager> {
        let socket = environment::variables().socket.as_deref().map(connect)?;
        Some(ServiceManager { socket, watchdog: None, is_ready: false, is_stopping: false, has_failed: false })
    }

    /// Whether SIGHUP asks for the settings to be read anew. With a terminal it means that the terminal is closed: a shell there
    /// may have the variables from elsewhere.
    pub fn is_hangup_reload() -> bool {
        let has_terminal = io::stdin().is_terminal() || console::has_terminal();
        environment::variables().socket.is_some() && !has_terminal
    }

    /// Tells of a reading that was handled: the first one means that the service is ready. `next` is the time of the next, where
    /// that is known.
    ///
    /// # Errors
    /// When the service manager could not be told, once.
    pub fn note_reading(&mut self, next: Option<Duration>) -> Result<(), String> {
        let now = clock::monotonic();
        if !self.is_ready {
            self.is_ready = true;
            let variables = environment::variables();
            let [time, pid] = [&variables.watchdog_microseconds, &variables.watchdog_pid].map(Option::as_deref);
            self.watchdog = Watchdog::new(time, pid, process::id(), now);
            return self.tell("READY=1");
        }
        match &self.watchdog {
            Some(watchdog) if watchdog.goes_with_reading(now, next) => self.reset_watchdog(),
            _ => Ok(()),
        }
    }

    /// The time at which the watchdog has to be told at the latest, on the monotonic clock; `None` without one.
    pub fn watchdog_due_at(&self) -> Option<Duration> {
        self.watchdog.as_ref().map(Watchdog::due_at)
    }

    /// The most by which the watchdog may be told late; `None` without one.
    pub fn watchdog_tolerance(&self) -> Option<Duration> {
        self.watchdog.as_ref().map(Watchdog::tolerance)
    }

    /// Tells the watchdog that the loop runs.
    ///
    /// # Errors
    /// As for [`ServiceManager::note_reading`].
    pub fn reset_watchdog(&mut self) -> Result<(), String> {
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.told(clock::monotonic());
        }
        self.tell("WATCHDOG=1")
    }

    /// Tells that the settings are about to be read anew. Before the first reading the service is not ready yet, and stays so.
    ///
    /// # Errors
    /// As for [`ServiceManager::note_reading`].
    pub fn note_reload(&mut self) -> Result<(), String> {
        match self.is_ready {
            true => self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", clock::system_monotonic().as_micros())),
            false => Ok(()),
        }
    }

    /// Tells that the settings were read anew.
    ///
    /// # Errors
    /// As for [`ServiceManager::note_reading`].
    pub fn note_reloaded(&mut self) -> Result<(), String> {
        if self.is_ready { self.tell("READY=1") } else { Ok(()) }
    }

    /// Tells that the service ends, once.
    ///
    /// # Errors
    /// As for [`ServiceManager::note_reading`].
    pub fn note_end(&mut self) -> Result<(), String> {
        match std::mem::replace(&mut self.is_stopping, true) {
            true => Ok(()),
            false => self.tell("STOPPING=1"),
        }
    }

    fn tell(&mut self, message: &str) -> Result<(), String> {
        let error = match &self.socket {
            Ok(socket) => socket.send(message.as_bytes()).err().map(|error| error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        match error {
            Some(error) if !std::mem::replace(&mut self.has_failed, true) => Err(text::service_not_told(error)),
            Some(_) => Ok(()),
            None => {
                self.has_failed = false;
                Ok(())
            }
        }
    }
}

/// A socket that sends to `name`: a path, or a name that begins with `@`, which stands for a zero byte.
fn connect(name: &OsStr) -> io::Result<UnixDatagram> {
    let address = match name.as_bytes() {
        [b'@', name @ ..] => abstract_address(name)?,
        [b'/', ..] => SocketAddr::from_pathname(name)?,
        _ => return Err(io::Error::other(text::unknown_service_socket(name.display()))),
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(SEND_LIMIT))?;
    socket.connect_addr(&address)?;
    Ok(socket)
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    SocketAddr::from_abstract_name(name)
}

/// Only Linux has such names.
#[cfg(not(target_os = "linux"))]
fn abstract_address(_name: &[u8]) -> io::Result<SocketAddr> {
    Err(io::ErrorKind::Unsupported.into())
}
