//! Loadline as a service of systemd: what it tells the service manager, the unit that is shipped, and another start after a
//! failure.

mod notifications;
pub mod restart;
mod unit;
mod watchdog;

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::process::Command;

use crate::program::Home;
use crate::wait::SOON;

/// A service manager's socket.
struct FakeManager {
    socket: UnixDatagram,
    /// As `NOTIFY_SOCKET` has it.
    name: String,
}

impl FakeManager {
    fn at(path: &Path) -> FakeManager {
        FakeManager::new(UnixDatagram::bind(path).unwrap(), path.to_str().unwrap().to_owned())
    }

    fn in_home(home: &Home) -> FakeManager {
        FakeManager::at(&home.path().join("notify"))
    }

    fn abstract_one(name: &str) -> FakeManager {
        let address = SocketAddr::from_abstract_name(name).unwrap();
        FakeManager::new(UnixDatagram::bind_addr(&address).unwrap(), format!("@{name}"))
    }

    fn new(socket: UnixDatagram, name: String) -> FakeManager {
        socket.set_read_timeout(Some(SOON)).unwrap();
        FakeManager { socket, name }
    }

    fn command(&self, home: &Home, arguments: &[&str]) -> Command {
        let mut command = home.loadline(arguments);
        command.env("NOTIFY_SOCKET", &self.name);
        command
    }

    /// The next message, waited for.
    #[track_caller]
    fn message(&self) -> String {
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).expect("a message in time");
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    /// The messages that are there already.
    fn rest(&self) -> Vec<String> {
        self.socket.set_nonblocking(true).unwrap();
        let mut buffer = [0; 4096];
        let text = |length: usize, buffer: &[u8]| String::from_utf8(buffer[..length].to_vec()).unwrap();
        let messages =
            std::iter::from_fn(|| self.socket.recv(&mut buffer).ok().map(|length| text(length, &buffer))).collect();
        self.socket.set_nonblocking(false).unwrap();
        messages
    }
}
