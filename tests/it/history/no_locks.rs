//! Places without file locks or shared memory, by a library that stands before libc: the recording and the commands name the
//! place, the reason and the way out.

use std::path::PathBuf;
use std::process::Command;

use rusqlite::Connection;

use crate::process::Program;
use crate::program::Home;
use crate::support::preload;

/// `ENOLCK`, which a file that is held gives as well; and `EINVAL`, `ENOSYS` and `EOPNOTSUPP`: the kernel's
/// `include/uapi/asm-generic/errno-base.h` and `errno.h`.
const NO_LOCK_SERVICE: &str = "37";
const NO_LOCKS: [&str; 3] = ["22", "38", "95"];
/// `ENODEV`.
const NO_SHARED_MEMORY: &str = "19";

/// The way out of both.
const WAY_OUT: &str = "name a file on a disk of this machine in LOADLINE_HISTORY";

/// A home with a history that was recorded before, and the library.
struct Mounted {
    home: Home,
    library: PathBuf,
}

impl Mounted {
    fn new() -> Mounted {
        let home = Home::new();
        let library = preload::compile("tests/it/history/no_locks.c", home.path());
        let mounted = Mounted { home, library };
        let (status, lines) = mounted.run(&["watch", "--quiet", "--samples", "2", "--every", "250ms"], None);
        assert_eq!((status, lines.len()), (Some(0), 0), "{lines:#?}");
        mounted
    }

    fn path(&self) -> PathBuf {
        self.home.path().join("there/history.sqlite3")
    }

    /// The program on this history, where the system refuses what the variable names.
    fn command(&self, arguments: &[&str], refused: Option<(&str, &str)>) -> Command {
        let mut command = self.home.loadline(arguments);
        command.env("LOADLINE_HISTORY", self.path());
        if let Some((variable, error)) = refused {
            command.env("LD_PRELOAD", &self.library).env(variable, error);
        }
        command
    }

    /// The exit status, and the lines on both outputs.
    fn run(&self, arguments: &[&str], refused: Option<(&str, &str)>) -> (Option<i32>, Vec<String>) {
        let output = self.command(arguments, refused).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code(), text.lines().map(str::to_owned).collect())
    }

    /// The recording, the commands and `doctor` each have one line with the reason, the place and the way out.
    #[track_caller]
    fn says(&self, refused: (&str, &str), reason: &str, place: &str) {
        let words = format!("history.sqlite3': {reason}");
        let folder = format!("'{}'", self.path().parent().unwrap().display());
        let check = |line: &str| assert!(line.contains(place) && line.contains(&folder), "{line}");
        for arguments in [&["history"][..], &["history", "--alerts"], &["report"], &["doctor"]] {
            let (status, lines) = self.run(arguments, Some(refused));
            let said: Vec<&String> = lines.iter().filter(|line| line.contains(&words)).collect();
            assert_eq!((status, said.len()), (Some(1), 1), "{refused:?} {arguments:?}: {lines:#?}");
            check(said[0]);
            assert!(said[0].ends_with(WAY_OUT), "{}", said[0]);
        }
        // An alert is recorded at once.
        let watch = ["watch", "--quiet", "--every", "250ms", "--memory", "1", "--cpu", "off", "--after", "0"];
        let program = Program::start(self.command(&watch, Some(refused)));
        let line = program.wait_err(&words);
        check(&line);
        assert!(line.ends_with(&format!("{WAY_OUT}; it is tried again every minute")), "{line}");
    }
}

#[test]
fn a_place_that_refuses_locks_or_shared_memory_is_named_with_the_way_out() {
    let mounted = Mounted::new();
    let reason = "the system refuses to lock its files, or to share their memory; ";
    for error in NO_LOCKS {
        mounted.says(("REFUSED_LOCKS", error), reason, "is a place without file locks or shared memory");
    }
    mounted.says(("REFUSED_MEMORY", NO_SHARED_MEMORY), reason, "is a place without file locks or shared memory");
}

#[test]
fn a_place_without_a_lock_service_is_told_from_a_file_that_is_held() {
    let mounted = Mounted::new();
    let place = "no program that can be seen here holds it";
    mounted.says(("REFUSED_LOCKS", NO_LOCK_SERVICE), "database is locked; ", place);

    let held = Connection::open(mounted.path()).unwrap();
    held.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE taken (a)").unwrap();
    let (status, lines) = mounted.run(&["history"], None);
    assert_ne!(status, Some(0));
    let words = "history.sqlite3': database is locked; another program holds it";
    assert!(lines.iter().any(|line| line.ends_with(words)), "{lines:#?}");
}
