//! The note of files that others could write once: a change of their mode alone does not make them trusted, because a file
//! that was opened before can be written ever after.

use serde::{Deserialize, Serialize};

/// The version of the note that this program writes, and the only one that it reads.
const VERSION: u64 = 1;
/// So many files are noted, the latest.
const CAPACITY: usize = 256;

/// The identity of a file, which its content and its mode do not change, and which no copy has.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct FileId {
    pub inode: u64,
    /// The time of its making since 1970: a later file may have the same inode. `None` where the file system keeps none.
    pub born_nanoseconds: Option<u64>,
    /// The file system, only where there is no time: a new start of the system may give it another number.
    pub device: Option<u64>,
}

/// The files that are noted, the oldest note first.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct UntrustedFiles {
    version: u64,
    files: Vec<FileId>,
}

impl Default for UntrustedFiles {
    fn default() -> UntrustedFiles {
        UntrustedFiles { version: VERSION, files: Vec::new() }
    }
}

impl UntrustedFiles {
    /// Reads a note; `None` for a text that is not one of this version.
    pub fn parse(text: &str) -> Option<UntrustedFiles> {
        serde_json::from_str(text).ok().filter(|note: &UntrustedFiles| note.version == VERSION)
    }

    /// The note as it is stored.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// Whether `file` is noted.
    pub fn contains(&self, file: FileId) -> bool {
        self.files.contains(&file)
    }

    /// Notes `file`, in place of the oldest one where there are too many. Returns whether it is a new note.
    pub fn add(&mut self, file: FileId) -> bool {
        let is_new = !self.contains(file);
        if is_new {
            let surplus = (self.files.len() + 1).saturating_sub(CAPACITY);
            self.files.drain(..surplus);
            self.files.push(file);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(inode: u64) -> FileId {
        FileId { inode, born_nanoseconds: Some(5), device: None }
    }

    #[test]
    fn a_note_is_written_and_read_again() {
        let mut note = UntrustedFiles::default();
        assert!(note.add(file(1)) && note.add(FileId { born_nanoseconds: None, device: Some(7), ..file(1) }));
        assert!(!note.add(file(1)), "noted already");
        assert_eq!(UntrustedFiles::parse(&note.write()), Some(note.clone()));
        assert!(note.contains(file(1)) && !note.contains(FileId { born_nanoseconds: Some(6), ..file(1) }));
        assert_eq!(UntrustedFiles::parse("{\"version\": 2, \"files\": []}"), None);
        assert_eq!(UntrustedFiles::parse("{"), None);
    }

    #[test]
    fn the_latest_notes_are_kept() {
        let mut note = UntrustedFiles::default();
        (0..300).for_each(|inode| assert!(note.add(file(inode))));
        assert!(!note.contains(file(43)) && note.contains(file(44)) && note.contains(file(299)));
    }
}
