//! The program as started on a console: with a home of its own, and no desktop.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// An empty home, without a desktop.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Home {
        Home { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The path of the settings file.
    pub fn settings(&self) -> PathBuf {
        let folder =
            if cfg!(target_os = "macos") { "Library/Application Support/Loadline" } else { ".config/loadline" };
        self.path().join(folder).join("settings.json")
    }

    /// Writes a file into this home, and returns its path.
    pub fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes the settings file.
    pub fn with_settings(self, text: impl AsRef<[u8]>) -> Home {
        std::fs::create_dir_all(self.settings().parent().unwrap()).unwrap();
        std::fs::write(self.settings(), text).unwrap();
        self
    }

    /// The program with these arguments, apart from the machine's own desktop and settings.
    pub fn loadline(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadline"));
        command.args(arguments).env_clear().env("HOME", self.path()).env("TZ", "UTC").env("PATH", "/usr/bin:/bin");
        // With a system bus the tests would run slower on battery.
        command.env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus");
        command.current_dir(self.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let Output { status, stdout, stderr } = self.loadline(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { status: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }
}

/// The exit status and the output of a run.
#[derive(Debug, PartialEq)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}
