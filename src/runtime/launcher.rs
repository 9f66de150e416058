//! Opening a file or a program for the person.

use std::io;
use std::process::Command as Program;
use std::sync::Arc;
use std::thread::Builder;

use super::inbox::{Inbox, Input};
use crate::core::messages::effect::Operation;

/// Starts a program, and waits for it on a thread of its own: it may stay for as long as its window does. How it went comes
/// as [`AssignedJob::Open`].
pub fn open(program: Program, what: String, inbox: &Arc<Inbox>) {
    let sender = Arc::clone(inbox);
    let wait = move || {
        sender.send(Input::outcome(Operation::Open, run(program, &what)));
    };
    if let Err(error) = Builder::new().name("opener".into()).spawn(wait) {
        inbox.send(Input::outcome(Operation::Open, Err(no_thread(&error))));
    }
}

/// Starts a program that opens `what`, and waits for it.
///
/// # Errors
/// What went wrong, as a person is told.
pub fn run(mut program: Program, what: &str) -> Result<(), String> {
    let name = program.get_program().to_string_lossy().into_owned();
    match program.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("could not open {what}: {name} failed ({status})")),
        Err(error) => Err(format!("could not open {what}: {name} could not be started ({error})")),
    }
}

/// That there is no thread to do something on.
pub fn no_thread(error: &io::Error) -> String {
    format!("could not start a thread: {error}")
}
