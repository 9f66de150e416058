//! The folder of the icon's pictures: in the session's own folder, else where there is room for temporary files.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::{env, fs, io};

use tempfile::{Builder, TempDir};

use crate::runtime::instance_lock::{InstanceLock, acquire_folder};

const PREFIX: &str = "loadline-";
/// The random part of the name, as tempfile makes it.
const RANDOM_CHARS: usize = 6;

/// A folder of this process, until it is dropped.
pub struct IconFolder {
    folder: TempDir,
    /// Locked as long as the folder is in use: the kernel ends the lock with the process, however that ends.
    _lock: Option<InstanceLock>,
}

impl IconFolder {
    /// Its path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Another Loadline that starts may sweep a folder that is new and not locked yet: then there is another.
    fn make_in(place: &Path) -> io::Result<IconFolder> {
        let made = IconFolder::make_once_in(place)?;
        if made.path().is_dir() { Ok(made) } else { IconFolder::make_once_in(place) }
    }

    fn make_once_in(place: &Path) -> io::Result<IconFolder> {
        let folder = Builder::new().prefix(PREFIX).rand_bytes(RANDOM_CHARS).tempdir_in(place)?;
        // Without locks there, no other start sweeps it either.
        let lock = acquire_folder(folder.path());
        Ok(IconFolder { folder, _lock: lock })
    }
}

/// Makes the folder in `session_folder`, else where all programs keep their temporary files, after removing those that earlier
/// runs left in both when they were killed.
pub fn make(session_folder: Option<&Path>) -> io::Result<IconFolder> {
    make_in_either(session_folder, &env::temp_dir())
}

/// A folder where all programs keep their temporary files, for a session folder that is full or missing.
pub fn elsewhere() -> io::Result<IconFolder> {
    IconFolder::make_in(&env::temp_dir())
}

fn make_in_either(session_folder: Option<&Path>, other: &Path) -> io::Result<IconFolder> {
    session_folder.iter().for_each(|folder| sweep(folder));
    sweep(other);
    let made = session_folder.map(IconFolder::make_in).and_then(Result::ok);
    made.map_or_else(|| IconFolder::make_in(other), Ok)
}

/// A folder that cannot be removed stays, and disturbs nobody.
fn sweep(place: &Path) {
    let user = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        // Without following a link.
        let is_own_folder = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
        if is_own_folder && entry.file_name().to_str().is_some_and(is_name) && acquire_folder(&entry.path()).is_some() {
            remove(&entry.path());
        }
    }
}

/// Removes a folder of pictures and of folders with pictures. One that holds anything else stays: it is not ours.
fn remove(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let is_size = name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        if is_size && entry.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            remove(&path);
        } else if path.extension().is_some_and(|extension| extension == "png" || extension == "tmp") {
            let _ = fs::remove_file(path);
        }
    }
    let _ = fs::remove_dir(folder);
}

fn is_name(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX);
    random.is_some_and(|random| random.len() == RANDOM_CHARS && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_killed_runs_are_swept_and_nothing_else_is() {
        let session = tempfile::tempdir().unwrap();
        for name in
            ["loadline-Ab3dE6", "loadline-Zb3dE6", "loadline-backup", "loadline-", "loadline-Ab3dE67", "other-Ab3dE6"]
        {
            fs::create_dir_all(session.path().join(name).join("22")).unwrap();
        }
        for file in
            ["loadline-Zb3dE6/22/a.png", "loadline-Zb3dE6/icon.png", "loadline-backup/22/mine", "loadline-aaaaaa"]
        {
            fs::write(session.path().join(file), "a file").unwrap();
        }
        std::os::unix::fs::symlink("other-Ab3dE6", session.path().join("loadline-bbbbbb")).unwrap();
        let made = make_in_either(Some(session.path()), session.path()).unwrap();
        let mut names: Vec<_> = fs::read_dir(session.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.retain(|name| name != made.path().file_name().unwrap());
        names.sort();
        let left =
            ["loadline-", "loadline-Ab3dE67", "loadline-aaaaaa", "loadline-backup", "loadline-bbbbbb", "other-Ab3dE6"];
        assert_eq!(names, left);
    }

    #[test]
    fn a_folder_in_use_is_swept_once_it_is_in_use_no_more() {
        let other = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(other.path()).unwrap().count();
        let first = make_in_either(None, other.path()).unwrap();
        fs::write(first.path().join("icon.png"), "a picture").unwrap();
        let second = make_in_either(None, other.path()).unwrap();
        assert!(first.path().join("icon.png").exists() && second.path().is_dir());
        drop(second);
        // As after a kill: the lock ends, and the folder stays.
        let IconFolder { folder, _lock: lock } = first;
        let left = folder.keep();
        drop(lock);
        assert!(left.is_dir() && names() == 1);
        let third = make_in_either(None, other.path()).unwrap();
        assert!(!left.exists() && third.path().is_dir() && names() == 1);
    }

    #[test]
    fn a_session_folder_that_cannot_be_used_is_replaced() {
        let other = tempfile::tempdir().unwrap();
        for session in [Some(Path::new("/proc/no/such/folder")), None] {
            assert!(make_in_either(session, other.path()).unwrap().path().starts_with(other.path()));
        }
    }
}
