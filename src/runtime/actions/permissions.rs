//! The permission of actions: none is done from a settings file that others can write or choose. Its commands would act in
//! our name, and its webhooks would send the values of our environment.

use std::io;
use std::path::{Path, PathBuf};

use crate::core::settings::action::Action;
use crate::core::text::actions::permissions as text;
use crate::runtime::platform;
use crate::runtime::trust::opening::{FileRole, OpenedFile, quoted_path};
use crate::runtime::trust::settings_trust::SettingsTrust;

/// Checks that nobody but this user and root can change `settings_file`, nor put another in its place, without knowledge of
/// earlier times. A file that is gone is not safe either: nobody can tell any more who could write the actions read from it.
///
/// # Errors
/// One sentence with the way out.
pub fn check(settings_file: &Path) -> Result<(), String> {
    check_with(&SettingsTrust::new(None), settings_file, FileRole::Person)
}

fn check_with(trust: &SettingsTrust, settings_file: &Path, role: FileRole) -> Result<(), String> {
    match trust.open(settings_file, role) {
        Ok(OpenedFile { distrust: Some(distrust), .. }) if role == FileRole::Person => {
            Err(text::not_done(distrust.reason))
        }
        Ok(OpenedFile { distrust: Some(distrust), .. }) => Err(text::of_machine(distrust.reason)),
        Ok(OpenedFile { distrust: None, .. }) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(text::file_gone(quoted_path(settings_file))),
        Err(error) => Err(text::unreadable(settings_file.display(), error)),
    }
}

/// Gives or refuses the permission, of any thread.
pub struct Permissions {
    settings_file: Option<PathBuf>,
    trust: SettingsTrust,
}

impl Permissions {
    /// Permissions of the actions in `settings_file`; all are given where there is none. The note of untrusted files is in
    /// `folder`.
    pub fn new(settings_file: Option<PathBuf>, folder: Option<&Path>) -> Permissions {
        Permissions { settings_file, trust: SettingsTrust::new(folder) }
    }

    /// Whether `action` may be done: nobody else could write it when it was read, nor can now. One of the machine's file needs
    /// that file.
    ///
    /// # Errors
    /// One sentence with the way out.
    pub fn check(&self, action: &Action) -> Result<(), String> {
        if action.is_machine_wide {
            // Its settings are taken only from a file that is trusted.
            return check_with(&self.trust, platform::machine_settings_file(), FileRole::MACHINE);
        }
        let Some(file) = self.settings_file.as_deref() else { return Ok(()) };
        check_with(&self.trust, file, FileRole::Person)?;
        // The file as it is now does not make up for that: it may be our own copy of what was read.
        if action.is_trusted { Ok(()) } else { Err(text::were_unsafe(quoted_path(file))) }
    }
}
