//! Trust in the settings file: no action is done from a file that another could write or choose, by whatever way.

mod dispatching;
mod links;
mod other_settings;
mod race;
mod replaced;
mod secrets;
mod state_files;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::{Path, PathBuf};

use loadline::core::settings::Settings;
use loadline::runtime::settings_store::Store;

/// A user who is neither root nor anybody else.
pub const OTHER: u32 = 4_711;

/// The user id of another; `None`, which is said, where this user cannot act as another.
pub fn other_user() -> Option<u32> {
    if rustix::process::geteuid().is_root() {
        return Some(OTHER);
    }
    eprintln!("not tested: only root can act as two users");
    None
}

/// A folder that everybody can enter, and that nobody but this user can write.
pub struct Shelf {
    folder: tempfile::TempDir,
}

impl Shelf {
    pub fn new() -> Shelf {
        let shelf = Shelf { folder: tempfile::tempdir().unwrap() };
        set_mode(shelf.folder.path(), 0o755);
        shelf
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a folder with this mode, whatever the umask.
    pub fn folder(&self, name: &str, mode: u32) -> PathBuf {
        fs::create_dir_all(self.path(name)).unwrap();
        set_mode(&self.path(name), mode);
        self.path(name)
    }

    /// Writes a file with this mode.
    pub fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        set_mode(&self.path(name), mode);
        self.path(name)
    }
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Gives a file or a link itself to another user.
pub fn give(path: &Path, user: u32) {
    lchown(path, Some(user), Some(user)).unwrap();
}

/// Settings with one action, a command that is a line of sh.
pub fn settings_with(script: &str) -> String {
    serde_json::json!({ "actions": [{ "name": "a", "command": ["/bin/sh", "-c", script] }] }).to_string()
}

/// Whether the actions that a store reads now are trusted.
#[track_caller]
pub fn is_trusted(store: &mut Store) -> bool {
    let settings = store.load().unwrap();
    are_trusted(&settings)
}

#[track_caller]
pub fn are_trusted(settings: &Settings) -> bool {
    assert!(!settings.actions.is_empty());
    settings.actions.iter().all(|action| action.is_trusted)
}
