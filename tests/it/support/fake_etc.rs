//! A machine's own settings file that no other program sees: a copy of `/etc` in its place, in a mount namespace.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::program::{Home, Ran};

/// The path of the file for the program.
pub const FILE: &str = "/etc/loadline/settings.json";
/// Puts the folder in the place of `/etc` and becomes the program. A file `loadline` in the folder has another user start it.
const SCRIPT: &str = r#"
/bin/mount --bind "$0/etc" /etc || exit 99
if [ -e "$0/loadline" ]; then
    /bin/mount --bind "$1" "$0/loadline" || exit 99
    shift
    set -- /usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups "$0/loadline" "$@"
fi
exec "$@"
"#;
/// The user who starts the program then.
pub const NOBODY: u32 = 65534;

/// The folder with the copy.
pub struct FakeEtc {
    folder: tempfile::TempDir,
}

impl FakeEtc {
    /// `None`, with a line that says so, where this user may mount nothing: then no file can be root's for the program.
    pub fn new() -> Option<FakeEtc> {
        let may_mount = ["--mount", "/bin/mount", "--bind", "/mnt", "/etc"];
        if !Command::new("unshare").args(may_mount).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        {
            eprintln!("SKIPPED: this user may mount nothing, so the machine has no settings file of the test");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let copied = Command::new("cp").args(["-a", "/etc"]).arg(folder.path()).status().unwrap();
        assert!(copied.success());
        let etc = FakeEtc { folder };
        fs::create_dir(etc.file().parent().unwrap()).unwrap();
        Some(etc)
    }

    /// The same with this text in the machine's file.
    pub fn with(text: &str) -> Option<FakeEtc> {
        let etc = FakeEtc::new()?;
        etc.write(text);
        Some(etc)
    }

    /// The file outside of the namespace.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("etc/loadline/settings.json")
    }

    /// Replaces the file as editors do: whole, by renaming.
    pub fn write(&self, text: impl AsRef<[u8]>) {
        let new = self.file().with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    /// The command that starts the program given behind it on this machine.
    pub fn starter(&self) -> Vec<&str> {
        vec!["/usr/bin/unshare", "--mount", "/bin/sh", "-c", SCRIPT, self.folder.path().to_str().unwrap()]
    }

    /// For a program that is started later, with this home: nobody starts it.
    pub fn as_nobody(&self, home: &Home) {
        chown(home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        // A folder to which another user has no way may hold the program.
        File::create(self.folder.path().join("loadline")).unwrap();
    }

    /// The program on this machine.
    pub fn loadline(&self, home: &Home, arguments: &[&str]) -> Command {
        let command = home.loadline(arguments);
        let starter = self.starter();
        let mut wrapped = Command::new(starter[0]);
        wrapped.args(&starter[1..]).arg(command.get_program()).args(command.get_args()).env_clear();
        wrapped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        wrapped.current_dir(command.get_current_dir().unwrap_or(Path::new("/")));
        wrapped.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        wrapped
    }

    /// Runs the program on this machine to its end.
    pub fn run(&self, home: &Home, arguments: &[&str]) -> Ran {
        let output = self.loadline(home, arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}
