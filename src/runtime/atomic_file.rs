//! Writes a file as a whole or not at all. Loadline writes all its files so, but for the history, which is SQLite's.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fchmod, fsync, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::trust::walk::{PathEntry, WalkOptions, refuse_foreign_links, walk};

/// A new file's name is taken now and then. More often somebody takes each of them.
const ATTEMPTS: usize = 16;

/// For everybody to read.
const PUBLIC: Mode = Mode::RUSR.union(Mode::WUSR).union(Mode::RGRP).union(Mode::ROTH);
/// For this user alone.
const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// Replaces the file at `path` and returns its new metadata: a temporary file in the same folder is written, synced and
/// renamed over it. Follows symbolic links of this user and root; keeps the mode of a file of theirs, which is 0600 when new;
/// makes the folder if need be. After an error the old file is as it was.
///
/// # Errors
/// Also when a link of another user is on the way, or the old file cannot be seen for another reason than that there is none.
pub fn replace(path: &Path, text: &str) -> io::Result<Metadata> {
    let place = place(path, false)?;
    let old = place.found.filter(|old| old.file_type == FileType::RegularFile && old.is_own());
    write(&place, old.map_or(PRIVATE, |old| old.mode), text)
}

/// The same for a page that only this user may read: a link at `path` is replaced itself, and the mode is 0600, whatever the
/// old one was.
///
/// # Errors
/// As [`replace`].
pub fn replace_private(path: &Path, text: &str) -> io::Result<Metadata> {
    write(&place(path, true)?, PRIVATE, text)
}

fn place(path: &Path, keeps_last_link: bool) -> io::Result<PathEntry> {
    walk(path, WalkOptions { keeps_last_link, makes_folders: true }, &mut |step| refuse_foreign_links(step))
}

/// Writes by the open folder alone: another one that takes its path meanwhile gets nothing.
fn write(place: &PathEntry, mode: Mode, text: &str) -> io::Result<Metadata> {
    let (name, mut file) = temporary(place)?;
    let written = fill(&mut file, mode, text);
    let written = written.and_then(|()| Ok(renameat(&place.folder, &name, &place.folder, &place.name)?));
    if let Err(error) = written {
        // A file that cannot be removed stays, beside the old one.
        let _ = unlinkat(&place.folder, &name, AtFlags::empty());
        return Err(error);
    }
    // The rename itself is on disk only once the folder is; some file systems cannot do that, and need not.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let _ = openat(&place.folder, ".", flags, Mode::empty()).and_then(fsync);
    file.metadata()
}

fn fill(file: &mut File, mode: Mode, text: &str) -> io::Result<()> {
    if mode != PRIVATE {
        fchmod(&*file, mode)?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A new file beside the one to replace, and its name.
fn temporary(place: &PathEntry) -> io::Result<(OsString, File)> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for _ in 0..ATTEMPTS {
        let random: String = std::iter::repeat_with(fastrand::alphanumeric).take(6).collect();
        let name = format!(".loadline-{random}.tmp");
        match openat(&place.folder, &name, flags, PRIVATE) {
            Ok(file) => return Ok((name.into(), file.into())),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Errno::EXIST.into())
}

/// Writes a file that need not outlive the session: as a whole or not at all, but without waiting for the disk. Its folder must
/// be there.
pub fn write_for_session(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".loadline-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(content)?;
    file.persist(path).map(drop).map_err(|e| e.error)
}

/// Replaces the file at `path` by one that everybody may read (mode 0644), for programs of other users: as a whole or not at all.
/// Follows symbolic links of this user and root. Its folder must be there, since who may use it is not ours to say.
///
/// # Errors
/// As [`replace`].
pub fn publish(path: &Path, text: &str) -> io::Result<()> {
    let options = WalkOptions { keeps_last_link: false, makes_folders: false };
    let place = walk(path, options, &mut |step| refuse_foreign_links(step))?;
    write(&place, PUBLIC, text).map(drop)
}

/// Makes a folder and its parents if need be: for this user alone, whatever the umask allows others.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn threads_that_write_at_the_same_time_into_a_folder_that_is_missing_all_succeed() {
        const WRITERS: usize = 8;
        let folder = tempfile::tempdir().unwrap();
        for round in 0..200 {
            let missing = folder.path().join(format!("{round}/state/loadline"));
            let together = Barrier::new(WRITERS);
            let write = &|index: usize| {
                together.wait();
                replace_private(&missing.join(index.to_string()), "text").map(drop)
            };
            thread::scope(|scope| {
                let writers: Vec<_> = (0..WRITERS).map(|index| scope.spawn(move || write(index))).collect();
                for writer in writers {
                    writer.join().unwrap().unwrap();
                }
            });
        }
    }
}
