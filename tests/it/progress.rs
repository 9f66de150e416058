//! The progress of long work: on a terminal's stderr, and nowhere else.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::fs::OFlags;
use rustix::io::ioctl_fionbio;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::process::Owned;
use crate::program::Home;
use crate::wait::{SOON, wait_for};

/// The master and the slave of a new terminal.
fn terminal() -> (OwnedFd, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let flags = OFlags::NOCTTY.bits().cast_signed();
    (master, OpenOptions::new().read(true).write(true).custom_flags(flags).open(name).unwrap())
}

/// A trace that grows for as long as a test wants: `replay` reads it from a pipe.
struct Growing(File);

impl Growing {
    /// Starts `replay` with this stderr, and opens the other end of its trace.
    fn replay(home: &Home, pipe: &Path, stderr: Stdio) -> (Owned, Growing) {
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        let mut command = home.loadline(&["replay", pipe.to_str().unwrap()]);
        let child = Owned(command.stdout(Stdio::null()).stderr(stderr).spawn().unwrap());
        let mut trace = Growing(OpenOptions::new().write(true).open(pipe).unwrap());
        trace.0.write_all(b"time,cpu\n").unwrap();
        (child, trace)
    }

    /// As many rows as two pipes hold: when they are taken, most of them were replayed.
    fn grow(&mut self) {
        self.0.write_all("1,10\n".repeat(30_000).as_bytes()).unwrap();
    }
}

#[test]
fn a_long_replay_shows_its_progress_on_a_terminal_and_nothing_in_a_pipe() {
    let home = Home::new();
    let (reader, writer) = io::pipe().unwrap();
    let (mut piped, mut piped_trace) = Growing::replay(&home, &home.path().join("one.csv"), writer.into());
    let (master, slave) = terminal();
    let (mut shown, mut shown_trace) = Growing::replay(&home, &home.path().join("two.csv"), slave.into());
    let mut screen = File::from(master);
    ioctl_fionbio(&screen, true).unwrap();
    let mut text = Vec::new();
    // The piped one began first: when the other shows its progress, it would have shown its own.
    wait_for("the progress", SOON, || {
        piped_trace.grow();
        shown_trace.grow();
        let _ = screen.read_to_end(&mut text);
        String::from_utf8_lossy(&text).contains(" records so far\r").then_some(())
    });
    piped_trace.grow();
    drop((piped_trace, shown_trace));
    for child in [&mut piped, &mut shown] {
        let ended = wait_for("the end", SOON, || {
            // On macOS a process ends only when its terminal's last output is read.
            let _ = screen.read_to_end(&mut text);
            child.0.try_wait().unwrap()
        });
        assert!(ended.success());
    }
    let mut complaints = String::new();
    { reader }.read_to_string(&mut complaints).unwrap();
    assert_eq!(complaints, "");
    let _ = screen.read_to_end(&mut text);
    let text = String::from_utf8(text).unwrap();
    let (_, last) = text.trim_end_matches('\r').rsplit_once('\r').unwrap();
    assert!(text.starts_with("loadline: ") && last.len() > 20 && last.trim().is_empty(), "it is erased: {text:?}");
}
