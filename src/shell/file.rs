//! Writing a file as a whole or not at all. The only way in which Loadline writes files.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Replaces the file at `path`, and answers what it is then: a temporary file in the same folder is written, synced and
/// renamed over it. Follows a symbolic link; keeps the mode, which is 0600 when new; makes the folder if need be.
///
/// # Errors
/// What the system says. The old file is then as it was.
pub fn replace(path: &Path, text: &str) -> io::Result<Metadata> {
    let target = resolve(path);
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
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

/// Where a replacement goes: through a symbolic link to what it points at, also if that is not there yet.
fn resolve(path: &Path) -> PathBuf {
    if let Ok(target) = fs::canonicalize(path) {
        return target;
    }
    match fs::read_link(path) {
        Ok(target) => path.parent().unwrap_or(Path::new("")).join(target),
        Err(_) => path.to_owned(),
    }
}
