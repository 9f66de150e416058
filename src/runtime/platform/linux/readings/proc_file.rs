//! A file of `/proc` that stays open, and the check whether it is still the one at its path.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};

use rustix::fs::fstatfs;
use rustix::io::Errno;

use crate::core::text;

/// The counters of the CPU.
pub const STAT: &str = "/proc/stat";
/// Memory and swap.
pub const MEMINFO: &str = "/proc/meminfo";
/// The memory pressure.
pub const PRESSURE: &str = "/proc/pressure/memory";
/// The cache of ZFS, where that is loaded.
pub const ARCSTATS: &str = "/proc/spl/kstat/zfs/arcstats";

/// No file of `/proc` that is read here comes near it.
const MAX_BUFFER_BYTES: usize = 1 << 20;

/// The file system of lxcfs. Source: the kernel's `include/uapi/linux/magic.h`.
const FUSE_SUPER_MAGIC: rustix::fs::FsWord = 0x6573_5546;

/// A file of `/proc`, which stays open between reads.
pub struct ProcFile {
    pub path: &'static str,
    file: Option<File>,
    /// Of the file that was opened last.
    identity: Option<Identity>,
    /// Whether there was no file when it was to be opened last.
    is_missing: bool,
    was_read: bool,
}

/// A figure that not every system has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure<T> {
    Known(T),
    /// The system does not have it.
    Absent,
    /// The system has it, and it cannot be read.
    Unread,
}

impl<T> Figure<T> {
    /// The figure; `None` where it is absent or could not be read.
    pub fn known(self) -> Option<T> {
        if let Figure::Known(figure) = self { Some(figure) } else { None }
    }
}

/// Whether the error says that there is no such file: not that it is there and fails.
pub fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Whether the error says that the kernel does not support the file, as that of the pressure where it is switched off.
///
/// Source: the kernel's `kernel/sched/psi.c`, `psi_show`, and `mm/memcontrol.c` of old kernels, `memory.memsw.*`.
pub fn is_unsupported(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::OPNOTSUPP.raw_os_error())
}

/// The identity of a file: a change of its mode or its owner makes it another one, because it has other readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device_and_inode: (u64, u64),
    /// The mode, the user and the group.
    permissions: (u32, u32, u32),
}

impl Identity {
    fn of(metadata: &Metadata) -> Identity {
        Identity {
            device_and_inode: (metadata.dev(), metadata.ino()),
            permissions: (metadata.mode(), metadata.uid(), metadata.gid()),
        }
    }
}

impl ProcFile {
    /// The file at `path`, not open.
    pub fn new(path: &'static str) -> ProcFile {
        ProcFile { path, file: None, identity: None, is_missing: false, was_read: false }
    }

    /// Opens the file, unless it is open. Returns whether it is another than the one that was open before, or the first.
    pub fn open(&mut self) -> bool {
        if self.file.is_some() {
            return false;
        }
        let opened = File::open(self.path);
        self.is_missing = opened.as_ref().is_err_and(is_missing);
        self.file = opened.ok();
        let opened = self.file.as_ref().and_then(|file| file.metadata().ok());
        let Some(identity) = opened.as_ref().map(Identity::of) else { return false };
        let before = self.identity.replace(identity);
        before.is_none_or(|before| before.device_and_inode != identity.device_and_inode)
    }

    /// Closes the file: the next read needs [`ProcFile::open`].
    pub fn close(&mut self) {
        self.file = None;
    }

    /// Closes the file where another is at its path, or none, or where its permissions have changed: an open file outlives the
    /// permission to read it, and whatever is mounted over it, as tools of containers do.
    pub fn close_if_replaced(&mut self) {
        if self.file.is_some() {
            let there = std::fs::metadata(self.path).ok();
            if there.as_ref().map(Identity::of) != self.identity {
                self.close();
            }
        }
    }

    /// Whether the file that was read last is the one at its path, and may still be read. Otherwise it is closed, and the next
    /// [`ProcFile::open`] finds another one, or none.
    pub fn is_confirmed(&mut self) -> bool {
        self.close_if_replaced();
        let is_other = self.open();
        if is_other {
            self.file = None;
            self.identity = None;
        }
        self.file.is_some()
    }

