//! Enough of a file's metadata to notice that it was written or replaced.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// The identity, the size and the times of a file.
pub type Stamp = ([u64; 3], [i64; 4]);

/// The stamp of a file.
pub fn stamp(file: &Metadata) -> Stamp {
    ([file.dev(), file.ino(), file.size()], [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()])
}
