//! Programs that are started for the person and left to themselves.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// A command that neither reads from our stdin nor writes to our console.
pub fn detached(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
