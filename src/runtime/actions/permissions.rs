//! Permissions of the settings file: commands do not run from a place that others can write, for they would act in our name.

use std::fs::{self, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::command::quoted;
use crate::core::actions::private_group;
use crate::core::settings::action::{Action, ActionKind};
use crate::core::text::actions::permissions as text;
use crate::runtime::platform::list_lets_others_write;

const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
/// In such a folder nobody replaces the file of another.
const STICKY: u32 = 0o1000;

/// Checks that nobody but this user and root can change `settings_file`, which may be a symbolic link, nor put another in
/// its place. A file that is gone is not safe either: nobody can tell any more who could write the commands read from it.
pub fn check(settings_file: &Path) -> Result<(), String> {
    match check_places(settings_file) {
        Ok(result) => result,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(text::file_gone(quoted_path(settings_file))),
        Err(error) => Err(text::unreadable(settings_file.display(), error)),
    }
}

/// Checks as [`check`] does if `action` is a command; a webhook needs no permission.
pub fn check_action(action: &Action, settings_file: &Path) -> Result<(), String> {
    let is_command = matches!(action.kind, ActionKind::Command { .. });
    if is_command { check(settings_file) } else { Ok(()) }
}

/// The refusal where [`check`] finds nothing now, but did when the settings were read: others may have written the commands
/// that were read then, and the file may be our own copy of them by now.
pub fn were_unsafe(settings_file: &Path) -> String {
    text::were_unsafe(quoted_path(settings_file))
}

fn check_places(settings_file: &Path) -> io::Result<Result<(), String>> {
    let file = fs::canonicalize(settings_file)?;
    let mut result = check_place(&file, &fs::metadata(&file)?, false);
    // The folders of a link and of its target: a writer of either chooses the file that is read.
    for folder in [folder_of(settings_file), folder_of(&file)] {
        let folder = fs::canonicalize(folder)?;
        result = result.and(check_place(&folder, &fs::metadata(&folder)?, true));
    }
    Ok(result)
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn check_place(path: &Path, metadata: &Metadata, is_folder: bool) -> Result<(), String> {
    match risk(path, metadata, is_folder) {
        Some(Risk::Foreign(owner)) => Err(text::foreign(path.display(), owner, quoted_path(path))),
        Some(Risk::Writable(mode)) => {
            Err(text::writable(path.display(), format_args!("{mode:04o}"), quoted_path(path)))
        }
        None => Ok(()),
    }
}

/// The reason that somebody else may change a file, or what is in a folder.
pub(super) enum Risk {
    /// It belongs to this user.
    Foreign(u32),
    /// Its mode lets others write.
    Writable(u32),
}

/// The risk of a file or folder, if there is one.
pub(super) fn risk(path: &Path, metadata: &Metadata, is_folder: bool) -> Option<Risk> {
    let owner = metadata.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Some(Risk::Foreign(owner));
    }
    let mode = metadata.mode() & 0o7777;
    let is_writable = mode & OTHERS_WRITE != 0
        || (mode & GROUP_WRITES != 0 && !is_by_private_group(path, metadata.gid()))
        || (cfg!(target_os = "macos") && has_open_list(path));
    (is_writable && !(is_folder && mode & STICKY != 0)).then_some(Risk::Writable(mode))
}

/// Whether an access list of macOS lets others write. Not certain is as good as yes.
fn has_open_list(path: &Path) -> bool {
    fs::File::open(path).map_or(true, |file| list_lets_others_write(file.as_fd()))
}

/// Whether the group's bits of the mode let nobody but this user write. On macOS everyone is in one group. With an access
/// list the bits are its mask, which says nothing of who is in the list. Source: acl(5).
fn is_by_private_group(path: &Path, gid: u32) -> bool {
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    cfg!(target_os = "linux")
        && !has_access_list(path)
        && private_group::is_private(
            gid,
            rustix::process::geteuid().as_raw(),
            &read("/etc/passwd"),
            &read("/etc/group"),
        )
}

/// Not certain is as good as yes. Source: getxattr(2), acl(5).
#[cfg(target_os = "linux")]
fn has_access_list(path: &Path) -> bool {
    use rustix::io::Errno;
    // With room for nothing the call returns the length of the list.
    let length = rustix::fs::getxattr(path, "system.posix_acl_access", &mut [0; 0]);
    !matches!(length, Err(Errno::NODATA | Errno::NOTSUP))
}

#[cfg(not(target_os = "linux"))]
fn has_access_list(_path: &Path) -> bool {
    true
}

/// The path in quotes even where a shell needs none, so that it stands out.
pub(super) fn quoted_path(path: &Path) -> String {
    let word = quoted(&path.to_string_lossy());
    if word.starts_with('\'') { word } else { format!("'{word}'") }
}
