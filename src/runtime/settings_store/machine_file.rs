//! The machine's file: the layer below the person's, which an administrator writes. It is never written here.
//!
//! A file that others than root could write is refused as a whole. The settings that were read before stay in force then, as they
//! do with any other mistake; without a file there are none.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::contents::{Stamp, stamp, text_of};
use crate::core::settings::layers::{Layer, NO_LAYER};
use crate::core::text::settings::layers as text;
use crate::runtime::trust::opening::FileRole;
use crate::runtime::trust::settings_trust::SettingsTrust;

/// The file and its last known state.
pub struct MachineFile {
    path: PathBuf,
    role: FileRole,
    stamp: Option<Stamp>,
    /// The layer of the file when it could be used last.
    layer: Option<Layer>,
    /// Why it cannot be used as it is now.
    problem: Option<String>,
    mode_readable_by_others: Option<String>,
}

impl MachineFile {
    /// The file at `path`, not read yet.
    pub fn new(path: PathBuf, role: FileRole) -> MachineFile {
        MachineFile { path, role, stamp: None, layer: None, problem: None, mode_readable_by_others: None }
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The layer of the file.
    pub fn layer(&self) -> &Layer {
        self.layer.as_ref().unwrap_or(&NO_LAYER)
    }

    /// Whether there was a file that could be used.
    pub fn is_used(&self) -> bool {
        self.layer.is_some()
    }

    /// Why the file cannot be used as it is now: one sentence.
    pub fn problem(&self) -> Option<String> {
        let said = if self.is_used() { text::not_used_anew } else { text::not_used };
        self.problem.as_ref().map(|problem| said(self.path.display(), problem.clone()))
    }

    /// The mode of the file that was read last, where it lets others than root read it.
    pub fn mode_readable_by_others(&self) -> Option<&str> {
        self.mode_readable_by_others.as_deref()
    }

    /// Has the next poll read the file again.
    pub fn forget_stamp(&mut self) {
        self.stamp = None;
    }

    /// Reads the file anew if it has changed. Returns whether what it gives, or the problem with it, is another.
    pub fn poll(&mut self, trust: &SettingsTrust) -> bool {
        let stamp = match fs::metadata(&self.path) {
            Ok(metadata) => Some(stamp(&metadata)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                self.stamp = None;
                let had_layer = self.layer.take().is_some();
                return self.problem.take().is_some() || had_layer;
            }
            // Reading it gives the problem.
            Err(_) => None,
        };
        if stamp.is_some() && stamp == self.stamp {
            return false;
        }
        self.stamp = stamp;
        match self.read(trust) {
            Ok(layer) => {
                (self.layer, self.problem) = (Some(layer), None);
                true
            }
            Err(problem) => self.problem.replace(problem.clone()) != Some(problem),
        }
    }

    fn read(&mut self, trust: &SettingsTrust) -> Result<Layer, String> {
        let opened = trust.open(&self.path, self.role).map_err(|error| {
            // The place may have been another when it was noticed: the next look finds out.
            self.stamp = None;
            error.to_string()
        })?;
        self.stamp = Some(stamp(&opened.metadata));
        if let Some(distrust) = opened.distrust {
            return Err(distrust.reason);
        }
        let mut layer = Layer::parse_machine(&text_of(&opened)?, &self.path.display().to_string())?;
        self.mode_readable_by_others.clone_from(&opened.mode_readable_by_others);
        layer.set_trusted(true);
        Ok(layer)
    }
}
