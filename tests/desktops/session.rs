//! The session of one desktop: its folders, its environment, its bus, and its processes, which all end with it.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use zbus::{Connection, block_on, fdo::DBusProxy};

use crate::bus::Bus;
use crate::process::{Owned, Program};
use crate::wait::{SOON, wait_for};

/// A desktop takes longer to start than a program takes for anything else.
const START: std::time::Duration = std::time::Duration::from_secs(60);

/// A session without a desktop.
pub struct Session {
    env: Vec<(String, String)>,
    // Ended in this order: the programs before their buses, and the folders last.
    processes: Vec<Owned>,
    pub connection: Connection,
    _buses: Vec<Bus>,
    dir: TempDir,
}

impl Session {
    /// A session for the desktop that calls itself `name` in `XDG_CURRENT_DESKTOP`. `services` are the files of the machine's
    /// services that its bus may start.
    pub fn start(name: &str, services: &[&str]) -> Session {
        let dir = tempfile::Builder::new().prefix("desktop-").tempdir().unwrap();
        for folder in ["home", "config", "cache", "data", "state", "run", "services"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        fs::set_permissions(dir.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        for service in services {
            let file = Path::new("/usr/share/dbus-1/services").join(service);
            fs::copy(&file, dir.path().join("services").join(service)).expect("the file of a service");
        }
        let bus = Bus::start(dir.path());
        let connection = bus.connect(|builder| builder);
        let mut session = Session { env: Vec::new(), processes: Vec::new(), connection, _buses: vec![bus], dir };
        let folders = [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
        ];
        for (key, folder) in folders {
            session.set_env(key, session.path(folder).to_str().unwrap());
        }
        let address = session._buses[0].address().to_owned();
        session.set_env("DBUS_SESSION_BUS_ADDRESS", &address);
        session.set_env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus");
        let fixed = [
            ("GSETTINGS_BACKEND", "keyfile"),
            ("GTK_A11Y", "none"),
            ("LC_ALL", "C.UTF-8"),
            ("LIBGL_ALWAYS_SOFTWARE", "1"),
            ("NO_AT_BRIDGE", "1"),
            ("PATH", "/usr/bin:/bin"),
            ("TZ", "UTC"),
            ("XDG_CURRENT_DESKTOP", name),
        ];
        fixed.iter().for_each(|(key, value)| session.set_env(key, value));
        session
    }

    /// Sets a variable for every program that is started from now on.
    pub fn set_env(&mut self, key: &str, value: &str) {
        self.env.retain(|(known, _)| known != key);
        self.env.push((key.into(), value.into()));
    }

    /// A folder or file of this session.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts a second bus, in place of the system's.
    pub fn start_system_bus(&mut self) {
        let folder = self.path("system");
        fs::create_dir(&folder).unwrap();
        let bus = Bus::start(&folder);
        self.set_env("DBUS_SYSTEM_BUS_ADDRESS", bus.address());
        self._buses.push(bus);
    }

    /// A command in this session.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env_clear().envs(self.env.iter().map(|(key, value)| (key, value)));
        command.stdin(Stdio::null());
        command
    }

    /// Starts a program that belongs to the desktop. Its output is in the file `NAME.log`.
    pub fn spawn(&mut self, words: &[&str]) {
        let log = File::create(self.path(&format!("{}.log", words[0].rsplit('/').next().unwrap()))).unwrap();
        let mut command = self.command(words);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let process = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", words[0]));
        self.processes.push(Owned(process));
    }

    /// Runs a command to its end, and returns its output.
    pub fn run(&self, words: &[&str]) -> String {
        let output = self.command(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until a program owns `name` on the bus.
    #[track_caller]
    pub fn wait_name(&self, name: &str) {
        wait_for(&format!("{name} on the bus"), START, || {
            let owned = block_on(async {
                DBusProxy::new(&self.connection).await?.name_has_owner(name.try_into().unwrap()).await
            });
            owned.unwrap().then_some(())
        });
    }

    /// Starts the program under test with these arguments.
    pub fn loadline(&self, arguments: &[&str]) -> Program {
        let mut words = vec![env!("CARGO_BIN_EXE_loadline")];
        words.extend(arguments);
        Program::start(self.command(&words))
    }

    /// Waits until the value at `pointer` in Loadline's settings file is `value`.
    #[track_caller]
    pub fn wait_setting(&self, pointer: &str, value: &Value) {
        wait_for(&format!("{pointer} to be {value}"), SOON, || {
            (self.setting(pointer).as_ref() == Some(value)).then_some(())
        });
    }

    /// The value at `pointer` in Loadline's settings file.
    pub fn setting(&self, pointer: &str) -> Option<Value> {
        let text = fs::read_to_string(self.path("config/loadline/settings.json")).ok()?;
        serde_json::from_str::<Value>(&text).ok()?.pointer(pointer).cloned()
    }
}

/// The file for a picture that is looked at after the tests, and when one has failed.
pub fn picture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("desktops");
    fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}.png"))
}
