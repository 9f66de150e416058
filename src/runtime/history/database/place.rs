//! The owner of the history's files: in a folder that others may write, another user may have put one of them there first.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::core::text;
use crate::runtime::trust::owner::is_foreign;

/// The endings of the files that SQLite puts beside a database. Source: <https://sqlite.org/tempfiles.html>
pub const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// The longest chain of links that is followed. The kernel follows as many.
const MAX_LINKS: usize = 40;

/// The reason why the history at `path` must not be written: it, a link to it, or a file that SQLite keeps beside it belongs to
/// somebody other than this user and root, or such a file is a link or no file. `None` where all is well, or nothing is there
/// yet. A link of one's own to the history is a choice of its place.
pub fn refusal(path: &Path) -> io::Result<Option<String>> {
    let mut file = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Some(found) = metadata(&file)? else { break };
        if is_foreign(&found) {
            return Ok(Some(text::history::foreign_file(file.display())));
        }
        if !found.is_symlink() {
            if !found.is_file() {
                return Ok(Some(text::history::not_a_file(file.display())));
            }
            break;
        }
        file = file.parent().unwrap_or(Path::new("")).join(fs::read_link(&file)?);
    }
    for ending in COMPANIONS {
        let mut name = OsString::from(&file);
        name.push(ending);
        let companion = PathBuf::from(name);
        match metadata(&companion)? {
            Some(found) if is_foreign(&found) => {
                return Ok(Some(text::history::foreign_file(companion.display())));
            }
            Some(found) if !found.is_file() => {
                return Ok(Some(text::history::not_a_file(companion.display())));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// `None` where nothing is there.
fn metadata(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
