//! Renames a file that cannot be used, so that a new one can take its place.

use std::path::{Path, PathBuf};
use std::{fs, io};

use jiff::Zoned;

use super::database::place::with_ending;

/// Renames the database at `path`, and its companions, within its folder: `history-2026-11-22T14-03-07-damaged.sqlite3`. `word`
/// is the reason. Never overwrites anything. Returns the new name; an error leaves the file where it is.
pub(super) fn quarantine(path: &Path, word: &str, at: &Zoned) -> io::Result<PathBuf> {
    // A symbolic link stays: it is the person's choice of a place.
    let path = fs::canonicalize(path)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    let at = at.strftime("%Y-%m-%dT%H-%M-%S");
    let name = |n: u64| if n == 1 { String::new() } else { format!("-{n}") };
    let names = (1..).map(|n| path.with_file_name(format!("{stem}-{at}-{word}{}{ending}", name(n))));
    let is_free = |aside: &PathBuf| with_companions(aside).all(|one| fs::symlink_metadata(one).is_err());
    let aside = names.into_iter().find(is_free).unwrap_or_else(|| path.clone());
    fs::rename(&path, &aside)?;
    // A log without its file is of no use: SQLite discards one that it finds beside an empty file.
    for (old, new) in with_companions(&path).zip(with_companions(&aside)).skip(1) {
        let _ = fs::rename(old, new);
    }
    Ok(aside)
}

/// The paths of a database and of the files that SQLite puts beside it.
fn with_companions(path: &Path) -> impl Iterator<Item = PathBuf> {
    ["", "-wal", "-shm"].into_iter().map(|ending| with_ending(path, ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_renamed_with_its_companions_and_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.sqlite3");
        let at: Zoned = "2026-11-22T14:03:07[UTC]".parse().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        for text in ["first", "second"] {
            ["", "-wal", "-shm"].iter().for_each(|ending| write(&format!("history.sqlite3{ending}"), text));
            quarantine(&path, "damaged", &at).unwrap();
        }
        // A name is also taken if only one of its companions exists.
        write("history-2026-11-22T14-03-07-damaged-3.sqlite3-wal", "another's");
        write("history.sqlite3", "third");
        let aside = quarantine(&path, "damaged", &at).unwrap();
        assert_eq!(aside.file_name().unwrap(), "history-2026-11-22T14-03-07-damaged-4.sqlite3");
        assert_eq!(read("history-2026-11-22T14-03-07-damaged.sqlite3-shm"), "first");
        assert_eq!(read("history-2026-11-22T14-03-07-damaged-2.sqlite3-wal"), "second");
        assert_eq!(read("history-2026-11-22T14-03-07-damaged-3.sqlite3-wal"), "another's");
        assert_eq!(read("history-2026-11-22T14-03-07-damaged-4.sqlite3"), "third");
        assert!(!path.exists());
        assert!(quarantine(&path, "damaged", &at).is_err(), "nothing is there");
    }

    #[test]
    fn a_link_stays_and_its_target_is_renamed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("real.db"), "text").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("real.db", &link).unwrap();
        let aside = quarantine(&link, "newer", &"2026-11-22T14:03:07[UTC]".parse().unwrap()).unwrap();
        assert_eq!(aside.file_name().unwrap(), "real-2026-11-22T14-03-07-newer.db");
        assert!(link.is_symlink() && !link.exists() && aside.exists());
    }
}
