//! The pure floor: the facts and the decisions. No clock, no IO, no threads; nothing here can fail.
//!
//! In reading order: [`metrics`] and [`processes`] hold measured values, which [`proc`] and [`cgroup`] read on Linux,
//! [`alerts`] the rule of one metric, [`forecast`] the early warning, [`settings`] the person's choices; [`messages`] go in and
//! out of the [`engine`], which makes all other decisions; [`history`] and [`report`] sum up recorded readings, which [`trace`]
//! reads from files; [`updates`] compares versions; [`fleet`] is the table of metrics for servers that watch many machines;
//! [`text`], [`json`], [`actions`] and [`tray`] turn decisions into sentences, records, payloads and rows; [`login_item`] is
//! what a click on *Launch at login* does, and [`service`] the watchdog of a service manager.

pub mod actions;
pub mod alerts;
pub mod cgroup;
pub mod duration;
pub mod engine;
pub mod escape;
pub mod fleet;
pub mod forecast;
pub mod history;
pub mod json;
pub mod login_item;
pub mod messages;
pub mod metrics;
pub mod private_network;
pub mod proc;
pub mod processes;
pub mod report;
pub mod service;
pub mod settings;
pub mod text;
pub mod time;
pub mod trace;
pub mod tray;
pub mod updates;
