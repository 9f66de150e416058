//! Signals that end a process by default, and a limit on the size of files: Loadline goes on.

use std::fs::File;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use crate::process::Program;
use crate::program::Home;

#[test]
fn signals_that_mean_nothing_do_nothing() {
    let home = Home::new();
    let mut command = home.loadline(&["watch", "--every", "250ms"]);
    command.env("LOADLINE_HISTORY", home.path().join("history.sqlite3"));
    let program = Program::start(command);
    program.wait_out("CPU");
    let pid = Pid::from_raw(i32::try_from(program.id()).unwrap()).unwrap();
    for signal in [Signal::USR1, Signal::USR2, Signal::PIPE, Signal::ALARM, Signal::VTALARM, Signal::PROF, Signal::XFSZ]
    {
        kill_process(pid, signal).unwrap();
    }
    let lines = program.out().len();
    program.wait_line(lines + 2);
}

/// The real-time ones are sent by number, from the second on, which is musl's first.
#[test]
#[cfg(target_os = "linux")]
fn signals_of_linux_that_mean_nothing_do_nothing() {
    let home = Home::new();
    let mut program = Program::start(home.loadline(&["watch", "--every", "250ms"]));
    program.wait_out("CPU");
    let pid = Pid::from_raw(i32::try_from(program.id()).unwrap()).unwrap();
    for signal in [Signal::IO, Signal::XCPU, Signal::POWER, Signal::STKFLT] {
        kill_process(pid, signal).unwrap();
    }
    for number in 35..=64 {
        program.signal(&number.to_string());
        assert!(program.is_running(), "after signal {number}");
    }
    let lines = program.out().len();
    program.wait_line(lines + 2);
}

#[test]
fn a_limit_on_the_size_of_files_fails_the_write_with_a_sentence() {
    let home = Home::new();
    let program = env!("CARGO_BIN_EXE_loadline");
    let out = home.path().join("out");
    let mut shell = Command::new("sh");
    // Blocks of 512 bytes: the first line fits, all do not.
    shell.args(["-c", "ulimit -f 0; exec \"$0\" help watch", program]).stdout(File::create(out).unwrap());
    let ended = shell.output().unwrap();
    assert_eq!(ended.status.code(), Some(1), "not by a signal");
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(stderr.contains("File too large"), "{stderr}");
}
