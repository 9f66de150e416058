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
mod forecast;
#[cfg(target_os = "linux")]
mod guards;
mod menu_apps;
mod menu_open;
mod missing_panel;
mod mutations;
mod notifications;
mod pace;
mod problems;
mod row_names;
mod rule_changes;
mod tidy;

mod actions;
mod app_looks;
mod choices;
mod command_line;
mod console;
mod cpu_accounting;
mod doctor;
mod fleet;
mod harmless_signals;
mod help;
mod hidden_characters;
mod history;
mod history_commands;
mod journal;
#[cfg(target_os = "linux")]
mod layers;
mod misspelt;
#[cfg(target_os = "linux")]
mod own_group;
#[cfg(target_os = "linux")]
mod packages;
#[cfg(target_os = "linux")]
mod program_names;
mod progress;
mod ranking;
#[cfg(target_os = "linux")]
mod readings;
mod replay;
mod report;
mod server;
#[cfg(target_os = "linux")]
mod service;
mod settings;
#[cfg(target_os = "linux")]
mod time_zone;
mod told;
#[cfg(target_os = "linux")]
mod top_apps;
mod trace_damage;
mod trace_gaps;
mod traces;
mod truth;
mod unknown_signals;
mod unknown_values;
mod untold;
mod updates;
mod watching;
mod webhooks;

#[cfg(all(target_os = "linux", feature = "menu-bar"))]
mod desktop;