    /// The figure in a file that not every system has. A file that fails is opened anew for the next one.
    pub fn figure<T>(&mut self, buffer: &mut [u8], parse: impl FnOnce(&[u8]) -> Option<T>) -> Figure<T> {
        if !self.is_missing {
            self.open();
        }
        let Some(file) = self.file.as_ref() else {
            return if self.is_missing { Figure::Absent } else { Figure::Unread };
        };
        let length = match file.read_at(buffer, 0) {
            Ok(length) => length,
            Err(error) => {
                self.is_missing = is_unsupported(&error) && !self.was_read;
                self.file = None;
                return if self.is_missing { Figure::Absent } else { Figure::Unread };
            }
        };
        self.was_read = true;
        buffer.get(..length).and_then(parse).map_or(Figure::Unread, Figure::Known)
    }

    /// Whether a file that was missing is still missing, or the open one is confirmed ([`ProcFile::is_confirmed`]).
    pub fn is_confirmed_or_missing(&mut self) -> bool {
        if self.is_missing {
            self.open();
            return self.is_missing;
        }
        self.is_confirmed()
    }

    /// Whether the open file is one of lxcfs(1), which mounts files of FUSE over those of `/proc`.
    pub fn is_of_lxcfs(&self) -> bool {
        let statfs = self.file.as_ref().and_then(|file| fstatfs(file).ok());
        statfs.is_some_and(|statfs| statfs.f_type == FUSE_SUPER_MAGIC)
    }

    /// The beginning of the file; `None` where it cannot be read.
    pub fn read<'a>(&self, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        read_at_start(self.file.as_ref()?, buffer)
    }

    /// The whole file; the buffer grows until it fits.
    pub fn read_whole<'a>(&self, buffer: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        loop {
            let length = self.file.as_ref()?.read_at(buffer, 0).ok()?;
            if length < buffer.len() {
                return buffer.get(..length);
            }
            if buffer.len() >= MAX_BUFFER_BYTES {
                return None;
            }
            buffer.resize(buffer.len() * 2, 0);
        }
    }
}

/// The beginning of a file; `None` where it cannot be read.
pub fn read_at_start<'a>(file: &File, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = file.read_at(buffer, 0).ok()?;
    buffer.get(..length)
}

/// The reason why the file at `path` cannot be read, in the system's words; `None` where it can be read, or where the error
/// `is_none`.
pub fn failure(path: &str, is_none: impl FnOnce(&io::Error) -> bool) -> Option<String> {
    let read = File::open(path).and_then(|file| file.read_at(&mut [0; 256], 0));
    read.err().filter(|error| !is_none(error)).map(|error| text::problems::figures_unreadable(path, error))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    fn at(path: &Path) -> ProcFile {
        ProcFile::new(Box::leak(path.to_str().unwrap().to_owned().into_boxed_str()))
    }

    #[test]
    fn a_large_file_makes_the_buffer_grow_once() {
        const ROOM: usize = 4096;
        let folder = tempfile::tempdir().unwrap();
        let text = b"x".repeat(3 * ROOM);
        fs::write(folder.path().join("large"), &text).unwrap();
        let mut large = at(&folder.path().join("large"));
        assert!(large.open());
        let mut buffer = vec![0; ROOM];
        assert_eq!(large.read_whole(&mut buffer), Some(&text[..]));
        assert_eq!(buffer.len(), 4 * ROOM);
        assert_eq!(large.read(&mut buffer[..10]), Some(&b"xxxxxxxxxx"[..]));
    }

    #[test]
    fn a_file_that_is_replaced_is_closed_and_one_that_changes_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "old").unwrap();
        let mut file = at(&path);
        let mut buffer = [0; 8];
        assert!(file.open(), "the first");
        fs::write(&path, "older").unwrap();
        file.close_if_replaced();
        assert_eq!(file.read(&mut buffer), Some(&b"older"[..]), "still open");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        file.close_if_replaced();
        assert_eq!(file.read(&mut buffer), None);
        assert!(!file.open(), "the same file");
        fs::write(folder.path().join("new"), "new").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        assert_eq!(file.read(&mut buffer), Some(&b"older"[..]), "the old file");
        file.close_if_replaced();
        assert!(file.open(), "another file");
        assert_eq!(file.read(&mut buffer), Some(&b"new"[..]));
        fs::remove_file(&path).unwrap();
        file.close_if_replaced();
        assert_eq!((file.open(), file.read(&mut buffer)), (false, None));
    }

    #[test]
    fn a_file_that_fails_when_it_is_read_has_no_content() {
        // A folder can be opened, and fails when it is read (EISDIR), as a device does that is gone (EIO).
        let folder = tempfile::tempdir().unwrap();
        let mut file = at(folder.path());
        assert!(file.open());
        assert_eq!((file.read(&mut [0; 8]), file.read_whole(&mut vec![0; 8])), (None, None));
    }
}
