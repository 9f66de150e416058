//! The desktop and the operating system: the same functions on Linux and on macOS.

mod backend;
mod buttons;
mod check;
mod detached;
#[cfg(feature = "menu-bar")]
pub mod icon_folder;
#[cfg(feature = "menu-bar")]
mod login_file;
mod mapped_code;
#[cfg(any(target_os = "macos", test))]
mod os_log_buffer;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

pub use backend::{NotificationBackend, PermissionRequest};
pub use buttons::ButtonReplies;
pub use check::Check;
#[cfg(target_os = "linux")]
pub use linux::*;
#[cfg(target_os = "macos")]
pub use macos::*;
pub use mapped_code::MappedCode;
