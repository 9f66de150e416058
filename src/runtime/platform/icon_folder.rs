//! The folder of the icon's pictures: in the session's own folder, else where there is room for temporary files.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tempfile::{Builder, TempDir};

const PREFIX: &str = "loadline-";
/// The random part of the name, as tempfile makes it.
const RANDOM_CHARS: usize = 6;

/// Makes the folder in `session_folder`, after removing those that earlier runs left there when they were killed. Only for
/// the one Loadline that has the tray item: every other folder there is left over.
pub fn make(session_folder: Option<&Path>) -> io::Result<TempDir> {
    let Some(session_folder) = session_folder else { return elsewhere() };
    sweep(session_folder);
    named().tempdir_in(session_folder).or_else(|_| elsewhere())
}

/// A folder where all programs keep their temporary files, for a session folder that is full or missing.
pub fn elsewhere() -> io::Result<TempDir> {
    named().tempdir()
}

fn named() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).rand_bytes(RANDOM_CHARS);
    builder
}

/// A folder that cannot be removed stays, and disturbs nobody.
fn sweep(folder: &Path) {
    let user = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // Without following a link.
        let is_own_folder = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
        if is_own_folder && entry.file_name().to_str().is_some_and(is_name) {
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
        let made = make(Some(session.path())).unwrap();
        let mut names: Vec<_> = fs::read_dir(session.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.retain(|name| name != made.path().file_name().unwrap());
        names.sort();
        let left =
            ["loadline-", "loadline-Ab3dE67", "loadline-aaaaaa", "loadline-backup", "loadline-bbbbbb", "other-Ab3dE6"];
        assert_eq!(names, left);
    }

    #[test]
    fn a_session_folder_that_cannot_be_used_is_replaced() {
        assert!(make(Some(Path::new("/proc/no/such/folder"))).unwrap().path().is_dir());
        assert!(make(None).unwrap().path().is_dir());
    }
}
