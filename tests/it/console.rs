//! The console: one without a reader holds nothing up, and only a terminal shows colours.

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
fn a_second_signal_ends_even_a_trace_that_waits_for_its_reader() {
    let home = Home::new();
    let rows: String = (0..50_000).map(|i| format!("{i},10\n")).collect();
    let file = home.file("long.csv", format!("time,cpu\n{rows}"));
    let mut command = home.loadline(&["watch", "--readings", file.to_str().unwrap(), "--speed", "max"]);
    // Piped, and never read: the pipe is full long before the trace is over.
    let mut child = Owned(command.spawn().unwrap());
    let pid = child.0.id().to_string();
    // At this speed a main thread that sleeps in twenty checks in a row sleeps for good.
    let mut asleep = 0;
    wait_for("a full pipe", SOON, || {
        asleep = if is_asleep(&pid) { asleep + 1 } else { 0 };
        (asleep >= 20).then_some(())
    });
    let ended = wait_for("the end after further signals", SOON, || {
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        child.0.try_wait().unwrap()
    });
    assert_eq!(ended.code(), Some(1), "by force");
}

/// Whether the main thread of a process sleeps; where there is no `/proc`, whether all its threads do.
fn is_asleep(pid: &str) -> bool {
    if cfg!(target_os = "linux") {
        return fs::read_to_string(format!("/proc/{pid}/task/{pid}/stat")).unwrap().contains(") S ");
    }
    // ps(1) of macOS: S sleeps for less than 20 seconds, I for longer.
    let shown = Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
    String::from_utf8(shown.stdout).unwrap().starts_with(['S', 'I'])
}

/// Writes until nothing has been taken for a tenth of a second: a terminal has more than one buffer.
fn fill(mut writer: impl Write + AsFd) {
    let tenth = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    ioctl_fionbio(&writer, true).unwrap();
    while poll(&mut [PollFd::new(&writer, PollFlags::OUT)], Some(&tenth)).unwrap() > 0 {
        while writer.write(&[b'.'; 64]).is_ok() {}
        while writer.write(b".").is_ok() {}
    }
    ioctl_fionbio(&writer, false).unwrap();
}

/// A pipe without room.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    fill(&writer);
    (reader, writer)
}

/// A terminal: the master and the slave.
fn terminal() -> (OwnedFd, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let terminal =
        OpenOptions::new().read(true).write(true).custom_flags(OFlags::NOCTTY.bits().cast_signed()).open(name).unwrap();
    (master, terminal)
}

/// A terminal without a reader and without room.
#[cfg(target_os = "linux")]
fn stuck_terminal() -> (OwnedFd, File) {
    let (master, terminal) = terminal();
    fill(&terminal);
    (master, terminal)
}

/// Starts `watch` on a console that takes nothing, and waits until it has taken readings all the same: it sees changed
/// settings only with a reading.
fn watch_without_reader(home: &Home, console: impl Into<Stdio>) -> Owned {
    let warnings = home.path().join("warnings");
    let mut command = home.loadline(&["watch", "--every", "250ms", "--cpu", "off", "--memory", "off"]);
    command.stdout(console).stderr(File::create(&warnings).unwrap());
    let child = Owned(command.spawn().unwrap());
    // The first may be about the file at the start, the second comes before the first reading is printed.
    let (mut edits, mut expected) = (0, 0);
    wait_for("four warnings about the settings", SOON, || {
        let text = fs::read_to_string(&warnings).unwrap();
        let lines = text.lines().count();
        if lines >= expected {
            expected = lines + 1;
            edits += 1;
            home.file(home.settings().to_str().unwrap(), format!("{{ \"version\": \"{}\"", "x".repeat(edits)));
        }
        (lines >= 4).then_some(())
    });
    child
}

/// Sends one signal, and no second one.
fn assert_one_signal_ends(mut child: Owned) {
    assert!(Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().unwrap().success());
    let ended = wait_for("the end", SOON, || child.0.try_wait().unwrap());
    assert_eq!(ended.code(), Some(0));
}

