//! The journal of systemd as the console.

use std::env;
use std::os::fd::AsFd;

use rustix::fs::fstat;

/// Whether text written to `file` goes to the journal. A program that systemd started may have put something else in its
/// place, and left the variable: it must name this very file.
///
/// Source: systemd.exec(5), "$JOURNAL_STREAM": the device and the inode, in decimal.
pub fn is_journal(file: impl AsFd) -> bool {
    let Ok(named) = env::var("JOURNAL_STREAM") else { return false };
    fstat(file).is_ok_and(|stat| format!("{}:{}", stat.st_dev, stat.st_ino) == named)
}
