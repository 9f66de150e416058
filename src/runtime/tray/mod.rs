//! The tray item: its event loop, menu, and icon; and the launch at login, which its menu switches.

pub mod app_rows;
pub mod canvas;
#[cfg(any(target_os = "macos", test))]
pub mod chart;
pub mod event_loop;
pub mod icon;
mod locked_rows;
pub mod login_item;
pub mod menu;
pub mod menu_rows;
pub mod numbers;
pub mod open_menu;
