//! Opening a file or a program for the person.

use std::process::Command as Program;
use std::sync::Arc;

use super::inbox::{Inbox, Input};
use super::platform;
use crate::core::actions::secrets;
use crate::core::messages::effect::{Operation, SettingsPane};
use crate::core::settings::Settings;
use crate::core::text;

pub use crate::core::text::actions::no_thread;

/// Starts a program that opens `target`, and waits for it on a thread of its own: it may run for as long as its window is
/// open. It does not inherit the variables of `settings`. The outcome comes as that of [`Operation::Open`].
pub fn open(mut program: Program, target: String, settings: &Settings, inbox: &Arc<Inbox>) {
    hide_variables(&mut program, settings);
    let sender = Arc::clone(inbox);
    let wait = move || {
        sender.send(Input::outcome(Operation::Open, run(program, &target)));
    };
    if let Err(error) = platform::start_thread("opener", wait) {
        inbox.send(Input::outcome(Operation::Open, Err(no_thread(&error))));
    }
}

/// Opens a pane of the system's own settings, where the system has such: the outcome is that of [`Operation::Open`].
pub fn open_system_settings(pane: SettingsPane, settings: &Settings, inbox: &Arc<Inbox>) {
    if let Some(program) = platform::system_settings(pane) {
        open(program, text::desktop::SYSTEM_SETTINGS.into(), settings, inbox);
    }
}

/// Keeps the variables with the secrets of `settings` from a program that is about to be started.
pub fn hide_variables(program: &mut Program, settings: &Settings) {
    for name in secrets::variables(settings) {
        program.env_remove(name);
    }
}

/// Starts a program that opens `target`, and waits for it.
pub fn run(mut program: Program, target: &str) -> Result<(), String> {
    let name = program.get_program().to_string_lossy().into_owned();
    match program.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(text::desktop::open_failed(target, &name, status)),
        Err(error) => Err(text::desktop::opener_not_started(target, &name, &error)),
    }
}
