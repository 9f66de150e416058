//! A console that nobody reads holds nothing up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::ioctl_fionbio;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::process::Owned;
use crate::program::Home;
use crate::wait::{SOON, wait_for};

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
