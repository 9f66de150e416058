//! The pure floor: the facts and the decisions. No clock, no IO, no threads; nothing here can fail.
//!
//! In reading order: [`metrics`] and [`processes`] are measured, [`alerts`] decides about one metric, [`settings`] are
//! chosen, [`messages`] go in and out of the [`engine`], which decides everything else; [`history`] and [`report`] sum up
//! the past; [`text`], [`json`], [`actions`] and [`tray`] put the decisions into words, records, payloads and rows.

pub mod actions;
pub mod alerts;
pub mod duration;
pub mod engine;
pub mod escape;
pub mod history;
pub mod json;
pub mod messages;
pub mod metrics;
pub mod processes;
pub mod report;
pub mod settings;
pub mod text;
pub mod time;
pub mod tray;
