//! `watch`: a reading a line, at its pace, to its end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::ioctl_fionbio;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::process::{Owned, Program};
use crate::program::Home;
use crate::wait::{SOON, wait_for};

#[test]
fn a_reading_is_a_line() {
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
fn the_first_percentages_come_within_half_a_second() {
    let home = Home::new();
    let start = || {
        let program = Program::start(home.loadline(&["watch", "--every", "10s"]));
        program.wait_out("CPU");
        program.started().elapsed()
    };
    // On a machine with other work the best of a few tells what the program itself takes.
    let best = (0..5).map(|_| start()).min().unwrap();
    assert!(best < Duration::from_millis(500), "{best:?}");
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
fn a_trace_that_breaks_off_in_an_error_ends_with_it() {
    let home = Home::new();
    let file = home.file("trace.csv", "time,cpu\n0,10\n1,20\n2,oops\n");
    let ran = home.run(&["watch", "--readings", file.to_str().unwrap(), "--speed", "max"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("line 4: cpu 'oops' is not a number"), "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 2, "what was right is said");
}

#[test]
fn a_full_disk_is_told_once_and_stops_nothing() {
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

/// A pipe with the beginning of a trace in it, which does not go on for as long as the process lives.
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
fn a_trace_that_does_not_go_on_keeps_nobody_from_ending() {
    let home = Home::new();
    let (pipe, _writer) = pipe_that_stays_open(&home);
    let mut program = Program::start(home.loadline(&["watch", "--readings", &pipe, "--speed", "max"]));
    program.wait_line(0);
    program.signal("TERM");
    assert_eq!(program.wait_exit().code(), Some(0));
}

#[test]
fn a_second_signal_ends_even_what_waits_for_a_console_that_nobody_reads() {
    let home = Home::new();
    let rows: String = (0..50_000).map(|i| format!("{i},10\n")).collect();
    let file = home.file("long.csv", format!("time,cpu\n{rows}"));
    let mut command = home.loadline(&["watch", "--readings", file.to_str().unwrap(), "--speed", "max"]);
    // Piped, and never read: the pipe is full long before the trace is over.
    let mut child = Owned(command.spawn().unwrap());
    let pid = child.0.id().to_string();
    if cfg!(target_os = "linux") {
        // At this speed a main thread that sleeps in twenty looks one after the other sleeps for good.
        let mut asleep = 0;
        wait_for("a full pipe", SOON, || {
            let stat = fs::read_to_string(format!("/proc/{pid}/task/{pid}/stat")).unwrap();
            asleep = if stat.contains(") S ") { asleep + 1 } else { 0 };
            (asleep >= 20).then_some(())
        });
    }
    let ended = wait_for("the end after further signals", SOON, || {
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        child.0.try_wait().unwrap()
    });
    assert_eq!(ended.code(), Some(1), "by force");
}

/// Writes until no more is taken: for a tenth of a second, for a terminal has more than one place to put it.
fn fill(mut writer: impl Write + AsFd) {
    let tenth = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    ioctl_fionbio(&writer, true).unwrap();
    while poll(&mut [PollFd::new(&writer, PollFlags::OUT)], Some(&tenth)).unwrap() > 0 {
        while writer.write(&[b'.'; 64]).is_ok() {}
        while writer.write(b".").is_ok() {}
    }
    ioctl_fionbio(&writer, false).unwrap();
}

/// A pipe that takes nothing more.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    fill(&writer);
    (reader, writer)
}

/// A terminal that nobody reads from, with no room left: the master and the slave.
fn stuck_terminal() -> (OwnedFd, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let terminal =
        OpenOptions::new().read(true).write(true).custom_flags(OFlags::NOCTTY.bits().cast_signed()).open(name).unwrap();
    fill(&terminal);
    (master, terminal)
}

/// Starts `watch` on a console that takes nothing, and waits until it has taken readings all the same: only with one does it
/// see that its settings have changed.
fn watch_that_nobody_reads(home: &Home, console: impl Into<Stdio>) -> Owned {
    let complaints = home.path().join("complaints");
    let mut command = home.loadline(&["watch", "--every", "250ms", "--cpu", "off", "--memory", "off"]);
    command.stdout(console).stderr(File::create(&complaints).unwrap());
    let child = Owned(command.spawn().unwrap());
    // The first may be about what was there at the start, the second comes before the first reading is printed.
    let (mut edits, mut complained) = (0, 0);
    wait_for("four complaints about the settings", SOON, || {
        let text = fs::read_to_string(&complaints).unwrap();
        let lines = text.lines().count();
        if lines >= complained {
            complained = lines + 1;
            edits += 1;
            home.file(home.settings().to_str().unwrap(), format!("{{ \"version\": \"{}\"", "x".repeat(edits)));
        }
        (lines >= 4).then_some(())
    });
    child
}

/// Asks for the end, once.
fn ends_by_one_signal(mut child: Owned) {
    assert!(Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().unwrap().success());
    let ended = wait_for("the end", SOON, || child.0.try_wait().unwrap());
    assert_eq!(ended.code(), Some(0));
}

#[test]
fn a_pipe_that_nobody_reads_stops_nothing() {
    let (console, writer) = full_pipe();
    what_waits_comes(console, writer);
}

#[test]
fn also_one_that_refuses_is_waited_for() {
    let (console, writer) = full_pipe();
    // Whoever shares a terminal or a pipe may have set this.
    ioctl_fionbio(&writer, true).unwrap();
    what_waits_comes(console, writer);
}

fn what_waits_comes(mut console: PipeReader, writer: PipeWriter) {
    let home = Home::new();
    let _child = watch_that_nobody_reads(&home, writer);
    ioctl_fionbio(&console, true).unwrap();
    let mut text = Vec::new();
    // What has waited, and what comes from then on.
    let lines = wait_for("eight lines", SOON, || {
        let _ = console.read_to_end(&mut text);
        let text = String::from_utf8(text.clone()).unwrap();
        let lines: Vec<String> = text.trim_start_matches('.').lines().map(str::to_owned).collect();
        (lines.len() >= 8).then_some(lines)
    });
    assert!(lines.iter().all(|line| line.contains("  CPU ") && line.ends_with(" GB)")), "{lines:?}");
    assert!(lines.is_sorted_by_key(|line| line[..19].to_owned()), "in the order of their times: {lines:?}");
}

#[test]
fn a_pipe_that_nobody_reads_does_not_hold_up_the_end() {
    let (_console, writer) = full_pipe();
    ends_by_one_signal(watch_that_nobody_reads(&Home::new(), writer));
}

#[test]
fn a_terminal_that_is_stuck_stops_nothing() {
    let (_master, terminal) = stuck_terminal();
    ends_by_one_signal(watch_that_nobody_reads(&Home::new(), terminal));
}

#[test]
fn a_terminal_that_is_stuck_does_not_hold_up_the_end() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let home = Home::new();
    let (_master, terminal) = stuck_terminal();
    let mut command = home.loadline(&["watch", "--every", "250ms"]);
    command.stdout(terminal.try_clone().unwrap()).stderr(terminal);
    let child = Owned(command.spawn().unwrap());
    let threads = format!("/proc/{}/task", child.0.id());
    wait_for("something to print", SOON, || {
        let mut names =
            fs::read_dir(&threads).unwrap().map(|task| fs::read_to_string(task.unwrap().path().join("comm")));
        names.find(|name| name.as_ref().is_ok_and(|name| name == "console\n")).map(drop)
    });
    ends_by_one_signal(child);
}
