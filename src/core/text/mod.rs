//! The sentences that people read. Values from outside are escaped where they are shown, not here.

pub mod alerts;
pub mod console;
pub mod figures;
pub mod history;
pub mod history_tables;
pub mod power_state;
pub mod problems;
pub mod recommendation;
pub mod self_usage;
pub mod settings;
