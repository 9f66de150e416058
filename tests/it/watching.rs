//! `watch`: one line for each reading, the pace of a trace, and the end of a run.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::{Owned, Program};
use crate::program::Home;

#[test]
fn each_reading_is_a_line() {
    let home = Home::new();
    let ran = home.run(&["watch", "--samples", "3", "--every", "250ms"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(ran.stdout.lines().count(), 3);
    for line in ran.stdout.lines() {
        assert!(line.contains("  CPU ") && line.contains("%  memory ") && line.contains(" GB)"), "{line}");
        assert!(!line.contains('–'), "the first line already knows the CPU: {line}");
    }
}

#[test]
fn the_first_percentages_do_not_wait_for_the_interval() {
    let home = Home::new();
    let program = Program::start(home.loadline(&["watch", "--every", "1h"]));
    let line = program.wait_line(0);
    assert!(line.contains("CPU") && !line.contains('–'), "{line}");
}

#[test]
fn a_trace_is_played_at_its_pace() {
    let home = Home::new();
    let file = home.file("trace.csv", "time,cpu\n0,10\n20,20\n40,30\n");
    let begun = Instant::now();
    let ran = home.run(&["watch", "--readings", file.to_str().unwrap(), "--speed", "100"]);
    assert_eq!(ran.stdout.lines().count(), 3);
    assert!(begun.elapsed() >= Duration::from_millis(400), "40 s at a hundred times the speed");
    assert!(ran.stdout.ends_with("1970-01-01 00:00:40  CPU  30%  memory   –%\n"), "{}", ran.stdout);
}

#[test]
fn a_long_trace_loses_no_reading() {
    let home = Home::new();
    let rows: String = (0..5_000).map(|i| format!("{i},{}\n", i % 100)).collect();
    let file = home.file("long.csv", format!("time,cpu\n{rows}"));
    let ran = home.run(&["watch", "--readings", file.to_str().unwrap(), "--speed", "max", "--json"]);
    assert_eq!(ran.stdout.lines().filter(|line| line.contains("\"reading\"")).count(), 5_000);
}

#[test]
fn an_error_in_a_trace_ends_the_run_after_the_valid_readings() {
    let home = Home::new();
    let file = home.file("trace.csv", "time,cpu\n0,10\n1,20\n2,oops\n");
    let ran = home.run(&["watch", "--readings", file.to_str().unwrap(), "--speed", "max"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("line 4: cpu 'oops' is not a number"), "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 2, "the valid readings are printed");
}

#[test]
fn a_full_disk_is_reported_once_and_stops_no_reading() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let home = Home::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = home.loadline(&["watch", "--samples", "3", "--every", "250ms"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "all three readings were taken");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("loadline: could not write to the console: No space left on device"), "{stderr}");
}

/// A pipe with the beginning of a trace, held open without further data by the returned process.
fn pipe_that_stays_open(home: &Home) -> (String, Owned) {
    let pipe = home.path().join("pipe");
    let script =
        "mkfifo \"$0\"; exec 3<>\"$0\"; printf 'time,cpu\\n0,10\\n1,10\\n2,10\\n' >&3; echo ready; exec sleep 120";
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", script]).arg(&pipe).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut writer = shell.spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(writer.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert_eq!(ready, "ready\n");
    (pipe.to_str().unwrap().to_owned(), Owned(writer))
}

#[test]
fn a_signal_ends_a_run_that_waits_for_a_stalled_trace() {
    let home = Home::new();
    let (pipe, _writer) = pipe_that_stays_open(&home);
    let mut program = Program::start(home.loadline(&["watch", "--readings", &pipe, "--speed", "max"]));
    program.wait_line(0);
    program.signal("TERM");
    assert_eq!(program.wait_exit().code(), Some(0));
}
