//! The sentences that people read. Values from outside are escaped where they are shown, not here.

pub mod actions;
pub mod alerts;
pub mod cli;
pub mod console;
pub mod desktop;
pub mod figures;
pub mod history;
pub mod history_tables;
pub mod input_errors;
pub mod power_state;
pub mod problems;
pub mod recommendation;
pub mod self_usage;
pub mod settings;
