//! Names the application that a process belongs to, as a person knows it: by its program's path, on Linux also by the
//! command that started it.

use super::{interpreter, launcher};

/// Linux cuts the name of a process (its *comm*) to this length. Source: proc(5), `/proc/PID/comm`.
const COMM_BYTES: usize = 15;
/// The arguments that may hold a script's own name: after the interpreter and an option or two.
const FIRST_ARGUMENTS: usize = 4;
/// Linux appends this to the path of a program whose file is gone: it was updated while it ran.
const DELETED: &[u8] = b" (deleted)";
/// The path of a program that was never a file begins with this. Source: memfd_create(2), "NOTES".
const IN_MEMORY: &[u8] = b"/memfd:";

/// On macOS the outermost `.app` in the program's path, so that helpers count for their application, else the name of its
/// file, without what a package manager's wrapper has made of it. An interpreter is named with its script, as on Linux.
/// `cmdline` has the arguments, each ended by a nul; they count only where [`needs_arguments_on_macos`]. `None` when the path
/// names no file.
pub fn of_macos(path: &[u8], cmdline: &[u8]) -> Option<String> {
    let name = bundle_of(path).unwrap_or_else(|| launcher::unwrapped(file_of(path)));
    let words = cmdline.split(|&byte| byte == 0).filter(|word| !word.is_empty()).skip(1);
    let script = interpreter_on_macos(path).and_then(|runner| interpreter::script(&runner, words));
    match script {
        Some(script) => Some(format!("{} ({})", text(launcher::unwrapped(file_of(script))), text(name))),
        None => (!name.is_empty()).then(|| text(name)),
    }
}

/// Whether [`of_macos`] needs the arguments: those of most processes need not be read.
pub fn needs_arguments_on_macos(path: &[u8]) -> bool {
    interpreter_on_macos(path).is_some()
}

/// The interpreter's name in small letters. That of Python is an app in its framework; no other app counts as one.
fn interpreter_on_macos(path: &[u8]) -> Option<Vec<u8>> {
    let name = launcher::unwrapped(file_of(path)).to_ascii_lowercase();
    let is_other_app = bundle_of(path).is_some_and(|bundle| !bundle.eq_ignore_ascii_case(b"python"));
    (!is_other_app && interpreter::is_interpreter(&name)).then_some(name)
}

/// The name of the outermost app in the path.
fn bundle_of(path: &[u8]) -> Option<&[u8]> {
    path.split(|&byte| byte == b'/').find_map(|part| part.strip_suffix(b".app").filter(|bundle| !bundle.is_empty()))
}

/// Whether the program is a part of macOS itself, like the Dock and `loginwindow`, and no application that comes with it. Since
/// macOS 13 Safari is under `/System/Cryptexes/App/System/Applications`, and programs of ports are never under `/usr`, but for
/// `/usr/local`. The tools that a person starts in a terminal are in `/bin` and `/usr/bin`.
#[cfg(any(target_os = "macos", test))]
pub fn is_part_of_macos(path: &[u8]) -> bool {
    let is_application = || path.windows(b"/Applications/".len()).any(|part| part == b"/Applications/");
    let is_service = |folder: &&[u8]| path.starts_with(folder);
    let services: [&[u8]; 4] = [b"/usr/libexec/", b"/usr/sbin/", b"/sbin/", b"/Library/Apple/"];
    path.starts_with(b"/System/") && !is_application() || services.iter().any(is_service)
}

/// Whether [`of_linux`] needs the arguments: those of most processes need not be read.
pub fn needs_arguments(exe: Option<&[u8]>, comm: &[u8]) -> bool {
    let runs_others = |file| interpreter::is_interpreter(file) || launcher::is_launcher(file);
    program_of(exe).is_none_or(|file| !is_comm_of(comm, file) || runs_others(launcher::unwrapped(file)))
}

