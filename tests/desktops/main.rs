//! Loadline on desktops that people use: GNOME Shell, and sway with waybar and mako. Each runs without a screen, with a bus
//! and a home of its own, and is read and clicked as a person does it: by what is on the screen, and by the pointer.
//!
//! `./tests/run desktops` installs them and runs this; they are too heavy for every run of `cargo test`.

#![cfg(all(target_os = "linux", feature = "menu-bar"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

// The tests of `cargo test` use the rest of these.
#[path = "../it/desktop/bus.rs"]
#[allow(dead_code)]
mod bus;
#[path = "../it/process.rs"]
#[allow(dead_code)]
mod process;
#[path = "../it/wait.rs"]
mod wait;

mod feed;
mod gnome;
mod gnome_shell;
mod no_panel;
mod pointer;
mod session;
mod sway;
mod waybar;
