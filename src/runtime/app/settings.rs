//! The settings as the app follows their files.

use std::time::Duration;

use super::App;
use crate::core::messages::effect::{Event, Problem};
use crate::core::settings::Settings;
use crate::runtime::settings_store::Change;

/// The machine's settings change seldom: a look at each reading would be a system call for nothing.
const MACHINE_FILE_INTERVAL: Duration = Duration::from_secs(30);

impl App {
    /// Reports what is wrong with the settings that were loaded at the start: all of them, so that the defaults apply, or
    /// parts.
    pub fn note_loaded_settings(&mut self, loaded: Result<Settings, Problem>) {
        self.handle(Event::SettingsRead(loaded.map(Box::new)));
    }

    /// Has the actions follow `settings`, and hides the variables of all its secrets from their commands.
    pub(super) fn pass_settings_to_actions(&self, settings: &Settings) {
        if let Some(actions) = &self.actions {
            actions.hide_variables(settings);
            actions.take_settings(&settings.actions);
        }
    }

    /// Takes up edits of the files. That of the machine is looked at every half minute, or with `looks_at_all` now.
    pub(super) fn reload_settings(&mut self, looks_at_all: bool) {
        let Some(store) = &mut self.store else { return };
        if looks_at_all || self.now.elapsed >= self.machine_file_due {
            store.look_at_machine_file();
            self.machine_file_due = self.now.elapsed + MACHINE_FILE_INTERVAL;
        }
        match store.poll_changes() {
            None => {}
            Some(Change::Settings(settings)) => {
                let unreadable = store.problem();
                // Before the requests that come of them.
                self.pass_settings_to_actions(&settings);
                self.handle(Event::SettingsRead(Ok(settings)));
                self.apply_endpoint();
                self.apply_push();
                // Of the person's file, when that of the machine has changed.
                if let Some(problem) = unreadable {
                    self.handle(Event::SettingsRead(Err(problem)));
                }
            }
            Some(Change::Unreadable(problem)) => self.handle(Event::SettingsRead(Err(problem))),
            Some(Change::Gone) => self.handle(Event::SettingsGone),
        }
    }
}
