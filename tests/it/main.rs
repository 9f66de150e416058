//! The tests that look at Loadline from outside: its pure part through its public door, its source, and the program as
//! a person runs it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod process;
mod program;
mod support;
mod wait;

#[cfg(target_os = "linux")]
mod bench;
mod engine;
#[cfg(target_os = "linux")]
mod guards;
mod menu_open;
mod pace;
mod telling;
mod tidy;

mod actions;
mod command_line;
#[cfg(target_os = "linux")]
mod culprits;
mod history;
mod past;
mod progress;
mod ranking;
mod replay;
mod report;
mod settings;
mod truth;
mod unread;
mod watching;
mod webhooks;

#[cfg(all(target_os = "linux", feature = "menu-bar"))]
mod desktop;
