//! The pure floor: the facts and the decisions. No clock, no IO, no threads; nothing here can fail.
//!
//! In reading order: [`metrics`] and [`processes`] hold measured values, which [`proc`] reads on Linux, [`alerts`] the rule of
//! one metric, [`settings`] the person's choices; [`messages`] go in and out of the [`engine`], which makes all other decisions;
//! [`history`] and [`report`] sum up recorded readings, which [`trace`] reads from files; [`updates`] compares versions;
//! [`text`], [`json`], [`actions`] and [`tray`] turn decisions into sentences, records, payloads and rows; [`login_item`] is what
//! a click on *Launch at login* does.

pub mod actions;
pub mod alerts;
pub mod duration;
pub mod engine;
pub mod escape;
pub mod history;
pub mod json;
pub mod login_item;
pub mod messages;
pub mod metrics;
pub mod proc;
pub mod processes;
pub mod report;
pub mod settings;
pub mod text;
pub mod time;
pub mod trace;
pub mod tray;
pub mod updates;
