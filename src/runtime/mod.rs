//! The floor with side effects: clocks, files, threads, the desktop. Everything here can fail.
//!
//! In reading order: [`sources`] take readings, [`inbox`] queues them with clicks and outcomes, [`app`] owns the engine and
//! performs its effects on the [`tray`], the [`console`], the [`notifier`], the [`actions`], the [`history`], the
//! [`fleet`]'s endpoint and the [`settings_store`], and tells the
//! [`service`] manager; [`platform`] holds the code that differs between macOS and Linux.

pub mod actions;
pub mod app;
pub mod atomic_file;
pub mod block_on;
pub mod clock;
pub mod console;
pub mod fleet;
pub mod history;
pub mod inbox;
pub mod instance_lock;
pub mod launcher;
pub mod notifier;
pub mod platform;
pub mod process_scanner;
pub mod service;
pub mod settings_store;
pub mod signals;
pub mod sources;
#[cfg(feature = "menu-bar")]
pub mod tray;
pub mod trust;
pub mod updates;
pub mod work_queue;
