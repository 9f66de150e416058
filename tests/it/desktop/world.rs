//! A desktop made for one test: bus, X server, panel, notification daemon, and a home.
use std::any::Any;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use serde_json::Value;
use tempfile::TempDir;

use super::bus::Bus;
use super::host::Host;
use super::launch::Launch;
use super::notifications::Daemon;
use super::signals::Signals;
use super::xserver::XServer;

/// Shared by the worlds; a test that measures time locks it alone.
static MACHINE: RwLock<()> = RwLock::new(());

/// Nothing in it is shared with another test or with the machine's own desktop.
pub struct World {
    pub host: Host,
    pub daemon: Daemon,
    bus: Bus,
    x: XServer,
    dir: TempDir,
    // Dropped last, when everything above has ended.
    _share: Box<dyn Any>,
}

impl World {
    /// A desktop with everything in its place.
    pub fn start() -> Self {
        Self::bare().complete()
    }

    /// The same, with no other world beside it. A test has one world at a time: a second would wait for
    /// the first here.
    pub fn start_alone() -> Self {
        let machine = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
        Self::set_up(Box::new(machine)).complete()
    }

    /// The same for a long test that measures no time: no other test waits for it.
    pub fn start_beside() -> Self {
        Self::set_up(Box::new(())).complete()
    }

    /// A desktop whose panel and notification daemon have yet to arrive.
    pub fn bare() -> Self {
        let machine = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
        Self::set_up(Box::new(machine))
    }

    fn set_up(share: Box<dyn Any>) -> Self {
        let dir = tempfile::Builder::new().prefix("loadline-").tempdir().unwrap();
        for name in ["home", "config", "run", "tmp", "bin"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        // Required by the specification of XDG_RUNTIME_DIR, and checked by some libraries.
        fs::set_permissions(dir.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        let bus = Bus::start(dir.path());
        Self { host: Host::asleep(&bus), daemon: Daemon::asleep(&bus), bus, x: XServer::start(), dir, _share: share }
    }

    fn complete(self) -> Self {
        self.host.arrive();
        self.daemon.arrive();
        self
    }

    /// The program under test, about to be started in this world and nowhere else.
    pub fn loadline(&self) -> Launch<'_> {
        Launch::into(self)
    }

    /// The same, started by a command that replaces itself with the program, such as `nohup`.
    pub fn loadline_by(&self, starter: &[&str]) -> Launch<'_> {
        Launch::by(self, starter)
    }

    /// All signals of programs on the bus, from now on.
    pub fn signals(&self) -> Signals {
        Signals::listen(&self.bus)
    }

    /// A folder or file of this world.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The value for `DISPLAY`.
    pub fn display(&self) -> &str {
        self.x.display()
    }

    /// Ends the session bus, as at the end of a session.
    pub fn end_bus(&mut self) {
        self.bus.end();
    }

    /// The value for `DBUS_SESSION_BUS_ADDRESS`.
    pub fn bus_address(&self) -> &str {
        self.bus.address()
    }

    /// The default settings file of the program.
    pub fn settings_file(&self) -> PathBuf {
        self.path("config/loadline/settings.json")
    }

    /// Writes the settings file as an editor does, in one stroke.
    pub fn write_settings(&self, text: &str) {
        let file = self.settings_file();
        let draft = file.with_extension("draft");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&draft, text).unwrap();
        fs::rename(&draft, &file).unwrap();
    }

    /// The value in the settings file at a JSON pointer.
    pub fn setting(&self, pointer: &str) -> Option<Value> {
        let text = fs::read_to_string(self.settings_file()).ok()?;
        let settings: Value = serde_json::from_str(&text).unwrap();
        settings.pointer(pointer).cloned()
    }

    /// Installs a shell script as the only command that the program finds.
    pub fn install(&self, name: &str, script: &str) {
        let file = self.path("bin").join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The files in the folders for files that end with their program.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let mut files = [files_under(&self.path("run")), files_under(&self.path("tmp"))].concat();
        // The lock file of the single instance stays: only the kernel's lock on it counts, and removing the file would race.
        files.retain(|file| file.extension().is_none_or(|extension| extension != "lock"));
        files
    }
}

fn files_under(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect()
}