/// On Linux the name of the program's file. A program that was started by another name (a link, or a script that names its
/// interpreter in its first line) goes by that name; one that renamed itself (a browser's "Web Content") does not. An
/// interpreter is named with its script: "backup.py (python3)". A launcher goes by the program that it runs, and a wrapped
/// program by its own name; a program that was started from memory by the name in its arguments.
///
/// `exe` is the program's path, `None` where it may not be read; `cmdline` has the arguments, each ended by a nul, as in
/// `/proc/PID/cmdline`.
pub fn of_linux(exe: Option<&[u8]>, comm: &[u8], cmdline: &[u8]) -> String {
    let words: Vec<&[u8]> = cmdline.split(|&byte| byte == 0).filter(|word| !word.is_empty()).collect();
    let first = || words.first().map(|word| file_of(word)).filter(|file| !file.is_empty());
    let program = if is_in_memory(exe) { first() } else { program_of(exe) };
    let name = match program {
        Some(file) if is_comm_of(comm, file) => file,
        _ => words.iter().take(FIRST_ARGUMENTS).find_map(|word| named_by(comm, word)).or(program).unwrap_or(comm),
    };
    let (mut name, mut arguments) = (launcher::unwrapped(name), words.get(1..).unwrap_or_default());
    while let Some((program, rest)) = launcher::program(name, arguments) {
        (name, arguments) = (launcher::unwrapped(file_of(program)), rest);
    }
    match interpreter::script(name, arguments.iter().copied()) {
        Some(script) => format!("{} ({})", text(launcher::unwrapped(file_of(script))), text(name)),
        None => text(name),
    }
}

fn is_in_memory(exe: Option<&[u8]>) -> bool {
    exe.is_some_and(|path| path.starts_with(IN_MEMORY))
}

/// The name of the program's file; `None` also where it never was one.
fn program_of(exe: Option<&[u8]>) -> Option<&[u8]> {
    let path = exe.filter(|_| !is_in_memory(exe))?;
    Some(file_of(path.strip_suffix(DELETED).unwrap_or(path))).filter(|file| !file.is_empty())
}

/// The file's name in `argument` when `comm` is made of it. Windows programs (Wine) have paths of their own.
fn named_by<'a>(comm: &[u8], argument: &'a [u8]) -> Option<&'a [u8]> {
    let windows_file = argument.rsplit(|&byte| byte == b'\\').next().unwrap_or_default();
    [file_of(argument), windows_file].into_iter().find(|file| !file.is_empty() && is_comm_of(comm, file))
}

fn is_comm_of(comm: &[u8], file: &[u8]) -> bool {
    comm == file.get(..COMM_BYTES).unwrap_or(file)
}

