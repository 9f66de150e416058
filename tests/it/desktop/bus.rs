//! A private session bus that can start no service of its own accord.
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use zbus::{Connection, block_on, connection};

use crate::process::Owned;

/// Longer than a working program takes to respond, so that a hanging one fails its test and not the run.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A running `dbus-daemon`; it ends with this value.
pub struct Bus {
    address: String,
    daemon: Owned,
}

impl Bus {
    /// The only `<servicedir>` is the test's own, if it makes one. With the machine's, the bus would start the real notification
    /// daemon or panel.
    pub fn start(dir: &Path) -> Self {
        let configuration = dir.join("bus.conf");
        let socket = dir.join("bus.socket");
        fs::write(&configuration, bus_configuration(&socket, &dir.join("services"))).unwrap();
        let mut command = Command::new("dbus-daemon");
        command.args(["--nofork", "--print-address=1", "--config-file"]);
        command.arg(&configuration).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut daemon = command.spawn().expect("package dbus-daemon");
        let mut address = String::new();
        let mut printed = BufReader::new(daemon.stdout.take().unwrap());
        printed.read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        Self { address, daemon: Owned(daemon) }
    }

    /// Kills it while others use it.
    pub fn end(&mut self) {
        self.daemon.0.kill().unwrap();
        self.daemon.0.wait().unwrap();
    }

    /// The value for `DBUS_SESSION_BUS_ADDRESS`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A connection set up further by `with`.
    pub fn connect(&self, with: impl FnOnce(connection::Builder<'_>) -> connection::Builder<'_>) -> Connection {
        let builder = connection::Builder::address(self.address());
        block_on(with(builder.method_timeout(ANSWER_WITHIN)).build()).unwrap()
    }
}

fn bus_configuration(socket: &Path, services: &Path) -> String {
    format!(
        r#"<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        socket.display(),
        services.display()
    )
}
