//! The tray item: its event loop, menu, and icon.

pub mod canvas;
#[cfg(any(target_os = "macos", test))]
pub mod chart;
pub mod event_loop;
pub mod icon;
pub mod menu;
pub mod numbers;
