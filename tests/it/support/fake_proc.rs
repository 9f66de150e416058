//! Files of the test in place of `/proc/stat` and `/proc/meminfo`, for the real program: mounted over them in a namespace of its
//! own.

use std::fs::{File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::program::Home;
use crate::wait::{SOON, wait_for};

/// The process of the script becomes the program: `/proc/self` of the one is that of the other.
///
/// Mounts a `/sys/block` of ours, a `/proc` of its own where it hides processes, then the files, also those that `$0/mounts`
/// lists, and becomes the program, also as another user. `/proc/stat` is `$0/first` at first, where that is, and `$0/later`
/// takes the place of the path that somebody writes to the pipe `$0/order`.
const SCRIPT: &str = r#"
[ ! -e "$0/block" ] || mount --bind "$0/block" /sys/block || exit 99
[ ! -e "$0/hides" ] || mount -t proc -o hidepid=2 proc /proc || exit 99
mount --bind "$0/meminfo" /proc/meminfo || exit 99
first="$0/first"
[ -e "$first" ] || first="$0/stat"
mount --bind "$first" /proc/stat || exit 99
if [ -e "$0/cgroup" ]; then
    mount --bind "$0/cgroup" /sys/fs/cgroup || exit 99
fi
while read -r name path; do
    case "$path" in
    /proc/self/*) path="/proc/$$/${path#/proc/self/}" ;;
    esac
    mount --bind "$0/$name" "$path" || exit 99
done < "$0/mounts"
if [ -e "$0/failing" ]; then
    read -r path < "$0/failing"
    mount --bind "/proc/$$/mem" "$path" || exit 99
fi
if [ -e "$0/order" ]; then
    (read -r path < "$0/order"; mount --bind "$0/later" "$path" && : > "$0/switched") > /dev/null 2>&1 &
fi
if [ -e "$0/loadline" ]; then
    mount --bind "$1" "$0/loadline" || exit 99
    shift
    set -- setpriv --reuid 65534 --regid 65534 --clear-groups "$0/loadline" "$@"
fi
exec "$@"
"#;

/// The two files.
pub struct FakeProc {
    folder: tempfile::TempDir,
    stat: File,
    meminfo: File,
    unshare: Vec<&'static str>,
}

impl FakeProc {
    /// `None`, with a line that says so, on a machine that allows no namespaces.
    pub fn new(stat: &str, meminfo: &str) -> Option<FakeProc> {
        let ways: [&[&str]; 2] = [&["--map-root-user", "--mount"], &["--mount"]];
        let is_allowed = |way: &&[&str]| {
            let mut unshare = Command::new("unshare");
            unshare.args(*way).args(["mount", "--bind", "/proc/stat", "/proc/stat"]).stderr(Stdio::null());
            unshare.status().is_ok_and(|status| status.success())
        };
        let Some(unshare) = ways.into_iter().find(is_allowed) else {
            eprintln!("SKIPPED: this machine allows no mount namespace, so no file can take the place of /proc/stat");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let create = |name: &str| File::create(folder.path().join(name)).unwrap();
        create("mounts");
        let fake = FakeProc { stat: create("stat"), meminfo: create("meminfo"), folder, unshare: unshare.to_vec() };
        fake.set_stat(stat);
        fake.set_meminfo(meminfo);
        Some(fake)
    }

    /// Replaces the content of `/proc/stat`.
    pub fn set_stat(&self, text: &str) {
        replace(&self.stat, text);
    }

    /// Replaces the content of `/proc/meminfo`.
    pub fn set_meminfo(&self, text: &str) {
        replace(&self.meminfo, text);
    }

    /// For a program that is started later: a file with this content in place of the one at `path`.
    pub fn mount(&self, path: &str, text: &str) -> FakeFile {
        let mounts = self.path("mounts");
        let before = std::fs::read_to_string(&mounts).unwrap();
        let name = format!("more{}", before.lines().count());
        std::fs::write(&mounts, format!("{before}{name} {path}\n")).unwrap();
        let fake = FakeFile(File::create(self.path(&name)).unwrap());
        fake.set(text);
        fake
    }

    /// For a program that is started later: a file with this content in `/sys/block`, where nothing else is then.
    pub fn in_sys_block(&self, name: &str, text: &str) -> FakeFile {
        let path = self.path("block").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let fake = FakeFile(File::create(path).unwrap());
        fake.set(text);
        fake
    }

    /// For a program that is started later: it is in the cgroups of these two files of `/proc/self`, and `/sys/fs/cgroup` is the
    /// folder of the result, empty at first.
    pub fn cgroups(&self, membership: &str, mountinfo: &str) -> FakeCgroups {
        self.mount("/proc/self/cgroup", membership);
        self.mount("/proc/self/mountinfo", mountinfo);
        let folder = self.path("cgroup");
        std::fs::create_dir(&folder).unwrap();
        FakeCgroups(folder)
    }

    /// For a program that is started later: `/proc/stat` cannot be opened until [`FakeProc::switch`].
    pub fn refuse_at_first(&self) {
        self.prepare("first");
        std::os::unix::fs::symlink(self.path("stat"), self.path("later")).unwrap();
    }

    /// For a program that is started later: the path of [`FakeProc::switch`] cannot be opened from then on.
    pub fn refuse_later(&self) {
        self.prepare("later");
    }

    /// A socket cannot be opened.
    fn prepare(&self, closed: &str) {
        let _socket = UnixListener::bind(self.path(closed)).unwrap();
        let made = Command::new("mkfifo").arg(self.path("order")).status().unwrap();
        assert!(made.success());
    }

    /// Mounts the later file over the one at `path`.
    pub fn switch(&self, path: &str) {
        std::fs::write(self.path("order"), format!("{path}\n")).unwrap();
        wait_for("the mount", SOON, || self.path("switched").exists().then_some(()));
    }

    /// Sets the permissions of `/proc/stat`.
    pub fn set_stat_mode(&self, mode: u32) {
        self.stat.set_permissions(Permissions::from_mode(mode)).unwrap();
    }

    /// For a program that is started later, with this home: another user starts it. `None`, with a line that says so, where
    /// the tests are not those of root.
    pub fn by_other_user(mut self, home: &Home) -> Option<FakeProc> {
        const NOBODY: u32 = 65534;
        let mut other = Command::new("unshare");
        other.args(["--mount", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "true"]);
        if !other.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: no program can be started as another user, which takes root");
            return None;
        }
        chown(home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        std::fs::set_permissions(self.folder.path(), Permissions::from_mode(0o755)).unwrap();
        // A folder to which another user has no way may hold the program.
        File::create(self.path("loadline")).unwrap();
        self.unshare.retain(|argument| *argument != "--map-root-user");
        Some(self)
    }

    /// For a program that is started later as another user: the processes of others are hidden from it. `None`, with a line
    /// that says so, on kernels where that would hide them from every program of the machine: before 5.8 all mounts of `/proc`
    /// had their options in common.
    pub fn hiding_others(self) -> Option<FakeProc> {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map_while(|number| number.parse::<u32>().ok());
        if numbers.next().zip(numbers.next()) < Some((5, 8)) {
            eprintln!("SKIPPED: Linux {release} cannot hide processes from one program alone");
            return None;
        }
        self.hide()
    }

    /// For a program that is started later: it sees no other programs, in a namespace of its own of processes. `None`, with a
    /// line that says so, on a machine that does not allow that.
    pub fn alone(mut self) -> Option<FakeProc> {
        self.unshare.extend(["--pid", "--fork", "--kill-child"]);
        self.hide()
    }

    fn hide(self) -> Option<FakeProc> {
        let mut unshare = Command::new("unshare");
        unshare.args(&self.unshare).args(["mount", "-t", "proc", "-o", "hidepid=2", "proc", "/proc"]);
        if !unshare.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: this machine allows no namespace with a /proc of its own");
            return None;
        }
        File::create(self.path("hides")).unwrap();
        Some(self)
    }

    /// For a program that is started later: the file at `path` can be opened, and fails when it is read (EIO). It is the memory
    /// of the program, whose first byte is nobody's.
    pub fn fail_at_read(&self, path: &str) {
        std::fs::write(self.path("failing"), format!("{path}\n")).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same command with these files.
    pub fn wrap(&self, command: &Command) -> Command {
        let mut wrapped = Command::new("unshare");
        wrapped.args(&self.unshare).args(["/bin/sh", "-c", SCRIPT]).arg(self.folder.path());
        wrapped.arg(command.get_program()).args(command.get_args()).env_clear();
        wrapped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        wrapped.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(folder) = command.get_current_dir() {
            wrapped.current_dir(folder);
        }
        wrapped
    }
}

/// A file in place of another.
pub struct FakeFile(File);

impl FakeFile {
    /// Replaces the content.
    pub fn set(&self, text: &str) {
        replace(&self.0, text);
    }
}

/// The folder in place of `/sys/fs/cgroup`.
pub struct FakeCgroups(PathBuf);

impl FakeCgroups {
    /// Makes the file, or replaces its content.
    pub fn set(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        replace(&File::options().write(true).create(true).truncate(false).open(path).unwrap(), text);
    }

    /// Sets several files.
    pub fn set_all(&self, files: &[(&str, &str)]) {
        files.iter().for_each(|(path, text)| self.set(path, text));
    }
}

/// In one write: a program that reads meanwhile gets the old content or the new one. (What is left of a longer old content
/// follows for a moment, behind the lines that count.)
fn replace(file: &File, text: &str) {
    file.write_all_at(text.as_bytes(), 0).unwrap();
    file.set_len(text.len() as u64).unwrap();
}

/// A `/proc/stat` of so many processors, with the ten numbers of the first line.
pub fn stat_text(ticks: [u64; 10], processors: u64) -> String {
    let line = |name: &str, ticks: [u64; 10]| format!("{name} {}\n", ticks.map(|ticks| ticks.to_string()).join(" "));
    let mut text = line("cpu ", ticks);
    let each = ticks.map(|ticks| ticks / processors.max(1));
    (0..processors).for_each(|processor| text.push_str(&line(&format!("cpu{processor}"), each)));
    text + "intr 1 2 3\nctxt 5\nbtime 1764300000\nprocesses 1\n"
}

/// A `/proc/meminfo` of 16 GB, 6 of them available, and 2 GB of swap that is not in use; with these lines (in kB) added, or in
/// place of others.
pub fn meminfo_text(changed: &[(&str, Option<u64>)]) -> String {
    let mut rows: Vec<(&str, u64)> = vec![
        ("MemTotal", 16_000_000),
        ("MemFree", 2_000_000),
        ("MemAvailable", 6_000_000),
        ("Buffers", 100_000),
        ("Cached", 3_500_000),
        ("SwapCached", 0),
        ("SwapTotal", 2_000_000),
        ("SwapFree", 2_000_000),
        ("Shmem", 20_000),
        ("SReclaimable", 300_000),
    ];
    for (name, value) in changed {
        rows.retain(|(row, _)| row != name);
        rows.extend(value.map(|value| (*name, value)));
    }
    // The numbers of huge pages have no unit.
    let unit = |name: &str| if name.starts_with("HugePages_") { "" } else { " kB" };
    rows.iter().map(|(name, value)| format!("{:<16}{value:>8}{}\n", format!("{name}:"), unit(name))).collect()
}
