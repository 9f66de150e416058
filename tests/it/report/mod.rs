//! The report: what is in it, where it is written, and how it looks and behaves in a real browser.

mod command;
mod links;
pub mod past;

#[cfg(target_os = "linux")]
mod access;
#[cfg(target_os = "linux")]
mod apps;
#[cfg(target_os = "linux")]
mod browser;
#[cfg(target_os = "linux")]
mod charts;
#[cfg(target_os = "linux")]
mod clocks;
#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
mod hand;
#[cfg(target_os = "linux")]
mod hostile;
