//! Writes a file as a whole or not at all. Loadline writes all its files so, but for the history, which is SQLite's.

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Replaces the file at `path` and returns its new metadata: a temporary file in the same folder is written, synced and
/// renamed over it. Follows a symbolic link; keeps the mode, which is 0600 when new; makes the folder if need be. After an
/// error the old file is as it was.
pub fn replace(path: &Path, text: &str) -> io::Result<Metadata> {
    let target = resolve(path);
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(folder)?;
    let mut file = tempfile::Builder::new().prefix(".loadline-").suffix(".tmp").tempfile_in(folder)?;
    if let Ok(old) = fs::metadata(&target) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    let file = file.persist(&target).map_err(|e| e.error)?;
    // The rename itself is on disk only once the folder is; some file systems cannot do that, and need not.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    file.metadata()
}

/// Writes a file that need not outlive the session: as a whole or not at all, but without waiting for the disk. Its folder must
/// be there.
pub fn write_for_session(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".loadline-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(content)?;
    file.persist(path).map(drop).map_err(|e| e.error)
}

/// Replaces the file at `path` by one that everybody may read (mode 0644), for programs of other users: as a whole or not at all,
/// but without waiting for the disk. Follows a symbolic link. Its folder must be there, since who may use it is not ours to say.
pub fn publish(path: &Path, text: &str) -> io::Result<()> {
    let target = resolve(path);
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".loadline-").suffix(".tmp").tempfile_in(folder)?;
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.write_all(text.as_bytes())?;
    file.persist(&target).map(drop).map_err(|e| e.error)
}

/// Makes a folder and its parents if need be: for this user alone, whatever the umask allows others.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The longest chain of links that is followed where it ends at nothing. The kernel follows as many.
const MAX_LINKS: usize = 40;

/// The target of a replacement: symbolic links are followed, also to a file that is not there yet.
fn resolve(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => break,
        }
    }
    target
}