fn file_of(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

/// File names may hold any bytes: those that are not UTF-8 become replacement characters.
fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_macos_are_told_from_its_applications() {
        for part in [
            "/System/Library/CoreServices/loginwindow.app/Contents/MacOS/loginwindow",
            "/System/Library/CoreServices/Dock.app/Contents/MacOS/Dock",
            "/usr/libexec/secd",
            "/usr/sbin/cfprefsd",
        ] {
            assert!(is_part_of_macos(part.as_bytes()), "{part}");
        }
        for application in [
            "/System/Applications/TextEdit.app/Contents/MacOS/TextEdit",
            "/System/Volumes/Preboot/Cryptexes/App/System/Applications/Safari.app/Contents/MacOS/Safari",
            "/Applications/Firefox.app/Contents/MacOS/firefox",
            "/usr/bin/yes",
            "/Users/me/.cargo/bin/cargo",
        ] {
            assert!(!is_part_of_macos(application.as_bytes()), "{application}");
        }
    }

    #[test]
    fn on_macos_helpers_go_by_the_outermost_app() {
        for (path, name) in [
            ("/Applications/Safari.app/Contents/MacOS/Safari", Some("Safari")),
            (
                "/Applications/Google Chrome.app/Contents/Frameworks/Google Chrome Framework.framework/Versions/131/\
                 Helpers/Google Chrome Helper (Renderer).app/Contents/MacOS/Google Chrome Helper (Renderer)",
                Some("Google Chrome"),
            ),
            ("/System/Library/CoreServices/WindowServer", Some("WindowServer")),
            ("/usr/libexec/.app/tool", Some("tool")),
            ("/Users/me/app.apple/tool.apply", Some("tool.apply")),
            ("tool", Some("tool")),
            ("/nix/store/a-jq/bin/.jq-wrapped", Some("jq")),
            ("/nix/store/a-x/Applications/X.app/Contents/MacOS/.x-wrapped", Some("X")),
            ("/folder/", None),
            ("", None),
        ] {
            assert_eq!(of_macos(path.as_bytes(), b"").as_deref(), name, "{path}");
            assert!(!needs_arguments_on_macos(path.as_bytes()), "{path}");
        }
        assert_eq!(of_macos(b"/bin/\xff", b"").as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn on_macos_an_interpreter_is_named_with_its_script() {
        const FRAMEWORK: &str = "Python.framework/Versions/3.13/Resources/Python.app/Contents/MacOS/Python";
        for (path, arguments, name) in [
            (
                format!("/opt/homebrew/Cellar/python@3.13/3.13.1/Frameworks/{FRAMEWORK}"),
                "python3 /srv/x.py",
                "x.py (Python)",
            ),
            (
                format!("/Applications/Xcode.app/Contents/Developer/Library/Frameworks/{FRAMEWORK}"),
                "python3 x.py",
                "Xcode",
            ),
            ("/opt/homebrew/bin/node".into(), "node --inspect /srv/server.js", "server.js (node)"),
            ("/opt/homebrew/bin/python3.13".into(), "python3 -c secret", "python3.13"),
            ("/bin/zsh".into(), "-zsh", "zsh"),
            ("/bin/bash".into(), "/bin/bash ./x.sh", "x.sh (bash)"),
            ("/Applications/Node.app/Contents/MacOS/node".into(), "node x.js", "Node"),
            ("/usr/bin/tool".into(), "tool x.py", "tool"),
        ] {
            let cmdline = arguments.replace(' ', "\0") + "\0";
            assert_eq!(of_macos(path.as_bytes(), cmdline.as_bytes()).as_deref(), Some(name), "{path} {arguments}");
        }
    }

    /// Each as `exe`, `comm`, the arguments with spaces for nuls, and the name.
    const ON_LINUX: [(&str, &str, &str, &str); 49] = [
        ("/usr/bin/Xorg", "Xorg", "/usr/lib/xorg/Xorg :0", "Xorg"),
        // Cut at 15 bytes.
        ("/usr/bin/gnome-system-monitor", "gnome-system-mo", "gnome-system-monitor", "gnome-system-monitor"),
        // Renamed themselves.
        ("/usr/lib/firefox/firefox", "Isolated_Web_Co", "/usr/lib/firefox/firefox -contentproc 7 tab", "firefox"),
        ("/usr/lib/firefox/firefox (deleted)", "firefox", "firefox", "firefox"),
        ("/usr/lib/postgresql/17/bin/postgres", "postgres", "postgres:_writer", "postgres"),
        // Started from memory.
        ("/memfd:runc_cloned:/proc/self/exe (deleted)", "runc:[2:INIT]", "runc init", "runc"),
        ("/memfd:sealed-91 (deleted)", "3", "/usr/bin/tool --serve", "tool"),
        ("/memfd:sealed-91 (deleted)", "3", "", "3"),
        // Started by another name.
        ("/usr/bin/busybox", "sleep", "sleep 60", "sleep"),
        ("/usr/bin/vim.basic", "vi", "/etc/alternatives/vi x.txt", "vi"),
        ("/opt/wine/wine64-preloader", "game.exe", r"C:\Games\game.exe", "game.exe"),
        // Scripts that name their interpreter.
        (
            "/usr/bin/python3.13",
            "unattended-upgr",
            "/usr/bin/python3 /usr/bin/unattended-upgrade",
            "unattended-upgrade",
        ),
        ("/usr/bin/perl", "backup", "/usr/bin/perl -w /usr/local/bin/backup --all", "backup"),
        ("/usr/bin/bash", "x.sh", "/bin/bash ./x.sh", "x.sh"),
        // Interpreters that were started by name.
        ("/usr/bin/python3.13", "python3", "python3 /srv/x.py", "x.py (python3)"),
        ("/usr/bin/python3.13", "python3", "python3", "python3"),
        ("/usr/bin/python3.13", "renamed", "python3 /srv/x.py", "x.py (python3.13)"),
        ("/usr/bin/node", "MainThread", "node /srv/server.js", "server.js (node)"),
        ("/usr/bin/bash", "bash", "-bash", "bash"),
        ("/usr/lib/jvm/21/bin/java", "java", "java -Xmx2g -jar /opt/x.jar", "x.jar (java)"),
        // Started by `env` in the script's first line.
        ("/usr/bin/python3.13", "python3", "python3 /home/me/bin/backup --all", "backup (python3)"),
        ("/usr/bin/python3.13", "python3", "python3 -u /home/me/bin/backup", "backup (python3)"),
        // The script of pipx, with an interpreter of its own.
        (
            "/usr/bin/python3.13",
            "black",
            "/home/me/.local/pipx/venvs/black/bin/python /home/me/.local/bin/black .",
            "black",
        ),
        (
            "/usr/bin/python3.13",
            "python",
            "/home/me/venvs/black/bin/python /home/me/.local/bin/black",
            "black (python)",
        ),
        // Wrapped by Nix.
        ("/nix/store/a-firefox/bin/.firefox-wrapped", ".firefox-wrappe", "firefox", "firefox"),
        ("/nix/store/a-x/bin/.x-wrapped_", ".x-wrapped_", "/nix/store/a-x/bin/.x-wrapped_", "x"),
        (
            "/nix/store/a-python3/bin/python3.13",
            ".black-wrapped",
            "/nix/store/a-python3/bin/python3.13 /nix/store/b-black/bin/.black-wrapped .",
            "black",
        ),
        ("/nix/store/a/bin/.python3-wrapped", ".python3-wrappe", "python3 /srv/x.py", "x.py (python3)"),
        ("/nix/store/a/bin/bash", "bash", "bash /nix/store/b/bin/.tool-wrapped", "tool (bash)"),
        // Run by a launcher.
        (
            "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
            "ld-linux-x86-64",
            "/lib64/ld-linux-x86-64.so.2 /usr/bin/sha256sum /dev/zero",
            "sha256sum",
        ),
        ("", "ld-linux-x86-64", "/lib64/ld-linux-x86-64.so.2 --argv0 x /usr/bin/sha256sum", "sha256sum"),
        ("/lib/ld-linux-x86-64.so.2", "ld-linux-x86-64", "ld-linux-x86-64.so.2 python3 /srv/x.py", "x.py (python3)"),
        ("/lib/ld-linux-x86-64.so.2", "ld-linux-x86-64", "ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2"),
        ("/usr/bin/busybox", "busybox", "busybox sleep 60", "sleep"),
        ("/usr/bin/coreutils", "coreutils", "coreutils sha256sum /dev/zero", "sha256sum"),
        ("/usr/bin/coreutils", "sha256sum", "sha256sum /dev/zero", "sha256sum"),
        ("/usr/bin/coreutils", "coreutils", "coreutils --coreutils-prog=sha256sum /dev/zero", "sha256sum"),
        ("/home/me/.bun/bin/bun", "bun", "bun run server.ts", "server.ts (bun)"),
        ("/usr/bin/deno", "deno", "deno run -A main.ts", "main.ts (deno)"),
        ("/usr/lib/dotnet/dotnet", "dotnet", "dotnet /srv/app.dll", "app.dll (dotnet)"),
        ("/usr/bin/mono-sgen", "mono", "/usr/bin/mono /srv/x.exe", "x.exe (mono)"),
        ("/usr/bin/qemu-arm-static", "qemu-arm-static", "qemu-arm-static -L / /srv/tool", "tool"),
        // The program may not be read: it is another user's.
        ("", "sshd", "sshd:_root@pts/0", "sshd"),
        ("", "unattended-upgr", "/usr/bin/python3 /usr/bin/unattended-upgrade", "unattended-upgrade"),
        ("", "python3", "/usr/bin/python3 /srv/x.py", "x.py (python3)"),
        ("", "kworker/0:1", "", "kworker/0:1"),
        // Without any name.
        ("/", "odd", "", "odd"),
        ("", "", "", ""),
        ("/usr/bin/a) b (c", "a) b (c", "", "a) b (c"),
    ];

    #[test]
    fn on_linux_a_process_goes_by_the_command_that_was_started() {
        for (exe, comm, arguments, name) in ON_LINUX {
            // In this table only.
            let comm = comm.replace('_', " ");
            let cmdline = arguments.replace(' ', "\0") + "\0";
            let exe = Some(exe.as_bytes()).filter(|exe| !exe.is_empty());
            assert_eq!(of_linux(exe, comm.as_bytes(), cmdline.as_bytes()), name, "{exe:?} {comm} {arguments}");
            if !needs_arguments(exe, comm.as_bytes()) {
                assert_eq!(of_linux(exe, comm.as_bytes(), b""), name, "the arguments of {name} were needed");
            }
        }
    }

    #[test]
    fn the_arguments_of_plain_programs_are_not_needed() {
        assert!(!needs_arguments(Some(b"/usr/bin/gnome-system-monitor"), b"gnome-system-mo"));
        assert!(needs_arguments(Some(b"/usr/bin/python3"), b"python3"));
        assert!(needs_arguments(Some(b"/usr/bin/python3"), b"x.py"));
        assert!(needs_arguments(None, b"sshd"));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_replaced() {
        assert_eq!(of_linux(Some(b"/bin/\xff"), b"\xff", b""), "\u{fffd}");
        // "ä" is two bytes, of which the kernel stores one.
        let (exe, comm) = ("/bin/fifteen-bytes-ä".as_bytes(), "fifteen-bytes-ä".as_bytes());
        assert_eq!(of_linux(Some(exe), &comm[..15], b""), "fifteen-bytes-ä");
    }
}
