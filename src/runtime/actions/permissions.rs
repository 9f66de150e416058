//! Whether the commands in a settings file may be run: not where others can write it, for they would act in our name.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::command::quoted;

/// Group and others may write.
const OTHERS_WRITE: u32 = 0o022;
/// In such a folder nobody replaces the file of another.
const STICKY: u32 = 0o1000;

/// Whether nobody but this user and root can change `settings_file`, which may be a symbolic link, nor put another in its
/// place. One that is gone is not trusted either: nobody can tell any more who could write what was read from it.
///
/// # Errors
/// Who can, or that it is gone, and the way out.
pub fn check(settings_file: &Path) -> Result<(), String> {
    match look(settings_file) {
        Ok(result) => result,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let file = quoted_path(settings_file);
            Err(format!("commands are not run: the settings file they came from is gone; put {file} back"))
        }
        Err(error) => {
            let file = settings_file.display();
            Err(format!("commands are not run: could not see who may write '{file}': {error}; check its folder"))
        }
    }
}

/// What is said where [`check`] finds nothing, but did when the settings were read: others may have written what was read
/// then, and what is there now may be our own copy of it.
pub fn were_unsafe(settings_file: &Path) -> String {
    let file = quoted_path(settings_file);
    format!(
        "commands are not run: others could change them when they were read; look them through and do: touch {file}"
    )
}

fn look(settings_file: &Path) -> io::Result<Result<(), String>> {
    let file = fs::canonicalize(settings_file)?;
    let mut found = judge(&file, &fs::metadata(&file)?, false);
    // The folder of a link and that of what it points at: who can write either chooses what is read.
    for folder in [folder_of(settings_file), folder_of(&file)] {
        let folder = fs::canonicalize(folder)?;
        found = found.and(judge(&folder, &fs::metadata(&folder)?, true));
    }
    Ok(found)
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn judge(path: &Path, metadata: &Metadata, is_folder: bool) -> Result<(), String> {
    let (shown, in_shell) = (path.display(), quoted_path(path));
    let owner = metadata.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Err(format!(
            "commands are not run: '{shown}' belongs to another user ({owner}), who may change them; \
             make it your own with: sudo chown \"$USER\" {in_shell}"
        ));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & OTHERS_WRITE != 0 && !(is_folder && mode & STICKY != 0) {
        return Err(format!(
            "commands are not run: '{shown}' may be written by others (mode {mode:04o}), who may change them; \
             do: chmod go-w {in_shell}"
        ));
    }
    Ok(())
}

/// Always in quotes, so that it stands out.
fn quoted_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    let word = quoted(&text);
    if word.starts_with('\'') { word } else { format!("'{word}'") }
}
