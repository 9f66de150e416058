//! The pictures of the icon as files, by which panels show it. A file is called by its picture and used again: panels keep
//! something of every name that they have seen.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::{fs, io};

use gtk::gdk;
use gtk::prelude::MonitorExt;
use tray_icon::TrayIcon;

use super::item::show_icon;
use super::kind::{IconNaming, PanelKind};
use super::watch::panel;
use crate::runtime::atomic_file;
use crate::runtime::platform::icon_folder::{self, IconFolder};

/// The pictures that are kept, the ones used last: as many as come again and again in an hour, and few enough for a folder in
/// memory.
const MAX_PICTURES: usize = 100;

/// The files of the icon, in a folder of this process.
pub struct IconFiles {
    folder: IconFolder,
    /// The paths of the pictures that are there; the one used last is the last.
    written: VecDeque<PathBuf>,
    /// The panel for which the icon is shown.
    shown_for: Option<PanelKind>,
}

impl IconFiles {
    /// No files yet. Dropping it removes `folder`.
    pub fn new(folder: IconFolder) -> IconFiles {
        IconFiles { folder, written: VecDeque::new(), shown_for: None }
    }

    /// Whether another panel has come since the icon was shown: it may need another size.
    pub fn is_stale(&self) -> bool {
        self.shown_for.is_some_and(|shown_for| shown_for != panel())
    }

    /// Shows the picture called `name`. `draw` makes it as a PNG, about as large as it is told (pixels). Where the folder takes
    /// no more, because the session's folder is full, it goes on in another.
    pub fn show(&mut self, item: &TrayIcon, name: &str, draw: impl Fn(u32) -> io::Result<Vec<u8>>) -> io::Result<()> {
        self.show_here(item, name, &draw).or_else(|_| {
            (self.folder, self.written) = (icon_folder::elsewhere()?, VecDeque::new());
            self.show_here(item, name, &draw)
        })
    }

    fn show_here(&mut self, item: &TrayIcon, name: &str, draw: impl Fn(u32) -> io::Result<Vec<u8>>) -> io::Result<()> {
        let panel = panel();
        let size = panel.icon_points * scale();
        // A folder for each size, so that one name in one folder is always the same picture.
        let folder = self.folder.path().join(size.to_string());
        let file = folder.join(format!("{name}.png"));
        if let Some(position) = self.written.iter().position(|written| *written == file) {
            self.written.remove(position);
        } else {
            atomic_file::make_folder(&folder)?;
            atomic_file::write_for_session(&file, &draw(size)?)?;
        }
        match panel.naming {
            IconNaming::Path => show_icon(item, &folder.to_string_lossy(), &file.to_string_lossy()),
            IconNaming::Name => show_icon(item, &folder.to_string_lossy(), name),
        }
        self.shown_for = Some(panel);
        self.written.push_back(file);
        if self.written.len() > MAX_PICTURES
            && let Some(oldest) = self.written.pop_front()
        {
            fs::remove_file(oldest)?;
        }
        Ok(())
    }
}

/// Pixels in a point, of the finest monitor: which one shows the panel is not known.
fn scale() -> u32 {
    let display = gdk::Display::default();
    let scales = display.iter().flat_map(|display| (0..display.n_monitors()).filter_map(|n| display.monitor(n)));
    scales.filter_map(|monitor| u32::try_from(monitor.scale_factor()).ok()).max().unwrap_or(1).max(1)
}
