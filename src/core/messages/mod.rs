//! The engine's events, commands and effects, and the output lines that the effects carry.

pub mod alert_counts;
pub mod effect;
pub mod output_line;
pub mod permission;
pub mod severity;
