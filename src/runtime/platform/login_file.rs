//! The file by which the system launches this program at login.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::core::text;
use crate::runtime::atomic_file;

/// Writes the file at `path`, or removes it. `entry` makes its text from the path of this program.
pub fn set_login_file(path: &Path, on: bool, entry: fn(&str) -> String) -> Result<(), String> {
    let result = if on {
        let program = env::current_exe().map_err(|e| text::desktop::no_program_path(&e))?;
        atomic_file::replace(path, &entry(&program.to_string_lossy())).map(drop)
    } else {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    };
    result.map_err(|error| text::desktop::login_item_unchanged(path.display(), error))
}
