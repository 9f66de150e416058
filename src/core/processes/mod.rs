//! Processes, grouped into applications, and the applications that use the most.

pub mod app_look;
pub mod app_name;
pub mod cpu_accounting;
pub mod interpreter;
pub mod launcher;
pub mod menu_look;
#[cfg(any(target_os = "macos", test))]
pub mod procargs;
pub mod top_apps;
