//! The panel that shows the tray item: which one it is, what it can show, and the icon as files for it.

mod icon_files;
mod item;
mod kind;
mod tooltip;
mod watch;
mod xembed;

pub use icon_files::IconFiles;
pub use item::set_item_title;
pub(super) use watch::find_panel;
pub use watch::{is_gnome, panel_shows_text, watch_panel};
pub use xembed::prepare_fallback;
