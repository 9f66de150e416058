//! The verdict on a settings file: whether its actions may be done.

use std::fs::Metadata;
use std::io;
use std::path::Path;

use super::marks::Marks;
use super::opening::{Distrust, FileRole, OpenedFile, open, replacement};
use crate::core::text::actions::permissions as text;
use crate::core::text::settings::layers as machine_text;

/// Judges settings files, and remembers those that others could write.
pub struct SettingsTrust {
    marks: Marks,
}

impl SettingsTrust {
    /// Judges with the note in `folder`, which a later run reads; without a folder it is forgotten at the end.
    pub fn new(folder: Option<&Path>) -> SettingsTrust {
        SettingsTrust { marks: Marks::new(folder) }
    }

    /// Opens the settings file at `path` and judges it. A file that others can write, or could when it was opened before, stays
    /// untrusted until another file takes its place.
    ///
    /// # Errors
    /// When it cannot be opened (see [`open`]).
    pub fn open(&self, path: &Path, role: FileRole) -> io::Result<OpenedFile> {
        let mut opened = open(path, role)?;
        match &mut opened.distrust {
            Some(Distrust { reason, is_lasting: true }) => {
                if let Err(error) = self.marks.add(&opened.metadata) {
                    reason.push_str(&text::not_noted(error));
                }
            }
            distrust => {
                if self.marks.contains(&opened.metadata) {
                    let (path, replacement) = (opened.path.display(), replacement(&opened.path, role));
                    let reason = match role {
                        FileRole::Person => text::once_writable(path, replacement),
                        FileRole::Machine { .. } => machine_text::once_writable(path, replacement),
                    };
                    *distrust = Some(Distrust { reason, is_lasting: true });
                }
            }
        }
        Ok(opened)
    }

    /// Marks a file into which this process has written settings that were not trusted: they are not by being our own copy.
    pub fn mark_copy(&self, file: &Metadata) {
        // This process knows it in any case.
        let _ = self.marks.add(file);
    }
}
