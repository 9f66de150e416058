//! Everything that can fail or surprise: clocks, files, threads, the tray, the console.
//!
//! In reading order: where readings come from ([`clock`], [`sampler`], [`machine`], [`trace`]), who uses the most
//! ([`processes`]), how they arrive ([`inbox`]), the loop that takes them ([`app`], [`watch`], [`menubar`], [`replay`]),
//! and what it has done ([`console`], [`notifier`], [`store`], [`history`], [`past`]).

pub mod clock;
pub mod machine;
pub mod processes;
pub mod sampler;
pub mod trace;

pub mod inbox;
pub mod signals;

pub mod app;
// Linux panels draw pictures no larger than a letter.
#[cfg(all(feature = "menu-bar", any(target_os = "macos", test)))]
pub mod chart;
pub mod doctor;
#[cfg(feature = "menu-bar")]
pub mod icon;
pub mod instance;
#[cfg(feature = "menu-bar")]
pub mod menu;
#[cfg(feature = "menu-bar")]
pub mod menubar;
#[cfg(feature = "menu-bar")]
pub mod picture;
pub mod replay;
pub mod start;
pub mod watch;

pub mod actions;
pub mod console;
pub mod deadline;
pub mod file;
pub mod history;
pub mod notifier;
pub mod opener;
pub mod output;
pub mod past;
pub mod pen;
pub mod platform;
pub mod report;
pub mod store;
