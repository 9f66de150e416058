//! Finds the program that a launcher runs: the loader of shared libraries, a program of many commands, an emulator. The
//! launcher is the process, but a person knows the program.

/// Programs that run another one, which is named by their first argument that is no option.
struct Launcher {
    /// Beginnings of the names, separated by spaces.
    prefixes: &'static str,
    /// Beginnings of names that look the same and run no program.
    others: &'static str,
    /// Options with a value of its own.
    value_options: &'static str,
}

/// The options by which GNU's one program of all coreutils is told which of them it is. Source: its `src/coreutils.c`.
const PROGRAM_OPTIONS: [&[u8]; 2] = [b"--coreutils-prog=", b"--coreutils-prog-shebang="];

/// Sources: ld.so(8), musl's `ldso/dynlink.c`, busybox(1), uutils' `src/bin/coreutils.rs`, QEMU's `linux-user/main.c`, box64(1).
const LAUNCHERS: [Launcher; 4] = [
    Launcher {
        prefixes: "ld-linux ld-musl- ld.so ld64.so ld-2.",
        others: "",
        value_options: "--library-path --preload --argv0 --audit --inhibit-rpath --glibc-hwcaps-prepend --glibc-hwcaps-mask",
    },
    Launcher { prefixes: "busybox toybox coreutils", others: "", value_options: "" },
    Launcher {
        prefixes: "qemu-",
        others: "qemu-system qemu-img qemu-nbd qemu-io qemu-ga qemu-edid qemu-storage qemu-bridge qemu-pr qemu-vmsr",
        value_options: "-L -E -U -g -s -cpu -B -R -d -D -p -0 -r -seed -one-insn-per-tb -plugin",
    },
    Launcher { prefixes: "box64 box86 FEXInterpreter", others: "", value_options: "" },
];

/// Whether a program of this name runs other programs.
pub fn is_launcher(name: &[u8]) -> bool {
    launcher(name).is_some()
}

/// The program that the launcher `name` runs, as its path, and that program's own arguments; `arguments` are without the
/// launcher's own name. `None` when `name` is no launcher or runs no program.
pub fn program<'a, 'b>(name: &[u8], arguments: &'b [&'a [u8]]) -> Option<(&'a [u8], &'b [&'a [u8]])> {
    let launcher = launcher(name)?;
    let mut rest = arguments;
    loop {
        let (first, others) = rest.split_first()?;
        let named =
            PROGRAM_OPTIONS.iter().find_map(|option| first.strip_prefix(*option)).filter(|name| !name.is_empty());
        if let Some(name) = named {
            return Some((name, others));
        }
        let takes_value = || launcher.value_options.split(' ').any(|option| option.as_bytes() == *first);
        rest = match first {
            [b'-', ..] if takes_value() => others.get(1..)?,
            [b'-', ..] => others,
            program => return Some((program, others)),
        };
    }
}

fn launcher(name: &[u8]) -> Option<&'static Launcher> {
    let begins = |list: &str| list.split(' ').any(|prefix| !prefix.is_empty() && name.starts_with(prefix.as_bytes()));
    LAUNCHERS.iter().find(|launcher| begins(launcher.prefixes) && !begins(launcher.others))
}

/// The program's own name in the name of a file that a package manager has put behind a wrapper of its own: `firefox` of
/// `.firefox-wrapped`, also where it was wrapped twice (`.firefox-wrapped_`). Source: Nixpkgs,
/// `build-support/setup-hooks/make-wrapper.sh`, `wrapProgram`.
pub fn unwrapped(file: &[u8]) -> &[u8] {
    let mut inner = file;
    while let Some(rest) = inner.strip_suffix(b"_") {
        inner = rest;
    }
    let name = inner.strip_suffix(b"-wrapped").and_then(|name| name.strip_prefix(b".")).filter(|name| !name.is_empty());
    name.map_or(file, unwrapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_the_first_argument_that_is_no_option() {
        for (command, found) in [
            ("ld-linux-x86-64.so.2 /usr/bin/sha256sum a b", Some("/usr/bin/sha256sum a b")),
            ("ld-linux-x86-64.so.2 --library-path /l --argv0 x /bin/x", Some("/bin/x")),
            ("ld-musl-x86_64.so.1 --preload /p.so -- /bin/x -v", Some("/bin/x -v")),
            ("ld-linux-x86-64.so.2 --list", None),
            ("ld-linux-x86-64.so.2 --preload", None),
            ("busybox sleep 60", Some("sleep 60")),
            ("busybox", None),
            ("coreutils sha256sum /dev/zero", Some("sha256sum /dev/zero")),
            ("coreutils --coreutils-prog=sha256sum /dev/zero", Some("sha256sum /dev/zero")),
            ("coreutils --coreutils-prog-shebang=cat /usr/bin/cat", Some("cat /usr/bin/cat")),
            ("coreutils --coreutils-prog=", None),
            ("coreutils --help", None),
            ("qemu-aarch64-static -L /sysroot ./tool x", Some("./tool x")),
            ("qemu-system-x86_64 disk.img", None),
            ("box64 game", Some("game")),
            ("ldconfig x", None),
        ] {
            let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
            let run = program(words[0], &words[1..]).map(|(program, rest)| [&[program], rest].concat().join(&b' '));
            assert_eq!(run.as_deref().map(|run| str::from_utf8(run).unwrap()), found, "{command}");
        }
    }

    #[test]
    fn a_wrapped_file_goes_by_its_own_name() {
        for (file, name) in [
            (".firefox-wrapped", "firefox"),
            (".firefox-wrapped_", "firefox"),
            ("..firefox-wrapped-wrapped", "firefox"),
            (".-wrapped", ".-wrapped"),
            ("gift-wrapped", "gift-wrapped"),
            (".hidden", ".hidden"),
            ("_", "_"),
            ("", ""),
        ] {
            assert_eq!(unwrapped(file.as_bytes()), name.as_bytes(), "{file}");
        }
    }
}
