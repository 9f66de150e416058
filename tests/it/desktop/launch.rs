//! The start of the program under test, in an environment that has nothing of ours.
use std::fs;
use std::process::{ChildStdin, Command};

use super::trace::Trace;
use super::world::World;
use crate::process::Program;

/// A program about to be started.
pub struct Launch<'w> {
    world: &'w World,
    command: Command,
}

impl<'w> Launch<'w> {
    /// The program with this world's desktop as the only one it can find.
    pub fn into(world: &'w World) -> Self {
        Self::of(world, Command::new(env!("CARGO_BIN_EXE_loadline")))
    }

    /// The same, started by a command that replaces itself with the program, such as `nohup`.
    pub fn by(world: &'w World, starter: &[&str]) -> Self {
        let mut command = Command::new(starter[0]);
        command.args(&starter[1..]).arg(env!("CARGO_BIN_EXE_loadline"));
        Self::of(world, command)
    }

    fn of(world: &'w World, mut command: Command) -> Self {
        command.env_clear();
        let folders = [
            ("HOME", "home"),
            ("PATH", "bin"),
            ("TMPDIR", "tmp"),
            ("XDG_CACHE_HOME", "home/cache"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "home/data"),
            ("XDG_RUNTIME_DIR", "run"),
        ];
        command.envs(folders.map(|(key, folder)| (key, world.path(folder))));
        command.env("DISPLAY", world.display());
        command.env("DBUS_SESSION_BUS_ADDRESS", world.bus_address());
        // On battery the tests would otherwise run slower.
        command.env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus");
        // GTK must start or call no other program, and nothing may depend on the machine.
        command.envs([
            ("GDK_BACKEND", "x11"),
            ("GIO_USE_VFS", "local"),
            ("GSETTINGS_BACKEND", "memory"),
            ("GTK_THEME", "Adwaita"),
            ("LC_ALL", "C.UTF-8"),
            ("NO_AT_BRIDGE", "1"),
            ("RUST_BACKTRACE", "1"),
            ("TZ", "UTC"),
        ]);
        Self { world, command }
    }

    /// Reads `trace`, `speed` times faster than its times.
    pub fn readings(self, trace: &Trace, speed: u32) -> Self {
        self.recorded(&trace.csv(), speed)
    }

    /// The same with the text of a trace, of either form.
    pub fn recorded(self, trace: &str, speed: u32) -> Self {
        let file = tempfile::NamedTempFile::new_in(self.world.path("")).unwrap();
        let (_, file) = file.keep().unwrap();
        fs::write(&file, trace).unwrap();
        self.args(&["--readings", file.to_str().unwrap(), "--speed", &speed.to_string()])
    }

    /// Adds arguments.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.command.env(key, value);
        self
    }

    /// Removes a variable of the environment.
    pub fn without(mut self, key: &str) -> Self {
        self.command.env_remove(key);
        self
    }

    /// Starts the program, and returns it with the pipe to its stdin. The panel's `item` is this program's from now on.
    pub fn start_and_talk(self) -> (Program, ChildStdin) {
        self.world.host.forget_items();
        Program::start_and_talk(self.command)
    }

    /// Starts the program. The panel's `item` is this program's from now on.
    pub fn start(self) -> Program {
        self.world.host.forget_items();
        Program::start(self.command)
    }
}