#[test]
fn a_full_pipe_stops_no_reading_and_gets_the_waiting_lines() {
    let (console, writer) = full_pipe();
    assert_waiting_lines_come(console, writer);
}

#[test]
fn a_full_pipe_that_refuses_instead_of_waiting_gets_them_too() {
    let (console, writer) = full_pipe();
    // Another program that shares the pipe may have set this.
    ioctl_fionbio(&writer, true).unwrap();
    assert_waiting_lines_come(console, writer);
}

fn assert_waiting_lines_come(mut console: PipeReader, writer: PipeWriter) {
    let home = Home::new();
    let _child = watch_without_reader(&home, writer);
    ioctl_fionbio(&console, true).unwrap();
    let mut text = Vec::new();
    // The lines that waited, and further ones.
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
fn a_full_pipe_does_not_hold_up_the_end() {
    let (_console, writer) = full_pipe();
    assert_one_signal_ends(watch_without_reader(&Home::new(), writer));
}

// How much a terminal without a reader takes, and whether it can be asked, is another matter on macOS.
#[cfg(target_os = "linux")]
#[test]
fn a_stuck_terminal_stops_no_reading() {
    let (_master, terminal) = stuck_terminal();
    assert_one_signal_ends(watch_without_reader(&Home::new(), terminal));
}

#[cfg(target_os = "linux")]
#[test]
fn a_stuck_terminal_does_not_hold_up_the_end_where_warnings_go_there_too() {
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
    assert_one_signal_ends(child);
}

/// The lines of an alert and its end, on a terminal or in a pipe, under these environment variables.
fn alert_lines(on_terminal: bool, environment: &[(&str, &str)]) -> String {
    let home = Home::new();
    let file = home.file("trace.csv", "time,cpu\n0,10\n1,95\n2,95\n3,10\n4,10\n");
    let mut command = home.loadline(&["watch", "--quiet", "--speed", "max", "--after", "0s", "--readings"]);
    command.arg(file).envs(environment.iter().copied());
    let mut text = Vec::new();
    if on_terminal {
        let (master, terminal) = terminal();
        assert!(command.stdout(terminal).spawn().unwrap().wait().unwrap().success());
        // The terminal's own end stays open in `command`, so that its lines do not go before they are read.
        ioctl_fionbio(&master, true).unwrap();
        // Ends in an error: nothing more comes.
        let _ = File::from(master).read_to_end(&mut text);
    } else {
        text = command.output().unwrap().stdout;
    }
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("ALERT") && text.contains("OK"), "{text:?}");
    text
}

#[test]
fn a_terminal_shows_alert_in_red_and_ok_in_green() {
    let text = alert_lines(true, &[("TERM", "xterm")]);
    for label in ["  \x1b[1;31mALERT\x1b[0m  CPU 95%", "  \x1b[32mOK\x1b[0m     CPU 10%"] {
        assert_eq!(text.matches(label).count(), 1, "{text:?}");
    }
    assert_eq!(text.matches('\x1b').count(), 4, "nothing else is coloured: {text:?}");
}

#[test]
fn colours_follow_the_environment_and_stay_out_of_pipes() {
    let xterm = ("TERM", "xterm");
    for (on_terminal, environment, is_coloured) in [
        (true, &[xterm, ("NO_COLOR", "1")][..], false),
        (true, &[xterm, ("CLICOLOR", "0")], false),
        (true, &[("TERM", "dumb")], false),
        (false, &[xterm], false),
        (false, &[xterm, ("CLICOLOR_FORCE", "1")], true),
    ] {
        assert_eq!(
            alert_lines(on_terminal, environment).contains('\x1b'),
            is_coloured,
            "{on_terminal} {environment:?}"
        );
    }
}

#[test]
fn json_is_never_coloured() {
    let home = Home::new();
    let file = home.file("trace.csv", "time,cpu\n0,10\n1,95\n2,95\n");
    let mut command = home.loadline(&["watch", "--json", "--speed", "max", "--after", "0s", "--readings"]);
    let output = command.arg(file).env("CLICOLOR_FORCE", "1").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\"alert\"") && !text.contains('\x1b'), "{text:?}");
}
