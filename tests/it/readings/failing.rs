//! Files that fail for a while, with every error that drivers, security modules and sandboxes return: their value is unknown
//! meanwhile, the other is not, and both are right again afterwards.

use std::path::PathBuf;
use std::process::Command;

use super::{Counters, Watched, known, meminfo_text};
use crate::program::Home;
use crate::support::fake_proc::FakeProc;
use crate::support::preload;

const STAT: &str = "/proc/stat";
const MEMINFO: &str = "/proc/meminfo";

/// `EIO`, `EACCES`, `ENODEV` and `EOPNOTSUPP`: `include/uapi/asm-generic/errno-base.h` and `errno.h`.
const ERRORS: [i32; 4] = [5, 13, 19, 95];

/// Files that fail on order, by a library that stands before libc.
pub struct Failing {
    library: PathBuf,
    order: PathBuf,
}

impl Failing {
    pub fn new(home: &Home) -> Failing {
        let (library, order) = (preload::compile("tests/it/readings/failing.c", home.path()), home.file("order", ""));
        Failing { library, order }
    }

    pub fn add_to(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("FAILING", &self.order);
    }

    /// Sets the orders, one a line.
    pub fn set(&self, order: &str) {
        // A reader never finds half of an order.
        let new = self.order.with_extension("new");
        std::fs::write(&new, order).unwrap();
        std::fs::rename(new, &self.order).unwrap();
    }
}

#[test]
fn a_file_that_fails_for_a_while_costs_its_own_value_alone_whatever_the_error() {
    let mut counters = Counters { busy: 20, ..Counters::new() };
    let home = Home::new().with_settings(r#"{"history": false}"#);
    let failing = Failing::new(&home);
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let options = ["--cpu", "60", "--memory", "90", "--after", "0s"];
    let watched = Watched::start_as(&fake, &options, home, |command| failing.add_to(command));
    for (path, lost, other) in [(STAT, "cpu_percent", "memory_percent"), (MEMINFO, "memory_percent", "cpu_percent")] {
        for error in ERRORS {
            let before = watched.steps_until(true, || fake.set_stat(&counters.next()));
            assert_eq!(known(&before, "cpu_percent"), [20.0; 4], "before {error}, {path}");
            assert_eq!(known(&before, "memory_percent"), [62.5; 4], "before {error}, {path}");
            failing.set(&format!("read {error} {path}"));
            // The first of them may have been read before.
            let failed = watched.steps(4, || fake.set_stat(&counters.next())).split_off(1);
            assert_eq!(known(&failed, lost), [0.0; 0], "{error}, {path}");
            assert!(!known(&failed, other).is_empty(), "{error}, {path}: {failed:?}");
            failing.set("");
        }
    }
    assert_eq!(watched.program.out_with("\"alert\""), [""; 0]);
}

#[test]
fn doctor_names_the_error_of_a_file_that_cannot_be_opened_or_read() {
    let home = Home::new();
    let failing = Failing::new(&home);
    for (order, expected) in [
        (
            "read 95 /proc/stat",
            "the CPU is not known: '/proc/stat' cannot be read: Operation not supported (os error 95)",
        ),
        ("open 13 /proc/stat", "the CPU is not known: '/proc/stat' cannot be read: Permission denied (os error 13)"),
        (
            "open 19 /proc/meminfo",
            "the memory is not known: '/proc/meminfo' cannot be read: No such device (os error 19)",
        ),
    ] {
        failing.set(order);
        let mut doctor = home.loadline(&["doctor"]);
        failing.add_to(&mut doctor);
        let stdout = String::from_utf8(doctor.output().unwrap().stdout).unwrap();
        assert!(stdout.contains(&format!("FAIL  readings       {expected}\n")), "{order}: {stdout}");
    }
}
